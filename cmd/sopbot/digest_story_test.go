package main

import (
	"testing"
	"time"
)

func TestDigestOnDemandAndInTheMorning(t *testing.T) {
	// A Tuesday, 10:00 in New York, where Sam and Dana work.
	slack, _, push := startBotAt(t, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	sales, dana := slack.As("dana").In("#sales"), slack.As("dana")
	sales.Slash("/lead assign @sam Tern Hotels")
	slack.As("sam").WaitFor("gave you the lead")
	sales.Slash("/digest")
	now := sales.WaitFor("Daily digest")
	has(t, "the digest on demand", now.Text(), "Tue 1 Dec, until 10:00", "Leads: 1 assigned (0)", "Tern Hotels", "[Reassign]", "[Open]")

	push(23 * time.Hour)
	morning := dana.WaitFor("on working days")
	has(t, "the morning's digest", morning.Text(), "Tue 1 Dec · in brackets: Mon 30 Nov", "1 assigned (0)", "Was due", "1 of them overdue")
	push(3*24*time.Hour + 2*24*time.Hour)
	week := dana.WaitFor("Weekly digest")
	has(t, "the weekly digest", week.Text(), "Mon 30 Nov to Sun 6 Dec")
}
