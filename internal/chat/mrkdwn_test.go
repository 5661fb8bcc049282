package chat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// The pages of testdata/mrkdwn as Slack gets them: GOLDEN=update go test, then
// read the diff; the .txt files paste into Block Kit Builder.
func TestPagesComeOutAsPinned(t *testing.T) {
	pages, err := filepath.Glob("testdata/mrkdwn/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		t.Run(strings.TrimSuffix(filepath.Base(page), ".md"), func(t *testing.T) {
			md, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			got := Mrkdwn(string(md), demoLinks) + "\n"
			file := strings.TrimSuffix(page, ".md") + ".txt"
			if os.Getenv("GOLDEN") == "update" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
			if fault := unsafe(got); fault != "" {
				t.Error(fault)
			}
		})
	}
}

func demoLinks(destination string) bool { return strings.HasSuffix(destination, ".md") }

func TestMrkdwn(t *testing.T) {
	for name, tc := range map[string]struct{ md, want string }{
		"nothing is nothing":                            {"", ""},
		"strong is bold":                                {"a **b** c", "a *b* c"},
		"one asterisk is italic":                        {"a *b* c", "a _b_ c"},
		"three asterisks are both":                      {"***b***", "*_b_*"},
		"italic nests in bold":                          {"**a _b_ c**", "*a _b_ c*"},
		"strikethrough has one tilde":                   {"~~x~~", "~x~"},
		"bold inside a word is dropped":                 {"un**believ**able", "unbelievable"},
		"bold among Chinese words keeps a border":       {"这是**重要**的", "这是\u200b*重要*\u200b的"},
		"bold before punctuation is at a border":        {"**Note**: x", "*Note*: x"},
		"neighbours of two styles are kept apart":       {"**a.**_\"b\"_", "*a.*\u200b_\"b\"_"},
		"a literal asterisk pair stays literal":         {`\*word\*`, "*\u200bword*"},
		"sums need no help":                             {"2 * 3 * 4 and 5*6", "2 * 3 * 4 and 5*6"},
		"snake case needs no help":                      {"my_snake_case", "my_snake_case"},
		"a lone asterisk is harmless":                   {"free\\*", "free*"},
		"an asterisk cannot end the bold around it":     {`**2\* x**`, "*2\u200b* x*"},
		"literal backticks make no code":                {"\\`x\\`", "ˋxˋ"},
		"a backtick cannot leave inline code":           {"``a`b``", "`aˋb`"},
		"inline code keeps its marks":                   {"`*a* <b> & c`", "`*a* &lt;b&gt; &amp; c`"},
		"code glued to a word is parted invisibly":      {"`Deal`s", "`Deal`\u200bs"},
		"a fence cannot be left":                        {"````\na ``` b\n````", "```\na `\u200b`\u200b` b\n```"},
		"the language of a fence is dropped":            {"```go\nx := 1\n```", "```\nx := 1\n```"},
		"an empty fence is nothing":                     {"a\n\n```\n```\n", "a"},
		"nobody is mentioned":                           {"<!channel> <@U1> <#C1>", "&lt;!channel&gt; &lt;@U1&gt; &lt;#C1&gt;"},
		"mentions in words are escaped":                 {`\<!channel>`, "&lt;!channel&gt;"},
		"entities are decoded, then escaped":            {"&lt;!here&gt; &amp;amp; &copy; &#42;x&#42; &nope;", "&lt;!here&gt; &amp;amp; © *\u200bx* &amp;nope;"},
		"a link has its words":                          {"[t](https://x.io/a?b=1&c=2)", "<https://x.io/a?b=1&amp;c=2|t>"},
		"a link cannot be left":                         {"[a|b>c](https://x.io/a|b%3E>)", "<https://x.io/a%7Cb%3E%3E|a¦b&gt;c>"},
		"a bold link is bold":                           {"**[t](https://x.io)** and [**u**](https://x.io)", "*<https://x.io|t>* and *<https://x.io|u>*"},
		"a script is no link":                           {"[t](javascript:alert(1)) [u](data:x)", "t u"},
		"mail and telephone are links":                  {"[t](mailto:a@x.io) [u](tel:+1555)", "<mailto:a@x.io|t> <tel:+1555|u>"},
		"a bare address is a link":                      {"see https://x.io/a_b_c.", "see <https://x.io/a_b_c>."},
		"a bare mail address is one too":                {"a@x.io", "<mailto:a@x.io|a@x.io>"},
		"an address in angles":                          {"<https://x.io>", "<https://x.io>"},
		"a link to a page asks":                         {"see [x](pricing.md)", "see _x_"},
		"an unknown page is its words":                  {"see [x *y*](nowhere)", "see x _y_"},
		"a reference is a link":                         {"[t][r]\n\n[r]: https://x.io \"title\"", "<https://x.io|t>"},
		"an image is its words":                         {"![a chart](x.png) ![](y.png)", "_a chart_"},
		"an image in a link is the link's words":        {"[![logo](x.png)](https://x.io)", "_<https://x.io|logo>_"},
		"tags go, words stay":                           {"a <b>c</b> <!-- d --> e<br>f", "a c  e\nf"},
		"a block of tags keeps its words":               {"<div class=\"x>y\">\n<p>a &amp; b</p>\n</div>", "a &amp; b"},
		"a comment goes wholly":                         {"a\n\n<!-- b\n\n<@U1> -->\n\nc", "a\n\nc"},
		"a script goes wholly":                          {"<script>\nalert(1)\n</script>\n\na", "a"},
		"a full line runs on":                           {strings.Repeat("word ", 14) + "\nnext", strings.Repeat("word ", 14) + "next"},
		"a short line was meant":                        {"Best,\nAnn", "Best,\nAnn"},
		"a hard break is a line":                        {strings.Repeat("word ", 14) + "a\\\nb", strings.Repeat("word ", 14) + "a\nb"},
		"bold over two lines is bold on both":           {"**a\\\nb**", "*a*\n*b*"},
		"a literal quote sign is no quote":              {`\> a`, "\u200b&gt; a"},
		"a quote marks every line":                      {"> a\n>\n> - b\n>   - c\n>\n> ```\n> d\n> ```", "> a\n>\n> • b\n>     ◦ c\n>\n> ```\n> d\n> ```"},
		"a quote in a quote is one quote":               {"> a\n> > b", "> a\n> b"},
		"tasks have boxes":                              {"- [ ] a\n- [x] b", "☐ a\n☑ b"},
		"numbers go on":                                 {"7. a\n8. b", "7. a\n8. b"},
		"a rule is a line":                              {"a\n\n---\n\nb", "a\n\n" + rule + "\n\nb"},
		"a placeholder is verbatim":                     {"Hi {{first_name}}, {{a_b_c}} {{x*y}} **{{name}}**", "Hi {{first_name}}, {{a_b_c}} {{x*y}} *{{name}}*"},
		"a placeholder that Slack would format is code": {"{{*x*}} {{_a_}}", "`{{*x*}}` `{{_a_}}`"},
		"a placeholder keeps its blanks and entities":   {"{{ a &amp; <b> }}", "{{ a &amp;amp; &lt;b&gt; }}"},
		"a placeholder in code stays":                   {"`{{a_b}}`\n\n```\n{{*x*}}\n```", "`{{a_b}}`\n\n```\n{{*x*}}\n```"},
		"a placeholder in an address stays":             {"[t](https://x.io/{{id}}) https://x.io/{{id}}/b {{u}} [v]({{w}})", "t (https://x.io/{{id}}) https://x.io/{{id}}/b {{u}} v ({{w}})"},
		"a placeholder may have a pipe in a table":      {"| a |\n|---|\n| {{b|c}} |", "```\na\n───────\n{{b|c}}\n```"},
		"bidi overrides and controls are dropped":       {"a\u202eb&#x202e;c\x07 שלום", "abc שלום"},
		"a heading does not double its bold":            {"# A **b** `c`", "*A b `c`*"},
		"a heading keeps to its text":                   {"# A\n\ntext\n\n## B\n\ntext", "*A*\ntext\n\n*B*\ntext"},
		"a wide table is a list":                        {"| Name | What it does for you |\n|---|---|\n| a | " + strings.Repeat("b", 40) + " |\n| c | |", "*Name:* a\n*What it does for you:* " + strings.Repeat("b", 40) + "\n\n*Name:* c"},
		"a table with links is a list":                  {"| a | b |\n|---|---|\n| 1 | [t](https://x.io) |", "*a:* 1\n*b:* <https://x.io|t>"},
		"code in a list stands at the margin":           {"- a\n\n  ```\n  b\n  ```\n- c", "• a\n\n```\nb\n```\n\n• c"},
		"a broken character goes":                       {"a\xffb", "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, Mrkdwn(tc.md, demoLinks)); diff != "" {
				t.Errorf("Mrkdwn(%q) (-want +got):\n%s", tc.md, diff)
			}
		})
	}
}

