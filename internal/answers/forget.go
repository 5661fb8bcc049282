package answers

import (
	"time"

	"sopbot/internal/database"
)

// ForgetWordsOf erases what somebody asked, and why an answer did not help. That
// something was asked stays, so that the numbers do.
func ForgetWordsOf(tx *database.Tx, person string) error {
	if _, err := tx.Exec("UPDATE questions SET words = '' WHERE person = $1", person); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE ratings SET why = '' WHERE person = $1", person)
	return err
}

// ForgetBefore removes some of what was asked, opened, rated and shared before
// then, and tells how many rows went.
func ForgetBefore(tx *database.Tx, before time.Time, most int) (n int64, err error) {
	for _, statement := range []string{
		"DELETE FROM openings WHERE id IN (SELECT id FROM openings WHERE at < $1 ORDER BY id LIMIT $2)",
		"DELETE FROM ratings WHERE (question, person, page) IN (SELECT question, person, page FROM ratings WHERE at < $1 ORDER BY question LIMIT $2)",
		"DELETE FROM shares WHERE (question, channel, page) IN (SELECT question, channel, page FROM shares WHERE at < $1 ORDER BY question LIMIT $2)",
		"DELETE FROM questions WHERE id IN (SELECT id FROM questions WHERE at < $1 ORDER BY at LIMIT $2)",
	} {
		gone, err := tx.Exec(statement, database.Millis(before), most)
		if err != nil {
			return n, err
		}
		n += gone
	}
	return n, nil
}
