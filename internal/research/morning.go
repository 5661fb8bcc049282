package research

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

const (
	kindMorning = "research.morning" // of outbox rows: lives for ever

	// tooLate is when a morning's list is of no use any more.
	tooLate = 4 * time.Hour
)

// morning is the payload of a row that sends a rep the list of a morning.
type morning struct {
	Person string `json:"person"`
}

// Work tells the outbox what research does later. It is for before the outbox
// runs.
func (r *Research) Work() {
	r.Outbox.Handle(kindMorning, r.morning)
	r.Outbox.Handle(kindFile, r.sendFile)
}

// Awaits sees to it that somebody who has research to do gets the list of it on
// their next working morning. Each morning sees to the next, as long as
// something is open.
func (r *Research) Awaits(tx *database.Tx, person string) error {
	at, ok := r.next(person, r.Now())
	if !ok {
		return nil
	}
	_, err := r.Outbox.Add(tx, outbox.Row{Kind: kindMorning, Key: r.morningKey(person, at), Payload: morning{person}, At: at})
	return err
}

func (r *Research) morningKey(person string, at time.Time) string {
	return fmt.Sprintf("research/morning/%s/%s", person, at.In(r.Calendar(person).Zone()).Format("2006-01-02"))
}

// next is the next morning on which a person works, at the playbook's time or
// when they begin; ok is false where the playbook wants no list.
func (r *Research) next(person string, after time.Time) (at time.Time, ok bool) {
	clock := r.Shelf.InForce().Settings.ResearchBlock.At
	if !clock.Set {
		return time.Time{}, false
	}
	return nextMorning(r.Calendar(person), clock, after), true
}

// nextMorning is the first working morning after an instant. A time outside the
// hours is the next opening.
func nextMorning(c deadline.Calendar, clock playbook.Clock, after time.Time) time.Time {
	day := playbook.DateOf(after.In(c.Zone()))
	for {
		if at := c.Next(c.At(day, clock)); at.After(after) {
			return at
		}
		day = day.Add(playbook.Span{Days: 1})
	}
}

// morning sends the list, and sees to the next one.
func (r *Research) morning(ctx context.Context, j outbox.Job) error {
	var m morning
	if err := json.Unmarshal(j.Payload, &m); err != nil {
		return outbox.Dead(err)
	}
	return r.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		open, err := openOf(tx, m.Person)
		if err != nil {
			return err
		}
		if len(open) == 0 {
			return nil // the next lead that is assigned begins again
		}
		if err := r.Awaits(tx, m.Person); err != nil {
			return err
		}
		now := r.Now()
		if now.Before(j.Due) { // the outbox goes by the database's clock
			now = j.Due
		}
		c := r.Calendar(m.Person)
		switch {
		case now.Sub(j.Due) > tooLate:
			r.Log.Info("a morning's research list came too late to be of use and is left out", "person", m.Person, "due", j.Due)
			return nil
		case !c.Within(now): // the hours changed meanwhile, or it is a holiday by now
			return nil
		}
		today := dueBy(open, endOfDay(c, now))
		if len(today) == 0 {
			return nil
		}
		return r.Posts.Put(tx, r.morningKey(m.Person, j.Due), m.Person, r.morningMessage(today, len(open)-len(today), now, c))
	})
}

// Changed brings the list of today up to date, where somebody has one: what is
// done goes, what came in is added.
func (r *Research) Changed(tx *database.Tx, person string) error {
	c, now := r.Calendar(person), r.Now()
	open, err := openOf(tx, person)
	if err != nil {
		return err
	}
	m := nothingLeft(len(open))
	if today := dueBy(open, endOfDay(c, now)); len(today) > 0 {
		m = r.morningMessage(today, len(open)-len(today), now, c)
	}
	_, err = r.Posts.Change(tx, r.morningKey(person, now), m)
	return err
}

// openOf is the research that somebody has to do.
func openOf(tx *database.Tx, person string) ([]deadline.Deadline, error) {
	all, err := deadline.OpenOf(tx, person)
	return slices.DeleteFunc(all, func(d deadline.Deadline) bool { return d.Rule.Done != FormPage }), err
}

// dueBy are those that are due by then, oldest first.
func dueBy(open []deadline.Deadline, end time.Time) []deadline.Deadline {
	out := slices.DeleteFunc(slices.Clone(open), func(d deadline.Deadline) bool { return d.Due.After(end) })
	slices.SortStableFunc(out, func(a, b deadline.Deadline) int { return a.Due.Compare(b.Due) })
	return out
}

func endOfDay(c deadline.Calendar, now time.Time) time.Time {
	tomorrow := playbook.DateOf(now.In(c.Zone())).Add(playbook.Span{Days: 1})
	return c.At(tomorrow, playbook.Clock{Set: true})
}
