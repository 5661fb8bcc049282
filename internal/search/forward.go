package search

// The forward index holds every text as the terms it is made of, so that the
// best candidates can be looked at word by word. An entry is a term's number;
// with the bit `beside` it stands at the same place as the entry after it: that
// is how "hand-off" is both two words and the one word "handoff".

// span is a stretch of Index.tokens.
type span struct{ from, to uint32 }

const (
	beside = 1 << 31
	noTerm = beside - 1
)

func (s span) len() int { return int(s.to - s.from) }

// weighTitles sums up what the words of each title and heading weigh, once.
func (x *Index) weighTitles() {
	for i := range x.sheets {
		sh := &x.sheets[i]
		sh.mass = make([]float32, len(sh.titles))
		for j, t := range sh.titles {
			sh.mass[j] = x.mass(t)
		}
	}
	for i := range x.docs {
		x.docs[i].mass = x.mass(x.docs[i].heading)
	}
}

// mass is the sum of the idf of a text's words, without stop words unless
// there is nothing else.
func (x *Index) mass(s span) float32 {
	var sum float32
	for _, t := range x.tokens[s.from:s.to] {
		if t&beside == 0 {
			if term := x.lexicon.terms[t]; !term.stop {
				sum += term.idf
			}
		}
	}
	return sum
}
