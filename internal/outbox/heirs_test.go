package outbox

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// holdOn claims what is due, with the usual lease of a minute, and says so; its
// handler never ends.
func holdOn(target string) {
	db, err := database.Open(ctx, target)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	o := New(db, Options{})
	o.Handle("held", func(context.Context, Job) error { fmt.Println("holding"); select {} })
	fmt.Println("error", o.Run(ctx))
}

// A bot dies while it works. Whoever is started next, or is there beside it, goes
// on with its work without waiting for the end of its leases.
func TestWhatADeadBotHeldIsTakenUpAtOnce(t *testing.T) {
	if target := os.Getenv("SOPBOT_TEST_HOLDER"); target != "" {
		holdOn(target)
	}
	for name, target := range map[string]string{"SQLite": filepath.Join(t.TempDir(), "db"), "PostgreSQL": dbtest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			db := dbtest.Open(t, target)
			add(t, db, New(db, Options{}), Row{Kind: "held", Key: "one"})
			if db.Dialect() == database.SQLite { // a file belongs to one process
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			holder := exec.Command(os.Args[0], "-test.run", "^TestWhatADeadBotHeldIsTakenUpAtOnce$")
			holder.Env = append(os.Environ(), "SOPBOT_TEST_HOLDER="+target)
			out, err := holder.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := holder.Start(); err != nil {
				t.Fatal(err)
			}
			said := make([]byte, 7)
			if _, err := out.Read(said); err != nil || string(said) != "holding" {
				t.Fatalf("it said %q, %v", said, err)
			}
			_ = holder.Process.Kill()
			_ = holder.Wait()
			killed := time.Now()
			ran := make(chan Job, 1)
			o := New(dbtest.Open(t, target), Options{})
			o.Handle("held", func(_ context.Context, j Job) error { ran <- j; return nil })
			serve(t, o)
			select {
			case j := <-ran:
				t.Logf("taken up %s after the kill, at try %d", time.Since(killed).Round(time.Millisecond), j.Attempt)
			case <-time.After(30 * time.Second): // half of the lease
				t.Fatal("it waits for the end of the lease")
			}
		})
	}
}

// Who is there keeps what it holds, however long it takes, and also when its
// session with the server breaks.
func TestWhatALiveBotHoldsIsItsOwn(t *testing.T) {
	target := dbtest.Postgres(t)
	var runs atomic.Int64
	begun, end := make(chan struct{}, 2), make(chan struct{})
	for range 2 {
		o := New(dbtest.Open(t, target), Options{})
		o.Handle("held", func(context.Context, Job) error { runs.Add(1); begun <- struct{}{}; <-end; return nil })
		serve(t, o)
		defer func() {
			if s := stats(t, o); s.Done != 1 {
				t.Errorf("stats %+v", s)
			}
		}()
	}
	defer time.Sleep(200 * time.Millisecond) // the row is written down as done
	defer close(end)
	db := dbtest.Open(t, target)
	add(t, db, New(db, Options{}), Row{Kind: "held", Key: "one"})
	<-begun
	time.Sleep(absence + 1500*time.Millisecond)
	for range 3 {
		if err := db.Write(ctx, func(tx *database.Tx) error {
			var n int
			_, err := tx.Row(`SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock'
				AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.pid <> pg_backend_pid()`, nil, &n)
			if n < 2 {
				t.Errorf("only %d bots were seen", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(1200 * time.Millisecond)
	}
	time.Sleep(absence)
	if n := runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}
