package main

import (
	"sync"
	"time"

	"sopbot/internal/playbook"
)

// demoClock is the demo's clock: the machine's, and what it was pushed ahead.
// The bot and the local Slack both run on it.
type demoClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now tells the demo's time.
func (c *demoClock) Now() time.Time { return time.Now().Add(c.Ahead()) }

// Ahead is how far the clock was pushed in all.
func (c *demoClock) Ahead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// Push moves the clock on. Whatever waits for a time has to be woken then.
func (c *demoClock) Push(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}

// beginsAfter is how long the team has been at work when a demo begins anew.
const beginsAfter = time.Hour

// beginning is when a demo that begins anew does so: an hour after work began, on
// this working day or the next. At night and on Sundays no clock of the playbook
// runs, and nobody would be reminded of anything. Where people work around the
// clock it is now.
func beginning(settings playbook.Settings, now time.Time) time.Time {
	h, today := settings.Hours, settings.Hours.Days[now.Weekday()] && !holiday(settings, now)
	at := morning(settings, now, 0).Add(beginsAfter)
	switch {
	case today && h.To.Minutes-h.From.Minutes >= 24*60:
		return now
	case !today || now.After(at):
		return workingMorning(settings, now).Add(beginsAfter)
	}
	return at
}

// jumpFrom is where a step of the clock leads from now, which is in the zone of
// whoever pushes it; false for steps that there are not.
func jumpFrom(settings playbook.Settings, step string, now time.Time) (time.Time, bool) {
	switch step {
	case "30m":
		return now.Add(30 * time.Minute), true
	case "2h":
		return now.Add(2 * time.Hour), true
	case "morning":
		return workingMorning(settings, now), true
	case "monday":
		days := (int(time.Monday-now.Weekday())+6)%7 + 1
		return morning(settings, now, days), true
	}
	return time.Time{}, false
}

// workingMorning is the morning of the next day on which people work.
func workingMorning(settings playbook.Settings, now time.Time) time.Time {
	for days := 1; days <= 366; days++ {
		at := morning(settings, now, days)
		if settings.Hours.Days[at.Weekday()] && !holiday(settings, at) {
			return at
		}
	}
	return morning(settings, now, 1) // nobody ever works: any morning is as good
}

// morning is when work begins, days after now.
func morning(settings playbook.Settings, now time.Time, days int) time.Time {
	from := settings.Hours.From.Minutes
	if from == 0 { // working around the clock, people still call nine the morning
		from = 9 * 60
	}
	return time.Date(now.Year(), now.Month(), now.Day()+days, 0, from, 0, 0, now.Location())
}

func holiday(settings playbook.Settings, at time.Time) bool {
	for _, day := range settings.Holidays {
		if day.Year == at.Year() && day.Month == at.Month() && day.Day == at.Day() {
			return true
		}
	}
	return false
}
