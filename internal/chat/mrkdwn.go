package chat

import (
	"bytes"
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
	"github.com/yuin/goldmark/util"
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

func (r *renderer) table(n *xast.Table) []line {
	var rows [][][]item
	for row := n.FirstChild(); row != nil; row = row.NextSibling() {
		var cells [][]item
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			var items []item
			r.inlines(cell, 0, &items)
			cells = append(cells, items)
		}
		rows = append(rows, cells)
	}
	if lines := r.grid(n, rows); lines != nil {
		return lines
	}
	return r.records(rows)
}

// grid draws a table in a code block, or gives nothing if a phone could not show
// it or if it holds links, which would be lost.
func (r *renderer) grid(n *xast.Table, rows [][][]item) []line {
	widths := make([]int, len(n.Alignments))
	texts := make([][]string, len(rows))
	for i, cells := range rows {
		for j, items := range cells {
			for _, it := range items {
				if it.kind == kindRaw || it.kind == kindBreak {
					return nil
				}
			}
			t := r.shown(words(items))
			texts[i] = append(texts[i], t)
			if j < len(widths) {
				widths[j] = max(widths[j], columns(t))
			}
		}
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if total > phoneColumns || total <= 0 {
		return nil
	}
	var b strings.Builder
	for i, cells := range texts {
		for j, t := range cells {
			if j >= len(widths) {
				break
			}
			if j > 0 {
				b.WriteString("  ")
			}
			space := widths[j] - columns(t)
			left := 0
			switch n.Alignments[j] {
			case xast.AlignRight:
				left = space
			case xast.AlignCenter:
				left = space / 2
			}
			b.WriteString(strings.Repeat(" ", left))
			b.WriteString(t)
			if j < len(widths)-1 {
				b.WriteString(strings.Repeat(" ", space-left))
			}
		}
		b.WriteByte('\n')
		if i == 0 {
			b.WriteString(strings.Repeat("─", total) + "\n")
		}
	}
	fenced := r.code(strings.TrimRight(b.String(), "\n"))
	for i := range fenced {
		fenced[i].text = strings.TrimRight(fenced[i].text, " ")
	}
	return fenced
}

// records writes each row as lines of "*Header:* value".
func (r *renderer) records(rows [][][]item) []line {
	if len(rows) == 0 {
		return nil
	}
	var out []line
	head := rows[0]
	if len(rows) == 1 {
		for _, items := range head {
			out = append(out, r.lines(styled(items, bold))...)
		}
		return out
	}
	for _, cells := range rows[1:] {
		first := true
		for j, items := range cells {
			if strings.TrimSpace(words(items)) == "" {
				continue
			}
			if first && len(out) > 0 {
				out = append(out, line{})
			}
			first = false
			var all []item
			if j < len(head) {
				if label := strings.TrimSpace(words(head[j])); label != "" {
					all = styled(head[j], bold)
					if !strings.HasSuffix(label, ":") {
						all = append(all, item{text: ":", style: bold})
					}
					all = append(all, item{text: " "})
				}
			}
			out = append(out, r.lines(append(all, items...))...)
		}
	}
	return out
}

// html keeps the words of an HTML block.
func (r *renderer) html(n *ast.HTMLBlock) []line {
	var b bytes.Buffer
	for i := range n.Lines().Len() {
		s := n.Lines().At(i)
		b.Write(s.Value(r.source))
	}
	if n.HasClosure() {
		b.Write(n.ClosureLine.Value(r.source))
	}
	var out []line
	for s := range strings.SplitSeq(stripTags(b.String()), "\n") {
		var items []item
		r.addText(decodeEntities(s), 0, &items)
		out = append(out, r.lines(items)...)
	}
	return out
}

// stripTags drops tags, comments, scripts and styles; what ends a line in a
// browser ends it here.
func stripTags(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		if strings.HasPrefix(s, "<!--") {
			_, s, _ = strings.Cut(s, "-->")
			continue
		}
		n := tagLen(s)
		if n == 0 {
			b.WriteByte('<')
			s = s[1:]
			continue
		}
		name := tagName(s[:n])
		switch name {
		case "br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "summary":
			b.WriteByte('\n')
		case "td", "th":
			b.WriteByte(' ')
		}
		closes := s[1] == '/'
		s = s[n:]
		if (name == "script" || name == "style") && !closes {
			end := strings.Index(strings.ToLower(s), "</"+name)
			if end < 0 {
				break
			}
			s = s[end:]
		}
	}
	b.WriteString(s)
	return b.String()
}

// tagLen is the length of the tag, declaration or instruction at the start of s.
func tagLen(s string) int {
	if len(s) < 2 || s[1] != '/' && s[1] != '!' && s[1] != '?' && (s[1] >= utf8.RuneSelf || !unicode.IsLetter(rune(s[1]))) {
		return 0
	}
	s = s[:min(len(s), 4096)] // no tag is longer; an open one must not cost a search each
	var quoted byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '"' || c == '\'':
			quoted = c
		case c == '>':
			return i + 1
		}
	}
	if i := strings.IndexByte(s, '>'); i > 0 { // an odd quote
		return i + 1
	}
	return 0
}

