package search

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

// verdict judges the best page.
func (x *Index) verdict(q *question, pages []ranked) Verdict {
	if len(pages) == 0 || q.mass == 0 {
		return Nothing
	}
	if q.only {
		return Answered
	}
	switch c := pages[0].covered; {
	case c >= .6:
		return Answered
	case c >= .3:
		return NearMisses
	}
	return Nothing
}
