package erasure

import (
	"database/sql"
	"encoding/json"
	"time"

	"sopbot/internal/database"
)

// Left is something that stands in Slack and that the bot cannot change: it
// keeps no place of it.
type Left struct {
	What string
	At   time.Time
}

// leftBy finds what somebody of the team left in Slack, before it is forgotten
// that it was theirs.
func leftBy(tx *database.Tx, person string) (all []Left, err error) {
	if all, err = quoting(tx, all, func(by, _ string) bool { return by == person }); err != nil {
		return nil, err
	}
	if err := tx.Each("SELECT channel, at FROM shares WHERE person = $1 ORDER BY at", []any{person}, func(rows *sql.Rows) error {
		var channel string
		var at int64
		err := rows.Scan(&channel, &at)
		all = append(all, Left{"an answer that they shared, under their name, in " + channel, time.UnixMilli(at)})
		return err
	}); err != nil {
		return nil, err
	}
	return files(tx, all, func(to, _ string) bool { return to == person })
}

// leftWith finds what names are left in Slack with, before they are taken out.
func leftWith(tx *database.Tx, s spellings) (all []Left, err error) {
	if all, err = quoting(tx, all, func(_, words string) bool { return s.mayHold(words) && s.erase(words) != words }); err != nil {
		return nil, err
	}
	return files(tx, all, func(_, payload string) bool { return s.mayHold(payload) && inside(payload, s.erase) != payload })
}

// quoting are the answers to questions that are asked where the bot answers by a
// message: it repeats the question.
func quoting(tx *database.Tx, all []Left, which func(by, words string) bool) ([]Left, error) {
	err := tx.Each("SELECT person, words, channel, at FROM questions WHERE via IN ('mention', 'direct') AND words <> '' ORDER BY at", nil, func(rows *sql.Rows) error {
		var by, words, channel string
		var at int64
		if err := rows.Scan(&by, &words, &channel, &at); err != nil {
			return err
		}
		if which(by, words) {
			all = append(all, Left{"a question and the answer that repeats it, in " + channel, time.UnixMilli(at)})
		}
		return nil
	})
	return all, err
}

// files are those for calendars that went out or are on their way just now, as
// long as the outbox knows of them.
func files(tx *database.Tx, all []Left, which func(to, payload string) bool) ([]Left, error) {
	err := tx.Each("SELECT payload, coalesce(done_at, created_at) FROM outbox WHERE kind = 'research.file' AND (state = 'done' OR lease <> '') ORDER BY 2", nil, func(rows *sql.Rows) error {
		var payload string
		var at int64
		if err := rows.Scan(&payload, &at); err != nil {
			return err
		}
		var f struct{ Person string }
		if err := json.Unmarshal([]byte(payload), &f); err != nil {
			return nil //nolint:nilerr // what cannot be read went to nobody
		}
		if which(f.Person, payload) {
			all = append(all, Left{"a file for a calendar (research.ics), in the direct messages of " + f.Person, time.UnixMilli(at)})
		}
		return nil
	})
	return all, err
}

// Since tells of the last erasure on request after a moment; at is zero where
// there was none. person says whether a member of the team was among those who
// were erased.
func Since(tx *database.Tx, after time.Time) (at time.Time, person bool, err error) {
	var last, people int64
	if _, err := tx.Row("SELECT coalesce(max(at), 0), coalesce(sum(CASE kind WHEN 'person' THEN 1 ELSE 0 END), 0) FROM erasures WHERE at > $1 AND kind <> 'retention'",
		[]any{database.Millis(after)}, &last, &people); err != nil || last == 0 {
		return time.Time{}, false, err
	}
	return time.UnixMilli(last), people > 0, nil
}

// Done is an erasure on request, as the trail keeps it.
type Done struct {
	ID   string
	At   time.Time
	By   string
	Kind Kind
}

// All are the erasures on request that a database knows of, the oldest first.
func All(tx *database.Tx) (all []Done, err error) {
	err = tx.Each("SELECT id, at, person, kind FROM erasures WHERE kind <> 'retention' ORDER BY at, id", nil, func(rows *sql.Rows) error {
		var d Done
		var at int64
		var kind string
		err := rows.Scan(&d.ID, &at, &d.By, &kind)
		d.At, d.Kind = time.UnixMilli(at), Kind(kind)
		all = append(all, d)
		return err
	})
	return all, err
}
