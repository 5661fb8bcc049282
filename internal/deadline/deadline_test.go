package deadline

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/playbook"
)

// office is nine to five in London, where in January the clock shows UTC.
var office = NewCalendar(&playbook.Settings{Hours: hours("09:00", "17:00", 1, 2, 3, 4, 5), Holidays: []playbook.Date{{Year: 2000, Month: 1, Day: 6}}}, time.UTC)

// january is a time in 2000, where the 3rd is a Monday.
func january(day, hour, minute int) time.Time {
	return time.Date(2000, 1, day, hour, minute, 0, 0, time.UTC)
}

func span(text string) playbook.Span {
	s, err := playbook.ParseSpan(text)
	if err != nil {
		panic(err)
	}
	return s
}

// begun is a deadline that began then: 2 hours, a reminder half an hour before,
// two after, a boss.
func begun(at time.Time) Deadline {
	d := Deadline{ID: "D", Person: "USAM", Turn: 1, Started: at, from: at, handled: at, bell: 1, Status: Open{},
		Rule: Rule{Action: playbook.Action{Within: span("2h"), Remind: spans("30m"), Escalate: "manager", Repeat: 2}}}
	d.count(office)
	return d
}

func TestThePlanOfADeadline(t *testing.T) {
	t.Parallel()
	sydney, err := time.LoadLocation("Australia/Sydney")
	if err != nil {
		t.Fatal(err)
	}
	far := office
	far.zone = sydney // nine o'clock there is ten in the evening before
	near, away := boss{"UBOSS", office, false}, boss{"UFAR", far, false}
	for name, tc := range map[string]struct {
		begun  time.Time
		change func(d *Deadline)
		now    time.Time
		bosses []boss
		want   plan
	}{
		"before the first reminder it waits for it":         {now: january(3, 10, 0), want: plan{next: january(3, 11, 30)}},
		"reminded in time":                                  {now: january(3, 11, 30), want: plan{remind: true, merged: 1, next: january(3, 12, 0)}},
		"a moment too early is too early":                   {now: january(3, 11, 29), want: plan{next: january(3, 11, 30)}},
		"at the deadline":                                   {now: january(3, 12, 0), bosses: []boss{near}, change: handled(3, 11, 30), want: plan{remind: true, merged: 1, tell: []string{"UBOSS"}, next: january(3, 13, 0)}},
		"the last repeat":                                   {now: january(3, 14, 0), change: handled(3, 13, 0), want: plan{remind: true, merged: 1, repeated: 1}},
		"after the last repeat there is nothing":            {now: january(3, 15, 0), change: handled(3, 14, 0), want: plan{}},
		"repeats are capped when the deadline moves":        {now: january(3, 15, 0), change: func(d *Deadline) { d.handled, d.repeated, d.Due = january(3, 14, 0), 2, january(3, 16, 0) }, want: plan{remind: false, next: january(3, 15, 30)}},
		"what came due meanwhile is one":                    {now: january(3, 13, 30), want: plan{remind: true, merged: 3, repeated: 1, next: january(3, 14, 0)}},
		"outside working hours it waits":                    {now: january(3, 20, 0), want: plan{next: january(4, 9, 0)}},
		"over a holiday and a weekend":                      {begun: january(5, 16, 0), now: january(5, 17, 0), want: plan{next: january(7, 9, 30)}},
		"at the closing it waits for the morning":           {begun: january(3, 15, 0), now: january(3, 17, 0), change: handled(3, 16, 30), want: plan{next: january(4, 9, 0)}},
		"a boss elsewhere is told in the morning there":     {now: january(3, 12, 0), change: handled(3, 12, 0), bosses: []boss{near, away}, want: plan{tell: []string{"UBOSS"}, next: january(3, 13, 0)}},
		"a boss who was told is not told again":             {now: january(3, 15, 0), change: handled(3, 14, 0), bosses: []boss{{"UBOSS", office, true}}, want: plan{}},
		"nobody is told of themself":                        {now: january(3, 15, 0), change: handled(3, 14, 0), bosses: []boss{{"USAM", office, false}}, want: plan{}},
		"the boss waits for the deadline alone":             {now: january(3, 11, 45), change: handled(3, 11, 45), bosses: []boss{near}, want: plan{next: january(3, 12, 0)}},
		"snoozed: the reminders in it wait":                 {now: january(3, 12, 0), change: snoozed(3, 12, 40), want: plan{next: january(3, 12, 40)}},
		"snoozed: the boss does not":                        {now: january(3, 12, 0), change: snoozed(3, 12, 40), bosses: []boss{near}, want: plan{tell: []string{"UBOSS"}, next: january(3, 12, 40)}},
		"a snooze that ends rings":                          {now: january(3, 12, 40), change: snoozed(3, 12, 40), want: plan{remind: true, ring: true, merged: 1, next: january(3, 13, 0)}},
		"who has left is not reminded, the boss is":         {now: january(3, 12, 0), change: func(d *Deadline) { d.Abandoned = january(3, 11, 0) }, bosses: []boss{near}, want: plan{tell: []string{"UBOSS"}}},
		"paused: nothing":                                   {now: january(3, 15, 0), change: func(d *Deadline) { d.Status = Paused{} }, bosses: []boss{near}, want: plan{}},
		"done: nothing":                                     {now: january(3, 15, 0), change: func(d *Deadline) { d.Status = Done{} }, bosses: []boss{near}, want: plan{}},
		"a clock that was put back repeats nothing":         {now: january(3, 11, 30), change: handled(3, 12, 0), want: plan{next: january(3, 13, 0)}},
		"a reminder that would be before the start is none": {now: january(3, 10, 0), change: func(d *Deadline) { d.Remind = spans("3h") }, want: plan{next: january(3, 12, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.begun.IsZero() {
				tc.begun = january(3, 10, 0)
			}
			d := begun(tc.begun)
			if tc.change != nil {
				tc.change(&d)
			}
			got := d.plan(tc.now, office, tc.bosses)
			got.next = got.next.UTC()
			if diff := cmp.Diff(tc.want, got, cmp.AllowUnexported(plan{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func handled(day, hour, minute int) func(*Deadline) {
	return func(d *Deadline) {
		d.handled = january(day, hour, minute)
		d.repeated = max(0, int(d.handled.Sub(d.Due)/time.Hour))
	}
}

func snoozed(day, hour, minute int) func(*Deadline) {
	return func(d *Deadline) { d.handled, d.Snoozed = january(3, 11, 40), january(day, hour, minute) }
}

func TestAPauseKeepsWhatWasLeft(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pause, resume, due, asked time.Time
		late                      time.Duration
	}{
		"an hour was left":    {pause: january(3, 11, 0), resume: january(4, 10, 0), due: january(4, 11, 0), asked: january(4, 11, 30), late: 30 * time.Minute},
		"nothing was left":    {pause: january(3, 12, 0), resume: january(4, 10, 0), due: january(4, 10, 0), asked: january(4, 10, 0)},
		"it was late already": {pause: january(3, 12, 45), resume: january(4, 9, 15), due: january(3, 16, 30), asked: january(4, 9, 45), late: 75 * time.Minute},
		"resumed at night":    {pause: january(3, 11, 0), resume: january(3, 23, 0), due: january(4, 10, 0), asked: january(4, 9, 59)},
		"over a holiday":      {pause: january(3, 11, 0), resume: january(5, 16, 30), due: january(7, 9, 30), asked: january(7, 9, 30)},
	} {
		t.Run(name, func(t *testing.T) {
			d := begun(january(3, 10, 0))
			d.pause(tc.pause, office)
			if got, want := d.Late(tc.resume, office), office.Between(january(3, 12, 0), tc.pause); got != want {
				t.Errorf("%s late while it stands still, want %s", got, want)
			}
			d.resume(tc.resume, office)
			if !d.Due.Equal(tc.due) {
				t.Errorf("due %s, want %s", d.Due, tc.due)
			}
			if err := d.finish("USAM", tc.asked, office); err != nil {
				t.Fatal(err)
			}
			if got := d.Status.(Done).Late; got != tc.late {
				t.Errorf("%s late, want %s", got, tc.late)
			}
		})
	}
}

func TestWhatIsOverStaysAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range []Status{Done{At: january(3, 11, 0), By: "USAM"}, Closed{january(3, 11, 0)}} {
		d := begun(january(3, 10, 0))
		d.Status = s
		if err := d.finish("UKIM", january(3, 12, 0), office); !errors.Is(err, ErrOver) {
			t.Errorf("%T: %v", s, err)
		}
		if d.Status != s || d.Late(january(4, 12, 0), office) != 0 {
			t.Errorf("%T became %+v", s, d.Status)
		}
	}
}

func TestPausedAndPassedOnStaysPausedWithAllTheTime(t *testing.T) {
	t.Parallel()
	d := begun(january(3, 10, 0))
	d.pause(january(3, 11, 0), office)
	d.pass("UKIM", january(3, 16, 30), office)
	d.resume(january(4, 9, 0), office)
	if d.Person != "UKIM" || d.Turn != 2 || !d.Due.Equal(january(4, 11, 0)) {
		t.Errorf("%s, turn %d, due %s", d.Person, d.Turn, d.Due)
	}
}

func TestPassedOnIsAsIfItHadJustBegun(t *testing.T) {
	t.Parallel()
	d := begun(january(3, 9, 0))
	d.handled, d.repeated, d.bell, d.Snoozed = january(3, 13, 0), 2, 3, january(3, 16, 40)
	d.Escalated, d.Abandoned = january(3, 11, 0), january(3, 12, 0)
	d.pass("UKIM", january(3, 14, 30), office)
	fresh := begun(january(3, 14, 30))
	for hour := 14; hour < 32; hour++ {
		now := january(3, hour, 31)
		bosses := []boss{{"UBOSS", office, false}}
		if diff := cmp.Diff(fresh.plan(now, office, bosses), d.plan(now, office, bosses), cmp.AllowUnexported(plan{})); diff != "" {
			t.Errorf("%s (-begun +passed on):\n%s", now, diff)
		}
	}
	if d.bell != 1 || !d.Escalated.IsZero() {
		t.Errorf("%+v", d)
	}
}

func TestLengthInWords(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{40 * time.Minute: "40 minutes", time.Hour: "1 hour", 3*time.Hour + 5*time.Minute: "3 hours 5 minutes", 90*time.Second + 500*time.Millisecond: "1 minute",
		12 * time.Second: "12 seconds", time.Second: "1 second", 3 * time.Millisecond: "less than a second", 30 * time.Hour: "30 hours"} {
		if got := Length(d); got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
