package digest

import (
	"cmp"
	"slices"

	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
)

// Rep is how somebody's work went: the leads that they handed off, and the timed
// actions that were theirs.
type Rep struct {
	handoff.Rep
	Actions []Action // what went worst comes first
}

// total adds up somebody's actions.
func (r Rep) total() (t Action) {
	for _, a := range r.Actions {
		t.OnTime, t.Late, t.Open, t.Overdue, t.Missed = t.OnTime+a.OnTime, t.Late+a.Late, t.Open+a.Open, t.Overdue+a.Overdue, t.Missed+a.Missed
	}
	return t
}

// people counts for everybody who did something, or had something to do. Who may
// need help comes first: with most that is overdue or was not done in its week, then
// with most that was late, then with most that was declined; of the others, who did
// most.
func people(tx *database.Tx, s Span, tallies []deadline.Tally) (out []Rep, err error) {
	sent, err := handoff.ByRep(tx, s.From, s.To)
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	find := func(person string) *Rep {
		i, known := at[person]
		if !known {
			i, at[person] = len(out), len(out)
			out = append(out, Rep{Rep: handoff.Rep{Person: person}})
		}
		return &out[i]
	}
	for _, h := range sent {
		find(h.Person).Rep = h
	}
	for _, t := range tallies {
		r := find(t.Person)
		r.Actions = append(r.Actions, Action{Page: t.Page, ID: t.Action, Label: t.Label, OnTime: t.OnTime, Late: t.Late, Lateness: t.Longest, Open: t.Open, Overdue: t.Overdue, Missed: t.Missed})
	}
	for _, r := range out {
		slices.SortStableFunc(r.Actions, func(a, b Action) int { return cmp.Or(b.undone()-a.undone(), b.Late-a.Late, b.done()-a.done()) })
	}
	slices.SortStableFunc(out, func(a, b Rep) int {
		x, y := a.total(), b.total()
		return cmp.Or(y.undone()-x.undone(), y.Late-x.Late, b.Declined-a.Declined, b.Sent+y.done()-a.Sent-x.done(), cmp.Compare(a.Person, b.Person))
	})
	return out, nil
}
