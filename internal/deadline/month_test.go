package deadline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// A month of ten people in five zones, over a clock change: everybody gets work
// day and night, and does some of it in time, some late, and some never.
func TestAFakeMonthOfATeam(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &turned{}
		clock.by.Store(int64(75 * 24 * time.Hour))                                 // the middle of March: clocks change on the 26th
		r := newRigAt(t, load(t, bakery, lookUp, streets), clock.now, 6*time.Hour) // nobody turns it any more
		places := []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo"}
		var team []string
		for i := range 10 {
			id := fmt.Sprint("UREP", i)
			team = append(team, id)
			r.dir.set(chat.Profile{ID: id, Name: id, Zone: places[i%len(places)]})
			_, err := r.Roster.Person(ctx, id)
			r.must(err)
		}
		luck := rand.New(rand.NewPCG(1, 2))
		rule := Timed(r.shelf.InForce(), playbook.EventLeadAssigned)[0]
		type work struct {
			person, subject string
			started, done   time.Time
		}
		var all []*work
		begin, end := r.Now(), r.Now().Add(36*24*time.Hour)
		for lead := 0; r.Now().Sub(begin) < 31*24*time.Hour; lead++ {
			// To the millisecond: nobody does anything at the moment of a reminder.
			time.Sleep(time.Duration(20+luck.IntN(150))*time.Minute + time.Duration(1+luck.IntN(59_000))*time.Millisecond)
			w := &work{person: team[luck.IntN(len(team))], subject: fmt.Sprint("lead/", lead), started: r.Now().Truncate(time.Millisecond)}
			all = append(all, w)
			r.assign(fmt.Sprint(lead), w.person)
			for _, old := range all {
				if old.done.IsZero() && luck.IntN(12) == 0 {
					old.done = r.Now().Truncate(time.Millisecond)
					r.write(func(tx *database.Tx) error { _, err := r.DoneFor(tx, old.subject, Match{}, old.person); return err })
				}
			}
		}
		time.Sleep(5 * 24 * time.Hour)
		synctest.Wait()

		// What each was to hear first, and when.
		want := map[string]string{}
		for _, w := range all {
			on := r.every(w.subject)[0]
			c := r.Calendar(w.person)
			due := c.Add(w.started, rule.Within)
			before := func(at time.Time) bool { return at.Before(end) && (w.done.IsZero() || at.Before(w.done)) }
			if at := c.Before(due, rule.Remind[0]); before(at) {
				want[reminderKey(on)] = w.person + " " + at.UTC().String()
			}
			for _, b := range []string{"UBOSS", "UVICE"} {
				if at := r.Calendar(b).Next(due); before(at) {
					want[escalationKey(on, b)] = b + " " + at.UTC().String()
				}
			}
			late := time.Duration(0)
			if s, done := on.Status.(Done); done {
				late = c.Between(due, w.done)
				if s.Late != late {
					t.Errorf("%s: %s late, want %s", on.Subject, s.Late, late)
				}
			}
		}
		got, changes := map[string]string{}, map[string]int{}
		byHand := map[time.Time]bool{}
		for _, w := range all {
			byHand[w.done] = true
		}
		for key, n := range r.first() {
			got[key] = n.to + " " + n.at.Truncate(time.Millisecond).UTC().String()
		}
		for _, n := range r.notes.all() {
			if byHand[n.at.Truncate(time.Millisecond)] {
				continue // somebody did something: what stands follows at once
			}
			changes[n.key]++
			z := r.zone(n.to)
			if local := n.at.In(z); local.Hour() < 9 || local.Hour() >= 17 || local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
				t.Errorf("%s was told at %s", n.to, local.Format("Mon 2 Jan 15:04 MST"))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for key, n := range changes {
			if _, list := readerOf(key); !list && n > 2+rule.Repeat { // before, at the deadline, and repeats
				t.Errorf("%s changed %d times", key, n)
			}
		}
		if len(all) < 200 || len(got) < 300 {
			t.Errorf("only %d deadlines and %d messages", len(all), len(got))
		}
		t.Logf("%d deadlines, %d messages, %d looks at them", len(all), len(got), len(r.notes.all()))
	})
}

func (r *rig) every(subject string) (out []Deadline) {
	r.Helper()
	r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { out, err = AllFor(tx, subject); return err }))
	if len(out) == 0 {
		r.Fatalf("nothing about %s", subject)
	}
	return out
}

