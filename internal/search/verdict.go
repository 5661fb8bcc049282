package search

import "math"

// Verdict says whether what was found is an answer.
type Verdict int

// The verdicts.
const (
	Nothing    Verdict = iota // no page has to do with the question
	NearMisses                // pages touch it; say so, and offer to ask somebody
	Answered
)

// String names a verdict for logs and tests.
func (v Verdict) String() string {
	switch v {
	case Answered:
		return "answered"
	case NearMisses:
		return "near misses"
	default:
		return "nothing"
	}
}

// A match is in units of one word well matched: about 1 for a word in the text,
// 2 to 3 in a title. What else tells whether a page answers: the share of the
// question that it has, and how near to each other the words stand there. A
// page that lacks what the question is about answers it less likely. The more
// words a question has, the smaller the share of them that any page has, the
// right one too; wordy makes up for that. All of it was set on manuals and
// handbooks with their own questions and each other's, and on those questions
// in seeds that are there to tune on.
const (
	answers = 2
	touches = 1.25

	coveredEvidence = .5
	nearEvidence    = .5
	wordy           = .5
	astray          = .5
)

// verdict judges the best pages.
func (x *Index) verdict(q *question, pages []ranked) Verdict {
	if len(pages) == 0 || q.mass == 0 {
		return Nothing
	}
	if q.only {
		return Answered
	}
	n := len(q.words)
	if q.narrowed {
		n-- // the kind is no evidence
	}
	top := pages[0]
	evidence := top.match + coveredEvidence*top.covered + nearEvidence*top.near + wordy*float32(math.Log(float64(max(n, 1))))
	if top.astray {
		evidence -= astray
	}
	switch {
	case evidence >= answers:
		return Answered
	case evidence >= touches, top.covered > .99: // all that was asked is there
		return NearMisses
	}
	return Nothing
}
