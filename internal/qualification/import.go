package qualification

import (
	"sopbot/internal/database"
	"sopbot/internal/lead"
)

// Import keeps a scorecard of the past: Key, Person, At and Scores are given, the
// lead is named in the scores.
func (q *Qualifications) Import(tx *database.Tx, r Revision) (lead.Lead, error) {
	past := *q
	past.Leads = q.Leads.Past(r.At)
	past.Now = past.Leads.Now
	r.ID = database.NewID()
	of, _, _, _, err := past.keep(tx, r, lead.FromImport)
	return of, err
}
