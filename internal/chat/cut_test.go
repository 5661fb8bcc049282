package chat

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	w := func(n int) string { return strings.TrimSpace(strings.Repeat("word ", n)) }
	for name, tc := range map[string]struct {
		in         string
		max        int
		head, rest string
	}{
		"what fits is whole":                   {"abc", 3, "abc", ""},
		"paragraphs part first":                {w(10) + "\n\n" + w(3) + "\n" + w(10), 80, w(10), w(3) + "\n" + w(10)},
		"then lines, keeping their indent":     {w(10) + "\n    ◦ " + w(10), 80, w(10), "    ◦ " + w(10)},
		"then sentences":                       {"One two three. Four five six.", 20, "One two three.", "Four five six."},
		"then words":                           {"one two three four", 9, "one two", "three four"},
		"then anywhere":                        {"abcdefgh", 3, "abc", "defgh"},
		"an early paragraph does not starve":   {"Hi\n\n" + w(20), 80, "Hi\n\n" + w(15), w(5)},
		"an entity is whole":                   {"abcdef&amp;gh", 8, "abcdef", "&amp;gh"},
		"a token is whole":                     {"see <https://x.io|two words> ok", 20, "see", "<https://x.io|two words> ok"},
		"a placeholder is whole":               {"Hi {{first name}} there", 12, "Hi", "{{first name}} there"},
		"a family is whole":                    {"ab👨‍👩‍👧cd", 5, "ab", "👨‍👩‍👧cd"},
		"an accent stays on its letter":        {"ae\u0301e\u0301", 4, "ae\u0301", "e\u0301"},
		"emoji count twice":                    {"😀😀😀", 4, "😀😀", "😀"},
		"a fence closes and opens again":       {"```\n" + w(8) + "\n" + w(8) + "\n```\nend", 64, "```\n" + w(8) + "\n```", "```\n" + w(8) + "\n```\nend"},
		"code keeps its indent":                {"```\n" + w(8) + "\n    " + w(8) + "\n```", 64, "```\n" + w(8) + "\n```", "```\n    " + w(8) + "\n```"},
		"a fence is not opened for nothing":    {"```\n" + w(10) + "\n```\n\n" + w(10), 64, "```\n" + w(10) + "\n```", w(10)},
		"a quote goes on":                      {"> " + w(20), 64, "> " + w(12), "> " + w(8)},
		"a quote's lines have their own signs": {"> " + w(10) + "\n> " + w(10), 64, "> " + w(10), "> " + w(10)},
		"code in a quote":                      {"> ```\n> " + w(8) + "\n> " + w(8) + "\n> ```", 64, "> ```\n> " + w(8) + "\n> ```", "> ```\n> " + w(8) + "\n> ```"},
		"no room at all":                       {"abc", 0, "", "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			head, rest := Cut(tc.in, tc.max)
			if diff := cmp.Diff([]string{tc.head, tc.rest}, []string{head, rest}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	for name, tc := range map[string]struct {
		in   string
		max  int
		want string
	}{
		"what fits is whole":            {"Next", 4, "Next"},
		"words stay whole":              {"Book a discovery call", 17, "Book a discovery…"},
		"no comma before the dots":      {"Yes, we can do it", 6, "Yes…"},
		"a long word breaks":            {"Supercalifragilistic", 10, "Supercali…"},
		"a placeholder is whole":        {"Hi {{first_name}}", 10, "Hi…"},
		"emoji are whole":               {"👨‍👩‍👧👨‍👩‍👧", 10, "👨‍👩‍👧…"},
		"no room is nothing":            {"abc", 0, ""},
		"one character is three dots":   {"abc", 1, "…"},
		"a boundary is seen at the end": {"abcd efgh", 5, "abcd…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Shorten(tc.in, tc.max); got != tc.want {
				t.Errorf("Shorten(%q, %d) = %q, want %q", tc.in, tc.max, got, tc.want)
			}
		})
	}
}

