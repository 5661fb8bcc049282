package research

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

func settings(from, to string, days ...time.Weekday) *playbook.Settings {
	s := &playbook.Settings{Timezone: time.UTC}
	s.Hours.From, _ = playbook.ParseClock(from)
	s.Hours.To, _ = playbook.ParseClock(to)
	for _, d := range days {
		s.Hours.Days[d] = true
	}
	return s
}

var weekdays = []time.Weekday{1, 2, 3, 4, 5}

func TestABlockIsFoundWhereThereIsRoom(t *testing.T) {
	// Berlin is an hour ahead of UTC in November; 25 November is a Wednesday.
	at := func(text string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2 15:04:05", text, berlin(t))
		if err != nil {
			t.Fatal(err)
		}
		return v.AddDate(2026, 10, 0)
	}
	office := deadline.NewCalendar(settings("09:00", "17:30", weekdays...), berlin(t))
	always := deadline.NewCalendar(settings("00:00", "24:00", 0, 1, 2, 3, 4, 5, 6), berlin(t))
	short := deadline.NewCalendar(settings("09:00", "10:00", weekdays...), berlin(t))
	const two = 2 * time.Hour
	for name, tc := range map[string]struct {
		c           deadline.Calendar
		now         string
		length      time.Duration
		dues        []string
		from, until string
	}{
		"at the opening":                        {office, "25 09:00:00", two, nil, "25 09:00:00", "25 11:00:00"},
		"a moment after the opening":            {office, "25 09:00:42", two, nil, "25 09:00:00", "25 11:00:00"},
		"minutes later it is the next quarter":  {office, "25 09:01:00", two, nil, "25 09:15:00", "25 11:15:00"},
		"before the opening":                    {office, "25 06:20:00", two, nil, "25 09:00:00", "25 11:00:00"},
		"just enough until the closing":         {office, "25 15:30:00", two, nil, "25 15:30:00", "25 17:30:00"},
		"not enough until the closing":          {office, "25 15:31:00", two, nil, "26 09:00:00", "26 11:00:00"},
		"on a Friday evening":                   {office, "27 17:20:00", two, nil, "30 09:00:00", "30 11:00:00"},
		"on a Sunday":                           {office, "29 12:00:00", two, nil, "30 09:00:00", "30 11:00:00"},
		"it ends by the deadline":               {office, "25 10:03:00", two, []string{"25 12:03:00"}, "25 10:15:00", "25 12:00:00"},
		"by the last of several":                {office, "25 09:00:00", two, []string{"25 09:40:00", "25 10:45:00"}, "25 09:00:00", "25 10:45:00"},
		"a deadline far away takes nothing":     {office, "25 09:00:00", two, []string{"27 12:00:00"}, "25 09:00:00", "25 11:00:00"},
		"shorter today rather than too late":    {office, "25 16:30:00", two, []string{"25 17:30:00"}, "25 16:30:00", "25 17:30:00"},
		"today, where it is due in the morning": {office, "25 16:30:00", two, []string{"26 09:10:00"}, "25 16:30:00", "25 17:30:00"},
		"a deadline that is too near":           {office, "25 11:55:00", two, []string{"25 12:03:00"}, "25 12:00:00", "25 14:00:00"},
		"a deadline that passed":                {office, "25 12:00:00", two, []string{"24 12:03:00"}, "25 12:00:00", "25 14:00:00"},
		"at night, where people always work":    {always, "25 23:50:00", two, nil, "26 00:00:00", "26 02:00:00"},
		"over midnight":                         {always, "25 23:00:00", two, nil, "25 23:00:00", "26 01:00:00"},
		"a day is too short for it":             {short, "25 09:00:00", two, nil, "25 09:00:00", "25 10:00:00"},
		"… and the rest of one shorter still":   {short, "25 09:40:00", two, nil, "26 09:00:00", "26 10:00:00"},
		"five minutes":                          {office, "25 09:20:00", 5 * time.Minute, nil, "25 09:30:00", "25 09:35:00"},
		"five minutes before a deadline":        {office, "25 09:20:00", 5 * time.Minute, []string{"25 09:36:00"}, "25 09:30:00", "25 09:35:00"},
	} {
		t.Run(name, func(t *testing.T) {
			var dues []time.Time
			for _, d := range tc.dues {
				dues = append(dues, at(d))
			}
			from, until := findBlock(tc.c, at(tc.now), tc.length, dues...)
			if !from.Equal(at(tc.from)) || !until.Equal(at(tc.until)) {
				t.Errorf("from %s until %s, want %s until %s", from.In(berlin(t)), until.In(berlin(t)), at(tc.from), at(tc.until))
			}
		})
	}
}

// Over the nights on which the clock changes, too: a block is working time from
// end to end, never in the past, and ends by the deadline wherever a quarter of
// an hour before it is still free.
func TestABlockIsWorkingTimeAndNotPast(t *testing.T) {
	zones := []string{"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Chatham", "Asia/Kolkata", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		s := settings("00:00", "24:00")
		s.Hours.From.Minutes = rapid.IntRange(0, 23*60).Draw(rt, "from")
		s.Hours.To.Minutes = rapid.IntRange(s.Hours.From.Minutes+15, 24*60).Draw(rt, "to")
		for d := range 7 {
			s.Hours.Days[d] = d == 3 || rapid.Bool().Draw(rt, "works")
		}
		c := deadline.NewCalendar(s, zone)
		now := rapid.SampledFrom([]time.Time{noon, time.Date(2026, 3, 8, 7, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC)}).Draw(rt, "around").
			Add(time.Duration(rapid.IntRange(-3*24*3600, 3*24*3600).Draw(rt, "seconds")) * time.Second)
		length := time.Duration(rapid.IntRange(1, 48).Draw(rt, "length")) * 5 * time.Minute
		last := now.Add(time.Duration(rapid.IntRange(-600, 6000).Draw(rt, "due")) * time.Minute)
		from, until := findBlock(c, now, length, last)
		if from.Before(now.Truncate(time.Minute)) {
			rt.Fatalf("it begins at %s, in the past of %s", from, now)
		}
		if !from.Before(until) || until.Sub(from) > length {
			rt.Fatalf("%s to %s is not a block of at most %s", from, until, length)
		}
		if got := c.Between(from, until); got != until.Sub(from) {
			rt.Fatalf("of %s to %s only %s is working time", from.In(zone), until.In(zone), got)
		}
		begin := now.Truncate(time.Minute).Add(slot - time.Minute).Truncate(slot)
		if begins, ends := c.Stretch(begin, min(shortest, length)); !ends.After(last) && begins.Before(ends) && last.Sub(c.Next(begin)) >= shortest && ends.Sub(begins) == min(shortest, length) && until.After(last) {
			rt.Fatalf("%s to %s ends after the deadline %s, though %s to %s is free", from, until, last, begins, ends)
		}
	})
}
