package database

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrNoRoom says that a copy would fill the disk that it is meant for.
var ErrNoRoom = errors.New("there is no room for a copy")

// backupStamp is the time in the name of a backup, in UTC.
const backupStamp = "20060102T150405Z"

// BackupFile is a backup in a folder of backups.
type BackupFile struct {
	Path string
	Made time.Time
	Size int64
}

// BackupName is what a backup of that time is called.
func BackupName(made time.Time) string { return "sopbot-" + made.UTC().Format(backupStamp) + ".db" }

// Backups lists the backups in a folder by their names, the newest first. A
// folder that is not there holds none. Other files are nobody's business.
func Backups(folder string) ([]BackupFile, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for backups: %w", err)
	}
	var out []BackupFile
	for _, e := range entries {
		stamp, ours := strings.CutPrefix(strings.TrimSuffix(e.Name(), ".db"), "sopbot-")
		made, err := time.Parse(backupStamp, stamp)
		if !ours || err != nil || e.Name() != BackupName(made) {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or something else by that name
		}
		out = append(out, BackupFile{filepath.Join(folder, e.Name()), made, info.Size()})
	}
	slices.SortFunc(out, func(a, b BackupFile) int { return b.Made.Compare(a.Made) })
	return out, nil
}

// How many backups are kept: the last of each of so many days, and of each of
// so many weeks. Days and weeks without one do not count, so that a bot that
// was off for a month does not throw away what there is.
const (
	keptDays  = 7
	keptWeeks = 4
)

// Expired gives those of a folder's backups that need not be kept, the newest
// being first in both.
func Expired(backups []BackupFile) (out []BackupFile) {
	days, weeks := map[string]bool{}, map[string]bool{}
	for _, b := range backups {
		day := b.Made.UTC().Format(time.DateOnly)
		year, number := b.Made.UTC().ISOWeek()
		week := fmt.Sprint(year, " ", number)
		keep := false
		if !days[day] && len(days) < keptDays {
			days[day], keep = true, true
		}
		if !weeks[week] && len(weeks) < keptWeeks {
			weeks[week], keep = true, true
		}
		if !keep {
			out = append(out, b)
		}
	}
	return out
}

// RoomForBackup says whether a copy of the database fits into a folder without
// filling its disk.
func (db *DB) RoomForBackup(folder string) error {
	used, _, known := db.Space()
	if !known {
		return nil
	}
	return roomFor(folder, used)
}

// roomFor says whether so many bytes fit into a folder, with something to spare.
func roomFor(folder string, size int64) error {
	disk, err := DiskOf(folder)
	if err != nil {
		return fmt.Errorf("look at the disk of %s: %w", folder, err)
	}
	if want := size + disk.Reserve(); disk.Free < want {
		return fmt.Errorf("%w: %s has %.1f MB left, and a copy wants %.1f MB with some to spare", ErrNoRoom, folder, float64(disk.Free)/(1<<20), float64(want)/(1<<20))
	}
	return nil
}

// SweepBackups removes what a bot that was killed in the middle of a backup
// left in the folder.
func SweepBackups(folder string) error {
	parts, err := filepath.Glob(filepath.Join(escapeGlob(folder), ".sopbot-*.db.part-*"))
	if err != nil {
		return err
	}
	var errs []error
	for _, part := range parts {
		errs = append(errs, os.Remove(part))
	}
	return errors.Join(errs...)
}

// escapeGlob lets a folder's name stand in a pattern as it is.
func escapeGlob(name string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}
