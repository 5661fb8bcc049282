package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

var ctx = context.Background()

func add(tx *database.Tx, key string) error {
	_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", key, 1)
	return err
}

func scanInto(out *[]string) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		*out = append(*out, s)
		return err
	}
}

// keys reads what is in the table that these tests write to.
func keys(t testing.TB, db *database.DB) (keys []string) {
	t.Helper()
	if err := db.Read(ctx, func(tx *database.Tx) error {
		keys = nil
		return tx.Each("SELECT key FROM received ORDER BY key", nil, scanInto(&keys))
	}); err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestWriteIsAllOrNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		boom := errors.New("boom")
		after := 0
		if err := db.Write(ctx, func(tx *database.Tx) error {
			tx.AfterCommit(func() { after++ })
			return errors.Join(add(tx, "refused"), boom)
		}); !errors.Is(err, boom) {
			t.Errorf("err = %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Write(ctx, func(tx *database.Tx) error { _ = add(tx, "panicked"); panic("boom") })
		}()
		left := make(chan bool)
		go func() { // as t.Fatal leaves
			defer close(left)
			_ = db.Write(ctx, func(tx *database.Tx) error { _ = add(tx, "left"); runtime.Goexit(); return nil })
		}()
		<-left
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if err := db.Write(ended, func(tx *database.Tx) error { return add(tx, "too late") }); !errors.Is(err, context.Canceled) {
			t.Errorf("a context that ended before: %v", err)
		}
		if got := keys(t, db); len(got) != 0 || after != 0 {
			t.Fatalf("%v are there and %d calls of what failed", got, after)
		}
		going, cancel := context.WithCancel(ctx)
		if err := db.Write(going, func(tx *database.Tx) error {
			tx.AfterCommit(func() {
				if after++; len(keys(t, db)) != 2 {
					t.Error("called before others see the rows")
				}
			})
			if err := add(tx, "a"); err != nil {
				return err
			}
			cancel() // once begun, it is finished
			return add(tx, "b")
		}); err != nil {
			t.Errorf("a context that ended meanwhile: %v", err)
		}
		if got := keys(t, db); !slices.Equal(got, []string{"a", "b"}) || after != 1 {
			t.Errorf("%v, %d calls after the commit", got, after)
		}
		if err := db.Read(ctx, func(tx *database.Tx) error { return add(tx, "c") }); !errors.Is(err, database.ErrReadOnly) {
			t.Errorf("a reader writes: %v", err)
		}
		if err := db.Healthy(ctx); err != nil {
			t.Errorf("not healthy: %v", err)
		}
	})
}

func TestReadSeesOneMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Read(ctx, func(tx *database.Tx) error {
			for range 3 {
				var n int
				if _, err := tx.Row("SELECT count(*) FROM received", nil, &n); err != nil || n != 0 {
					t.Errorf("%d rows appear in the middle, %v", n, err)
				}
				if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, database.NewID()) }); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(keys(t, db)); n != 3 {
			t.Errorf("%d rows afterwards", n)
		}
	})
}

func TestPlaceholdersAndWordsAreTheSameOnBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		type word string
		db := open()
		var a, b, c string
		if err := db.Read(ctx, func(tx *database.Tx) error {
			_, err := tx.Row(`SELECT CAST($2 AS TEXT), CAST($1 AS TEXT), 'costs $1 or it''s "$2"' /* $3 */ -- $4`, []any{"one", "two"}, &a, &b, &c)
			return err
		}); err != nil || a != "two" || b != "one" || c != `costs $1 or it's "$2"` {
			t.Errorf("got %q %q %q, %v", a, b, c, err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			insert, err := tx.Prepare("INSERT INTO received (key, at) VALUES ($1, $2)")
			if err != nil {
				return err
			}
			defer insert.Close()
			if _, err := insert.Exec("nul \x00 \xff", true); err != nil {
				return err
			}
			for i, key := range []any{word("Émile \x00"), "émile", "a%", "B", "b", "a"} {
				if n, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", key, i); err != nil || n != 1 {
					return fmt.Errorf("%d changed, %w", n, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want := []string{"B", "a", "a%", "b", "nul \uFFFD \uFFFD", "Émile \uFFFD", "émile"}
		if got := keys(t, db); !slices.Equal(got, want) {
			t.Errorf("in the order of bytes:\n got %q\nwant %q", got, want)
		}
		for pattern, want := range map[string]string{"B": "B", `a\%`: "a%", "É%": "Émile \uFFFD"} {
			var got []string
			if err := db.Read(ctx, func(tx *database.Tx) error {
				return tx.Each(`SELECT key FROM received WHERE key LIKE $1 ESCAPE '\' ORDER BY key`, []any{pattern}, scanInto(&got))
			}); err != nil || !slices.Equal(got, []string{want}) {
				t.Errorf("LIKE %s finds %q, %v", pattern, got, err)
			}
		}
		found, err := true, error(nil)
		if err2 := db.Read(ctx, func(tx *database.Tx) error {
			found, err = tx.Row("SELECT key FROM received WHERE key = $1", []any{"nobody"}, &a)
			return err
		}); err2 != nil || found {
			t.Errorf("nothing was found: %v %v", found, err2)
		}
	})
}

// Each reads a number and writes it anew: what SQLite gets right because there
// is one writer, PostgreSQL must get right by running the loser again.
func TestManyWritersLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, "counter") }); err != nil {
			t.Fatal(err)
		}
		var runs, told atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for range 100 {
					if err := db.Write(ctx, func(tx *database.Tx) error {
						runs.Add(1)
						var n int
						if _, err := tx.Row("SELECT at FROM received WHERE key = $1", []any{"counter"}, &n); err != nil {
							return err
						}
						tx.AfterCommit(func() { told.Add(1) })
						_, err := tx.Exec("UPDATE received SET at = $1 WHERE key = $2", n+1, "counter")
						return err
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		var n int
		if err := db.Read(ctx, func(tx *database.Tx) error {
			_, err := tx.Row("SELECT at FROM received", nil, &n)
			return err
		}); err != nil || n != 1001 || told.Load() != 1000 {
			t.Errorf("1000 increments of 1 gave %d, %d were told, %v", n, told.Load(), err)
		}
		t.Logf("%s: %d runs for 1000 commits", db.Dialect(), runs.Load())
	})
}

