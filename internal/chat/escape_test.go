package chat

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	for name, tc := range map[string]struct{ in, block, inline string }{
		"plain words stay":              {"Ann Lee", "Ann Lee", "Ann Lee"},
		"three characters are entities": {"R&D <b>", "R&amp;D &lt;b&gt;", "R&amp;D &lt;b&gt;"},
		"the channel is not called":     {"<!channel> <@U1> @here", "&lt;!channel&gt; &lt;@U1&gt; @here", "&lt;!channel&gt; &lt;@U1&gt; @here"},
		"lines stay, or fold":           {" a\r\n\tb\n", " a\n\tb\n", "a b"},
		"controls go":                   {"a\x00b\x1b\u0085c", "abc", "ab c"},
		"right-to-left text stays":      {"שלום\u202e x\u2066", "שלום x", "שלום x"},
		"broken characters go":          {"a\xffb", "ab", "ab"},
		"a snake keeps its shape":       {"my_snake_case 2 * 3", "my_snake_case 2 * 3", "my_snake_case 2 * 3"},
		"formatting is for blocks":      {"*bold* _it_ ~no~", "*bold* _it_ ~no~", "*\u200bbold\u200b* _\u200bit\u200b_ ~\u200bno\u200b~"},
		"a tail asterisk is held":       {"Acme*", "Acme*", "Acme\u200b*"},
		"code is for blocks":            {"a `b`", "a `b`", "a ˋbˋ"},
		"emoji are for blocks":          {":tada: at 10:30:45", ":tada: at 10:30:45", ":\u200btada: at 10:30:45"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Escape(tc.in); got != tc.block {
				t.Errorf("Escape(%q) = %q, want %q", tc.in, got, tc.block)
			}
			if got := EscapeInline(tc.in); got != tc.inline {
				t.Errorf("EscapeInline(%q) = %q, want %q", tc.in, got, tc.inline)
			}
		})
	}
}

func TestCleanDropsWhatNobodySees(t *testing.T) {
	for in, want := range map[string]string{"a <b> & *c*\n\td": "a <b> & *c*\n\td", "a\x00b\x1b[31m\u0085": "ab[31m", "exe\u202egnp\u2066": "exegnp", "a\xffb": "ab", "👩\u200d👧 שלום": "👩\u200d👧 שלום"} {
		if got := Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnescape(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain words stay":                 {"too expensive", "too expensive"},
		"entities become characters":       {"R&amp;D &lt;5 &gt;3 &amp;lt; &copy;", "R&D <5 >3 &lt; &copy;"},
		"a person is a name":               {"ask <@U1|dana> or <@U2>", "ask @dana or @U2"},
		"a channel is a name":              {"<#C1|sales> <#C2|> <#C3>", "#sales #C2 #C3"},
		"a link is its words":              {"<https://x.io|x &amp; y> <https://x.io/?a&amp;b>", "x & y https://x.io/?a&b"},
		"a mail address is bare":           {"<mailto:a@x.io|a@x.io> <mailto:b@x.io>", "a@x.io b@x.io"},
		"a group is a name":                {"<!subteam^S1|@sdr> <!subteam^S2> <!here> <!channel|channel>", "@sdr @S2 @here @channel"},
		"a date is its words":              {"<!date^1^{date}^https://x|1 Jan &amp; on>", "1 Jan & on"},
		"an angle that closes not remains": {"a < b <@U1", "a < b <@U1"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Unescape(tc.in); got != tc.want {
				t.Errorf("Unescape(%q) = %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a&b<c>d", "<!channel>\u202e\x00\xff", "*a* _b_ :tada: `x`", "&amp;lt;<@U1|x>", "a\r\nb\u2028c", "00* *0**000", " >"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		kept := strings.Map(func(r rune) rune {
			if dropped(r) {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, ""))
		got := Escape(s)
		if back := Unescape(got); back != kept {
			t.Fatalf("Unescape(Escape(%q)) = %q", s, back)
		}
		for name, out := range map[string]string{"Escape": got, "EscapeInline": EscapeInline(s)} {
			if strings.ContainsAny(out, "<>") || !utf8.ValidString(out) {
				t.Fatalf("%s(%q) = %q", name, s, out)
			}
		}
		line := EscapeInline(s)
		if strings.ContainsAny(line, "\n\r\t`") {
			t.Fatalf("EscapeInline(%q) = %q", s, line)
		}
		words := strings.NewReplacer(zwsp, "", grave, "`").Replace(Unescape(line))
		if want := strings.NewReplacer(zwsp, "", grave, "`").Replace(fold(s)); words != want {
			t.Fatalf("EscapeInline(%q) = %q loses words: %q, want %q", s, line, words, want)
		}
		if line != "" && !strings.Contains(s, zwsp) {
			// Among our own marks the words stay as they are, and the marks stay ours.
			if got := Plain("x *" + line + "* y"); got != "x "+strings.ReplaceAll(line, zwsp, "")+" y" {
				t.Fatalf("EscapeInline(%q) = %q breaks the bold around it: %q", s, line, got)
			}
		}
	})
}

var person = "Dana <@U1> & the *R&D* team\n" + strings.Repeat("said that it is my_snake_case too expensive. ", 20)

func BenchmarkEscape(b *testing.B) {
	b.SetBytes(int64(len(person)))
	b.ReportAllocs()
	for b.Loop() {
		Escape(person)
	}
}

func BenchmarkEscapeClean(b *testing.B) {
	s := strings.Repeat("nothing to do here. ", 50)
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Escape(s)
	}
}

func BenchmarkEscapeInline(b *testing.B) {
	b.SetBytes(int64(len(person)))
	b.ReportAllocs()
	for b.Loop() {
		EscapeInline(person)
	}
}
