package main

import (
	"testing"
)

func TestANewcomerAsksSharesRatesAndFindsHelp(t *testing.T) {
	d := startDemo(t, t.TempDir())
	sam, priya := d.window(t, "sam", "#sales"), d.window(t, "priya", "#sales")
	sam.picture("first-look")
	sam.send("/sop pricng")
	sam.sees("You asked: pricng", "read as pricing", "too expensive", "Only visible to you")
	sam.picture("answer")
	sam.press("Share in channel")
	priya.sees("Shared from the playbook by", "When you say too expensive")
	priya.seesNo("You asked")
	sam.sees("Shared in this channel")
	sam.press("Helpful")
	sam.sees("You found this helpful")
	priya.picture("shared")
	sam.send("/sop help")
	sam.sees("/sop stage discovery")
}
