package digest

import (
	"cmp"
	"slices"
	"time"

	"sopbot/internal/answers"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
)

// Numbers are what is counted of a span of time.
type Numbers struct {
	Assigned  int
	Handoffs  handoff.Tally
	Scored    qualification.Tally
	Actions   []Action
	Questions answers.Tally // weekly only
	tallies   []deadline.Tally
}

// Action is how a timed action of the playbook went, for the whole team.
type Action struct {
	Page, ID, Label string
	OnTime, Late    int
	Lateness        time.Duration // working time, of the latest
	Missed          int           // not done in the week that it belonged to
	Open, Overdue   int
}

func (a Action) done() int   { return a.OnTime + a.Late }
func (a Action) undone() int { return a.Overdue + a.Missed }

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
	Needs       []Need // the first of them
	AllNeeds    int    // how many there are

	Waiting, Asked int                // handoffs that nobody has decided yet
	Oldest         []handoff.Standing // of them
	OldestFor      time.Duration      // working time of its AE

	// Weekly only.
	ByDay   []Day  // of Period.Days
	Weeks   []Week // the last few, the one that it tells of is the last
	Reps    []Rep
	Reviews []Review
}

// Day is how a day's handoffs went, and how many waited at its end.
type Day struct {
	handoff.Tally
	Waiting int
}

// Week is a week of the trend.
type Week struct {
	Begins                   playbook.Date
	Sent, Accepted, Declined int
	Done, Late               int // timed actions; late are some of those that were done
}

func (w Week) empty() bool { return w.Sent+w.Accepted+w.Declined+w.Done == 0 }

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
	mostWeeks   = 8
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
	if kind == Daily || kind == Weekly && (of.SoFar || !d.besideDaily()) {
		if r.Needs, r.AllNeeds, err = d.needs(tx, at, t, 0, mostNeeds); err != nil {
			return r, err
		}
	}
	if kind == Daily {
		return r, nil
	}
	for _, day := range r.Period.Days {
		var of Day
		end := t.midnight(day.Add(playbook.Span{Days: 1}))
		if of.Tally, err = handoff.Count(tx, t.midnight(day), end); err != nil {
			return r, err
		}
		if of.Waiting, err = handoff.UndecidedAt(tx, earlier(end, at)); err != nil {
			return r, err
		}
		r.ByDay = append(r.ByDay, of)
	}
	if r.Weeks, err = r.weeks(tx, t); err != nil {
		return r, err
	}
	r.Reviews = d.reviews(at.In(r.zone))
	if kind == Weekly {
		r.Reps, err = people(tx, r.Period.Now, r.Now.tallies)
	}
	return r, err
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// weeks counts the last few weeks; those before anything was counted are left
// out. What the report counted already is not counted again.
func (r Report) weeks(tx *database.Tx, t times) (out []Week, err error) {
	for i := mostWeeks - 1; i >= 0; i-- {
		w := Week{Begins: r.Period.Days[0].Add(playbook.Span{Days: -7 * i})}
		switch {
		case i == 0:
			w.take(r.Now)
		case i == 1 && !r.Period.SoFar:
			w.take(r.Before)
		default:
			from, to := t.midnight(w.Begins), t.midnight(w.Begins.Add(playbook.Span{Days: 7}))
			of, err := handoff.Count(tx, from, to)
			if err != nil {
				return nil, err
			}
			w.Sent, w.Accepted, w.Declined = of.Sent, of.Accepted, of.Declined
			if w.Done, w.Late, err = deadline.Kept(tx, from, to); err != nil {
				return nil, err
			}
		}
		if len(out) > 0 || !w.empty() {
			out = append(out, w)
		}
	}
	return out, nil
}

func (w *Week) take(n Numbers) {
	w.Sent, w.Accepted, w.Declined = n.Handoffs.Sent, n.Handoffs.Accepted, n.Handoffs.Declined
	for _, a := range n.Actions {
		w.Done, w.Late = w.Done+a.done(), w.Late+a.Late
	}
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
	n.Actions, n.tallies = actions(tallies), tallies
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
		a.Missed += t.Missed
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

// reviews are the pages that should be looked at, the longest due first.
func (d *Digests) reviews(now time.Time) (due []Review) {
	today := playbook.DateOf(now)
	for _, p := range d.Shelf.InForce().Pages {
		if day, reviewed := p.ReviewDue(); reviewed && !today.Before(day) {
			due = append(due, Review{p.Title, p.Owner, day})
		}
	}
	slices.SortStableFunc(due, func(a, b Review) int { return b.Due.DaysUntil(a.Due) })
	return due
}
