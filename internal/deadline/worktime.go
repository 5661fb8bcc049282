package deadline

import (
	"slices"
	"time"

	"sopbot/internal/playbook"
)

// Calendar is when somebody works: the playbook's hours and holidays, on the
// clock of the person's zone.
//
// A working day runs from the first instant at which that clock shows the
// opening, to the first at which it shows the closing: an opening inside the
// hour that a clock change leaves out is the end of that hour, and of an hour
// that comes twice the first counts. A day on which nothing lies between the two
// (the date that a zone skips when it changes sides of the date line) is none.
type Calendar struct {
	hours    playbook.Hours
	holidays []playbook.Date
	zone     *time.Location
}

// NewCalendar is the calendar of somebody in that zone; nil is the playbook's.
func NewCalendar(s *playbook.Settings, zone *time.Location) Calendar {
	if zone == nil {
		zone = s.Timezone
	}
	if zone == nil {
		zone = time.UTC
	}
	return Calendar{s.Hours, s.Holidays, zone}
}

// Zone is where the calendar's clock hangs.
func (c Calendar) Zone() *time.Location { return c.zone }

const (
	// widest is more than any zone is from UTC.
	widest = 16 * time.Hour
	// farthest is how many days are looked at for a working one.
	farthest = 3700
)

// At is the first instant at which the calendar's clock shows that time of that
// date, or a later one.
func (c Calendar) At(d playbook.Date, clock playbook.Clock) time.Time {
	return c.at(d, time.Duration(clock.Minutes)*time.Minute)
}

func (c Calendar) at(d playbook.Date, sinceMidnight time.Duration) time.Time {
	wall := d.In(time.UTC).Add(sinceMidnight)
	// From one change of the clock to the next, beginning where it surely
	// shows less.
	for t := wall.Add(-widest).In(c.zone); ; {
		_, ahead := t.Zone()
		_, change := t.ZoneBounds()
		at := wall.Add(-time.Duration(ahead) * time.Second)
		if at.Before(t) {
			at = t
		}
		if change.IsZero() || at.Before(change) {
			return at.In(c.zone)
		}
		t = change.In(c.zone)
	}
}

// day gives the working time of a date.
func (c Calendar) day(d playbook.Date) (opens, closes time.Time, works bool) {
	if !c.hours.Days[d.In(time.UTC).Weekday()] || slices.Contains(c.holidays, d) {
		return opens, closes, false
	}
	opens, closes = c.At(d, c.hours.From), c.At(d, c.hours.To)
	return opens, closes, opens.Before(closes)
}

// dateOf is the calendar's date of an instant.
func (c Calendar) dateOf(t time.Time) playbook.Date { return playbook.DateOf(t.In(c.zone)) }

func days(d playbook.Date, n int) playbook.Date { return d.Add(playbook.Span{Days: n}) }

// Next is t where it is working time, and otherwise the next opening. Where
// nobody ever works it is ten years away.
func (c Calendar) Next(t time.Time) time.Time {
	// A clock put back at midnight shows yesterday's date again.
	d := days(c.dateOf(t), -1)
	for range farthest {
		if opens, closes, works := c.day(d); works && t.Before(closes) {
			if opens.Before(t) {
				return t
			}
			return opens
		}
		d = days(d, 1)
	}
	return t.AddDate(10, 0, 0)
}

// Within reports whether it is working time. The closing is not.
func (c Calendar) Within(t time.Time) bool { return c.Next(t).Equal(t) }

// Add is the instant after a span of working time: days are working days, and
// end when the clock shows what it showed; hours are counted. What begins
// outside working hours begins at the next opening.
func (c Calendar) Add(from time.Time, span playbook.Span) time.Time {
	t := c.Next(from)
	if span.Days > 0 || span.Months > 0 {
		t = c.addDays(t, span)
	}
	return c.addClock(t, span.Clock)
}

func (c Calendar) addDays(t time.Time, span playbook.Span) time.Time {
	d, clock := c.dateOf(t), c.clockOf(t)
	if span.Months > 0 {
		d = d.Add(playbook.Span{Months: span.Months})
		if _, _, works := c.day(d); !works {
			d = c.workday(d, 1, 1)
		}
	}
	return c.at(c.workday(d, 1, span.Days), clock)
}

