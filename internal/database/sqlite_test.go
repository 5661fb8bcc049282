package database

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
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

// made gives the name of a database with one row, closed.
func made(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sopbot.db")
	db := openAt(t, path)
	if err := errors.Join(db.Write(ctx, func(tx *Tx) error { return add(tx, "kept") }), db.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileIsMadeForItsOwnerAloneAndFoundAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder?#%20&x=1", "so p?mode=ro#%41.db")
	db := openAt(t, path)
	if err := db.Write(ctx, func(tx *Tx) error { return add(tx, "a") }); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, path + ".lock": 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", name, info, err, want)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, openAt(t, path)); n != 1 {
		t.Errorf("%d rows after opening again", n)
	}
	if files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(files) != 4 {
		t.Errorf("files: %q", files)
	}
}

func TestTheConnectionsAreSetAsWeWant(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	for pool, wants := range map[*sql.DB]map[string]string{
		db.writer: {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "query_only": "0", "application_id": "1397706818"},
		db.reader: {"journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000", "query_only": "1"},
	} {
		for pragma, want := range wants {
			var got string
			if err := pool.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, want %s, %v", pragma, got, want, err)
			}
		}
	}
}

func TestAFileThatCannotBeUsedIsRefusedAndLeftAlone(t *testing.T) {
	other := func(t *testing.T, path string, statements ...string) {
		_ = os.Remove(path)
		db, _ := sql.Open("sqlite3", "file:"+path)
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, tc := range map[string]struct {
		prepare func(t *testing.T, path string)
		want    error
		says    string
	}{
		"in use": {func(t *testing.T, path string) { openAt(t, path) }, ErrInUse, "another sopbot"},
		"gone":   {func(t *testing.T, path string) { _ = os.Remove(path) }, ErrGone, "restore a backup, or remove sopbot.db.lock"},
		"gone but for its wal": {func(t *testing.T, path string) {
			_ = os.Remove(path)
			_ = os.WriteFile(path+"-wal", []byte("x"), 0o600)
		}, ErrGone, "restore"},
		"empty": {func(t *testing.T, path string) { _ = os.Truncate(path, 0) }, ErrGone, "restore a backup"},
		"empty, and on another machine": {func(t *testing.T, path string) {
			_ = os.Truncate(path, 0)
			_ = os.Remove(path + ".lock")
		}, ErrNotOurs, "there is nothing in it; restore a backup"},
		"a link that leads nowhere": {func(t *testing.T, path string) {
			_ = os.Rename(path, path+".away")
			_ = os.Symlink(path+".back", path)
		}, ErrGone, "a link that leads nowhere"},
		"text": {func(t *testing.T, path string) {
			_ = os.WriteFile(path, []byte(strings.Repeat("dear diary ", 900)), 0o600)
		}, ErrNotOurs, ""},
		"a few bytes":       {func(t *testing.T, path string) { _ = os.WriteFile(path, []byte("hi"), 0o600) }, ErrNotOurs, ""},
		"another program's": {func(t *testing.T, path string) { other(t, path, "CREATE TABLE t (x)") }, ErrNotOurs, ""},
		"another's with a mark": {func(t *testing.T, path string) {
			other(t, path, "PRAGMA application_id = 42", "PRAGMA user_version = 7")
		}, ErrNotOurs, ""},
		"damaged": {func(t *testing.T, path string) {
			raw, _ := os.ReadFile(path)
			copy(raw[len(raw)/3:], bytes.Repeat([]byte{0xa5}, len(raw)/2))
			_ = os.WriteFile(path, raw, 0o600)
		}, ErrDamaged, "restore a backup"},
		"cut off": {func(t *testing.T, path string) {
			info, _ := os.Stat(path)
			_ = os.Truncate(path, info.Size()/2)
		}, ErrDamaged, "restore a backup"},
		"cut in the first page": {func(t *testing.T, path string) { _ = os.Truncate(path, 1000) }, nil, "sopbot.db: "},
		"newer": {func(t *testing.T, path string) {
			db, _ := sql.Open("sqlite3", "file:"+path)
			defer db.Close()
			if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9000, 1)"); err != nil {
				t.Fatal(err)
			}
		}, ErrNewer, "9000"},
		"a folder": {func(t *testing.T, path string) { _ = os.Remove(path); _ = os.Mkdir(path, 0o700) }, nil, "name a file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := made(t)
			tc.prepare(t, path)
			before, _ := os.ReadFile(path)
			db, err := Open(ctx, path)
			if db != nil {
				_ = db.Close()
			}
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("opened with %v, want %v, %q", err, tc.want, tc.says)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
			if tc.want == ErrInUse {
				return
			}
			if db, err := OpenForReading(ctx, path); err == nil && tc.want != ErrDamaged && tc.want != ErrNewer {
				t.Error("opened for reading")
				_ = db.Close()
			}
			if again, err := Open(ctx, path); err == nil {
				t.Error("opened when tried again")
				_ = again.Close()
			}
		})
	}
}

