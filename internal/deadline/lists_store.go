package deadline

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
)

// dueBy lists what is to be looked at by then, beside one: what is the same
// person's first, and everybody's together, so that a crowd of them parts nobody's.
func dueBy(tx *database.Tx, now time.Time, beside Deadline, most int) ([]Deadline, error) {
	return many(tx, "SELECT "+columns+` FROM deadlines WHERE next_at <= $1 AND id <> $2
		ORDER BY CASE WHEN person = $3 THEN 0 ELSE 1 END, person, next_at, id LIMIT $4`, database.Millis(now), beside.ID, beside.Person, most)
}

// enlist puts a reminder into a list.
func enlist(tx *database.Tx, d Deadline, list string) error {
	_, err := tx.Exec("INSERT INTO deadline_lists (list, deadline, turn, bell) VALUES ($1, $2, $3, $4)", list, d.ID, d.Turn, d.bell)
	return err
}

// listOf is the list in which a reminder stands; "" where it has a message of its
// own, or none.
func listOf(tx *database.Tx, d Deadline) (list string, err error) {
	_, err = tx.Row("SELECT list FROM deadline_lists WHERE deadline = $1 AND turn = $2 AND bell = $3", []any{d.ID, d.Turn, d.bell}, &list)
	return list, err
}

// listsOf are all the lists in which a deadline stands in its present turn.
func listsOf(tx *database.Tx, d Deadline) (lists []string, err error) {
	list, err := listOf(tx, d)
	if err != nil {
		return nil, err
	}
	all, err := told(tx, d)
	for _, t := range append(all, telling{list: list}) {
		if t.list != "" {
			lists = append(lists, t.list)
		}
	}
	return lists, err
}

// successor is whoever has the same to do about the same since, where that is
// somebody else; "" where it is nobody.
func successor(tx *database.Tx, d Deadline) (person string, err error) {
	_, err = tx.Row(`SELECT person FROM deadlines WHERE subject = $1 AND page = $2 AND action = $3 AND started_at >= $4 AND person <> $5
		ORDER BY started_at DESC, id DESC LIMIT 1`, []any{d.Subject, d.Page, d.Action.ID, database.Millis(d.Started), d.Person}, &person)
	return person, err
}

// listTelling notes in which list somebody was told.
func listTelling(tx *database.Tx, d Deadline, person, list string) error {
	_, err := tx.Exec("UPDATE deadline_tellings SET listed = $4 WHERE deadline = $1 AND turn = $2 AND person = $3", d.ID, d.Turn, person, list)
	return err
}

// listed is a deadline in a list, as it is now: moved says that it has gone on to
// another turn or bell since.
type listed struct {
	Deadline
	moved bool
}

// inList gives what stands in a list of reminders, the earliest deadline first.
func inList(tx *database.Tx, list string) ([]listed, error) {
	return those(tx, "SELECT deadline AS marked, turn AS marked_turn, bell AS marked_bell FROM deadline_lists WHERE list = $1", list)
}

// toldIn gives what somebody was told in one message.
func toldIn(tx *database.Tx, list string) ([]listed, error) {
	return those(tx, "SELECT deadline AS marked, turn AS marked_turn, -1 AS marked_bell FROM deadline_tellings WHERE listed = $1", list)
}

func those(tx *database.Tx, members, list string) (out []listed, err error) {
	err = tx.Each("SELECT "+columns+", marked_turn, marked_bell FROM deadlines JOIN ("+members+") AS members ON marked = id ORDER BY due_at, id", []any{list}, func(rows *sql.Rows) error {
		var on listed
		var r row
		var turn, bell int
		if err := rows.Scan(append(r.into(&on.Deadline), &turn, &bell)...); err != nil {
			return err
		}
		on.moved = on.Turn != turn || bell >= 0 && on.bell != bell
		out = append(out, on)
		return r.read(&out[len(out)-1].Deadline)
	})
	return out, err
}