func tagName(tag string) string {
	tag = strings.TrimLeft(tag, "</")
	end := strings.IndexFunc(tag, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if end >= 0 {
		tag = tag[:end]
	}
	return strings.ToLower(tag)
}

// Words.

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

// line writes one line of items: escaped, formatted where Slack will see it.
func (r *renderer) line(items []item) string {
	items = r.shape(items)
	open, closing := borders(items)
	var later [128]int // literal and real marks still to come
	for i, it := range items {
		if it.kind == kindText {
			for _, c := range []byte(it.text) {
				if c == '*' || c == '_' || c == '~' || c == '`' {
					later[c]++
				}
			}
		}
		if it.kind == kindCode {
			later['`']++
		}
		for _, m := range open[i].marks {
			later[m]++
		}
	}
	quoted := later['`'] > 1
	var b strings.Builder
	for i, it := range items {
		if open[i].apart {
			b.WriteString(zwsp)
		}
		for _, m := range open[i].marks {
			later[m]--
			b.WriteByte(m)
		}
		before, after := rune(-1), rune(-1)
		if i > 0 {
			before = lastRune(items[i-1].text)
			if items[i-1].kind == kindCode {
				before = '`'
			}
		}
		if len(open[i].marks) > 0 {
			before = '*'
		}
		if i+1 < len(items) && len(closing[i].marks) == 0 {
			after = firstRune(items[i+1].text)
			if items[i+1].kind == kindCode {
				after = '`'
			}
		} else if len(closing[i].marks) > 0 {
			after = '*'
		}
		switch it.kind {
		case kindRaw:
			b.WriteString(it.text)
		case kindCode:
			if wordly(before) {
				b.WriteString(zwsp)
			}
			b.WriteByte('`')
			b.WriteString(Escape(strings.ReplaceAll(it.text, "`", grave)))
			b.WriteByte('`')
			if wordly(after) {
				b.WriteString(zwsp)
			}
		default:
			writeLiteral(&b, it, before, after, &later, quoted)
		}
		for _, m := range closing[i].marks {
			b.WriteByte(m)
		}
		if closing[i].apart {
			b.WriteString(zwsp)
		}
	}
	s := b.String()
	if strings.HasPrefix(s, "&gt;") { // Slack would take it for a quote
		s = zwsp + s
	}
	return s
}

// writeLiteral escapes words and takes the meaning from marks that have one.
func writeLiteral(b *strings.Builder, it item, before, after rune, later *[128]int, quoted bool) {
	for i, c := range it.text {
		next := after
		if rest := it.text[i+utf8.RuneLen(c):]; rest != "" {
			next = firstRune(rest)
		}
		switch c {
		case '*', '_', '~':
			later[c]--
			opens, closes := canOpen(before, next), canClose(before, next)
			within := it.style&styleOf(c) != 0 && (opens || closes)
			if within && !blankly(before) {
				b.WriteString(zwsp)
			}
			b.WriteRune(c)
			if within && !blankly(next) || opens && later[c] > 0 {
				b.WriteString(zwsp)
			}
		case '`':
			if quoted {
				b.WriteString(grave)
			} else {
				b.WriteByte('`')
			}
		default:
			if e := entityOf(c); e != "" {
				b.WriteString(e)
			} else if !dropped(c) && c != '\n' {
				b.WriteRune(c)
			}
		}
		before = c
	}
}

func styleOf(mark rune) style {
	switch mark {
	case '*':
		return bold
	case '_':
		return italic
	}
	return strike
}

// shape trims the line, puts placeholders back and gives the blanks at the ends
// of a stretch an item of their own, since no mark may touch a blank.
func (r *renderer) shape(items []item) []item {
	var out []item
	for _, it := range items {
		it.text = strings.ReplaceAll(it.text, "\n", " ")
		if it.kind != kindRaw {
			it.text = sanitized(r.shown(it.text))
		}
		if it.kind != kindText {
			out = append(out, it)
			continue
		}
		core := strings.TrimLeftFunc(it.text, unicode.IsSpace)
		lead := it.text[:len(it.text)-len(core)]
		core = strings.TrimRightFunc(core, unicode.IsSpace)
		tail := it.text[len(lead)+len(core):]
		for _, s := range [...]string{lead, core, tail} {
			if s != "" {
				out = append(out, item{text: s, style: it.style})
			}
		}
	}
	for len(out) > 0 && blank(out[0]) {
		out = out[1:]
	}
	for len(out) > 0 && blank(out[len(out)-1]) {
		out = out[:len(out)-1]
	}
	return out
}

func blank(it item) bool { return it.kind == kindText && strings.TrimSpace(it.text) == "" }

// border is what stands before or after an item.
type border struct {
	marks []byte
	apart bool // a zero-width space on the outside
}

type span struct {
	style          style
	from, to       int // items[from:to]
	apartL, apartR bool
}

// borders decides where marks go: around the widest stretches, never next to a
// blank, never inside a word.
func borders(items []item) (open, closing []border) {
	open, closing = make([]border, len(items)), make([]border, len(items))
	var spans []span
	for _, st := range [...]style{bold, italic, strike} {
		for i := 0; i < len(items); {
			if items[i].style&st == 0 {
				i++
				continue
			}
			from := i
			for i < len(items) && items[i].style&st != 0 {
				i++
			}
			s := span{style: st, from: from, to: i}
			for s.from < s.to && blank(items[s.from]) {
				s.from++
			}
			for s.to > s.from && blank(items[s.to-1]) {
				s.to--
			}
			if s.from < s.to && s.fit(items) && !crosses(s, spans) {
				spans = append(spans, s)
				continue
			}
			for k := from; k < i; k++ {
				items[k].style &^= st
			}
		}
	}
	// The wider span is the outer one; of equals, the first.
	for i := range spans {
		for j := i; j > 0 && spans[j].to-spans[j].from > spans[j-1].to-spans[j-1].from; j-- {
			spans[j], spans[j-1] = spans[j-1], spans[j]
		}
	}
	for _, s := range spans {
		m := marks[s.style]
		o, c := &open[s.from], &closing[s.to-1]
		o.marks = append(o.marks, m)
		c.marks = append([]byte{m}, c.marks...)
		o.apart = o.apart || s.apartL
		c.apart = c.apart || s.apartR
	}
	for i := 1; i < len(items); i++ {
		// A mark that closes right before one that opens confuses Slack.
		if len(closing[i-1].marks) > 0 && len(open[i].marks) > 0 && !closing[i-1].apart {
			open[i].apart = true
		}
	}
	return open, closing
}

func crosses(s span, spans []span) bool {
	for _, o := range spans {
		if s.from < o.from && s.to > o.from && s.to < o.to || s.from > o.from && s.from < o.to && s.to > o.to {
			return true
		}
	}
	return false
}

// fit tells whether Slack would see the marks around the span, perhaps with the
// help of a zero-width space.
func (s *span) fit(items []item) bool {
	if s.from > 0 {
		out, in := lastRune(items[s.from-1].text), firstRune(items[s.from].text)
		ok, apart := seam(out, in, items[s.from-1].kind, items[s.from].kind)
		if !ok {
			return false
		}
		s.apartL = apart
	}
	if s.to < len(items) {
		in, out := lastRune(items[s.to-1].text), firstRune(items[s.to].text)
		ok, apart := seam(out, in, items[s.to].kind, items[s.to-1].kind)
		if !ok {
			return false
		}
		s.apartR = apart
	}
	return true
}

// seam looks at the two characters on either side of a mark.
func seam(out, in rune, outKind, inKind kind) (ok, apart bool) {
	if outKind != kindText {
		return true, outKind == kindCode
	}
	if unspaced(out) && (unspaced(in) || inKind != kindText || !wordly(in)) {
		return true, true
	}
	if wordly(out) {
		return false, false
	}
	return true, strings.ContainsRune("*_~`", out)
}

// unspaced: scripts that write without blanks, where a border within a word
// cannot be told from one between words.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// sanitized drops what never reaches Slack, without escaping.
func sanitized(s string) string {
	if firstUnsafe(s) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if dropped(r) {
			return -1
		}
		return r
	}, s)
}

