package database

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// fill writes until something is in the way.
func fill(db *DB) (rows int, err error) {
	for ; err == nil && rows < 100_000; rows++ {
		err = db.Write(ctx, func(tx *Tx) error { return add(tx, fmt.Sprint(NewID(), strings.Repeat("x", 2000))) })
	}
	return rows - 1, err
}

func pragma(t *testing.T, db *DB, statement string) {
	t.Helper()
	if _, err := db.writer.Exec("PRAGMA " + statement); err != nil {
		t.Fatal(err)
	}
}

// On a disk of two megabytes where one may be mounted, and everywhere at a
// limit of SQLite's own, which it treats alike.
func TestAFullDiskIsSaidAndSurvived(t *testing.T) {
	t.Run("limit", func(t *testing.T) {
		db := openAt(t, filepath.Join(t.TempDir(), "db"))
		pragma(t, db, "max_page_count = 1") // SQLite keeps what is there and takes no more
		fullAndRoomAgain(t, db, func() { pragma(t, db, fmt.Sprint("max_page_count = ", 1<<20)) })
	})
	disk, _, err := SmallDisk(t, "2m")
	if err != nil {
		t.Logf("only at the limit: a small disk may not be mounted: %v", err)
		return
	}
	t.Run("disk", func(t *testing.T) {
		ballast := filepath.Join(disk, "ballast")
		if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
			t.Fatal(err)
		}
		db := openAt(t, filepath.Join(disk, "db"))
		_, before, _ := db.Space()
		fullAndRoomAgain(t, db, func() {
			if used, free, known := db.Space(); !known || used < 1<<19 || free >= before || free > 1<<16 {
				t.Errorf("%d bytes used, %d free of %d, %v", used, free, before, known)
			}
			if err := db.Healthy(ctx); !errors.Is(err, ErrFull) {
				t.Errorf("it calls itself healthy: %v", err)
			}
			if err := db.Backup(ctx, filepath.Join(disk, "backup")); !errors.Is(err, ErrFull) {
				t.Errorf("backup: %v", err)
			}
			if rest, _ := filepath.Glob(filepath.Join(disk, ".*part*")); len(rest) > 0 {
				t.Errorf("left over: %v", rest)
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
		})
	})
}

// fullAndRoomAgain fills a database, makes room, and goes on.
func fullAndRoomAgain(t *testing.T, db *DB, makeRoom func()) {
	n, err := fill(db)
	if !errors.Is(err, ErrFull) || !strings.Contains(err.Error(), "the disk of the database is full") {
		t.Fatalf("err = %v", err)
	}
	if kept := count(t, db); kept != n {
		t.Errorf("%d rows of %d are left", kept, n)
	}
	makeRoom()
	if err := db.Healthy(ctx); err != nil {
		t.Errorf("after room was made: %v", err)
	}
	if err := db.Write(ctx, func(tx *Tx) error { return add(tx, "room again") }); err != nil || count(t, db) != n+1 {
		t.Errorf("after room was made: %v, %d rows", err, count(t, db))
	}
}

// A quota that is used up, and a disk that turned read-only, are told from
// other failures to write by what the system says of them.
func TestWhatTheSystemSaysOfAFailedWrite(t *testing.T) {
	for errno, want := range map[syscall.Errno]error{syscall.EDQUOT: ErrFull, syscall.EROFS: ErrReadOnly, syscall.EACCES: ErrReadOnly, syscall.EIO: nil} {
		err := plain(fmt.Errorf("commit: %w", sqlite3.Error{Code: sqlite3.ErrIoErr, SystemErrno: errno}))
		if got := errors.Is(err, ErrFull) || errors.Is(err, ErrReadOnly); got != (want != nil) || want != nil && !errors.Is(err, want) {
			t.Errorf("%v: %v, want %v", errno, err, want)
		}
	}
}

