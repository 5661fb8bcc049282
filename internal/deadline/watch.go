package deadline

import "sopbot/internal/database"

// Running counts what is still to be done, for whoever looks after the bot: in
// time, past its deadline, and paused.
func (d *Deadlines) Running(tx *database.Tx) (open, late, paused int, err error) {
	_, err = tx.Row(`SELECT coalesce(sum(CASE WHEN state = 'open' AND due_at >= $1 THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN state = 'open' AND due_at < $1 THEN 1 ELSE 0 END), 0),
			coalesce(sum(CASE WHEN state = 'paused' THEN 1 ELSE 0 END), 0)
		FROM deadlines WHERE state IN ('open', 'paused')`, []any{database.Millis(d.Now())}, &open, &late, &paused)
	return open, late, paused, err
}