// unescapeMarkdown resolves backslashes and entities.
func unescapeMarkdown(s []byte) string {
	if bytes.IndexAny(s, `\&`) < 0 {
		return string(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '\\' && i+1 < len(s) && util.IsPunct(s[i+1]) {
			b.WriteByte(s[i+1])
			i += 2
			continue
		}
		if s[i] == '&' {
			if text, n := entity(s[i:]); n > 0 {
				b.WriteString(text)
				i += n
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

func decodeEntities(s string) string {
	var b strings.Builder
	for s != "" {
		if s[0] == '&' {
			if text, n := entity([]byte(s)); n > 0 {
				b.WriteString(text)
				s = s[n:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

// entity decodes the HTML entity at the start of s.
func entity(s []byte) (decoded string, n int) {
	end := bytes.IndexByte(s[:min(len(s), 40)], ';')
	if end < 2 {
		return "", 0
	}
	name := string(s[1:end])
	if name[0] != '#' {
		e, ok := util.LookUpHTML5EntityByName(name)
		if !ok {
			return "", 0
		}
		return string(e.Characters), end + 1
	}
	digits, base := name[1:], 10
	if strings.HasPrefix(digits, "x") || strings.HasPrefix(digits, "X") {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || strings.HasPrefix(digits, "+") {
		return "", 0
	}
	r := rune(code)
	if code > unicode.MaxRune || !utf8.ValidRune(r) || code == 0 || isHidden(r) {
		r = utf8.RuneError
	}
	return string(r), end + 1
}

// columns is how wide s is in a fixed-width font: 2 for emoji and for Chinese,
// Japanese and Korean characters, 0 for accents.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r < 0x300:
			n++
		case unicode.Is(unicode.M, r), r >= 0x200b && r <= 0x200f, r == 0x2060:
		case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
			r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
			r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
			n += 2
		default:
			n++
		}
	}
	return n
}
