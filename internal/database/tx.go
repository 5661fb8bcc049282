package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// Tx is a transaction under way. Placeholders are $1, $2, … by number.
//
// Words that are given to it may come from anywhere: NUL and bytes that are
// not UTF-8, which PostgreSQL refuses, are stored as U+FFFD on both databases.
type Tx struct {
	ctx       context.Context
	tx        transaction
	dialect   Dialect
	committed []func()
	queue     *pgx.Batch // on its way with the next statement, or the commit
	failed    error      // of a statement: nothing of the transaction can stay
	again     bool       // another transaction came between
}

// transaction is one of a database: an *sql.Tx, or a serverTx.
type transaction interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	Commit() error
	Rollback() error
}

// Dialect says which database it is, for SQL that cannot be common.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// AfterCommit runs fn once the transaction is on disk, and never if it is
// not: to wake whoever looks for what was written. Those of two transactions
// may run side by side. It may write.
func (tx *Tx) AfterCommit(fn func()) { tx.committed = append(tx.committed, fn) }

// writeTries is how often a transaction that loses against others runs: once,
// and five times more.
const writeTries = 6

// Write runs fn in a transaction that is on disk when Write returns nil. fn
// may use only its Tx, and must be quick: on SQLite there is one writer.
//
// Transactions take effect as if one came after the other. SQLite lets them in
// one by one; on PostgreSQL they are SERIALIZABLE, and one that cannot stand in
// a row with the others is undone and fn runs again, up to five times. So fn
// may run more than once, and must have no effect but through its Tx.
//
// A statement that fails ends the transaction, on both: what follows it gives
// the same error, and so does Write, whatever fn returns. To go on after a
// conflict of keys say ON CONFLICT.
//
// ctx counts until the transaction begins. After that it does not stop: the
// driver of SQLite would undo half of it and run the rest outside any
// transaction (mattn/go-sqlite3 issue 769). When the commit itself fails on
// PostgreSQL because the connection broke, it is not known whether the rows
// are there: use keys that make a second time harmless.
func (db *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	if db.writer == nil {
		return fmt.Errorf("%w: it was opened for reading", ErrReadOnly)
	}
	return db.write(ctx, besides, fn)
}

// WriteRows is Write for a transaction whose statements each say in their WHERE
// what they rely on, as one that takes a row only in the state in which it was
// seen. On PostgreSQL its statements see what others committed before each of
// them (READ COMMITTED), and wait where Write would have to run again.
//
// A rule that holds between what one statement reads and another writes, Write
// alone keeps.
func (db *DB) WriteRows(ctx context.Context, fn func(*Tx) error) error {
	if db.writer == nil {
		return fmt.Errorf("%w: it was opened for reading", ErrReadOnly)
	}
	return db.write(ctx, rowByRow, fn)
}

func (db *DB) write(ctx context.Context, how manner, fn func(*Tx) error) error {
	var committed []func()
	var err error
	if db.dialect == SQLite {
		committed, err = db.transact(ctx, how, fn)
	} else {
		committed, err = db.writeServer(ctx, how, fn)
	}
	// Here, where no connection and no turn is held: they may write, too.
	for _, fn := range committed {
		fn()
	}
	return err
}

// writeServer lets transactions run side by side. One that lost runs again, the
// second time without any other of this process, and after three times without
// any other of any process: a row that everybody wants would make it lose for
// ever.
func (db *DB) writeServer(ctx context.Context, how manner, fn func(*Tx) error) ([]func(), error) {
	besideOthers := func() ([]func(), error) {
		db.again.RLock()
		defer db.again.RUnlock()
		return db.transact(ctx, how, fn)
	}
	committed, err := besideOthers()
	for try := 1; try < writeTries && errors.Is(err, errLost); try++ {
		switch try {
		case 1:
			// Whoever won is committed, and cannot win again.
			committed, err = besideOthers()
		default:
			committed, err = func() ([]func(), error) {
				db.again.Lock()
				defer db.again.Unlock()
				if try < writeTries/2 {
					return db.transact(ctx, how, fn)
				}
				return db.transact(ctx, alone, fn)
			}()
		}
	}
	return committed, err
}

// errLost marks a transaction that was undone because another came between.
var errLost = errors.New("another transaction came between")

