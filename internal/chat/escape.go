package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// zwsp, the zero-width space, is the only way to take a formatting character
// literally: Slack has no escape character, but sees a border in it.
const zwsp = "\u200b"

// grave stands in for a backtick where a real one would open or end code.
const grave = "ˋ"

// Escape makes text from people safe inside mrkdwn: & < > become entities, so
// that nothing in it mentions anybody or poses as a link. It removes control
// characters (newline and tab stay), the bidi overrides and isolates (U+202A to
// U+202E, U+2066 to U+2069: right-to-left text stays, but cannot reorder our
// own words) and bytes that are not UTF-8. Formatting stays as it was typed:
// see EscapeInline.
// (Which three to escape: docs.slack.dev/messaging/formatting-message-text.)
func Escape(s string) string {
	i := firstUnsafe(s)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	start := 0 // of the clean stretch not yet written
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		entity := entityOf(r)
		if entity != "" || r == utf8.RuneError && n == 1 || dropped(r) {
			b.WriteString(s[start:i])
			b.WriteString(entity)
			start = i + n
		}
		i += n
	}
	b.WriteString(s[start:])
	return b.String()
}

// Clean drops from text what Escape drops, and leaves the rest as it was typed:
// for inputs that start with it, and for what is kept.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if dropped(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// Unfenced keeps a fence of code that somebody typed from swallowing what we
// write after it: Slack takes three backticks for one, lines later.
func Unfenced(mrkdwn string) string { return strings.ReplaceAll(mrkdwn, fence, grave+grave+grave) }

// EscapeInline is Escape for a name or a few words inside a line of ours, for
// example between asterisks: white space of all kinds folds to single blanks,
// and *, _, ~, backticks and :emoji: lose their meaning. What Slack would not take
// for formatting (snake_case, 2 * 3, 10:30) is untouched. A > at the start of a
// line makes a quote even when escaped, so do not begin a line with it.
func EscapeInline(s string) string {
	s = fold(s)
	if !strings.ContainsAny(s, "*_~`:&<>") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	before := rune(-1)
	for i, r := range s {
		switch r {
		case '*', '_', '~':
			// On both sides: held back from closing alone, it could open.
			after := firstRune(s[i+1:])
			held := canOpen(before, after) || canClose(before, after)
			if held && !blankly(before) {
				b.WriteString(zwsp)
			}
			b.WriteByte(byte(r))
			if held && !blankly(after) {
				b.WriteString(zwsp)
			}
		case '`':
			b.WriteString(grave)
		case ':':
			b.WriteByte(':')
			if !wordly(before) && shortcode(s[i:]) {
				b.WriteString(zwsp)
			}
		default:
			if e := entityOf(r); e != "" {
				b.WriteString(e)
			} else {
				b.WriteRune(r)
			}
		}
		before = r
	}
	return b.String()
}

// Unescape turns what Slack delivers back into the words a person typed or saw:
// entities become & < >, <@U1|dana> becomes @dana, <#C1|sales> #sales,
// <https://x|label> label, <!subteam^S1|@sdr> @sdr, <!here> @here and
// <!date^…|fallback> its fallback. Without a label the id or the address stays.
func Unescape(s string) string {
	i := strings.IndexAny(s, "&<")
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i >= 0 {
		b.WriteString(s[:i])
		s = s[i:]
		n := 1
		if c, size := decodeEntity(s); size > 0 {
			b.WriteByte(c)
			n = size
		} else if size := tokenLen(s); size > 0 {
			sigil, words := tokenWords(s[1 : size-1])
			b.WriteString(sigil)
			writeDecoded(&b, words)
			n = size
		} else {
			b.WriteByte(s[0])
		}
		s = s[n:]
		i = strings.IndexAny(s, "&<")
	}
	b.WriteString(s)
	return b.String()
}

// tokenWords gives what a reader sees of <body>, still escaped.
func tokenWords(body string) (sigil, words string) {
	target, label, _ := strings.Cut(body, "|")
	switch {
	case strings.HasPrefix(target, "@"), strings.HasPrefix(target, "#"):
		if label == "" {
			label = target[1:]
		}
		return target[:1], strings.TrimPrefix(label, target[:1])
	case strings.HasPrefix(target, "!date^"):
		return "", label
	case strings.HasPrefix(target, "!"):
		if label == "" {
			label = strings.TrimPrefix(target[1:], "subteam^")
		}
		return "@", strings.TrimPrefix(label, "@")
	case label != "":
		return "", label
	}
	return "", strings.TrimPrefix(strings.TrimPrefix(target, "mailto:"), "tel:")
}

