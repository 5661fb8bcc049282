package database

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What root does at night beside a bot of another user is that user's: a
// database that it may not open is no bot in the morning.
func TestWhatRootMakesBelongsToTheBot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root makes files for others")
	}
	const bot = 65534
	ctx := context.Background()
	dir, elsewhere := t.TempDir(), t.TempDir()
	target := filepath.Join(dir, "sopbot.db")
	db, err := Open(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, target, target + ".lock"} {
		if err := os.Lchown(name, bot, bot); err != nil {
			t.Fatal(err)
		}
	}
	belongs := func(name string, want int) {
		t.Helper()
		if uid, _, known := owner(name); !known || uid != want {
			t.Errorf("%s belongs to %d (%v), want %d", filepath.Base(name), uid, known, want)
		}
	}
	reading, err := OpenForReading(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	beside, away := filepath.Join(dir, "backup.db"), filepath.Join(elsewhere, "backup.db")
	for _, file := range []string{beside, away} {
		if err := reading.Backup(ctx, file); err != nil {
			t.Fatal(err)
		}
	}
	if err := reading.Close(); err != nil {
		t.Fatal(err)
	}
	belongs(beside, bot)
	belongs(away, 0)
	aside, _, err := Restore(ctx, away, target, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{target, target + ".lock", aside, filepath.Join(aside, "sopbot.db")} {
		belongs(name, bot)
	}
	// The folder of a service of systemd is reached by a link of root's.
	link := filepath.Join(elsewhere, "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Restore(ctx, away, filepath.Join(link, "sopbot.db"), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	belongs(target, bot)
	// Nothing was there before: the folder says whose it is to be.
	for _, name := range []string{target, target + ".lock"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := Restore(ctx, away, target, time.Now()); err != nil {
		t.Fatal(err)
	}
	belongs(target, bot)
	belongs(target+".lock", bot)
}
