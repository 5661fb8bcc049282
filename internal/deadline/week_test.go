package deadline

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
)

// rounds is a bakery whose drivers walk their round once a week.
const rounds = `
name: Bakery
timezone: Europe/Berlin
hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
holidays: [2000-01-06]
roles: {foreman: [UBOSS], driver: [USAM, UKIM]}
`

const walk = `---
id: vans
kind: tool
owner: x
title: Vans
actions:
  - {id: walk, label: Walk your round, on: week.started, who: driver, within: 3d, remind: [1d], escalate: foreman, repeat: 1, done: button}
---
text
`

func TestAWeekBeginsAfterTheLongestRowOfDaysOff(t *testing.T) {
	t.Parallel()
	for hours, want := range map[string]time.Weekday{
		"mon, tue, wed, thu, fri":           time.Monday,
		"sun, mon, tue, wed, thu":           time.Sunday,
		"tue, wed, thu, fri, sat":           time.Tuesday,
		"mon, tue, wed, thu, fri, sat":      time.Monday,
		"mon, tue, thu, fri":                time.Monday,
		"mon, tue, wed, thu, fri, sat, sun": time.Monday,
		"wed":                               time.Wednesday,
	} {
		c := NewCalendar(&load(t, "hours: {days: ["+hours+"], from: \"09:00\", to: \"17:00\"}\n", walk).Settings, nil)
		if got := c.weekday(); got != want {
			t.Errorf("%s: %s, want %s", hours, got, want)
		}
		for day := range 40 {
			at := time.Date(2000, 1, 1+day, 13, 0, 0, 0, time.UTC)
			first := c.weekOf(at)
			if begins := first.In(time.UTC); begins.Weekday() != want || begins.After(at) || !at.Before(c.weekEnds(first)) {
				t.Errorf("%s: the week of %s begins on %s", hours, at, begins)
			}
		}
	}
	if got := (Calendar{zone: time.UTC}).weekday(); got != time.Monday {
		t.Errorf("where nobody works it is %s", got)
	}
}

// walks tells when somebody's weeks began, were due, and how they stand.
func (r *rig) walks(person string) (out []string) {
	r.Helper()
	z := r.Calendar(person).Zone()
	var all []Deadline
	r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { all, err = AllFor(tx, "week/"+person); return err }))
	for _, on := range all {
		out = append(out, fmt.Sprintf("%s: %s to %s, %s", on.Key, on.Started.In(z).Format("Mon 15:04"), on.Due.In(z).Format("Mon 15:04"), on.Status.state()))
	}
	return out
}

