package chat

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	xast "github.com/yuin/goldmark/extension/ast"
)

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
