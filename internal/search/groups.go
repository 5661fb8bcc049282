package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// groups knows which words and phrases mean the same: those built in
// (thesaurus.go) and those of the playbook's settings. Only what the playbook
// really has is kept as a way to find something.
type groups struct {
	members map[string][]member // phrase, as stems, → where it stands
	forms   [][]form            // of each group, what can be found
	longest int                 // words of the longest phrase
	single  []string            // members of one word, in alphabetical order, to find misspelt ones
}

// member says in which group a phrase stands.
type member struct {
	group int
	self  int // its place in forms, so that a phrase is no synonym of itself; -1 if it cannot be found
}

func newGroups(l *lexicon, own [][]string) groups {
	g := groups{members: map[string][]member{}}
	for line := range strings.Lines(thesaurus + slang) {
		if line = strings.TrimSpace(line); line != "" {
			g.add(l, strings.Split(line, ","))
		}
	}
	for _, group := range own {
		g.add(l, group)
	}
	slices.Sort(g.single)
	g.single = slices.Compact(g.single)
	return g
}

// add takes in a group. Groups stay apart even if they share a word: price and
// discount may each be in two groups without all four meaning the same.
func (g *groups) add(l *lexicon, phrases []string) {
	n := len(g.forms)
	var forms []form
	type place struct {
		key  string
		self int
	}
	var places []place
	var single []string
	for _, p := range phrases {
		var key []string
		var f form
		found, typed := true, ""
		words(p, func(t token) bool {
			typed = t.text
			key = append(key, stemOf(t.text))
			if !stopWords[t.text] {
				term, ok := l.term(t.text)
				found = found && ok
				f.terms = append(f.terms, term)
			}
			return true
		})
		if len(key) == 0 {
			continue
		}
		g.longest = max(g.longest, len(key))
		self := -1
		if found && len(f.terms) > 0 && (len(f.terms) > 1 || len(key) == 1) {
			f.weight = synonymWeight
			if self = slices.IndexFunc(forms, func(o form) bool { return slices.Equal(o.terms, f.terms) }); self < 0 {
				self = len(forms)
				forms = append(forms, f)
			}
		}
		if len(key) == 1 {
			single = append(single, typed)
		}
		places = append(places, place{strings.Join(key, " "), self})
	}
	if len(forms) == 0 {
		return // nothing of it is in the playbook
	}
	g.forms = append(g.forms, forms)
	g.single = append(g.single, single...)
	for _, p := range places {
		g.members[p.key] = append(g.members[p.key], member{n, p.self})
	}
}

// meant gives the word of a group that a word may be a misspelling of, or "":
// people misspell words that the playbook lacks, too.
func (g *groups) meant(typed string) string {
	letters := utf8.RuneCountInString(typed)
	if letters <= shortest || letters > maxLetters || hasDigit(typed) {
		return ""
	}
	limit := 1
	if letters > farFrom {
		limit = 2
	}
	best := ""
	at, _ := slices.BinarySearch(g.single, typed[:1])
	for ; at < len(g.single) && g.single[at][0] == typed[0]; at++ {
		if d := distance(typed, g.single[at], limit); d <= limit {
			best, limit = g.single[at], d-1 // only a nearer one is better
		}
	}
	return best
}

func stemOf(word string) string {
	if stopWords[word] {
		return word
	}
	return stem(word)
}

// expand gives the words of a question the forms of what means the same. A
// synonym weighs what the word that was asked weighs, times its own weight:
// a rare synonym is no better than a frequent one.
func (g *groups) expand(x *Index, q *question, typed []token) {
	if len(g.forms) == 0 || len(typed) == 0 {
		return
	}
	stems := make([]string, len(typed))
	for i, t := range typed {
		text := t.text
		if c, ok := q.Corrected[text]; ok {
			text = c
		}
		stems[i] = stemOf(text)
	}
	for i := range typed {
		key := stems[i]
		for n := 1; n <= g.longest && i+n <= len(typed); n++ {
			if n > 1 {
				key += " " + stems[i+n-1]
			}
			for _, m := range g.members[key] {
				for w := range q.words {
					a := &q.words[w]
					if a.place >= i && a.place < i+n {
						g.give(x, a, m, n > 1)
					}
				}
			}
		}
	}
}

// give adds the forms of a group to a word. A whole phrase is seldom there by
// chance: what it means counts more than what one word may mean.
func (g *groups) give(x *Index, a *asked, m member, phrase bool) {
	a.lent = a.lent || !a.known
	var df float64
	for i, f := range g.forms[m.group] {
		if i == m.self || slices.ContainsFunc(a.forms, func(o form) bool { return slices.Equal(o.terms, f.terms) }) {
			continue
		}
		switch {
		case phrase:
			f.weight = phraseWeight
		case a.lent:
			f.weight = insteadWeight
		}
		a.forms = append(a.forms, f)
		df = max(df, float64(x.lexicon.terms[f.terms[0]].df))
	}
	if !a.known && df > 0 {
		// The playbook has only the other word: it is as telling as that one.
		a.known = true
		a.idf = x.lexicon.idf(df)
	}
}
