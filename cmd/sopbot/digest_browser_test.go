package main

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// What a manager sees of it by clicking: today's on demand, and after "Next
// Monday" the weekly one with a chart, to herself and to the team.
func TestNextMondayBringsTheWeeklyDigestWithAChart(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	dana := d.window(t, "dana", "#sales")
	dana.click("link", "sopbot")
	dana.send("/digest")
	dana.sees("Daily digest", "Needs you today", "Only you see this")
	dana.picture("digest-today")
	dana.press("Nudge")
	dana.sees("is nudged")
	dana.press("By person")
	dana.sees("1 open and overdue")
	dana.picture("digest-people")
	dana.press("Close")
	dana.pushClock("Tomorrow morning")
	dana.sees("You get this as a manager, on working days")
	dana.picture("digest-morning")
	dana.pushClock("Next Monday")
	dana.sees("Weekly digest", "Handoffs by day", "You get this as a manager, once a week")
	dana.picture("digest-weekly")
	dana.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('#scroll .message')].findLast(e => e.textContent.includes('Weekly digest')).scrollIntoView({ block: 'start', behavior: 'instant' })`))
	dana.picture("digest-weekly-top")
	team := d.window(t, "alex", "#sales")
	team.sees("The team's week", "Handoffs by day")
	team.picture("digest-team")
}