func TestWeeks(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		play func(t *testing.T, r *rig)
		want []string // of USAM, until Tuesday 11 January at noon, or a week later
	}{
		"each week, once": {
			play: func(t *testing.T, r *rig) {},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Mon 09:00 to Thu 09:00, open"},
		},
		"done in its week": {
			play: func(t *testing.T, r *rig) {
				at(t, 5, 12, 0)
				r.must(r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: r.one("week/USAM").ID}))
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, done", "2000-01-10: Mon 09:00 to Thu 09:00, open"},
		},
		"nobody was there until Wednesday": {
			play: func(t *testing.T, r *rig) {
				at(t, 8, 12, 0)
				r.stop()
				at(t, 12, 11, 30)
				r.again(time.Now)
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Wed 11:30 to Fri 17:00, missed", "2000-01-17: Mon 09:00 to Thu 09:00, open"},
		},
		"nobody was there for a week": {
			play: func(t *testing.T, r *rig) {
				at(t, 8, 12, 0)
				r.stop()
				at(t, 15, 11, 30)
				r.again(time.Now)
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-17: Mon 09:00 to Thu 09:00, open"},
		},
		"stopped and started all the time": {
			play: func(t *testing.T, r *rig) {
				for hour := range 20 {
					at(t, 3, 5, hour*30)
					r.stop()
					r.again(time.Now)
				}
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Mon 09:00 to Thu 09:00, open"},
		},
		"who becomes a driver begins then": {
			play: func(t *testing.T, r *rig) {
				r.shelf.Use(load(t, strings.Replace(rounds, "USAM, ", "", 1), walk))
				at(t, 4, 10, 0)
				r.shelf.Use(load(t, rounds, walk))
				r.must(r.Recompute(ctx))
			},
			want: []string{"2000-01-03: Tue 10:00 to Fri 17:00, missed", "2000-01-10: Mon 09:00 to Thu 09:00, open"},
		},
		"who is no driver any more has no more weeks": {
			play: func(t *testing.T, r *rig) {
				at(t, 4, 10, 0)
				r.shelf.Use(load(t, strings.Replace(rounds, "USAM, ", "", 1), walk))
				r.must(r.Recompute(ctx))
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed"},
		},
		"who leaves has nothing to do any more, and who comes back begins anew": {
			play: func(t *testing.T, r *rig) {
				at(t, 4, 10, 0)
				r.leaves("USAM", true)
				at(t, 11, 10, 0)
				r.leaves("USAM", false)
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, closed", "2000-01-10: Tue 10:02 to Fri 10:02, open"},
		},
		"a week off": {
			play: func(t *testing.T, r *rig) {
				r.shelf.Use(load(t, strings.Replace(rounds, "2000-01-06", "2000-01-06, 2000-01-10, 2000-01-11, 2000-01-12, 2000-01-13, 2000-01-14", 1), walk))
				r.must(r.Recompute(ctx))
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-17: Mon 09:00 to Thu 09:00, open"},
		},
		"Monday is a holiday": {
			play: func(t *testing.T, r *rig) {
				at(t, 5, 10, 0)
				r.shelf.Use(load(t, strings.Replace(rounds, "2000-01-06", "2000-01-06, 2000-01-10", 1), walk))
				r.must(r.Recompute(ctx))
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Tue 09:00 to Fri 09:00, missed", "2000-01-17: Mon 09:00 to Thu 09:00, open"},
		},
		"who flies west on a Monday does not begin twice": {
			play: func(t *testing.T, r *rig) {
				at(t, 10, 11, 0)
				p := r.dir.people["USAM"]
				p.Zone = "Pacific/Honolulu"
				before := r.dir.people["USAM"]
				r.dir.set(p)
				_, err := r.Roster.Person(ctx, "USAM")
				r.must(err)
				time.Sleep(time.Minute)
				r.must(r.PersonChanged(ctx, before, p))
				at(t, 13, 11, 0)
				r.dir.set(before)
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Mon 09:00 to Thu 09:00, missed", "2000-01-17: Mon 09:00 to Thu 09:00, open"},
		},
		"another within, in the middle of a week, is for the next": {
			play: func(t *testing.T, r *rig) {
				at(t, 4, 10, 0)
				r.shelf.Use(load(t, rounds, strings.Replace(walk, "within: 3d", "within: 2d", 1)))
				r.must(r.Recompute(ctx))
			},
			want: []string{"2000-01-03: Mon 09:00 to Fri 09:00, missed", "2000-01-10: Mon 09:00 to Wed 09:00, open"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, load(t, rounds, walk))
				tc.play(t, r)
				at(t, 11, 12, 0)
				if strings.Contains(tc.want[len(tc.want)-1], "01-17") {
					at(t, 17, 12, 0)
				}
				if diff := cmp.Diff(tc.want, r.walks("USAM")); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// Whatever is done to the clock, a person has each week once, and what is due in it
// is said once.
func TestAWeekOfAClockThatIsTurned(t *testing.T) {
	t.Parallel()
	for name, turns := range map[string][]time.Duration{
		"an hour back at the opening":    {-time.Hour, 0},
		"an hour forth before it":        {time.Hour, 0},
		"asleep for a day":               {24 * time.Hour, 24 * time.Hour},
		"back into last week, and again": {-24 * time.Hour, 0, -24 * time.Hour, 0},
		"forth into next week, and back": {7 * 24 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clock := &turned{}
				r := newRigAt(t, load(t, rounds, walk), clock.now, 10*time.Minute) // it is woken when the clock is turned
				at(t, 10, 9, 20)
				for _, by := range turns {
					clock.by.Store(int64(by))
					r.Outbox.Wake()
					at(t, 10, 9, 20+int(time.Since(time.Date(2000, 1, 10, 8, 20, 0, 0, time.UTC))/time.Minute)+30)
				}
				at(t, 14, 18, 0)
				weeks := map[string]int{}
				for _, line := range r.walks("USAM") {
					week, _, _ := strings.Cut(line, ":")
					weeks[week]++
				}
				for _, week := range []string{"2000-01-03", "2000-01-10"} {
					if weeks[week] != 1 {
						t.Errorf("%s is there %d times: %q", week, weeks[week], r.walks("USAM"))
					}
				}
				texts := map[string]int{}
				for _, n := range r.notes.all() {
					texts[n.key+n.m.Text]++
				}
				for text, n := range texts {
					if n > 1 {
						t.Errorf("%d times: %s", n, text)
					}
				}
				r.first() // complains of what came twice
				if on := r.every("week/USAM")[1]; on.Escalated.IsZero() {
					t.Errorf("nobody was told of %+v", on)
				}
			})
		})
	}
}

// leaves has Slack say that somebody is gone, or back.
func (r *rig) leaves(person string, gone bool) {
	r.Helper()
	before := r.dir.people[person]
	p := before
	p.Deactivated = gone
	r.dir.set(p)
	time.Sleep(2 * time.Minute) // what was said a minute ago is not asked again
	_, err := r.Roster.Today(ctx, person)
	r.must(err)
	synctest.Wait()
}

// What people hear of a week that they let pass, each on their own clock.
func TestWhatIsSaidOfAWeek(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, load(t, strings.Replace(rounds, "2000-01-06", "2000-01-07", 1), walk)) // Friday is off: due on Thursday at nine
		at(t, 11, 8, 0)
		want := []string{
			"Wed 09:00 USAM new: Due Thu 6 Jan 2000, 09:00 CET.",
			"Wed 15:00 UKIM new: Due Thu 6 Jan 2000, 09:00 EST.",
			"Thu 09:00 UBOSS new: @USAM has not done it in time. It was due Thu 6 Jan 2000, 09:00 CET.",
			"Thu 09:00 USAM changed: Was due Thu 6 Jan 2000, 09:00 CET and is still open.",
			"Thu 10:00 USAM changed: Was due Thu 6 Jan 2000, 09:00 CET and is still open, 1 hour late.",
			"Thu 15:00 UBOSS new: @UKIM has not done it in time. It was due Thu 6 Jan 2000, 15:00 CET.",
			"Thu 15:00 UKIM changed: Was due Thu 6 Jan 2000, 09:00 EST and is still open.",
			"Thu 16:00 UKIM changed: Was due Thu 6 Jan 2000, 09:00 EST and is still open, 1 hour late.",
			// Monday at midnight, of each: what stands is brought up to date.
			"Mon 00:00 UBOSS changed: @USAM has not done it in that week. It was due Thu 6 Jan 2000, 09:00 CET.",
			"Mon 00:00 USAM changed: Was due Thu 6 Jan 2000, 09:00 CET and was not done: its week is over.",
			"Mon 06:00 UBOSS changed: @UKIM has not done it in that week. It was due Thu 6 Jan 2000, 15:00 CET.",
			"Mon 06:00 UKIM changed: Was due Thu 6 Jan 2000, 09:00 EST and was not done: its week is over.",
		}
		if diff := cmp.Diff(want, r.said(berlin(t))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		var tallies []Tally
		r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) {
			tallies, err = r.Tallies(tx, time.Date(2000, 1, 3, 8, 0, 0, 0, time.UTC), time.Date(2000, 1, 10, 8, 0, 0, 0, time.UTC))
			return err
		}))
		missed := 0
		for _, tally := range tallies {
			missed += tally.Missed
		}
		if missed != 2 {
			t.Errorf("tallied %+v", tallies)
		}
	})
}

// Due on the last day when work ends, and its week over before the manager is back:
// they hear of it all the same.
func TestAWeekThatEndsUndoneIsToldOnMonday(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, load(t, rounds, strings.Replace(walk, "within: 3d", "within: 5d", 1)))
		at(t, 11, 8, 0)
		var boss []string
		for _, line := range r.said(berlin(t)) {
			if strings.Contains(line, "UBOSS") && strings.Contains(line, "@USAM") {
				boss = append(boss, line)
			}
		}
		if diff := cmp.Diff([]string{"Mon 09:00 UBOSS new: @USAM has not done it in that week. It was due Fri 7 Jan 2000, 17:00 CET."}, boss); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		id := r.every("week/USAM")[0].ID
		if err := r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: id}); err == nil || !strings.Contains(err.Error(), "is over") {
			t.Errorf("a click after it: %v", err)
		}
	})
}

// Two bots on one database see everybody's week begin at once.
func TestTwoReplicasStartAWeekOnce(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprint("UDRIVER", i))
	}
	book := load(t, "hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\nroles: {foreman: [UBOSS], driver: ["+strings.Join(ids, ", ")+"]}\n", walk)
	target := dbtest.Postgres(t)
	one, two := bareRig(t, book, time.Now), bareRig(t, book, time.Now)
	for _, r := range []*rig{one, two} {
		for _, id := range ids {
			r.dir.set(chat.Profile{ID: id, Name: id, Zone: "Europe/Berlin"})
		}
		db, err := database.Open(ctx, target)
		r.must(err)
		r.serve(db, time.Now)
	}
	for range 5 {
		done := make(chan error, 2)
		for _, r := range []*rig{one, two} {
			go func() { done <- r.Recompute(ctx) }()
		}
		one.must(<-done)
		one.must(<-done)
	}
	for _, id := range ids {
		if on := one.one("week/" + id); on.On != playbook.EventWeekStarted {
			t.Errorf("%+v", on)
		}
	}
}
