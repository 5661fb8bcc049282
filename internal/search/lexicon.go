package search

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// lexicon knows the words of the playbook as they are written, and the terms
// (stems) that stand for them in the index.
type lexicon struct {
	words  []word
	byWord map[string]uint32
	terms  []term
	byTerm map[string]uint32
	sorted []uint32 // words in alphabetical order, for prefixes
	docs   int
}

// word is a word as it is written.
type word struct {
	text  string
	term  uint32
	count uint32 // how often it occurs
}

// term is what several written words have in common, and what bleve indexes.
type term struct {
	text   string
	df     uint32 // documents that have it
	fields uint8  // fields that have it, a bit each
	stop   bool   // says little by itself: indexed in titles, aliases and headings only
	idf    float32
}

// add gives the number of a word, new or not.
func (l *lexicon) add(text string) uint32 {
	if n, ok := l.byWord[text]; ok {
		return n
	}
	text = strings.Clone(text)
	stop := stopWords[text]
	key := text
	if !stop {
		key = stem(text)
	}
	t, ok := l.byTerm[key]
	if !ok {
		t = uint32(len(l.terms))
		l.terms = append(l.terms, term{text: key, stop: stop})
		l.byTerm[key] = t
	}
	n := uint32(len(l.words))
	l.words = append(l.words, word{text: text, term: t})
	l.byWord[text] = n
	return n
}

// term gives the number of the term of a written word.
func (l *lexicon) term(text string) (uint32, bool) {
	if n, ok := l.byWord[text]; ok {
		return l.words[n].term, l.terms[l.words[n].term].df > 0
	}
	if stopWords[text] {
		return 0, false
	}
	t, ok := l.byTerm[stem(text)]
	return t, ok && !l.terms[t].stop && l.terms[t].df > 0
}

// exact gives the term of a word, be it a stop word, or noTerm.
func (l *lexicon) exact(text string) uint32 {
	if n, ok := l.byWord[text]; ok {
		return l.words[n].term
	}
	if t, ok := l.byTerm[stem(text)]; ok {
		return t
	}
	return noTerm
}

// finish computes what can be known only when all documents have been seen.
func (l *lexicon) finish(docs int) {
	l.docs = docs
	for i := range l.terms {
		l.terms[i].idf = l.idf(float64(l.terms[i].df))
	}
	l.sorted = make([]uint32, 0, len(l.words))
	for i, w := range l.words {
		if l.terms[w.term].df > 0 {
			l.sorted = append(l.sorted, uint32(i))
		}
	}
	slices.SortFunc(l.sorted, func(a, b uint32) int { return cmp.Compare(l.words[a].text, l.words[b].text) })
}

// idf is how much a word tells that is in df documents.
func (l *lexicon) idf(df float64) float32 {
	df = min(df, float64(l.docs))
	return float32(math.Log(1 + (float64(l.docs)-df+.5)/(df+.5)))
}

// prefixed gives the words that begin with a prefix, as numbers.
func (l *lexicon) prefixed(prefix string) []uint32 {
	from, _ := slices.BinarySearchFunc(l.sorted, prefix, func(n uint32, p string) int { return cmp.Compare(l.words[n].text, p) })
	to := from
	for to < len(l.sorted) && strings.HasPrefix(l.words[l.sorted[to]].text, prefix) {
		to++
	}
	return l.sorted[from:to]
}
