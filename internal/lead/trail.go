package lead

import (
	"database/sql"
	"strings"
	"time"

	"sopbot/internal/database"
)

// trailShown is how many lines of its history a lead shows; all of them are in
// `sopbot export`.
const trailShown = 50

// entry is a line of a lead's history.
type entry struct {
	at     time.Time
	kind   string
	person string
	origin Origin
}

// trailOf gives what happened to a lead, the latest first.
func trailOf(tx *database.Tx, lead string, most int) ([]entry, error) {
	var out []entry
	err := tx.Each("SELECT at, kind, person, origin FROM events WHERE lead = $1 ORDER BY at DESC, id DESC LIMIT $2", []any{lead, most}, func(rows *sql.Rows) error {
		var e entry
		var at int64
		if err := rows.Scan(&at, &e.kind, &e.person, &e.origin); err != nil {
			return err
		}
		e.at = time.UnixMilli(at)
		out = append(out, e)
		return nil
	})
	return out, err
}

// lastOf is when somebody did that about a lead last; zero for never.
func lastOf(tx *database.Tx, lead, kind, person string) (at time.Time, err error) {
	var millis sql.NullInt64
	if _, err := tx.Row("SELECT max(at) FROM events WHERE lead = $1 AND kind = $2 AND person = $3", []any{lead, kind, person}, &millis); err != nil || !millis.Valid {
		return time.Time{}, err
	}
	return time.UnixMilli(millis.Int64), nil
}

var eventWords = map[string]string{
	"lead.created": "recorded", "lead.assigned": "assigned", "lead.reassigned": "reassigned", "lead.qualified": "qualified",
	"qualification.saved": "scored", "handoff.sent": "handed off", "handoff.asked": "the AE asked", "handoff.answered": "answered",
	"handoff.accepted": "accepted", "handoff.declined": "declined", "handoff.reassigned": "given to another AE",
}

// words says an event to people; one that this version does not know by its
// name.
func (e entry) words() string {
	if w, ok := eventWords[e.kind]; ok {
		return w
	}
	return strings.ReplaceAll(e.kind, ".", " ")
}

var originWords = map[Origin]string{FromCommand: "by command", FromForm: "in a form", FromClick: "by a click", FromShortcut: "by the shortcut", FromClock: "by the clock",
	FromImport: "put in from before"}
