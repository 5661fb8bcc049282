package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNoBackup says that PostgreSQL has its own tools for it.
var ErrNoBackup = errors.New("sopbot backs up its SQLite file; for PostgreSQL use pg_dump, or your provider's backups")

// Backup writes a copy of the database to a file that is not there yet, of
// one moment, while others go on working with it. The copy is checked and on
// disk when Backup returns nil, and there is no file when it does not. It is
// restored by putting it in the database's place, with the -wal and -shm
// files of the old one moved away.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.dialect != SQLite {
		return ErrNoBackup
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s: %w", file, fs.ErrExist)
	}
	return db.backup(ctx, file)
}

// keepBefore keeps the file as it is before migrations change it. One of the
// same version is replaced: it is older than what is there now.
func (db *DB) keepBefore(ctx context.Context, version int64) error {
	return db.backup(ctx, fmt.Sprintf("%s.version-%d", db.path, version))
}

func (db *DB) backup(ctx context.Context, file string) (err error) {
	file, err = filepath.Abs(file) // SQLite would take "file:…" for more than a name
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	// Made beforehand, so that it is its owner's alone from the first byte.
	part, err := os.CreateTemp(dir, "."+filepath.Base(file)+".part-*")
	if err != nil {
		return plain(err)
	}
	defer os.Remove(part.Name())
	if err := part.Close(); err != nil {
		return err
	}
	if err := db.vacuumInto(ctx, part.Name()); err != nil {
		return plain(err)
	}
	if err := checkCopy(ctx, part.Name()); err != nil {
		return plain(err)
	}
	if err := giveTo(db.path, part.Name()); err != nil {
		return plain(err)
	}
	if err := syncPath(part.Name()); err != nil {
		return plain(err)
	}
	if err := os.Rename(part.Name(), file); err != nil {
		return plain(err)
	}
	return plain(syncPath(dir))
}

// vacuumInto has a connection of its own: those for reading refuse to write
// even elsewhere.
func (db *DB) vacuumInto(ctx context.Context, file string) error {
	pool, err := sql.Open("sqlite3", dsn(db.path, "mode=ro&_busy_timeout=5000"))
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?", file)
	return err
}

// checkCopy reads the whole copy.
func checkCopy(ctx context.Context, file string) error {
	pool, err := sql.Open("sqlite3", dsn(file, readerSettings))
	if err != nil {
		return err
	}
	defer pool.Close()
	var verdict string
	if err := pool.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// syncPath puts a file, or a folder's list of names, on disk. No connection
// to the file is open, so closing it takes no lock away.
func syncPath(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
