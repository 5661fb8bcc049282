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
	disk, err := DiskOf(filepath.Dir(db.path))
	if err != nil {
		return used, 0, false
	}
	return used, disk.Free, true
}

// Disk is the room on a disk, in bytes.
type Disk struct{ Size, Free int64 }

// DiskOf tells of the disk that a folder is on.
func DiskOf(folder string) (Disk, error) {
	var d syscall.Statfs_t
	if err := syscall.Statfs(folder, &d); err != nil {
		return Disk{}, err
	}
	return Disk{Size: int64(d.Blocks) * int64(d.Bsize), Free: int64(d.Bavail) * int64(d.Bsize)}, nil
}

// What must be left on a disk: some submissions' worth at least, and on a disk
// of the usual size what a team writes in months.
const (
	leastRoom = 256 << 10
	amplyRoom = 64 << 20
)

// Reserve is how much of the disk is not to be used up: a twentieth, within
// bounds.
func (d Disk) Reserve() int64 { return max(leastRoom, min(amplyRoom, d.Size/20)) }

// NearlyFull reports that it is time to make room.
func (d Disk) NearlyFull() bool { return d.Free < d.Reserve() }
