package lead

import (
	"encoding/json"
	"fmt"
	"time"

	"sopbot/internal/database"
)

// Origin is the gesture that an event came from.
type Origin string

// The origins of events. Names that are stored: add, don't rename.
const (
	FromCommand  Origin = "command"
	FromForm     Origin = "form"
	FromClick    Origin = "click"
	FromShortcut Origin = "shortcut"
	FromClock    Origin = "clock"
	FromImport   Origin = "import" // history that was put in, such as the demo's
)

// Event is something that happened. The kinds that timed actions may wait for
// are those of the playbook (lead.assigned, …); all others are for the trail
// alone.
type Event struct {
	ID      string
	At      time.Time
	Kind    string
	Person  string // who did it
	Origin  Origin
	Lead    string // id, or "" where it is about no lead
	Subject string // what it happened to: "handoff/…", "lead/…"
	Detail  any    // what changed, as JSON; no more than is needed to follow it
}

// Record adds an event, in the transaction of what it tells of, and tells
// whoever waits for events (OnEvent).
func (l *Leads) Record(tx *database.Tx, e Event) error {
	if e.ID == "" {
		e.ID = database.NewID()
	}
	if e.At.IsZero() {
		e.At = l.Now()
	}
	detail, err := json.Marshal(e.Detail)
	if err != nil {
		return fmt.Errorf("detail of %s: %w", e.Kind, err)
	}
	if e.Detail == nil {
		detail = []byte("{}")
	}
	if err := insertEvent(tx, e, string(detail)); err != nil {
		return fmt.Errorf("record %s: %w", e.Kind, err)
	}
	if l.OnEvent == nil {
		return nil
	}
	return l.OnEvent(tx, e)
}
