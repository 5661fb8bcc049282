package database_test

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// What somebody who looks after a database is told, and what it costs those
// who work with it: nothing.
func TestACheckupTellsHowADatabaseStands(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Check(ctx); err != nil {
			t.Error(err)
		}
		applied, known, err := db.Schema(ctx)
		if err != nil || applied != known || known < 5 {
			t.Errorf("the schema is %d of %d: %v", applied, known, err)
		}
		now, has, err := db.Clock(ctx)
		if err != nil || has != (db.Dialect() == database.PostgreSQL) || has && time.Since(now).Abs() > time.Minute {
			t.Errorf("its clock says %v, %v: %v", now, has, err)
		}
	})
}

func TestWhetherAFileIsServedIsSeenFromOutside(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sopbot.db")
	tell := func(want bool) {
		t.Helper()
		if served, known, err := database.Served(file); served != want || !known || err != nil {
			t.Errorf("served %v, known %v, err %v; want served %v", served, known, err, want)
		}
	}
	tell(false)
	db, err := database.Open(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	tell(true)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	tell(false)
	if _, known, err := database.Served("postgres://x@127.0.0.1/x"); known || err != nil {
		t.Errorf("of a server it is known: %v", err)
	}

	// Whoever looks again and again keeps no bot from starting.
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				if _, _, err := database.Served(file); err != nil {
					t.Error(err)
				}
			}
		}
	})
	for range 20 {
		db, err := database.Open(ctx, file)
		if err != nil {
			t.Errorf("a bot that starts while somebody looks: %v", err)
			break
		}
		_ = db.Close()
	}
	close(done)
	all.Wait()
}
