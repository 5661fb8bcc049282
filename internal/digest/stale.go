package digest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

// While Slack is down a digest waits with all other messages. What it says grows
// old; so when its time is over and it still stands nowhere, a line takes its
// place that says so.

// stale is the payload of the row that looks.
type stale struct {
	Key  string `json:"key"`
	To   string `json:"to"`
	Kind Kind   `json:"kind"`
	Day  string `json:"day"`
}

var errOut = errors.New("it is being sent right now")

// least is how long Slack has at any rate, for a digest that is late already.
const least = 30 * time.Minute

// mind has it looked whether a digest has arrived, once it is of no more use.
func (d *Digests) mind(tx *database.Tx, e entry, to string, now time.Time) error {
	at := e.slot.At.Add(Patience)
	if soon := now.Add(least); at.Before(soon) {
		at = soon
	}
	_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindStale, Key: e.post() + "/stale", Payload: stale{e.post(), to, e.kind, e.slot.Day.String()}, At: at})
	return err
}

func (d *Digests) stale(ctx context.Context, j outbox.Job) error {
	var s stale
	if err := json.Unmarshal(j.Payload, &s); err != nil {
		return outbox.Dead(err)
	}
	day, err := playbook.ParseDate(s.Day)
	if err != nil {
		return outbox.Dead(err)
	}
	// A machine that slept may wake up with the call still out.
	if d.Posts.Out(s.Key) {
		return outbox.Later(time.Second, errOut)
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		waits, err := d.Posts.Pending(tx, s.Key)
		if err != nil || !waits {
			return err
		}
		d.Log.Warn("a digest is skipped: Slack did not take it in time", "to", s.To, "digest", s.Kind, "day", s.Day)
		words := "*" + titles[s.Kind] + " of " + date(day) + "*: skipped, because Slack could not be reached in time."
		if s.Kind != Team {
			words += " `/digest` gives the numbers of now, `/digest weekly` those of the last seven days."
		}
		return d.Posts.Put(tx, s.Key, s.To, chat.Message{Text: words, Blocks: chat.TextBlocks(words)})
	})
}
