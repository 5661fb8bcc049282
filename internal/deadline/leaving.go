package deadline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/roster"
)

// Whoever has something to do is looked up in Slack once an hour: who has left
// would never do it.
const lookEvery = time.Hour

// lookAfter sees to it that people are looked up at the next full hour; after
// is the hour that was just done.
func (d *Deadlines) lookAfter(tx *database.Tx, after time.Time) error {
	at := d.Now().Truncate(lookEvery)
	if after.After(at) { // a clock that was put back must not end the row of rows
		at = after
	}
	at = at.Add(lookEvery)
	_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindPeople, Key: "deadline/people/" + at.UTC().Format("2006-01-02T15"), Payload: at.UnixMilli(), At: at})
	return err
}

// people looks everybody up who has something to do.
func (d *Deadlines) people(ctx context.Context, j outbox.Job) error {
	var hour int64
	if err := json.Unmarshal(j.Payload, &hour); err != nil {
		return outbox.Dead(err)
	}
	var all []string
	if err := d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		all, err = busy(tx)
		return err
	}); err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	// In another order each time: Slack may let us ask for some only.
	rand.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	var gone []string
	for _, id := range all {
		if asking.Err() != nil {
			break
		}
		if p, err := d.Roster.Today(asking, id); errors.Is(err, chat.ErrNobody) || err == nil && p.Deactivated {
			gone = append(gone, id)
		}
	}
	d.askWeekly(ctx)
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		for _, id := range gone {
			if err := d.orphan(tx, id); err != nil {
				return err
			}
		}
		if err := d.lookAfter(tx, time.UnixMilli(hour)); err != nil {
			return err
		}
		if err := d.followWeeks(tx); err != nil {
			return err
		}
		return j.Done(tx)
	})
}

// heirs are who looks after what a person left: the managers, or, where there
// are none, whoever looks after the playbook.
func (d *Deadlines) heirs(person string) (out []string) {
	for _, role := range []roster.Role{roster.Manager, roster.Owner} {
		for _, id := range d.Roster.Heard(role) {
			if p := d.Roster.Recall(id); id != person && !p.Deactivated && !p.Bot {
				out = append(out, id)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}

// legacy is the payload of a row that tells an heir.
type legacy struct {
	Person string `json:"person"`
	At     int64  `json:"at"`
	Heir   string `json:"heir"`
}

// orphan notes that somebody has left: no more reminders for them, and what
// they had to do is told to their managers, once, in one message.
func (d *Deadlines) orphan(tx *database.Tx, person string) error {
	all, err := OpenOf(tx, person)
	if err != nil {
		return err
	}
	now, found := d.Now().Truncate(time.Millisecond), false
	for _, on := range all {
		if !on.Abandoned.IsZero() {
			continue
		}
		if _, weekly := on.week(); weekly { // was theirs alone to do
			on.Status = Closed{now}
			if err := d.put(tx, on, now, Dropped); err != nil {
				return err
			}
			continue
		}
		found, on.Abandoned = true, now
		if err := d.put(tx, on, now, Orphaned); err != nil {
			return err
		}
	}
	if !found {
		return nil
	}
	heirs := d.heirs(person)
	if len(heirs) == 0 {
		d.Log.Warn("somebody has left with open deadlines, and the playbook's settings name nobody to tell", "person", person)
	}
	for _, heir := range heirs {
		l := legacy{person, now.UnixMilli(), heir}
		if _, err := d.Outbox.Add(tx, outbox.Row{Kind: kindLegacy, Key: "row/" + l.key(), Payload: l, At: d.Calendar(heir).Next(now)}); err != nil {
			return err
		}
	}
	return nil
}

// welcome notes that somebody is back: their reminders go on.
func (d *Deadlines) welcome(tx *database.Tx, person string) error {
	all, err := OpenOf(tx, person)
	if err != nil {
		return err
	}
	now := d.Now().Truncate(time.Millisecond)
	for _, on := range all {
		if on.Abandoned.IsZero() {
			continue
		}
		left := on.Abandoned
		on.Abandoned = time.Time{}
		if err := d.put(tx, on, now, Moved); err != nil {
			return err
		}
		if err := d.refreshOrphans(tx, person, left); err != nil {
			return err
		}
	}
	return nil
}

func (l legacy) key() string { return fmt.Sprintf("deadline/left/%s/%d/%s", l.Person, l.At, l.Heir) }

// bequeath tells an heir what is still to do.
func (d *Deadlines) bequeath(ctx context.Context, j outbox.Job) error {
	var l legacy
	if err := json.Unmarshal(j.Payload, &l); err != nil {
		return outbox.Dead(err)
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		open, err := abandoned(tx, l.Person, time.UnixMilli(l.At))
		if err != nil || len(open) == 0 {
			return err
		}
		return d.Posts.Put(tx, l.key(), l.Heir, d.orphans(l.Person, open, l.Heir))
	})
}

// refreshOrphans brings up to date what heirs were told.
func (d *Deadlines) refreshOrphans(tx *database.Tx, person string, at time.Time) error {
	open, err := abandoned(tx, person, at)
	if err != nil {
		return err
	}
	for _, heir := range d.heirs(person) {
		if _, err := d.Posts.Change(tx, legacy{person, at.UnixMilli(), heir}.key(), d.orphans(person, open, heir)); err != nil {
			return err
		}
	}
	return nil
}
