package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	path   string
	writer *sql.DB // one connection: SQLite has one writer, and waits are ours to order
	reader *sql.DB
	lock   *os.File
}

// applicationID marks a file as sopbot's (SQLite's PRAGMA application_id):
// "SOPB".
const applicationID = 0x534f5042

// Errors of Open, for plain words at start.
var (
	ErrInUse   = errors.New("another sopbot uses this database")
	ErrNotOurs = errors.New("this is not a database of sopbot")
	ErrDamaged = errors.New("the database file is damaged")
	ErrGone    = errors.New("the database file is gone or empty, though there was one")
)

// Open opens the SQLite database in that file, or makes it. It checks the
// file, applies migrations and holds a lock on FILE.lock until Close.
func Open(ctx context.Context, path string) (*DB, error) {
	db, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	return db, nil
}

func open(ctx context.Context, path string) (_ *DB, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	db := &DB{path: path}
	if db.lock, err = lockFile(path + ".lock"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	fresh, err := db.prepareFile()
	if err != nil {
		return nil, err
	}
	if db.writer, err = sql.Open("sqlite3", dsn(path, "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=5000&_foreign_keys=1&_txlock=immediate")); err != nil {
		return nil, err
	}
	db.writer.SetMaxOpenConns(1)
	db.writer.SetConnMaxLifetime(0)
	if err := db.check(ctx, fresh); err != nil {
		return nil, err
	}
	if err := db.migrate(ctx); err != nil {
		return nil, err
	}
	if db.reader, err = sql.Open("sqlite3", dsn(path, "mode=ro&_query_only=1&_busy_timeout=5000&_foreign_keys=1")); err != nil {
		return nil, err
	}
	db.reader.SetMaxOpenConns(4)
	db.reader.SetMaxIdleConns(2)
	return db, db.markLock()
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
		return false, fmt.Errorf("it is a folder; name a file")
	case err == nil && info.Size() > 0:
		return false, nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return false, err
	}
	// A lock that says so knows of a database that is no longer there: to
	// start over silently would look like everything was lost.
	if said, _ := os.ReadFile(db.path + ".lock"); strings.Contains(string(said), lockMark) {
		return false, fmt.Errorf("%w; restore a backup, or remove %s.lock to start over", ErrGone, filepath.Base(db.path))
	}
	f, err := os.OpenFile(db.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, err
	}
	return true, f.Close()
}

// check looks at the file before anything is written to it.
func (db *DB) check(ctx context.Context, fresh bool) error {
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return damaged(err)
	}
	defer conn.Close()
	var id int
	if err := conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return damaged(err)
	}
	if !fresh && id != applicationID {
		return ErrNotOurs
	}
	if fresh {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
			return damaged(err)
		}
	}
	var verdict string
	if err := conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return damaged(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s; restore a backup", ErrDamaged, verdict)
	}
	// The driver ignores misspelt parameters, so what matters is read back.
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(&got); err != nil {
			return damaged(err)
		}
		if got != want {
			return fmt.Errorf("PRAGMA %s is %s instead of %s; is the file on a network disk?", pragma, got, want)
		}
	}
	return nil
}

func damaged(err error) error {
	var e sqlite3.Error
	if errors.As(err, &e) && (e.Code == sqlite3.ErrCorrupt || e.Code == sqlite3.ErrNotADB) {
		if e.Code == sqlite3.ErrNotADB {
			return ErrNotOurs
		}
		return fmt.Errorf("%w (%w); restore a backup", ErrDamaged, err)
	}
	return err
}

// Close waits for what is under way and gives the file free.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.reader, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}

// Tx is a transaction under way. Placeholders are $1, $2, … by number.
type Tx struct {
	ctx       context.Context
	tx        *sql.Tx
	committed []func()
}

// AfterCommit runs fn once the transaction is on disk, and never if it is
// not: to wake whoever looks for what was written.
func (tx *Tx) AfterCommit(fn func()) { tx.committed = append(tx.committed, fn) }

// Write runs fn in a transaction that is on disk when Write returns nil. fn
// may use only its Tx, and must be quick: there is one writer.
//
// Once begun it does not stop when ctx ends: the driver would undo half of
// it and run the rest outside any transaction (mattn/go-sqlite3 issue 769).
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return transact(ctx, db.writer, &sql.TxOptions{}, fn)
}

// Read runs fn on a steady view of the database.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return transact(ctx, db.reader, &sql.TxOptions{ReadOnly: true}, fn)
}

func transact(ctx context.Context, pool *sql.DB, options *sql.TxOptions, fn func(*Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := pool.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback()
			panic(p)
		}
	}()
	t := &Tx{ctx: ctx, tx: tx}
	if err := fn(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	for _, fn := range t.committed {
		fn()
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// Exec runs a statement and gives the number of rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	res, err := tx.tx.ExecContext(tx.ctx, sqlitePlaceholders(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Prepare makes a statement to run many times in this transaction.
func (tx *Tx) Prepare(query string) (*sql.Stmt, error) {
	return tx.tx.PrepareContext(tx.ctx, sqlitePlaceholders(query))
}

// Row runs a query that gives at most one row; found is false when none came.
func (tx *Tx) Row(query string, args []any, dest ...any) (found bool, err error) {
	err = tx.tx.QueryRowContext(tx.ctx, sqlitePlaceholders(query), args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Each runs a query and scan once a row.
func (tx *Tx) Each(query string, args []any, scan func(*sql.Rows) error) error {
	rows, err := tx.tx.QueryContext(tx.ctx, sqlitePlaceholders(query), args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// sqlitePlaceholders writes $1 as ?1: the driver binds $N by its place in the
// query and not by its number.
func sqlitePlaceholders(query string) string { return strings.ReplaceAll(query, "$", "?") }

// NewID makes an identifier that sorts by time (UUID version 7).
func NewID() string {
	id, err := uuid.NewV7()
	if err != nil {
		panic(fmt.Sprintf("no randomness: %v", err))
	}
	return id.String()
}

// Millis is how instants are stored.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// Healthy reports whether the database takes writes, for readiness.
func (db *DB) Healthy(ctx context.Context) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec("UPDATE health SET checked = checked + 1")
		return err
	})
}
