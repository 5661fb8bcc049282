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
// 2 to 3 in a title; with the share of the question that is matched it tells
// best whether a page answers. The more words a question has, the smaller the
// share of them that any page matches, the right one too: wordy makes up for
// that. Both bounds were set on manuals and handbooks with their own questions
// and each other's, and on the questions in seeds that are there to tune on.
const (
	answers = 2.1
	touches = 1.2
	wordy   = .4
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
	evidence := pages[0].match + pages[0].covered + wordy*float32(math.Log(float64(max(n, 1))))
	switch {
	case evidence >= answers:
		return Answered
	case evidence >= touches:
		return NearMisses
	}
	return Nothing
}
