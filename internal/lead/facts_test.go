package lead

import (
	"testing"
	"time"

	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

func TestAFormStartsWithWhatIsKnown(t *testing.T) {
	at := func(hour int, words string) Fact {
		return Fact{form.Text(words), time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC)}
	}
	of := Lead{ID: "L1", Name: Name{"Acme", "Jane"}}
	for name, tc := range map[string]struct {
		known Known
		from  string
		want  string
	}{
		"nothing known, nothing given":                  {Known{}, "research", ""},
		"what the field names":                          {Known{SourceResearch: {"pain": at(1, "guess")}, SourceQualification: {"pain": at(9, "said")}}, "research", "guess"},
		"without a name, what was asked last":           {Known{SourceResearch: {"pain": at(9, "guess")}, SourceQualification: {"pain": at(1, "said")}}, "", "said"},
		"the named one is missing: any other":           {Known{SourceResearch: {"pain": at(1, "guess")}}, "qualification", "guess"},
		"an SDR corrected it in the handoff":            {Known{SourceQualification: {"pain": at(1, "said")}, SourceHandoff: {"pain": at(2, "better")}}, "qualification", "better"},
		"it was scored again after that handoff":        {Known{SourceQualification: {"pain": at(3, "newer")}, SourceHandoff: {"pain": at(2, "better")}}, "qualification", "newer"},
		"what the company is called is a fact":          {Known{SourceLead: {"pain": at(1, "from the lead")}}, "lead", "from the lead"},
		"a source that the playbook made up is nothing": {Known{SourceResearch: {"pain": at(1, "guess")}}, "dreams", "guess"},
	} {
		t.Run(name, func(t *testing.T) {
			given := tc.known.Given(of, []playbook.Field{{ID: "lead", Type: playbook.FieldLead}, {ID: "pain", Type: playbook.FieldText, From: tc.from}})
			if got := given["pain"].Text; got != tc.want {
				t.Errorf("it starts with %q, want %q", got, tc.want)
			}
			if !given["lead"].Equal(form.Lead("L1", "")) {
				t.Errorf("the lead is %v", given["lead"])
			}
		})
	}
}

func TestAnotherLeadTakesItsOwnFactsAlong(t *testing.T) {
	before := form.Answers{"pain": form.Text("Acme's pain"), "need": form.Text("Acme's need"), "note": form.Text("a\n note")}
	known := form.Answers{"pain": form.Text("Larch's pain"), "amount": form.Text("9")}
	typed := form.Answers{"pain": form.Text("Acme's pain"), "need": form.Text("typed by hand"), "note": form.Text("a note"), "why": form.Text("typed too")}
	got := Refilled(typed, before, known, time.UTC)
	want := map[string]string{"pain": "Larch's pain", "amount": "9", "need": "typed by hand", "why": "typed too"}
	if len(got) != len(want) {
		t.Errorf("there are %v", got)
	}
	for id, words := range want {
		if got[id].Text != words {
			t.Errorf("%s = %q, want %q", id, got[id].Text, words)
		}
	}
}

func TestAnOpeningIsReadBack(t *testing.T) {
	for name, tc := range map[string]struct {
		private string
		want    Opening
	}{
		"a shortcut":               {Opening{From: FromShortcut, Lead: "L1"}.String(), Opening{FromShortcut, "L1"}},
		"a command is a form":      {Opening{Lead: "L1"}.String(), Opening{FromForm, "L1"}},
		"an older form said none":  {"", Opening{From: FromForm}},
		"an origin that nobody is": {`{"f":"import","l":"L1"}`, Opening{FromForm, "L1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ParseOpening(tc.private); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
		})
	}
}
