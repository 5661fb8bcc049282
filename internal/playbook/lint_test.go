package playbook

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var today = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// tree makes a file tree of "name", "text" pairs.
func tree(pairs ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		files[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return files
}

func lines(ps Problems) (out []string) {
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// Each case is a file p.md (or a tree), and everything lint says of it but
// the warnings of pages that nobody owns.
func TestLintNamesEachProblemWhereItIs(t *testing.T) {
	const stage = "---\nid: s\nkind: stage\norder: 1\nowner: x\nexit: [done]\n"
	const form = "---\nkind: form\nowner: x\nfields:\n  - {id: a, label: A, type: text}\n"
	const handoff = "---\nid: handoff\nkind: form\nowner: x\nfields:\n  - {id: lead, label: L, type: lead}\n  - {id: ae, label: A, type: user}\n"
	for name, tc := range map[string]struct {
		page string
		more []string
		want []string
	}{
		"a key that is not there names the nearest": {page: "---\nowner: x\nreviewd: 2026-11-01\n---\ntext\n",
			want: []string{`p.md:3:1: unknown key "reviewd" in front matter; did you mean "reviewed"?`}},
		"a kind that is not there names the nearest": {page: "---\nowner: x\nkind: objektion\n---\ntext\n",
			want: []string{`p.md:3:7: unknown kind "objektion"; did you mean "objection"?`}},
		"a key of another kind is unknown": {page: "---\nowner: x\nneed: 4\n---\ntext\n",
			want: []string{`p.md:3:1: unknown key "need" in front matter; known are id, kind, title, owner, review, reviewed, tags, aliases, audience`}},
		"a key written twice": {page: "---\nowner: x\nowner: y\n---\ntext\n",
			want: []string{`p.md:3:1: this is not valid YAML: mapping key "owner" already defined at [1:1]`}},
		"broken YAML": {page: "---\nowner: [x\n---\ntext\n",
			want: []string{`p.md:2:8: this is not valid YAML: sequence end token ']' not found`}},
		"a stage without exit criteria": {page: "---\nkind: stage\norder: 1\nowner: x\n---\ntext\n",
			want: []string{"p.md:2:1: a stage needs exit criteria, or no deal could ever be told to be done with it"}},
		"a stage without its place": {page: "---\nkind: stage\nowner: x\nexit: [done]\n---\ntext\n",
			want: []string{`p.md:2:1: a stage needs "order", its place in the sales cycle`}},
		"two stages at one place": {page: stage + "---\ntext\n", more: []string{"q.md", "---\nkind: stage\norder: 1\nowner: x\nexit: [done]\n---\ntext\n"},
			want: []string{"q.md:3:1: the order 1 is also that of p.md"}},
		"two pages with one id": {page: "---\nid: a\nowner: x\n---\ntext\n", more: []string{"q.md", "---\nowner: x\nid: a\n---\ntext\n"},
			want: []string{`q.md:3:1: the id "a" is also that of p.md`}},
		"an id with blanks": {page: "---\nid: a b\nowner: x\n---\ntext\n",
			want: []string{`p.md:2:5: id "a b" must be letters, digits, hyphens and slashes`}},
		"a link to a page that is not there": {page: "---\nowner: x\n---\nRead\n[this](gone.md), please.\n", more: []string{"sub/gone.md", "---\nowner: x\n---\ntext\n"},
			want: []string{`p.md:5:1: the link "gone.md" leads to a page that is not there; did you mean sub/gone.md?`}},
		"a link from imported prose is only a warning": {page: "Read [this](gone.md)\n",
			want: []string{`p.md:1:6: warning: the link "gone.md" leads to a page that is not there`}},
		"a link to a heading that is not there": {page: "---\nowner: x\n---\n[this](#nope)\n\n# Yes\n",
			want: []string{"p.md:4:1: warning: p.md has no heading #nope"}},
		"links elsewhere are left alone": {page: "---\nowner: x\n---\n[a](https://x.y/z.md) [b](mailto:a@b.c) [c](pic.png) ![d](gone.md)\n"},
		"a label that Slack would cut": {page: "---\nkind: stage\norder: 1\nowner: x\nexit:\n  - {id: a, label: " + strings.Repeat("x", 76) + "}\n---\ntext\n",
			want: []string{"p.md:6:13: label has 76 letters; Slack shows 75"}},
		"a button that Slack would cut": {page: form + "submit: " + strings.Repeat("x", 25) + "\n---\ntext\n",
			want: []string{"p.md:6:1: submit has 25 letters; Slack shows 24"}},
		"more options than Slack takes": {page: "---\nkind: form\nowner: x\nfields:\n  - id: a\n    label: A\n    type: choice\n    options: [" + manyOptions(101) + "]\n---\ntext\n",
			want: []string{"p.md:8:5: options has 101 options; Slack allows 100"}},
		"a choice without options": {page: "---\nkind: form\nowner: x\nfields:\n  - {id: a, label: A, type: choice}\n---\ntext\n",
			want: []string{`p.md:5:5: field "a" is a choice and needs "options"`}},
		"a field without type": {page: "---\nkind: form\nowner: x\nfields:\n  - {id: a, label: A}\n---\ntext\n",
			want: []string{`p.md:5:5: field "a" needs "type"`}},
		"a form without fields": {page: "---\nkind: form\nowner: x\n---\ntext\n",
			want: []string{`p.md:2:1: a form needs "fields"`}},
		"a pass mark above the criteria": {page: "---\nkind: framework\nowner: x\nneed: 3\ncriteria:\n  - {id: a, label: A}\n  - {id: b, label: B}\n---\ntext\n",
			want: []string{"p.md:4:1: need is 3, but there are only 2 criteria"}},
		"a framework without a pass mark": {page: "---\nkind: framework\nowner: x\ncriteria:\n  - {id: a, label: A}\n---\ntext\n",
			want: []string{`p.md:2:1: a framework needs "need", how many criteria make a pass`}},
		"an event that is not there": {page: stage + "actions:\n  - {id: a, label: A, on: lead.assinged, within: 2h}\n---\ntext\n",
			want: []string{`p.md:8:27: unknown on "lead.assinged"; did you mean "lead.assigned"?`}},
		"an impossible duration": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2 hours please}\n---\ntext\n",
			want: []string{`p.md:8:46: within: "2 hours please" is not a length of time; write it like 30m, 2h, 1d, 2w or 6mo`}},
		"a reminder before the start": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2h, remind: [3h]}\n---\ntext\n",
			want: []string{"p.md:8:59: remind: 3h before the deadline would be before the clock starts, or just then, for it runs for 2h; name less"}},
		"a reminder at the start, in days": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 1d, remind: [2d]}\n---\ntext\n",
			want: []string{"p.md:8:59: remind: 2d before the deadline would be before the clock starts, or just then, for it runs for 1d; name less"}},
		"a reminder a working day before what is due in hours": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 4h, remind: [1d]}\n---\ntext\n",
			want: []string{`p.md:8:5: action "a": a reminder 1d before the deadline would be before the clock starts, or just then, for it runs for 4h and a working day has 8 hours 30 minutes; name less`}},
		"a reminder that the day has room for": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 1d, remind: [12h]}\n---\ntext\n", more: []string{"playbook.yaml", "hours: {from: \"00:00\", to: \"24:00\"}\n"}},
		"a flood of reminders": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2h, repeat: 21}\n---\ntext\n",
			want: []string{"p.md:8:50: repeat: 21 reminders are more than anybody reads; at most 20"}},
		"escalated to nobody is a warning": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2h, escalate: boss}\n---\ntext\n", more: []string{"playbook.yaml", "roles: {manager: [U0DANA]}\n"},
			want: []string{`p.md:8:5: warning: action "a" is escalated to "boss", but playbook.yaml names nobody for that role: nobody would be told`}},
		"a reminder after the deadline": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2h, remind: [-30m]}\n---\ntext\n",
			want: []string{`p.md:8:59: remind: "-30m" is not a length of time; write it like 30m, 2h, 1d, 2w or 6mo`}},
		"a week of nobody": {page: stage + "actions:\n  - {id: a, label: A, on: week.started, within: 4d}\n---\ntext\n",
			want: []string{`p.md:8:5: an action on week.started needs "who": the roles whose people do it each week`}},
		"a week of a role twice": {page: stage + "actions:\n  - {id: a, label: A, on: week.started, who: [ae, sdr, ae], within: 4d}\n---\ntext\n",
			want: []string{`p.md:8:41: who: the role "ae" is named twice`}},
		"a week of a role that nobody has": {page: stage + "actions:\n  - {id: a, label: A, on: week.started, who: [ae, managr], within: 4d}\n---\ntext\n", more: []string{"playbook.yaml", "roles: {manager: [U0DANA], ae: [S0AE]}\n"},
			want: []string{`p.md:8:5: warning: action "a" is for "managr" to do each week, but playbook.yaml names nobody for that role, so nobody is asked; did you mean "manager"?`}},
		"a week that is too short": {page: stage + "actions:\n  - {id: a, label: A, on: week.started, who: ae, within: 1w}\n---\ntext\n",
			want: []string{`p.md:8:5: warning: action "a": 7 days are more than a week of work has, so it is due when the week ends`}},
		"a week's whole time": {page: stage + "actions:\n  - {id: a, label: A, on: week.started, who: ae, within: 5d, remind: [2d]}\n---\ntext\n"},
		"a lead has no roles": {page: stage + "actions:\n  - {id: a, label: A, on: lead.assigned, who: manager, within: 2h}\n---\ntext\n",
			want: []string{`p.md:8:47: unknown who "manager"; known are owner, ae, sdr`}},
		"a clock without an event": {page: stage + "actions:\n  - {id: a, label: A, within: 2h}\n---\ntext\n",
			want: []string{`p.md:8:5: a timed action needs "on", the event that starts its clock`}},
		"an action done by a form that is not there": {page: stage + "actions:\n  - {id: a, label: A, on: call.held, within: 2h, done: report}\n---\ntext\n",
			want: []string{`p.md:8:5: action "a" is done by "report", which is neither "button" nor a form of this playbook`}},
		"a rule for a field that is not there": {page: form + "rules:\n  - {field: b, not_empty: true, say: no}\n---\ntext\n",
			want: []string{`p.md:7:13: there is no field "b"; did you mean "a"?`}},
		"a rule without a check": {page: form + "rules:\n  - {field: a, say: no}\n---\ntext\n",
			want: []string{"p.md:7:5: a rule needs one of is, not_empty, within, at_least"}},
		"a time limit on a text": {page: form + "rules:\n  - {field: a, within: 6mo, say: no}\n---\ntext\n",
			want: []string{`p.md:7:16: within is for dates; field "a" is a text`}},
		"declines of another form": {page: form + "declines: {again: 1}\n---\ntext\n",
			want: []string{`p.md:6:1: only the form handoff has "declines": nothing else is handed off`}},
		"declines that are no number": {page: handoff + "declines: {again: often}\n---\ntext\n", want: []string{"p.md:8:19: again must be a whole number, written like 2"}},
		"declines below none":         {page: handoff + "declines: {again: -1}\n---\ntext\n", want: []string{"p.md:8:19: again must be a whole number, written like 2"}},
		"declines without end":        {page: handoff + "declines: {again: 21}\n---\ntext\n", want: []string{"p.md:8:12: again: a lead that was declined 21 times is none; at most 20"}},
		"declines up to nobody":       {page: handoff + "declines: {then: \"\"}\n---\ntext\n", want: []string{`p.md:8:12: declines needs "then"`}},
		"declines with another key":   {page: handoff + "declines: {agian: 1}\n---\ntext\n", want: []string{`p.md:8:12: unknown key "agian" in declines; did you mean "again"?`}},
		"declines as a number":        {page: handoff + "declines: 1\n---\ntext\n", want: []string{"p.md:8:11: declines must be written as `key: value` lines"}},
		"declines up to a role that nobody has": {page: handoff + "declines: {again: 2, then: boss}\n---\ntext\n", more: []string{"playbook.yaml", "roles: {manager: [U0DANA]}\n"},
			want: []string{`p.md:8:1: warning: declines: playbook.yaml names nobody for the role "boss", so everyone who hands leads off may go on doing so`}},
		"declines as they may be": {page: handoff + "declines: {again: 0, then: manager}\n---\ntext\n", more: []string{"playbook.yaml", "roles: {manager: [U0DANA]}\n"}},
		"a handoff form without its fields": {page: strings.Replace(form, "kind", "id: handoff\nkind", 1) + "---\ntext\n",
			want: []string{`p.md:5:1: the form handoff needs the field "ae" of type user`, `p.md:5:1: the form handoff needs the field "lead" of type lead`}},
		"an answer that is no option": {page: "---\nkind: onboarding\nweek: 1\nowner: x\nquiz:\n  - {ask: Why?, options: [a, b], answer: c}\n---\ntext\n",
			want: []string{`p.md:6:34: the answer "c" is not one of the options`}},
		"something confirmed from nowhere is a warning": {page: "---\nkind: stage\norder: 1\nowner: x\nexit:\n  - {id: a, label: A, from: budget}\n---\ntext\n",
			want: []string{`p.md:5:1: warning: exit "a" is confirmed from "budget", but no framework, form or stage has such a criterion or field`}},
		"a page without owner":      {page: "---\ntitle: T\n---\ntext\n", want: []string{"p.md:1:1: warning: no owner: nobody is asked when this page needs a review"}},
		"a review that is overdue":  {page: "---\nowner: x\nreview: monthly\nreviewed: 2026-10-01\n---\ntext\n", want: []string{"p.md:4:1: warning: the review is overdue: last on 2026-10-01, due on 2026-11-01"}},
		"a review that is not due":  {page: "---\nowner: x\nreview: 90d\nreviewed: 2026-10-01\n---\ntext\n"},
		"a page that is too long":   {page: "---\nowner: x\n---\n" + strings.Repeat("word ", 221) + "\n", want: []string{"p.md:4:1: warning: 221 words: more than is read on a phone in a minute (about 220); split the page"}},
		"an empty page":             {page: "---\nowner: x\n---\n", want: []string{"p.md:4:1: warning: the page is empty"}},
		"a file that is not UTF-8":  {page: "---\nowner: x\n---\ncaf\xe9\n", want: []string{"p.md:1:1: warning: the file is not UTF-8; letters that could not be read are shown as \uFFFD"}},
		"Windows line ends and BOM": {page: "\ufeff---\r\nowner: x\r\nkindd: page\r\n---\r\ntext\r\n", want: []string{`p.md:3:1: unknown key "kindd" in front matter; did you mean "kind"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, err := Load(tree(append([]string{"p.md", tc.page}, tc.more...)...), today)
			if err != nil {
				t.Fatal(err)
			}
			got := lines(problems)
			if !strings.Contains(strings.Join(tc.want, ""), "no owner") {
				kept := got[:0]
				for _, l := range got {
					if !strings.Contains(l, "no owner") {
						kept = append(kept, l)
					}
				}
				got = kept
			}
			if diff := cmp.Diff(strings.Join(tc.want, "\n"), strings.Join(got, "\n")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func manyOptions(n int) string {
	var out []string
	for i := range n {
		out = append(out, strings.Repeat("o", 1+i/26)+string(rune('a'+i%26)))
	}
	return strings.Join(out, ", ")
}

func TestLintReadsTheSettings(t *testing.T) {
	for name, tc := range map[string]struct{ settings, want string }{
		"hours that end before they start": {"hours: {from: \"18:00\", to: \"09:00\"}\n", "hours go from 18:00 to 09:00; the end must come after the start, on the same day (\"00:00\" to \"24:00\" is the whole of it)"},
		"hours that are none":              {"hours: {from: \"09:00\", to: \"09:00\"}\n", "hours go from 09:00 to 09:00; the end must come after the start, on the same day (\"00:00\" to \"24:00\" is the whole of it)"},
		"hours that end before they start, and what goes by them": {"hours: {from: \"18:00\", to: \"09:00\"}\ndigest: {daily: \"08:30\", weekly: \"mon 10:00\"}\nresearch_block: {at: \"09:00\", for: 2h}\n",
			"hours go from 18:00 to 09:00; the end must come after the start, on the same day (\"00:00\" to \"24:00\" is the whole of it)"},
		"hours on no day":               {"hours: {days: []}\n", "days is empty, so nobody would ever work; write them like [mon, tue, wed, thu, fri]"},
		"a zone that is not one":        {"timezone: Mars/Base\n", `timezone "Mars/Base" is not a zone; write it like America/New_York`},
		"a holiday that is no date":     {"holidays: [2026-02-30]\n", `holidays: "2026-02-30" is not a date; write it like 2026-12-25`},
		"a role that is a name":         {"roles: {sdr: [\"@sam\"]}\n", `role sdr: "@sam" is not a Slack member ID (U…) or user-group ID (S…)`},
		"a channel that is a name":      {"channels: {digest: \"#sales\"}\n", `channel digest: "#sales" is not a Slack channel ID (C…)`},
		"a channel for nothing":         {"channels: {digests: C0SALES}\n", `unknown key "digests" in channels; did you mean "digest"?`},
		"a framework that is not there": {"qualification: spin\n", `qualification: there is no framework "spin"; there is no page of kind framework`},
		"a digest at no time":           {"digest: {daily: \"8.30\"}\n", `daily: "8.30" is not a time of day; write it like "08:30"`},
		"a week without a day":          {"digest: {weekly: \"08:30\"}\n", `weekly: "08:30" is not a day and a time; write it like "mon 08:30"`},
		"a synonym alone":               {"synonyms: [[price]]\n", "a group of synonyms needs at least two words"},
		"a currency in words":           {"currency: dollars\n", `currency "dollars" is not three capital letters such as USD`},
		"kept for hours":                {"retention: {questions: 90h}\n", `retention: questions: "90h" is not in days; write it like 365d, 18mo or 2y`},
		"kept too short":                {"retention: {leads: 29d}\n", "retention: leads: 29 days is too short; 30 days is the least, because digests look back"},
		"kept for no time":              {"retention: {leads: forever}\n", `leads: "forever" is not a length of time; write it like 30m, 2h, 1d, 2w or 6mo`},
		"kept too long":                 {"retention: {audit: 11y}\n", `audit: "11y" is longer than ten years`},
		"a history that goes first":     {"retention: {leads: 2y, audit: 1y}\n", "retention: audit is shorter than leads: the history of leads would go before they do"},
		"kept of what is not there":     {"retention: {lead: 1y}\n", `unknown key "lead" in retention; did you mean "leads"?`},
		"a key that is not there":       {"timezon: UTC\n", `unknown key "timezon" in playbook.yaml; did you mean "timezone"?`},
		"research at no time":           {"research_block: nine\n", `research_block: "nine" is not a time of day; write it like "08:30"`},
		"research for no time":          {"research_block: {at: \"09:00\", for: two hours}\n", `for: "two hours" is not a length of time; write it like 30m, 2h, 1d, 2w or 6mo`},
		"research for days":             {"research_block: {at: \"09:00\", for: 1d}\n", "for: 1d is no block of a day; use hours or minutes"},
		"research for more than a day":  {"research_block: {at: \"09:00\", for: 25h}\n", "for: 25h is longer than a day"},
		"research for a moment":         {"research_block: {at: \"09:00\", for: 30s}\n", "for: 30s is too short to look anything up; at least 5 minutes"},
		"research without a time":       {"research_block: {for: 2h}\n", `research_block needs "at", the time at which the list goes out`},
		"research with another key":     {"research_block: {at: \"09:00\", four: 2h}\n", `unknown key "four" in research_block; did you mean "for"?`},
		"research as a list":            {"research_block: [\"09:00\"]\n", "research_block must be written as `key: value` lines"},
		"not YAML":                      {"name: [\n", "this is not valid YAML: sequence end token ']' not found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, err := Load(tree("playbook.yaml", tc.settings, "p.md", "---\nowner: x\n---\ntext\n"), today)
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) != 1 || problems[0].Message != tc.want || problems[0].Severity != Error || problems[0].File != SettingsFile || problems[0].Line != 1 {
				t.Errorf("got %q, want %q on line 1 of %s", lines(problems), tc.want, SettingsFile)
			}
		})
	}
}

func TestDigestTimesAtWhichNobodyWorksAreWarnedOf(t *testing.T) {
	for name, tc := range map[string]struct{ digest, want string }{
		"within the hours": {`{daily: "09:00", weekly: "fri 16:00"}`, ""},
		"before them":      {`{daily: "08:30"}`, "playbook.yaml:2:1: warning: digest: nobody works at 08:30 (hours are from 09:00 to 17:30), so the daily one goes out when work begins next; name a time within them"},
		"at their end":     {`{weekly: "mon 17:30"}`, "playbook.yaml:2:1: warning: digest: nobody works at 17:30 (hours are from 09:00 to 17:30), so the weekly one goes out when work begins next; name a time within them"},
		"on a day off":     {`{weekly: "sun 10:00"}`, "playbook.yaml:2:1: warning: digest: nobody works on Sunday, so the weekly one goes out when work begins next; name a day of the hours"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems, err := Load(tree("playbook.yaml", "hours: {days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:30\"}\ndigest: "+tc.digest+"\n", "p.md", "---\nowner: x\n---\ntext\n"), today)
			if err != nil || problems.Err() != nil {
				t.Fatal(err, problems.Err())
			}
			if got := strings.Join(lines(problems), "\n"); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAResearchBlockMayBeTheTimeAlone(t *testing.T) {
	for settings, want := range map[string]Block{
		"":                                  {Clock{}, 2 * time.Hour},
		"research_block: \"08:15\"\n":       {Clock{495, true}, 2 * time.Hour},
		"research_block: {at: \"08:15\"}\n": {Clock{495, true}, 2 * time.Hour},
		"research_block: {at: \"08:15\", for: 1h30m}\n": {Clock{495, true}, 90 * time.Minute},
	} {
		b, problems, err := Load(tree("playbook.yaml", settings, "p.md", "---\nowner: x\n---\ntext\n"), today)
		if err != nil || len(problems) > 0 || b.Settings.ResearchBlock != want {
			t.Errorf("%q: %+v, %v, %v", settings, b.Settings.ResearchBlock, problems, err)
		}
	}
	_, problems, _ := Load(tree("playbook.yaml", "hours: {from: \"09:00\", to: \"12:00\"}\nresearch_block: {at: \"09:00\", for: 4h}\n", "p.md", "---\nowner: x\n---\ntext\n"), today)
	if got := strings.Join(lines(problems), "\n"); got != "playbook.yaml:2:1: warning: research_block: no working day has room for 4 hours (hours are from 09:00 to 12:00), so the block is a whole day" {
		t.Error(got)
	}
}

func TestHowOftenADeclinedLeadComesBackHasADefault(t *testing.T) {
	const form = "---\nid: handoff\nkind: form\nowner: x\nfields:\n  - {id: lead, label: L, type: lead}\n  - {id: ae, label: A, type: user}\n"
	for more, want := range map[string]Declines{"": {1, "manager"}, "declines: {again: 3}\n": {3, "manager"}, "declines: {then: owner}\n": {1, "owner"}, "declines: {again: 0, then: ae}\n": {0, "ae"}} {
		b, problems, err := Load(tree("p.md", form+more+"---\ntext\n"), today)
		p, _ := b.Page("handoff")
		if err != nil || len(problems) > 0 || p.Form.Declines != want {
			t.Errorf("%q: %+v, %v, %v", more, p.Form.Declines, problems, err)
		}
	}
	for declined, spent := range map[int]bool{0: false, 1: false, 2: true, 3: true} {
		if DefaultDeclines.Spent(declined) != spent {
			t.Errorf("declined %d times: spent = %v", declined, !spent)
		}
	}
}

func TestSettingsAreReadWhole(t *testing.T) {
	b, problems, err := Load(tree("p.md", "text\n", "m.md", "---\nkind: framework\nid: spin\nneed: 1\ncriteria: [{id: a, label: A}]\n---\n", "playbook.yaml", `
name: Bakery
timezone: Asia/Kolkata
currency: EUR
hours: {days: [sat, sunday], from: "06:00", to: "24:00"}
holidays: [2026-12-25]
roles: {sdr: [S0SDR, U0SAM], owner: U0OLA}
channels: {digest: C0SALES}
qualification: spin
digest: {daily: "08:30", weekly: "fri 16:00"}
research_block: "09:00"
synonyms: [[bread, loaf]]
`), today)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems)
	}
	s := b.Settings
	if s.Name != "Bakery" || s.Timezone.String() != "Asia/Kolkata" || s.Currency != "EUR" || s.Hours.Days != [7]bool{time.Sunday: true, time.Saturday: true} ||
		s.Hours.From.String() != "06:00" || s.Hours.To.Minutes != 24*60 || s.Holidays[0] != (Date{2026, 12, 25}) || len(s.Roles["sdr"]) != 2 || s.Roles["owner"][0] != "U0OLA" ||
		s.Channels["digest"] != "C0SALES" || s.Qualification != "spin" || s.Digest.Daily.String() != "08:30" || s.Digest.WeeklyDay != time.Friday || s.Digest.Weekly.String() != "16:00" ||
		s.ResearchBlock != (Block{Clock{540, true}, 2 * time.Hour}) || s.Synonyms[0][1] != "loaf" {
		t.Errorf("read as %+v", s)
	}
}

func TestAFolderThatCannotServeIsSaid(t *testing.T) {
	if _, _, err := Load(tree("notes.txt", "x"), today); err != ErrNoPages {
		t.Errorf("an empty folder: %v", err)
	}
	_, problems, err := Load(tree("a.md", strings.Repeat("x", maxPageBytes+1), "b.md", "text"), today)
	if err != nil || problems.Err() == nil {
		t.Errorf("a page of 4 MB: %v, %v", problems, err)
	}
}
