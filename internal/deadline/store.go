package deadline

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

const columns = `id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook, subject, start_key, lead, title,
	person, turn, started_at, counted_from, left_ms, due_at, state, paused_at, snoozed_until, handled_until, repeated, bell, escalated_at, abandoned_at,
	ended_at, ended_by, late_ms, generation, next_at`

// row is a deadline as it is stored.
type row struct {
	span, remind, state, endedBy                    string
	started, from, due, snoozed, handled, late      int64
	left, paused, escalated, abandoned, ended, next sql.NullInt64
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func maybe(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return database.Millis(t)
}

func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return database.Millis(t)
}

func (r *row) into(d *Deadline) []any {
	return []any{&d.ID, &d.Page, &d.PageTitle, &d.Action.ID, &d.Label, &d.On, &d.Who, &r.span, &r.remind, &d.Escalate, &d.Repeat, &d.Rule.Done, &d.Playbook,
		&d.Subject, &d.Key, &d.Lead, &d.Title, &d.Person, &d.Turn, &r.started, &r.from, &r.left, &r.due, &r.state, &r.paused, &r.snoozed, &r.handled,
		&d.repeated, &d.bell, &r.escalated, &r.abandoned, &r.ended, &r.endedBy, &r.late, &d.generation, &r.next}
}

// read makes a deadline of what was scanned.
func (r *row) read(d *Deadline) (err error) {
	if d.Within, err = playbook.ParseSpan(r.span); err != nil {
		return fmt.Errorf("deadline %s: %w", d.ID, err)
	}
	var offsets []string
	if err := json.Unmarshal([]byte(r.remind), &offsets); err != nil {
		return fmt.Errorf("deadline %s: reminders: %w", d.ID, err)
	}
	for _, text := range offsets {
		offset, err := playbook.ParseSpan(text)
		if err != nil {
			return fmt.Errorf("deadline %s: %w", d.ID, err)
		}
		d.Remind = append(d.Remind, offset)
	}
	d.Started, d.from, d.Due = instant(r.started), instant(r.from), instant(r.due)
	d.Snoozed, d.handled = instant(r.snoozed), instant(r.handled)
	d.Escalated, d.Abandoned, d.next = instant(r.escalated.Int64), instant(r.abandoned.Int64), instant(r.next.Int64)
	left := time.Duration(r.left.Int64) * time.Millisecond
	switch r.state {
	case "paused":
		d.Status = Paused{instant(r.paused.Int64), left}
		return nil
	case "done":
		d.Status = Done{instant(r.ended.Int64), r.endedBy, time.Duration(r.late) * time.Millisecond}
	case "closed":
		d.Status = Closed{instant(r.ended.Int64)}
	case "missed":
		d.Status = Missed{instant(r.ended.Int64)}
	default:
		d.Status = Open{}
	}
	if r.left.Valid {
		d.left = &left
	}
	return nil
}

