package chat

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	xast "github.com/yuin/goldmark/extension/ast"
)

type style uint8

const (
	bold style = 1 << iota
	italic
	strike
)

var marks = map[style]byte{bold: '*', italic: '_', strike: '~'}

type kind uint8

const (
	kindText  kind = iota // words, not yet escaped
	kindCode              // inline code, not yet escaped
	kindRaw               // final mrkdwn: a link
	kindBreak             // end of a line
)

// item is a stretch of words of one style.
type item struct {
	text  string
	kind  kind
	style style
}

func styled(items []item, st style) []item {
	out := make([]item, len(items))
	for i, it := range items {
		it.style |= st
		out[i] = it
	}
	return out
}

// words are the items without any formatting, placeholders still hidden.
func words(items []item) string {
	var b strings.Builder
	for _, it := range items {
		switch it.kind {
		case kindBreak:
			b.WriteByte(' ')
		case kindRaw:
			b.WriteString(Plain(it.text))
		default:
			b.WriteString(it.text)
		}
	}
	return strings.TrimSpace(b.String())
}

func (r *renderer) inlines(n ast.Node, st style, out *[]item) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		r.inline(c, st, out)
	}
}

func (r *renderer) inline(n ast.Node, st style, out *[]item) {
	switch n := n.(type) {
	case *ast.Text:
		r.addText(unescapeMarkdown(n.Segment.Value(r.source)), st, out)
		switch {
		case n.HardLineBreak():
			*out = append(*out, item{kind: kindBreak})
		case n.SoftLineBreak() && r.meant(n.Segment.Stop):
			*out = append(*out, item{kind: kindBreak})
		case n.SoftLineBreak():
			r.addText(" ", st, out)
		}
	case *ast.String:
		r.addText(string(n.Value), st, out)
	case *ast.CodeSpan:
		var b strings.Builder
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				b.Write(t.Segment.Value(r.source))
			}
		}
		r.addCode(strings.ReplaceAll(b.String(), "\n", " "), st, out)
	case *ast.Emphasis:
		if n.Level > 1 {
			r.inlines(n, st|bold, out)
		} else {
			r.inlines(n, st|italic, out)
		}
	case *xast.Strikethrough:
		r.inlines(n, st|strike, out)
	case *ast.Image:
		var alt []item
		r.inLabel++
		r.inlines(n, 0, &alt)
		r.inLabel--
		r.addText(words(alt), st|italic, out)
	case *ast.Link:
		r.link(n, string(n.Destination), st, out)
	case *ast.AutoLink:
		label := string(n.Label(r.source))
		destination := string(n.URL(r.source))
		if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(destination), "mailto:") {
			destination = "mailto:" + destination
		}
		r.addLink(destination, label, st, out)
	case *ast.RawHTML:
		if n.Segments.Len() > 0 {
			s := n.Segments.At(0)
			if tagName(string(s.Value(r.source))) == "br" {
				*out = append(*out, item{kind: kindBreak})
			}
		}
	case *xast.TaskCheckBox:
	default:
		r.inlines(n, st, out)
	}
}

// meant tells whether the line that ends at offset was ended on purpose: the
// next word would have had room on it.
func (r *renderer) meant(offset int) bool {
	start := bytes.LastIndexByte(r.source[:offset], '\n') + 1
	above := strings.TrimLeft(string(r.source[start:offset]), " \t>")
	_, below, _ := bytes.Cut(r.source[offset:], []byte("\n"))
	next, _, _ := bytes.Cut(below, []byte("\n"))
	word, _, _ := strings.Cut(strings.TrimLeft(string(next), " \t>"), " ")
	return columns(r.shown(above))+1+columns(r.shown(word)) <= proseColumns
}

func (r *renderer) addText(s string, st style, out *[]item) {
	if r.inLabel > 0 {
		push(out, item{text: s, style: st})
		return
	}
	start := 0
	for i, c := range s {
		if isHidden(c) && risky(r.shown(string(c))) {
			push(out, item{text: s[start:i], style: st})
			*out = append(*out, item{text: string(c), style: st, kind: kindCode})
			start = i + utf8.RuneLen(c)
		}
	}
	push(out, item{text: s[start:], style: st})
}

