package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const fence = "```"

// roomy is the least max at which Cut closes and re-opens fences and quotes:
// below it the marks would leave no room for words.
const roomy = 64

// Cut splits mrkdwn so that head has at most max characters, at the best place
// there is: between paragraphs, lines, sentences, words. White space at the cut
// goes. An entity, a <…> token, a {{placeholder}} and an emoji with its joiners
// stay whole (unless one alone is longer than max), and a code fence or a quote
// that the cut falls into is closed in head and opened again in rest. With a max
// under 64 there is no room for that, and Cut leaves fences and quotes alone.
//
// Slack does not say what its "characters" are. Cut counts UTF-16 units: as
// many as JavaScript counts, and never fewer than there are code points.
func Cut(mrkdwn string, max int) (head, rest string) {
	if fits(mrkdwn, max) {
		return mrkdwn, ""
	}
	c := findCut(mrkdwn, max)
	head = strings.TrimRightFunc(mrkdwn[:c.at], unicode.IsSpace)
	rest = mrkdwn[c.at:]
	if max < roomy || !c.fenced {
		if c.mid {
			rest = strings.TrimLeft(rest, " \t\n")
		} else {
			rest = strings.TrimLeft(rest, "\n")
		}
		if c.mid && c.quote != "" && rest != "" && !strings.HasPrefix(mrkdwn[c.at:], "\n") {
			rest = c.quote + rest
		}
		return head, trimBlank(rest)
	}
	head += "\n" + c.fenceQuote + fence
	tail := strings.TrimLeftFunc(rest, unicode.IsSpace)
	tail = strings.TrimPrefix(tail, c.fenceQuote)
	if after, ok := strings.CutPrefix(tail, fence); ok { // nothing is left of the code
		return head, trimBlank(strings.TrimLeft(after, "\n"))
	}
	if trimBlank(tail) == "" {
		return head, ""
	}
	if strings.HasPrefix(rest, "\n") {
		rest = rest[1:]
	} else {
		rest = c.fenceQuote + strings.TrimLeft(rest, " ")
	}
	return head, c.fenceQuote + fence + "\n" + rest
}

func trimBlank(s string) string {
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

// Chunks cuts mrkdwn into pieces of at most max characters (at least 2, so that
// any character fits). No piece is blank; blank mrkdwn gives none.
func Chunks(mrkdwn string, max int) []string {
	if max < 2 {
		max = 2
	}
	var chunks []string
	for trimBlank(mrkdwn) != "" {
		var head string
		head, mrkdwn = Cut(mrkdwn, max)
		if trimBlank(head) != "" {
			chunks = append(chunks, head)
		}
	}
	return chunks
}

// Shorten shortens plain text (not mrkdwn: see Cut) to at most max characters,
// the last of them "…", at the end of a word unless that would cost half of it.
func Shorten(plain string, max int) string {
	if fits(plain, max) {
		return plain
	}
	if max < 1 {
		return ""
	}
	units, at, word := 0, 0, 0
	for at < len(plain) {
		n := clusterLen(plain[at:])
		if p := placeholderLen(plain[at:]); p > 0 {
			n = p
		}
		units += length(plain[at : at+n])
		if units > max-1 {
			if unicode.IsSpace(firstRune(plain[at:])) {
				word = at
			}
			break
		}
		if unicode.IsSpace(firstRune(plain[at:])) {
			word = at
		}
		at += n
	}
	if word < at/2 {
		word = at
	}
	return strings.TrimRight(plain[:word], " \t\n,;:–—-") + "…"
}

// Plain turns mrkdwn into the top-level text of a message, which notifications
// show and screen readers read instead of the blocks: no formatting marks,
// fences, rules or quote signs, links and dates by their words, people and
// channels still as <@U1> and <#C1> (Slack puts their names there), everything
// else still escaped. It does not shorten: Slack recommends 4,000 characters,
// refuses more in chat.update and cuts at 40,000 (methods/chat.postMessage).
func Plain(mrkdwn string) string {
	p := plainer{s: mrkdwn}
	p.b.Grow(len(mrkdwn))
	for p.i < len(p.s) {
		p.step()
	}
	return strings.TrimSpace(p.b.String())
}

// special tells which bytes Plain looks at twice; 0xE2 begins ─ and U+200B.
func special(c byte) bool {
	switch c {
	case '*', '_', '~', '`', '<', '{', '\n', 0xe2:
		return true
	}
	return false
}

type plainer struct {
	s      string
	i      int
	b      strings.Builder
	fenced bool
	breaks int    // newlines at the end of what is written
	closer [3]int // where the mark that * _ ~ opened will end, 0 if none is open
	barren [3]int // up to where it is known that no mark closes
}

func (p *plainer) step() {
	rest := p.s[p.i:]
	if p.i == 0 || p.s[p.i-1] == '\n' {
		if n := quoteLen(rest); n > 0 && !p.fenced {
			p.i += n
			return
		}
		if n := ruleLen(rest); n > 0 && !p.fenced {
			p.i += n
			return
		}
	}
	switch c := rest[0]; {
	case c == '\n':
		// More than one empty line says nothing to a listener.
		if p.breaks < 2 || p.fenced {
			p.b.WriteByte('\n')
		}
		p.breaks++
		p.i++
		return
	case strings.HasPrefix(rest, fence):
		p.fenced = !p.fenced
		p.i += len(fence)
		if strings.HasPrefix(p.s[p.i:], "\n") && (p.breaks > 0 || p.b.Len() == 0) {
			p.i++
		}
		return
	case strings.HasPrefix(rest, zwsp):
		p.i += len(zwsp)
		return
	case p.fenced && c != '<':
	case c == '`':
		if end := strings.IndexAny(rest[1:], "`\n"); end > 0 && rest[end+1] == '`' {
			p.writeCode(rest[1 : end+1])
			p.i += end + 2
			return
		}
	case c == '<':
		if n := tokenLen(rest); n > 0 {
			p.writeToken(rest[1 : n-1])
			p.i += n
			return
		}
	case c == '{':
		if n := placeholderLen(rest); n > 0 {
			p.write(rest[:n])
			p.i += n
			return
		}
	case c == '*' || c == '_' || c == '~':
		if p.mark(c) {
			p.i++
			return
		}
	}
	n := 1
	for n < len(rest) && !special(rest[n]) {
		n++
	}
	p.write(rest[:n])
	p.i += n
}

func (p *plainer) write(s string) {
	p.b.WriteString(s)
	if s != "" {
		p.breaks = 0
	}
}

// writeCode writes code as it stands; inside a fence or not, a token may be in it.
func (p *plainer) writeCode(s string) {
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		p.write(s[:i])
		s = s[i:]
		n := tokenLen(s)
		if n == 0 {
			break
		}
		p.writeToken(s[1 : n-1])
		s = s[n:]
	}
	p.write(s)
}

