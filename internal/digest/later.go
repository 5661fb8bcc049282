package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/roster"
)

// Kinds of outbox rows: they live for ever.
const (
	kindDue   = "digest.due"
	kindLook  = "digest.look"
	kindStale = "digest.stale"
)

// due is the payload of a row that sends a digest.
type due struct {
	Person     string `json:"person"`
	Kind       Kind   `json:"kind"`
	Generation int    `json:"generation"`
}

func (e entry) row() string {
	return fmt.Sprintf("digest/%s/%s/%d", e.kind, e.person, e.generation)
}

// post is the key of the message: one for each local day.
func (e entry) post() string {
	if e.kind == Daily {
		return fmt.Sprintf("digest/%s/%s", e.person, e.slot.Day)
	}
	return fmt.Sprintf("digest/%s/%s/%s", e.kind, e.person, e.slot.Day)
}

// Work tells the outbox what digests do later. It is for before the outbox runs.
func (d *Digests) Work() {
	d.Outbox.Handle(kindDue, d.send)
	d.Outbox.Handle(kindLook, d.look)
	d.Outbox.Handle(kindNudge, d.nudged)
	d.Outbox.Handle(kindStale, d.stale)
}

// lookEvery is how often it is looked who is a manager, and who no longer.
const lookEvery = time.Hour

// Start follows everything that changed while nobody was there, and has Slack
// asked about it as soon as the outbox runs. It is for after the roster was
// started.
func (d *Digests) Start(ctx context.Context) error {
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := d.follow(tx); err != nil {
			return err
		}
		_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindLook, Key: "digest/look/" + database.NewID(), At: d.Now()})
		return err
	})
}

// Follow brings the times of the next digests in line with the playbook in force
// and with who is a manager where. What is due already stays.
func (d *Digests) Follow(ctx context.Context) error { return d.DB.Write(ctx, d.follow) }

func (d *Digests) lookAgain(tx *database.Tx) error {
	at := d.Now().UTC().Truncate(lookEvery).Add(lookEvery)
	_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindLook, Key: "digest/look/" + at.Format("2006-01-02T15"), At: at})
	return err
}

func (d *Digests) look(ctx context.Context, j outbox.Job) error {
	members, err := d.Roster.Members(ctx, roster.Manager)
	if err != nil {
		d.Log.Warn("Slack could not be asked who gets digests", "error", err)
	}
	for _, m := range members {
		// What Slack says is kept in the roster.
		if _, err := d.Roster.Person(ctx, m); err != nil && !errors.Is(err, chat.ErrNobody) {
			return err
		}
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		if err := d.follow(tx); err != nil {
			return err
		}
		return d.lookAgain(tx)
	})
}

// follow plans a digest for everybody who is to get one, and no more for who is
// not.
func (d *Digests) follow(tx *database.Tx) error {
	there, err := entries(tx)
	if err != nil {
		return err
	}
	type name struct {
		person string
		kind   Kind
	}
	known := map[name]entry{}
	for _, e := range there {
		known[name{e.person, e.kind}] = e
	}
	var wanted []name
	for _, id := range d.Roster.Heard(roster.Manager) {
		switch p := d.Roster.Recall(id); {
		case !p.Known && known[name{id, Daily}].generation > 0:
			// It was planned by a zone that is not known any more. Slack is asked,
			// and what the playbook's zone says would be wrong until then.
			delete(known, name{id, Daily})
			delete(known, name{id, Weekly})
		case !p.Deactivated && !p.Bot && !p.Guest:
			wanted = append(wanted, name{id, Daily}, name{id, Weekly})
		}
	}
	if d.channel() != "" {
		wanted = append(wanted, name{"", Team})
	}
	now := d.Now().Truncate(time.Millisecond)
	for _, n := range wanted {
		e, old := known[n]
		delete(known, n)
		if !old {
			e = entry{person: n.person, kind: n.kind}
		}
		if err := d.plan(tx, e, d.times(n.person).again(e, now)); err != nil {
			return err
		}
	}
	for _, e := range known {
		if err := d.plan(tx, e, Slot{}); err != nil {
			return err
		}
	}
	return nil
}

// channel is where the team reads its digest; "" = nowhere.
func (d *Digests) channel() string { return d.Shelf.InForce().Settings.Channels["digest"] }

// again is the next digest by the times of now. One that is due already stays:
// whether it still goes out is for its row to say. What has passed by times that
// were not in force yet does not go out after the fact.
func (t times) again(e entry, now time.Time) Slot {
	if !e.slot.At.IsZero() {
		if !e.slot.At.After(now) {
			return e.slot
		}
		if s, some := t.on(e.kind, e.slot.Day); some && !s.At.Before(now) {
			return s
		}
	}
	s, _ := t.next(e.kind, e.last, now)
	return s
}

// plan sees to it that the outbox sends the next digest at its time.
func (d *Digests) plan(tx *database.Tx, e entry, next Slot) error {
	if next.Day == e.slot.Day && next.At.Equal(e.slot.At) && e.generation > 0 {
		return nil
	}
	if !e.slot.At.IsZero() {
		if _, err := d.Outbox.Cancel(tx, e.row()); err != nil {
			return err
		}
	}
	e.slot = next
	e.generation++
	if err := save(tx, e); err != nil || next.At.IsZero() {
		return err
	}
	_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindDue, Key: e.row(), Payload: due{e.person, e.kind, e.generation}, At: next.At})
	return err
}