// Two who each see that nobody is on duty must not both leave: a snapshot
// alone lets them.
func TestNoTwoTransactionsCrossEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		for round := range 20 {
			var wg sync.WaitGroup
			for who := range 4 {
				wg.Go(func() {
					if err := db.Write(ctx, func(tx *database.Tx) error {
						var there int
						if _, err := tx.Row("SELECT count(*) FROM received WHERE at = $1", []any{round}, &there); err != nil || there > 0 {
							return err
						}
						_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", fmt.Sprint(round, "-", who), round)
						return err
					}); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if n := len(keys(t, db)); n != round+1 {
				t.Fatalf("%d claims after %d rounds", n, round+1)
			}
		}
	})
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		holding, release := make(chan bool, 20), make(chan bool)
		var wg sync.WaitGroup
		for range 6 { // as many as PostgreSQL lets in
			wg.Go(func() {
				_ = db.Write(ctx, func(*database.Tx) error { holding <- true; <-release; return nil })
			})
		}
		<-holding
		if db.Dialect() == database.PostgreSQL {
			for range 5 {
				<-holding
			}
		}
		short, cancel := context.WithTimeout(ctx, 30*time.Millisecond)
		defer cancel()
		if err := db.Write(short, func(tx *database.Tx) error { return add(tx, "x") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
		close(release)
		wg.Wait()
		if n := len(keys(t, db)); n != 0 {
			t.Errorf("%d rows of one who did not get its turn", n)
		}
	})
}

// A conflict that a feature passes over must not work on SQLite and fail on
// PostgreSQL.
func TestAStatementThatFailsEndsTheTransactionOnBoth(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		for name, after := range map[string]func(tx *database.Tx) error{
			"nothing":        func(*database.Tx) error { return nil },
			"a row":          func(tx *database.Tx) error { return add(tx, "b") },
			"a row, dropped": func(tx *database.Tx) error { _ = add(tx, "b"); return nil },
			"a question":     func(tx *database.Tx) error { return tx.Each("SELECT key FROM received", nil, scanInto(new([]string))) },
			"a select": func(tx *database.Tx) error {
				return tx.Select("SELECT 1", func([]string) error { return nil }, func([]any) error { return nil })
			},
			"a statement": func(tx *database.Tx) error { _, err := tx.Prepare("SELECT 1"); return err },
		} {
			if err := db.Write(ctx, func(tx *database.Tx) error {
				if err := add(tx, "a"); err != nil {
					return err
				}
				_ = add(tx, "a")
				return after(tx)
			}); err == nil || !strings.Contains(strings.ToLower(err.Error()), "unique") {
				t.Errorf("followed by %s: %v", name, err)
			}
		}
		if got := keys(t, db); len(got) > 0 {
			t.Errorf("%v stayed", got)
		}
	})
}

// A Write inside a Write waits for the connection that it has itself: it ends,
// and says what it may be.
func TestAWriteInsideAWriteEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := dbtest.Open(t, filepath.Join(t.TempDir(), "db"))
		if err := db.Write(ctx, func(*database.Tx) error {
			return db.Write(ctx, func(tx *database.Tx) error { return add(tx, "inside") })
		}); err == nil || !strings.Contains(err.Error(), "was Write called inside Write?") {
			t.Errorf("err = %v", err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return add(tx, "afterwards") }); err != nil {
			t.Error(err)
		}
	})
}

func TestAnErrorIsTheWriters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		err := db.Write(ctx, func(tx *database.Tx) error { return errors.Join(add(tx, "a"), add(tx, "a")) })
		if err == nil || !strings.Contains(strings.ToLower(err.Error()), "unique") {
			t.Errorf("a key twice: %v", err)
		}
		if _, err := database.OpenForReading(ctx, db.Name()+"-elsewhere"); err == nil {
			t.Error("what is not there was opened")
		}
	})
}
