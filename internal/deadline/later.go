package deadline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/roster"
)

// Kinds of outbox rows: they live for ever.
const (
	kindTick   = "deadline.tick"
	kindPeople = "deadline.people"
	kindLegacy = "deadline.left"
	kindWeek   = "deadline.week"
	kindWeeks  = "deadline.weeks"
)

// tick is the payload of a row that looks at a deadline.
type tick struct {
	ID         string `json:"id"`
	Generation int    `json:"generation"`
}

func tickKey(on Deadline) string { return fmt.Sprintf("deadline/%s/%d", on.ID, on.generation) }

// Work tells the outbox what deadlines do later. It is for before the outbox
// runs.
func (d *Deadlines) Work() {
	d.Outbox.Handle(kindTick, d.tick)
	d.Outbox.Handle(kindPeople, d.people)
	d.Outbox.Handle(kindLegacy, d.bequeath)
	d.Outbox.Handle(kindWeek, d.startWeek)
	d.Outbox.Handle(kindWeeks, d.lookAtWeeks)
}

// tick says what is to be said about a deadline now, and adds the next row: one
// at a time, so that what came due while nobody was there is said once.
func (d *Deadlines) tick(ctx context.Context, j outbox.Job) error {
	var t tick
	if err := json.Unmarshal(j.Payload, &t); err != nil {
		return outbox.Dead(err)
	}
	gone, err := d.ask(ctx, t.ID)
	if err != nil {
		return err
	}
	// One at a time: it may deal with all the others, too.
	d.one.Lock()
	defer d.one.Unlock()
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		// First, so that nothing that follows can cancel it.
		if err := j.Done(tx); err != nil {
			return err
		}
		on, err := ByID(tx, t.ID)
		switch {
		case errors.Is(err, ErrGone):
			return nil
		case err != nil:
			return err
		case on.generation != t.Generation || !on.watched():
			d.Log.Debug("a reminder has no reason any more", "deadline", t.ID)
			return nil
		case gone && on.Abandoned.IsZero() && on.Running():
			return d.orphan(tx, on.Person)
		}
		now := d.Now().Truncate(time.Millisecond)
		if now.Before(j.Due) { // the outbox goes by the database's clock
			now = j.Due
		}
		on.next = time.Time{} // its row is this one
		r := d.newRound(tx, now)
		if err := r.act(on); err != nil {
			return err
		}
		if r.speaks() && j.Attempt == 1 { // what failed is tried by itself
			if err := d.together(r, on); err != nil {
				return err
			}
		}
		return r.say()
	})
}

// together adds what comes due at the same moment, so that nobody gets a message
// for each of many things.
func (d *Deadlines) together(r *round, beside Deadline) error {
	others, err := dueBy(r.tx, r.now, beside, mostAtOnce)
	if err != nil {
		return err
	}
	for _, on := range others {
		if d.Roster.Recall(on.Person).Deactivated && on.Running() {
			continue // its own row sees to it
		}
		if err := r.act(on); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long is waited for Slack to say who is who; what is known does
// without it.
const patience = 5 * time.Second

// ask has Slack asked about everybody concerned, outside any transaction, and
// tells whether whoever has to do it is gone.
func (d *Deadlines) ask(ctx context.Context, id string) (gone bool, err error) {
	var on Deadline
	err = d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		on, err = ByID(tx, id)
		return err
	})
	if errors.Is(err, ErrGone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if on.Escalate != "" {
		members, err := d.Roster.Members(ctx, roster.Role(on.Escalate))
		if err != nil {
			d.Log.Warn("Slack could not be asked who is to be told of a deadline", "role", on.Escalate, "error", err)
		}
		for _, m := range members {
			// What Slack says is kept in the roster.
			if _, err := d.Roster.Person(ctx, m); err != nil && !errors.Is(err, chat.ErrNobody) {
				return false, err
			}
		}
	}
	p, err := d.Roster.Person(ctx, on.Person)
	if errors.Is(err, chat.ErrNobody) {
		return true, nil
	}
	return p.Deactivated, err
}

// Start sees to everything that may have changed while nobody was there: hours,
// holidays, zones, people. It is for after the roster was started.
func (d *Deadlines) Start(ctx context.Context) error {
	if err := d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := d.lookAfter(tx, time.Time{}); err != nil {
			return err
		}
		_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindWeeks, Key: "deadline/weeks/" + database.NewID(), At: d.Now()})
		return err
	}); err != nil {
		return err
	}
	return d.Recompute(ctx)
}

// PersonChanged is for the roster to tell of a member who moved, left or came
// back. It may take a while.
func (d *Deadlines) PersonChanged(ctx context.Context, before, now chat.Profile) error {
	if now.Deactivated != before.Deactivated && before.ID != "" {
		if err := d.DB.Write(ctx, func(tx *database.Tx) error {
			if now.Deactivated {
				return d.orphan(tx, now.ID)
			}
			return d.welcome(tx, now.ID)
		}); err != nil {
			return err
		}
	}
	if now.Zone == before.Zone && now.Deactivated == before.Deactivated && before.ID != "" {
		return nil
	}
	if err := d.DB.Write(ctx, func(tx *database.Tx) error { return d.followWeek(tx, now.ID, d.Now()) }); err != nil {
		return err
	}
	if now.Zone == before.Zone {
		return nil
	}
	for role := range d.Shelf.InForce().Settings.Roles {
		if slices.Contains(d.Roster.Heard(roster.Role(role)), now.ID) {
			return d.Recompute(ctx) // may be told of anybody's deadlines
		}
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		all, err := OpenOf(tx, now.ID)
		return errors.Join(err, d.recountAll(tx, all))
	})
}

// batch is how many deadlines one transaction moves: others want to write, too.
const batch = 200

// Recompute moves open deadlines to where they are now: for a playbook with
// other hours, holidays or roles, and for people who moved to another zone.
func (d *Deadlines) Recompute(ctx context.Context) error {
	after := ""
	for {
		last := ""
		if err := d.DB.Write(ctx, func(tx *database.Tx) error {
			last = ""
			some, err := someRunning(tx, after, batch)
			if err != nil || len(some) == 0 {
				return err
			}
			last = some[len(some)-1].ID
			return d.recountAll(tx, some)
		}); err != nil {
			return err
		}
		if last == "" {
			return d.DB.Write(ctx, d.followWeeks)
		}
		after = last
	}
}

func (d *Deadlines) recountAll(tx *database.Tx, all []Deadline) error {
	for _, on := range all {
		if err := d.recount(tx, on); err != nil {
			return fmt.Errorf("recompute deadline %s: %w", on.ID, err)
		}
	}
	return nil
}

// recount counts a deadline anew. A row whose time has come is made anew, too: it
// may have been given up.
func (d *Deadlines) recount(tx *database.Tx, on Deadline) error {
	if _, open := on.Status.(Open); !open {
		return nil
	}
	now, due, generation := d.Now().Truncate(time.Millisecond), on.Due, on.generation
	on.count(d.Calendar(on.Person))
	if !on.Due.Equal(due) {
		return d.put(tx, on, now, Moved)
	}
	// The deadline stays, but perhaps not its reminders.
	if err := d.schedule(tx, &on, now); err != nil || on.generation == generation {
		return err
	}
	return store(tx, on)
}
