package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain also makes this binary the program itself, when it is called so.
func TestMain(m *testing.M) {
	testscript.Main(whole{m}, map[string]func(){"sopbot": main, "sopbot-hasty": hasty, "sopbot-dumpable": dumpable})
}

// whole is all tests, and what has to be closed after them.
type whole struct{ *testing.M }

func (w whole) Run() int {
	defer func() { closeChromium() }()
	return w.M.Run()
}

// The command line as somebody at a terminal meets it.
func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
