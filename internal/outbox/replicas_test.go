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
		slow := hasty
		slow.Now = func() time.Time { return time.Now().Add(-3 * time.Second) }
		if first.Dialect() == database.SQLite {
			slow.Now = nil // there the clock is one
		}
		outboxes := []*Outbox{effects(first, hasty), effects(second, slow)}
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
	a, b := New(adds, hasty), New(works, hasty)
	ran := make(chan time.Time, 2)
	a.Handle("theirs", func(context.Context, Job) error { return nil })
	b.Handle("theirs", func(context.Context, Job) error { ran <- time.Now(); return nil })
	serve(t, b)
	time.Sleep(100 * time.Millisecond)
	wait := func(what string, most time.Duration) {
		t.Helper()
		began := time.Now()
		select {
		case at := <-ran:
			t.Logf("%s: %s", what, at.Sub(began).Round(time.Millisecond))
			if at.Sub(began) > most {
				t.Errorf("%s took longer than %s", what, most)
			}
		case <-time.After(5 * time.Second):
			t.Fatal(what + ": never")
		}
	}
	add(t, adds, a, Row{Kind: "theirs", Key: "one"})
	wait("found", 1500*time.Millisecond)
	// The dead one had claimed it, and no more.
	add(t, adds, a, Row{Kind: "theirs", Key: "two", At: time.Now().Add(-time.Second)})
	if jobs, _, err := a.claim(ctx, "theirs", 10); err != nil || len(jobs) != 1 {
		t.Skip("the other was quicker")
	}
	wait("taken over", hasty.Lease+1500*time.Millisecond)
}
