package form

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Standing is how sure we are of a criterion.
type Standing string

// The standings of a criterion. Only Confirmed counts.
const (
	Confirmed Standing = "confirmed"
	Heard     Standing = "heard"
	Unknown   Standing = "unknown"
)

// Words says the standing to people.
func (s Standing) Words() string {
	switch s {
	case Confirmed:
		return "Confirmed"
	case Heard:
		return "Heard"
	}
	return "Unknown"
}

func (s Standing) value() Value {
	return Value{Type: playbook.FieldChoice, Text: string(s), Labels: []string{s.Words()}}
}

// Criterion is how one criterion of a framework was scored.
type Criterion struct {
	Standing Standing `json:"standing"`
	Note     string   `json:"note,omitempty"` // the evidence
}

// Scores is a filled-in scorecard. Criteria are by id; one that is missing is
// unknown. Those that the page has lost meanwhile are kept, and do not count.
type Scores struct {
	Lead     Value                `json:"lead,omitzero"` // zero where the scorecard did not ask for it
	MainPain string               `json:"main_pain,omitempty"`
	Criteria map[string]Criterion `json:"criteria,omitempty"`
}

// Ids of what every scorecard asks for; a criterion's start with a prefix, so
// that no criterion of a company can be mistaken for them.
const (
	ScorecardLead = "lead"
	ScorecardPain = "main_pain"
	criterionID   = "c:"
	noteID        = "n:"
)

// CriterionBlock is the block_id of a criterion's standing.
func CriterionBlock(id string) string { return Block(criterionID + id) }

func isStanding(field string) bool { return strings.HasPrefix(field, criterionID) }

// ScorecardView builds the modal of a framework: the lead, each criterion with a
// note of the evidence, the main pain. Options.Given may come from
// [Scores.Answers]. To score a lead that is known already, name all but the lead
// in Options.Only: see ScorecardFields.
func ScorecardView(o Options) (slack.ModalViewRequest, error) {
	o.Given = withStandings(o.Page, o.Given)
	return View(o)
}

// SubmitScorecard is Submit for a framework. The scores are there when the
// outcome has Answers.
func SubmitScorecard(o Options, v chat.View, at time.Time) (Outcome, Scores, error) {
	o.Given = withStandings(o.Page, o.Given)
	out, err := Submit(o, v, at)
	return out, scoresOf(out.Answers), err
}

// ParseScorecard reads a submitted scorecard of one step.
func ParseScorecard(v chat.View, page *playbook.Page, s playbook.Settings, at time.Time, zone *time.Location) (Scores, chat.FieldErrors) {
	answers, errs := Parse(v, page, s, at, zone)
	return scoresOf(answers), errs
}

// ScorecardFields are the ids of a framework's fields, for Options.Only.
func ScorecardFields(f *playbook.Framework, withLead bool) []string {
	var out []string
	for _, field := range scorecardFields(f) {
		if withLead || field.ID != ScorecardLead {
			out = append(out, field.ID)
		}
	}
	return out
}

// scorecardFields writes a framework as the fields of a form.
func scorecardFields(f *playbook.Framework) []playbook.Field {
	fields := []playbook.Field{{ID: ScorecardLead, Label: "Lead", Type: playbook.FieldLead, Required: true}}
	options := []playbook.Option{
		{Value: string(Confirmed), Label: "Confirmed: they said or showed it"},
		{Value: string(Heard), Label: "Heard: second-hand, or our guess"},
		{Value: string(Unknown), Label: "Unknown: not asked yet"},
	}
	for _, c := range f.Criteria {
		label := c.Label
		if c.Required {
			label += " (must be confirmed to pass)"
		}
		fields = append(fields,
			playbook.Field{ID: criterionID + c.ID, Label: label, Type: playbook.FieldChoice, Required: true, Options: options, Hint: strings.TrimSpace(c.Ask + " " + c.Hint)},
			playbook.Field{ID: noteID + c.ID, Label: c.Label + ": evidence", Type: playbook.FieldText, Placeholder: "Who said what, and when"})
	}
	return append(fields, playbook.Field{ID: ScorecardPain, Label: "Main pain, in the prospect's words", Type: playbook.FieldLongText, Required: true})
}

// withStandings lets a criterion start as unknown, where nothing else is known.
func withStandings(page *playbook.Page, given Answers) Answers {
	out := Answers{}
	if page != nil && page.Framework != nil {
		for _, c := range page.Framework.Criteria {
			out[criterionID+c.ID] = Unknown.value()
		}
	}
	for id, v := range given {
		out[id] = v
	}
	return out
}

// Answers gives the scores as what a scorecard starts with.
func (s Scores) Answers() Answers {
	out := Answers{}
	if s.Lead.Type != "" {
		out[ScorecardLead] = s.Lead
	}
	if s.MainPain != "" {
		out[ScorecardPain] = Value{Type: playbook.FieldLongText, Text: s.MainPain}
	}
	for id, c := range s.Criteria {
		if c.Standing != "" {
			out[criterionID+id] = c.Standing.value()
		}
		if c.Note != "" {
			out[noteID+id] = Text(c.Note)
		}
	}
	return out
}

func scoresOf(a Answers) Scores {
	out := Scores{Lead: a[ScorecardLead], MainPain: a[ScorecardPain].Text, Criteria: map[string]Criterion{}}
	for id, v := range a {
		if c, ok := strings.CutPrefix(id, criterionID); ok {
			score := out.Criteria[c]
			score.Standing = standingOf(v.Text)
			out.Criteria[c] = score
		}
		if c, ok := strings.CutPrefix(id, noteID); ok {
			score := out.Criteria[c]
			score.Note = v.Text
			out.Criteria[c] = score
		}
	}
	for id, c := range out.Criteria {
		if c.Standing == "" {
			c.Standing = Unknown
			out.Criteria[id] = c
		}
	}
	return out
}

// standingOf reads a standing, or the label of one: that is what is kept of a
// criterion that the page lost while its scorecard was open.
func standingOf(s string) Standing {
	for _, known := range []Standing{Confirmed, Heard} {
		if s == string(known) || strings.HasPrefix(s, known.Words()) {
			return known
		}
	}
	return Unknown
}
