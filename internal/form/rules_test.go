package form

import (
	"io/fs"
	"strings"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/playbook"
)

func ourFiles() fs.FS { return sopbot.Playbook() }

func TestRulesSpeakThePlaybooksWords(t *testing.T) {
	span := func(s string) playbook.Span {
		out, err := playbook.ParseSpan(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	day := func(text string) Value {
		d, err := playbook.ParseDate(text)
		if err != nil {
			t.Fatal(err)
		}
		return Value{Type: "date", Date: d}
	}
	is := func(words string) playbook.Rule { return playbook.Rule{Check: playbook.CheckIs, Is: words} }
	within := func(s string) playbook.Rule { return playbook.Rule{Check: playbook.CheckWithin, Within: span(s)} }
	atLeast := playbook.Rule{Check: playbook.CheckAtLeast, AtLeast: 1000}
	filled := playbook.Rule{Check: playbook.CheckNotEmpty}
	late := time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC) // still Monday in New York, Tuesday noon in Tokyo
	for name, tc := range map[string]struct {
		rule  playbook.Rule
		value Value // zero = left empty
		at    time.Time
		zone  *time.Location
		want  string // "" = holds
	}{
		"yes is yes":                         {rule: is("yes"), value: Value{Type: "yes_no", Yes: true}},
		"no is not yes":                      {rule: is("yes"), value: Value{Type: "yes_no"}, want: "SAY"},
		"left empty is not yes":              {rule: is("yes"), want: "SAY"},
		"an option by its value":             {rule: is("strong"), value: Value{Type: "choice", Text: "strong", Labels: []string{"Yes"}}},
		"an option by its label":             {rule: is("Yes"), value: Value{Type: "choice", Text: "strong", Labels: []string{"Yes"}}},
		"one of several":                     {rule: is("b"), value: Value{Type: "choices", Choices: []string{"a", "b"}}},
		"a number":                           {rule: is("1.50"), value: Value{Type: "number", Number: Decimal{15, 1}}},
		"an amount":                          {rule: is("12k"), value: Value{Type: "money", Money: Money{1200000, "USD"}}},
		"words in capitals":                  {rule: is("Acme"), value: Text("ACME")},
		"other words":                        {rule: is("Acme"), value: Text("Apex"), want: "SAY"},
		"something is not empty":             {rule: filled, value: Text("x")},
		"nothing is empty":                   {rule: filled, want: "SAY"},
		"nought is not empty":                {rule: filled, value: Value{Type: "number"}},
		"enough money":                       {rule: atLeast, value: Value{Type: "money", Money: Money{100000, "USD"}}},
		"a cent too little":                  {rule: atLeast, value: Value{Type: "money", Money: Money{99999, "USD"}}, want: "SAY"},
		"enough of a number":                 {rule: atLeast, value: Value{Type: "number", Number: Decimal{1000, 0}}},
		"no money at all":                    {rule: atLeast, want: "SAY"},
		"today is within":                    {rule: within("6mo"), value: day("2026-11-23")},
		"the last day is within":             {rule: within("6mo"), value: day("2027-05-23")},
		"a day later is not":                 {rule: within("6mo"), value: day("2027-05-24"), want: "SAY"},
		"yesterday is past":                  {rule: within("6mo"), value: day("2026-11-22"), want: "Sun 22 Nov 2026 is in the past. SAY"},
		"no day at all":                      {rule: within("6mo"), want: "SAY"},
		"Monday is today in New York still":  {rule: within("1w"), value: day("2026-11-23"), at: late, zone: newYork},
		"Monday is past in Tokyo by then":    {rule: within("1w"), value: day("2026-11-23"), at: late, zone: tokyo, want: "Mon 23 Nov 2026 is in the past. SAY"},
		"a week counts from Tokyo's today":   {rule: within("1w"), value: day("2026-12-01"), at: late, zone: tokyo},
		"an instant to the end of its day":   {rule: within("1d"), value: Value{Type: "datetime", Time: time.Date(2026, 11, 25, 4, 59, 0, 0, time.UTC)}},
		"an instant a minute after that":     {rule: within("1d"), value: Value{Type: "datetime", Time: time.Date(2026, 11, 25, 5, 0, 0, 0, time.UTC)}, want: "SAY"},
		"an instant within hours":            {rule: within("2h"), value: Value{Type: "datetime", Time: monday.Add(2 * time.Hour)}},
		"an instant after those hours":       {rule: within("2h"), value: Value{Type: "datetime", Time: monday.Add(2*time.Hour + time.Second)}, want: "SAY"},
		"an instant that is over":            {rule: within("2h"), value: Value{Type: "datetime", Time: monday.Add(-time.Minute)}, want: "Mon 23 Nov 2026, 08:59 EST is in the past. SAY"},
		"a rule for days on words":           {rule: within("2h"), value: Text("soon"), want: "SAY"},
		"a check that this version ignores":  {rule: playbook.Rule{Check: "rhymes"}, value: Text("x")},
		"what was never checked holds never": {rule: filled, value: Value{Type: "money", Text: "lots", Raw: true}, want: "SAY"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.rule.Field, tc.rule.Say = "x", "SAY"
			if tc.at.IsZero() {
				tc.at = monday
			}
			if tc.zone == nil {
				tc.zone = newYork
			}
			answers := Answers{}
			if tc.value.Type != "" {
				answers["x"] = tc.value
			}
			f := page(field("text")).Form
			f.Rules = []playbook.Rule{tc.rule, {Field: "x", Check: playbook.CheckNotEmpty, Say: "later"}, {Field: "other", Check: playbook.CheckNotEmpty, Say: "not there"}}
			got := CheckRules(f, answers, tc.at, tc.zone)
			if tc.want == "" && tc.value.Type != "" && len(got) > 0 || got[Block("x")] != tc.want || len(got) > 1 {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheHandoffsRulesAreThePlaybooks(t *testing.T) {
	f := pageOf(t, load(t, ourFiles()), "handoff").Form
	got := CheckRules(f, Answers{"budget_authority": {Type: "yes_no"}, "need": Text("faster reports")}, monday, newYork)
	if len(got) != 3 || !strings.Contains(got[Block("discovery_call")], "AE's calendar") || !strings.Contains(got[Block("budget_authority")], "nobody with budget authority") || !strings.Contains(got[Block("timeline")], "six months") {
		t.Errorf("%q", got)
	}
}
