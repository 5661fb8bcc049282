package main

import (
	"strings"
	"testing"
	"time"
)

// Each rep reviews an own call a week: the default playbook says so, and the
// demo's clock brings it.
func TestEachWeekARepReviewsAnOwnCall(t *testing.T) {
	// A Saturday. Sam and Dana work in New York.
	slack, b, push := startBotAt(t, time.Date(2026, 11, 28, 15, 0, 0, 0, time.UTC))
	sam, dana := slack.As("sam"), slack.As("dana")
	until := func(year int, month time.Month, day, hour, minute int) {
		t.Helper()
		at, err := time.LoadLocation("America/New_York")
		if err != nil {
			t.Fatal(err)
		}
		push(time.Date(year, month, day, hour, minute, 0, 0, at).Sub(b.now()))
	}
	clocks := func(state string) int {
		return one[int](t, b, "SELECT count(*) FROM deadlines WHERE event = 'week.started' AND person = 'U0SAM' AND state = $1", state)
	}
	await(t, "the next week to be planned", func() bool {
		return one[int](t, b, "SELECT count(*) FROM outbox WHERE kind = 'deadline.week' AND state = 'ready'") > 3
	})
	if n := clocks("open"); n != 0 {
		t.Fatalf("%d weeks have begun on a Saturday", n)
	}
	until(2026, 11, 30, 9, 0) // next Monday
	await(t, "Sam's week to begin", func() bool { return clocks("open") == 1 })
	// Who wants to do it before they are reminded finds it with their leads.
	sam.In("#sales").Slash("/lead")
	own := sam.WaitFor("Also yours to do")
	has(t, "/lead on Monday", own.Text(), "Review one of your own demo calls", "week of 30 November", "Due Dec 4, 2026 9:00 AM.", "[My call review]", "Snooze")
	own.Choose("Snooze", "1 hour")
	has(t, "what the click is answered", sam.WaitFor("Snoozed until").Text(), "Review one of your own", "Snoozed until Nov 30, 2026 10:00 AM.")
	own.Click("My call review")
	has(t, "what its button opens", sam.Modal().Text(), "week of 30 November", "Link to the recording")
	sam.Modal().Close()
	until(2026, 12, 1, 9, 1)
	reminder := sam.WaitFor("You get this because")
	has(t, "the reminder", reminder.Text(), "week of 30 November", "within 4 days after the week begins", "My call review", "Snooze")

	// Handed in, with a link that is none at first.
	reminder.Click("My call review")
	m := sam.Modal()
	m.Fill("Link to the recording", "on my disk").Fill("Time-stamped comments", "02:10 Keep: asked for the number first.\n14:35 Change: showed too much.").
		Fill("One question to your manager", "31:00 How would you have answered on price?").Submit()
	m.WaitFor("Enter a valid URL")
	m.Fill("Link to the recording", "https://calls.example/4711").Submit()
	m.WaitFor("can read it now")
	card := dana.WaitFor("has done it")
	has(t, "what the manager reads", card.Text(), "@sam", "https://calls.example/4711", "02:10 Keep", "31:00 How would you", "week of 30 November")
	reminder.WaitFor("on time")
	lacks(t, "/lead when it is done", sam.In("#sales").Slash("/lead").Text(), "Also yours to do")
	if n := clocks("done"); n != 1 {
		t.Errorf("%d are done", n)
	}

	// The week after, he does not: told at the deadline, and over on Sunday night.
	until(2026, 12, 7, 9, 1)
	await(t, "Sam's second week", func() bool { return clocks("open") == 1 })
	until(2026, 12, 11, 9, 1)
	told := dana.WaitFor("has not done it in time")
	until(2026, 12, 14, 9, 1)
	told.WaitFor("has not done it in that week")
	await(t, "the third week", func() bool { return clocks("open") == 1 && clocks("missed") == 1 })
}

// What is handed in is kept, however long it is and however late: nobody types for
// nothing.
func TestWhatIsHandedInIsKept(t *testing.T) {
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 14, 30, 0, 0, time.UTC)) // a Tuesday, 9:30 in New York
	sam, dana := slack.As("sam"), slack.As("dana")
	await(t, "Sam's week to begin", func() bool {
		return one[int](t, b, "SELECT count(*) FROM deadlines WHERE event = 'week.started' AND person = 'U0SAM'") == 1
	})
	push(26 * time.Hour) // who begins on Tuesday has until Friday evening, and is reminded three days before
	reminder := sam.WaitFor("Review one of your own demo calls")
	reminder.Click("My call review")
	m := sam.Modal()
	long := strings.Repeat("02:10 Keep: asked for the number before I showed anything.\n", 40)
	m.Fill("Link to the recording", "https://calls.example/4711").Fill("Time-stamped comments", long+"59:59 The last word.")
	push(6 * 24 * time.Hour) // it lay open over the end of the week
	await(t, "the week to end", func() bool {
		return one[int](t, b, "SELECT count(*) FROM deadlines WHERE event = 'week.started' AND person = 'U0SAM' AND state = 'missed'") == 1
	})
	m.Submit()
	m.WaitFor("Its week is over, so it does not count for it")
	card := dana.WaitFor("has done it")
	has(t, "what the manager reads", card.Text(), "The week was over by then", "02:10 Keep", "Read it whole")
	lacks(t, "what the manager reads", card.Text(), "The last word")
	card.Click("Read it whole")
	has(t, "the whole", dana.Modal().Text(), "59:59 The last word.")
	if n := one[int](t, b, "SELECT count(*) FROM reports"); n != 1 {
		t.Errorf("%d reports are kept", n)
	}
}
