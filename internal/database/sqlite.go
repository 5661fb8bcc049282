package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// applicationID marks a file as sopbot's (SQLite's PRAGMA application_id):
// "SOPB".
const applicationID = 0x534f5042

// How the connections are made. The driver ignores what is misspelt here, so
// what matters is read back.
const (
	writerSettings = "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_case_sensitive_like=1&_txlock=immediate&_secure_delete=FAST" + statementsKept
	readerSettings = "mode=ro&_query_only=1&_busy_timeout=5000&_foreign_keys=1&_case_sensitive_like=1" + statementsKept

	// Each connection keeps what it compiled: half the time of a statement went
	// into compiling it.
	statementsKept = "&_stmt_cache_size=100"
)

// readBack asks a connection how it is set, and refuses what is not as wanted.
func readBack(ctx context.Context, conn *sql.Conn, questions map[string]string) error {
	for question, want := range questions {
		var got string
		if err := conn.QueryRowContext(ctx, question).Scan(&got); err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("SQLite says %s to %s instead of %s; is the file on a network disk?", got, question, want)
		}
	}
	return nil
}

func openFile(ctx context.Context, db *DB, path string) (err error) {
	if path, err = followed(path); err != nil {
		return plain(err)
	}
	db.path = path
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return plain(err)
	}
	if err := checkEmpty(path); err != nil {
		return plain(err)
	}
	if db.lock, err = lockFile(path + ".lock"); err != nil {
		return plain(err)
	}
	fresh, err := db.prepareFile()
	if err != nil {
		return plain(err)
	}
	if !fresh {
		if fresh, err = whoseFile(ctx, path); err != nil {
			return plain(err)
		}
	}
	if db.writer, err = sql.Open("sqlite3", dsn(path, writerSettings)); err != nil {
		return err
	}
	// One connection: SQLite has one writer, and waits are ours to order.
	db.writer.SetMaxOpenConns(1)
	db.writer.SetConnMaxLifetime(0)
	if err := db.checkFile(ctx, fresh); err != nil {
		return plain(err)
	}
	if err := db.migrateFile(ctx, fresh); err != nil {
		return plain(err)
	}
	if err := db.openReader(ctx, path); err != nil {
		return plain(err)
	}
	if db.file, err = os.Stat(path); err != nil {
		return plain(err)
	}
	return db.markLock()
}

// inPlace fails where the file is not at its path any more: SQLite would go on
// writing to one that nobody finds again, and everything that is confirmed from
// then on would be lost at the next start.
func (db *DB) inPlace() error {
	if db.file == nil {
		return nil
	}
	info, err := os.Stat(db.path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(info, db.file) {
		return fmt.Errorf("%w: put %s back, or start sopbot anew", ErrTaken, db.path)
	}
	return nil
}

// followed is the file that a path leads to. Its lock and its -wal lie beside
// the file, so two names of one file must come to the same.
func followed(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if err == nil {
		return real, nil
	}
	if info, gone := os.Lstat(path); gone == nil && info.Mode()&os.ModeSymlink != 0 {
		return "", fmt.Errorf("%w: it is a link that leads nowhere; restore a backup, or remove the link to start over", ErrGone)
	}
	return path, nil // not there yet, or Open says what is in the way
}

// checkEmpty refuses an empty file that no sopbot made: a copy that came to
// nothing, most likely, and every check of SQLite's would call it a fine new
// database. One that was killed while it made the file left a lock.
func checkEmpty(path string) error {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > 0 {
		return nil // prepareFile judges it
	}
	if _, err := os.Stat(path + ".lock"); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: there is nothing in it; restore a backup, or remove the file to start over", ErrNotOurs)
	}
	return nil
}

// openFileForReading leaves the file as it is; only a file of ours will do.
func openFileForReading(ctx context.Context, db *DB, path string) error {
	path, err := followed(path)
	if err != nil {
		return plain(err)
	}
	db.path = path
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New("there is no such file")
	case err != nil:
		return plain(err)
	case info.IsDir():
		return errors.New("it is a folder; name a file")
	case info.Size() == 0:
		return fmt.Errorf("%w: there is nothing in it", ErrNotOurs)
	}
	abandoned, err := whoseFile(ctx, path)
	if err != nil {
		return plain(err)
	}
	if abandoned {
		return fmt.Errorf("%w: there is nothing in it", ErrNotOurs)
	}
	return plain(db.openReader(ctx, path))
}

