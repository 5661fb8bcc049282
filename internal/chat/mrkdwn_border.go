package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

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
