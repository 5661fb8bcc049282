package deadline

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
)

// closed ends what runs without a word to anybody. The generation goes on, so
// that the row that would look at it next finds nothing to do.
const closed = `state = 'closed', paused_at = NULL, ended_at = $2, ended_by = '', next_at = NULL, generation = generation + 1`

// Forget ends what is to be done about a lead, and erases what the deadlines
// call it. ids are the deadlines.
func Forget(tx *database.Tx, lead, title string, at time.Time) (ids []string, err error) {
	if _, err := tx.Exec("UPDATE deadlines SET "+closed+" WHERE state IN ('open', 'paused') AND lead = $1", lead, database.Millis(at)); err != nil {
		return nil, err
	}
	if _, err := tx.Exec("UPDATE deadlines SET title = $2 WHERE lead = $1", lead, title); err != nil {
		return nil, err
	}
	return idsOf(tx, lead)
}

// ForgetPerson ends what somebody still has to do.
func ForgetPerson(tx *database.Tx, person string, at time.Time) error {
	_, err := tx.Exec("UPDATE deadlines SET "+closed+" WHERE state IN ('open', 'paused') AND person = $1", person, database.Millis(at))
	return err
}

// Remove takes the deadlines of a lead out altogether, with what hangs on them.
func Remove(tx *database.Tx, lead string) (ids []string, err error) {
	if ids, err = idsOf(tx, lead); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if err := tx.Fell("deadlines", id); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

func idsOf(tx *database.Tx, lead string) (ids []string, err error) {
	err = tx.Each("SELECT id FROM deadlines WHERE lead = $1 ORDER BY id", []any{lead}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
