package database

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// lockMark stands in the lock file once there is a database.
const lockMark = "a database of sopbot lies beside this file"

// lockTries is how often the lock is tried before somebody else has it.
const lockTries = 5

// lockFile takes the only right to use the database: SQLite's own locks let
// two bots in, which would answer everything twice.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for try := 1; ; try++ {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		// Who only looks whether it is held (see Served) holds it for a moment.
		if !errors.Is(err, syscall.EWOULDBLOCK) || try == lockTries {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		_ = f.Close()
		return nil, ErrInUse
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock: %w", err)
	}
	return f, nil
}

// marked reports whether there was a database once.
func marked(path string) bool {
	said, _ := os.ReadFile(path + ".lock")
	return strings.Contains(string(said), lockMark)
}

// Missed reports whether the file that target names is gone or empty, though a
// sopbot kept a database there: none is made in its place.
func Missed(target string) bool {
	path, err := followed(target)
	if err != nil {
		return errors.Is(err, ErrGone)
	}
	if info, err := os.Stat(path); err == nil && (info.Size() > 0 || !info.Mode().IsRegular()) {
		return false
	}
	return marked(path)
}

func (db *DB) markLock() error {
	_, err := db.lock.WriteAt([]byte(lockMark+"\n"), 0)
	return err
}
