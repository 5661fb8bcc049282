package erasure

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"sopbot/internal/chat"
)

// words are the columns that hold what people wrote, where a name may stand
// that is to be erased. All others hold keys, marks and what the playbook says:
// a name that looks like one of those must not change it.
var words = map[string][]string{
	"questions":         {"words"},
	"ratings":           {"why"},
	"lead_facts":        {"value"},
	"events":            {"detail"},
	"drafts":            {"answers"},
	"qualifications":    {"scores"},
	"handoffs":          {"coaching", "answers", "context"},
	"handoff_questions": {"question", "answer"},
	"deadlines":         {"title"},
	"reports":           {"answers"},
	"outbox":            {"payload", "error"},
	"posts":             {"body", "error"},
}

// shortest is how many letters a name must have to be looked for in what others
// wrote: shorter ones are parts of too many words. A letter of a script that
// parts no words says more, and counts twice.
const shortest = 3

func tooShort(name string) bool {
	n := 0
	for _, r := range strings.TrimSpace(name) {
		n++
		if unparted(r) {
			n++
		}
	}
	return n < shortest
}

// unparted are the letters of scripts that are written without blanks.
func unparted(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// cuts are the lengths to which lists and buttons shorten names.
var cuts = []int{24, 60, 75, 80, 100, 150}

// spellings are the ways in which names stand in texts, and what takes their
// place.
type spellings struct {
	find *regexp.Regexp
	// cores are the longest words of the names, in small letters: a text that has
	// none of them holds no name. Without any, every text is looked through.
	cores []string
	// found is told where a name stands in a text; nil where nobody asks.
	found func(text string, from, to int)
}

// spell gives the spellings of names; too short ones are left out.
func spell(names []string) spellings {
	var all []string
	add := func(s string) {
		if !tooShort(s) && !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, name := range names {
		name = strings.TrimSpace(name)
		if tooShort(name) {
			continue
		}
		forms := []string{name}
		for _, n := range cuts {
			if cut := strings.TrimSuffix(chat.Shorten(name, n), "…"); cut != name {
				forms = append(forms, strings.TrimSpace(cut))
			}
		}
		for _, form := range forms {
			add(form)
			add(chat.Escape(form))
			add(chat.EscapeInline(form))
		}
	}
	if len(all) == 0 {
		return spellings{}
	}
	cores := coresOf(all)
	// The longest first: of two that begin alike the whole one is meant.
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for i, s := range all {
		// Blanks of any kind part words.
		all[i] = strings.Join(slices.Collect(quoted(s)), `[\s\v\x{85}\p{Z}]+`)
	}
	return spellings{find: regexp.MustCompile(`(?i)` + strings.Join(all, "|")), cores: cores}
}

// shortestCore is how long a word must be that is looked for first.
const shortestCore = 3

// coresOf gives the longest word of plain letters and digits of each name, which
// JSON and Slack write as it is; none, if a name has no such word.
func coresOf(names []string) (all []string) {
	for _, name := range names {
		core := ""
		for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
			if len(word) > len(core) {
				core = word
			}
		}
		if len(core) < shortestCore {
			return nil
		}
		if !slices.Contains(all, core) {
			all = append(all, core)
		}
	}
	return all
}

// mayHold is a quick look at a text: false is that no name stands in it.
func (s spellings) mayHold(text string) bool {
	if s.find == nil {
		return false
	}
	// JSON may write any letter by its number; and two others count as an s and a k.
	if len(s.cores) == 0 || strings.Contains(text, `\u`) || strings.ContainsAny(text, "\u017f\u212a") {
		return true
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(s.cores, func(core string) bool { return strings.Contains(text, core) })
}

func quoted(s string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, w := range strings.Fields(s) {
			if !yield(regexp.QuoteMeta(w)) {
				return
			}
		}
	}
}

// erase takes the names out of a text, where they are not parts of longer
// words.
func (s spellings) erase(text string) string {
	if s.find == nil {
		return text
	}
	var b strings.Builder
	from := 0
	for _, at := range s.find.FindAllStringIndex(text, -1) {
		first, _ := utf8.DecodeRuneInString(text[at[0]:])
		last, _ := utf8.DecodeLastRuneInString(text[:at[1]])
		before, _ := utf8.DecodeLastRuneInString(text[:at[0]])
		after, _ := utf8.DecodeRuneInString(text[at[1]:])
		if wordly(first) && at[0] > 0 && wordly(before) || wordly(last) && at[1] < len(text) && wordly(after) {
			continue
		}
		if s.found != nil {
			s.found(text, at[0], at[1])
		}
		b.WriteString(text[from:at[0]])
		b.WriteString(chat.Erased)
		from = at[1]
	}
	if from == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

func wordly(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r)) && !unparted(r)
}

// member replaces a member's ID: where they are mentioned, by words.
type member struct {
	id            string
	mention, bare *regexp.Regexp
	instead       string
}

func replaceMember(id, pseudonym string) member {
	q := regexp.QuoteMeta(id)
	return member{id, regexp.MustCompile(`<@` + q + `(?:\|[^<>]*)?>`), regexp.MustCompile(`\b` + q + `\b`), pseudonym}
}

func (m member) erase(text string) string {
	if !m.bare.MatchString(text) {
		return text
	}
	return m.bare.ReplaceAllString(m.mention.ReplaceAllString(text, chat.Person(m.instead)), m.instead)
}

// inside puts a column's text through change: of JSON each text and each key by
// itself, so that what JSON writes otherwise is found, too.
func inside(text string, change func(string) string) string {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return change(text)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return change(text)
	}
	changed := false
	v = walk(v, func(s string) string {
		after := change(s)
		changed = changed || after != s
		return after
	})
	if !changed {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return change(text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func walk(v any, change func(string) string) any {
	switch v := v.(type) {
	case string:
		return change(v)
	case []any:
		for i := range v {
			v[i] = walk(v[i], change)
		}
	case map[string]any:
		for k, x := range v {
			x = walk(x, change)
			if after := change(k); after != k {
				delete(v, k)
				k = after
			}
			v[k] = x
		}
	}
	return v
}
