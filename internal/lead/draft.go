package lead

import (
	"context"
	"encoding/json"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
)

// Drafts keeps, in the database, what was typed in the steps of a form that is
// still open: see [form.Drafts]. What is older than a day is thrown away.
type Drafts struct {
	DB  *database.DB
	Now func() time.Time
}

const draftsKept = 24 * time.Hour

// Save replaces what the key holds.
func (d Drafts) Save(key string, a form.Answers) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	now := d.Now()
	// A draft is one person's: whatever is written last is what they typed.
	return d.DB.WriteRows(context.Background(), func(tx *database.Tx) error {
		if err := tx.Queue("DELETE FROM drafts WHERE at < $1", database.Millis(now.Add(-draftsKept))); err != nil {
			return err
		}
		return tx.Queue("INSERT INTO drafts (key, answers, at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE SET answers = excluded.answers, at = excluded.at",
			key, string(raw), database.Millis(now))
	})
}

// Load gives what the key holds; nothing where it holds nothing.
func (d Drafts) Load(key string) (form.Answers, error) {
	var raw string
	var found bool
	if err := d.DB.Read(context.Background(), func(tx *database.Tx) (err error) {
		found, err = tx.Row("SELECT answers FROM drafts WHERE key = $1", []any{key}, &raw)
		return err
	}); err != nil || !found {
		return nil, err
	}
	var a form.Answers
	err := json.Unmarshal([]byte(raw), &a)
	return a, err
}
