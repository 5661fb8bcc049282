package deadline

import (
	"errors"
	"slices"
	"time"

	"sopbot/internal/playbook"
)

// Status is how a deadline stands: Open, Paused, Done, Closed or Missed.
type Status interface{ state() string }

// Open is one whose clock runs.
type Open struct{}

// Paused is one whose clock stands still.
type Paused struct {
	At   time.Time
	Left time.Duration // of working time; negative where it was late already
}

// Done is one whose action was done.
type Done struct {
	At   time.Time
	By   string
	Late time.Duration // of working time; zero = on time
}

// Closed is one whose action nobody needs any more.
type Closed struct{ At time.Time }

// Missed is one whose action was not done in the week that it belongs to.
type Missed struct{ At time.Time } // the end of that week

func (Open) state() string   { return "open" }
func (Paused) state() string { return "paused" }
func (Done) state() string   { return "done" }
func (Closed) state() string { return "closed" }
func (Missed) state() string { return "missed" }

// Rule is a timed action as the playbook had it when the clock started.
type Rule struct {
	Page, PageTitle string
	playbook.Action
	Playbook string // the version
}

// Deadline is what somebody has to do by when.
type Deadline struct {
	ID string
	Rule
	Subject string // what it is about: "lead/…", "handoff/…"
	Key     string // see Happening
	Lead    string // id, or ""
	Title   string // what it is about, as people call it
	Person  string
	Turn    int // counts the people who had it, from 1
	Started time.Time
	Due     time.Time
	Status  Status

	Snoozed   time.Time // no reminder before it; zero = not snoozed
	Escalated time.Time // when the first one was told that it passed; zero = nobody was
	Abandoned time.Time // when it was found that the person has left; zero = not

	// What Due is counted from, and what was left then: nil is the whole span.
	from time.Time
	left *time.Duration

	handled    time.Time // reminders up to then are dealt with
	repeated   int       // reminders after the deadline
	bell       int       // messages that ring: one, and another for each snooze that ended
	generation int       // of the outbox row that looks at it next
	next       time.Time // when; zero = never

	// Not stored: the lists in which it stood until now, and where those are noted
	// that are to be shown anew once everything is settled; nil = they are at once.
	leaves []string
	stale  map[string]bool
}

// Errors of deadlines.
var (
	ErrGone = errors.New("deadline: there is no such deadline")
	ErrOver = errors.New("deadline: it is over already")
)

// Running reports whether the action is still to be done, now or after a
// pause.
func (d Deadline) Running() bool {
	switch d.Status.(type) {
	case Done, Closed, Missed:
		return false
	}
	return true
}

// watched reports whether there may be something to tell about it still.
func (d Deadline) watched() bool {
	_, missed := d.Status.(Missed)
	return missed || d.Running()
}

// Late is how much working time has passed since the deadline; zero before it.
func (d Deadline) Late(now time.Time, c Calendar) time.Duration {
	switch s := d.Status.(type) {
	case Paused:
		return max(0, -s.Left)
	case Done:
		return s.Late
	case Closed:
		return 0
	case Missed:
		now = s.At
	}
	return c.Between(d.Due, now)
}

// count finds out when it is due.
func (d *Deadline) count(c Calendar) {
	switch {
	case d.left == nil:
		d.Due = c.Add(d.from, d.Within)
	case *d.left < 0:
		d.Due = c.back(d.from, -*d.left)
	default:
		d.Due = c.addClock(c.Next(d.from), *d.left)
	}
	if first, weekly := d.week(); weekly {
		// A week's work is due in that week, whenever somebody came to it.
		if _, closes, works := c.workingWeek(first); works && closes.Before(d.Due) {
			d.Due = closes
		}
	}
	d.Due = d.Due.Truncate(time.Millisecond)
}

// pause stops the clock.
func (d *Deadline) pause(now time.Time, c Calendar) {
	left := c.Between(now, d.Due)
	if left == 0 {
		left = -c.Between(d.Due, now)
	}
	d.Status = Paused{now, left}
}

// resume lets it go on with what was left.
func (d *Deadline) resume(now time.Time, c Calendar) {
	if s, paused := d.Status.(Paused); paused {
		d.Status, d.from, d.left = Open{}, now, &s.Left
		d.count(c)
	}
}

