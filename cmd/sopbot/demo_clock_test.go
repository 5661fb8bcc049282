package main

import (
	"testing"
	"time"

	"sopbot/internal/playbook"
)

func TestTheClockJumpsByThePlaybooksHours(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	weekdays := playbook.Settings{Holidays: []playbook.Date{{Year: 2026, Month: time.December, Day: 25}}}
	weekdays.Hours.Days = [7]bool{time.Monday: true, time.Tuesday: true, time.Wednesday: true, time.Thursday: true, time.Friday: true}
	weekdays.Hours.From = playbook.Clock{Minutes: 8*60 + 15, Set: true}
	always := playbook.Settings{}
	always.Hours.Days = [7]bool{true, true, true, true, true, true, true}
	const layout = "Mon 2006-01-02 15:04"
	for name, tc := range map[string]struct {
		settings   playbook.Settings
		step       string
		from, want string
	}{
		"half an hour":                      {weekdays, "30m", "Wed 2026-11-25 23:50", "Thu 2026-11-26 00:20"},
		"two hours":                         {weekdays, "2h", "Wed 2026-11-25 10:00", "Wed 2026-11-25 12:00"},
		"tomorrow":                          {weekdays, "morning", "Wed 2026-11-25 10:00", "Thu 2026-11-26 08:15"},
		"tomorrow, early in the day":        {weekdays, "morning", "Wed 2026-11-25 03:00", "Thu 2026-11-26 08:15"},
		"over the weekend":                  {weekdays, "morning", "Fri 2026-11-27 18:00", "Mon 2026-11-30 08:15"},
		"over a holiday and the weekend":    {weekdays, "morning", "Thu 2026-12-24 18:00", "Mon 2026-12-28 08:15"},
		"next Monday":                       {weekdays, "monday", "Wed 2026-11-25 10:00", "Mon 2026-11-30 08:15"},
		"next Monday, on a Monday":          {weekdays, "monday", "Mon 2026-11-30 07:00", "Mon 2026-12-07 08:15"},
		"next Monday, on a Sunday":          {weekdays, "monday", "Sun 2026-11-29 10:00", "Mon 2026-11-30 08:15"},
		"over the end of summer time":       {weekdays, "monday", "Fri 2026-10-30 10:00", "Mon 2026-11-02 08:15"},
		"tomorrow, where it is always work": {always, "morning", "Fri 2026-11-27 10:00", "Sat 2026-11-28 09:00"},
		"tomorrow, where nobody ever works": {playbook.Settings{}, "morning", "Fri 2026-11-27 10:00", "Sat 2026-11-28 09:00"},
	} {
		from, err := time.ParseInLocation(layout, tc.from, zone)
		if err != nil {
			t.Fatal(err)
		}
		to, known := jumpFrom(tc.settings, tc.step, from)
		if got := to.Format(layout); !known || got != tc.want {
			t.Errorf("%s: from %s to %s, want %s", name, tc.from, got, tc.want)
		}
	}
	if _, known := jumpFrom(weekdays, "yesterday", time.Now()); known {
		t.Error("the clock goes back")
	}
}

// A new demo begins when its clocks run, whenever somebody tries it.
func TestADemoBeginsOnAWorkingMorning(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	office := playbook.Settings{Hours: playbook.Hours{From: playbook.Clock{Minutes: 9 * 60}, To: playbook.Clock{Minutes: 17*60 + 30}},
		Holidays: []playbook.Date{{Year: 2026, Month: 12, Day: 25}}}
	for day := time.Monday; day <= time.Friday; day++ {
		office.Hours.Days[day] = true
	}
	always := playbook.Settings{Hours: playbook.Hours{Days: [7]bool{true, true, true, true, true, true, true}, To: playbook.Clock{Minutes: 24 * 60}}}
	for name, tc := range map[string]struct {
		settings playbook.Settings
		now      string
		want     string
	}{
		"before work":            {office, "Tue 1 Dec 2026 06:30", "Tue 1 Dec 2026 10:00"},
		"at ten":                 {office, "Tue 1 Dec 2026 10:00", "Tue 1 Dec 2026 10:00"},
		"in the afternoon":       {office, "Tue 1 Dec 2026 14:12", "Wed 2 Dec 2026 10:00"},
		"on a Friday evening":    {office, "Fri 4 Dec 2026 20:00", "Mon 7 Dec 2026 10:00"},
		"on a Sunday":            {office, "Sun 6 Dec 2026 09:30", "Mon 7 Dec 2026 10:00"},
		"on a holiday's morning": {office, "Fri 25 Dec 2026 08:00", "Mon 28 Dec 2026 10:00"},
		"around the clock":       {always, "Sun 6 Dec 2026 03:21", "Sun 6 Dec 2026 03:21"},
	} {
		t.Run(name, func(t *testing.T) {
			const layout = "Mon 2 Jan 2006 15:04"
			now, err := time.ParseInLocation(layout, tc.now, newYork)
			if err != nil {
				t.Fatal(err)
			}
			if got := beginning(tc.settings, now).Format(layout); got != tc.want {
				t.Errorf("at %s it begins %s, want %s", tc.now, got, tc.want)
			}
		})
	}
}
