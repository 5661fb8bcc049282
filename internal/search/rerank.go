package search

// What the second look at the best candidates adds to BM25F, in shares of what
// the question weighs.
const (
	nearWeight    = .8
	titleWeight   = .2
	coveredWeight = .1
	exactWeight   = .5
	mutualWeight  = .15
	within        = 8 // words this near to each other belong together
)

// rerank looks at the best candidates word by word.
func (x *Index) rerank(s *scratch, q *question) {
	if q.mass == 0 {
		return
	}
	for i := range q.words {
		for _, f := range q.words[i].forms {
			for _, t := range f.terms {
				// A term may be a form of several words: the first word has it.
				if s.mark[t] == 0 {
					s.mark[t] = uint16(i+1)<<8 | uint16(f.weight*255)
					s.marked = append(s.marked, t)
				}
			}
		}
	}
	for i := range s.best {
		r := &s.best[i]
		x.look(s, q, r)
		base, more := r.score/q.mass, nearWeight*r.near+titleWeight*r.title+coveredWeight*r.covered+exactWeight*r.exact+mutualWeight*r.mutual
		r.score = base + more
		if q.narrowed && !q.only && x.wanted(r.doc, q) {
			base /= 1 + kindLift // what the verdict sees must be the match alone
		}
		r.match = base + more
	}
	for _, t := range s.marked {
		s.mark[t] = 0
	}
	s.marked = s.marked[:0]
	for i := range s.titled {
		s.slot[s.titled[i].page] = 0
	}
	s.titled = s.titled[:0]
}

// look is what is seen of the question in one document.
type look struct {
	last  [maxWords + 1]int32   // where each word of the question was seen last
	have  [maxWords + 1]float32 // the best weight it was seen with
	pairs [maxWords + 1]float32 // how near each word came to the one before it in the question
}

// titled is what is seen of the question in a page's title and aliases: the same
// for all its sections, so it is looked at once.
type titled struct {
	page                 uint32
	pos                  int32
	title, exact, mutual float32
	look                 look
}

// titles reads a page's title and aliases.
func (x *Index) titles(s *scratch, q *question, page uint32) *titled {
	if at := s.slot[page]; at != 0 {
		return &s.titled[at-1]
	}
	if len(s.titled) == cap(s.titled) {
		s.titled = append(s.titled, titled{})
	} else {
		s.titled = s.titled[:len(s.titled)+1]
	}
	s.slot[page] = uint32(len(s.titled))
	t := &s.titled[len(s.titled)-1]
	t.page, t.pos = page, 1
	t.title, t.exact, t.mutual = 0, 0, 0
	t.look.begin(len(q.words))
	sh := &x.sheets[page]
	for i, words := range sh.titles {
		t.exact = max(t.exact, x.quoted(words, q))
		share := x.scan(s, q, &t.look, words, &t.pos, sh.mass[i])
		t.title = max(t.title, share)
		t.mutual = max(t.mutual, share*min(1, share*sh.mass[i]/q.mass))
	}
	return t
}

func (l *look) begin(words int) {
	clear(l.last[:words+1])
	clear(l.have[:words+1])
	clear(l.pairs[:words+1])
}

func (l *look) from(o *look, words int) {
	copy(l.last[:words+1], o.last[:words+1])
	copy(l.have[:words+1], o.have[:words+1])
	copy(l.pairs[:words+1], o.pairs[:words+1])
}

// look reads a document's titles and text.
func (x *Index) look(s *scratch, q *question, r *ranked) {
	n := len(q.words)
	d := &x.docs[r.doc]
	t := x.titles(s, q, d.page)
	l, pos := &s.look, t.pos
	l.from(&t.look, n)
	r.exact, r.mutual = t.exact, t.mutual
	r.title = max(t.title, x.scan(s, q, l, d.heading, &pos, d.mass))
	x.scan(s, q, l, d.text, &pos, 0)

	var near, all, covered float32
	r.astray = false
	for i := 1; i <= n; i++ {
		covered += q.words[i-1].idf * min(1, l.have[i])
		r.astray = r.astray || q.words[i-1].stress > 1 && l.have[i] < 1
		if i > 1 {
			w := q.words[i-1].idf + q.words[i-2].idf
			near += w * l.pairs[i]
			all += w
		}
	}
	if all > 0 {
		r.near = near / all
	}
	r.covered = covered / q.mass
}

// quoted is the share of the question that is this title or alias, word for
// word (headings repeat from page to page, so there it proves little). Here
// stop words count: "no time" is not "the timing", nor "not now" "now".
func (x *Index) quoted(title span, q *question) float32 {
	want, all := q.sequence, len(q.sequence)
	if q.narrowed {
		all = max(1, all-1) // the kind may stand in the title or not
	}
	tokens := x.tokens[title.from:title.to]
	for len(tokens) > 0 && tokens[0]&beside != 0 {
		tokens = tokens[1:]
	}
	if len(tokens) == 0 {
		return 0
	}
	for at, t := range want {
		if t != tokens[0] {
			continue
		}
		i := at
		for _, t := range tokens {
			if t&beside != 0 {
				continue
			}
			if i >= len(want) || want[i] != t {
				i = at
				break
			}
			i++
		}
		if i > at {
			return min(1, float32(i-at)/float32(all))
		}
	}
	return 0
}

// scan reads one text and returns the share of it that the question covers.
func (x *Index) scan(s *scratch, q *question, l *look, text span, pos *int32, mass float32) float32 {
	var hit float32
	for _, t := range x.tokens[text.from:text.to] {
		m := s.mark[t&^beside]
		if m != 0 {
			i, w := int(m>>8), float32(m&255)/255
			l.have[i] = max(l.have[i], w)
			if mass > 0 && t&beside == 0 {
				if tm := &x.lexicon.terms[t]; !tm.stop {
					hit += w * tm.idf
				}
			}
			if i > 1 && l.last[i-1] > 0 {
				gap := int32(q.words[i-1].place - q.words[i-2].place)
				l.pairs[i] = max(l.pairs[i], w*nearness(*pos-l.last[i-1], gap))
			}
			if i < len(q.words) && l.last[i+1] > 0 {
				l.pairs[i+1] = max(l.pairs[i+1], w*.8*nearness(*pos-l.last[i+1], 1))
			}
			l.last[i] = *pos
		}
		if t&beside == 0 {
			*pos++
		}
	}
	*pos += within + 1 // the next text is somewhere else
	if mass <= 0 {
		return 0
	}
	return min(1, hit/mass)
}

// nearness is 1 for words as near to each other as in the question, and fades
// with the distance.
func nearness(distance, gap int32) float32 {
	if distance <= gap {
		return 1
	}
	if distance > within+gap {
		return 0
	}
	return 1 / float32(1+distance-gap)
}
