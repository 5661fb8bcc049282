package database

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBackupsAreFoundByTheirNames(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"sopbot-20260102T030405Z.db", "sopbot-20251231T235959Z.db", // ours
		"sopbot-2026-01-02.db", "sopbot-20260102T030405Z.db.gz", "sopbot-20261402T030405Z.db", "20260102T030405Z.db", ".sopbot-20260102T030405Z.db.part-1", "notes.txt"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "sopbot-20260103T030405Z.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	got, err := Backups(folder)
	if err != nil || len(got) != 2 || filepath.Base(got[0].Path) != "sopbot-20260102T030405Z.db" || got[0].Size != 1 ||
		!got[1].Made.Equal(time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := Backups(filepath.Join(folder, "not there")); err != nil || len(got) != 0 {
		t.Errorf("%+v %v", got, err)
	}
	if err := SweepBackups(folder); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 8 {
		t.Errorf("%d files are left, want all but the one that was begun", len(left))
	}
}

func TestWhatIsKeptOfBackups(t *testing.T) {
	newest := time.Date(2026, 11, 25, 3, 15, 0, 0, time.UTC) // a Wednesday
	nights := func(n int, apart time.Duration) (out []BackupFile) {
		for i := range n {
			out = append(out, BackupFile{Path: BackupName(newest.Add(-time.Duration(i) * apart)), Made: newest.Add(-time.Duration(i) * apart)})
		}
		return out
	}
	for name, tc := range map[string]struct {
		backups []BackupFile
		kept    string // how old each is that is kept, in hours
	}{
		"none":                 {nil, ""},
		"one":                  {nights(1, 0), "0"},
		"a week of nights":     {nights(7, 24*time.Hour), "0 24 48 72 96 120 144"},
		"a month of nights":    {nights(30, 24*time.Hour), "0 24 48 72 96 120 144 240 408"}, // and the last of the two weeks before
		"every hour":           {nights(60, time.Hour), "0 4 28 52"},
		"one every year":       {nights(9, 365*24*time.Hour), "0 8760 17520 26280 35040 43800 52560"},
		"twice a night":        {nights(4, time.Minute), "0"},
		"a night twice a week": {nights(12, 84*time.Hour), "0 84 168 252 336 420 504"},
	} {
		t.Run(name, func(t *testing.T) {
			gone := map[string]bool{}
			for _, b := range Expired(tc.backups) {
				gone[b.Path] = true
			}
			var kept []string
			for _, b := range tc.backups {
				if !gone[b.Path] {
					kept = append(kept, strings.TrimSuffix(newest.Sub(b.Made).Truncate(time.Hour).String(), "h0m0s"))
				}
			}
			if got := strings.ReplaceAll(strings.Join(kept, " "), "0s", "0"); got != tc.kept {
				t.Errorf("kept %s, want %s", got, tc.kept)
			}
		})
	}
}

func TestRestoreTouchesNothingUntilTheBackupIsProved(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	target, backup := filepath.Join(dir, "sopbot.db"), filepath.Join(dir, "good.db")
	db, err := Open(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(ctx, backup); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Restore(ctx, backup, target, time.Now()); !errors.Is(err, ErrInUse) {
		t.Errorf("while a bot uses it: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	harmed := append([]byte(nil), good...)
	for at := 4096; at < len(harmed); at += 4096 {
		copy(harmed[at:], "harmed harmed harmed harmed harmed harmed harmed harmed")
	}
	for name, tc := range map[string]struct {
		content []byte
		wal     bool
		says    string
	}{
		"damaged":    {harmed, false, "the database file is damaged"},
		"cut off":    {good[:len(good)/2], false, "the database file is damaged"},
		"empty":      {nil, false, "there is nothing in it"},
		"somebody's": {[]byte("Dear diary, today I sold nothing at all, and nobody asked."), false, "not a database of sopbot"},
		"in use":     {good, true, "has a -wal beside it"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "backup.db")
			if err := os.WriteFile(file, tc.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if tc.wal {
				if err := os.WriteFile(file+"-wal", []byte("pages"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := Restore(ctx, file, target, time.Now()); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("said %v, want %q", err, tc.says)
			}
			after, err := os.ReadFile(target)
			if err != nil || string(after) != string(before) {
				t.Errorf("the database was changed: %d bytes, %v", len(after), err)
			}
		})
	}
	if _, _, err := Restore(ctx, target, target, time.Now()); err == nil || !strings.Contains(err.Error(), "is the database itself") {
		t.Errorf("over itself: %v", err)
	}
	if _, _, err := Restore(ctx, filepath.Join(dir, "nothing.db"), target, time.Now()); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("what is not there: %v", err)
	}
	if _, _, err := Restore(ctx, backup, "postgres://h/x", time.Now()); !errors.Is(err, ErrNoRestore) {
		t.Errorf("PostgreSQL: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".restore-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	// A -wal that a bot left when it died goes aside with its database.
	if err := os.WriteFile(target+"-wal", []byte("old pages"), 0o600); err != nil {
		t.Fatal(err)
	}
	aside, rows, err := Restore(ctx, backup, target, time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC))
	if err != nil || len(rows) == 0 {
		t.Fatalf("%v %v", rows, err)
	}
	if want := target + ".before-20261125T120000Z"; aside != want {
		t.Errorf("what was there lies in %s, want %s", aside, want)
	}
	for name, want := range map[string]string{"sopbot.db": string(before), "sopbot.db-wal": "old pages"} {
		if kept, err := os.ReadFile(filepath.Join(aside, name)); err != nil || string(kept) != want {
			t.Errorf("%s: %d bytes, %v", name, len(kept), err)
		}
	}
	back, err := Open(ctx, target)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Close(); err != nil {
		t.Error(err)
	}
}
