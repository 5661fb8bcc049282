package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// verdict is how a finding is; the words are for other programs, too.
type verdict string

const (
	fine    verdict = "ok"
	warning verdict = "warning" // sopbot works, but not as somebody would want
	problem verdict = "problem" // it keeps sopbot, or a part of it, from working
	skipped verdict = "skipped" // it could not be looked at
)

// finding is a line of the doctor's. Its fields and the names of checks are
// read by other programs: add, don't rename.
type finding struct {
	Check string  `json:"check"` // what was looked at and what was found: "scopes.missing"
	State verdict `json:"state"`
	About string  `json:"about,omitempty"` // the ID, name or file that it is about
	Says  string  `json:"says"`
	Do    string  `json:"do,omitempty"`
}

// about reports whether the finding is of that kind.
func (f finding) about(kind string) bool { return strings.HasPrefix(f.Check, kind+".") }

// diagnosis collects findings.
type diagnosis struct {
	found []finding
	in    io.Reader
}

func (r *diagnosis) add(check string, state verdict, about, says, do string) {
	r.found = append(r.found, finding{check, state, plainly(about), plainly(says), plainly(do)})
}

// plainly is what is said, without anything that looks like a secret: an error
// may hold an address with its password.
func plainly(words string) string { return string(withoutLooks([]byte(strings.TrimSpace(words)))) }

func (r *diagnosis) ok(check, about, says string, args ...any) {
	r.add(check, fine, about, fmt.Sprintf(says, args...), "")
}
func (r *diagnosis) warn(check, about, says, do string)    { r.add(check, warning, about, says, do) }
func (r *diagnosis) problem(check, about, says, do string) { r.add(check, problem, about, says, do) }
func (r *diagnosis) skip(check, about, says, do string)    { r.add(check, skipped, about, says, do) }

// marks are how verdicts look; the sign tells them apart without colour.
var marks = map[verdict]struct {
	sign   string
	colour colour
}{fine: {"✓", green}, warning: {"!", yellow}, problem: {"✗", red}, skipped: {"–", faint}}

// print writes the findings, and gives the exit code.
func (r *diagnosis) print(w io.Writer, asJSON, strict bool) error {
	paint := painter(w)
	count := map[verdict]int{}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i, f := range r.found {
		f.About, f.Says, f.Do = harmless(f.About), harmless(f.Says), harmless(f.Do)
		count[f.State]++
		if asJSON {
			if err := e.Encode(f); err != nil {
				return err
			}
			continue
		}
		kind, _, _ := strings.Cut(f.Check, ".")
		mark := marks[f.State]
		says := strings.ReplaceAll(f.Says, "\n", "\n"+strings.Repeat(" ", 14))
		if f.State == skipped {
			says = paint(faint, says)
		}
		fmt.Fprintf(w, "%s %-11s %s\n", paint(mark.colour, mark.sign), strings.ReplaceAll(kind, "-", " "), says)
		// What is to be done for several is said behind the last of them.
		if f.Do != "" && (i+1 == len(r.found) || r.found[i+1].Do != r.found[i].Do) {
			fmt.Fprintf(w, "%14s→ %s\n", "", f.Do)
		}
	}
	if !asJSON {
		fmt.Fprintln(w)
		fmt.Fprintln(w, paint(bold, summary(count)))
	}
	if count[problem] > 0 || strict && count[warning] > 0 {
		return exit(1)
	}
	return nil
}

// harmless keeps to words what came from people or from files: a name could
// hold what a terminal takes for a command.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' ' // of an error of several lines
		}
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
			return '\uFFFD'
		}
		return r
	}, s)
}

// summary says how it all stands, in a sentence.
func summary(count map[verdict]int) string {
	var parts []string
	if n := count[problem]; n > 0 {
		parts = append(parts, plural(n, "problem"))
	}
	if n := count[warning]; n > 0 {
		parts = append(parts, plural(n, "warning"))
	}
	parts = append(parts, fmt.Sprintf("%d ok", count[fine]))
	if n := count[skipped]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not looked at", n))
	}
	words := strings.Join(parts, ", ")
	if count[problem]+count[warning] == 0 {
		return "All is well: " + words + "."
	}
	return words + "."
}
