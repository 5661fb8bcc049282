package deadline

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
)

// Tally is how a timed action went for one person: for digests.
type Tally struct {
	Page, Action, Label string
	Person              string
	OnTime, Late        int           // done within the time asked about
	Lateness            time.Duration // of those that were late, in working time, together
	Longest             time.Duration // of the one that was latest
	Missed              int           // not done in the week that it belonged to
	Open, Overdue       int           // still to do at the end of that time, and of these past their deadline
}

// Tallies counts what was done from one instant to before another, and what was
// still to do then, for each action and person.
//
// It looks at what ended since, and what runs, each by its index: years of
// history cost nothing.
func (d *Deadlines) Tallies(tx *database.Tx, from, to time.Time) ([]Tally, error) {
	var out []Tally
	err := tx.Each(`SELECT page, action, max(label), person,
			sum(CASE WHEN state = 'done' AND ended_at >= $1 AND ended_at < $2 AND late_ms = 0 THEN 1 ELSE 0 END),
			sum(CASE WHEN state = 'done' AND ended_at >= $1 AND ended_at < $2 AND late_ms > 0 THEN 1 ELSE 0 END),
			CAST(sum(CASE WHEN state = 'done' AND ended_at >= $1 AND ended_at < $2 THEN late_ms ELSE 0 END) AS BIGINT),
			max(CASE WHEN state = 'done' AND ended_at >= $1 AND ended_at < $2 THEN late_ms ELSE 0 END),
			sum(CASE WHEN state = 'missed' AND ended_at >= $1 AND ended_at < $2 THEN 1 ELSE 0 END),
			sum(CASE WHEN started_at < $2 AND (ended_at IS NULL OR ended_at >= $2) THEN 1 ELSE 0 END),
			sum(CASE WHEN started_at < $2 AND (ended_at IS NULL OR ended_at >= $2) AND due_at < $2 AND state <> 'paused' THEN 1 ELSE 0 END)
		FROM (SELECT page, action, label, person, started_at, due_at, state, ended_at, late_ms FROM deadlines WHERE ended_at >= $1
			UNION ALL SELECT page, action, label, person, started_at, due_at, state, ended_at, late_ms FROM deadlines WHERE state IN ('open', 'paused')) AS counted
		GROUP BY page, action, person ORDER BY page, action, person`,
		[]any{database.Millis(from), database.Millis(to)}, func(rows *sql.Rows) error {
			var t Tally
			var late, longest int64
			if err := rows.Scan(&t.Page, &t.Action, &t.Label, &t.Person, &t.OnTime, &t.Late, &late, &longest, &t.Missed, &t.Open, &t.Overdue); err != nil {
				return err
			}
			t.Lateness, t.Longest = time.Duration(late)*time.Millisecond, time.Duration(longest)*time.Millisecond
			if t.OnTime+t.Late+t.Missed+t.Open > 0 {
				out = append(out, t)
			}
			return nil
		})
	return out, err
}

// Kept counts what was done from one instant to before another, and how much of
// it was late: for a line over weeks.
func Kept(tx *database.Tx, from, to time.Time) (done, late int, err error) {
	_, err = tx.Row(`SELECT count(*), coalesce(sum(CASE WHEN late_ms > 0 THEN 1 ELSE 0 END), 0) FROM deadlines
		WHERE ended_at >= $1 AND ended_at < $2 AND state = 'done'`, []any{database.Millis(from), database.Millis(to)}, &done, &late)
	return done, late, err
}
