package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sopbot/internal/database"
)

// setting changes the writer's connection.
func setting(t *testing.T, db *database.DB, pragma string) {
	t.Helper()
	var ignored any
	write(t, db, func(tx *database.Tx) error {
		_, err := tx.Row("PRAGMA "+pragma, nil, &ignored)
		return err
	})
}

// While the disk is full nothing is accepted, and what was is done once there
// is room again, by the same process and once.
func TestAFullDiskLosesNothing(t *testing.T) {
	db := open(t)
	o := effects(db, Options{Timeout: 2 * time.Second})
	serve(t, o)
	said := map[string]bool{}
	one := func(key string) error {
		err := db.Write(ctx, func(tx *database.Tx) error {
			_, err := o.Add(tx, Row{Kind: "effect", Key: key, At: time.Now().Add(10 * time.Millisecond)})
			return err
		})
		if err == nil {
			said[key] = true
		}
		return err
	}
	for round := range 5 {
		setting(t, db, "max_page_count = 1") // SQLite keeps what is there and takes no more
		var err error
		for i := 0; err == nil && i < 5000; i++ {
			err = one(fmt.Sprint(round, "/", i, strings.Repeat("x", 500)))
		}
		if !errors.Is(err, database.ErrFull) {
			t.Errorf("err = %v", err)
		}
		time.Sleep(20 * time.Millisecond) // what is due cannot be done
		setting(t, db, fmt.Sprint("max_page_count = ", 1<<20))
		if err := one(fmt.Sprint("after/", round)); err != nil {
			t.Errorf("after room was made: %v", err)
		}
	}
	settled(t, o, 30*time.Second)
	t.Logf("%d rows, all done", verify(t, db, said))
}

// A look into the database that fails is made again soon, not at its next
// time: what it was to find may be due.
func TestAfterTroubleItLooksAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := open(t)
		o, ran := New(db, Options{}), &log{}
		o.Handle("note", func(_ context.Context, j Job) error { ran.add("%s", j.Key); return nil })
		rename := func(tx *database.Tx, from, to string) error {
			_, err := tx.Exec("ALTER TABLE " + from + " RENAME TO " + to)
			return err
		}
		away := func() { write(t, db, func(tx *database.Tx) error { return rename(tx, "outbox", "away") }) }
		other := New(db, Options{}) // so that nobody is told of what is added
		back := func(key string) {
			write(t, db, func(tx *database.Tx) error {
				_ = rename(tx, "away", "outbox")
				_, err := other.Add(tx, Row{Kind: "note", Key: key})
				return err
			})
			time.Sleep(2 * time.Second)
			synctest.Wait()
		}
		away() // as if the database did not answer
		serve(t, o)
		time.Sleep(5 * time.Second)
		back("at the start")
		time.Sleep(2 * time.Minute) // until it expects nothing any more
		away()
		time.Sleep(recheck + 45*time.Second)
		back("later")
		if got, want := fmt.Sprint(ran.all()), "[at the start later]"; got != want {
			t.Errorf("ran %s, want %s", got, want)
		}
	})
}
