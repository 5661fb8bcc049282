package handoff

import (
	"database/sql"
	"encoding/json"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
)

// Forget erases what was written about a lead on its way: answers, evidence,
// coaching, questions. Who sent it to whom, when, and how it was decided stays,
// so that the numbers do; title is what the lead is called from now on. ids are
// the handoffs.
func Forget(tx *database.Tx, of, title string) (ids []string, err error) {
	contexts := map[string]string{}
	if err := tx.Each("SELECT id, context FROM handoffs WHERE lead = $1 ORDER BY id", []any{of}, func(rows *sql.Rows) error {
		var id, raw string
		if err := rows.Scan(&id, &raw); err != nil {
			return err
		}
		ids, contexts[id] = append(ids, id), raw
		return nil
	}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		var c Context
		if err := json.Unmarshal([]byte(contexts[id]), &c); err != nil {
			return nil, err
		}
		c.Lead, c.Fields = title, nil
		if c.Score != nil {
			for i := range c.Score.Criteria {
				c.Score.Criteria[i].Note = ""
			}
		}
		context, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		answers, err := json.Marshal(form.Answers{})
		if err != nil {
			return nil, err
		}
		if _, err := tx.Exec("UPDATE handoffs SET answers = $2, context = $3, coaching = CASE WHEN coaching IS NULL THEN NULL ELSE $4 END WHERE id = $1",
			id, string(answers), string(context), chat.Erased); err != nil {
			return nil, err
		}
		if _, err := tx.Exec("UPDATE handoff_questions SET question = $2, answer = CASE WHEN answer IS NULL THEN NULL ELSE $2 END WHERE handoff = $1", id, chat.Erased); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// ForgetWordsOf erases what somebody wrote to others about handoffs.
func ForgetWordsOf(tx *database.Tx, person string) error {
	for _, statement := range []string{
		"UPDATE handoffs SET coaching = $2 WHERE decided_by = $1 AND coaching IS NOT NULL",
		"UPDATE handoff_questions SET question = $2 WHERE asked_by = $1",
		"UPDATE handoff_questions SET answer = $2 WHERE answered_by = $1",
	} {
		if _, err := tx.Exec(statement, person, chat.Erased); err != nil {
			return err
		}
	}
	return nil
}

// Remove takes the handoffs of a lead out altogether.
func Remove(tx *database.Tx, of string) (ids []string, err error) {
	if err := tx.Each("SELECT id FROM handoffs WHERE lead = $1 ORDER BY id", []any{of}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}); err != nil {
		return nil, err
	}
	if _, err := tx.Exec("DELETE FROM handoff_questions WHERE handoff IN (SELECT id FROM handoffs WHERE lead = $1)", of); err != nil {
		return nil, err
	}
	_, err = tx.Exec("DELETE FROM handoffs WHERE lead = $1", of)
	return ids, err
}
