package main

import (
	"io"
	"os"
)

// colour is a way to print on a terminal (ECMA-48, select graphic rendition).
type colour string

const (
	bold   colour = "1"
	faint  colour = "2"
	red    colour = "31"
	green  colour = "32"
	yellow colour = "33"
	blue   colour = "36"
)

// painter colours text where out is a terminal that wants it (no-color.org).
func painter(out io.Writer) func(colour, string) string {
	plain := func(_ colour, s string) string { return s }
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(out) {
		return plain
	}
	return func(c colour, s string) string {
		if s == "" {
			return s
		}
		return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
	}
}

// isTerminal reports whether somebody may be reading along.
func isTerminal(out io.Writer) bool {
	if d, keeps := out.(*discreet); keeps {
		out = d.to
	}
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
