package main

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

// managed runs a bot on a clock that can be pushed, with other settings.
func managed(t *testing.T, at time.Time, change func(s *playbook.Settings)) (*slacksim.Slack, *bot, func(time.Duration)) {
	t.Helper()
	clock := &demoClock{}
	clock.Push(time.Until(at))
	slack, b := startBotWith(t, slacksim.Options{Now: clock.Now}, func(b *bot) {
		b.now, b.delays = clock.Now, calmDelays
		team := b.settings
		b.settings = func(s *playbook.Settings) {
			team(s)
			change(s)
		}
	})
	return slack, b, pusher(t, clock, slack, b)
}

// managers are who manages, in the place of Dana.
func managers(who ...string) func(*playbook.Settings) {
	return func(s *playbook.Settings) {
		s.Roles = map[string][]string{"manager": who, "sdr": {"S0SDR"}, "ae": {"S0AE"}, "owner": {"U0OLA"}}
	}
}

// digestsOf counts the daily digests that somebody has in their direct messages.
func digestsOf(slack *slacksim.Slack, who string) (n int) {
	for _, m := range slack.As(who).Messages("DM") {
		if strings.Contains(m.Text(), "Daily digest") && strings.Contains(m.Text(), "You get this as a manager") {
			n++
		}
	}
	return n
}

// nine is Tuesday at nine in New York, less a minute.
var nine = time.Date(2026, 12, 1, 13, 59, 0, 0, time.UTC)

func TestAManagerWhomNothingReachesDoesNotStandInTheWay(t *testing.T) {
	for _, why := range []string{"cannot_dm_bot", "channel_not_found", "user_disabled"} {
		t.Run(why, func(t *testing.T) {
			slack, b, push := managed(t, nine, managers("U0DANA", "U0SAM"))
			slack.Fault(slacksim.Fault{Method: "chat.postMessage", Times: -1, Error: why, Match: func(args map[string]any) bool { return args["channel"] == "U0DANA" }})
			push(time.Minute)
			slack.As("sam").WaitFor("on working days")
			told := slack.As("ola").WaitFor("sopbot cannot send messages to")
			has(t, "what the owner reads", told.Text(), "@dana", why)
			slack.ClearFaults() // the next one is a new try
			push(24 * time.Hour)
			slack.As("dana").WaitFor("Tue 1 Dec · compared with Mon 30 Nov")
			waitUntil(t, "Sam has his second", func() bool { return digestsOf(slack, "sam") == 2 })
			if n := one[int](t, b, "SELECT count(*) FROM posts WHERE key LIKE 'digest/U0DANA/%' AND state = 'dead'"); n != 1 || digestsOf(slack, "dana") != 1 {
				t.Errorf("%d digests were given up, %d came", n, digestsOf(slack, "dana"))
			}
		})
	}
}

func TestAManagerWhoLeftGetsNone(t *testing.T) {
	slack, b, push := managed(t, nine, managers("U0RICK", "U0DANA"))
	push(time.Minute)
	slack.As("dana").WaitFor("on working days")
	push(2 * time.Hour) // in Chicago, too
	push(24 * time.Hour)
	waitUntil(t, "Dana has her second", func() bool { return digestsOf(slack, "dana") == 2 })
	if n := one[int](t, b, "SELECT count(*) FROM posts WHERE channel = 'U0RICK'"); n != 0 {
		t.Errorf("%d messages were meant for somebody who has left", n)
	}
}

// A machine that slept for a day wakes up with its call to Slack still out.
func TestADigestThatIsBeingSentWhenTheClockJumpsIsNotCalledSkipped(t *testing.T) {
	clock := &demoClock{}
	clock.Push(time.Until(nine))
	slack, b := startBotWith(t, slacksim.Options{Now: clock.Now}, func(b *bot) { b.now = clock.Now })
	slack.Fault(slacksim.Fault{Method: "chat.postMessage", Delay: 2 * time.Second, Match: func(args map[string]any) bool { return args["channel"] == "U0DANA" }})
	jump := func(by time.Duration) {
		clock.Push(by)
		slack.Wake()
		b.wake()
	}
	jump(time.Minute)
	waitUntil(t, "it is being sent", func() bool {
		return one[int](t, b, "SELECT count(*) FROM posts WHERE key LIKE 'digest/U0DANA/%' AND state = 'sending'") == 1
	})
	jump(8 * time.Hour)
	m := slack.As("dana").WaitFor("on working days")
	waitUntil(t, "nobody asks for it any more", func() bool {
		return one[int](t, b, "SELECT count(*) FROM outbox WHERE kind = 'digest.stale' AND state = 'ready' AND run_at <= $1", clock.Now().UnixMilli()) == 0
	})
	time.Sleep(100 * time.Millisecond)
	if text := m.Text(); !strings.Contains(text, "You get this as a manager") || strings.Contains(text, "skipped") {
		t.Errorf("the digest that arrived is now:\n%s", text)
	}
}