// The process ends without a word, and another takes up its database much later.
func TestWhatCameDueWhileNobodyWasThereIsSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, load(t, bakery, lookUp, streets))
		at(t, 3, 10, 0)
		r.assign("L1", "USAM") // due at 12:00, three reminders later nobody is there
		r.assign("L2", "USAM")
		at(t, 3, 11, 0)
		r.streetsKnown("USAM")
		r.stop()
		at(t, 4, 22, 0)
		db, err := database.Open(ctx, r.file)
		r.must(err)
		r.serve(db, time.Now)
		at(t, 12, 18, 0)
		want := []string{
			"Tue 22:00 UVICE new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 06:00 EST.",
			"Wed 09:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
			"Wed 09:00 USAM new: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 13 hours late.",
		}
		if diff := cmp.Diff(want, r.said(berlin(t))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// turned is a clock that somebody sets wrong.
type turned struct{ by atomic.Int64 }

func (c *turned) now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func TestAClockThatIsTurnedDoublesNothing(t *testing.T) {
	t.Parallel()
	for name, turn := range map[string]time.Duration{"forth and back": time.Hour, "back and forth": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				clock := &turned{}
				r := newRigAt(t, load(t, bakery, lookUp, streets), clock.now)
				at(t, 3, 10, 0)
				r.assign("L1", "USAM")
				for _, minute := range []int{100, 130, 190, 200, 260, 290} {
					at(t, 3, 10, minute)
					if clock.by.Load() == 0 {
						clock.by.Store(int64(turn))
					} else {
						clock.by.Store(0)
					}
					r.Outbox.Wake()
				}
				at(t, 5, 18, 0)
				texts := map[string]int{}
				for _, n := range r.notes.all() {
					texts[n.key+n.m.Text]++
				}
				for text, n := range texts {
					if n > 1 {
						t.Errorf("%d times: %s", n, text)
					}
				}
				// One before, one at the deadline, two repeats; some merged.
				if said := r.said(berlin(t)); len(said) > 6 || len(said) < 4 {
					t.Errorf("%d messages: %q", len(said), said)
				}
			})
		})
	}
}

// A machine that slept for a day, with all that came due in it: said once, on the
// next working moment.
func TestAMachineThatSleptForADayLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		clock := &turned{}
		r := newRigAt(t, load(t, bakery, lookUp, streets), clock.now)
		at(t, 3, 10, 0)
		r.assign("L1", "USAM") // due at 12:00
		at(t, 3, 10, 30)
		clock.by.Store(int64(24 * time.Hour)) // it is Tuesday, and no timer went off
		at(t, 5, 18, 0)
		want := []string{
			"Tue 10:30 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
			"Tue 10:30 USAM new: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 6 hours 30 minutes late.",
			"Tue 15:00 UVICE new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 06:00 EST.",
		}
		if diff := cmp.Diff(want, r.said(berlin(t))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Somebody whom Slack does not know will not do it: the manager hears of it at
// the first look.
func TestWhatNobodyCanDoIsTheManagers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, load(t, always, timed("5s", "3s")))
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: "call/1", Title: "Miller", Who: map[string]string{"owner": "UGHOST"}})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if notes := r.notes.all(); len(notes) != 1 || notes[0].to != "UBOSS" || !notes[0].first {
			t.Errorf("said %+v", notes)
		}
	})
}

// The same where the first look is at the deadline.
func TestWhatNobodyCanDoIsEscalatedAllTheSame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		page := "---\nid: q\nkind: tool\nowner: x\nactions:\n  - {id: go, label: Go, on: call.held, who: owner, within: 5s, escalate: manager, done: button}\n---\ntext\n"
		r := newRig(t, load(t, always, page))
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: "call/1", Title: "Miller", Who: map[string]string{"owner": "UGHOST"}})
		time.Sleep(10 * time.Second)
		synctest.Wait()
		var keys []string
		for _, n := range r.notes.all() {
			kind := strings.Split(n.key, "/")
			keys = append(keys, n.to+" "+kind[1]+" "+kind[2])
		}
		slices.Sort(keys)
		on := r.one("call/1")
		if want := []string{"UBOSS " + on.ID + " escalation", "UBOSS left UGHOST"}; !slices.Equal(keys, want) {
			t.Errorf("said %q, want %q", keys, want)
		}
	})
}

// A playbook whose times are seconds: the same happens in seconds.
func TestSecondsAreEnough(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		quick := "---\nid: q\nkind: tool\nowner: x\nactions:\n  - {id: go, label: Go, on: call.held, who: sdr, within: 5s, remind: [3s], escalate: manager, repeat: 2, done: button}\n---\ntext\n"
		r := newRig(t, load(t, "hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\nroles: {manager: [UBOSS]}\n", quick))
		time.Sleep(time.Hour)
		begin := time.Now()
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: "call/1", Who: map[string]string{"owner": "UKIM", "sdr": "USAM"}})
		time.Sleep(17 * time.Second)
		r.must(r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: r.one("call/1").ID}))
		time.Sleep(time.Hour)
		synctest.Wait()
		var got []string
		for _, n := range r.notes.all() {
			got = append(got, fmt.Sprint(n.at.Sub(begin).Round(time.Second), " ", n.to))
		}
		want := []string{"2s USAM", "5s USAM", "5s UBOSS", "10s USAM", "15s USAM", "17s USAM", "17s UBOSS"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if s := r.every("call/1")[0].Status.(Done); s.Late != 12*time.Second {
			t.Errorf("late by %s", s.Late)
		}
	})
}
