package digest

import (
	"time"

	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

// Kind is which digest.
type Kind string

// The kinds of digests. Names that are stored: add, don't rename.
const (
	Daily  Kind = "daily"
	Weekly Kind = "weekly"
	// Team is the weekly one for everybody, in the channel that the playbook
	// names.
	Team Kind = "team"
)

// Slot is a digest that is to go out: its date names it, for ever.
type Slot struct {
	Day playbook.Date
	At  time.Time
}

// times are when digests go out, for somebody.
type times struct {
	deadline.Calendar
	playbook.DigestTimes
}

// on is the digest of a date; there is none on most dates. The playbook's time
// holds where somebody works then. Otherwise it is the next opening: of the same
// day for a digest at breakfast, of the next one for a digest in the evening. A
// weekly digest whose day is off comes with the next working day.
func (t times) on(kind Kind, d playbook.Date) (Slot, bool) {
	clock := t.Weekly
	if kind == Daily {
		clock = t.Daily
		if !t.HaveDaily || !t.works(d) {
			return Slot{}, false
		}
	} else if !t.HaveWeekly || d.In(time.UTC).Weekday() != t.WeeklyDay {
		return Slot{}, false
	}
	return Slot{d, t.Next(t.At(d, clock))}, true
}

// works reports whether somebody works on that date.
func (t times) works(d playbook.Date) bool {
	return playbook.DateOf(t.Next(t.At(d, playbook.Clock{})).In(t.Zone())) == d
}

// farthest is how many days are looked at for a slot: a year of holidays is no
// time to work.
const farthest = 400

// next is the first digest of a date after last that goes out at from or later.
func (t times) next(kind Kind, last playbook.Date, from time.Time) (Slot, bool) {
	d := playbook.DateOf(from.In(t.Zone())).Add(playbook.Span{Days: -8})
	if !last.IsZero() && d.Before(last) {
		d = last.Add(playbook.Span{Days: 1})
	}
	for range farthest {
		if s, some := t.on(kind, d); some && !s.At.Before(from) && (last.IsZero() || last.Before(d)) {
			return s, true
		}
		d = d.Add(playbook.Span{Days: 1})
	}
	return Slot{}, false
}

// Span is a time that is counted, from one instant to before another.
type Span struct{ From, To time.Time }

// Period is what a digest tells of, and what it compares that with.
type Period struct {
	Now, Before Span
	Days        []playbook.Date // of Now
	SoFar       bool            // the last of them is not over
}

// period is what a digest of that moment tells of. In the morning the last
// working day is over and today has hardly begun: a digest that goes out in the
// first half of the working day tells of yesterday and what lay between, a later
// one, or one that somebody asks for, of today so far. It is compared with the
// working day before, of a day that is not over up to the same time.
func (t times) period(kind Kind, at time.Time, asked bool) Period {
	today := playbook.DateOf(at.In(t.Zone()))
	soFar := asked || t.late(today, at)
	if kind != Daily {
		return t.week(today, at, soFar)
	}
	if soFar {
		before := t.workday(today)
		return Period{Now: Span{t.midnight(today), at}, Before: Span{t.midnight(before), t.same(before, at)}, Days: []playbook.Date{today}, SoFar: true}
	}
	last := t.workday(today)
	before := t.workday(last)
	return Period{Now: Span{t.midnight(last), t.midnight(today)}, Before: Span{t.midnight(before), t.midnight(last)}, Days: days(last, today)}
}

// week is seven days, against the seven before.
func (t times) week(today playbook.Date, at time.Time, soFar bool) Period {
	end := today
	p := Period{SoFar: soFar}
	if soFar {
		end = today.Add(playbook.Span{Days: 1})
	}
	from := end.Add(playbook.Span{Days: -7})
	before := from.Add(playbook.Span{Days: -7})
	p.Days = days(from, end)
	p.Now, p.Before = Span{t.midnight(from), t.midnight(end)}, Span{t.midnight(before), t.midnight(from)}
	if soFar {
		p.Now.To = at
		p.Before.To = t.same(today.Add(playbook.Span{Days: -7}), at)
	}
	return p
}

// late reports whether half of the day's work is over.
func (t times) late(d playbook.Date, at time.Time) bool {
	begin, end := t.midnight(d), t.midnight(d.Add(playbook.Span{Days: 1}))
	return t.Between(begin, at)*2 > t.Between(begin, end)
}

// workday is the last working day before a date; the day before it where there
// is none for long.
func (t times) workday(d playbook.Date) playbook.Date {
	for i := 1; i < farthest; i++ {
		if day := d.Add(playbook.Span{Days: -i}); t.works(day) {
			return day
		}
	}
	return d.Add(playbook.Span{Days: -1})
}

// midnight is when a date begins.
func (t times) midnight(d playbook.Date) time.Time { return t.At(d, playbook.Clock{}) }

// same is when the clock shows on another date what it shows at an instant.
func (t times) same(d playbook.Date, at time.Time) time.Time {
	clock := at.In(t.Zone())
	return t.At(d, playbook.Clock{Minutes: clock.Hour()*60 + clock.Minute(), Set: true})
}

// days lists the dates from one to before another.
func days(from, to playbook.Date) (out []playbook.Date) {
	for d := from; d.Before(to); d = d.Add(playbook.Span{Days: 1}) {
		out = append(out, d)
	}
	return out
}

// Patience is how late a digest may still go out after nobody was there to send
// it.
const Patience = 4 * time.Hour
