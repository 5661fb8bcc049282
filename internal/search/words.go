package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/char/asciifolding"
	"github.com/blevesearch/bleve/v2/analysis/lang/en"
	porter "github.com/blevesearch/go-porterstemmer"
)

// Text is cut into words by hand and not by bleve's Unicode tokenizer, which
// keeps `a:b` and `first_name` in one piece, and says nothing of the hyphen
// that the joined forms (hand-off, handoff) need to know about. Stop words and
// stemmer are those of bleve's analyzer `en`.

// maxLetters is where a word is cut off, in the index as in a question: no
// English word is longer, and long words cost time in spelling.
const maxLetters = 30

var stopWords = readStopWords()

func readStopWords() map[string]bool {
	m := analysis.NewTokenMap()
	if err := m.LoadBytes(en.EnglishStopWords); err != nil {
		panic(err) // a constant of bleve's
	}
	out := make(map[string]bool, len(m)*2)
	for w := range m {
		out[w] = true
		out[strings.ReplaceAll(w, "'", "")] = true // people type "dont" and "whats"
	}
	// "id", "ill", "shed", "well", "were": these are words of their own without the apostrophe.
	for _, w := range []string{"id", "ill", "shell", "shed", "hell", "wed", "cant", "wont"} {
		delete(out, w)
	}
	for _, w := range []string{"cant", "wont", "can", "will", "just", "us"} {
		out[w] = true
	}
	return out
}

// token is a word of a text.
type token struct {
	text  string // lower case, accents folded
	glued bool   // nothing but a hyphen stands between it and the word before
}

// words calls emit for each word of a text until it returns false.
func words(text string, emit func(token) bool) {
	var buf [4*maxLetters + utf8.UTFMax]byte
	word, letters, ascii, glued, e := buf[:0], 0, true, false, false
	flush := func() bool {
		if letters == 0 {
			return true
		}
		w := finish(word, ascii)
		t := token{text: w, glued: glued || e} // "e mail" is one word
		e = w == "e"
		word, letters, ascii, glued = buf[:0], 0, true, false
		return w == "" || emit(t)
	}
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		next := i + size
		switch {
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= '0' && r <= '9'):
			if letters++; letters <= maxLetters {
				word = append(word, byte(r))
			}
		case r >= 'A' && r <= 'Z':
			if letters++; letters <= maxLetters {
				word = append(word, byte(r)+'a'-'A')
			}
		case r < utf8.RuneSelf:
			switch {
			case r == '\'' && letters > 0 && letterAt(text, next):
				if letters <= maxLetters {
					word = append(word, '\'')
				}
			case (r == '.' || r == ',') && letters > 0 && isDigit(text, i-1) && isDigit(text, next):
				if letters++; letters <= maxLetters && r == '.' {
					word = append(word, '.')
				}
			case (r == '-' || r == '&') && letters > 0 && letterAt(text, next):
				if !flush() {
					return
				}
				glued = true
			default:
				if !flush() {
					return
				}
				glued = false
			}
		case unicode.Is(unicode.Mn, r) || r == '\u00ad' || r == '\u200d':
			// Marks of decomposed letters and soft hyphens vanish.
		case r == '’' || r == '＇':
			if letters > 0 && letterAt(text, next) {
				if letters <= maxLetters {
					word = append(word, '\'')
				}
			} else if !flush() {
				return
			}
		case r == '‐' || r == '‑':
			glue := letters > 0 && letterAt(text, next)
			if !flush() {
				return
			}
			glued = glue
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
			// No blanks between words there: each sign is a word, nearness does the rest.
			if !flush() {
				return
			}
			word, letters, ascii = utf8.AppendRune(word, r), 1, false
			if !flush() {
				return
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if letters++; letters <= maxLetters {
				word, ascii = utf8.AppendRune(word, unicode.ToLower(r)), false
			}
		default:
			if !flush() {
				return
			}
			glued = false
		}
		i = next
	}
	flush()
}

// finish strips the possessive, drops other apostrophes and folds accents.
func finish(word []byte, ascii bool) string {
	w := word
	if !ascii {
		w = asciifolding.New().Filter(w)
	}
	s := string(w)
	if strings.IndexByte(s, '\'') >= 0 {
		if stopWords[s] {
			return strings.ReplaceAll(s, "'", "")
		}
		s = strings.TrimSuffix(s, "'s")
		s = strings.ReplaceAll(s, "'", "")
	}
	if !ascii {
		s = strings.ToLower(s)
	}
	return s
}

func isDigit(text string, i int) bool {
	return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9'
}

func letterAt(text string, i int) bool {
	if i >= len(text) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// stem gives the term that stands for a word in the index.
func stem(word string) string {
	if t, ok := stems[word]; ok {
		return t
	}
	if len(word) < 3 {
		return word
	}
	for i := 0; i < len(word); i++ {
		if c := word[i]; c >= utf8.RuneSelf || c < 'a' || c > 'z' {
			return word // numbers, codes, other alphabets
		}
	}
	// Porter leaves notify and notification apart, as many pairs of that make.
	for _, suffix := range [...]string{"ification", "ifications"} {
		if root, ok := strings.CutSuffix(word, suffix); ok && root != "" {
			return root + "ifi"
		}
	}
	var buf [maxLetters + 8]rune
	return string(porter.StemWithoutLowerCasing(append(buf[:0], []rune(word)...)))
}

// clean makes one line of a question: single blanks, no control characters, nor
// those that turn the direction of the text that follows.
func clean(text string) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError {
			blank = b.Len() > 0
			continue
		}
		if blank {
			b.WriteByte(' ')
			blank = false
		}
		b.WriteRune(r)
		if n++; n >= maxText {
			break
		}
	}
	return b.String()
}

// maxWords and maxText bound what is read of a question; people ask less, and
// pasted mails should cost no more.
const (
	maxWords = 64
	maxText  = maxWords * maxLetters
)
