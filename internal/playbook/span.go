package playbook

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time as a playbook writes it: "30m", "2h", "1d",
// "6mo", "5s", "1h30m". Hours and shorter are clock time; days, weeks and
// months stay what they are, because a working day or a month has no fixed
// number of hours.
type Span struct {
	Months int
	Days   int // weeks count as seven
	Clock  time.Duration
	text   string
}

// IsZero reports whether the span has no length.
func (s Span) IsZero() bool { return s.Months == 0 && s.Days == 0 && s.Clock == 0 }

// String gives the span as it was written.
func (s Span) String() string { return s.text }

// Words gives the span as people say it: "2 hours", "1 day", "6 months".
func (s Span) Words() string {
	var out []string
	add := func(n int64, one string) {
		switch {
		case n == 1:
			out = append(out, "1 "+one)
		case n > 1:
			out = append(out, strconv.FormatInt(n, 10)+" "+one+"s")
		}
	}
	add(int64(s.Months), "month")
	add(int64(s.Days), "day")
	add(int64(s.Clock/time.Hour), "hour")
	add(int64(s.Clock%time.Hour/time.Minute), "minute")
	add(int64(s.Clock%time.Minute/time.Second), "second")
	return strings.Join(out, " ")
}

// Before is the instant that lies so far before another, in calendar days.
func (s Span) Before(t time.Time) time.Time { return t.AddDate(0, -s.Months, -s.Days).Add(-s.Clock) }

// less compares spans roughly (a month as 30 days, a day as 8 working
// hours), which is enough to see that a reminder comes after its deadline.
func (s Span) less(o Span) bool { return s.rough() < o.rough() }

// alike reports whether both are counted in days, or neither is: how long a
// day is, the settings say.
func (s Span) alike(o Span) bool { return (s.Months+s.Days > 0) == (o.Months+o.Days > 0) }

// in is the working time that a span has where a day is so long.
func (s Span) in(day time.Duration) time.Duration {
	return time.Duration(s.Months*30+s.Days)*day + s.Clock
}

func (s Span) rough() time.Duration {
	return time.Duration(s.Months*30+s.Days)*8*time.Hour + s.Clock
}

// maxSpan keeps spans inside what can be meant: ten years.
const maxSpanDays = 3660

// ParseSpan reads a span such as "2h", "30m", "1d", "2w", "6mo", "5s",
// "1h30m". Zero, negative and longer than ten years are errors.
func ParseSpan(text string) (Span, error) {
	bad := func() (Span, error) {
		return Span{}, fmt.Errorf("%q is not a length of time; write it like 30m, 2h, 1d, 2w or 6mo", text)
	}
	rest := strings.TrimSpace(text)
	if rest == "" {
		return bad()
	}
	s := Span{text: rest}
	for rest != "" {
		i := 0
		for i < len(rest) && rest[i] >= '0' && rest[i] <= '9' {
			i++
		}
		j := i
		for j < len(rest) && (rest[j] < '0' || rest[j] > '9') {
			j++
		}
		n, err := strconv.Atoi(rest[:i])
		if err != nil || n > 1_000_000 {
			return bad()
		}
		switch rest[i:j] {
		case "s":
			s.Clock += time.Duration(n) * time.Second
		case "m", "min":
			s.Clock += time.Duration(n) * time.Minute
		case "h":
			s.Clock += time.Duration(n) * time.Hour
		case "d":
			s.Days += n
		case "w":
			s.Days += 7 * n
		case "mo":
			s.Months += n
		case "y":
			s.Months += 12 * n
		default:
			return bad()
		}
		rest = rest[j:]
	}
	if s.IsZero() {
		return Span{}, fmt.Errorf("%q is no time at all; write it like 30m, 2h, 1d, 2w or 6mo", text)
	}
	if s.Months*30+s.Days+int(s.Clock/(24*time.Hour)) > maxSpanDays {
		return Span{}, fmt.Errorf("%q is longer than ten years", text)
	}
	return s, nil
}

// Interval says how often a page is reviewed.
type Interval struct {
	Span
}

// ParseInterval reads "weekly", "monthly", "quarterly", "yearly" or a span of
// whole days, weeks or months such as "90d".
func ParseInterval(text string) (Interval, error) {
	t := strings.ToLower(strings.TrimSpace(text))
	switch t {
	case "weekly":
		return Interval{Span{Days: 7, text: t}}, nil
	case "monthly":
		return Interval{Span{Months: 1, text: t}}, nil
	case "quarterly":
		return Interval{Span{Months: 3, text: t}}, nil
	case "yearly", "annually":
		return Interval{Span{Months: 12, text: t}}, nil
	}
	s, err := ParseSpan(t)
	if err != nil || s.Clock != 0 {
		return Interval{}, fmt.Errorf("%q is not how often a page is reviewed; write weekly, monthly, quarterly, yearly or a number of days like 90d", text)
	}
	return Interval{s}, nil
}

// Date is a day on the calendar without a time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads "2026-12-25".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	if err != nil {
		return Date{}, fmt.Errorf("%q is not a date; write it like 2026-12-25", text)
	}
	return DateOf(t), nil
}

// DateOf is the day of t in t's own location.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// IsZero reports whether no date was given.
func (d Date) IsZero() bool { return d == Date{} }

// String gives the date as YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// In is the first moment of the day in that zone.
func (d Date) In(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// Add is the day after the span; clock time is left out.
func (d Date) Add(s Span) Date {
	return DateOf(time.Date(d.Year, d.Month+time.Month(s.Months), d.Day+s.Days, 0, 0, 0, 0, time.UTC))
}

// Before reports whether d comes before o.
func (d Date) Before(o Date) bool { return d.In(time.UTC).Before(o.In(time.UTC)) }

// DaysUntil counts the days from d to o; negative if o is earlier.
func (d Date) DaysUntil(o Date) int {
	return int(o.In(time.UTC).Sub(d.In(time.UTC)) / (24 * time.Hour))
}
