package qualification

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"sopbot/internal/database"
	"sopbot/internal/form"
)

// Forget erases what was written on a lead's scorecards. The standings stay,
// and with them the counts.
func Forget(tx *database.Tx, lead string) error {
	raw := map[string]string{}
	if err := tx.Each("SELECT id, scores FROM qualifications WHERE lead = $1", []any{lead}, func(rows *sql.Rows) error {
		var id, scores string
		err := rows.Scan(&id, &scores)
		raw[id] = scores
		return err
	}); err != nil {
		return err
	}
	for id, scores := range raw {
		var s form.Scores
		if err := json.Unmarshal([]byte(scores), &s); err != nil {
			return fmt.Errorf("scores of qualification %s: %w", id, err)
		}
		bare := form.Scores{Criteria: map[string]form.Criterion{}}
		for criterion, c := range s.Criteria {
			c.Note = ""
			bare.Criteria[criterion] = c
		}
		after, err := json.Marshal(bare)
		if err != nil {
			return err
		}
		if _, err := tx.Exec("UPDATE qualifications SET scores = $2 WHERE id = $1", id, string(after)); err != nil {
			return err
		}
	}
	return nil
}
