package playbook

import (
	"bytes"
	"net/url"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// markdown reads the dialect that people write: CommonMark with tables,
// strikethrough, task lists and bare links.
var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser()

// proseLink is a link as it stands in the Markdown, before anybody looked
// where it leads.
type proseLink struct {
	destination string
	offset      int // of the body
}

// cutSections parts a page's Markdown at its headings. bodyLine is the line
// of the file on which the body starts.
func cutSections(body string, bodyLine int) (sections []Section, links []proseLink) {
	source := []byte(body)
	doc := markdown.Parse(text.NewReader(source))
	lines := lineStarts(source)

	var (
		open    = Section{Line: bodyLine}
		from    = 0 // where the open section's text starts
		plain   bytes.Buffer
		heading []headingAt
		slugs   = map[string]int{}
	)
	finish := func(to int) {
		open.Markdown = strings.Trim(body[min(from, to):to], "\n")
		open.Plain = strings.TrimSpace(plain.String())
		plain.Reset()
		// Text before the first heading is a section only if there is any.
		if open.Level > 0 || strings.TrimSpace(open.Markdown) != "" {
			open.N = len(sections)
			sections = append(sections, open)
		}
	}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			writePlain(&plain, n, source)
			links = appendLinks(links, n, source)
			continue
		}
		start, end := headingSpan(h, source, lines)
		finish(start)
		title := strings.Join(strings.Fields(plainText(h, source)), " ")
		for len(heading) > 0 && heading[len(heading)-1].level >= h.Level {
			heading = heading[:len(heading)-1]
		}
		heading = append(heading, headingAt{h.Level, title})
		open = Section{Level: h.Level, Slug: uniqueSlug(title, slugs), Line: bodyLine + lineOf(lines, start)}
		for _, above := range heading {
			open.Heading = append(open.Heading, above.title)
		}
		from = end
		links = appendLinks(links, h, source)
	}
	finish(len(body))
	return sections, links
}

type headingAt struct {
	level int
	title string
}

// headingSpan gives where a heading's first line starts and where the text
// after it starts. The tree only knows the heading's words.
func headingSpan(h *ast.Heading, source []byte, lines []int) (start, end int) {
	first, last := 0, 0
	switch {
	case h.Lines() != nil && h.Lines().Len() > 0:
		first, last = h.Lines().At(0).Start, h.Lines().At(h.Lines().Len()-1).Stop
	case h.Pos() >= 0:
		first, last = h.Pos(), h.Pos()
	default:
		// A heading of nothing but hashes has no words: take the place after
		// what came before.
		if p := h.PreviousSibling(); p != nil && p.Lines() != nil && p.Lines().Len() > 0 {
			first = p.Lines().At(p.Lines().Len() - 1).Stop
		}
		for first < len(source) && source[first] != '#' {
			first++
		}
		last = first
	}
	start = lines[lineOf(lines, min(first, len(source)))]
	end = min(last, len(source))
	if end == start || source[end-1] != '\n' {
		end = lineEnd(source, end)
	}
	// A line of = or - below makes a heading too (setext); a "#" heading
	// starts with one.
	if trimmed := bytes.TrimLeft(source[start:], " "); !bytes.HasPrefix(trimmed, []byte("#")) {
		if under := bytes.TrimSpace(source[end:lineEnd(source, end)]); len(under) > 0 && len(bytes.Trim(under, "=-")) == 0 {
			end = lineEnd(source, end)
		}
	}
	return start, end
}

