package digest

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/answers"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
	"sopbot/internal/roster"
)

// Numbers are what is counted of a span of time.
type Numbers struct {
	Assigned  int
	Handoffs  handoff.Tally
	Scored    qualification.Tally
	Actions   []Action
	Questions answers.Tally // weekly only
}

// Action is how a timed action of the playbook went, for the whole team.
type Action struct {
	Page, ID, Label string
	OnTime, Late    int
	Lateness        time.Duration // working time, of the latest
	Open, Overdue   int
}

func (a Action) done() int { return a.OnTime + a.Late }

// Need is something that a manager should do today.
type Need struct {
	Subject string // "lead/…", "handoff/…": what its buttons are about
	Title   string // what it is about, as people call it
	What    string // what is to be done
	Person  string // by whom
	Due     time.Time
	Bounced int                       // how often the lead was declined; zero = it is about a deadline
	Done    *slack.ButtonBlockElement // ends it; nil where something else does
}

// Report is a digest before it is put into words.
type Report struct {
	Kind   Kind
	Period Period
	At     time.Time
	Reader string // "" = the team
	Wanted bool   // somebody asked for it
	Words  bool   // without charts: an acknowledgement that Slack refuses cannot be sent again
	zone   *time.Location
	tight  int // names are cut to so small a part of what they may have

	Now, Before Numbers
	Needs       []Need
	MoreNeeds   int

	Waiting, Asked int                // handoffs that nobody has decided yet
	Oldest         []handoff.Standing // of them
	OldestFor      time.Duration      // working time of its AE

	// Weekly only.
	ByDay    []handoff.Tally // of Period.Days
	Reps     []handoff.Rep
	MoreReps int
	Reviews  []Review
	MoreDue  int // pages
}

// Review is a page whose review is due.
type Review struct {
	Title, Owner string
	Due          playbook.Date
}

// What is listed, at most. A digest is one message of at most 50 blocks and a
// text of at most 4,000 letters, however large the team is.
const (
	mostNeeds   = 8
	mostActions = 6
	mostReasons = 3
	mostReps    = 10
	mostAsked   = 5
	mostReviews = 5
)

// report counts everything. It only reads.
func (d *Digests) report(tx *database.Tx, kind Kind, reader string, at time.Time, of Period) (Report, error) {
	t := d.times(reader)
	r := Report{Kind: kind, Period: of, At: at, Reader: reader, zone: t.Zone()}
	var err error
	if r.Now, err = d.numbers(tx, kind, r.Period.Now); err != nil {
		return r, err
	}
	if r.Before, err = d.numbers(tx, kind, r.Period.Before); err != nil {
		return r, err
	}
	var n int
	if r.Oldest, n, r.Asked, err = handoff.Undecided(tx, 1); err != nil {
		return r, err
	}
	r.Waiting = n - r.Asked
	if len(r.Oldest) > 0 {
		r.OldestFor = d.Deadlines.Calendar(r.Oldest[0].AE).Between(r.Oldest[0].Sent, at)
	}
	if kind != Team {
		if err := d.needs(tx, &r, t); err != nil {
			return r, err
		}
	}
	if kind == Daily {
		return r, nil
	}
	for _, day := range r.Period.Days {
		c, err := handoff.Count(tx, t.midnight(day), t.midnight(day.Add(playbook.Span{Days: 1})))
		if err != nil {
			return r, err
		}
		r.ByDay = append(r.ByDay, c)
	}
	d.reviews(&r)
	if kind == Weekly {
		r.Reps, r.MoreReps, err = handoff.ByRep(tx, r.Period.Now.From, r.Period.Now.To, mostReps)
	}
	return r, err
}

func (d *Digests) numbers(tx *database.Tx, kind Kind, s Span) (n Numbers, err error) {
	events, err := lead.Happened(tx, s.From, s.To)
	if err != nil {
		return n, err
	}
	n.Assigned = events[string(playbook.EventLeadAssigned)]
	if n.Handoffs, err = handoff.Tallied(tx, s.From, s.To); err != nil {
		return n, err
	}
	if n.Scored, err = qualification.Tallied(tx, s.From, s.To); err != nil {
		return n, err
	}
	tallies, err := d.Deadlines.Tallies(tx, s.From, s.To)
	if err != nil {
		return n, err
	}
	n.Actions = actions(tallies)
	if kind != Daily {
		n.Questions, err = answers.Tallied(tx, s.From, s.To, mostAsked)
	}
	return n, err
}

