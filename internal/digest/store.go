package digest

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// entry is when somebody gets a digest next; see the migration.
type entry struct {
	person     string
	kind       Kind
	slot       Slot          // the next one; zero = none
	last       playbook.Date // zero = none yet
	generation int
}

const columns = "person, kind, day, next_at, last_day, generation"

func (e *entry) read(scan func(...any) error) error {
	var day, last string
	var at sql.NullInt64
	if err := scan(&e.person, &e.kind, &day, &at, &last, &e.generation); err != nil {
		return err
	}
	var err error
	if at.Valid {
		e.slot.At = time.UnixMilli(at.Int64)
		if e.slot.Day, err = playbook.ParseDate(day); err != nil {
			return err
		}
	}
	if last != "" {
		e.last, err = playbook.ParseDate(last)
	}
	return err
}

func entries(tx *database.Tx) (out []entry, err error) {
	err = tx.Each("SELECT "+columns+" FROM digests ORDER BY person, kind", nil, func(rows *sql.Rows) error {
		var e entry
		if err := e.read(rows.Scan); err != nil {
			return err
		}
		out = append(out, e)
		return nil
	})
	return out, err
}

func load(tx *database.Tx, person string, kind Kind) (e entry, err error) {
	err = tx.Each("SELECT "+columns+" FROM digests WHERE person = $1 AND kind = $2", []any{person, string(kind)}, func(rows *sql.Rows) error { return e.read(rows.Scan) })
	return e, err
}

func save(tx *database.Tx, e entry) error {
	var day, last string
	var at any
	if !e.slot.At.IsZero() {
		day, at = e.slot.Day.String(), database.Millis(e.slot.At)
	}
	if !e.last.IsZero() {
		last = e.last.String()
	}
	_, err := tx.Exec("INSERT INTO digests ("+columns+`) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (person, kind) DO UPDATE SET day = excluded.day, next_at = excluded.next_at, last_day = excluded.last_day, generation = excluded.generation`,
		e.person, string(e.kind), day, at, last, e.generation)
	return err
}
