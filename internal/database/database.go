package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect Dialect
	name    string  // for logs and errors: never holds a password
	path    string  // SQLite's file
	writer  *sql.DB // nil when opened for reading
	reader  *sql.DB
	file    os.FileInfo // as it was opened, see inPlace
	lock    *os.File
	server  *pgx.ConnConfig // of PostgreSQL
	// again lets a transaction that lost against another run alone: those that
	// run for the first time hold it for reading, the loser for writing.
	again sync.RWMutex
}

// Dialect says which database it is. Only SQL that cannot be common asks.
type Dialect int

// The databases we speak.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
)

// String gives the name that people know.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return fmt.Sprintf("Dialect(%d)", int(d))
}

// Errors in plain words, to be compared with errors.Is. The first come at
// start, the last three also in the middle of work; after ErrAway it may be that
// a transaction stands all the same, see [DB.Write].
var (
	ErrInUse    = errors.New("another sopbot uses this database")
	ErrNotOurs  = errors.New("this is not a database of sopbot")
	ErrDamaged  = errors.New("the database file is damaged")
	ErrGone     = errors.New("the database file is gone or empty, though there was one")
	ErrTaken    = errors.New("the database file was moved or removed while sopbot works with it")
	ErrLeftover = errors.New("beside the database file lies the -wal file of another one")
	ErrNewer    = errors.New("the database was made by a newer sopbot")
	ErrFull     = errors.New("the disk of the database is full")
	ErrReadOnly = errors.New("the database cannot be written to")
	ErrAway     = errors.New("the database server does not answer")

	// ErrEmpty is that of a server on which everything is ready for the first start.
	ErrEmpty      = errors.New("nothing is kept there yet: the first serve makes its tables")
	ErrNearlyFull = errors.New("the disk of the database is nearly full")
)

// Open opens the database that target names: a file of SQLite, which is made
// if there is none, or an address like postgres://USER:PASSWORD@HOST/NAME. It
// checks what it finds and applies migrations. A file belongs to one process:
// a lock on FILE.lock is held until Close.
func Open(ctx context.Context, target string) (*DB, error) {
	return named(ctx, target, openFile, openServer)
}

// OpenForReading opens a database that is there as it is, without its lock
// and without applying migrations, while another process may work with it.
// Write gives ErrReadOnly.
func OpenForReading(ctx context.Context, target string) (*DB, error) {
	return named(ctx, target, openFileForReading, openServerForReading)
}

func named(ctx context.Context, target string, file, server func(context.Context, *DB, string) error) (*DB, error) {
	open, db := file, &DB{dialect: SQLite, path: target, name: target}
	if IsAddress(target) {
		open, db = server, &DB{dialect: PostgreSQL, name: addressName(target)}
	}
	if err := open(ctx, db, target); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("open database %s: %w", db.name, err)
	}
	return db, nil
}

// IsAddress reports whether a target is a server's address and not a file.
func IsAddress(target string) bool {
	return strings.HasPrefix(target, "postgres://") || strings.HasPrefix(target, "postgresql://")
}

// Dialect says which database it is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Name is the file, or the server's address without the password: for logs.
func (db *DB) Name() string { return db.name }

// Close waits for what is under way and gives the file free.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.reader, db.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		if err := db.lock.Close(); !errors.Is(err, os.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Healthy reports whether the database takes writes, for readiness. One row
// that is written anew needs no room, so the disk is looked at as well.
func (db *DB) Healthy(ctx context.Context) error {
	if err := db.WriteRows(ctx, func(tx *Tx) error {
		_, err := tx.Exec("UPDATE health SET checked = checked + 1")
		return err
	}); err != nil {
		return err
	}
	if db.dialect != SQLite {
		return nil
	}
	disk, err := DiskOf(filepath.Dir(db.path))
	switch {
	case err != nil:
		return fmt.Errorf("look at the disk: %w", err)
	case disk.Free < leastRoom:
		return fmt.Errorf("%w: %d bytes are left", ErrFull, disk.Free)
	case disk.NearlyFull():
		return fmt.Errorf("%w: %d MB of %d are left", ErrNearlyFull, disk.Free>>20, disk.Size>>20)
	}
	return nil
}

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