// send is the row of a digest: the message and the time of the next one go in
// together.
func (d *Digests) send(ctx context.Context, j outbox.Job) error {
	var p due
	if err := json.Unmarshal(j.Payload, &p); err != nil {
		return outbox.Dead(err)
	}
	var e entry
	if err := d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		e, err = load(tx, p.Person, p.Kind)
		return err
	}); err != nil {
		return err
	}
	if e.generation != p.Generation || e.slot.At.IsZero() {
		return nil
	}
	reads, err := d.stillReads(ctx, e)
	if err != nil {
		return err
	}
	now := d.Now().Truncate(time.Millisecond)
	if now.Before(e.slot.At) { // the outbox goes by the database's clock
		now = e.slot.At
	}
	t := d.times(e.person)
	goes := reads && now.Sub(e.slot.At) < Patience
	if opens := t.Next(now); goes && opens.After(now) {
		if opens.Sub(e.slot.At) < Patience {
			return outbox.Later(opens.Sub(now), errClosed)
		}
		goes = false
	}
	if !goes {
		return d.over(ctx, j, e, nil, reads, now)
	}
	if wait := d.pace.turn(j.Key, now); wait > 0 {
		return outbox.Later(wait, errPaced)
	}
	r, err := d.counted.report(string(e.kind)+" "+t.Zone().String()+" "+e.slot.At.String(), now, func() (r Report, err error) {
		err = d.DB.Read(ctx, func(tx *database.Tx) (err error) {
			r, err = d.report(tx, e.kind, e.person, now, t.period(e.kind, e.slot.At, false))
			return err
		})
		return r, err
	})
	if err != nil {
		return err
	}
	r.Reader = e.person
	m := d.message(r)
	return d.over(ctx, j, e, &m, reads, now)
}

var (
	errClosed = errors.New("outside working hours")
	errPaced  = errors.New("waiting for its turn")
)

// stillReads asks Slack whether somebody is to get a digest.
func (d *Digests) stillReads(ctx context.Context, e entry) (bool, error) {
	if e.kind == Team {
		return d.channel() != "", nil
	}
	p, err := d.Roster.Person(ctx, e.person)
	switch {
	case errors.Is(err, chat.ErrNobody):
		return false, nil
	case err != nil:
		return false, err
	case p.Deactivated || p.Bot || p.Guest || d.Roster.Open(roster.Manager):
		return false, nil
	}
	return d.Roster.Has(ctx, e.person, roster.Manager)
}

// over ends a digest's row: with the message, or without where it is skipped.
func (d *Digests) over(ctx context.Context, j outbox.Job, e entry, m *chat.Message, reads bool, now time.Time) error {
	if m == nil && reads {
		d.Log.Warn("a digest is skipped: nobody was there to send it in time", "person", e.person, "digest", e.kind, "day", e.slot.Day.String(), "due", e.slot.At)
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		// First, so that nothing that follows can cancel it.
		if err := j.Done(tx); err != nil {
			return err
		}
		latest, err := load(tx, e.person, e.kind)
		if err != nil || latest.generation != e.generation {
			return err
		}
		if m != nil {
			to := e.person
			if e.kind == Team {
				to = d.channel()
			}
			if err := d.Posts.Put(tx, e.post(), to, *m); err != nil {
				return err
			}
			if err := d.mind(tx, e, to, now); err != nil {
				return err
			}
		}
		next := Slot{}
		if reads {
			e.last = e.slot.Day
			// After a time in which nobody was there, the one of today may still
			// be of use.
			next, _ = d.times(e.person).next(e.kind, e.last, now.Add(time.Millisecond-Patience))
		}
		return d.plan(tx, e, next)
	})
}

// pace lets digests leave one after the other: two hundred at one hour must not
// stand in the way of what somebody waits for.
type pace struct {
	mu   sync.Mutex
	free time.Time            // when the next one may go
	mine map[string]time.Time // whose turn is when
}

const paceEvery = 200 * time.Millisecond

// turn tells how long a digest has to wait. Having waited, it asks again and has
// its turn.
func (p *pace) turn(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, waited := p.mine[key]
	if !waited {
		at = now
		// A clock that was put back must not keep anybody waiting.
		if p.free.After(now) && p.free.Sub(now) < time.Hour {
			at = p.free
		}
		p.free = at.Add(paceEvery)
	}
	if wait := at.Sub(now); wait > 0 && wait < time.Hour {
		if p.mine == nil {
			p.mine = map[string]time.Time{}
		}
		p.mine[key] = at
		return wait
	}
	delete(p.mine, key)
	return 0
}

// counted keeps what was counted for a moment: managers of one zone read the same
// numbers at one hour.
type counted struct {
	mu   sync.Mutex
	done map[string]countedOnce
}

type countedOnce struct {
	Report
	at time.Time
}

const countedFor = time.Minute

// report counts, or gives what was counted for the same moment a moment ago. One
// at a time counts: the others would only count the same.
func (c *counted) report(what string, now time.Time, count func() (Report, error)) (Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, old := range c.done {
		if age := now.Sub(old.at); age < 0 || age >= countedFor {
			delete(c.done, key)
		}
	}
	if old, there := c.done[what]; there {
		return old.Report, nil
	}
	r, err := count()
	if err != nil {
		return r, err
	}
	if c.done == nil {
		c.done = map[string]countedOnce{}
	}
	c.done[what] = countedOnce{r, now}
	return r, nil
}
