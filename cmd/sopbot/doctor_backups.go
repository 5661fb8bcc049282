package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"sopbot/internal/database"
)

// Backups are files of this shape in the folder that SOPBOT_BACKUPS names.
const backupShape = "sopbot-20060102T150405Z.db"

// oldBackup is the age from which on a backup is worth a word: they are made
// every day, and one day may be missed.
const oldBackup = 50 * time.Hour

// askBackups looks for the newest backup, and whether it opens.
func (d *doctor) askBackups(ctx context.Context) {
	dir := os.Getenv("SOPBOT_BACKUPS")
	switch {
	case database.IsAddress(d.config.Database):
		d.skip("backup.fresh", "", "PostgreSQL's backups are its server's", "pg_dump, or your provider's backups")
		return
	case dir == "":
		d.warn("backup.off", "", "none are made: SOPBOT_BACKUPS is not set", "name a folder in SOPBOT_BACKUPS, best on another disk; or run sopbot backup by cron (docs/database.md)")
		return
	}
	if err := canMake(dir); err != nil {
		d.problem("backup.no-place", dir, err.Error(), "name another folder in SOPBOT_BACKUPS, or give this one to the user that sopbot runs as")
		return
	}
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // serve makes one that is missing
		d.problem("backup.no-place", dir, err.Error(), "name another folder in SOPBOT_BACKUPS, or give this one to the user that sopbot runs as")
		return
	}
	var newest time.Time
	var name string
	count := 0
	for _, f := range files {
		at, err := time.Parse(backupShape, f.Name())
		if err != nil {
			continue
		}
		count++
		if at.After(newest) {
			newest, name = at, f.Name()
		}
	}
	if count == 0 {
		if _, err := os.Stat(d.config.Database); err != nil {
			d.ok("backup.none", dir, "none yet in %s, and nothing to be kept", dir)
			return
		}
		d.warn("backup.none", dir, "there is none in "+dir, "serve makes the first one soon after it started; to have one now: sopbot backup "+filepath.Join(dir, d.now().UTC().Format(backupShape)))
		return
	}
	file := filepath.Join(dir, name)
	looking, cancel := context.WithTimeout(ctx, forDatabase)
	defer cancel()
	db, err := database.OpenForReading(looking, file)
	if err == nil {
		err = db.Check(looking)
		_ = db.Close()
	}
	if looking.Err() != nil {
		err = nil // it opens; reading all of it takes too long
	}
	age := d.now().Sub(newest)
	switch {
	case err != nil:
		d.problem("backup.unread", file, "the newest one cannot be read: "+err.Error(), "make another: sopbot backup "+filepath.Join(dir, d.now().UTC().Format(backupShape)))
	case age > oldBackup:
		d.warn("backup.old", file, fmt.Sprintf("the newest, %s, is %s old", name, days(age)), "look at the bot's log for why no other was made; sopbot backup makes one now")
	default:
		d.ok("backup.fresh", file, "%d in %s, the newest %s old, and it opens", count, dir, days(age))
	}
	if sameDisk(dir, d.config.Database) {
		d.warn("backup.same-disk", dir, "the backups lie on the disk of the database, and would be lost with it", "name a folder on another disk in SOPBOT_BACKUPS, or copy them elsewhere")
	}
}

// days writes an age for people.
func days(age time.Duration) string {
	if age < 48*time.Hour {
		return plural(max(0, int(age.Hours())), "hour")
	}
	return plural(int(age.Hours()/24), "day")
}

// sameDisk reports whether two paths lie on one file system.
func sameDisk(a, b string) bool {
	var first, second syscall.Stat_t
	return syscall.Stat(a, &first) == nil && syscall.Stat(filepath.Dir(b), &second) == nil && first.Dev == second.Dev
}
