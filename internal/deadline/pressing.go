package deadline

import (
	"context"
	"time"

	"sopbot/internal/database"
)

// Pressing lists what is due from one instant to before another and not done; what
// was paused does not press. What somebody was told of already comes first, then
// what is about a subject that begins with those words (somebody waits for it),
// then the oldest deadline. So many are passed over, so many listed.
func Pressing(tx *database.Tx, from, before time.Time, urgent string, skip, most int) ([]Deadline, error) {
	if most <= 0 {
		return nil, nil
	}
	return many(tx, "SELECT "+columns+` FROM deadlines WHERE state = 'open' AND due_at >= $1 AND due_at < $2
		ORDER BY CASE WHEN escalated_at IS NULL THEN 1 ELSE 0 END, CASE WHEN substr(subject, 1, length($3)) = $3 THEN 0 ELSE 1 END, due_at, id LIMIT $4 OFFSET $5`,
		orZero(from), database.Millis(before), urgent, most, skip)
}

// CountPressing counts what Pressing lists.
func CountPressing(tx *database.Tx, from, before time.Time) (n int, err error) {
	_, err = tx.Row("SELECT count(*) FROM deadlines WHERE state = 'open' AND due_at >= $1 AND due_at < $2", []any{orZero(from), database.Millis(before)}, &n)
	return n, err
}

// ByButton reports whether a click can end it, and no form or answer does.
func (d *Deadlines) ByButton(on Deadline) bool {
	_, otherwise := d.opener(on)
	return !otherwise && on.Running()
}

// MarkDone is for the button of another room: it ends an action for its person,
// or for a manager. Whoever may not, or comes too late, is told.
func (d *Deadlines) MarkDone(ctx context.Context, id, person string) (on Deadline, err error) {
	err = d.mine(ctx, id, person, func(tx *database.Tx) (err error) {
		on, err = d.Done(tx, id, person)
		return err
	})
	return on, err
}
