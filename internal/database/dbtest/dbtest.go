// Package dbtest runs a test on every database that sopbot speaks: on SQLite
// in a file, and on a PostgreSQL that lives as long as the test process does.
//
// The server is found under /usr/lib/postgresql (scripts/postgres.sh installs
// it) or on the PATH, runs as an unprivileged user in a temporary folder, and
// listens on a Unix socket there and nowhere else. It starts with the first
// test that asks for it, and ends with the process, whatever ends that.
package dbtest

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"sopbot/internal/database"
)

// Each runs a test on SQLite and on PostgreSQL, each time on a database of its
// own. open opens it; a second call opens the same database once more, which
// on SQLite only works after the first was closed. Whatever is still open at
// the end of the test is closed.
func Each(t *testing.T, test func(t *testing.T, open func() *database.DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "sopbot.db")
		test(t, func() *database.DB { return Open(t, file) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		address := Postgres(t)
		test(t, func() *database.DB { return Open(t, address) })
	})
}

// Open opens a database for the time of a test.
func Open(t testing.TB, target string) *database.DB {
	t.Helper()
	db, err := database.Open(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// memory is where Linux keeps files in memory.
const memory = "/dev/shm"

// Swift is a folder for a file of SQLite whose test asks what is written, and not
// whether it outlives the machine: in memory, where there is such a place. What
// benchmarks measure waits for the disk, as in earnest.
func Swift(t testing.TB) string {
	t.Helper()
	if _, measured := t.(*testing.B); measured {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "sopbot-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the test's folder: %v", err)
		}
	})
	return dir
}
