package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Check reads through the file and gives ErrDamaged where it does not hang
// together. PostgreSQL looks after its own files: there it asks whether the server
// answers, and whether it keeps what it says it keeps.
func (db *DB) Check(ctx context.Context) error {
	if db.dialect == PostgreSQL {
		return db.servable(ctx)
	}
	var verdict string
	if err := db.reader.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return plain(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// Schema tells the number of the last migration that was applied, and of the
// last that this version knows.
func (db *DB) Schema(ctx context.Context) (applied, known int64, err error) {
	table, dir := fileVersions, "migrations/sqlite"
	if db.dialect == PostgreSQL {
		table, dir = serverVersions, "migrations/postgres"
	}
	all, err := steps(dir, nil)
	if err != nil {
		return 0, 0, err
	}
	for _, s := range all {
		known = max(known, s.Version)
	}
	var newest sql.NullInt64
	if err := db.reader.QueryRowContext(ctx, "SELECT max(version_id) FROM "+table).Scan(&newest); err != nil {
		return 0, known, plain(err)
	}
	return newest.Int64, known, nil
}

// Clock is what time it is for a server; known is false for a file, which has
// no clock of its own.
func (db *DB) Clock(ctx context.Context) (now time.Time, known bool, err error) {
	if db.dialect != PostgreSQL {
		return time.Time{}, false, nil
	}
	var ms int64
	err = db.reader.QueryRowContext(ctx, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)").Scan(&ms)
	return time.UnixMilli(ms), true, plain(err)
}

// Served reports whether a process works with the file that target names. For
// a server's address it cannot be told, and known is false.
func Served(target string) (served, known bool, err error) {
	if IsAddress(target) {
		return false, false, nil
	}
	if target, err = followed(target); err != nil {
		return false, true, nil //nolint:nilerr // a link that leads nowhere is served by nobody
	}
	f, err := os.Open(target + ".lock")
	if errors.Is(err, os.ErrNotExist) {
		return false, true, nil
	}
	if err != nil {
		return false, false, err
	}
	defer f.Close()
	// A shared lock, and for a moment only: a bot that starts now tries again.
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, true, nil
	}
	return false, err == nil, err
}