// pass gives it to somebody else, who has the whole span again.
func (d *Deadline) pass(to string, now time.Time, c Calendar) {
	d.Person, d.Turn = to, d.Turn+1
	d.from, d.left = now, nil
	d.Snoozed, d.handled, d.repeated, d.bell = time.Time{}, now, 0, 1
	d.Escalated, d.Abandoned = time.Time{}, time.Time{}
	if s, paused := d.Status.(Paused); paused {
		s.Left = c.Between(now, c.Add(now, d.Within))
		d.Status = s
		return
	}
	d.count(c)
}

// finish ends it.
func (d *Deadline) finish(by string, now time.Time, c Calendar) error {
	if !d.Running() {
		return ErrOver
	}
	d.Status = Done{now, by, d.Late(now, c)}
	return nil
}

// boss is somebody who is told when a deadline passes.
type boss struct {
	person string
	Calendar
	told bool
}

// plan is what is to be said about a deadline now, and when to look at it next.
type plan struct {
	remind   bool // the person is reminded
	merged   int  // of so many reminders that came due
	repeated int  // so many of them after the deadline
	ring     bool // a snooze ended
	tell     []string
	over     bool      // its week has ended
	next     time.Time // zero = never
}

// now reports whether there is something to say.
func (p plan) now() bool { return p.remind || p.over || len(p.tell) > 0 }

// later notes that there is something to do at that time.
func (p *plan) later(t time.Time) {
	if p.next.IsZero() || t.Before(p.next) {
		p.next = t
	}
}

// nudge is a moment at which the person is reminded.
type nudge struct {
	at    time.Time
	after bool // the deadline
	ring  bool
}

// apart is the working time between two reminders after the deadline: as much
// as the action may take, an hour at most.
func (d Deadline) apart() time.Duration {
	if d.Within.Days > 0 || d.Within.Months > 0 {
		return time.Hour
	}
	return min(time.Hour, d.Within.Clock)
}

// nudges are the moments that are not dealt with yet, in order: the playbook's
// offsets before the deadline, the deadline, and so many repeats after it. A
// snooze takes the place of those that fall into it.
func (d Deadline) nudges(c Calendar) []nudge {
	var all []nudge
	add := func(t time.Time, after bool) {
		t = t.Truncate(time.Millisecond)
		if t.After(d.handled) && t.After(d.Snoozed) {
			all = append(all, nudge{at: t, after: after})
		}
	}
	for _, offset := range d.Remind {
		if t := c.Before(d.Due, offset); t.After(d.from) && t.Before(d.Due) {
			add(t, false)
		}
	}
	at := c.Next(d.Due)
	add(at, false)
	for k := 1; k <= d.Repeat && d.repeated+count(all, true) < d.Repeat; k++ {
		at = c.Next(c.addClock(at, d.apart()))
		add(at, true)
	}
	if d.Snoozed.After(d.handled) {
		all = append(all, nudge{at: c.Next(d.Snoozed), ring: true})
	}
	slices.SortStableFunc(all, func(a, b nudge) int { return a.at.Compare(b.at) })
	return all
}

func count(all []nudge, after bool) (n int) {
	for _, a := range all {
		if a.after == after {
			n++
		}
	}
	return n
}

// plan says what to do about a deadline now. Nobody is told anything outside
// their working hours; what came due meanwhile is said once, at the opening.
func (d Deadline) plan(now time.Time, own Calendar, bosses []boss) plan {
	var p plan
	switch s := d.Status.(type) {
	case Open:
		if ends, weekly := d.ends(own); weekly {
			if p.over = !now.Before(ends); p.over {
				return p
			}
			p.later(ends)
		}
		if d.Abandoned.IsZero() {
			d.planPerson(&p, now, own)
		}
	case Missed:
		if now.Sub(s.At) > worthTelling {
			return p
		}
	default:
		return p
	}
	if d.Escalate == "" {
		return p
	}
	for _, b := range bosses {
		switch {
		case b.told || b.person == d.Person:
		case now.Before(d.Due):
			p.later(d.Due)
		case b.Within(now):
			p.tell = append(p.tell, b.person)
		default:
			p.later(b.Next(now))
		}
	}
	return p
}

// worthTelling is how long after its week a manager is still told that something
// was not done in it.
const worthTelling = 7 * 24 * time.Hour

func (d Deadline) planPerson(p *plan, now time.Time, own Calendar) {
	for _, n := range d.nudges(own) {
		if n.at.After(now) {
			p.later(n.at)
			return
		}
		if !own.Within(now) {
			p.later(own.Next(now))
			return
		}
		p.remind, p.ring = true, p.ring || n.ring
		p.merged++
		if n.after {
			p.repeated++
		}
	}
}
