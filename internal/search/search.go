package search

import (
	"cmp"
	"slices"

	"sopbot/internal/playbook"
)

// Answer is what a search found.
type Answer struct {
	Query   Query // as understood
	Verdict Verdict
	Hits    []Hit // best first, one per page; empty when the verdict is Nothing
	Nearest []Hit // the closest pages, if any, when the verdict is Nothing
}

// Query is the question as it was understood.
type Query struct {
	Text      string            // without control characters, runs of blanks folded
	Words     []string          // as they were looked for, the kind word left out
	Kind      playbook.Kind     // what the first word asked for, or ""
	Part      playbook.Part     // what the first word asked for, or ""
	Corrected map[string]string // typed word → word used instead; nil if none
}

// Hit is a page and the section of it that fits best.
type Hit struct {
	Page    *playbook.Page
	Section int // index in Page.Sections
	Score   float64
}

// Search finds the pages that answer a question, best first. It never fails:
// of hostile text nothing is found. An index that was closed finds nothing.
func (x *Index) Search(question string, limit int) Answer {
	x.mu.RLock()
	defer x.mu.RUnlock()
	if x.reader == nil {
		return Answer{Query: Query{Text: clean(question)}, Verdict: Nothing}
	}
	s := x.scratch.Get().(*scratch)
	defer x.scratch.Put(s)

	q := x.read(s, question)
	answer := Answer{Query: q.Query}
	x.score(s, q)
	x.rerank(s, q)
	pages := x.pages(s)
	answer.Verdict = x.verdict(q, pages)
	hits := make([]Hit, 0, min(max(limit, 0), len(pages)))
	for _, p := range pages[:cap(hits)] {
		d := x.docs[p.doc]
		hits = append(hits, Hit{Page: x.sheets[d.page].page, Section: int(d.section), Score: float64(p.score)})
	}
	if answer.Verdict == Nothing {
		answer.Nearest = hits
	} else {
		answer.Hits = hits
	}
	return answer
}

// secondShare is how much a page's second-best section adds to it.
const secondShare = .1

// pages makes pages of the ranked sections: a page is as good as its best
// section, and a little better if a second one fits too.
func (x *Index) pages(s *scratch) []ranked {
	out, seconds := s.pages[:0], s.seconds[:0]
	for _, r := range s.best {
		d := &x.docs[r.doc]
		at := s.slot[d.page]
		if at == 0 {
			out, seconds = append(out, r), append(seconds, ranked{})
			s.slot[d.page] = uint32(len(out))
			continue
		}
		best, second := &out[at-1], &seconds[at-1]
		other := x.docs[best.doc].section != d.section
		switch {
		case byScore(r, *best) < 0:
			if other {
				*second, best.second = *best, true
				second.second = false
			}
			r.second = best.second
			*best = r
		case other && (!best.second || byScore(r, *second) < 0):
			*second, best.second = r, true
		}
	}
	for i := range out {
		s.slot[x.docs[out[i].doc].page] = 0
		if out[i].second {
			out[i].score += secondShare * seconds[i].score
		}
	}
	slices.SortFunc(out, byScore)
	s.pages, s.seconds = out, seconds
	return out
}

// byScore puts the best first. Documents are numbered by page ID and section,
// so the number breaks ties the same way in every build.
// It is the innermost of all that a question does: scores are numbers, so the
// plain signs do.
func byScore(a, b ranked) int {
	switch {
	case a.score > b.score:
		return -1
	case a.score < b.score:
		return 1
	}
	return cmp.Compare(a.doc, b.doc)
}