func (r *renderer) addCode(s string, st style, out *[]item) {
	if r.inLabel > 0 || strings.TrimSpace(s) == "" {
		push(out, item{text: s, style: st})
		return
	}
	*out = append(*out, item{text: s, style: st, kind: kindCode})
}

func push(out *[]item, it item) {
	if it.text == "" {
		return
	}
	if n := len(*out); n > 0 && (*out)[n-1].kind == kindText && it.kind == kindText && (*out)[n-1].style == it.style {
		(*out)[n-1].text += it.text
		return
	}
	*out = append(*out, it)
}

// risky tells whether Slack could take a part of the placeholder for formatting;
// then it is shown as code.
func risky(placeholder string) bool {
	before := rune(-1)
	for i, c := range placeholder {
		switch c {
		case '*', '_', '~':
			after := firstRune(placeholder[i+1:])
			if canOpen(before, after) || canClose(before, after) {
				return true
			}
		case ':':
			if !wordly(before) && shortcode(placeholder[i:]) {
				return true
			}
		}
		before = c
	}
	return false
}

func (r *renderer) link(n ast.Node, destination string, st style, out *[]item) {
	if r.inLabel > 0 {
		r.inlines(n, st, out)
		return
	}
	destination = unescapeMarkdown([]byte(destination))
	if !strings.ContainsFunc(destination, isHidden) && !linkable(destination) {
		if r.links != nil && !hasScheme(destination) {
			if r.links(destination) {
				st |= italic
			}
		}
		r.inlines(n, st, out)
		return
	}
	var label []item
	r.inLabel++
	r.inlines(n, st, &label)
	r.inLabel--
	for i, common := 0, bold|italic|strike; i < len(label); i++ {
		common &= label[i].style // what styles all of the label styles the link
		if i == len(label)-1 {
			st = common
		}
	}
	r.addLink(destination, words(label), st, out)
}

// addLink adds <url|label>. A link with a placeholder in its address leads
// nowhere yet, so it is written out.
func (r *renderer) addLink(destination, label string, st style, out *[]item) {
	if strings.ContainsFunc(destination, isHidden) {
		if label != "" && label != destination {
			r.addText(label+" (", st, out)
			r.addText(destination+")", st, out)
			return
		}
		r.addText(destination, st, out)
		return
	}
	if !linkable(destination) {
		r.addText(label, st, out)
		return
	}
	var b strings.Builder
	b.WriteByte('<')
	for _, c := range destination {
		switch {
		case c == '&':
			b.WriteString("&amp;")
		case c == '<', c == '>', c == '|', c == '`', c == '"', c == '\\', c == '^':
			b.WriteString("%" + strings.ToUpper(strconv.FormatInt(int64(c), 16)))
		case unicode.IsSpace(c):
			b.WriteString("%20")
		case dropped(c) || c == utf8.RuneError:
		default:
			b.WriteRune(c)
		}
	}
	label = fold(label)
	if label != "" && label != destination {
		b.WriteByte('|')
		label = strings.NewReplacer("|", "¦", "`", grave).Replace(label)
		b.WriteString(Escape(r.shown(label)))
	}
	b.WriteByte('>')
	*out = append(*out, item{text: b.String(), kind: kindRaw, style: st})
}

func linkable(destination string) bool {
	for _, scheme := range [...]string{"http://", "https://", "mailto:", "tel:"} {
		if len(destination) > len(scheme) && strings.EqualFold(destination[:len(scheme)], scheme) {
			first := destination[len(scheme)]
			return first != '/' && first != ' ' && first != '?' && first != '#'
		}
	}
	return false
}

func hasScheme(destination string) bool {
	for i, c := range destination {
		switch {
		case c == ':':
			return i > 0
		case c >= utf8.RuneSelf:
			return false
		case wordly(c) || i > 0 && (c == '+' || c == '-' || c == '.'):
		default:
			return false
		}
	}
	return false
}