// One file has one lock, by whatever name it is called.
func TestALinkIsTheFileItLeadsTo(t *testing.T) {
	path := made(t)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	db := openAt(t, link)
	if n := count(t, db); n != 1 {
		t.Errorf("%d rows", n)
	}
	if _, err := Open(ctx, path); !errors.Is(err, ErrInUse) {
		t.Errorf("opened by its other name: %v", err)
	}
	reads, err := OpenForReading(ctx, link)
	if err != nil {
		t.Fatal(err)
	}
	defer reads.Close()
	if err := reads.Backup(ctx, filepath.Join(t.TempDir(), "copy")); err != nil {
		t.Error(err)
	}
}

// A transaction that reads first and writes then must not find that another
// wrote in between: it has the right to write from its start.
func TestATransactionHoldsTheWriterFromItsStart(t *testing.T) {
	path := made(t)
	db := openAt(t, path)
	other, _ := sql.Open("sqlite3", dsn(path, "_busy_timeout=1"))
	defer other.Close()
	if err := db.Write(ctx, func(*Tx) error {
		if _, err := other.Exec("INSERT INTO received (key, at) VALUES ('between', 1)"); err == nil || !strings.Contains(err.Error(), "locked") {
			t.Errorf("another wrote in between: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// SQLite would write the pages of the old -wal over the backup.
func TestABackupBesideAnOldWalIsRefused(t *testing.T) {
	path := made(t)
	copied := filepath.Join(t.TempDir(), "copy")
	db := openAt(t, path)
	if err := errors.Join(db.Backup(ctx, copied), db.Write(ctx, func(tx *Tx) error { return add(tx, "after the backup") })); err != nil {
		t.Fatal(err)
	}
	wal, _ := os.ReadFile(path + "-wal") // as after a crash
	_ = db.Close()
	raw, _ := os.ReadFile(copied)
	for _, f := range []struct {
		name string
		data []byte
	}{{path, raw}, {path + "-wal", wal}} {
		if err := os.WriteFile(f.name, f.data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(ctx, path); !errors.Is(err, ErrLeftover) || !strings.Contains(err.Error(), "move sopbot.db-wal") {
		t.Fatalf("err = %v", err)
	}
	_ = os.Remove(path + "-wal")
	if n := count(t, openAt(t, path)); n != 1 {
		t.Errorf("%d rows in the restored database", n)
	}
}

// Notes that somebody put in a database's place are theirs, also where the
// database's -wal still lies there, from which SQLite would restore it.
func TestNotesBesideAnOldWalAreLeftAlone(t *testing.T) {
	const notes = "These are notes that somebody wrote and wants to keep."
	path := filepath.Join(t.TempDir(), "sopbot.db")
	db := openAt(t, path)                // all of it is in the -wal yet
	wal, _ := os.ReadFile(path + "-wal") // as after a crash
	_ = db.Close()
	if err := errors.Join(os.WriteFile(path, []byte(notes), 0o600), os.WriteFile(path+"-wal", wal, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, path); !errors.Is(err, ErrNotOurs) {
		t.Errorf("err = %v", err)
	}
	if kept, _ := os.ReadFile(path); string(kept) != notes {
		t.Errorf("the notes are %d bytes of something else", len(kept))
	}
}

func TestACopyThatIsDamagedIsNoBackup(t *testing.T) {
	path := made(t)
	if err := checkCopy(ctx, path); err != nil {
		t.Fatal(err)
	}
	raw, _ := os.ReadFile(path)
	copy(raw[len(raw)/3:], bytes.Repeat([]byte{0xa5}, len(raw)/2))
	_ = os.WriteFile(path, raw, 0o600)
	if err := plain(checkCopy(ctx, path)); !errors.Is(err, ErrDamaged) {
		t.Errorf("err = %v", err)
	}
}

// A process that dies while it makes the file leaves one that another can use.
func TestAFileThatWasHalfMadeIsMadeWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	half, _ := sql.Open("sqlite3", dsn(path, writerSettings))
	if err := half.Ping(); err != nil {
		t.Fatal(err)
	}
	_ = half.Close()
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Fatalf("%v %v: the test makes nothing that is half made", info, err)
	}
	if _, err := OpenForReading(ctx, path); !errors.Is(err, ErrNotOurs) {
		t.Errorf("opened for reading: %v", err)
	}
	if n := count(t, openAt(t, path)); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestBeforeAMigrationTheFileIsKept(t *testing.T) {
	path := made(t)
	db := &DB{dialect: SQLite, path: path}
	known, err := steps("migrations/sqlite", noOrphans)
	if err != nil {
		t.Fatal(err)
	}
	latest := known[len(known)-1].Version
	next := func(text string) []*goose.Migration {
		return append(slices.Clone(known), step(latest+1, text, noOrphans))
	}
	pool, _ := sql.Open("sqlite3", dsn(path, "_foreign_keys=0"))
	defer pool.Close()
	migrate := func(statement string) (from int64, err error) {
		err = up(ctx, goose.DialectSQLite3, pool, fileVersions, next(statement), func(v int64) error {
			from = v
			return db.keepBefore(ctx, v)
		})
		return from, err
	}
	if _, err := migrate("DELETE FROM received; nonsense"); err == nil {
		t.Error("a migration that fails succeeded")
	}
	if _, err := migrate(`CREATE TABLE notes (id TEXT PRIMARY KEY, about TEXT NOT NULL REFERENCES received (key)) STRICT;
		INSERT INTO notes VALUES ('n', 'nothing')`); err == nil || !strings.Contains(err.Error(), "rows of notes that point to rows of received that are not there") {
		t.Errorf("a migration that leaves orphans: %v", err)
	}
	if from, err := migrate("DELETE FROM received"); err != nil || from != latest {
		t.Fatalf("migrated from %d, %v", from, err)
	}
	if from, err := migrate("nonsense"); err != nil || from != 0 {
		t.Errorf("migrated again from %d, %v", from, err)
	}
	kept, err := OpenForReading(ctx, fmt.Sprint(path, ".version-", latest))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if n := count(t, kept); n != 1 {
		t.Errorf("%d rows kept", n)
	}
	if err := kept.Write(ctx, func(*Tx) error { return nil }); !errors.Is(err, ErrReadOnly) {
		t.Errorf("what is opened for reading is written: %v", err)
	}
}

func TestPlaceholdersAreRewrittenButNotInTexts(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                            "SELECT 1",
		"$1 $22 $":                            "?1 ?22 $",
		`'$1' "$2" $3`:                        `'$1' "$2" ?3`,
		"'it''s $1' || $1":                    "'it''s $1' || ?1",
		"-- costs $1\n$1":                     "-- costs $1\n?1",
		"/* $1 ' */ $1 '":                     "/* $1 ' */ ?1 '",
		"'open $1":                            "'open $1",
		"a - $1 / $2 -- '\n, '--', $3, '/*$4": "a - ?1 / ?2 -- '\n, '--', ?3, '/*$4",
		"$x É $1":                             "$x É ?1",
	} {
		for range 2 { // made, then remembered
			if got := sqlitePlaceholders(query); got != want {
				t.Errorf("%q became %q, want %q", query, got, want)
			}
		}
	}
	for i := range 3 * mostRewritten {
		sqlitePlaceholders(fmt.Sprint("$1", i))
	}
	if n := rewrittenCount.Load(); n > mostRewritten+2 {
		t.Errorf("%d queries are remembered", n)
	}
}

func BenchmarkPlaceholders(b *testing.B) {
	for b.Loop() {
		sqlitePlaceholders("INSERT INTO received (key, at) VALUES ($1, $2)")
	}
}
