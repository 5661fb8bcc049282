package search

import (
	"cmp"
	"slices"
	"unicode"
	"unicode/utf8"

	"sopbot/internal/playbook"
)

// question is a query with all that its words are looked for as.
type question struct {
	Query
	words    []asked
	sequence []uint32 // all words as terms, stop words too
	mass     float32  // what all words weigh together
	narrowed bool     // the first word named a kind or part that this playbook has
	only     bool     // and there was no other word
}

// asked is one word of a question.
type asked struct {
	text   string
	forms  []form
	idf    float32 // what the word weighs
	stress float32 // what it weighs more or less than its rarity in the playbook says
	place  int     // where it stands in the question
	lent   bool    // the playbook has only what means the same
	known  bool    // the playbook has it, as typed or corrected
}

// form is a way in which a word of the question may stand in a document: one
// term, or several that must all be there (a phrase that means the same).
// Of all forms of a word the best counts, not the sum.
type form struct {
	terms  []uint32
	weight float32
}

const (
	synonymWeight = .3
	insteadWeight = .45 // a synonym of a word that the playbook lacks
	phraseWeight  = .6  // a synonym of several words in a row
	prefixKnown   = .45 // the last word is complete as it is, but could go on
	prefixEnglish = .6  // it is a word, though not one of the playbook's
	maxPrefixed   = 24  // words that a prefix may stand for
	kindAsWord    = .35
	farWeight     = .7 // a word two mistakes away may well be another word
)

// read understands a question.
func (x *Index) read(s *scratch, text string) *question {
	q := &question{Query: Query{Text: clean(text)}}
	var typed []token
	words(q.Text, func(t token) bool {
		typed = append(typed, t)
		return len(typed) < maxWords
	})
	open := len(typed) < maxWords && endsInWord(text)

	if len(typed) > 0 {
		x.readKind(q, typed[0].text)
	}
	q.only = q.narrowed && len(typed) == 1

	stops := true
	for i, t := range typed {
		q.sequence = append(q.sequence, x.lexicon.exact(t.text))
		if !(i == 0 && q.narrowed) && !stopWords[t.text] {
			stops = false
		}
	}
	for i, t := range typed {
		last := i == len(typed)-1
		if stopWords[t.text] && !stops {
			continue
		}
		if slices.ContainsFunc(q.words, func(a asked) bool { return a.text == t.text }) {
			continue
		}
		a := asked{text: t.text, place: i, stress: stress(t.text)}
		x.forms(q, &a, typed, i, last && open)
		if i == 0 && q.narrowed {
			a.stress = kindAsWord
		} else {
			q.Words = append(q.Words, a.text)
		}
		q.words = append(q.words, a)
	}
	x.groups.expand(x, q, typed)
	for i := range q.words {
		a := &q.words[i]
		a.idf *= a.stress
		q.mass += a.idf
	}
	return q
}

// readKind notes what kind of page or part of a stage the first word asks for.
// A playbook that has none of the kind is not narrowed: there the word is a
// word like others.
func (x *Index) readKind(q *question, first string) {
	kind, part, ok := playbook.KindWord(first)
	if !ok {
		if _, known := x.lexicon.term(first); known || len(first) < 5 {
			return
		}
		for _, m := range x.spelling.candidates(&x.lexicon, first) {
			if kind, part, ok = playbook.KindWord(x.lexicon.words[m.word].text); ok {
				break
			}
		}
	}
	if ok && (x.kinds[kind] || x.parts[part]) {
		q.Kind, q.Part, q.narrowed = kind, part, true
	}
}