func TestADigestTimeThatNobodysHoursContain(t *testing.T) {
	for name, tc := range map[string]struct {
		daily playbook.Clock
		tells string // of what it tells when it comes at nine
	}{
		"at night":       {playbook.Clock{Minutes: 3 * 60, Set: true}, "Mon 30 Nov · compared with Fri 27 Nov"},
		"in the evening": {playbook.Clock{Minutes: 21 * 60, Set: true}, "Mon 30 Nov · compared with Fri 27 Nov"},
	} {
		t.Run(name, func(t *testing.T) {
			// From the morning before on, so that an evening's digest is one of then.
			slack, _, push := managed(t, nine.Add(-24*time.Hour), func(s *playbook.Settings) { s.Digest.Daily, s.Digest.HaveWeekly = tc.daily, false })
			push(23*time.Hour + 30*time.Minute) // 8:29
			before := digestsOf(slack, "dana")
			push(31 * time.Minute)
			m := slack.As("dana").WaitFor(tc.tells)
			if n := digestsOf(slack, "dana"); n != before+1 {
				t.Errorf("%d digests came at nine:\n%s", n-before, m.Text())
			}
		})
	}
}

// In Kolkata it is half past three in the morning when it is ten in the evening
// in London; on Lord Howe Island the clock is turned by half an hour.
func TestAManagerWhoseZoneIsHalfAnHourOff(t *testing.T) {
	slack, b, push := managed(t, time.Date(2026, 12, 1, 3, 29, 0, 0, time.UTC), managers("U0PRIYA", "U0DANA")) // 8:59 in Kolkata
	waitUntil(t, "Priya's zone is known", func() bool {
		return one[int](t, b, "SELECT count(*) FROM digests WHERE person = 'U0PRIYA' AND next_at = $1", time.Date(2026, 12, 1, 3, 30, 0, 0, time.UTC).UnixMilli()) == 1
	})
	push(61 * time.Second)
	m := slack.As("priya").WaitFor("on working days")
	has(t, "Priya's digest", m.Text(), "Mon 30 Nov · compared with Fri 27 Nov")
	if n := digestsOf(slack, "dana"); n != 0 {
		t.Errorf("Dana, for whom it is night, has %d", n)
	}
	push(10*time.Hour + 30*time.Minute)
	slack.As("dana").WaitFor("on working days")
	if digestsOf(slack, "dana") != 1 || digestsOf(slack, "priya") != 1 {
		t.Errorf("Dana has %d digests, Priya %d", digestsOf(slack, "dana"), digestsOf(slack, "priya"))
	}
}

func TestAManagerWhoIsOneTwice(t *testing.T) {
	// Alex is named, and in the group; Dana is named twice.
	slack, b, push := managed(t, nine, managers("U0DANA", "U0ALEX", "S0AE", "U0DANA"))
	push(time.Minute)
	slack.As("dana").WaitFor("on working days")
	push(3 * time.Hour) // nine in Los Angeles
	slack.As("alex").WaitFor("on working days")
	push(time.Hour)
	for _, who := range []string{"dana", "alex"} {
		if n := digestsOf(slack, who); n != 1 {
			t.Errorf("%s has %d digests", who, n)
		}
	}
	if n := one[int](t, b, "SELECT count(*) FROM digests WHERE person = 'U0ALEX'"); n != 2 { // daily and weekly
		t.Errorf("Alex stands there %d times", n)
	}
}

// Slack is down at nine. Back at ten, the digest comes, once; back the next day,
// a line says that it was skipped, and that day's digest comes as ever.
func TestADigestWaitsForSlackButNotForEver(t *testing.T) {
	slack, b, push := managed(t, nine, func(s *playbook.Settings) { s.Channels = nil; s.Digest.HaveWeekly = false })
	down := func() {
		slack.Fault(slacksim.Fault{Method: "chat.postMessage", Times: -1, Status: 503})
	}
	pass := func(hours int) {
		for range 6 * hours {
			push(10 * time.Minute)
			time.Sleep(20 * time.Millisecond)
		}
	}
	put := func(day string) {
		t.Helper()
		waitUntil(t, "the digest of "+day+" is put", func() bool {
			return one[int](t, b, "SELECT count(*) FROM posts WHERE key = $1", "digest/U0DANA/"+day) == 1
		})
	}
	down()
	push(time.Minute)
	put("2026-12-01")
	pass(1)
	if n := digestsOf(slack, "dana"); n != 0 {
		t.Fatalf("%d digests came while Slack was down", n)
	}
	slack.ClearFaults()
	pass(1)
	slack.As("dana").WaitFor("Mon 30 Nov · compared with Fri 27 Nov")
	push(21 * time.Hour) // Wednesday, 8:00
	down()
	push(time.Hour)
	put("2026-12-02")
	pass(5) // Slack is away until the evening, and longer
	waitUntil(t, "the digest is given up", func() bool {
		return strings.Contains(one[string](t, b, "SELECT body FROM posts WHERE key = 'digest/U0DANA/2026-12-02'"), "skipped")
	})
	push(18 * time.Hour) // Thursday, 8:00
	slack.ClearFaults()
	pass(1)
	dana := slack.As("dana")
	skipped := dana.WaitFor("Daily digest of Wed 2 Dec: skipped")
	lacks(t, "what came instead", skipped.Text(), "Leads")
	dana.WaitFor("Wed 2 Dec · compared with Tue 1 Dec")
	pass(1)
	if n := digestsOf(slack, "dana"); n != 2 {
		t.Errorf("%d digests came, want Tuesday's and Thursday's", n)
	}
	for _, m := range dana.Messages("DM") {
		if text := m.Text(); strings.Contains(text, "Tue 1 Dec · compared with Mon 30 Nov") {
			t.Errorf("Wednesday's came after all: %s", text)
		}
	}
	if n := one[int](t, b, "SELECT count(*) FROM posts WHERE key LIKE 'digest/U0DANA/%'"); n != 3 {
		t.Errorf("there are %d messages, want 3", n)
	}
}