// actions puts the people of each action together; what was done most comes
// first.
func actions(tallies []deadline.Tally) (out []Action) {
	at := map[[2]string]int{}
	for _, t := range tallies {
		i, known := at[[2]string{t.Page, t.Action}]
		if !known {
			i, at[[2]string{t.Page, t.Action}] = len(out), len(out)
			out = append(out, Action{Page: t.Page, ID: t.Action, Label: t.Label})
		}
		a := &out[i]
		a.OnTime, a.Late, a.Open, a.Overdue = a.OnTime+t.OnTime, a.Late+t.Late, a.Open+t.Open, a.Overdue+t.Overdue
		a.Lateness = max(a.Lateness, t.Longest)
	}
	slices.SortStableFunc(out, func(a, b Action) int { return cmp.Or(b.done()-a.done(), b.Open-a.Open) })
	return out
}

// find is the same action in another span.
func (n Numbers) find(a Action) Action {
	for _, b := range n.Actions {
		if a.Page == b.Page && a.ID == b.ID {
			return b
		}
	}
	return Action{}
}

// returned is for how long a lead that was declined too often is a manager's
// business of the day.
const returned = 7 * 24 * time.Hour

// needs are what is overdue or due before the manager's day ends, and leads that
// only a manager may hand off again.
func (d *Digests) needs(tx *database.Tx, r *Report, t times) error {
	today := playbook.DateOf(r.At.In(t.Zone()))
	due, n, err := deadline.Pressing(tx, t.midnight(today.Add(playbook.Span{Days: 1})), 4*mostNeeds)
	if err != nil {
		return err
	}
	// What somebody else waits for comes before what only its owner does.
	slices.SortStableFunc(due, func(a, b deadline.Deadline) int { return rank(a, r.At) - rank(b, r.At) })
	var bounced []handoff.Bounced
	bounces := 0
	if rule := handoff.Declines(d.Shelf.InForce()); rule.Then == string(roster.Manager) {
		if bounced, bounces, err = handoff.Bounces(tx, r.At.Add(-returned), rule.Again, mostNeeds); err != nil {
			return err
		}
	}
	room := mostNeeds - min(len(bounced), mostNeeds/4)
	for _, on := range due[:min(len(due), room)] {
		r.Needs = append(r.Needs, Need{Subject: on.Subject, Title: on.Title, What: on.Label, Person: on.Person, Due: on.Due, Done: d.Deadlines.DoneButton(on)})
	}
	for _, b := range bounced[:min(len(bounced), mostNeeds-len(r.Needs))] {
		r.Needs = append(r.Needs, Need{Subject: "lead/" + b.Lead, Title: b.Title, Person: b.Owner, Due: b.Last, Bounced: b.Declined})
	}
	r.MoreNeeds = n + bounces - len(r.Needs)
	return nil
}

// rank puts overdue handoffs first, then what else is overdue, then what will be.
func rank(on deadline.Deadline, now time.Time) int {
	n := 0
	if !strings.HasPrefix(on.Subject, "handoff/") {
		n++
	}
	if now.Before(on.Due) {
		n += 2
	}
	return n
}

// reviews are the pages that should be looked at, the longest due first.
func (d *Digests) reviews(r *Report) {
	today := playbook.DateOf(r.At.In(r.zone))
	var due []Review
	for _, p := range d.Shelf.InForce().Pages {
		if day, reviewed := p.ReviewDue(); reviewed && !today.Before(day) {
			due = append(due, Review{p.Title, p.Owner, day})
		}
	}
	slices.SortStableFunc(due, func(a, b Review) int { return b.Due.DaysUntil(a.Due) })
	r.Reviews = due[:min(len(due), mostReviews)]
	r.MoreDue = len(due) - len(r.Reviews)
}
