package main

import (
	"runtime/debug"
	"testing"
)

func TestTheBotIsThriftyWhileLittleIsAskedUnlessTheOperatorSaysOtherwise(t *testing.T) {
	percent := func() int {
		now := debug.SetGCPercent(usualPercent)
		debug.SetGCPercent(now)
		return now
	}
	defer debug.SetGCPercent(percent())
	for gogc, want := range map[string][3]int{"": {thriftyPercent, busyPercent, thriftyPercent}, "70": {70, 70, 70}} {
		t.Setenv("GOGC", gogc)
		debug.SetGCPercent(70) // as Go itself does where GOGC says so
		var th thrift
		th.set(thriftyPercent)
		for i, envelopes := range []int64{busyRate - 1, busyRate, 0} {
			th.suit(envelopes)
			if got := percent(); got != want[i] {
				t.Errorf("GOGC=%q: with %d envelopes a second it collects at %d, want %d", gogc, envelopes, got, want[i])
			}
		}
	}
}
