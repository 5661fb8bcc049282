package search

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// spelling finds the words of the playbook that a mistyped word may have
// meant. Two words that differ in one letter, one missing, one too many or two
// swapped become equal when the right letter is left out of each; so each word
// is filed under itself and under what remains when any one letter is left out.
type spelling struct {
	files []uint64 // hash of the remains <<32 | number of the word, sorted
}

const (
	shortest  = 4 // shorter words are codes and names as often as mistakes
	farFrom   = 6 // from so many letters on, two mistakes are forgiven
	maxMeant  = 3 // words that a mistyped word may stand for
	firstWins = 4 // a first letter is seldom mistyped: worth so many times the frequency
)

func newSpelling(l *lexicon) spelling {
	files := make([]uint64, 0, len(l.sorted)*8)
	for _, n := range l.sorted {
		w := l.words[n].text
		if len(w) < shortest || l.terms[l.words[n].term].stop {
			continue
		}
		files = append(files, uint64(hash(w))<<32|uint64(n))
		leaveOut(w, func(rest string) { files = append(files, uint64(hash(rest))<<32|uint64(n)) })
	}
	slices.Sort(files)
	return spelling{slices.Clip(slices.Compact(files))}
}

// leaveOut calls f with a word less each one of its letters.
func leaveOut(w string, f func(string)) {
	var buf [4 * maxLetters]byte
	for i := 0; i < len(w); {
		_, size := utf8.DecodeRuneInString(w[i:])
		if i+size >= len(w) || w[i:i+size] != w[i+size:min(len(w), i+2*size)] { // of a double letter one is enough
			f(string(append(append(buf[:0], w[:i]...), w[i+size:]...)))
		}
		i += size
	}
}

// hash is FNV-1a.
func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// meant is a word that a mistyped one may stand for.
type meant struct {
	word     uint32
	distance int
	weight   uint32
}

// candidates gives the words that a word may have been meant as, best first:
// nearer ones, then those that the playbook uses more.
func (sp *spelling) candidates(l *lexicon, typed string) []meant {
	letters := utf8.RuneCountInString(typed)
	if letters < shortest || letters > maxLetters || hasDigit(typed) {
		return nil
	}
	limit := 1
	if letters >= farFrom {
		limit = 2
	}
	var found []meant
	looked := map[string]bool{}
	look := func(rest string) {
		if looked[rest] {
			return
		}
		looked[rest] = true
		h := uint64(hash(rest))
		at, _ := slices.BinarySearch(sp.files, h<<32)
		for ; at < len(sp.files) && sp.files[at]>>32 == h; at++ {
			n := uint32(sp.files[at])
			if slices.ContainsFunc(found, func(m meant) bool { return m.word == n }) {
				continue
			}
			w := l.words[n]
			d := distance(typed, w.text, limit)
			if d > limit {
				continue
			}
			weight := w.count
			if w.text[0] == typed[0] {
				weight *= firstWins
			} else if d > 1 || letters < farFrom && !(typed[0] == w.text[1] && typed[1] == w.text[0]) {
				continue // "wife" is no mistyped "life"
			}
			found = append(found, meant{n, d, weight})
		}
	}
	look(typed)
	leaveOut(typed, look)
	if len(found) == 0 && limit == 2 {
		leaveOut(typed, func(rest string) { leaveOut(rest, look) })
	}
	slices.SortFunc(found, func(a, b meant) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.weight, a.weight), cmp.Compare(l.words[a.word].text, l.words[b.word].text))
	})
	var out []meant
	for _, m := range found {
		if m.distance > found[0].distance || len(out) == maxMeant {
			break
		}
		if !slices.ContainsFunc(out, func(o meant) bool { return l.words[o.word].term == l.words[m.word].term }) {
			out = append(out, m)
		}
	}
	return out
}

func hasDigit(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			return true
		}
	}
	return false
}

// distance is the optimal string alignment distance of two words: letters
// changed, missing, too many, and neighbours swapped. Above limit it is only
// known to be above.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit*utf8.UTFMax || -d > limit*utf8.UTFMax {
		return limit + 1
	}
	var ra, rb [maxLetters + 1]rune
	x, y := ra[:0], rb[:0]
	for _, r := range a {
		x = append(x, r)
	}
	for _, r := range b {
		y = append(y, r)
	}
	if len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	var rows [3][maxLetters + 8]int
	if len(y) >= len(rows[0]) || len(x) >= len(rows[0]) {
		return limit + 1
	}
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(y) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(y); j++ {
			change := 1
			if x[i-1] == y[j-1] {
				change = 0
			}
			d := min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, before[j-2]+1)
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