// insert starts a deadline; added is false where there is one of the same key.
func insert(tx *database.Tx, d Deadline) (added bool, err error) {
	offsets := []string{}
	for _, o := range d.Remind {
		offsets = append(offsets, o.String())
	}
	remind, err := json.Marshal(offsets)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO deadlines (id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook,
		subject, start_key, lead, title, person, turn, started_at, counted_from, due_at, state, snoozed_until, handled_until, repeated, bell, ended_by, late_ms, generation)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, $19, $20, $21, 'open', 0, $22, 0, 1, '', 0, 0)
		ON CONFLICT (page, action, subject, start_key) DO NOTHING`,
		d.ID, d.Page, d.PageTitle, d.Action.ID, d.Label, string(d.On), d.Who, d.Within.String(), string(remind), d.Escalate, d.Repeat, d.Rule.Done, d.Playbook,
		d.Subject, d.Key, d.Lead, d.Title, d.Person, database.Millis(d.Started), database.Millis(d.from), database.Millis(d.Due), orZero(d.handled))
	return n == 1, err
}

// store writes what can change.
func store(tx *database.Tx, d Deadline) error {
	var left, paused, ended any
	var by string
	var late int64
	if d.left != nil {
		left = d.left.Milliseconds()
	}
	switch s := d.Status.(type) {
	case Paused:
		paused, left = database.Millis(s.At), s.Left.Milliseconds()
	case Done:
		ended, by, late = database.Millis(s.At), s.By, s.Late.Milliseconds()
	case Closed:
		ended = database.Millis(s.At)
	case Missed:
		ended = database.Millis(s.At)
	}
	n, err := tx.Exec(`UPDATE deadlines SET person = $2, turn = $3, counted_from = $4, left_ms = $5, due_at = $6, state = $7, paused_at = $8, snoozed_until = $9,
		handled_until = $10, repeated = $11, bell = $12, escalated_at = $13, abandoned_at = $14, ended_at = $15, ended_by = $16, late_ms = $17,
		generation = $18, next_at = $19, title = $20 WHERE id = $1`,
		d.ID, d.Person, d.Turn, database.Millis(d.from), left, database.Millis(d.Due), d.Status.state(), paused, orZero(d.Snoozed),
		orZero(d.handled), d.repeated, d.bell, maybe(d.Escalated), maybe(d.Abandoned), ended, by, late, d.generation, maybe(d.next), d.Title)
	if err == nil && n == 0 {
		err = ErrGone
	}
	return err
}

func many(tx *database.Tx, query string, args ...any) ([]Deadline, error) {
	var out []Deadline
	err := tx.Each(query, args, func(rows *sql.Rows) error {
		var d Deadline
		var r row
		if err := rows.Scan(r.into(&d)...); err != nil {
			return err
		}
		if err := r.read(&d); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// ByID loads a deadline; ErrGone where there is none.
func ByID(tx *database.Tx, id string) (Deadline, error) {
	var d Deadline
	var r row
	found, err := tx.Row("SELECT "+columns+" FROM deadlines WHERE id = $1", []any{id}, r.into(&d)...)
	switch {
	case err != nil:
		return d, err
	case !found:
		return d, ErrGone
	}
	return d, r.read(&d)
}

// OpenOf lists what a person has still to do, the earliest deadline first.
func OpenOf(tx *database.Tx, person string) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+" FROM deadlines WHERE person = $1 AND state IN ('open', 'paused') ORDER BY due_at, id", person)
}

// OpenFor lists what is still to do about a subject, the earliest deadline
// first.
func OpenFor(tx *database.Tx, subject string) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+" FROM deadlines WHERE subject = $1 AND state IN ('open', 'paused') ORDER BY due_at, id", subject)
}

// AllFor lists everything about a subject, also what is over, as it was
// started.
func AllFor(tx *database.Tx, subject string) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+" FROM deadlines WHERE subject = $1 ORDER BY started_at, id", subject)
}

// someRunning lists deadlines that run, in the order of their ids.
func someRunning(tx *database.Tx, after string, most int) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+" FROM deadlines WHERE state IN ('open', 'paused') AND id > $1 ORDER BY id LIMIT $2", after, most)
}

// busy lists everybody who has something to do and was not found to have left.
func busy(tx *database.Tx) (people []string, err error) {
	err = tx.Each("SELECT DISTINCT person FROM deadlines WHERE state IN ('open', 'paused') AND abandoned_at IS NULL ORDER BY person", nil, func(rows *sql.Rows) error {
		var p string
		err := rows.Scan(&p)
		people = append(people, p)
		return err
	})
	return people, err
}

// telling is that somebody was told that a deadline passed; list is the key of the
// message that tells of others, too, or "".
type telling struct{ person, list string }

// told lists who was told that a deadline passed, in its present turn.
func told(tx *database.Tx, d Deadline) (all []telling, err error) {
	err = tx.Each("SELECT person, listed FROM deadline_tellings WHERE deadline = $1 AND turn = $2 ORDER BY person", []any{d.ID, d.Turn}, func(rows *sql.Rows) error {
		var t telling
		err := rows.Scan(&t.person, &t.list)
		all = append(all, t)
		return err
	})
	return all, err
}

func tell(tx *database.Tx, d Deadline, person string, at time.Time) error {
	_, err := tx.Exec("INSERT INTO deadline_tellings (deadline, turn, person, at, listed) VALUES ($1, $2, $3, $4, '') ON CONFLICT (deadline, turn, person) DO NOTHING",
		d.ID, d.Turn, person, database.Millis(at))
	return err
}

// abandoned lists what somebody still leaves to do who was found to have left
// at that time.
func abandoned(tx *database.Tx, person string, at time.Time) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+" FROM deadlines WHERE person = $1 AND abandoned_at = $2 AND state IN ('open', 'paused') ORDER BY due_at, id",
		person, database.Millis(at))
}
