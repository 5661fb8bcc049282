package outbox

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// hasty are options with which a replica's death is noticed in a test's time.
var hasty = Options{Timeout: 300 * time.Millisecond, Lease: 600 * time.Millisecond}

// effects makes an outbox whose handler has its effect and its completion in
// one transaction; an effect that came twice would break the table's key.
func effects(db *database.DB, o Options) *Outbox {
	out := New(db, o)
	out.Handle("effect", func(_ context.Context, j Job) error {
		if rand.N(3) == 0 {
			time.Sleep(rand.N(5 * time.Millisecond))
		}
		return db.Write(ctx, func(tx *database.Tx) error {
			if err := j.Done(tx); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", j.Key, 1)
			return err
		})
	})
	return out
}

// child adds and works, and says what is committed, until it is killed.
func child(target string) {
	db, err := database.Open(ctx, target)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	o := effects(db, hasty)
	go func() { _ = o.Run(ctx) }()
	for w := range 3 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, i)
				if err := db.Write(ctx, func(tx *database.Tx) error {
					_, err := o.Add(tx, Row{Kind: "effect", Key: key, At: time.Now().Add(time.Duration(i%20-10) * time.Millisecond)})
					return err
				}); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				fmt.Println(key)
				time.Sleep(time.Millisecond)
			}
		}()
	}
	select {}
}

// A process is killed again and again while it adds and works; on PostgreSQL
// another works on the same rows meanwhile. What one said is kept must happen,
// once, and nothing may be left.
func TestNothingIsLostOrDoneTwiceWhenKilled(t *testing.T) {
	if target := os.Getenv("SOPBOT_TEST_OUTBOX"); target != "" {
		child(target)
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		killAndCheck(t, filepath.Join(t.TempDir(), "db"), 0)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		killAndCheck(t, dbtest.Postgres(t), 1)
	})
}

// replica is a process that adds and works.
type replica struct {
	cmd *exec.Cmd
	out bytes.Buffer
}

func begin(t *testing.T, target string) *replica {
	t.Helper()
	r := &replica{cmd: exec.Command(os.Args[0], "-test.run", "^TestNothingIsLostOrDoneTwiceWhenKilled$")}
	r.cmd.Env = append(os.Environ(), "SOPBOT_TEST_OUTBOX="+target)
	r.cmd.Stdout = &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.kill)
	return r
}

func (r *replica) kill() {
	_ = r.cmd.Process.Kill()
	_ = r.cmd.Wait()
}

// said are the rows that it said are kept, before it was killed.
func (r *replica) said(t *testing.T, into map[string]bool) {
	t.Helper()
	r.kill()
	for line := range strings.Lines(r.out.String()) {
		switch {
		case strings.HasPrefix(line, "error"):
			t.Fatal(line)
		case strings.HasSuffix(line, "\n"):
			into[strings.TrimSpace(line)] = true
		}
	}
}

func killAndCheck(t *testing.T, target string, others int) {
	rounds := 5
	if os.Getenv("SOPBOT_SOAK") != "" {
		rounds = 100
	}
	said := map[string]bool{}
	var beside []*replica
	for range others {
		beside = append(beside, begin(t, target))
	}
	for range rounds {
		r := begin(t, target)
		time.Sleep(250*time.Millisecond + rand.N(250*time.Millisecond))
		r.said(t, said)
	}
	for _, r := range beside {
		r.said(t, said)
	}
	if len(said) < rounds {
		t.Fatalf("only %d rows were added in %d rounds", len(said), rounds)
	}
	db := dbtest.Open(t, target)
	o := effects(db, hasty)
	began := time.Now()
	serve(t, o)
	settled(t, o, 20*time.Second)
	all := verify(t, db, said)
	t.Logf("%d rounds, %d rows said of %d; the last were done %s after the last start", rounds, len(said), all, time.Since(began).Round(time.Millisecond))
}

// settled waits until no row is left.
func settled(t testing.TB, o *Outbox, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		s := stats(t, o)
		if s.Ready == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("rows are left: %+v", s)
		}
	}
}

// verify compares what was said, what is done and what had its effect.
func verify(t *testing.T, db *database.DB, said map[string]bool) (rows int) {
	t.Helper()
	happened, done := map[string]bool{}, map[string]string{}
	if err := db.Read(ctx, func(tx *database.Tx) error {
		if err := tx.Each("SELECT key FROM received", nil, func(rows *sql.Rows) error {
			var key string
			err := rows.Scan(&key)
			happened[key] = true
			return err
		}); err != nil {
			return err
		}
		return tx.Each("SELECT key, state FROM outbox", nil, func(rows *sql.Rows) error {
			var key, state string
			err := rows.Scan(&key, &state)
			done[key] = state
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	for key := range said {
		if !happened[key] {
			t.Errorf("%s was said to be kept and never happened", key)
		}
	}
	for key, state := range done {
		if state != "done" || !happened[key] {
			t.Errorf("%s is %s; happened: %v", key, state, happened[key])
		}
	}
	if len(done) != len(happened) {
		t.Errorf("%d rows, %d effects", len(done), len(happened))
	}
	return len(done)
}
