package playbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a problem keeps a playbook from being served.
type Severity int

// An Error keeps the playbook from being served, because the bot would do
// something that nobody wrote. A Warning only makes it a worse read.
const (
	Warning Severity = iota
	Error
)

// Problem is something wrong in a file of the playbook, in words for the
// person who wrote it.
type Problem struct {
	File     string // relative to the playbook folder; "" for the folder itself
	Line     int    // 1-based; 1 when it is about the whole file
	Column   int    // 1-based, in characters
	Severity Severity
	Message  string
}

// String gives "file:line:column: message", with "warning: " before the
// message of a warning, as compilers do.
func (p Problem) String() string {
	word := ""
	if p.Severity == Warning {
		word = "warning: "
	}
	if p.File == "" {
		return word + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, word, p.Message)
}

// Problems is everything found in one reading, by file, line and column.
type Problems []Problem

// Errors are the problems that keep the playbook from being served.
func (ps Problems) Errors() Problems {
	var out Problems
	for _, p := range ps {
		if p.Severity == Error {
			out = append(out, p)
		}
	}
	return out
}

func (ps Problems) sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Message, b.Message))
	})
}

// nearest gives the word that is spelt most like the given one, or "" if
// none is near enough to be what was meant.
func nearest(word string, known []string) string {
	best, bestDistance := "", len([]rune(word))/3+1
	for _, k := range known {
		d := distance(strings.ToLower(word), strings.ToLower(k))
		// Of two that are as near, the longer: letters are left out more often
		// than put in.
		if d < bestDistance || d == bestDistance && len(k) > len(best) {
			best, bestDistance = k, d
		}
	}
	return best
}

// distance counts the letters to insert, drop, replace or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 64 || len(y) > 64 {
		return 64
	}
	var rows [3][65]int
	for j := range len(y) + 1 {
		rows[0][j] = j
	}
	prev2, prev, row := 2, 0, 1
	for i := 1; i <= len(x); i++ {
		rows[row][0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d := min(rows[prev][j]+1, rows[row][j-1]+1, rows[prev][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d = min(d, rows[prev2][j-2]+1)
			}
			rows[row][j] = d
		}
		prev2, prev, row = prev, row, prev2
	}
	return rows[prev][len(y)]
}

// didYouMean is the end of a message about an unknown word.
func didYouMean(word string, known []string) string {
	if n := nearest(word, known); n != "" {
		return fmt.Sprintf("; did you mean %q?", n)
	}
	return "; known are " + strings.Join(known, ", ")
}