func (p *plainer) writeToken(body string) {
	if body[0] == '@' || body[0] == '#' {
		id, _, _ := strings.Cut(body, "|")
		p.write("<")
		p.write(id)
		p.write(">")
		return
	}
	sigil, words := tokenWords(body)
	p.write(sigil)
	p.write(words)
}

// mark tells whether the * _ ~ at p.i is formatting, and so to be left out.
func (p *plainer) mark(c byte) bool {
	k := strings.IndexByte("*_~", c)
	if p.closer[k] == p.i && p.i > 0 {
		p.closer[k] = 0
		return true
	}
	if p.closer[k] > p.i || p.barren[k] > p.i || !canOpen(lastRune(p.s[:p.i]), firstRune(p.s[p.i+1:])) {
		return false
	}
	j := p.i + 1
	for ; j < len(p.s) && p.s[j] != '\n'; j++ {
		if p.s[j] == c && j > p.i+1 && canClose(lastRune(p.s[:j]), firstRune(p.s[j+1:])) {
			p.closer[k] = j
			return true
		}
		if n := skipLen(p.s[j:]); n > 0 { // no closing inside a token or a placeholder
			j += n - 1
		}
	}
	p.barren[k] = j
	return false
}

func skipLen(s string) int {
	switch s[0] {
	case '<':
		return tokenLen(s)
	case '{':
		return placeholderLen(s)
	case '`':
		if n := strings.IndexAny(s[1:], "`\n"); n > 0 && s[n+1] == '`' {
			return n + 2
		}
	}
	return 0
}

// ruleLen is the length of a line of nothing but ─, as Mrkdwn draws rules.
func ruleLen(s string) int {
	n := 0
	for strings.HasPrefix(s[n:], "─") {
		n += len("─")
	}
	if n > 0 && (n == len(s) || s[n] == '\n') {
		return n
	}
	return 0
}

// quoteLen is the length of the quote sign and its blank at the start of a line.
func quoteLen(s string) int {
	n := 0
	switch {
	case strings.HasPrefix(s, ">"):
		n = 1
	case strings.HasPrefix(s, "&gt;"):
		n = 4
	default:
		return 0
	}
	if n < len(s) && s[n] == ' ' {
		n++
	}
	return n
}

// cut is a place to cut at, with what is open there.
type cut struct {
	at         int    // the head ends here
	units      int    // length of the head without what must be closed
	mid        bool   // inside a line
	fenced     bool   // inside a code fence
	quote      string // quote sign of the line
	fenceQuote string // quote sign of the line that opened the fence
}

