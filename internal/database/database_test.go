package database

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var ctx = context.Background()

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func count(t testing.TB, db *DB) (n int) {
	t.Helper()
	if err := db.Read(ctx, func(tx *Tx) error {
		_, err := tx.Row("SELECT count(*) FROM received", nil, &n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func add(tx *Tx, key string) error {
	_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2)", key, 1)
	return err
}

func TestAFileIsMadeForItsOwnerAloneAndFoundAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder?#%20", "so p.db")
	db := openAt(t, path)
	if err := db.Write(ctx, func(tx *Tx) error { return add(tx, "a") }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + ".lock": 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", name, info.Mode().Perm(), err, want)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, openAt(t, path)); n != 1 {
		t.Errorf("%d rows after opening again", n)
	}
}

func TestAFileThatCannotBeUsedIsRefused(t *testing.T) {
	made := func(t *testing.T) string {
		path := filepath.Join(t.TempDir(), "sopbot.db")
		if err := openAt(t, path).Close(); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    error
	}{
		"in use": {func(t *testing.T, path string) { openAt(t, path) }, ErrInUse},
		"gone":   {func(t *testing.T, path string) { _ = os.Remove(path) }, ErrGone},
		"empty":  {func(t *testing.T, path string) { _ = os.Truncate(path, 0) }, ErrGone},
		"text": {func(t *testing.T, path string) {
			_ = os.WriteFile(path, []byte(strings.Repeat("dear diary ", 900)), 0o600)
		}, ErrNotOurs},
		"another program's": {func(t *testing.T, path string) {
			_ = os.Remove(path)
			other, _ := sql.Open("sqlite3", "file:"+path)
			if _, err := other.Exec("CREATE TABLE t (x)"); err != nil {
				t.Fatal(err)
			}
			_ = other.Close()
		}, ErrNotOurs},
		"damaged": {func(t *testing.T, path string) {
			raw, _ := os.ReadFile(path)
			copy(raw[len(raw)/3:], bytes.Repeat([]byte{0xa5}, len(raw)/2))
			_ = os.WriteFile(path, raw, 0o600)
		}, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t)
			tc.prepare(t, path)
			db, err := Open(ctx, path)
			if db != nil {
				_ = db.Close()
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("opened with %v, want %v", err, tc.want)
			}
		})
	}
	if _, err := Open(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "name a file") {
		t.Errorf("a folder: %v", err)
	}
}

func TestWriteIsAllOrNothing(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	boom := errors.New("boom")
	after := 0
	if err := db.Write(ctx, func(tx *Tx) error {
		tx.AfterCommit(func() { after++ })
		_ = add(tx, "a")
		return boom
	}); !errors.Is(err, boom) {
		t.Errorf("err = %v", err)
	}
	func() {
		defer func() { _ = recover() }()
		_ = db.Write(ctx, func(tx *Tx) error { _ = add(tx, "b"); panic("boom") })
	}()
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if err := db.Write(ended, func(tx *Tx) error { return add(tx, "c") }); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended before: %v", err)
	}
	if n := count(t, db); n != 0 || after != 0 {
		t.Fatalf("%d rows and %d calls of what failed", n, after)
	}
	going, cancel := context.WithCancel(ctx)
	if err := db.Write(going, func(tx *Tx) error {
		tx.AfterCommit(func() { after++ })
		if err := add(tx, "d"); err != nil {
			return err
		}
		cancel() // once begun, it is finished
		return add(tx, "e")
	}); err != nil {
		t.Errorf("a context that ended meanwhile: %v", err)
	}
	if n := count(t, db); n != 2 || after != 1 {
		t.Errorf("%d rows, %d calls after the commit; want 2 and 1", n, after)
	}
	if err := db.Read(ctx, func(tx *Tx) error { return add(tx, "f") }); err == nil {
		t.Error("a reader writes")
	}
}

func TestPlaceholdersGoByNumber(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	var a, b string
	if err := db.Read(ctx, func(tx *Tx) error {
		_, err := tx.Row("SELECT $2, $1", []any{"one", "two"}, &a, &b)
		return err
	}); err != nil || a != "two" || b != "one" {
		t.Errorf("SELECT $2, $1 gave %s %s, %v", a, b, err)
	}
}

func TestManyWritersLoseNothing(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 50 {
				if err := db.Write(ctx, func(tx *Tx) error { return add(tx, fmt.Sprint(w, "-", i)) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := count(t, db); n != 400 {
		t.Errorf("%d rows, want 400", n)
	}
}

func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	limit := func(pages int) {
		if err := db.Write(ctx, func(tx *Tx) error {
			_, err := tx.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(1) // SQLite keeps what is there and takes no more
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = db.Write(ctx, func(tx *Tx) error { return add(tx, fmt.Sprint(i, strings.Repeat("x", 2000))) })
	}
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("err = %v", err)
	}
	kept := count(t, db)
	limit(1 << 20)
	if err := db.Write(ctx, func(tx *Tx) error { return add(tx, "room again") }); err != nil || count(t, db) != kept+1 {
		t.Errorf("after room was made: %v, %d rows", err, count(t, db))
	}
}

// A child process writes and says what is committed; it is killed at any
// moment, and everything it said must be there.
func TestNothingThatWasSaidIsLostWhenKilled(t *testing.T) {
	if path := os.Getenv("SOPBOT_TEST_WRITER"); path != "" {
		db, err := Open(ctx, path)
		if err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		for i := 0; ; i++ {
			if err := db.Write(ctx, func(tx *Tx) error { return add(tx, fmt.Sprint(os.Getpid(), "-", i)) }); err != nil {
				os.Exit(1)
			}
			fmt.Printf("%d-%d\n", os.Getpid(), i)
		}
	}
	rounds := 8
	if os.Getenv("SOPBOT_SOAK") != "" {
		rounds = 100
	}
	path := filepath.Join(t.TempDir(), "db")
	var said []string
	for round := range rounds {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestNothingThatWasSaidIsLostWhenKilled$")
		cmd.Env = append(os.Environ(), "SOPBOT_TEST_WRITER="+path)
		var out bytes.Buffer
		cmd.Stdout = &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(120+37*round%90) * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "error") {
				t.Fatal(line)
			}
			if strings.HasSuffix(line, "\n") {
				said = append(said, strings.TrimSpace(line))
			}
		}
	}
	db := openAt(t, path)
	if len(said) == 0 {
		t.Fatal("nothing was written")
	}
	for _, key := range said {
		if err := db.Read(ctx, func(tx *Tx) error {
			var one int
			found, err := tx.Row("SELECT 1 FROM received WHERE key = $1", []any{key}, &one)
			if err == nil && !found {
				t.Errorf("%s was said and is gone", key)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d commits in %d rounds", len(said), rounds)
}

func BenchmarkWrite(b *testing.B) {
	db := openAt(b, filepath.Join(b.TempDir(), "db"))
	for i := 0; b.Loop(); i++ {
		if err := db.Write(ctx, func(tx *Tx) error { return add(tx, fmt.Sprint(i)) }); err != nil {
			b.Fatal(err)
		}
	}
}
