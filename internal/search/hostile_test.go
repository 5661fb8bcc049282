package search

import (
	"strings"
	"testing"
	"unicode/utf8"

	"sopbot/internal/playbook"
)

var hostile = map[string]string{
	"quotes":                `"pricing" 'objection "`,
	"operators":             `+pricing -objection ~2 ^5 (a AND b) OR NOT [x TO y] {z}`,
	"a field":               `title:pricing text:* _id:/.*/ _all:x`,
	"wildcards":             `pric* ?rice /pr.*e/`,
	"three thousand words":  strings.Repeat("pricing objection budget timeline ", 750),
	"as many other words":   strings.Join(strings.Fields(strings.Repeat("a1b2 prcing objektion bugdet tiemline qualfication ", 500)), " "),
	"a word of 1000 bytes":  strings.Repeat("negotiatoin", 91),
	"a word of a megabyte":  strings.Repeat("x", 1<<20),
	"emoji":                 "💸🤔👩‍💻 pricing 🇩🇪",
	"right to left":         "كم السعر pricing \u202e gnicirp",
	"control characters":    "pri\x00cing\x07 \x1b[31mred\u2028\u2029",
	"broken UTF-8":          "pricing \xff\xfe\xc3\x28",
	"marks without letters": strings.Repeat("\u0301", 400),
	"many marks":            "p" + strings.Repeat("\u0301", 4000) + "ricing",
	"hyphens":               strings.Repeat("-", 500) + "a" + strings.Repeat("-b", 500),
	"apostrophes":           "'''''''''' it's'it's'''s don't'",
	"only stop words":       "who are you and why is it not for us",
	"numbers":               "1,000,000.00 30-60-90 3.5 .5. ,,, 1.",
	"slack":                 "<@U123> <#C1|general> <!channel> &lt;b&gt; https://example.com/a?b=c&d=e",
	"placeholders":          "{{first_name}} {{company}}",
	"ligatures":             "ﬁnance ﬀﬃ Straße ŒUVRE ĳ Ⅷ",
	"nothing":               "",
}

func TestHostileTextIsHarmless(t *testing.T) {
	x := build(t, defaultPlaybook(t))
	defer x.Close()
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []int{-1, 0, 1, 1000} {
				check(t, x.Search(text, limit), limit)
			}
		})
	}
}

// check holds an answer against what every answer promises.
func check(t *testing.T, a Answer, limit int) {
	t.Helper()
	if !utf8.ValidString(a.Query.Text) {
		t.Errorf("the question as understood is no text: %q", a.Query.Text)
	}
	if len(a.Query.Words) > maxWords {
		t.Errorf("%d words", len(a.Query.Words))
	}
	for _, w := range a.Query.Words {
		if utf8.RuneCountInString(w) > 2*maxLetters { // a ligature may become two letters
			t.Errorf("a word of %d letters", utf8.RuneCountInString(w))
		}
	}
	if (a.Verdict == Nothing) != (len(a.Hits) == 0) && limit > 0 {
		t.Errorf("%v with %d hits", a.Verdict, len(a.Hits))
	}
	seen := map[*playbook.Page]bool{}
	for i, h := range append(a.Hits, a.Nearest...) {
		if i >= max(limit, 0) {
			t.Errorf("more than %d hits", limit)
		}
		if seen[h.Page] {
			t.Errorf("%s comes twice", h.Page.ID)
		}
		seen[h.Page] = true
		if h.Section < 0 || h.Section >= len(h.Page.Sections) {
			t.Errorf("%s has no section %d", h.Page.ID, h.Section)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, text := range hostile {
		if len(text) < 2000 {
			f.Add(text)
		}
	}
	x := build(f, defaultPlaybook(f))
	f.Fuzz(func(t *testing.T, text string) { check(t, x.Search(text, 10), 10) })
}

func FuzzBuild(f *testing.F) {
	for _, text := range hostile {
		if len(text) < 2000 {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		p := &playbook.Page{ID: "p", File: "p.md", Title: text, Aliases: []string{text}, Tags: []string{text},
			Sections: []playbook.Section{{Heading: []string{text}, Plain: text}}}
		x := build(t, &playbook.Playbook{Pages: []*playbook.Page{p}, Settings: playbook.Settings{Synonyms: [][]string{{text, "x"}, {}}}})
		defer x.Close()
		check(t, x.Search(text, 10), 10)
	})
}