// workday is the nth working day after d, or before it.
func (c Calendar) workday(d playbook.Date, step, n int) playbook.Date {
	for looked := 0; n > 0 && looked < farthest*2; looked++ {
		d = days(d, step)
		if _, _, works := c.day(d); works {
			n--
		}
	}
	return d
}

// clockOf is what the calendar's clock shows, as the time since midnight.
func (c Calendar) clockOf(t time.Time) time.Duration {
	t = t.In(c.zone)
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second + time.Duration(t.Nanosecond())
}

// addClock counts working time; what ends with a day ends at its closing.
func (c Calendar) addClock(t time.Time, left time.Duration) time.Time {
	if left <= 0 {
		return t
	}
	d := days(c.dateOf(t), -1)
	for range farthest {
		if opens, closes, works := c.day(d); works && t.Before(closes) {
			if opens.Before(t) {
				opens = t
			}
			if length := closes.Sub(opens); left > length {
				left -= length
			} else {
				return opens.Add(left)
			}
		}
		d = days(d, 1)
	}
	return t.AddDate(10, 0, 0)
}

// Before is the latest instant of working time from which that span is left
// until the deadline.
func (c Calendar) Before(deadline time.Time, span playbook.Span) time.Time {
	t := deadline
	if span.Days > 0 || span.Months > 0 {
		d := c.dateOf(t)
		if span.Months > 0 {
			d = playbook.DateOf(time.Date(d.Year, d.Month-time.Month(span.Months), d.Day, 0, 0, 0, 0, time.UTC))
		}
		t = c.at(c.workday(d, -1, span.Days), c.clockOf(t))
	}
	return c.Next(c.back(t, span.Clock))
}

// back counts working time backwards.
func (c Calendar) back(t time.Time, left time.Duration) time.Time {
	if left <= 0 {
		return t
	}
	d := days(c.dateOf(t), 1)
	for range farthest {
		if opens, closes, works := c.day(d); works && opens.Before(t) {
			if t.Before(closes) {
				closes = t
			}
			if length := closes.Sub(opens); left > length {
				left -= length
			} else {
				return closes.Add(-left)
			}
		}
		d = days(d, -1)
	}
	return t.AddDate(-10, 0, 0)
}

// Between is the working time from a to b; zero where b is not later.
func (c Calendar) Between(a, b time.Time) time.Duration {
	var sum time.Duration
	if !a.Before(b) {
		return 0
	}
	last := days(c.dateOf(b), 1)
	for d := days(c.dateOf(a), -1); !last.Before(d); d = days(d, 1) {
		opens, closes, works := c.day(d)
		if !works {
			continue
		}
		if opens.Before(a) {
			opens = a
		}
		if b.Before(closes) {
			closes = b
		}
		sum += max(0, closes.Sub(opens))
	}
	return sum
}

// Stretch is the first time of that length, from an instant on, in which the
// person works without a break. Where no working time of the next two weeks has
// room for it, the first of the longest is given whole.
func (c Calendar) Stretch(from time.Time, length time.Duration) (begin, end time.Time) {
	var longest, opened, closed time.Time
	var most time.Duration
	d := days(c.dateOf(from), -1)
	left := farthest
	for ; left > 0; left-- {
		if opens, closes, works := c.day(d); works && from.Before(closes) {
			if opens.Before(from) {
				opens = from
			}
			if !closed.Equal(opens) { // days that touch at midnight are one
				opened = opens
			}
			closed = closes
			if closed.Sub(opened) >= length {
				return opened, opened.Add(length)
			}
			if most == 0 {
				left = min(left, fortnight)
			}
			if n := closed.Sub(opened); n > most {
				longest, most = opened, n
			}
		}
		d = days(d, 1)
	}
	if most == 0 { // nobody ever works
		begin = c.Next(from)
		return begin, begin.Add(length)
	}
	return longest, longest.Add(most)
}

// fortnight is how many days are looked at for a stretch, from the first with
// any working time on.
const fortnight = 14
