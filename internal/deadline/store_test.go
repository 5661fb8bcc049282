package deadline

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
)

// each runs a test on both databases, from Monday 3 January 2000, 10:00 in
// Berlin; pushed moves the clock.
func each(t *testing.T, test func(t *testing.T, r *rig, push func(time.Duration))) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		now := january(3, 9, 0)
		r := bareRig(t, load(t, bakery, lookUp, streets), func() time.Time { return now })
		r.stand(open(), func() time.Time { return now })
		test(t, r, func(d time.Duration) { now = now.Add(d) })
	})
}

// rows counts what the outbox still has to do about deadlines.
func (r *rig) rows() (n int) {
	r.Helper()
	r.must(r.DB.Read(ctx, func(tx *database.Tx) error {
		_, err := tx.Row("SELECT count(*) FROM outbox WHERE state = 'ready' AND kind = $1", []any{kindTick}, &n)
		return err
	}))
	return n
}

func TestAClockStartsOnceAndWithItsEventOrNotAtAll(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, _ func(time.Duration)) {
		failed := errors.New("the event did not come about")
		h := Happening{Event: playbook.EventLeadAssigned, Subject: "lead/L1", Lead: "L1", Title: "Miller", Who: map[string]string{"owner": "USAM"}}
		if err := r.DB.Write(ctx, func(tx *database.Tx) error {
			if err := r.Happened(tx, h); err != nil {
				return err
			}
			return failed
		}); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if n := len(r.open("lead/L1")) + r.rows(); n != 0 {
			t.Fatalf("%d rows are left of an event that did not happen", n)
		}
		var all sync.WaitGroup
		for range 8 { // a delivery that comes again, and again
			all.Go(func() {
				if err := r.DB.Write(ctx, func(tx *database.Tx) error { return r.Happened(tx, h) }); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		on := r.one("lead/L1")
		want := Deadline{ID: on.ID, Subject: "lead/L1", Lead: "L1", Title: "Miller", Person: "USAM", Turn: 1, Status: Open{},
			Rule:    Timed(r.shelf.InForce(), playbook.EventLeadAssigned)[0],
			Started: january(3, 9, 0), Due: january(3, 11, 0), from: january(3, 9, 0), handled: january(3, 9, 0), bell: 1, generation: 1, next: january(3, 10, 30)}
		if diff := cmp.Diff(want, on, cmp.AllowUnexported(Deadline{}, playbook.Span{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := r.rows(); n != 1 {
			t.Errorf("%d rows of the outbox for one deadline", n)
		}
	})
}

func TestOnlyTheActionsOfTheEventAndItsStageStart(t *testing.T) {
	t.Parallel()
	stage := func(id, order string) string {
		return "---\nid: " + id + "\nkind: stage\norder: " + order + "\nowner: x\nexit: [done]\nactions:\n  - {id: go, label: Go, on: stage.entered, who: ae, within: 1h}\n  - Just a line\n---\ntext\n"
	}
	each(t, func(t *testing.T, r *rig, _ func(time.Duration)) {
		r.shelf.Use(load(t, bakery, stage("first", "1"), stage("second", "2")))
		r.happens(Happening{Event: playbook.EventStageEntered, Subject: "deal/1", Stage: "second", Who: map[string]string{"owner": "USAM"}})
		r.happens(Happening{Event: playbook.EventLeadAssigned, Subject: "deal/1", Who: map[string]string{"owner": "USAM"}})
		if on := r.one("deal/1"); on.Page != "second" || on.Person != "USAM" || on.Escalate != "" {
			t.Errorf("started %+v", on.Rule)
		}
		r.happens(Happening{Event: playbook.EventStageEntered, Subject: "deal/2", Stage: "second"})
		if open := r.open("deal/2"); len(open) != 0 {
			t.Errorf("a clock runs for nobody: %+v", open)
		}
	})
}

func TestDoneOnceAndTheOutboxForgetsIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, push func(time.Duration)) {
		r.assign("L1", "USAM")
		on := r.one("lead/L1")
		push(2*time.Hour + 40*time.Minute)
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 6 { // who clicks first
			all.Go(func() {
				err := r.DB.Write(ctx, func(tx *database.Tx) error { _, err := r.Done(tx, on.ID, "USAM"); return err })
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case !errors.Is(err, ErrOver):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won != 1 {
			t.Errorf("%d of six were first", won)
		}
		on = r.every("lead/L1")[0]
		if s, done := on.Status.(Done); !done || s.By != "USAM" || s.Late != 40*time.Minute || !s.At.Equal(january(3, 11, 40)) {
			t.Errorf("ended as %+v", on.Status)
		}
		if n := r.rows(); n != 0 {
			t.Errorf("%d rows would still look at it", n)
		}
		r.write(func(tx *database.Tx) error {
			for what, do := range map[string]func() (int, error){
				"done":     func() (int, error) { return r.DoneFor(tx, "lead/L1", Match{}, "UKIM") },
				"closed":   func() (int, error) { return r.Close(tx, "lead/L1") },
				"passed":   func() (int, error) { return r.Reassign(tx, "lead/L1", "UKIM") },
				"paused":   func() (int, error) { return r.Pause(tx, "lead/L1", playbook.EventLeadAssigned) },
				"resumed":  func() (int, error) { return r.Resume(tx, "lead/L1", playbook.EventLeadAssigned) },
				"done: no": func() (int, error) { return r.DoneFor(tx, "lead/L2", Match{}, "UKIM") },
			} {
				if n, err := do(); n != 0 || err != nil {
					t.Errorf("%s: %d, %v", what, n, err)
				}
			}
			return nil
		})
	})
}

func TestEverythingAboutASubjectCanBeMeantOrSomeOfIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, push func(time.Duration)) {
		who := map[string]string{"owner": "USAM", "ae": "UKIM"}
		for _, e := range []playbook.Event{playbook.EventLeadAssigned, playbook.EventCallHeld, playbook.EventHandoffSent} {
			r.happens(Happening{Event: e, Subject: "lead/L1", Who: who})
		}
		for m, want := range map[Match]int{{}: 3, {Event: playbook.EventCallHeld}: 1, {Form: "form-of-streets"}: 1, {Page: "ovens"}: 3, {Page: "ovens", Action: "answer"}: 1, {Action: "nothing"}: 0, {Form: "button", Event: playbook.EventLeadAssigned}: 0} {
			n := 0
			for _, on := range r.open("lead/L1") {
				if m.fits(on) {
					n++
				}
			}
			if n != want {
				t.Errorf("%+v fits %d, want %d", m, n, want)
			}
		}
		var of []Deadline
		r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { of, err = OpenOf(tx, "USAM"); return err }))
		if len(of) != 2 || of[1].Due.Before(of[0].Due) {
			t.Errorf("Sam has %d to do", len(of))
		}
		r.write(func(tx *database.Tx) error {
			if n, err := r.Pause(tx, "lead/L1", playbook.EventHandoffSent); n != 1 || err != nil {
				t.Errorf("paused %d, %v", n, err)
			}
			return nil
		})
		if n := r.rows(); n != 2 {
			t.Errorf("%d rows look at what runs", n)
		}
		r.write(func(tx *database.Tx) error {
			n, err := r.Close(tx, "lead/L1")
			if n != 3 {
				t.Errorf("closed %d", n)
			}
			return err
		})
		if n := r.rows() + len(r.open("lead/L1")); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestTallies(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, push func(time.Duration)) {
		done := func(lead, by string) {
			r.write(func(tx *database.Tx) error { _, err := r.DoneFor(tx, "lead/"+lead, Match{}, by); return err })
		}
		r.assign("old", "USAM") // at 10:00 in Berlin
		push(time.Hour)
		done("old", "USAM") // before the time asked about
		push(time.Minute)
		from := r.Now()
		for _, l := range []string{"a", "b", "c", "d"} {
			r.assign(l, "USAM")
		}
		r.assign("e", "UKIM")
		push(time.Hour)
		done("a", "USAM")
		push(90 * time.Minute)
		done("b", "USAM") // 30 minutes late
		push(30 * time.Minute)
		done("c", "UBOSS") // an hour late
		push(time.Minute)
		to := r.Now()
		push(time.Hour)
		done("d", "USAM") // after it: then it was open, and late
		var got []Tally
		r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { got, err = r.Tallies(tx, from, to); return err }))
		want := []Tally{
			{Page: "ovens", Action: "look_up", Label: "Look up the street", Person: "UKIM", Open: 1},
			{Page: "ovens", Action: "look_up", Label: "Look up the street", Person: "USAM", OnTime: 1, Late: 2, Lateness: 90 * time.Minute, Longest: time.Hour, Open: 1, Overdue: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestWhoFollowsIsToldOfEverythingInTheTransaction(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig, push func(time.Duration)) {
		var news []News
		r.OnChange = func(tx *database.Tx, what News, on Deadline) error {
			stored, err := ByID(tx, on.ID)
			if err == nil && stored.Status.state() != on.Status.state() {
				t.Errorf("%s is told before it is stored", what)
			}
			news = append(news, what)
			return err
		}
		r.assign("L1", "USAM")
		id := r.one("lead/L1").ID
		r.write(func(tx *database.Tx) error {
			_, err := r.Snooze(tx, id, "USAM", snoozes[0])
			for _, do := range []func() (int, error){
				func() (int, error) { return r.Pause(tx, "lead/L1", playbook.EventLeadAssigned) },
				func() (int, error) { return r.Pause(tx, "lead/L1", playbook.EventLeadAssigned) }, // nothing new
				func() (int, error) { return r.Resume(tx, "lead/L1", playbook.EventLeadAssigned) },
				func() (int, error) { return r.Reassign(tx, "lead/L1", "USAM") }, // nothing new
				func() (int, error) { return r.Reassign(tx, "lead/L1", "UKIM") },
				func() (int, error) { return r.DoneFor(tx, "lead/L1", Match{}, "UKIM") },
			} {
				if err == nil {
					_, err = do()
				}
			}
			return err
		})
		want := []News{Started, Snoozed, Stopped, GoesOn, Reassigned, Finished}
		if diff := cmp.Diff(want, news); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r.OnChange = func(*database.Tx, News, Deadline) error { return errors.New("no") }
		if err := r.DB.Write(ctx, func(tx *database.Tx) error {
			return r.Happened(tx, Happening{Event: playbook.EventCallHeld, Subject: "lead/L9", Who: map[string]string{"owner": "USAM"}})
		}); err == nil || len(r.open("lead/L9")) != 0 {
			t.Error("a refusal of who follows does not undo it")
		}
	})
}
