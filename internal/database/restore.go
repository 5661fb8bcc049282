package database

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// ErrNoRestore says that PostgreSQL has its own tools for it.
var ErrNoRestore = errors.New("sopbot restores an SQLite file; for PostgreSQL use pg_restore or psql, or your provider's means")

// Count is how many rows a table has.
type Count struct {
	Table string
	Rows  int64
}

// Counts counts the rows of every table that holds the team's data.
func (db *DB) Counts(ctx context.Context) (out []Count, err error) {
	err = db.Read(ctx, func(tx *Tx) error {
		out = nil
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, t := range tables {
			c := Count{Table: t.Name}
			if _, err := tx.Row("SELECT count(*) FROM "+quoteName(t.Name), nil, &c.Rows); err != nil {
				return err
			}
			out = append(out, c)
		}
		return nil
	})
	return out, err
}

// Rehearse makes a database of a backup in a folder that holds none, the way a
// restore does: checked from end to end, brought up to date, opened and
// written to. The backup is only read. It gives the file that came of it, and
// what is in it.
func Rehearse(ctx context.Context, backup, folder string) (file string, rows []Count, err error) {
	info, err := os.Stat(backup)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil, fmt.Errorf("%s: there is no such file", backup)
	case err != nil:
		return "", nil, plain(err)
	case !info.Mode().IsRegular():
		return "", nil, fmt.Errorf("%s is not a regular file; name a backup", backup)
	case info.Size() == 0:
		return "", nil, fmt.Errorf("%s: %w: there is nothing in it", backup, ErrNotOurs)
	}
	if wal, err := os.Stat(backup + "-wal"); err == nil && wal.Size() > 0 {
		return "", nil, fmt.Errorf("%s has a -wal beside it, so it is a database that a bot works with, or worked with last, and no backup; `sopbot backup` makes one of it", backup)
	}
	if err := roomFor(folder, 2*info.Size()); err != nil { // an older one is kept once more while it is brought up to date
		return "", nil, err
	}
	file = filepath.Join(folder, "sopbot.db")
	if err := copyFile(backup, file); err != nil {
		return "", nil, plain(err)
	}
	empty, err := whoseFile(ctx, file)
	if err == nil && empty {
		err = ErrNotOurs
	}
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", backup, plain(err))
	}
	if err := checkCopy(ctx, file); err != nil {
		return "", nil, fmt.Errorf("%s: %w", backup, plain(err))
	}
	db, err := Open(ctx, file)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", backup, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec("UPDATE health SET checked = checked + 1")
		return err
	}); err != nil {
		return "", nil, err
	}
	rows, err = db.Counts(ctx)
	return file, rows, err
}

// Restore puts a backup in the place of the database that target names, which
// no bot may be using. What was there is moved into a folder beside it, which
// is named if there was anything. Until the backup has proved to be whole,
// everything stays as it is.
func Restore(ctx context.Context, backup, target string, now time.Time) (aside string, rows []Count, err error) {
	if IsAddress(target) {
		return "", nil, ErrNoRestore
	}
	if target, err = followed(target); err != nil {
		return "", nil, plain(err)
	}
	if here, err := os.Stat(target); err == nil {
		if there, err := os.Stat(backup); err == nil && os.SameFile(here, there) {
			return "", nil, fmt.Errorf("%s is the database itself; name a backup", backup)
		}
	}
	dir := filepath.Dir(target)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, plain(err)
	}
	lock, err := lockFile(target + ".lock")
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", target, plain(err))
	}
	defer lock.Close()
	stage, err := os.MkdirTemp(dir, ".restore-*")
	if err != nil {
		return "", nil, plain(err)
	}
	defer os.RemoveAll(stage)
	file, rows, err := Rehearse(ctx, backup, stage)
	if err == nil {
		err = syncPath(file)
	}
	if err != nil {
		return "", nil, err
	}
	if aside, err = moveAside(target, now); err != nil {
		return aside, nil, plain(err)
	}
	if err := os.Rename(file, target); err != nil {
		return aside, nil, plain(err)
	}
	like := dir
	if aside != "" {
		like = filepath.Join(aside, filepath.Base(target))
	}
	given := []string{target, target + ".lock"}
	if aside != "" {
		given = append(given, aside)
	}
	if err := giveTo(like, given...); err != nil {
		return aside, nil, plain(err)
	}
	// A bot that finds no database there will say so, and make none.
	db := &DB{lock: lock}
	return aside, rows, plain(errors.Join(db.markLock(), syncPath(dir)))
}

// moveAside moves the database and the files that belong to it into a folder of
// their own. The database goes first: files that are left behind alone are
// noticed at the next start.
func moveAside(target string, now time.Time) (folder string, err error) {
	folder = target + ".before-" + now.UTC().Format(backupStamp)
	for _, name := range []string{target, target + "-wal", target + "-shm"} {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", err
		}
		if err := os.Rename(name, filepath.Join(folder, filepath.Base(name))); err != nil {
			return folder, err
		}
	}
	if _, err := os.Stat(folder); err != nil {
		return "", nil //nolint:nilerr // nothing was there
	}
	return folder, syncPath(folder)
}

func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