// comesAgain reports whether the transaction was undone because another came
// between: a serialization failure or a deadlock.
func comesAgain(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

// note keeps in mind that a statement failed: fn may keep the error to itself.
func (tx *Tx) note(err error) error {
	var lite sqlite3.Error
	var server *pgconn.PgError
	if errors.As(err, &lite) || errors.As(err, &server) {
		tx.failed = err
	}
	tx.again = tx.again || comesAgain(err)
	return err
}

// Read runs fn on a steady view of the database: what others commit meanwhile
// is not seen.
func (db *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	committed, err := db.transact(ctx, reading, fn)
	for _, fn := range committed {
		fn()
	}
	return err
}

// manner is how a transaction stands to the others.
type manner int

const (
	reading  manner = iota
	besides         // writing, others may run
	rowByRow        // the same, and each statement stands for itself
	alone           // writing, and no other of any process does
)

func (db *DB) transact(ctx context.Context, how manner, fn func(*Tx) error) (committedFuncs []func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	tx, done, err := db.begin(ctx, how)
	if err != nil {
		return nil, plain(fmt.Errorf("begin: %w", err))
	}
	defer done()
	defer func() {
		if err != nil && (tx.again || comesAgain(err)) {
			err = fmt.Errorf("%w: %w", errLost, err)
		}
	}()
	// Also when fn panics, or leaves by runtime.Goexit as t.Fatal does: a
	// transaction that stays open would keep the only writer.
	committed := false
	defer func() {
		if !committed {
			if undo := tx.tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) && err != nil {
				err = errors.Join(err, undo)
			}
		}
	}()
	if err := fn(tx); err != nil {
		return nil, plain(err)
	}
	if tx.failed != nil {
		return nil, plain(fmt.Errorf("a statement failed, and what it was part of goes with it: %w", tx.failed))
	}
	if how != reading {
		if err := db.inPlace(); err != nil {
			return nil, err
		}
	}
	if err := tx.commit(); err != nil {
		return nil, plain(fmt.Errorf("commit: %w", err))
	}
	committed = true
	return tx.committed, nil
}

// patience is how long somebody waits for a connection; where the time is not
// limited by the caller, a Write inside a Write would wait for ever.
const patience = 30 * time.Second

var errNoTurn = errors.New("no connection came free; was Write called inside Write?")

// turn waits for a connection.
func turn(ctx context.Context, pool *sql.DB) (*sql.Conn, error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := pool.Conn(waiting)
	if err != nil && ctx.Err() == nil && waiting.Err() != nil {
		err = errNoTurn
	}
	return conn, err
}

// begin waits for a connection, which may end with ctx, and begins, which may
// not. A connection of PostgreSQL that broke while it lay idle is only found
// to be so now; nothing has happened yet, so another is taken.
func (db *DB) begin(ctx context.Context, how manner) (*Tx, func(), error) {
	if db.dialect == SQLite {
		pool, options := db.writer, &sql.TxOptions{}
		if how == reading {
			pool, options = db.reader, &sql.TxOptions{ReadOnly: true}
		}
		conn, err := turn(ctx, pool)
		if err != nil {
			return nil, nil, err
		}
		ctx = context.WithoutCancel(ctx)
		tx, err := conn.BeginTx(ctx, options)
		if err != nil {
			_ = conn.Close()
			return nil, nil, err
		}
		return &Tx{ctx: ctx, tx: tx, dialect: SQLite}, func() { _ = conn.Close() }, nil
	}
	var err error
	for range 1 + serverWriters + serverReaders {
		var tx *Tx
		var done func()
		if tx, done, err = db.beginServer(ctx, how); err == nil || ctx.Err() != nil {
			return tx, done, err
		}
	}
	return nil, nil, err
}

// plain adds our own name to an error that the people who run sopbot can do
// something about.
func plain(err error) error {
	var name error
	var advice string
	var lite sqlite3.Error
	var server *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &lite):
		name, advice = plainSQLite(lite)
	case errors.As(err, &server):
		name, advice = plainServer(server)
	case isAway(err):
		name = ErrAway
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		name = ErrFull
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		name = ErrReadOnly
	}
	if name == nil || errors.Is(err, name) {
		return err
	}
	return fmt.Errorf("%w (%w)%s", name, err, advice)
}

// query writes a query in the words of the database.
func (tx *Tx) query(query string) string {
	if tx.dialect == SQLite {
		return sqlitePlaceholders(query)
	}
	return query
}