// findCut walks over the first max characters and remembers the last good place
// of each kind.
func findCut(s string, max int) cut {
	var (
		paragraph, line, sentence, word, any cut
		now                                  cut
		content                              bool // words since the line's quote sign or the fence's opening
		wordy                                bool // words on this line
		lineStart                            = true
		stopped                              bool // the last characters may end a sentence
	)
	careful := max >= roomy
	closing := func() int {
		if careful && now.fenced {
			return 1 + len(now.fenceQuote) + len(fence)
		}
		return 0
	}
	for now.at < len(s) && now.units <= max {
		rest := s[now.at:]
		if lineStart {
			lineStart, wordy = false, false
			if careful && (!now.fenced || now.fenceQuote != "") {
				now.quote = ""
				if n := quoteLen(rest); n > 0 {
					now.quote = rest[:n]
					if !strings.HasSuffix(now.quote, " ") {
						now.quote += " "
					}
					now.at += n
					now.units += n
					continue
				}
			}
		}
		space := unicode.IsSpace(firstRune(rest))
		if now.units+closing() <= max {
			here := now
			here.mid = true
			switch {
			case rest[0] == '\n':
				here.mid = false
				if !content {
					break
				}
				line = here
				if strings.HasPrefix(rest, "\n\n") && !now.fenced {
					paragraph = here
				}
			case space && wordy:
				word = here
				if stopped {
					sentence = here
				}
			}
			if wordy || content || rest[0] != '\n' && !now.fenced && now.quote == "" {
				any = here
			}
		}
		if careful && strings.HasPrefix(rest, fence) {
			now.fenced = !now.fenced
			now.fenceQuote = ""
			if now.fenced {
				now.fenceQuote = now.quote
			}
			now.at += len(fence)
			now.units += len(fence)
			content, wordy, stopped = !now.fenced, !now.fenced, false
			continue
		}
		n := atomLen(rest)
		units := length(rest[:n])
		if now.units+units+closing() > max && any.at == 0 {
			// One atom alone is too long: it has to break.
			n = clusterLen(rest)
			if units = length(rest[:n]); now.units+units+closing() > max {
				_, n = utf8.DecodeRuneInString(rest)
				units = length(rest[:n])
			}
		}
		switch r := firstRune(rest); {
		case r == '.' || r == '!' || r == '?' || r == '…':
			stopped = true
		case strings.ContainsRune("\"')]}*_~”’»", r):
		default:
			stopped = false
		}
		now.at += n
		now.units += units
		if rest[0] == '\n' {
			lineStart = true
		} else if !space {
			content, wordy = true, true
		} else if now.fenced {
			content = true // indentation is part of code
			wordy = true
		}
		if r := firstRune(rest); (r == '。' || r == '！' || r == '？') && now.units+closing() <= max {
			sentence = now
			sentence.mid = true
		}
	}
	for _, c := range []cut{paragraph, line, sentence, word} {
		if c.at > 0 && c.units >= max/2 {
			return c
		}
	}
	best := any
	for _, c := range []cut{paragraph, line, sentence, word} {
		if c.at > 0 && (c.at >= best.at || best == any) {
			best = c
		}
	}
	return best
}

// atomLen is the length of what must not be parted at the start of s: an
// entity, a <…> token, a placeholder or what a reader takes for one character.
func atomLen(s string) int {
	switch s[0] {
	case '&':
		for i := 1; i < len(s) && i < 12; i++ {
			if s[i] == ';' && i > 1 {
				return i + 1
			}
			if s[i] != '#' && (s[i] >= utf8.RuneSelf || !wordly(rune(s[i]))) {
				break
			}
		}
	case '<':
		if n := tokenLen(s); n > 0 {
			return n
		}
	case '{':
		if n := placeholderLen(s); n > 0 {
			return n
		}
	}
	return clusterLen(s)
}

// clusterLen is the length of the first character as a reader sees it: with its
// accents, its skin tone, and what joiners tie to it.
func clusterLen(s string) int {
	if len(s) < 2 || s[0] < utf8.RuneSelf && s[1] < utf8.RuneSelf {
		return len(s[:min(len(s), 1)])
	}
	first, n := utf8.DecodeRuneInString(s)
	flag := regional(first)
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		switch {
		case r == 0x200d: // joiner: what follows belongs to it
			n += size
			if n < len(s) && firstRune(s[n:]) >= 0x200d {
				_, size = utf8.DecodeRuneInString(s[n:])
				n += size
			}
		case unicode.Is(unicode.M, r), r >= 0x1f3fb && r <= 0x1f3ff, r >= 0xe0020 && r <= 0xe007f:
			n += size
		case flag && regional(r):
			flag = false
			n += size
		default:
			return n
		}
	}
	return n
}

func regional(r rune) bool { return r >= 0x1f1e6 && r <= 0x1f1ff }

// length counts as Slack's limits are counted here: in UTF-16 units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// fits avoids counting where the bytes are already few enough.
func fits(s string, max int) bool {
	return len(s) <= max || len(s) <= 3*max && length(s) <= max
}