// endsInWord reports whether the last word may be unfinished.
func endsInWord(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// forms finds what a word of the question is looked for as.
func (x *Index) forms(q *question, a *asked, typed []token, i int, open bool) {
	l := &x.lexicon
	t, known := l.term(a.text)
	if known {
		a.known = true
		a.idf = l.terms[t].idf
		a.forms = append(a.forms, form{[]uint32{t}, 1})
	}
	x.joined(a, typed, i)
	if open && utf8.RuneCountInString(a.text) >= 2 {
		x.prefix(a, known)
	}
	if a.known {
		return
	}
	whole := english(a.text)
	if x.split(a, whole) {
		return
	}
	if whole {
		a.idf = l.idf(0)
		return
	}
	meant := x.spelling.candidates(l, a.text)
	if len(meant) == 0 || meant[0].distance > 1 {
		if word := x.groups.meant(a.text); word != "" {
			q.correct(a, word)
			a.idf = l.idf(0)
			return
		}
	}
	var used []string
	for rank, m := range meant {
		word := l.words[m.word]
		weight := 1 - .1*float32(rank)
		if m.distance > 1 {
			weight *= farWeight
		}
		a.forms = append(a.forms, form{[]uint32{word.term}, weight})
		used = append(used, word.text)
	}
	if len(used) > 0 {
		a.known = true
		var df float64
		for _, f := range a.forms {
			df = max(df, float64(l.terms[f.terms[0]].df))
		}
		a.idf = l.idf(df)
		q.correct(a, used[0])
		return
	}
	if i < len(typed)-1 && utf8.RuneCountInString(a.text) >= 4 {
		// "disco call": people shorten words that are not the last, too.
		if x.prefix(a, false); a.known {
			return
		}
	}
	a.idf = l.idf(0) // nobody wrote of it: all the more it was meant
}

// correct notes that a word is read as another.
func (q *question) correct(a *asked, word string) {
	if q.Corrected == nil {
		q.Corrected = map[string]string{}
	}
	q.Corrected[a.text] = word
	a.text = word
}

// joined adds the one-word form of a word and its neighbours.
func (x *Index) joined(a *asked, typed []token, i int) {
	l := &x.lexicon
	try := func(one, two token) {
		if !joinable(one.text, two.text, two.glued) {
			return
		}
		t, ok := l.term(one.text + two.text)
		if !ok || l.terms[t].stop {
			return
		}
		a.forms = append(a.forms, form{[]uint32{t}, 1})
		if !a.known {
			a.idf = l.terms[t].idf
		}
		a.known = true
	}
	if i > 0 {
		try(typed[i-1], typed[i])
	}
	if i+1 < len(typed) {
		try(typed[i], typed[i+1])
	}
}

// prefix adds the words that the unfinished last word may become.
func (x *Index) prefix(a *asked, known bool) {
	l := &x.lexicon
	found := l.prefixed(a.text)
	if len(found) == 0 {
		return
	}
	if len(found) > maxPrefixed {
		found = slices.Clone(found)
		slices.SortFunc(found, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(l.words[b].count, l.words[a].count), cmp.Compare(l.words[a].text, l.words[b].text))
		})
		found = found[:maxPrefixed]
	}
	weight := float32(1)
	switch {
	case known:
		weight = prefixKnown
	case english(a.text):
		weight = prefixEnglish
	}
	var df float64
	for _, n := range found {
		t := l.words[n].term
		if l.terms[t].stop || slices.ContainsFunc(a.forms, func(f form) bool { return f.terms[0] == t }) {
			continue
		}
		a.forms = append(a.forms, form{[]uint32{t}, weight})
		df += float64(l.terms[t].df)
	}
	if !a.known && df > 0 {
		a.known = true
		a.idf = l.idf(df)
	}
}

// split reads an unknown word as two known ones written together. Of a word
// that is English as a whole only a small one is split off: "handoff" is "hand
// off", "password" not "pass word".
func (x *Index) split(a *asked, whole bool) bool {
	l := &x.lexicon
	best, bestDF := form{}, uint32(0)
	for i := 2; i+2 <= len(a.text); i++ {
		if !utf8.RuneStart(a.text[i]) {
			continue
		}
		n, ok1 := l.byWord[a.text[:i]]
		m, ok2 := l.byWord[a.text[i:]]
		if !ok1 || !ok2 {
			continue
		}
		one, two := l.words[n].term, l.words[m].term
		if l.terms[one].stop && l.terms[two].stop || min(i, len(a.text)-i) < 3 && !l.terms[one].stop && !l.terms[two].stop {
			continue
		}
		if whole && !l.terms[one].stop && !l.terms[two].stop {
			continue
		}
		f := form{weight: 1}
		df := ^uint32(0)
		for _, t := range []uint32{one, two} {
			if !l.terms[t].stop {
				f.terms = append(f.terms, t)
				df = min(df, l.terms[t].df)
			}
		}
		if df > bestDF {
			best, bestDF = f, df
		}
	}
	if bestDF == 0 {
		return false
	}
	a.forms = append(a.forms, best)
	a.known = true
	a.idf = l.idf(float64(bestDF))
	return true
}
