package playbook

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzPage(f *testing.F) {
	for _, s := range []string{"", "# A\nx\n", "---\nkind: stage\norder: 1\nexit: [a]\n---\n# B\n", "---\nkind: form\nfields:\n  - {id: a, label: A, type: choice, options: [x, {value: y}]}\n---\n",
		"A\n===\n", "---\n&a: *a\n---\n", "---\na: &x [*x]\n---\n", "---\n? [a]\n: b\n---\n", "[a](b.md)[](c.md)", "---\nkind: framework\nneed: 99999999999999\n---\n", "\xff\xfe", "#\n##\n", "```\n# x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, problems, err := Load(tree("p.md", string(raw)), today)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := cleanText(raw)
		lines := strings.Count(text, "\n") + 2
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" {
				t.Errorf("a problem is nowhere: %+v", p)
			}
		}
		p := b.Pages[0]
		if p.Title == "" || len(p.Sections) == 0 || p.ID == "" {
			t.Errorf("a page without name or sections: %+v", p)
		}
		slugs := map[string]bool{}
		for i, s := range p.Sections {
			if s.N != i || s.Line < 1 || s.Line > lines || !utf8.ValidString(s.Markdown) || !utf8.ValidString(s.Plain) {
				t.Errorf("section %d: %+v", i, s)
			}
			if slugs[s.Slug] {
				t.Errorf("two sections are called %q", s.Slug)
			}
			slugs[s.Slug] = true
		}
	})
}

func FuzzSettings(f *testing.F) {
	f.Add("hours: {days: [mon], from: \"09:00\", to: \"17:00\"}\n")
	f.Add("synonyms: [[a, b], c]\nroles: {a: [U01, S02], b: }\n")
	f.Add("digest: {daily: 8, weekly: mon}\nholidays: 2026-01-01\n")
	f.Fuzz(func(t *testing.T, source string) {
		s, r, _ := readSettings([]byte(source))
		if s.Timezone == nil {
			t.Error("there is no time zone")
		}
		for _, p := range r.problems {
			if p.Line < 1 || p.Column < 1 || p.Message == "" {
				t.Errorf("a problem is nowhere: %+v", p)
			}
		}
	})
}

func FuzzSpan(f *testing.F) {
	for _, s := range []string{"2h", "1h30m", "6mo", "0s", "-1d", "９h", "1y2mo3w4d5h6m7s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSpan(text)
		if err != nil {
			return
		}
		if s.IsZero() || s.Words() == "" || s.Clock < 0 || s.Days < 0 || s.Months < 0 {
			t.Errorf("ParseSpan(%q) = %+v, %q", text, s, s.Words())
		}
	})
}
