package main

import (
	"runtime/debug"
	"testing"
)

func TestTheStartIsThriftyUnlessTheOperatorSaysOtherwise(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(usualPercent)
		debug.SetGCPercent(now)
		return now
	}
	defer debug.SetGCPercent(percent())
	for gogc, want := range map[string]int{"": startPercent, "70": 70} {
		t.Setenv("GOGC", gogc)
		debug.SetGCPercent(70) // as Go itself does where GOGC says so
		asUsual := thrifty()
		if got := percent(); got != want {
			t.Errorf("GOGC=%q: the start runs at %d, want %d", gogc, got, want)
		}
		asUsual()
		if got := percent(); gogc == "" && got != usualPercent || gogc != "" && got != 70 {
			t.Errorf("GOGC=%q: it goes on at %d", gogc, got)
		}
	}
}
