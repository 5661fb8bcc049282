package outbox

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// Several outboxes on one database share the work; on PostgreSQL they may be
// of several processes, with clocks of their own.
func TestReplicasShareTheWork(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		first := open()
		second := first
		if first.Dialect() == database.PostgreSQL {
			second = open()
		}
		outboxes := []*Outbox{effects(first, hasty), effects(second, hasty)}
		if first.Dialect() == database.PostgreSQL { // on SQLite there is one machine
			wrong := func() time.Time { return time.Now().Add(5 * time.Minute) }
			outboxes[1].machine, outboxes[1].Now = wrong, wrong
		}
		for _, o := range outboxes {
			serve(t, o)
		}
		time.Sleep(50 * time.Millisecond)
		const each = 200
		said := map[string]bool{}
		var wg sync.WaitGroup
		for r, o := range outboxes {
			for i := range each {
				said[fmt.Sprint(r, "/", i)] = true
			}
			wg.Go(func() {
				for i := range each {
					if err := o.db.Write(ctx, func(tx *database.Tx) error {
						_, err := o.Add(tx, Row{Kind: "effect", Key: fmt.Sprint(r, "/", i)})
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		began := time.Now()
		settled(t, outboxes[0], 20*time.Second)
		t.Logf("%d rows settled %s after the last was added", 2*each, time.Since(began).Round(time.Millisecond))
		if s := stats(t, outboxes[0]); s.Dead != 0 {
			t.Errorf("stats %+v", s)
		}
		verify(t, first, said)
	})
}

// A row that one replica adds is found by another that alone can handle it,
// and one whose holder died is taken over when its lease ends.
func TestAReplicaFindsTheRowsOfAnother(t *testing.T) {
	target := dbtest.Postgres(t)
	adds, works := dbtest.Open(t, target), dbtest.Open(t, target)
	ran := make(chan time.Time, 2)
	replica := func() *Outbox {
		o := New(works, hasty)
		o.Handle("theirs", func(context.Context, Job) error { ran <- time.Now(); return nil })
		return o
	}
	wait := func(what string) {
		t.Helper()
		began := time.Now()
		select {
		case at := <-ran:
			t.Logf("%s: %s", what, at.Sub(began).Round(time.Millisecond))
		case <-time.After(20 * time.Second):
			t.Fatal(what + ": never")
		}
	}
	a := New(adds, hasty)
	stop := serve(t, replica())
	add(t, adds, a, Row{Kind: "theirs", Key: "one"})
	wait("found")
	stop()
	add(t, adds, a, Row{Kind: "theirs", Key: "two"})
	if jobs, _, err := a.claim(ctx, "theirs", 10); err != nil || len(jobs) != 1 {
		t.Fatal(jobs, err) // and the one who claimed it died
	}
	serve(t, replica())
	wait("taken over")
}

// Where several share the database its clock counts: one whose own is fast
// must not take the rows of those who still work on them, nor one whose own is
// slow hold its rows for nothing.
func TestLeasesGoByTheDatabasesClock(t *testing.T) {
	target := dbtest.Postgres(t)
	db := dbtest.Open(t, target)
	holder := New(db, Options{})
	for wrong, d := range map[string]time.Duration{"fast": time.Hour, "slow": -time.Hour} {
		t.Run(wrong, func(t *testing.T) {
			clock := func() time.Time { return time.Now().Add(d) }
			other := New(dbtest.Open(t, target), Options{Now: clock})
			other.machine = clock
			other.Handle(wrong, func(context.Context, Job) error { t.Error("it took a row that is worked on"); return nil })
			add(t, db, holder, Row{Kind: wrong, Key: wrong + " held"})
			if jobs, _, err := holder.claim(ctx, wrong, 1); err != nil || len(jobs) != 1 {
				t.Fatal(jobs, err)
			}
			other.turn(ctx) // as Run does
			jobs, _, err := other.claim(ctx, wrong, 1)
			if err != nil || len(jobs) != 0 {
				t.Errorf("it took %d rows, %v", len(jobs), err)
			}
			add(t, db, other, Row{Kind: wrong, Key: wrong + " now"})
			if jobs, _, err = other.claim(ctx, wrong, 1); err != nil || len(jobs) != 1 {
				t.Fatalf("it took %d of its own rows, %v", len(jobs), err)
			}
			var until int64
			if err := db.Read(ctx, func(tx *database.Tx) error {
				_, err := tx.Row("SELECT run_at FROM outbox WHERE id = $1", []any{jobs[0].ID}, &until)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if left := time.Until(time.UnixMilli(until)); left < 0 || left > 2*other.Lease {
				t.Errorf("its lease ends in %s, by everybody's clock", left)
			}
		})
	}
}
