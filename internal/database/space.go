package database

import (
	"os"
	"path/filepath"
	"syscall"
)

// Space says how many bytes the file takes on its disk, and how many are left
// there, so that somebody can be told before it is full. Known is false for
// PostgreSQL, whose server looks after its own disk.
func (db *DB) Space() (used, free int64, known bool) {
	if db.dialect != SQLite {
		return 0, 0, false
	}
	for _, name := range []string{db.path, db.path + "-wal"} {
		// Asked by its name: opening it would take SQLite's locks away.
		if info, err := os.Stat(name); err == nil {
			used += info.Size()
		}
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(db.path), &disk); err != nil {
		return used, 0, false
	}
	return used, int64(disk.Bavail) * int64(disk.Bsize), true
}
