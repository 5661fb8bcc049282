package database_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

func queue(tx *database.Tx, key string) error {
	return tx.Queue("INSERT INTO received (key, at) VALUES ($1, $2)", key, 1)
}

// What is queued is done in its place: before the next statement, with the
// commit, or not at all.
func TestQueuedStatementsAreDoneInTheirPlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Write(ctx, func(tx *database.Tx) error {
			if err := errors.Join(queue(tx, "a"), queue(tx, "b")); err != nil {
				return err
			}
			var seen []string
			if err := tx.Each("SELECT key FROM received ORDER BY key", nil, scanInto(&seen)); err != nil || !slices.Equal(seen, []string{"a", "b"}) {
				t.Errorf("a query after them sees %q, %v", seen, err)
			}
			if err := queue(tx, "c"); err != nil {
				return err
			}
			// An Exec tells of itself, not of what was queued before it.
			if n, err := tx.Exec("UPDATE received SET at = $1", 2); err != nil || n != 3 {
				t.Errorf("%d rows changed, %v", n, err)
			}
			for i := range 250 {
				if err := queue(tx, fmt.Sprintf("d%03d", i)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(keys(t, db)); n != 253 {
			t.Errorf("%d rows", n)
		}
		for name, then := range map[string]func(tx *database.Tx) error{
			"the commit":  func(*database.Tx) error { return nil },
			"an Exec":     func(tx *database.Tx) error { _, err := tx.Exec("UPDATE received SET at = 3"); return err },
			"a query":     func(tx *database.Tx) error { return tx.Each("SELECT key FROM received", nil, scanInto(new([]string))) },
			"one ignored": func(tx *database.Tx) error { _, _ = tx.Exec("UPDATE received SET at = 3"); return nil },
		} {
			after := false
			err := db.Write(ctx, func(tx *database.Tx) error {
				tx.AfterCommit(func() { after = true })
				if err := queue(tx, "e "+name); err != nil {
					return err
				}
				_ = queue(tx, "a") // is there
				return then(tx)
			})
			if err == nil || after {
				t.Errorf("a queued statement fails, then comes %s: %v, committed %v", name, err, after)
			}
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return errors.Join(queue(tx, "f"), errors.New("no")) }); err == nil {
			t.Error("no error")
		}
		if got := keys(t, db); len(got) != 253 {
			t.Errorf("what failed stays: %q", got[250:])
		}
		// The connection is as good as before.
		if err := db.Write(ctx, func(tx *database.Tx) error { return queue(tx, "g") }); err != nil {
			t.Error(err)
		}
	})
}

// Single rows that everybody wants, each taken in the state that the WHERE
// names: nobody runs twice, and one takes each.
func TestRowsAreTakenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Write(ctx, func(tx *database.Tx) error {
			for i := range 20 {
				if err := queue(tx, fmt.Sprint(i)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var runs, took atomic.Int64
		for range 4 {
			all.Go(func() {
				for i := range 20 {
					mine := false
					err := db.WriteRows(ctx, func(tx *database.Tx) error {
						runs.Add(1)
						n, err := tx.Exec("UPDATE received SET at = 2 WHERE key = $1 AND at = 1", fmt.Sprint(i))
						mine = n == 1
						return err
					})
					if err != nil {
						t.Error(err)
					}
					if mine {
						took.Add(1)
					}
				}
			})
		}
		all.Wait()
		if runs.Load() != 80 || took.Load() != 20 {
			t.Errorf("20 rows were taken %d times in %d transactions of 80", took.Load(), runs.Load())
		}
	})
}