// Queue runs a statement whose outcome nobody waits for: on PostgreSQL it goes to
// the server together with those queued before and after it, ahead of the next
// other statement, or with the commit. One that fails there fails whatever comes
// next, and so Write.
func (tx *Tx) Queue(query string, args ...any) error {
	server, ok := tx.tx.(*serverTx)
	if tx.failed != nil || !ok {
		_, err := tx.Exec(query, args...)
		return err
	}
	if tx.queue == nil {
		tx.queue = &pgx.Batch{}
	}
	tx.queue.Queue(query, clean(args)...)
	if tx.queue.Len() >= mostQueued {
		return tx.flush(server)
	}
	return nil
}

// mostQueued bounds what is on its way to the server at once.
const mostQueued = 100

func (tx *Tx) flush(server *serverTx) error {
	queue := tx.queue
	if queue == nil {
		return nil
	}
	tx.queue = nil
	_, err := server.send(queue)
	return tx.note(err)
}

// ready is for before every statement that is run: what was queued comes first.
func (tx *Tx) ready() error {
	if server, ok := tx.tx.(*serverTx); ok && tx.failed == nil {
		if err := tx.flush(server); err != nil && tx.failed == nil {
			tx.failed = err
		}
	}
	return tx.failed
}

func (tx *Tx) commit() error {
	if server, ok := tx.tx.(*serverTx); ok && tx.queue != nil {
		return tx.note(server.sendAndCommit(tx.queue))
	}
	return tx.tx.Commit()
}

// Exec runs a statement and gives the number of rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	if server, ok := tx.tx.(*serverTx); ok && tx.queue != nil && tx.failed == nil {
		tx.queue.Queue(query, clean(args)...)
		queue := tx.queue
		tx.queue = nil
		last, err := server.send(queue)
		return last.RowsAffected(), tx.note(err)
	}
	if tx.failed != nil {
		return 0, tx.failed
	}
	res, err := tx.tx.ExecContext(tx.ctx, tx.query(query), clean(args)...)
	if err != nil {
		return 0, tx.note(err)
	}
	return res.RowsAffected()
}

// Row runs a query that gives at most one row; found is false when none came.
func (tx *Tx) Row(query string, args []any, dest ...any) (found bool, err error) {
	if err := tx.ready(); err != nil {
		return false, err
	}
	err = tx.tx.QueryRowContext(tx.ctx, tx.query(query), clean(args)...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, tx.note(err)
}

// Each runs a query and scan once a row. On PostgreSQL scan must not use the
// Tx: the connection is busy with the rows.
func (tx *Tx) Each(query string, args []any, scan func(*sql.Rows) error) error {
	if err := tx.ready(); err != nil {
		return err
	}
	rows, err := tx.tx.QueryContext(tx.ctx, tx.query(query), clean(args)...)
	if err != nil {
		return tx.note(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return tx.note(rows.Err())
}

// Stmt is a statement to run many times in its transaction.
type Stmt struct {
	tx   *Tx
	stmt *sql.Stmt
}

// Prepare makes a statement to run many times in this transaction.
func (tx *Tx) Prepare(query string) (*Stmt, error) {
	if err := tx.ready(); err != nil {
		return nil, err
	}
	stmt, err := tx.tx.PrepareContext(tx.ctx, tx.query(query))
	if err != nil {
		return nil, tx.note(err)
	}
	return &Stmt{tx, stmt}, nil
}

// Exec runs the statement and gives the number of rows it changed.
func (s *Stmt) Exec(args ...any) (int64, error) {
	if err := s.tx.ready(); err != nil {
		return 0, err
	}
	res, err := s.stmt.ExecContext(s.tx.ctx, clean(args)...)
	if err != nil {
		return 0, s.tx.note(err)
	}
	return res.RowsAffected()
}

// Close gives the statement back.
func (s *Stmt) Close() error { return s.stmt.Close() }

// clean makes arguments mean the same on both databases. It changes a copy:
// the slice may be the caller's own.
func clean(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			out[i] = cleanText(v)
		case bool:
			out[i] = truth(v)
		case nil, int, int64, []byte:
			out[i] = v
		default:
			out[i] = v
			// A word type of a feature's own is a string all the same.
			if r := reflect.ValueOf(arg); r.Kind() == reflect.String {
				if _, own := arg.(driver.Valuer); !own {
					out[i] = cleanText(r.String())
				}
			}
		}
	}
	return out
}

// cleanText takes out what PostgreSQL cannot store.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(s, "\x00", "\uFFFD")
}

// truth is how yes and no are stored.
func truth(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
