package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/database"
)

func TestStoppingFinishesWhatRunsAndGivesBackWhatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o, ran := New(db, Options{}), &log{}
		o.Handle("quick", func(ctx context.Context, j Job) error {
			time.Sleep(5 * time.Second)
			ran.add("quick %d", j.Attempt)
			return ctx.Err()
		})
		o.Handle("hangs", func(ctx context.Context, j Job) error {
			<-ctx.Done()
			ran.add("hangs %d", j.Attempt)
			return ctx.Err()
		})
		stop := serve(t, o)
		add(t, db, o, Row{Kind: "quick", Key: "q"}, Row{Kind: "hangs", Key: "h"})
		time.Sleep(time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took != 8*time.Second {
			t.Errorf("stopping took %s", took)
		}
		if s := stats(t, o); s.Done != 1 || s.Ready != 1 || s.Running != 0 {
			t.Errorf("stats %+v", s)
		}
		// The next run takes it up, and the try does not count.
		again := New(db, Options{})
		again.Handle("hangs", func(_ context.Context, j Job) error { ran.add("again %d", j.Attempt); return nil })
		serve(t, again)
		time.Sleep(time.Second)
		synctest.Wait()
		if got, want := fmt.Sprint(ran.all()), "[quick 1 hangs 1 again 1]"; got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
	})
}

func TestAKindThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o, ran := New(db, Options{Workers: 2}), &log{}
		o.Handle("hangs", func(ctx context.Context, _ Job) error { <-ctx.Done(); return ctx.Err() })
		o.Handle("quick", func(_ context.Context, j Job) error { ran.add("%s", j.Key); return nil })
		serve(t, o)
		for i := range 10 {
			add(t, db, o, Row{Kind: "hangs", Key: fmt.Sprint("h", i)})
		}
		time.Sleep(time.Second)
		add(t, db, o, Row{Kind: "quick", Key: "q1"}, Row{Kind: "quick", Key: "q2"}, Row{Kind: "quick", Key: "q3"})
		time.Sleep(time.Second)
		synctest.Wait()
		if got := ran.all(); len(got) != 3 {
			t.Errorf("ran %v", got)
		}
		if s := stats(t, o); s.Running != 2 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestARowThatEndsTheProcessEachTimeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o := New(db, Options{Tries: 3})
		o.Handle("bomb", func(context.Context, Job) error { t.Error("it ran once more"); return nil })
		add(t, db, o, Row{Kind: "bomb", Key: "b"})
		for range 4 { // claimed, and then the process ended
			if jobs, _, err := o.claim(ctx, "bomb", 1); err != nil || len(jobs) != 1 {
				t.Fatal(jobs, err)
			}
			write(t, db, func(tx *database.Tx) error { _, err := reclaim(tx, time.Now()); return err })
		}
		serve(t, o)
		time.Sleep(time.Second)
		synctest.Wait()
		if dead, err := o.Dead(ctx); err != nil || len(dead) != 1 || !strings.Contains(dead[0].Error, "never came to an end") {
			t.Errorf("dead %+v, %v", dead, err)
		}
	})
}

func TestDoneRowsAreForgottenAfterAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o := New(db, Options{})
		o.Handle("note", func(_ context.Context, j Job) error {
			if j.Key == "bad" {
				return Dead(errors.New("no"))
			}
			return nil
		})
		serve(t, o)
		add(t, db, o, Row{Kind: "note", Key: "bad"}, Row{Kind: "note", Key: "far", At: time.Now().Add(30 * 24 * time.Hour)})
		rows := make([]Row, 1100)
		for i := range rows {
			rows[i] = Row{Kind: "note", Key: fmt.Sprint(i)}
		}
		add(t, db, o, rows...)
		time.Sleep(7*24*time.Hour - time.Hour)
		synctest.Wait()
		if s := stats(t, o); s.Done != 1100 || s.Dead != 1 {
			t.Errorf("before: %+v", s)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if s := stats(t, o); s.Done != 0 || s.Dead != 1 || s.Ready != 1 {
			t.Errorf("after: %+v", s)
		}
	})
}

// A clock that is pushed, as in a demonstration.
func TestAPushedClockIsNoticedWhenWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		ahead := time.Duration(0)
		o, ran := New(db, Options{Now: func() time.Time { return time.Now().Add(ahead) }}), &log{}
		o.Handle("note", func(_ context.Context, j Job) error { ran.add("%s", j.Key); return nil })
		serve(t, o)
		add(t, db, o, Row{Kind: "note", Key: "tomorrow", At: time.Now().Add(24 * time.Hour)})
		synctest.Wait()
		ahead = 25 * time.Hour
		o.Wake()
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if got := ran.all(); len(got) != 1 {
			t.Errorf("ran %v", got)
		}
	})
}

func TestFiguresAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		r := prometheus.NewRegistry()
		o := New(db, Options{Metrics: r})
		o.Handle("note", func(_ context.Context, j Job) error { return nil })
		o.Handle("dead", func(_ context.Context, j Job) error { return Dead(errors.New("no")) })
		serve(t, o)
		add(t, db, o, Row{Kind: "note", Key: "a"}, Row{Kind: "dead", Key: "b"}, Row{Kind: "nobody's", Key: "c", At: time.Now().Add(-time.Minute)})
		time.Sleep(time.Second)
		synctest.Wait()
		families, err := r.Gather()
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]float64{}
		for _, f := range families {
			for _, m := range f.Metric {
				name := strings.TrimPrefix(f.GetName(), "sopbot_outbox_")
				for _, l := range m.Label {
					name += " " + l.GetValue()
				}
				got[name] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		want := map[string]float64{"rows ready": 1, "rows done": 1, "rows dead": 1, "rows running": 0, "oldest_due_seconds": 61, "oldest_age_seconds": 61, "panics_total note": 0, "panics_total dead": 0, "runs_total note done": 1, "runs_total dead dead": 1}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("figures %v\nwant %v", got, want)
		}
	})
}
