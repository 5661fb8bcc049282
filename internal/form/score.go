package form

import (
	"cmp"
	"fmt"
	"slices"

	"sopbot/internal/playbook"
)

// Result is what a scorecard comes to.
type Result struct {
	Confirmed int
	Of        int // criteria of the framework
	Need      int // confirmed criteria that make a pass
	Pass      bool

	Missing         []playbook.Criterion // not confirmed, in the playbook's order
	Unknown         []playbook.Criterion // of these, what nobody has asked yet
	RequiredMissing []playbook.Criterion // of these, without which there is no pass
	Weakest         []playbook.Criterion // at most three of these, the most urgent first
}

const weakestMost = 3

// String says "5 of 7".
func (r Result) String() string { return fmt.Sprintf("%d of %d", r.Confirmed, r.Of) }

// Score counts a scorecard by the framework it was filled in for. Only confirmed
// criteria count; without a required one there is no pass, whatever the count. The
// weakest are those that stop the pass, then the unknown, then what was heard and
// has no evidence.
func Score(f *playbook.Framework, s Scores) Result {
	r := Result{Of: len(f.Criteria), Need: f.Need}
	for _, c := range f.Criteria {
		standing := s.Criteria[c.ID].Standing
		if standing == Confirmed {
			r.Confirmed++
			continue
		}
		r.Missing = append(r.Missing, c)
		if standing != Heard {
			r.Unknown = append(r.Unknown, c)
		}
		if c.Required {
			r.RequiredMissing = append(r.RequiredMissing, c)
		}
	}
	r.Pass = r.Confirmed >= r.Need && len(r.RequiredMissing) == 0
	urgency := func(c playbook.Criterion) int {
		n := 0
		if !c.Required {
			n += 4
		}
		if s.Criteria[c.ID].Standing == Heard {
			n += 2
		}
		if s.Criteria[c.ID].Note != "" {
			n++
		}
		return n
	}
	r.Weakest = slices.Clone(r.Missing)
	slices.SortStableFunc(r.Weakest, func(x, y playbook.Criterion) int { return cmp.Compare(urgency(x), urgency(y)) })
	r.Weakest = r.Weakest[:min(len(r.Weakest), weakestMost)]
	return r
}
