package form

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/playbook"
)

func TestAScorecardIsReadAsItWasFilledIn(t *testing.T) {
	pb := bakery(t)
	p := pageOf(t, pb, "crumb")
	o := Options{Page: p, Settings: pb.Settings, Given: Scores{Lead: Lead("L7", "Acme"), Criteria: map[string]Criterion{"user": {Heard, "Ola said so"}}}.Answers()}
	v := mustView(t, o)
	in := fill(v, map[string]string{CriterionBlock("cash"): "confirmed", Block("n:cash"): " CFO, on Monday ", Block(ScorecardPain): "stale bread"})
	out, scores, err := SubmitScorecard(o, in, monday)
	if err != nil || out.Errors != nil {
		t.Fatal(out.Errors, err)
	}
	want := map[string]Criterion{"cash": {Confirmed, "CFO, on Monday"}, "user": {Heard, "Ola said so"}, "reason": {Unknown, ""}, "month": {Unknown, ""}, "baker": {Unknown, ""}}
	if diff := cmp.Diff(want, scores.Criteria); diff != "" || scores.MainPain != "stale bread" || scores.Lead.Text != "L7" {
		t.Errorf("%+v\n%s", scores, diff)
	}
	raw, err := json.Marshal(scores)
	var again Scores
	if err != nil || json.Unmarshal(raw, &again) != nil || !cmp.Equal(again.Criteria, scores.Criteria) || !again.Lead.Equal(scores.Lead) {
		t.Errorf("%s", raw)
	}
	parsed, errs := ParseScorecard(in, p, pb.Settings, monday, nil)
	if len(errs) > 0 || !cmp.Equal(parsed.Criteria, scores.Criteria) {
		t.Errorf("%v, %v", parsed, errs)
	}
}

func TestAScorecardAsksForTheLeadAndThePain(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "crumb"), Settings: pb.Settings}
	out, _, err := SubmitScorecard(o, fill(mustView(t, o), nil), monday)
	if err != nil || len(out.Errors) != 2 || out.Errors[Block(ScorecardPain)] == "" || out.Errors[Block(ScorecardLead)] == "" {
		t.Errorf("%v, %v", out.Errors, err)
	}
	o.Only = ScorecardFields(o.Page.Framework, false)
	if out, _, err = SubmitScorecard(o, fill(mustView(t, o), map[string]string{Block(ScorecardPain): "x"}), monday); err != nil || out.Answers == nil {
		t.Errorf("%v, %v", out.Errors, err)
	}
}

func TestACriterionThatThePageLostIsKeptAndDoesNotCount(t *testing.T) {
	pb := bakery(t)
	p := pageOf(t, pb, "crumb")
	o := Options{Page: p, Settings: pb.Settings}
	in := fill(mustView(t, o), map[string]string{Block(ScorecardLead): "L7", Block(ScorecardPain): "x", CriterionBlock("cash"): "confirmed", Block("n:cash"): "CFO"})
	cut := *p
	cut.Framework = &playbook.Framework{Need: 1, Criteria: append([]playbook.Criterion{{ID: "taste", Label: "Taste"}}, p.Framework.Criteria[1:]...)}
	scores, errs := ParseScorecard(in, &cut, pb.Settings, monday, nil)
	if scores.Criteria["cash"] != (Criterion{Confirmed, "CFO"}) {
		t.Errorf("%+v", scores)
	}
	// The criterion that the page has won meanwhile was not on the form.
	if len(errs) > 0 {
		t.Errorf("%v", errs)
	}
	if r := Score(cut.Framework, scores); r.Confirmed != 0 || r.Of != 5 || r.Pass {
		t.Errorf("%+v", r)
	}
}

func TestScoresCountOnlyWhatIsConfirmed(t *testing.T) {
	f := pageOf(t, bakery(t), "crumb").Framework
	ids := func(cs []playbook.Criterion) string {
		var out []string
		for _, c := range cs {
			out = append(out, c.ID)
		}
		return strings.Join(out, " ")
	}
	for name, tc := range map[string]struct {
		scores map[string]Criterion
		want   string
	}{
		"nothing known":              {nil, "0 of 5 pass=false missing=[cash reason user month baker] unknown=[cash reason user month baker] required=[cash] weakest=[cash reason user]"},
		"enough":                     {map[string]Criterion{"cash": {Confirmed, ""}, "user": {Confirmed, ""}, "month": {Confirmed, ""}}, "3 of 5 pass=true missing=[reason baker] unknown=[reason baker] required=[] weakest=[reason baker]"},
		"enough without the needed":  {map[string]Criterion{"reason": {Confirmed, ""}, "user": {Confirmed, ""}, "month": {Confirmed, ""}, "baker": {Confirmed, ""}, "cash": {Heard, "x"}}, "4 of 5 pass=false missing=[cash] unknown=[] required=[cash] weakest=[cash]"},
		"heard does not count":       {map[string]Criterion{"cash": {Confirmed, ""}, "reason": {Heard, "x"}, "user": {Heard, ""}, "month": {Heard, "x"}, "baker": {Unknown, ""}}, "1 of 5 pass=false missing=[reason user month baker] unknown=[baker] required=[] weakest=[baker user reason]"},
		"a standing that is nothing": {map[string]Criterion{"cash": {"sure", ""}}, "0 of 5 pass=false missing=[cash reason user month baker] unknown=[cash reason user month baker] required=[cash] weakest=[cash reason user]"},
	} {
		t.Run(name, func(t *testing.T) {
			r := Score(f, Scores{Criteria: tc.scores})
			got := fmt.Sprintf("%s pass=%v missing=[%s] unknown=[%s] required=[%s] weakest=[%s]", r, r.Pass, ids(r.Missing), ids(r.Unknown), ids(r.RequiredMissing), ids(r.Weakest))
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestAFrameworkOfAHundredCriteriaIsSpreadOverSteps(t *testing.T) {
	f := &playbook.Framework{Need: 50}
	for i := range 100 {
		f.Criteria = append(f.Criteria, playbook.Criterion{ID: fmt.Sprint("k", i), Label: fmt.Sprint("Criterion ", i)})
	}
	p := &playbook.Page{ID: "long", Title: "Long", Framework: f}
	o := Options{Page: p, Drafts: &drawer{kept: map[string]Answers{}}}
	v := mustView(t, o)
	typed := map[string]string{Block(ScorecardLead): "L7", Block(ScorecardPain): "x"}
	for i := range 60 {
		typed[CriterionBlock(fmt.Sprint("k", i))] = "confirmed"
		typed[Block(fmt.Sprint("n:k", i))] = strings.Repeat("note ", 50)
	}
	for range 20 {
		out, scores, err := SubmitScorecard(o, fill(v, typed), monday)
		if err != nil || out.Errors != nil {
			t.Fatal(out.Errors, err)
		}
		if out.Next == nil {
			if r := Score(f, scores); r.Confirmed != 60 || !r.Pass || len(scores.Criteria) != 100 {
				t.Errorf("%+v", r)
			}
			return
		}
		v = *out.Next
		checkSchema(t, v)
	}
	t.Error("no end")
}
