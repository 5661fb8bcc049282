package search

import (
	"context"
	"sync"
	"sync/atomic"

	index "github.com/blevesearch/bleve_index_api"
)

// posting is a document that has a term, and how well: the weighted frequency
// over all fields, already past BM25's saturation, so between 0 and k1+1.
type posting struct {
	doc   uint32
	score float32
}

// k1 is how slowly further occurrences of a word stop counting. Field weights
// make the frequencies large, hence larger than the usual 1.2.
const k1 = 2.4

// cache keeps postings decoded. An index never changes, so a term's list is
// read from bleve once, and searches of a playbook's usual words need not
// decode again. Above its budget it starts afresh, which bounds its memory.
type cache struct {
	lists atomic.Pointer[[]atomic.Pointer[[]posting]]
	used  atomic.Int64
	reset sync.Mutex
	terms int
}

// cachedPostings is the budget of the cache: 8 bytes each.
const cachedPostings = 1 << 19

func (c *cache) init(terms int) {
	lists := make([]atomic.Pointer[[]posting], terms)
	c.terms = terms
	c.lists.Store(&lists)
	c.used.Store(0)
}

func (c *cache) get(t uint32) []posting {
	if p := (*c.lists.Load())[t].Load(); p != nil {
		return *p
	}
	return nil
}

func (c *cache) put(t uint32, list []posting) {
	if c.used.Add(int64(len(list))+2) > cachedPostings {
		c.reset.Lock()
		if c.used.Load() > cachedPostings {
			c.init(c.terms)
		}
		c.reset.Unlock()
	}
	(*c.lists.Load())[t].Store(&list)
}

// postings gives the documents that have a term, in no particular order.
func (x *Index) postings(s *scratch, t uint32) []posting {
	if list := x.cache.get(t); list != nil {
		return list
	}
	list := x.decode(s, t)
	x.cache.put(t, list)
	return list
}

// decode reads a term's postings through bleve's index reader.
func (x *Index) decode(s *scratch, t uint32) []posting {
	tm := &x.lexicon.terms[t]
	list := make([]posting, 0, tm.df)
	for f := range fields {
		if tm.fields&(1<<f) == 0 {
			continue
		}
		r, err := x.reader.TermFieldReader(context.Background(), []byte(tm.text), fields[f].name, true, false, false)
		if err != nil {
			continue // in memory there is nothing that could fail
		}
		norm := x.norm[f]
		for {
			d, err := r.Next(s.posting.Reset())
			if err != nil || d == nil {
				break
			}
			n := x.number[d.ID.Value()]
			tf := float32(d.Freq) * norm[n]
			if at := s.place[n]; at != 0 {
				list[at-1].score += tf
			} else {
				list = append(list, posting{n, tf})
				s.place[n] = uint32(len(list))
			}
		}
		_ = r.Close()
	}
	for i := range list {
		s.place[list[i].doc] = 0
		list[i].score = list[i].score * (k1 + 1) / (k1 + list[i].score)
	}
	return list
}

// scratch is what one search writes on.
type scratch struct {
	posting index.TermFieldDoc
	place   []uint32  // document → place in the list being decoded + 1
	total   []float32 // document → score so far
	form    []float32 // document → best form of the word at hand
	touched []uint32  // documents with a score
	formed  []uint32  // documents with a form
	both    []posting // documents with all terms of a phrase
	mark    []uint16  // term → word of the question that it matches: see rerank.go
	marked  []uint32
	best    []ranked
	pages   []ranked
	seconds []ranked // of each of pages the best other section, if it has one
	slot    []uint32 // page → place in titled, or in pages, + 1
	titled  []titled
	look    look
}

func newScratch(x *Index) *scratch {
	return &scratch{
		place: make([]uint32, len(x.docs)),
		total: make([]float32, len(x.docs)),
		form:  make([]float32, len(x.docs)),
		mark:  make([]uint16, len(x.lexicon.terms)),
		slot:  make([]uint32, len(x.sheets)),
	}
}