func TestPlain(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain words stay":            {"Ann said so.", "Ann said so."},
		"marks go":                    {"*bold* _it_ ~no~ *_both_* `code`", "bold it no both code"},
		"literal marks stay":          {"2 * 3 * 4, snake_case_word, *open", "2 * 3 * 4, snake_case_word, *open"},
		"a held mark stays":           {"*\u200bword*", "*word*"},
		"marks in code stay":          {"`*a*` and ```\n*b*\n```", "*a* and \n*b*"},
		"fences go":                   {"a\n```\nb\n```\nc", "a\nb\nc"},
		"quote signs go":              {"> a\n> b", "a\nb"},
		"rules go":                    {"a\n\n────\n\nb", "a\n\nb"},
		"a link is its words":         {"<https://x.io?a&amp;b|the *x* page> <https://x.io>", "the *x* page https://x.io"},
		"people and channels stay":    {"<@U1> <@U2|dana> <#C1|sales>", "<@U1> <@U2> <#C1>"},
		"nobody is called":            {"<!here> <!subteam^S1|@sdr>", "@here @sdr"},
		"a date is its words":         {"<!date^1^{date}|1 Jan>", "1 Jan"},
		"it is still escaped":         {"R&amp;D &lt;!channel&gt;", "R&amp;D &lt;!channel&gt;"},
		"a placeholder is verbatim":   {"{{*x*}} `{{_y_}}`", "{{*x*}} {{_y_}}"},
		"a bold link loses its marks": {"*<https://x.io|t>*", "t"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Plain(tc.in); got != tc.want {
				t.Errorf("Plain(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

// bare are the words of mrkdwn without what Cut adds.
func bare(s string) string {
	s = strings.ReplaceAll(s, fence, "")
	s = strings.ReplaceAll(s, "&gt;", "")
	return strings.Map(func(r rune) rune {
		if r == '>' || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// atoms are the entities, tokens and placeholders of s.
func atoms(s string) (out []string) {
	for s != "" {
		n := atomLen(s)
		if s[0] == '{' && n > 1 || s[0] == '&' && n > 1 && s[:n] != "&gt;" || s[0] == '<' && n > 1 {
			out = append(out, s[:n])
		}
		s = s[n:]
	}
	return out
}

func FuzzCut(f *testing.F) {
	for _, max := range []int{3, 20, 64, 100, 150} {
		f.Add("Hi {{first_name}}, R&amp;D says <https://x.io|a b> 👨‍👩‍👧. Fine? Yes!\n\n> q q q\n> ```\n> c\n> ```\n", max)
		f.Add("```\n"+strings.Repeat("code ", 40)+"\n\n\n    x\n```\n• a\n    ◦ b", max)
		f.Add(strings.Repeat("> > >", 50)+strings.Repeat("```", 30), max)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		if !utf8.ValidString(s) || max > 10_000 {
			return
		}
		head, rest := Cut(s, max)
		if max >= 0 && length(head) > max {
			t.Fatalf("Cut(%q, %d): head of %d: %q", s, max, length(head), head)
		}
		if got := bare(head) + bare(rest); strings.ReplaceAll(got, "`", "") != strings.ReplaceAll(bare(s), "`", "") {
			t.Fatalf("Cut(%q, %d) loses words: %q | %q", s, max, head, rest)
		}
		if max < 2 {
			return
		}
		chunks := Chunks(s, max)
		for _, c := range chunks {
			if length(c) > max || trimBlank(c) == "" {
				t.Fatalf("Chunks(%q, %d): piece of %d: %q", s, max, length(c), c)
			}
		}
		if max >= roomy && !strings.Contains(s, "`") {
			var got []string
			for _, c := range chunks {
				got = append(got, atoms(c)...)
			}
			want := atoms(s)
			for _, a := range want {
				if length(a) > max-2*len("&gt; ```\n") {
					return
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("Chunks(%q, %d) parts what is whole: %q, want %q", s, max, got, want)
			}
		}
		// A fence inside a <…> token is no fence.
		if max >= roomy && strings.Count(s, fence)%2 == 0 && !strings.Contains(s, "<") {
			for _, c := range chunks {
				if strings.Count(c, fence)%2 != 0 {
					t.Fatalf("Chunks(%q, %d) leaves a fence open: %q", s, max, c)
				}
			}
		}
		if got := Shorten(s, max); length(got) > max {
			t.Fatalf("Shorten(%q, %d) = %q", s, max, got)
		}
		Plain(s)
	})
}

func page(b *testing.B) string {
	md, err := os.ReadFile("testdata/mrkdwn/page.md")
	if err != nil {
		b.Fatal(err)
	}
	return strings.Repeat(Mrkdwn(string(md), demoLinks)+"\n\n", 4)
}

func BenchmarkCut(b *testing.B) {
	s := page(b)
	b.SetBytes(maxSection)
	b.ReportAllocs()
	for b.Loop() {
		Cut(s, maxSection)
	}
}

func BenchmarkPlain(b *testing.B) {
	s := page(b)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Plain(s)
	}
}

func BenchmarkShorten(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Shorten(person, 150)
	}
}
