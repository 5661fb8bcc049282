package chat

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	xast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// LinkFunc reports whether a link leads to another page of the playbook: Slack
// has no link that would open it, so its words stand in italics. Words of a
// link that leads nowhere stand plain. It is asked about destinations without
// a scheme, as they are written ("../stages/discovery.md#exit").
type LinkFunc func(destination string) bool

const (
	phoneColumns = 40 // what a phone shows of a code block without scrolling
	proseColumns = 60 // a line that ends well before this was meant to end
	rule         = "────────────────────"
)

// Mrkdwn turns GitHub-flavoured Markdown into Slack's mrkdwn. Nothing in the
// Markdown can mention anybody or make a link that is not http, https, mailto
// or tel; {{placeholders}} come out verbatim.
//
// Slack formats less than Markdown does, so: headings are bold lines; a table
// is aligned in a code block if a phone can show it, else every row is a list
// of "*Header:* value"; nested quotes are one quote; quotes and code inside a
// list stand at the margin, where Slack recognises them; formatting inside a
// word is dropped (Slack knows it only at word borders), and * _ ~ that Slack
// would wrongly take for formatting are followed by a zero-width space. A lone
// line break becomes a blank where the line was full, and stays where it was
// clearly meant (as in the address of a letter).
//
// There is no limit on the length: TextBlocks and Chunks see to that.
func Mrkdwn(markdown string, links LinkFunc) string {
	r := renderer{links: links}
	r.source = r.hide(markdown)
	doc := reader.Parse(text.NewReader(r.source))
	lines := r.children(doc, false)
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRightFunc(l.text, unicode.IsSpace))
	}
	return strings.Trim(b.String(), "\n")
}

// reader is safe for use by many at once. The patterns are goldmark's own, with
// hidden placeholders allowed in an address.
var reader = goldmark.New(goldmark.WithExtensions(
	extension.Table, extension.Strikethrough, extension.TaskList,
	extension.NewLinkify(
		extension.WithLinkifyURLRegexp(regexp.MustCompile(
			`^(?:http|https|ftp)://[-a-zA-Z0-9@:%._+~#=\x{F0000}-\x{FFFFD}]{1,256}(?:\.[a-z]+|[\x{F0000}-\x{FFFFD}])(?::\d+)?(?:[/#?][-a-zA-Z0-9@:%_+.~#$!?&/=();,'">^{}\[\]\x60\x{F0000}-\x{FFFFD}]*)?`)),
		extension.WithLinkifyWWWRegexp(regexp.MustCompile(
			`^www\.[-a-zA-Z0-9@:%._+~#=\x{F0000}-\x{FFFFD}]{1,256}\.[a-z]+(?:[/#?][-a-zA-Z0-9@:%_+.~#!?&/=();,'">^{}\[\]\x60\x{F0000}-\x{FFFFD}]*)?`)),
	),
)).Parser()

// While Markdown is read, every placeholder is one rune that Markdown takes for
// a letter, from a plane of Unicode that is for private use.
const (
	firstHidden = 0xF0000
	lastHidden  = 0xFFFFD
)

type renderer struct {
	source  []byte
	hidden  []string // the placeholders, by rune
	links   LinkFunc
	inQuote bool
	inLabel int // links cannot nest, and Slack formats nothing in their words
}

// hide puts runes in the place of placeholders, and drops what never reaches
// Slack.
func (r *renderer) hide(markdown string) []byte {
	out := make([]byte, 0, len(markdown))
	runes := map[string]rune{}
	for s := markdown; s != ""; {
		if n := placeholderLen(s); n > 0 && !strings.ContainsFunc(s[:n], isHidden) {
			h, known := runes[s[:n]]
			if !known && firstHidden+len(r.hidden) <= lastHidden {
				h, known = rune(firstHidden+len(r.hidden)), true
				runes[s[:n]] = h
				r.hidden = append(r.hidden, s[:n])
			}
			if known {
				out = utf8.AppendRune(out, h)
				s = s[n:]
				continue
			}
		}
		c, n := utf8.DecodeRuneInString(s)
		switch {
		case c == '\r':
			if !strings.HasPrefix(s[1:], "\n") {
				out = append(out, '\n')
			}
		case c == utf8.RuneError && n == 1, dropped(c), isHidden(c):
		default:
			out = append(out, s[:n]...)
		}
		s = s[n:]
	}
	return out
}

func isHidden(r rune) bool { return r >= firstHidden && r <= lastHidden }

// shown puts the placeholders back.
func (r *renderer) shown(s string) string {
	if !strings.ContainsFunc(s, isHidden) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		if i := int(c - firstHidden); isHidden(c) && i < len(r.hidden) {
			b.WriteString(r.hidden[i])
		} else if !isHidden(c) {
			b.WriteRune(c)
		}
	}
	return b.String()
}

// Blocks.

// line is one line of mrkdwn; a flush one works only at the margin.
type line struct {
	text  string
	flush bool
}

func (r *renderer) children(n ast.Node, tight bool) []line {
	var out []line
	var above ast.Node
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		ls := r.block(c)
		if len(ls) == 0 {
			continue
		}
		if above != nil && !tight && gap(above, c) {
			out = append(out, line{})
		}
		out = append(out, ls...)
		above = c
	}
	return out
}