func (db *DB) openReader(ctx context.Context, path string) (err error) {
	if db.reader, err = sql.Open("sqlite3", dsn(path, readerSettings)); err != nil {
		return err
	}
	db.reader.SetMaxOpenConns(4)
	db.reader.SetMaxIdleConns(2)
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return readBack(ctx, conn, map[string]string{"PRAGMA query_only": "1", "PRAGMA busy_timeout": "5000", "SELECT 'a' LIKE 'A'": "0"})
}

// dsn names the file as an SQLite URI; ?, # and % in its path are letters.
func dsn(path, parameters string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) + "?" + parameters
}

// prepareFile makes the file readable by its owner alone before SQLite
// touches it; the files beside it (-wal, -shm) follow its mode.
func (db *DB) prepareFile() (fresh bool, err error) {
	info, err := os.Stat(db.path)
	switch {
	case err == nil && info.IsDir():
		return false, errors.New("it is a folder; name a file")
	case err == nil && !info.Mode().IsRegular():
		return false, errors.New("it is not a regular file")
	case err == nil && info.Size() > 0:
		return false, db.checkLeftover()
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return false, err
	}
	// A lock that says so knows of a database that is no longer there: to
	// start over silently would look like everything was lost.
	if marked(db.path) {
		return false, fmt.Errorf("%w; restore a backup, or remove %s.lock to start over", ErrGone, filepath.Base(db.path))
	}
	if err := db.checkLeftover(); err != nil {
		return false, err
	}
	f, err := os.OpenFile(db.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// checkLeftover refuses a backup that was put in the place of a database
// whose -wal file is still there: SQLite would write the old pages over the
// restored ones without a word. A backup says in its header that it has no
// -wal (bytes 18 and 19), a database of ours that was running says it has.
// No connection is open yet, so reading the file takes no lock away.
func (db *DB) checkLeftover() error {
	wal, err := os.Stat(db.path + "-wal")
	if err != nil || wal.Size() == 0 {
		return nil
	}
	f, err := os.Open(db.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	header := make([]byte, 20)
	if err == nil {
		n, _ := f.Read(header)
		_ = f.Close()
		switch ours := strings.HasPrefix(string(header[:n]), "SQLite format 3\x00"); {
		case n > 0 && !ours:
			// From the -wal SQLite would make a database of it that passes every
			// check, and write that over what somebody has put there.
			return ErrNotOurs
		case n == len(header) && header[18] == 2:
			return nil
		}
	}
	base := filepath.Base(db.path)
	return fmt.Errorf("%w; move %s-wal and %s-shm away, and start again", ErrLeftover, base, base)
}

// whoseFile looks at a file that is there without changing it: the writer's
// settings would already change another program's. It is as good as fresh if
// a process was killed while it made it: without tables and without our mark.
func whoseFile(ctx context.Context, path string) (fresh bool, err error) {
	pool, err := sql.Open("sqlite3", dsn(path, readerSettings))
	if err != nil {
		return false, err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	var id, things int
	if err := pool.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return false, err
	}
	if err := pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master").Scan(&things); err != nil {
		return false, err
	}
	if id != applicationID && (id != 0 || things > 0) {
		return false, ErrNotOurs
	}
	return things == 0, nil
}

// checkFile marks a fresh file as ours and looks whether all is well.
func (db *DB) checkFile(ctx context.Context, fresh bool) error {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if fresh {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return err
		}
	}
	var verdict string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s; restore a backup", ErrDamaged, verdict)
	}
	return readBack(ctx, conn, map[string]string{"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2", "PRAGMA foreign_keys": "1",
		"PRAGMA busy_timeout": "5000", "SELECT 'a' LIKE 'A'": "0"})
}

// plainSQLite gives SQLite's errors our names.
func plainSQLite(e sqlite3.Error) (error, string) {
	switch e.Code {
	case sqlite3.ErrNotADB:
		return ErrNotOurs, ""
	case sqlite3.ErrCorrupt:
		return ErrDamaged, "; restore a backup"
	case sqlite3.ErrFull:
		return ErrFull, ""
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return ErrReadOnly, ""
	case sqlite3.ErrCantOpen:
		return ErrReadOnly, "; may sopbot write in its folder?"
	case sqlite3.ErrIoErr:
		// SQLite knows of a full disk, but not of a used-up quota, nor of a disk
		// that was mounted anew for reading after an error of its own.
		switch e.SystemErrno {
		case syscall.EDQUOT:
			return ErrFull, ""
		case syscall.EROFS, syscall.EPERM, syscall.EACCES:
			return ErrReadOnly, ""
		}
	}
	return nil, ""
}
