package outbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

func eachDatabase(b *testing.B, bench func(b *testing.B, db *database.DB)) {
	b.Run("SQLite", func(b *testing.B) { bench(b, dbtest.Open(b, filepath.Join(b.TempDir(), "db"))) })
	b.Run("PostgreSQL", func(b *testing.B) { bench(b, dbtest.Open(b, dbtest.Postgres(b))) })
}

// BenchmarkCommit is a domain row with its outbox row, from four goroutines.
func BenchmarkCommit(b *testing.B) {
	eachDatabase(b, func(b *testing.B, db *database.DB) {
		o := New(db, Options{})
		var wg sync.WaitGroup
		const writers = 4
		b.ResetTimer()
		for w := range writers {
			wg.Go(func() {
				for i := w; i < b.N; i += writers {
					if err := db.Write(ctx, func(tx *database.Tx) error {
						key := fmt.Sprint("k", i)
						if _, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", key, 1); err != nil {
							return err
						}
						_, err := o.Add(tx, Row{Kind: "nobody's", Key: key, Payload: map[string]int{"n": i}})
						return err
					}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	})
}

// BenchmarkThrough is rows that are added, worked on and done.
func BenchmarkThrough(b *testing.B) {
	eachDatabase(b, func(b *testing.B, db *database.DB) {
		o := New(db, Options{})
		var wg sync.WaitGroup
		o.Handle("work", func(context.Context, Job) error { wg.Done(); return nil })
		serve(b, o)
		for i := 0; b.Loop(); i++ {
			wg.Add(1)
			add(b, db, o, Row{Kind: "work", Key: fmt.Sprint(i)})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

// BenchmarkWake is from a commit to the handler, at a quiet moment.
func BenchmarkWake(b *testing.B) {
	eachDatabase(b, func(b *testing.B, db *database.DB) {
		o := New(db, Options{})
		wake(b, db, o, o)
	})
}

// BenchmarkWakeAnother is the same when another replica added the row: it is
// found, not told. The two share nothing but the server.
func BenchmarkWakeAnother(b *testing.B) {
	target := dbtest.Postgres(b)
	adds, works := dbtest.Open(b, target), dbtest.Open(b, target)
	wake(b, adds, New(adds, Options{}), New(works, Options{}))
}

func wake(b *testing.B, db *database.DB, adds, works *Outbox) {
	ran := make(chan time.Time)
	works.Handle("work", func(context.Context, Job) error { ran <- time.Now(); return nil })
	serve(b, works)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		add(b, db, adds, Row{Kind: "work", Key: fmt.Sprint(i)})
		committed := time.Now()
		took = append(took, (<-ran).Sub(committed))
		time.Sleep(2*time.Millisecond + rand.N(5*time.Millisecond))
	}
	slices.Sort(took)
	for name, at := range map[string]int{"p50-ms": 50, "p95-ms": 95, "p99-ms": 99} {
		b.ReportMetric(float64(took[len(took)*at/100].Microseconds())/1000, name)
	}
}

// BenchmarkIdle is what waiting costs: of a core, in percent, with ten
// thousand reminders ahead and ten kinds.
func BenchmarkIdle(b *testing.B) {
	eachDatabase(b, func(b *testing.B, db *database.DB) {
		o := New(db, Options{})
		for k := range 10 {
			o.Handle(fmt.Sprint("kind", k), func(context.Context, Job) error { return nil })
		}
		rows := make([]Row, 10_000)
		for i := range rows {
			rows[i] = Row{Kind: fmt.Sprint("kind", i%10), Key: fmt.Sprint(i), At: time.Now().Add(time.Hour)}
		}
		add(b, db, o, rows...)
		serve(b, o)
		time.Sleep(300 * time.Millisecond)
		const long = 10 * time.Second
		before := used()
		time.Sleep(long)
		b.ReportMetric(100*(used()-before).Seconds()/long.Seconds(), "%core")
		b.ReportMetric(0, "ns/op")
	})
}

// used is the processor time of this process so far.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
