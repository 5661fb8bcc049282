package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"sopbot/internal/database"
)

// teamFile is a database in which a team has worked, open as serve has it.
func teamFile(t *testing.T) (string, *database.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sopbot.db")
	db, err := database.Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for i, words := range []string{"=HYPERLINK(\"http://evil\")", "what's the \"price\", really?", "two\nlines – é €", "", "+1", "-1", "@sam", "\tx", "plain"} {
		ask(t, db, fmt.Sprint("q", i), words)
	}
	return path, db
}

func ask(t testing.TB, db *database.DB, id, words string) {
	t.Helper()
	if err := db.Write(context.Background(), func(tx *database.Tx) error {
		if _, err := tx.Exec(`INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook)
			VALUES ($1, $2, 'U1', 'C1', 'command', $3, 'answered', '["a","b"]', 'v1')`, id, int64(1764100093123), words); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO ratings (question, person, page, section, at, helpful, why) VALUES ($1, 'U1', 'p', 's', $2, $3, '')", id, int64(1)<<53+1, words != "")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func questions(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		_, err := tx.Row("SELECT count(*) FROM questions", nil, &n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// output is what a command writes to.
func output() (streams, *bytes.Buffer) {
	var out bytes.Buffer
	return streams{in: strings.NewReader(""), out: &out, err: &out}, &out
}

func TestBackupWhileTheBotWorks(t *testing.T) {
	path, db := teamFile(t)
	stop := make(chan bool)
	var wg sync.WaitGroup
	var done atomic.Int64
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			ask(t, db, fmt.Sprint("more", i), strings.Repeat("x", 500))
			done.Add(1)
		}
	})
	for done.Load() < 50 {
		continue
	}
	said, out := output()
	target := filepath.Join(t.TempDir(), "backup of today?.db")
	before := done.Load()
	if err := (backupCommand{File: target, Database: path}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	if !strings.Contains(out.String(), "is a checked copy of") {
		t.Errorf("said %s", out)
	}
	if info, err := os.Stat(target); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	copied, err := database.Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	if n := int64(questions(t, copied)); n < 9+before || n > 9+done.Load()+1 {
		t.Errorf("%d questions, want between %d and %d", n, 9+before, 9+done.Load())
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(target), ".*part*")); len(rest) > 0 {
		t.Errorf("left over: %v", rest)
	}
}

func TestBackupRefusesInPlainWords(t *testing.T) {
	path, _ := teamFile(t)
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("yesterday's"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		command backupCommand
		says    string
	}{
		"a backup is there":   {backupCommand{File: there, Database: path}, "is there already"},
		"over the database":   {backupCommand{File: path, Database: path}, "is there already"},
		"no folder":           {backupCommand{File: filepath.Join(there, "x"), Database: path}, "not a directory"},
		"no database":         {backupCommand{File: there + "2", Database: path + "x"}, "there is no such file"},
		"not a database":      {backupCommand{File: there + "2", Database: there}, "not a database of sopbot"},
		"PostgreSQL":          {backupCommand{File: there + "2", Database: "postgres://sam:s3cr3t@h/x"}, "pg_dump"},
		"a folder to back up": {backupCommand{File: there + "2", Database: filepath.Dir(path)}, "name a file"},
	} {
		t.Run(name, func(t *testing.T) {
			said, _ := output()
			if err := tc.command.Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("err = %v, want %q", err, tc.says)
			}
		})
	}
	if kept, _ := os.ReadFile(there); string(kept) != "yesterday's" {
		t.Errorf("the file that was there is now %q", kept)
	}
	if _, err := os.Stat(path + "x"); err == nil {
		t.Error("a database was made")
	}
}

// The drill: the disk eats the database, the backup comes back as Help says,
// and the bot starts with what was there.
func TestRestoreDrill(t *testing.T) {
	path, db := teamFile(t)
	said, _ := output()
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := (backupCommand{File: backup, Database: path}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	ask(t, db, "after the backup", "x")
	wal, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	copyFile := func(from, to string) {
		data, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(to, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	// The bot died and left its -wal; somebody forgets to move it away.
	if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
		t.Fatal(err)
	}
	copyFile(backup, path)
	if _, err := database.Open(t.Context(), path); !errors.Is(err, database.ErrLeftover) {
		t.Fatalf("with the old -wal: %v", err)
	}
	// As Help says.
	for _, name := range []string{path, path + "-wal"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := database.Open(t.Context(), path); !errors.Is(err, database.ErrGone) {
		t.Fatalf("without a database: %v", err)
	}
	copyFile(backup, path)
	restored, err := database.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer restored.Close()
	if n := questions(t, restored); n != 9 {
		t.Errorf("%d questions are back, want 9", n)
	}
	ask(t, restored, "the first after", "it goes on")
}