// gap tells whether an empty line parts two blocks. A heading keeps to what it
// heads, a list or code to the sentence that announces it.
func gap(above, below ast.Node) bool {
	if above.Kind() == ast.KindHeading {
		return false
	}
	switch below.Kind() {
	case ast.KindList, ast.KindFencedCodeBlock, ast.KindBlockquote, ast.KindHTMLBlock:
		return below.HasBlankPreviousLines()
	}
	return true
}

func (r *renderer) block(n ast.Node) []line {
	switch n := n.(type) {
	case *ast.Heading:
		return r.text(n, bold)
	case *ast.Paragraph, *ast.TextBlock:
		return r.text(n, 0)
	case *ast.ThematicBreak:
		return []line{{text: rule}}
	case *ast.FencedCodeBlock, *ast.CodeBlock:
		var b strings.Builder
		for i := range n.Lines().Len() {
			s := n.Lines().At(i)
			b.Write(s.Value(r.source))
		}
		return r.code(b.String())
	case *ast.Blockquote:
		return r.quote(n)
	case *ast.List:
		return r.list(n)
	case *xast.Table:
		return r.table(n)
	case *ast.HTMLBlock:
		return r.html(n)
	case *ast.LinkReferenceDefinition:
		return nil
	}
	if n.Type() == ast.TypeInline {
		return nil
	}
	return r.children(n, false)
}

// text renders a block that holds words.
func (r *renderer) text(n ast.Node, st style) []line {
	var items []item
	r.inlines(n, st, &items)
	return r.lines(items)
}

func (r *renderer) lines(items []item) []line {
	var out []line
	for len(items) > 0 {
		end := 0
		for end < len(items) && items[end].kind != kindBreak {
			end++
		}
		if s := r.line(items[:end]); s != "" {
			out = append(out, line{text: s})
		}
		items = items[min(end+1, len(items)):]
	}
	return out
}

func (r *renderer) code(s string) []line {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	for strings.HasPrefix(s, "\n") {
		s = s[1:]
	}
	if s == "" {
		return nil
	}
	s = strings.ReplaceAll(Escape(r.shown(s)), "``", "`"+zwsp+"`")
	s = strings.ReplaceAll(s, "``", "`"+zwsp+"`") // an odd run leaves one pair
	out := []line{{text: fence, flush: true}}
	for l := range strings.SplitSeq(s, "\n") {
		out = append(out, line{text: l, flush: true})
	}
	return append(out, line{text: fence, flush: true})
}

func (r *renderer) quote(n ast.Node) []line {
	if r.inQuote {
		return r.children(n, false)
	}
	r.inQuote = true
	out := r.children(n, false)
	r.inQuote = false
	for i, l := range out {
		out[i] = line{text: "> " + l.text, flush: true}
	}
	return out
}

var bullets = [...]string{"•", "◦", "▪"}

func (r *renderer) list(n *ast.List) []line {
	depth := 0
	for p := n.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindList {
			depth++
		}
	}
	airy := false // an item of several paragraphs: items part by empty lines
	for it := n.FirstChild(); it != nil; it = it.NextSibling() {
		paragraphs := 0
		for c := it.FirstChild(); c != nil; c = c.NextSibling() {
			if c.Kind() != ast.KindList {
				paragraphs++
			}
		}
		airy = airy || !n.IsTight && paragraphs > 1
	}
	var out []line
	number := n.Start
	for it := n.FirstChild(); it != nil; it = it.NextSibling() {
		marker := bullets[min(depth, len(bullets)-1)]
		box := checkbox(it)
		if n.IsOrdered() {
			marker = strconv.Itoa(number) + string(rune(n.Marker))
			number++
			if box != "" {
				marker += " " + box
			}
		} else if box != "" {
			marker = box
		}
		if airy && len(out) > 0 {
			out = append(out, line{})
		}
		out = append(out, r.listItem(it, marker, airy)...)
	}
	return out
}

func (r *renderer) listItem(it ast.Node, marker string, airy bool) []line {
	out := []line{{text: marker}}
	bare := true // the marker has no words yet
	for c := it.FirstChild(); c != nil; c = c.NextSibling() {
		ls := r.block(c)
		if len(ls) == 0 {
			continue
		}
		indent := strings.Repeat(" ", utf8.RuneCountInString(marker)+1)
		if c.Kind() == ast.KindList {
			indent = "    "
		} else if bare && !ls[0].flush {
			out[0].text += " " + ls[0].text
			ls = ls[1:]
		} else if airy {
			out = append(out, line{})
		}
		bare = false
		for _, l := range ls {
			if !l.flush && l.text != "" {
				l.text = indent + l.text
			}
			out = append(out, l)
		}
	}
	return out
}

func checkbox(it ast.Node) string {
	if it.FirstChild() == nil {
		return ""
	}
	if box, ok := it.FirstChild().FirstChild().(*xast.TaskCheckBox); ok {
		if box.IsChecked {
			return "☑"
		}
		return "☐"
	}
	return ""
}