func writeDecoded(b *strings.Builder, s string) {
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return
		}
		b.WriteString(s[:i])
		s = s[i:]
		c, n := decodeEntity(s)
		if n == 0 {
			c, n = '&', 1
		}
		b.WriteByte(c)
		s = s[n:]
	}
}

// decodeEntity knows the three entities that Slack sends and takes.
func decodeEntity(s string) (c byte, n int) {
	switch {
	case strings.HasPrefix(s, "&amp;"):
		return '&', 5
	case strings.HasPrefix(s, "&lt;"):
		return '<', 4
	case strings.HasPrefix(s, "&gt;"):
		return '>', 4
	}
	return 0, 0
}

// tokenLen is the length of the <…> at the start of s, 0 if there is none.
func tokenLen(s string) int {
	if s == "" || s[0] != '<' {
		return 0
	}
	i := strings.IndexAny(s[1:], "<>\n")
	if i < 1 || s[i+1] != '>' {
		return 0
	}
	return i + 2
}

// placeholderLen is the length of the {{…}} at the start of s, 0 if there is
// none. A placeholder stays on its line and holds neither braces nor backticks.
func placeholderLen(s string) int {
	if !strings.HasPrefix(s, "{{") {
		return 0
	}
	const longest = 200
	blank := true
	for i, r := range s[2:min(len(s), longest)] {
		switch {
		case r == '}':
			if blank || !strings.HasPrefix(s[2+i:], "}}") {
				return 0
			}
			return i + 4
		case r == '{' || r == '`' || r == '\n' || r == utf8.RuneError || dropped(r):
			return 0
		}
		blank = blank && unicode.IsSpace(r)
	}
	return 0
}

func entityOf(r rune) string {
	switch r {
	case '&':
		return "&amp;"
	case '<':
		return "&lt;"
	case '>':
		return "&gt;"
	}
	return ""
}

// firstUnsafe is where Escape has its first thing to do, or -1.
func firstUnsafe(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c == '&' || c == '<' || c == '>' || dropped(rune(c)) {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || dropped(r) {
			return i
		}
		i += n
	}
	return -1
}

// dropped tells which characters never reach Slack.
func dropped(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\n' && r != '\t'
	case r < 0x7f:
		return false
	case r <= 0x9f:
		return true
	}
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// fold drops what Escape drops and makes one line of the rest, with single
// blanks between the words and none around them.
func fold(s string) string {
	if folded(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for i, r := range s {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD"):
		case unicode.IsSpace(r): // a carriage return too: it parts words
			gap = b.Len() > 0
		case dropped(r):
		default:
			if gap {
				b.WriteByte(' ')
				gap = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

func folded(s string) bool {
	before := rune(' ')
	for i, r := range s {
		if r == ' ' && before == ' ' || r != ' ' && unicode.IsSpace(r) || dropped(r) ||
			r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") {
			return false
		}
		before = r
	}
	return s == "" || before != ' '
}

// canOpen and canClose are Slack's word borders: a formatting character opens
// after a border and before anything but a blank; it closes the other way round.
// -1 is the start or the end of the line.
func canOpen(before, after rune) bool  { return !wordly(before) && !blankly(after) }
func canClose(before, after rune) bool { return !blankly(before) && !wordly(after) }

func wordly(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	return unicode.In(r, unicode.Letter, unicode.Number, unicode.Mark)
}

func blankly(r rune) bool { return r < 0 || r == 0x200b || unicode.IsSpace(r) }

// shortcode tells whether s starts with an emoji such as :tada: or :+1:.
func shortcode(s string) bool {
	for i := 1; i < len(s) && i < 100; i++ {
		c := s[i]
		switch {
		case c == ':':
			return i > 1
		case c == '_' || c == '-' || c == '+' || c == '\'' || c >= utf8.RuneSelf || wordly(rune(c)):
		default:
			return false
		}
	}
	return false
}

func firstRune(s string) rune {
	if s == "" {
		return -1
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func lastRune(s string) rune {
	if s == "" {
		return -1
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}
