package outbox

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sopbot/internal/database"
)

var ctx = context.Background()

func open(t testing.TB) *database.DB {
	t.Helper()
	db, err := database.Open(ctx, filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// add keeps rows in one transaction.
func add(t testing.TB, db *database.DB, o *Outbox, rows ...Row) {
	t.Helper()
	write(t, db, func(tx *database.Tx) error {
		for _, r := range rows {
			if _, err := o.Add(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(t testing.TB, db *database.DB, fn func(tx *database.Tx) error) {
	t.Helper()
	if err := db.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// serve runs the outbox until the test, or the func it gives, ends it.
func serve(t testing.TB, o *Outbox) (stop func()) {
	t.Helper()
	life, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- o.Run(life) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// log is what ran, in order.
type log struct {
	mu   sync.Mutex
	runs []string
}

func (l *log) add(format string, args ...any) {
	l.mu.Lock()
	l.runs = append(l.runs, fmt.Sprintf(format, args...))
	l.mu.Unlock()
}

func (l *log) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.runs...)
}

func stats(t testing.TB, o *Outbox) Stats {
	t.Helper()
	s, err := o.Stats(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestARowRunsAtItsTimeAndOncePerKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o := New(db, Options{})
		start, ran := time.Now(), &log{}
		o.Handle("note", func(_ context.Context, j Job) error {
			ran.add("%s %s after %s", j.Key, j.Payload, time.Since(start).Round(time.Second))
			return nil
		})
		serve(t, o)
		add(t, db, o,
			Row{Kind: "note", Key: "later", Payload: "<b>", At: start.Add(90 * time.Minute)},
			Row{Kind: "note", Key: "now", Payload: map[string]int{"n": 1}},
			Row{Kind: "note", Key: "now", Payload: "another"},
			Row{Kind: "nobody's", Key: "waits"})
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		want := `[now {"n":1} after 0s later "<b>" after 1h30m0s]`
		if got := fmt.Sprint(ran.all()); got != want {
			t.Errorf("ran %s\nwant %s", got, want)
		}
		if s := stats(t, o); s.Done != 2 || s.Ready != 1 || s.Dead != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestWhatFailsIsTriedAgainAndGivenUpInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		var told []Buried
		o := New(db, Options{Tries: 3, OnDead: func(_ *database.Tx, b Buried) error { told = append(told, b); return nil }})
		ran := &log{}
		o.Handle("fails", func(_ context.Context, j Job) error { ran.add("fails %d", j.Attempt); return errors.New("no luck") })
		o.Handle("panics", func(_ context.Context, j Job) error { ran.add("panics %d", j.Attempt); panic("boom") })
		o.Handle("dead", func(_ context.Context, j Job) error { return Dead(errors.New("channel_not_found")) })
		o.Handle("later", func(_ context.Context, j Job) error {
			ran.add("later %d", j.Attempt)
			if len(ran.all()) < 12 {
				return Later(time.Minute, errors.New("ratelimited"))
			}
			return nil
		})
		serve(t, o)
		add(t, db, o, Row{Kind: "fails", Key: "f"}, Row{Kind: "panics", Key: "p"}, Row{Kind: "dead", Key: "d"}, Row{Kind: "later", Key: "l"})
		time.Sleep(time.Hour)
		synctest.Wait()
		count := map[string]int{}
		for _, r := range ran.all() {
			count[r]++
		}
		want := map[string]int{"fails 1": 1, "fails 2": 1, "fails 3": 1, "panics 1": 1, "panics 2": 1, "panics 3": 1, "later 1": 6}
		if fmt.Sprint(count) != fmt.Sprint(want) {
			t.Errorf("ran %v\nwant %v", count, want)
		}
		buried, err := o.Dead(ctx)
		if err != nil || len(buried) != 3 || len(told) != 3 {
			t.Fatalf("dead %v, told %v, %v", buried, told, err)
		}
		reasons := map[string]string{}
		for _, b := range buried {
			reasons[b.Key] = b.Error
		}
		if want := map[string]string{"f": "no luck", "p": "panic: boom", "d": "channel_not_found"}; fmt.Sprint(reasons) != fmt.Sprint(want) {
			t.Errorf("reasons %v, want %v", reasons, want)
		}
		write(t, db, func(tx *database.Tx) error {
			if ok, err := o.Revive(tx, "f"); !ok || err != nil {
				t.Errorf("revive: %v %v", ok, err)
			}
			return nil
		})
		time.Sleep(time.Second / 10)
		synctest.Wait()
		if got := ran.all(); got[len(got)-1] != "fails 1" {
			t.Errorf("after Revive ran %s", got[len(got)-1])
		}
	})
}

func TestMovedAndCancelledRowsCannotBeCompletedByWhoRunsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o := New(db, Options{})
		start, ran := time.Now(), &log{}
		o.Handle("slow", func(_ context.Context, j Job) error {
			time.Sleep(10 * time.Second)
			err := db.Write(ctx, func(tx *database.Tx) error { return j.Done(tx) })
			ran.add("%s after %s: %v", j.Key, time.Since(start).Round(time.Second), err)
			return err
		})
		serve(t, o)
		at := start.Add(time.Minute)
		for _, key := range []string{"moved", "moved while running", "cancelled", "cancelled while running"} {
			add(t, db, o, Row{Kind: "slow", Key: key, At: at})
		}
		change := func() {
			write(t, db, func(tx *database.Tx) error {
				for _, key := range []string{"moved", "moved while running"} {
					if ok, err := o.Move(tx, key, start.Add(time.Hour)); err != nil || !ok && key != "moved" {
						t.Errorf("move %s: %v %v", key, ok, err)
					}
				}
				for _, key := range []string{"cancelled", "cancelled while running"} {
					if _, err := o.Cancel(tx, key); err != nil {
						t.Error(err)
					}
				}
				return nil
			})
		}
		write(t, db, func(tx *database.Tx) error {
			if ok, _ := o.Move(tx, "moved", start.Add(2*time.Hour)); !ok {
				t.Error("not moved")
			}
			if ok, _ := o.Cancel(tx, "cancelled"); !ok {
				t.Error("not cancelled")
			}
			if ok, _ := o.Cancel(tx, "nothing"); ok {
				t.Error("cancelled what is not there")
			}
			return nil
		})
		time.Sleep(65 * time.Second)
		change()
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		got := map[string]bool{}
		for _, r := range ran.all() {
			got[r] = true
		}
		for _, want := range []string{
			"moved while running after 1m10s: " + ErrLost.Error(), "moved while running after 1h0m10s: <nil>",
			"cancelled while running after 1m10s: " + ErrLost.Error(), "moved after 1h0m10s: <nil>",
		} {
			if !got[want] {
				t.Errorf("missing %q in %q", want, ran.all())
			}
		}
		if len(got) != 4 || stats(t, o).Ready != 0 {
			t.Errorf("ran %q, %+v", ran.all(), stats(t, o))
		}
	})
}
