package qualification

import (
	"time"

	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
)

// Revision is a scorecard as it was filled in; the latest of a lead counts.
type Revision struct {
	ID        string
	Key       string // of the form that it came from
	Lead      string
	Number    int // counts a lead's revisions, from 1
	Person    string
	At        time.Time
	Framework string // id of the page
	Playbook  string // version
	Scores    form.Scores
	Result    form.Result
}

// facts is what a scorecard tells of its lead beyond the standings: the main
// pain, and the evidence of each criterion under the criterion's id.
func facts(s form.Scores) form.Answers {
	out := form.Answers{}
	if s.MainPain != "" {
		out[form.ScorecardPain] = form.Value{Type: playbook.FieldLongText, Text: s.MainPain}
	}
	for id, c := range s.Criteria {
		if c.Note != "" {
			out[id] = form.Text(c.Note)
		}
	}
	return out
}

// start is what a scorecard about a lead starts with: what was answered last,
// under what somebody has typed by now. A criterion that stands at unknown says
// nothing yet. before is what the scorecard was filled in with for the lead that
// was picked before; that goes with it.
func start(last, typed, before form.Answers) form.Answers {
	said := form.Answers{}
	for id, v := range typed {
		if v.Type == playbook.FieldChoice && v.Text == string(form.Unknown) {
			continue
		}
		if old, filled := before[id]; filled && v.Type == playbook.FieldChoice && old.Text == v.Text {
			continue // its words are another's
		}
		said[id] = v
	}
	return lead.Refilled(said, before, last, nil)
}
