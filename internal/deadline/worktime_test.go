package deadline

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"sopbot/internal/playbook"
)

// zones are what clocks do on this planet: half an hour of summer, a date left
// out, southern summers, quarters of an hour, changes at midnight.
var zones = []string{"America/New_York", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata",
	"Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Africa/Casablanca", "America/Santiago", "UTC"}

// around are moments near which something happens to a clock.
var around = []string{"2011-12-30T10:00:00Z", "2010-11-07T02:31:00Z", "2018-11-04T03:00:00Z", "2019-02-17T02:00:00Z", "2026-03-08T07:00:00Z",
	"2026-11-01T06:00:00Z", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z", "2026-12-25T00:00:00Z", "2026-02-16T03:00:00Z"}

// walls are what the clock of a zone shows at every minute from an instant on:
// minutes since the midnight of its first date, two days earlier. It is asked for
// once, and used by every world there.
type walls map[time.Time][]int

func (w walls) of(zone *time.Location, begin time.Time, minutes int) []int {
	if all, known := w[begin]; known {
		return all
	}
	all, first := make([]int, minutes), firstDate(zone, begin).In(time.UTC)
	ahead, until := 0, begin.Unix() // the clock's change is looked up when it comes, not every minute
	for i := range minutes {
		t := begin.Unix() + int64(i)*60
		if t >= until {
			there := time.Unix(t, 0).In(zone)
			_, ahead = there.Zone()
			until = math.MaxInt64
			if _, end := there.ZoneBounds(); !end.IsZero() {
				until = end.Unix()
			}
		}
		all[i] = int(t+int64(ahead)-first.Unix()) / 60
	}
	w[begin] = all
	return all
}

func firstDate(zone *time.Location, begin time.Time) playbook.Date {
	return playbook.DateOf(begin.In(zone).AddDate(0, 0, -2))
}

// oracle knows the working minutes one by one, by looking at the clock on the
// wall: at every minute it asks which dates have been opened and closed so far.
type oracle struct {
	begin time.Time
	wall  []int   // what the clock shows: minutes since the wall's first day
	day   []int16 // whose working time the minute is; 0 = nobody works
}

func (o oracle) works(i int) bool { return o.day[i] != 0 }

const aDay = 24 * 60

func newOracle(s playbook.Settings, zone *time.Location, begin time.Time, wall []int) oracle {
	minutes := len(wall)
	o := oracle{begin, wall, make([]int16, minutes)}
	first := firstDate(zone, begin)
	// What has become of each date: off, not opened yet, opened, closed.
	const off, waits, opened, closed = 0, 1, 2, 3
	dates := make([]int8, minutes/aDay+6)
	for i := range dates {
		d := first.Add(playbook.Span{Days: i})
		if s.Hours.Days[d.In(time.UTC).Weekday()] && !slices.Contains(s.Holidays, d) {
			dates[i] = waits
		}
	}
	from, to := s.Hours.From.Minutes, s.Hours.To.Minutes
	for i, wall := range wall {
		today := wall / aDay
		for d := today - 1; d <= today+1; d++ {
			was := dates[d]
			if was == off || was == closed {
				continue
			}
			switch {
			case wall >= d*aDay+to:
				dates[d] = closed
				continue
			case was == waits && wall >= d*aDay+from:
				dates[d], was = opened, opened
			}
			if was == opened {
				o.day[i] = int16(d)
			}
		}
	}
	return o
}

func (o oracle) index(t time.Time) int   { return int(t.Sub(o.begin) / time.Minute) }
func (o oracle) instant(i int) time.Time { return o.begin.Add(time.Duration(i) * time.Minute) }
func (o oracle) between(a, b time.Time) (n int) {
	for i := o.index(a); i < o.index(b); i++ {
		if o.works(i) {
			n++
		}
	}
	return n
}

func (o oracle) next(t time.Time) time.Time {
	i := o.index(t)
	for !o.works(i) {
		i++
	}
	return o.instant(i)
}

func (o oracle) add(t time.Time, minutes int) time.Time {
	i := o.index(o.next(t))
	for minutes > 0 {
		if o.works(i) {
			minutes--
		}
		i++
	}
	return o.instant(i)
}

// before finds the latest working minute from which so many are left.
func (o oracle) before(t time.Time, minutes int) time.Time {
	i := o.index(t)
	for minutes > 0 {
		i--
		if o.works(i) {
			minutes--
		}
	}
	for !o.works(i) {
		i++
	}
	return o.instant(i)
}

// addDays goes on to the nth day after t's that has a working minute, and there
// to the first minute at which the clock shows as much as it did.
func (o oracle) addDays(t time.Time, n int) time.Time {
	start := o.index(o.next(t))
	last := o.wall[start] / aDay
	goal := o.wall[start] % aDay
	for i := start; n > 0; i++ {
		if d := int(o.day[i]); d > last {
			last = d
			n--
		}
	}
	i := start
	for o.wall[i] < last*aDay+goal {
		i++
	}
	return o.instant(i)
}

// Each of the worlds (hours, holidays, some weeks of a zone) is counted once and
// asked often: more than 10,000 questions in all.
const worlds, questions = 34, 25

// stretch finds the first working minutes in a row of that number; where a
// fortnight has none, the first of the longest.
func (o oracle) stretch(t time.Time, minutes int) (begin, end time.Time) {
	first := o.index(o.next(t))
	from, most, row := 0, 0, 0
	for i := first; i < len(o.day) && (!o.works(i) || o.day[i] < o.day[first]+fortnight); i++ {
		if !o.works(i) {
			row = 0
			continue
		}
		if row++; row > most {
			from, most = i+1-row, row
		}
		if most == minutes {
			break
		}
	}
	return o.instant(from), o.instant(from + most)
}

func TestWorkingTimeAgreesWithCountingMinutes(t *testing.T) {
	if worlds*questions*len(zones) < 10_000 {
		t.Fatal("too few questions")
	}
	if err := flag.Set("rapid.checks", fmt.Sprint(worlds)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", "100") })
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			seen := walls{}
			rapid.Check(t, func(rt *rapid.T) {
				middle, err := time.Parse(time.RFC3339, rapid.SampledFrom(around).Draw(rt, "around"))
				if err != nil {
					rt.Fatal(err)
				}
				s := playbook.Settings{Hours: drawHours(rt)}
				for range rapid.IntRange(0, 2).Draw(rt, "holidays") {
					s.Holidays = append(s.Holidays, playbook.DateOf(middle.AddDate(0, 0, rapid.IntRange(-3, 6).Draw(rt, "holiday"))))
				}
				begin := middle.AddDate(0, 0, -21)
				w := world{rt, NewCalendar(&s, zone), newOracle(s, zone, begin, seen.of(zone, begin, 75*aDay)), zone}
				for range questions {
					w.ask(middle.Add(time.Duration(rapid.IntRange(-3*24*60, 3*24*60).Draw(rt, "minutes off")) * time.Minute))
				}
			})
		})
	}
}