// unsafe says what in mrkdwn could do harm.
func unsafe(out string) string {
	if !utf8.ValidString(out) {
		return "not UTF-8"
	}
	for s := out; ; {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			break
		}
		s = s[i:]
		n := tokenLen(s)
		ours := false
		for _, scheme := range []string{"http://", "https://", "mailto:", "tel:"} {
			ours = ours || len(s) > len(scheme) && strings.EqualFold(s[1:1+len(scheme)], scheme)
		}
		if n == 0 || !ours {
			return "a < that opens no link of ours: " + s[:min(len(s), 60)]
		}
		s = s[n:]
	}
	for l := range strings.SplitSeq(out, "\n") {
		rest := strings.TrimPrefix(l, ">")
		for rest != "" {
			i := strings.IndexAny(rest, "<>")
			if i < 0 {
				break
			}
			if rest[i] == '>' {
				return "a > that closes nothing: " + l
			}
			rest = rest[i+tokenLen(rest[i:]):]
		}
	}
	if strings.Count(out, fence)%2 != 0 {
		return "an open fence"
	}
	for _, r := range out {
		if dropped(r) || isHidden(r) {
			return "a character that should be gone"
		}
	}
	return ""
}

func FuzzMrkdwn(f *testing.F) {
	pages, _ := filepath.Glob("testdata/mrkdwn/*.md")
	for _, page := range pages {
		md, _ := os.ReadFile(page)
		f.Add(string(md), "first_name")
	}
	f.Add("**a** *b* _c_ ~~d~~ `e` <!channel> <@U1|x> [t](<https://x.io/|>y>)", "*x*")
	f.Add("- a\n  > b\n  ```\n  c\n1. [x] d\n", " a|b ")
	f.Add("| a | b |\n|:-:|--:|\n| `c|d` | \\| |\n", ":tada:")
	f.Fuzz(func(t *testing.T, md, name string) {
		out := Mrkdwn(md, nil)
		if fault := unsafe(out); fault != "" {
			t.Fatalf("%s\nfrom %q\ngot  %q", fault, md, out)
		}
		for _, c := range Chunks(out, 200) {
			if length(c) > 200 {
				t.Fatalf("chunk of %d from %q: %q", length(c), md, c)
			}
		}
		Plain(out)
		p := "{{" + name + "}}"
		if placeholderLen(p) != len(p) || strings.ContainsFunc(p, isHidden) {
			return
		}
		for _, around := range []string{"Hi %s,\n\n" + md, "# %s\n" + md, "**Hi %s** a\n\n" + md, "- x_%s_\n", "> %s*\n", "| %s |\n|---|\n", "`%s`", "```\n%s\n```\n", "    %s", "[%s](https://x.io)", "[t](%s)", "![%s](y)"} {
			md := strings.Replace(around, "%s", p, 1)
			if out := Mrkdwn(md, nil); !strings.Contains(out, Escape(p)) {
				t.Fatalf("%s is not in the output of %q: %q", Escape(p), md, out)
			}
		}
	})
}

func BenchmarkMrkdwn(b *testing.B) {
	md, err := os.ReadFile("testdata/mrkdwn/page.md")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(md)))
	for b.Loop() {
		Mrkdwn(string(md), nil)
	}
}
