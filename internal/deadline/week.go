package deadline

import (
	"time"

	"sopbot/internal/playbook"
)

// What belongs to a week: a person's own, on their own clock. A week begins with
// the working day that follows the longest row of days off: on Monday where
// people work from Monday to Friday, on Sunday where Friday and Saturday are off.

// weekday is the day that weeks begin with: Monday, where the hours do not say.
func (c Calendar) weekday() time.Weekday {
	best, first := 0, time.Monday
	for i := range 7 {
		day, off := (time.Monday+time.Weekday(i))%7, 0
		for before := (day + 6) % 7; off < 7 && !c.hours.Days[before]; before = (before + 6) % 7 {
			off++
		}
		if c.hours.Days[day] && off > best {
			best, first = off, day
		}
	}
	return first
}

// weekOf is the first date of the week that an instant falls into.
func (c Calendar) weekOf(t time.Time) playbook.Date {
	d := c.dateOf(t)
	return days(d, -int((d.In(time.UTC).Weekday()-c.weekday()+7)%7))
}

// workingWeek is the first and the last working moment of the week that begins
// with a date; works is false where all of it is off.
func (c Calendar) workingWeek(first playbook.Date) (opens, closes time.Time, works bool) {
	for i := range 7 {
		from, to, open := c.day(days(first, i))
		if !open {
			continue
		}
		if !works {
			opens = from
		}
		closes, works = to, true
	}
	return opens, closes, works
}

// weekEnds is when the week that begins with a date is over: at midnight, so that
// what was not done in it is counted before the next one begins.
func (c Calendar) weekEnds(first playbook.Date) time.Time {
	return c.At(days(first, 7), playbook.Clock{Set: true})
}

// mostWeeks is how far ahead a week with a working day in it is looked for.
const mostWeeks = 53

// nextWeek is the opening of the first week that opens after an instant.
func (c Calendar) nextWeek(after time.Time) (first playbook.Date, opens time.Time, found bool) {
	first = c.weekOf(after)
	for range mostWeeks {
		if opens, _, works := c.workingWeek(first); works && opens.After(after) {
			return first, opens, true
		}
		first = days(first, 7)
	}
	return first, time.Time{}, false
}

// week is the first date of the week that a deadline belongs to; weekly is false
// for one that belongs to none.
func (d Deadline) week() (first playbook.Date, weekly bool) {
	if d.On != playbook.EventWeekStarted {
		return first, false
	}
	first, err := playbook.ParseDate(d.Key)
	return first, err == nil
}

// ends is when a deadline ends undone because its week is over.
func (d Deadline) ends(c Calendar) (at time.Time, weekly bool) {
	first, weekly := d.week()
	if !weekly {
		return at, false
	}
	return c.weekEnds(first).Truncate(time.Millisecond), true
}