// world is a calendar, and the minutes counted beside it.
type world struct {
	*rapid.T
	c    Calendar
	o    oracle
	zone *time.Location
}

func (w world) same(what string, at, got, want time.Time) {
	if !got.Equal(want) {
		w.Fatalf("%s, %s: %s, counting gives %s", what, at.In(w.zone), got.In(w.zone), want.In(w.zone))
	}
}

func (w world) ask(at time.Time) {
	c, o := w.c, w.o
	minutes := rapid.IntRange(1, 2*(c.hours.To.Minutes-c.hours.From.Minutes)).Draw(w.T, "span")
	span := playbook.Span{Clock: time.Duration(minutes) * time.Minute}
	w.same("next", at, c.Next(at), o.next(at))
	if got, want := c.Within(at), o.works(o.index(at)); got != want {
		w.Fatalf("within: %v, counting gives %v", got, want)
	}
	due := c.Add(at, span)
	w.same(fmt.Sprint("add ", span.Clock), at, due, o.add(at, minutes))
	w.same(fmt.Sprint("before ", span.Clock), at, c.Before(at, span), o.before(at, minutes))
	if got := c.Between(at, due); got != span.Clock {
		w.Fatalf("there are %s between, %s were added", got, span.Clock)
	}
	w.same("there and back", at, c.Before(due, span), c.Next(at))
	begin, end := c.Stretch(at, time.Duration(minutes)*time.Minute)
	wantBegin, wantEnd := o.stretch(at, minutes)
	w.same(fmt.Sprintf("the beginning of %d minutes in one", minutes), at, begin, wantBegin)
	w.same(fmt.Sprintf("the end of %d minutes in one", minutes), at, end, wantEnd)
	other := at.Add(time.Duration(rapid.IntRange(0, 8*24*60).Draw(w.T, "later")) * time.Minute)
	if got, want := c.Between(at, other), time.Duration(o.between(at, other))*time.Minute; got != want {
		w.Fatalf("between %s and %s: %s, counting gives %s", at.In(w.zone), other.In(w.zone), got, want)
	}
	n := rapid.IntRange(1, 3).Draw(w.T, "days")
	w.same(fmt.Sprint("add days ", n), at, c.Add(at, playbook.Span{Days: n}), o.addDays(at, n))
}

// drawHours gives hours as a playbook may have them: most often an office's,
// sometimes odd ones, sometimes always.
func drawHours(rt *rapid.T) playbook.Hours {
	h := playbook.Hours{}
	switch rapid.IntRange(0, 3).Draw(rt, "hours") {
	case 0:
		return hours("00:00", "24:00", 0, 1, 2, 3, 4, 5, 6)
	case 1:
		return hours("09:00", "17:30", 1, 2, 3, 4, 5)
	}
	from := rapid.IntRange(0, 23*60).Draw(rt, "from")
	h.From = playbook.Clock{Minutes: from, Set: true}
	h.To = playbook.Clock{Minutes: rapid.IntRange(from+15, 24*60).Draw(rt, "to"), Set: true}
	for d := range h.Days {
		h.Days[d] = rapid.Bool().Draw(rt, "works")
	}
	h.Days[rapid.IntRange(0, 6).Draw(rt, "one at least")] = true
	if rapid.Bool().Draw(rt, "two at least") {
		for d := range h.Days {
			h.Days[d] = true
		}
	}
	return h
}

func hours(from, to string, days ...int) playbook.Hours {
	f, err := playbook.ParseClock(from)
	u, err2 := playbook.ParseClock(to)
	if err != nil || err2 != nil {
		panic("no clock")
	}
	h := playbook.Hours{From: f, To: u}
	for _, d := range days {
		h.Days[d] = true
	}
	return h
}
