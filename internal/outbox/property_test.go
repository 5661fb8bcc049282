package outbox

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"sopbot/internal/database"
)

// Whatever is added, moved, cancelled and fails, and however often the process
// stops in between: each row that was committed and not cancelled happens,
// never before its time and once.
func TestEveryCommittedRowHappensOnceWhateverComesBetween(t *testing.T) {
	if os.Getenv("SOPBOT_SOAK") == "" {
		if err := flag.Set("rapid.checks", "40"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		// Drawn beforehand: rapid cannot live in a bubble.
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 40).Draw(rt, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = play(t, steps) })
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

// step is something that somebody does; at, times and pick are what with.
type step struct {
	what  string
	at    time.Duration
	times int
	pick  int
}

func drawStep(rt *rapid.T) step {
	return step{
		what:  rapid.SampledFrom([]string{"add", "add", "add", "again", "move", "cancel", "undone", "wait", "restart"}).Draw(rt, "what"),
		at:    time.Duration(rapid.Int64Range(-int64(time.Hour), int64(3*time.Hour)).Draw(rt, "at")),
		times: rapid.IntRange(0, 3).Draw(rt, "times"),
		pick:  rapid.IntRange(0, 1000).Draw(rt, "pick"),
	}
}

func play(t *testing.T, steps []step) []string {
	db := open(t)
	w := &world{t: t, db: db, due: map[string]time.Time{}, ran: map[string]time.Time{}, left: map[string]int{}}
	w.start()
	for _, s := range steps {
		w.step(s)
		synctest.Wait()
	}
	time.Sleep(8 * time.Hour)
	synctest.Wait()
	w.stop()
	for key, due := range w.due {
		at, ok := w.ran[key]
		if !ok {
			w.complain("%s never happened", key)
		} else if at.Before(due.Truncate(time.Millisecond)) {
			w.complain("%s happened %s early", key, due.Sub(at))
		}
	}
	for key := range w.ran {
		if _, ok := w.due[key]; !ok {
			w.complain("%s happened, but was not to", key)
		}
	}
	if s := stats(t, w.outbox); s.Ready != 0 || s.Dead != 0 {
		w.complain("left behind: %+v", s)
	}
	return w.wrong
}

// world is an outbox with what is known to be asked of it.
type world struct {
	t      *testing.T
	wrong  []string
	db     *database.DB
	outbox *Outbox
	stop   func()
	due    map[string]time.Time // by key, what is to happen
	mu     sync.Mutex           // what is told after commits comes side by side
	ran    map[string]time.Time // guarded by mu
	left   map[string]int       // how often a key still fails
	keys   int
}

func (w *world) complain(format string, args ...any) {
	w.wrong = append(w.wrong, fmt.Sprintf(format, args...))
}

func (w *world) happened(key string) (at time.Time, yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, yes = w.ran[key]
	return at, yes
}

func (w *world) start() {
	w.outbox = New(w.db, Options{Tries: 30})
	w.outbox.Handle("effect", w.handle)
	life, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- w.outbox.Run(life) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.complain("stopping: %v", err)
		}
	}
}

// handle has its effect in the transaction that completes the row.
func (w *world) handle(_ context.Context, j Job) error {
	return w.db.Write(ctx, func(tx *database.Tx) error {
		if w.left[j.Key] > 0 {
			w.left[j.Key]--
			if w.left[j.Key]%2 == 0 {
				return Later(time.Minute, errors.New("not yet"))
			}
			return errors.New("no luck")
		}
		if err := j.Done(tx); err != nil {
			return err
		}
		if before, twice := w.happened(j.Key); twice {
			return fmt.Errorf("%s happened at %s already", j.Key, before)
		}
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.ran[j.Key] = time.Now()
		})
		return nil
	})
}

func (w *world) step(s step) {
	at := time.Now().Add(s.at)
	switch s.what {
	case "add":
		key := fmt.Sprint("k", w.keys)
		w.keys++
		w.left[key] = s.times
		add(w.t, w.db, w.outbox, Row{Kind: "effect", Key: key, At: at})
		w.due[key] = at
	case "undone":
		_ = w.db.Write(ctx, func(tx *database.Tx) error {
			_, _ = w.outbox.Add(tx, Row{Kind: "effect", Key: fmt.Sprint("undone", s.pick)})
			return errors.New("undo it")
		})
	case "wait":
		time.Sleep(max(0, s.at))
	case "restart":
		w.stop()
		w.start()
	default:
		w.change(s.what, s.pick, at)
	}
}

// change does something to a row that was added before; it must work just
// when that has not happened yet.
func (w *world) change(what string, pick int, at time.Time) {
	keys := slices.Sorted(maps.Keys(w.due))
	if len(keys) == 0 {
		return
	}
	key := keys[pick%len(keys)]
	_, happened := w.happened(key)
	write(w.t, w.db, func(tx *database.Tx) (err error) {
		did := false
		switch what {
		case "again":
			if did, err = w.outbox.Add(tx, Row{Kind: "effect", Key: key, At: at}); did {
				w.complain("%s was added twice", key)
			}
			return err
		case "move":
			if did, err = w.outbox.Move(tx, key, at); did {
				w.due[key] = at
			}
		case "cancel":
			if did, err = w.outbox.Cancel(tx, key); did {
				delete(w.due, key)
			}
		}
		if did == happened {
			w.complain("%s %s: %v, although happened is %v", what, key, did, happened)
		}
		return err
	})
}

// A day of fake time: reminders, digests that make the next one, retries.
func TestADayPassesInAMoment(t *testing.T) {
	began := time.Now()
	var reminded, digests int
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o := New(db, Options{})
		latest := time.Duration(0)
		o.Handle("reminder", func(_ context.Context, j Job) error {
			latest = max(latest, time.Since(j.Due))
			reminded++
			return nil
		})
		o.Handle("digest", func(_ context.Context, j Job) error {
			next := j.Due.Add(time.Hour)
			return db.Write(ctx, func(tx *database.Tx) error {
				if _, err := o.Add(tx, Row{Kind: "digest", Key: "digest/" + next.Format(time.RFC3339), At: next}); err != nil {
					return err
				}
				digests++
				return j.Done(tx)
			})
		})
		stop := serve(t, o)
		start := time.Now()
		write(t, db, func(tx *database.Tx) error {
			for i := range 100 {
				if _, err := o.Add(tx, Row{Kind: "reminder", Key: fmt.Sprint("reminder/", i), At: start.Add(time.Duration(i) * 14 * time.Minute)}); err != nil {
					return err
				}
			}
			_, err := o.Add(tx, Row{Kind: "digest", Key: "digest/first", At: start.Add(30 * time.Minute)})
			return err
		})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if latest > 10*time.Millisecond {
			t.Errorf("a reminder was %s late", latest)
		}
		stop()
	})
	if reminded != 100 || digests != 24 {
		t.Errorf("%d reminders, %d digests; want 100 and 24", reminded, digests)
	}
	t.Logf("a day took %s", time.Since(began).Round(time.Millisecond))
}
