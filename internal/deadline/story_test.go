package deadline

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// at sleeps until it is that time in the first days of January 2000, in Berlin:
// the 3rd is a Monday, the 6th a holiday.
func at(t *testing.T, day, hour, minute int) {
	t.Helper()
	time.Sleep(time.Until(time.Date(2000, 1, day, hour, minute, 0, 0, berlin(t))))
	synctest.Wait()
}

func (r *rig) streetsKnown(by string) {
	r.Helper()
	r.write(func(tx *database.Tx) error {
		n, err := r.DoneFor(tx, "lead/L1", Match{Form: "form-of-streets"}, by)
		if n != 1 {
			r.Errorf("%d deadlines ended", n)
		}
		return err
	})
}

// Each story plays in Berlin from Monday 3 January 2000 on; what people saw is
// the second line of each message.
func TestStories(t *testing.T) {
	t.Parallel()
	monday := func(t *testing.T) *rig {
		r := newRig(t, load(t, bakery, lookUp, streets))
		at(t, 3, 10, 0)
		r.assign("L1", "USAM")
		return r
	}
	for name, tc := range map[string]struct {
		play func(t *testing.T) *rig
		want []string
	}{
		"done in time: nobody hears of it": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 11, 0)
				r.streetsKnown("USAM")
				return r
			},
		},
		"reminded, told at the deadline, late": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 12, 40)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open.",
				"Mon 12:40 UBOSS changed: Was due Mon 3 Jan 2000, 12:00 CET, for @USAM to do. @USAM, Mon 3 Jan 2000, 12:40 CET: done, 40 minutes late",
				"Mon 12:40 USAM changed: @USAM, Mon 3 Jan 2000, 12:40 CET: done, 40 minutes late",
			},
		},
		"forgotten: repeats are capped, a manager elsewhere is told in the morning there": {
			play: monday,
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open.",
				"Mon 13:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 1 hour late.",
				"Mon 14:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 2 hours late.",
				"Mon 15:00 UVICE new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 06:00 EST.",
			},
		},
		"over the night and a holiday": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 5, 16, 0)
				r.assign("L1", "USAM")
				at(t, 7, 10, 30)
				r.streetsKnown("UBOSS")
				return r
			},
			want: []string{
				"Fri 09:30 USAM new: Due Fri 7 Jan 2000, 10:00 CET.",
				"Fri 10:00 UBOSS new: @USAM has not done it in time. It was due Fri 7 Jan 2000, 10:00 CET.",
				"Fri 10:00 USAM changed: Was due Fri 7 Jan 2000, 10:00 CET and is still open.",
				"Fri 10:30 UBOSS changed: Was due Fri 7 Jan 2000, 10:00 CET, for @USAM to do. @UBOSS, Fri 7 Jan 2000, 10:30 CET: done, 30 minutes late",
				"Fri 10:30 USAM changed: @UBOSS, Fri 7 Jan 2000, 10:30 CET: done, 30 minutes late",
			},
		},
		"due at the closing: told in the morning": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 3, 15, 0)
				r.assign("L1", "USAM")
				at(t, 4, 9, 20)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 16:30 USAM new: Due Mon 3 Jan 2000, 17:00 CET.",
				"Mon 17:00 UVICE new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 11:00 EST.",
				"Tue 09:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 17:00 CET.",
				"Tue 09:00 USAM changed: Was due Mon 3 Jan 2000, 17:00 CET and is still open.",
				"Tue 09:20 UBOSS changed: Was due Mon 3 Jan 2000, 17:00 CET, for @USAM to do. @USAM, Tue 4 Jan 2000, 09:20 CET: done, 20 minutes late",
				"Tue 09:20 USAM changed: @USAM, Tue 4 Jan 2000, 09:20 CET: done, 20 minutes late",
				"Tue 09:20 UVICE changed: Was due Mon 3 Jan 2000, 11:00 EST, for @USAM to do. @USAM, Tue 4 Jan 2000, 03:20 EST: done, 20 minutes late",
			},
		},
		"snoozed: the deadline stays, the reminder comes later, and is heard": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 11, 40)
				r.must(r.clickSnooze(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: r.one("lead/L1").ID + " 1h"}))
				at(t, 3, 12, 45)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 11:40 USAM changed: Due Mon 3 Jan 2000, 12:00 CET. Snoozed until Mon 3 Jan 2000, 12:40 CET.",
				"Mon 12:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:40 USAM changed: Snoozed, and reminded again Mon 3 Jan 2000, 12:40 CET: see below.",
				"Mon 12:40 USAM new: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 40 minutes late.",
				"Mon 12:45 UBOSS changed: Was due Mon 3 Jan 2000, 12:00 CET, for @USAM to do. @USAM, Mon 3 Jan 2000, 12:45 CET: done, 45 minutes late",
				"Mon 12:45 USAM changed: @USAM, Mon 3 Jan 2000, 12:45 CET: done, 45 minutes late",
			},
		},
		"asked: the clock stands still, and goes on with what was left": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 3, 10, 0)
				r.happens(Happening{Event: playbook.EventHandoffSent, Subject: "handoff/H", Title: "Miller", Who: map[string]string{"owner": "USAM", "ae": "UKIM"}})
				at(t, 3, 16, 0) // 10:00 in New York: an hour is gone
				r.write(func(tx *database.Tx) error { _, err := r.Pause(tx, "handoff/H", playbook.EventHandoffSent); return err })
				at(t, 4, 17, 0)
				r.write(func(tx *database.Tx) error {
					_, err := r.Resume(tx, "handoff/H", playbook.EventHandoffSent)
					return err
				})
				if due := r.one("handoff/H").Due.In(berlin(t)).Format("Mon 15:04"); due != "Tue 20:00" {
					t.Errorf("due %s", due)
				}
				at(t, 4, 19, 30)
				r.write(func(tx *database.Tx) error {
					_, err := r.DoneFor(tx, "handoff/H", Match{Event: playbook.EventHandoffSent}, "UKIM")
					return err
				})
				return r
			},
			want: []string{
				"Tue 19:00 UKIM new: Due Tue 4 Jan 2000, 14:00 EST.",
				"Tue 19:30 UKIM changed: @UKIM, Tue 4 Jan 2000, 13:30 EST: done, on time",
			},
		},
		"given to somebody else: the whole time again, on their clock": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 14, 30)
				r.write(func(tx *database.Tx) error { _, err := r.Reassign(tx, "lead/L1", "UKIM"); return err })
				at(t, 3, 17, 10)
				r.streetsKnown("UKIM")
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open.",
				"Mon 13:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 1 hour late.",
				"Mon 14:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 2 hours late.",
				"Mon 14:30 UBOSS changed: Is @UKIM’s now, since Mon 3 Jan 2000, 14:30 CET.",
				"Mon 14:30 USAM changed: Is @UKIM’s now, since Mon 3 Jan 2000, 14:30 CET.",
				"Mon 16:30 UKIM new: Due Mon 3 Jan 2000, 11:00 EST.",
				"Mon 17:00 UKIM changed: Was due Mon 3 Jan 2000, 11:00 EST and is still open.",
				"Mon 17:00 UVICE new: @UKIM has not done it in time. It was due Mon 3 Jan 2000, 11:00 EST.",
				"Mon 17:10 UKIM changed: @UKIM, Mon 3 Jan 2000, 11:10 EST: done, 10 minutes late",
				"Mon 17:10 UVICE changed: Was due Mon 3 Jan 2000, 11:00 EST, for @UKIM to do. @UKIM, Mon 3 Jan 2000, 11:10 EST: done, 10 minutes late",
			},
		},
		"the event again: the clock starts anew": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				r.assign("L1", "USAM") // delivered twice
				at(t, 3, 11, 0)
				r.assign("L1", "UBOSS")
				at(t, 3, 11, 40)
				if due := r.one("lead/L1").Due.In(berlin(t)).Format("15:04"); due != "13:00" {
					t.Errorf("due at %s", due)
				}
				r.streetsKnown("UBOSS")
				return r
			},
		},
		"assigned to somebody else: theirs now": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 11, 40)
				r.assign("L1", "UBOSS")
				at(t, 3, 13, 0)
				r.streetsKnown("UBOSS")
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 11:40 USAM changed: Is @UBOSS’s now, since Mon 3 Jan 2000, 11:40 CET.",
			},
		},
		"no longer needed": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 11, 40)
				r.write(func(tx *database.Tx) error { _, err := r.Close(tx, "lead/L1"); return err })
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 11:40 USAM changed: No longer needed.",
			},
		},
		"who has left gets nothing; the manager gets what they leave, once": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				r.assign("L2", "USAM")
				at(t, 3, 10, 30)
				r.dir.set(chat.Profile{ID: "USAM", Name: "Sam", Zone: "Europe/Berlin", Deactivated: true})
				at(t, 3, 11, 40)
				r.write(func(tx *database.Tx) error { _, err := r.Reassign(tx, "lead/L2", "UBOSS"); return err })
				r.write(func(tx *database.Tx) error { _, err := r.Close(tx, "lead/L2"); return err })
				at(t, 3, 11, 50)
				r.streetsKnown("UBOSS")
				return r
			},
			want: []string{
				"Mon 11:00 UBOSS new: Sam is no longer in this workspace and leaves 2 things to do",
				"Mon 11:40 UBOSS changed: Sam is no longer in this workspace and leaves something to do",
				"Mon 11:50 UBOSS changed: What Sam left is taken care of.",
			},
		},
		"who leaves at night: the manager hears of it in the morning, if it is still to do": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 3, 16, 0)
				r.assign("L1", "USAM")
				r.assign("L2", "UKIM")
				at(t, 3, 16, 50)
				r.write(func(tx *database.Tx) error { _, err := r.Close(tx, "lead/L2"); return err })
				at(t, 3, 23, 30)
				r.dir.set(chat.Profile{ID: "USAM", Name: "Sam", Zone: "Europe/Berlin", Deactivated: true})
				r.dir.set(chat.Profile{ID: "UKIM", Name: "Kim", Zone: "America/New_York", Deactivated: true})
				at(t, 4, 9, 30)
				r.streetsKnown("UBOSS")
				return r
			},
			want: []string{
				"Tue 09:00 UBOSS new: Sam is no longer in this workspace and leaves something to do",
				"Tue 09:30 UBOSS changed: What Sam left is taken care of.",
			},
		},
		"who comes back is reminded again": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				sam := chat.Profile{ID: "USAM", Name: "Sam", Zone: "Europe/Berlin", Deactivated: true}
				r.dir.set(sam)
				at(t, 3, 11, 10)
				sam.Deactivated = false
				r.dir.set(sam)
				_, err := r.Roster.Today(ctx, "USAM")
				r.must(err)
				at(t, 3, 11, 40)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 11:00 UBOSS new: Sam is no longer in this workspace and leaves something to do",
				"Mon 11:10 UBOSS changed: What Sam left is taken care of.",
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 11:40 USAM changed: @USAM, Mon 3 Jan 2000, 11:40 CET: done, on time",
			},
		},
		"while Slack is down nobody knows whom to tell; then they are told": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, strings.Replace(bakery, "foreman: [UBOSS, UVICE]", "foreman: [S0FORE]", 1), lookUp, streets))
				r.dir.groups = map[string][]string{"S0FORE": {"UBOSS"}}
				r.dir.shut(true)
				at(t, 3, 10, 0)
				r.assign("L1", "USAM")
				at(t, 3, 12, 25)
				r.dir.shut(false)
				at(t, 3, 12, 45)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 11:30 USAM new: Due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:00 USAM changed: Was due Mon 3 Jan 2000, 12:00 CET and is still open.",
				"Mon 12:30 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 12:45 UBOSS changed: Was due Mon 3 Jan 2000, 12:00 CET, for @USAM to do. @USAM, Mon 3 Jan 2000, 12:45 CET: done, 45 minutes late",
				"Mon 12:45 USAM changed: @USAM, Mon 3 Jan 2000, 12:45 CET: done, 45 minutes late",
			},
		},
		"a row that was given up is made anew at the next start": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				r.stop()
				db, err := database.Open(ctx, r.file)
				r.must(err)
				r.must(db.Write(ctx, func(tx *database.Tx) error {
					_, err := tx.Exec("UPDATE outbox SET state = 'dead', done_at = 0 WHERE kind = $1", kindTick)
					return err
				}))
				at(t, 3, 13, 30)
				r.serve(db, time.Now)
				at(t, 3, 13, 40)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 13:30 UBOSS new: @USAM has not done it in time. It was due Mon 3 Jan 2000, 12:00 CET.",
				"Mon 13:30 USAM new: Was due Mon 3 Jan 2000, 12:00 CET and is still open, 1 hour 30 minutes late.",
				"Mon 13:40 UBOSS changed: Was due Mon 3 Jan 2000, 12:00 CET, for @USAM to do. @USAM, Mon 3 Jan 2000, 13:40 CET: done, 1 hour 40 minutes late",
				"Mon 13:40 USAM changed: @USAM, Mon 3 Jan 2000, 13:40 CET: done, 1 hour 40 minutes late",
			},
		},
		"a holiday is declared: the deadline moves": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 3, 16, 30)
				r.assign("L1", "USAM")
				r.shelf.Use(load(t, strings.Replace(bakery, "[2000-01-06]", "[2000-01-04, 2000-01-06]", 1), lookUp, streets))
				r.must(r.Recompute(ctx))
				r.must(r.Recompute(ctx))
				at(t, 5, 10, 15)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Wed 10:00 USAM new: Due Wed 5 Jan 2000, 10:30 CET.",
				"Wed 10:15 USAM changed: @USAM, Wed 5 Jan 2000, 10:15 CET: done, on time",
			},
		},
		"a holiday is declared, and nobody recomputes: it is seen at the next look": {
			play: func(t *testing.T) *rig {
				r := newRig(t, load(t, bakery, lookUp, streets))
				at(t, 3, 16, 30)
				r.assign("L1", "USAM")
				r.shelf.Use(load(t, strings.Replace(bakery, "[2000-01-06]", "[2000-01-04, 2000-01-06]", 1), lookUp, streets))
				at(t, 5, 10, 15)
				if due := r.one("lead/L1").Due.In(berlin(t)).Format("Mon 15:04"); due != "Wed 10:30" {
					t.Errorf("due %s", due)
				}
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Wed 10:00 USAM new: Due Wed 5 Jan 2000, 10:30 CET.",
				"Wed 10:15 USAM changed: @USAM, Wed 5 Jan 2000, 10:15 CET: done, on time",
			},
		},
		"somebody moves to another zone: the deadline moves": {
			play: func(t *testing.T) *rig {
				r := monday(t)
				at(t, 3, 10, 30)
				r.dir.set(chat.Profile{ID: "USAM", Name: "Sam", Zone: "America/New_York"})
				at(t, 3, 16, 45)
				r.streetsKnown("USAM")
				return r
			},
			want: []string{
				"Mon 16:30 USAM new: Due Mon 3 Jan 2000, 11:00 EST.",
				"Mon 16:45 USAM changed: @USAM, Mon 3 Jan 2000, 10:45 EST: done, on time",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := tc.play(t)
				at(t, 10, 18, 0)
				if diff := cmp.Diff(tc.want, r.said(berlin(t))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