// lineEnd gives where the line that holds an offset ends, after its newline.
func lineEnd(source []byte, at int) int {
	if i := bytes.IndexByte(source[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(source)
}

func lineStarts(source []byte) []int {
	starts := []int{0}
	for i, c := range source {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// lineOf gives the 0-based line of an offset.
func lineOf(starts []int, offset int) int {
	low, high := 0, len(starts)
	for high-low > 1 {
		if mid := (low + high) / 2; starts[mid] <= offset {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// plainText gives the words below a node.
func plainText(n ast.Node, source []byte) string {
	var b bytes.Buffer
	writePlain(&b, n, source)
	return strings.TrimSpace(b.String())
}

// writePlain writes the words below a node: what a reader sees, without
// marks and HTML, a line per block.
func writePlain(b *bytes.Buffer, n ast.Node, source []byte) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				newline(b)
			}
			return ast.WalkContinue, nil
		}
		switch v := n.(type) {
		case *ast.Text:
			b.Write(unescape(v.Segment.Value(source)))
			if v.SoftLineBreak() || v.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(v.Value)
		case *ast.AutoLink:
			b.Write(v.Label(source))
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			for i := range n.Lines().Len() {
				s := n.Lines().At(i)
				b.Write(s.Value(source))
			}
		case *ast.HTMLBlock, *ast.RawHTML:
			return ast.WalkSkipChildren, nil
		}
		if n.Type() == ast.TypeBlock {
			newline(b)
		} else if n.Kind().String() == "TableCell" {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
}

func newline(b *bytes.Buffer) {
	if l := b.Len(); l > 0 && b.Bytes()[l-1] != '\n' {
		b.WriteByte('\n')
	}
}

// unescape takes the backslashes of Markdown's escapes away; entities are
// rare enough in playbooks to stay.
func unescape(s []byte) []byte {
	if bytes.IndexByte(s, '\\') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && s[i+1] < utf8.RuneSelf && unicode.IsPunct(rune(s[i+1])) {
			i++
		}
		out = append(out, s[i])
	}
	return out
}

// slugOf makes a heading into an anchor as the usual Markdown sites do.
func slugOf(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			b.WriteRune(r)
		case r == ' ' || r == '-':
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

func uniqueSlug(title string, taken map[string]int) string {
	base := slugOf(title)
	if base == "" {
		base = "section"
	}
	slug := base
	for taken[slug] > 0 {
		slug = base + "-" + strconv.Itoa(taken[base])
		taken[base]++
	}
	taken[slug]++
	return slug
}

func appendLinks(links []proseLink, n ast.Node, source []byte) []proseLink {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.Link); ok && entering {
			links = append(links, proseLink{string(l.Destination), linkOffset(l, source)})
		}
		return ast.WalkContinue, nil
	})
	return links
}

// linkOffset gives the place of a link's opening bracket, found from its
// words; a link without words is placed at its block.
func linkOffset(l *ast.Link, source []byte) int {
	offset := -1
	_ = ast.Walk(l, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if t, ok := n.(*ast.Text); ok && entering {
			offset = t.Segment.Start
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	if offset >= 0 {
		if i := bytes.LastIndexByte(source[:offset], '['); i >= 0 {
			return i
		}
		return offset
	}
	for p := l.Parent(); p != nil; p = p.Parent() {
		if p.Type() == ast.TypeBlock && p.Lines() != nil && p.Lines().Len() > 0 {
			return p.Lines().At(0).Start
		}
	}
	return 0
}

// linkTarget reads a link's destination as it stands in the file of that
// path. page is false for what does not lead to a page of the playbook: web
// addresses, mail, pictures, other files.
func linkTarget(file, destination string) (candidates []string, anchor string, page bool) {
	u, err := url.Parse(destination)
	if err != nil || u.Scheme != "" || u.Host != "" || strings.HasPrefix(destination, "//") {
		return nil, "", false
	}
	anchor = u.Fragment
	p := u.Path
	if p == "" {
		return []string{file}, anchor, anchor != ""
	}
	base := path.Dir(file)
	if strings.HasPrefix(p, "/") {
		base = "."
	}
	clean := path.Clean(path.Join(base, strings.TrimPrefix(p, "/")))
	switch ext := strings.ToLower(path.Ext(clean)); {
	case ext == ".md":
		return []string{clean}, anchor, true
	case ext == "" && !strings.HasSuffix(p, "/"):
		return []string{clean + ".md", clean + "/README.md", clean + "/index.md", clean + "/_index.md"}, anchor, true
	case ext == "":
		return []string{clean + "/README.md", clean + "/index.md", clean + "/_index.md", clean + ".md"}, anchor, true
	}
	return nil, "", false
}
