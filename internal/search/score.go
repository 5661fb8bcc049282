package search

// candidates is how many documents are looked at word by word.
const candidates = 100

// ranked is a document with its score.
type ranked struct {
	doc     uint32
	score   float32
	match   float32 // the score without the lift of narrow
	covered float32 // share of the question that the document matches
	title   float32 // share of its best title that the question covers
	mutual  float32 // how much of a title or alias and of the question are the same
	exact   float32 // share of the question that is a title word for word
	near    float32 // how near to each other the words stand
	astray  bool    // it lacks a topic of the question
	second  bool    // the score has a second section in it
}

// score adds up BM25F, term at a time, and leaves the best in s.best.
func (x *Index) score(s *scratch, q *question) {
	s.touched, s.best = s.touched[:0], s.best[:0]
	for i := range q.words {
		a := &q.words[i]
		if len(a.forms) == 1 && len(a.forms[0].terms) == 1 {
			w := a.idf * a.forms[0].weight
			for _, p := range x.postings(s, a.forms[0].terms[0]) {
				if s.total[p.doc] == 0 {
					s.touched = append(s.touched, p.doc)
				}
				s.total[p.doc] += w * p.score
			}
			continue
		}
		s.formed = s.formed[:0]
		for _, f := range a.forms {
			for _, p := range x.phrase(s, f.terms) {
				v := p.score * f.weight
				if s.form[p.doc] == 0 {
					s.formed = append(s.formed, p.doc)
				}
				s.form[p.doc] = max(s.form[p.doc], v)
			}
		}
		for _, d := range s.formed {
			if s.total[d] == 0 {
				s.touched = append(s.touched, d)
			}
			s.total[d] += a.idf * s.form[d]
			s.form[d] = 0
		}
	}
	if q.narrowed {
		x.narrow(s, q)
	}
	for _, d := range s.touched {
		s.keep(ranked{doc: d, score: s.total[d]})
		s.total[d] = 0
	}
}

// phrase gives the documents that have all of some terms, each as good as its
// weakest term. They are good until the next call.
func (x *Index) phrase(s *scratch, terms []uint32) []posting {
	list := x.postings(s, terms[0])
	for _, t := range terms[1:] {
		other := x.postings(s, t)
		for i, p := range other {
			s.place[p.doc] = uint32(i) + 1
		}
		both := s.both[:0] // of what it may hold already no more is read than was written
		for _, p := range list {
			if at := s.place[p.doc]; at != 0 {
				both = append(both, posting{p.doc, min(p.score, other[at-1].score)})
			}
		}
		for _, p := range other {
			s.place[p.doc] = 0
		}
		s.both, list = both, both
	}
	return list
}

// narrow lifts what the first word asked for, by kind or part. What does not
// match any other word is lifted only if there is none.
func (x *Index) narrow(s *scratch, q *question) {
	if !q.only {
		for _, d := range s.touched {
			if x.wanted(d, q) {
				s.total[d] *= 1 + kindLift
			}
		}
		return
	}
	for d := range x.docs {
		d := uint32(d)
		if x.wanted(d, q) {
			if s.total[d] == 0 {
				s.touched = append(s.touched, d)
			}
			s.total[d] += 10 * q.mass
		}
	}
}

// kindLift is what the right kind of page is worth. It decides between pages
// that match alike; a page that matches twice as well still wins.
const kindLift = .8

func (x *Index) wanted(d uint32, q *question) bool {
	p := x.sheets[x.docs[d].page].page
	if q.Part != "" && p.Sections[x.docs[d].section].Part == q.Part {
		return true
	}
	return q.Kind != "" && p.Kind == q.Kind
}

// keep holds the best candidates in a heap whose root is the worst of them.
func (s *scratch) keep(r ranked) {
	switch {
	case len(s.best) < candidates:
		s.best = append(s.best, r)
		if len(s.best) == candidates {
			for i := candidates/2 - 1; i >= 0; i-- {
				sink(s.best, i, s.best[i])
			}
		}
	case byScore(r, s.best[0]) < 0:
		sink(s.best, 0, r)
	}
}

// sink puts r into a heap at i, or as far below as it belongs.
func sink(h []ranked, i int, r ranked) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && byScore(h[child+1], h[child]) > 0 {
			child++
		}
		if byScore(h[child], r) <= 0 {
			break
		}
		h[i] = h[child]
		i = child
	}
	h[i] = r
}