func TestAFileThatBecomesReadOnly(t *testing.T) {
	db := openAt(t, filepath.Join(t.TempDir(), "db"))
	pragma(t, db, "query_only = 1")
	if err := db.Healthy(ctx); !errors.Is(err, ErrReadOnly) {
		t.Errorf("healthy: %v", err)
	}
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows", n)
	}
	pragma(t, db, "query_only = 0")
	if err := db.Healthy(ctx); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// What a server says of its disk, its rights and its files has our names, too.
// SQLite goes on with a file that was removed, and what it takes then is lost
// with the process. Nothing may be confirmed that way.
func TestAFileThatIsMovedAwayTakesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := openAt(t, path)
	write := func(v string) error { return db.Write(ctx, func(tx *Tx) error { return add(tx, v) }) }
	if err := write("before"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := write("lost"); !errors.Is(err, ErrTaken) || !strings.Contains(err.Error(), "put "+path+" back") {
		t.Errorf("err = %v", err)
	}
	if err := db.Healthy(ctx); !errors.Is(err, ErrTaken) {
		t.Errorf("it calls itself healthy: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil { // another file in its place
		t.Fatal(err)
	}
	if err := write("lost, too"); !errors.Is(err, ErrTaken) {
		t.Errorf("err = %v", err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	if err := write("after"); err != nil {
		t.Errorf("put back: %v", err)
	}
}

func TestTheServersTroublesHaveOurNames(t *testing.T) {
	for code, want := range map[string]error{"53100": ErrFull, "25006": ErrReadOnly, "42501": ErrReadOnly, "XX001": ErrDamaged, "XX002": ErrDamaged,
		"57P01": ErrAway, "57P02": ErrAway, "57P03": ErrAway, "53300": ErrAway} {
		said := &pgconn.PgError{Code: code, Message: "as the server says it"}
		if err := plain(fmt.Errorf("commit: %w", said)); !errors.Is(err, want) || !errors.Is(err, error(said)) || !strings.HasPrefix(err.Error(), want.Error()) {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
	other := &pgconn.PgError{Code: "23505"}
	if err := plain(other); err != error(other) {
		t.Errorf("what nobody can do anything about became %v", err)
	}
}

// TestMain lets the test program be a process that opens a database.
func TestMain(m *testing.M) {
	if path := os.Getenv("SOPBOT_TEST_OPENER"); path != "" {
		_, err := Open(ctx, path)
		fmt.Print(err)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// asNobody opens a database in a process without rights.
func asNobody(t *testing.T, path string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var who *syscall.Credential
	if os.Getuid() == 0 {
		u, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		// Somebody else must be able to reach the program.
		there := filepath.Join(filepath.Dir(path), "program")
		in, _ := os.Open(program)
		out, err := os.OpenFile(there, os.O_CREATE|os.O_WRONLY, 0o755)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(out, in)
		if err := errors.Join(err, in.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
		program = there
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "SOPBOT_TEST_OPENER="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	cmd.Dir = "/"
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(said)
}

func TestAFileThatMayNotBeWritten(t *testing.T) {
	dir, err := os.MkdirTemp("", "sopbot-read-only-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700); _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "db")
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []struct {
		file, lock os.FileMode
	}{{0o444, 0o444}, {0o444, 0o666}} {
		if err := errors.Join(os.Chmod(dir, 0o755), os.Chmod(path, mode.file), os.Chmod(path+".lock", mode.lock)); err != nil {
			t.Fatal(err)
		}
		if os.Getuid() != 0 {
			if err := os.Chmod(dir, 0o555); err != nil {
				t.Fatal(err)
			}
		}
		if said := asNobody(t, path); !strings.Contains(said, "the database cannot be written to") {
			t.Errorf("%v: %s", mode, said)
		}
	}
}

func TestASecondProcessIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := openAt(t, path)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SOPBOT_TEST_OPENER="+path)
	if said, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(said), "another sopbot uses this database") {
		t.Errorf("%s, %v", said, err)
	}
	if err := db.Write(ctx, func(tx *Tx) error { return add(tx, "still ours") }); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SOPBOT_TEST_OPENER="+path)
	if said, err := cmd.CombinedOutput(); err != nil || string(said) != "<nil>" {
		t.Errorf("after it was closed: %s, %v", said, err)
	}
}
