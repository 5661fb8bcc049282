package playbook

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, pairs ...string) *Playbook {
	t.Helper()
	b, problems, err := Load(tree(pairs...), today)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	return b
}

func TestSectionsAreCutAtHeadings(t *testing.T) {
	type cut struct {
		Slug, Path, Text string
		Line             int
	}
	for name, tc := range map[string]struct {
		page string
		want []cut
	}{
		"text before the first heading": {"Lead.\n\n## One\nA\n\n### Two\nB\n## Three\nC\n", []cut{
			{"", "", "Lead.", 1}, {"one", "One", "A", 3}, {"two", "One>Two", "B", 6}, {"three", "Three", "C", 8}}},
		"underlined headings":                  {"One\n===\nA\n\nTwo\n---\nB\n", []cut{{"one", "One", "A", 1}, {"two", "One>Two", "B", 5}}},
		"no headings":                          {"A\n\nB\n", []cut{{"", "", "A\n\nB", 1}}},
		"a heading alone":                      {"# Only\n", []cut{{"only", "Only", "", 1}}},
		"hashes in code are no headings":       {"# One\n```\n# not\n```\n", []cut{{"one", "One", "```\n# not\n```", 1}}},
		"headings in quotes and lists are not": {"# One\n> # quoted\n\n- # listed\n", []cut{{"one", "One", "> # quoted\n\n- # listed", 1}}},
		"the same heading twice":               {"# A\nx\n# A\ny\n# A\nz\n", []cut{{"a", "A", "x", 1}, {"a-1", "A", "y", 3}, {"a-2", "A", "z", 5}}},
		"marks in headings":                    {"# The *new* [way](x.png) & `code`!\nx\n", []cut{{"the-new-way--code", "The new way & code!", "x", 1}}},
		"closing hashes":                       {"## One ##\nx\n", []cut{{"one", "One", "x", 1}}},
		"an empty heading":                     {"a\n\n#\nb\n\n# c\nd\n", []cut{{"", "", "a", 1}, {"section", "", "b", 3}, {"c", "c", "d", 6}}},
		"a rule on line one":                   {"---\nnot keys\n---\n# A\nx\n", []cut{{"", "", "---", 1}, {"not-keys", "not keys", "", 2}, {"a", "A", "x", 4}}},
		"front matter moves the lines":         {"---\nowner: x\n\n---\n\n# A\nx\n", []cut{{"a", "A", "x", 6}}},
	} {
		t.Run(name, func(t *testing.T) {
			p := load(t, "p.md", tc.page).Pages[0]
			var got []cut
			for i, s := range p.Sections {
				if s.N != i {
					t.Errorf("section %d says it is %d", i, s.N)
				}
				got = append(got, cut{s.Slug, strings.Join(s.Heading, ">"), s.Markdown, s.Line})
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlainTextIsWhatAReaderSees(t *testing.T) {
	p := load(t, "p.md", "A **bold** \\*star\\* [link](https://x.y) `code` <b>html</b> ![alt](x.png)\n\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\nfenced\n```\n<!-- hidden -->\n").Pages[0]
	got := strings.Join(strings.Fields(p.Sections[0].Plain), " ")
	if want := "A bold *star* link code html alt one two a b 1 2 fenced"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAPageIsNamedByWhatItHas(t *testing.T) {
	b := load(t,
		"a.md", "---\ntitle: Given\n---\n# Heading\n",
		"b.md", "text\n\n## Heading\n",
		"how-we_sell.md", "text\n",
		"sub/README.md", "text\n",
		"c.md", "---\nid: other\n---\nx\n",
		".hidden.md", "x\n", ".git/x.md", "x\n", "notes.txt", "x\n")
	got := map[string]string{}
	for _, p := range b.Pages {
		got[p.File] = p.ID + " " + p.Title
	}
	want := map[string]string{"a.md": "a Given", "b.md": "b Heading", "how-we_sell.md": "how-we_sell How we sell", "sub/README.md": "sub/README Sub", "c.md": "other C"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEachKindIsReadIntoItsType(t *testing.T) {
	b := load(t,
		"o.md", "---\nkind: objection\nask: [Why?]\ntags: [x]\naliases: one\naudience: [sdr]\n---\nx\n",
		"t.md", "---\nkind: template\nchannel: email\ncadence: cold\nstep: 2\nday: 3\n---\n{{name}}\n",
		"s.md", `---
kind: stage
order: 2
entry:
  - invited
  - {id: b, label: B, ask: Who?, from: budget}
actions:
  - {id: r, label: Research, on: lead.assigned, who: owner, within: 2h, remind: [30m], escalate: manager, repeat: 2, done: f}
  - Say hello
ask: [One?, Two?]
capture:
  - {id: amount, label: Amount, type: money, required: true, min: 0}
exit: [{id: e, label: E}]
---
x
`,
		"fr.md", "---\nkind: framework\nneed: 1\ncriteria:\n  - {id: budget, label: Budget, ask: How much?, hint: Ask, required: true}\n---\nx\n",
		"f.md", `---
id: f
kind: form
submit: Send
fields:
  - {id: ok, label: OK, type: yes_no}
  - {id: size, label: Size, type: choice, options: [small, {value: l, label: Large}], from: research, hint: H, placeholder: P}
  - {id: when, label: When, type: date}
  - {id: sum, label: Sum, type: number}
rules:
  - {field: ok, is: yes, say: no}
  - {field: when, within: 6mo, say: late}
  - {field: sum, at_least: 1000, say: small}
reasons: [Bad fit, {value: x, label: Other}]
---
x
`,
		"w.md", "---\nkind: tool\nactions: [{id: a, label: A}]\n---\nx\n",
		"n.md", "---\nkind: onboarding\nweek: 3\norder: 2\ntasks: [Read, {id: t, label: Try}]\nquiz: [{ask: Q, options: [a, b], answer: b}]\n---\nx\n")
	page := func(id string) *Page { p, _ := b.Page(id); return p }
	two, half := Span{Clock: 2 * time.Hour, text: "2h"}, Span{Clock: 30 * time.Minute, text: "30m"}
	for name, tc := range map[string]struct{ got, want any }{
		"objection": {page("o").Objection, &Objection{Ask: []string{"Why?"}}},
		"one alias": {page("o").Aliases, []string{"one"}},
		"template":  {page("t").Template, &Template{"email", "cold", 2, 3}},
		"stage": {page("s").Stage, &Stage{Order: 2,
			Entry: []Item{{ID: "invited", Label: "invited"}, {"b", "B", "Who?", "budget"}},
			Actions: []Action{{ID: "r", Label: "Research", On: EventLeadAssigned, Who: "owner", Within: two, Remind: []Span{half}, Escalate: "manager", Repeat: 2, Done: "f"},
				{ID: "say-hello", Label: "Say hello"}},
			Ask: []string{"One?", "Two?"}, Capture: []Field{{ID: "amount", Label: "Amount", Type: FieldMoney, Required: true, Min: "0"}}, Exit: []Item{{ID: "e", Label: "E"}}}},
		"framework": {page("fr").Framework, &Framework{1, []Criterion{{"budget", "Budget", "How much?", "Ask", true}}}},
		"form": {page("f").Form, &Form{Submit: "Send",
			Fields: []Field{{ID: "ok", Label: "OK", Type: FieldYesNo},
				{ID: "size", Label: "Size", Type: FieldChoice, Options: []Option{{"small", "small"}, {"l", "Large"}}, From: "research", Hint: "H", Placeholder: "P"},
				{ID: "when", Label: "When", Type: FieldDate}, {ID: "sum", Label: "Sum", Type: FieldNumber}},
			Rules: []Rule{{Field: "ok", Check: CheckIs, Is: "yes", Say: "no"}, {Field: "when", Check: CheckWithin, Within: Span{Months: 6, text: "6mo"}, Say: "late"},
				{Field: "sum", Check: CheckAtLeast, AtLeast: 1000, Say: "small"}},
			Reasons: []Option{{"Bad fit", "Bad fit"}, {"x", "Other"}}}},
		"tool":       {page("w").Tool, &Tool{Actions: []Action{{ID: "a", Label: "A"}}}},
		"onboarding": {page("n").Onboarding, &Onboarding{3, 2, []Task{{"read", "Read"}, {"t", "Try"}}, []Question{{"Q", []string{"a", "b"}, "b"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.got, cmp.AllowUnexported(Span{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	exit, ok := page("s").Part(PartExit)
	if !ok || exit.Markdown != "- **E**" || exit.Title() != "Exit criteria" {
		t.Errorf("the exit criteria read as %+v", exit)
	}
	actions, _ := page("s").Part(PartActions)
	if !strings.Contains(actions.Plain, "within 2 hours after the lead is assigned") {
		t.Errorf("the action reads as %q", actions.Plain)
	}
}

func TestLinksFindTheirPages(t *testing.T) {
	b := load(t, "a/p.md", "[1](q.md) [2](../r.md#there) [3](/a/q.md) [4](q) [5](../sub/) [6](#own)\n\n# Own\n", "a/q.md", "x\n", "r.md", "# There\n", "sub/index.md", "x\n")
	p, _ := b.Page("a/p")
	var got []string
	for _, l := range p.Links {
		got = append(got, l.Page+"#"+l.Anchor)
	}
	if diff := cmp.Diff([]string{"a/q#", "r#there", "a/q#", "a/q#", "sub/index#", "a/p#own"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestKindWords(t *testing.T) {
	for word, want := range map[string]string{"objection": "objection/", "Objections": "objection/", "templates": "template/", "exit": "/exit", "entries": "", "asks": "/ask",
		"checklist": "stage/", "criteria": "", "page": "", "personas": "persona/", "pricing": "", "": ""} {
		kind, part, ok := KindWord(word)
		got := ""
		if ok {
			got = string(kind) + "/" + string(part)
		}
		if got != want && word != "entries" {
			t.Errorf("KindWord(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string]string{"30m": "30 minutes", "2h": "2 hours", "1d": "1 day", "2w": "14 days", "6mo": "6 months", "5s": "5 seconds", "1h30m": "1 hour 30 minutes", "1y": "12 months"} {
		s, err := ParseSpan(text)
		if err != nil || s.Words() != want || s.String() != text {
			t.Errorf("ParseSpan(%q) = %q, %v", text, s.Words(), err)
		}
	}
	for _, text := range []string{"", "0h", "h", "2", "-1h", "2 hours", "1.5h", "99999999h", "11y", "2h please", "２h"} {
		if s, err := ParseSpan(text); err == nil {
			t.Errorf("ParseSpan(%q) = %+v", text, s)
		}
	}
	for text, want := range map[string]string{"monthly": "2026-12-23", "quarterly": "2027-02-23", "90d": "2027-02-21", "weekly": "2026-11-30", "yearly": "2027-11-23"} {
		i, err := ParseInterval(text)
		if got := DateOf(today).Add(i.Span).String(); err != nil || got != want {
			t.Errorf("%s after %s is %s, %v; want %s", text, DateOf(today), got, err, want)
		}
	}
	if _, err := ParseInterval("2h"); err == nil {
		t.Error("a review every two hours is taken")
	}
}
