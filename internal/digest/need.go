package digest

import (
	"time"

	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Why is what makes something a manager's business today.
type Why int

// In the order of urgency.
const (
	Passed     Why = iota // a deadline
	Stalled               // a handoff waits for its AE, and no clock presses them
	Unanswered            // a question stops a handoff's clock since yesterday or longer
	Returned              // a lead was declined so often that only a manager may hand it off again
	Today                 // a deadline ends before the manager's day does
)

// Need is something that a manager should do today.
type Need struct {
	Why
	Key     string // what a nudge is about: "deadline/…" or "handoff/…"; "" = it helps nothing here
	Subject string // "lead/…", "handoff/…": what is opened and reassigned
	Lead    string // what is opened where the subject is nothing to look at, or ""
	Title   string // what it is about, as people call it
	What    string // what is to be done, where the playbook says it
	Person  string // by whom
	Since   time.Time
	Late    time.Duration // working time of whoever has to do it, since then
	Told    bool          // managers were told of it when it passed
	Asker   string        // of the question
	Times   int           // how often the lead was declined
	Ends    string        // the deadline that a click ends; "" where a form or an answer does
}

// returned is for how long a lead that was declined too often is a manager's
// business of the day.
const returned = 7 * 24 * time.Hour

// needs lists what a manager should do today, the most urgent first: so many are
// passed over, so many listed. n is how many there are in all.
//
// They come from several rooms, one kind after the other, each in an order of its
// own; so a page of thousands reads its own few only.
func (d *Digests) needs(tx *database.Tx, at time.Time, t times, skip, most int) (out []Need, n int, err error) {
	today := playbook.DateOf(at.In(t.Zone()))
	begins, ends := t.midnight(today), t.midnight(today.Add(playbook.Span{Days: 1}))
	now := at.Add(time.Millisecond)
	// window is what of the next kind is on the page; of is how many there are.
	window := func(of int) (from, room int) {
		from = min(max(skip-n, 0), of)
		room = max(min(of-from, most-len(out)), 0)
		n += of
		return from, room
	}
	pressing := func(why Why, from, before time.Time, first string) error {
		of, err := deadline.CountPressing(tx, from, before)
		if err != nil {
			return err
		}
		skip, room := window(of)
		due, err := deadline.Pressing(tx, from, before, first, skip, room)
		for _, on := range due {
			out = append(out, d.pressed(why, on, at))
		}
		return err
	}
	if err := pressing(Passed, time.Time{}, now, "handoff/"); err != nil {
		return nil, 0, err
	}
	of, err := handoff.CountStuck(tx, begins)
	if err != nil {
		return nil, 0, err
	}
	from, room := window(of)
	stuck, err := handoff.Stuck(tx, begins, from, room)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range stuck {
		need := Need{Why: Stalled, Key: "handoff/" + s.ID, Subject: "handoff/" + s.ID, Title: s.Title, Person: s.AE, Since: s.Sent}
		if s.Asked {
			need.Why, need.Person, need.Asker, need.Since = Unanswered, s.Sender, s.AskedBy, s.AskedAt
		}
		need.Late = d.Deadlines.Calendar(need.Person).Between(need.Since, at)
		out = append(out, need)
	}
	// Where the playbook lets somebody else than a manager hand such a lead off
	// again, it is no manager's business of the day.
	if rule := handoff.Declines(d.Shelf.InForce()); rule.Then == string(roster.Manager) {
		bounced, of, err := handoff.Bounces(tx, at.Add(-returned), rule.Again, max(skip-n, 0), most-len(out))
		if err != nil {
			return nil, 0, err
		}
		n += of
		for _, b := range bounced {
			out = append(out, Need{Why: Returned, Subject: "lead/" + b.Lead, Title: b.Title, Person: b.Owner, Since: b.Last, Times: b.Declined})
		}
	}
	err = pressing(Today, now, ends, "")
	return out, n, err
}

func (d *Digests) pressed(why Why, on deadline.Deadline, at time.Time) Need {
	need := Need{Why: why, Key: "deadline/" + on.ID, Subject: on.Subject, Lead: on.Lead, Title: on.Title, What: on.Label, Person: on.Person, Since: on.Due,
		Late: on.Late(at, d.Deadlines.Calendar(on.Person)), Told: !on.Escalated.IsZero()}
	if d.Deadlines.ByButton(on) {
		need.Ends = on.ID
	}
	return need
}
