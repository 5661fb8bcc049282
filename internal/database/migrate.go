package database

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// Where goose notes what was applied. Its own name for it would be taken for
// another program's in a schema of PostgreSQL that is shared.
const (
	fileVersions   = "goose_db_version"
	serverVersions = "sopbot_version"
)

// migrateFile brings the schema up to date. It has a connection of its own with
// foreign keys off, because SQLite changes a table by making it anew; whether
// rows point to rows that are there is asked before each step is committed.
func (db *DB) migrateFile(ctx context.Context, fresh bool) error {
	// As with Write: a statement that is cancelled would undo half a step, and
	// the rest would run outside any transaction.
	ctx = context.WithoutCancel(ctx)
	// A new file has nothing to lose: cut off from power it may lack the last
	// steps, never half of one, and the next start does them.
	sync := "FULL"
	if fresh {
		sync = "NORMAL"
	}
	pool, err := sql.Open("sqlite3", dsn(db.path, "_synchronous="+sync+"&_busy_timeout=5000&_foreign_keys=0"))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	steps, err := steps("migrations/sqlite", noOrphans)
	if err != nil {
		return err
	}
	keep := func(from int64) error {
		if fresh || from == 0 {
			return nil
		}
		return db.keepBefore(ctx, from)
	}
	return up(ctx, goose.DialectSQLite3, pool, fileVersions, steps, keep)
}

// noOrphans fails a step after which a row points to a row that is not there.
func noOrphans(ctx context.Context, tx *sql.Tx) error {
	var table, parent string
	var row, key sql.NullInt64
	err := tx.QueryRowContext(ctx, "PRAGMA foreign_key_check").Scan(&table, &row, &parent, &key)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = fmt.Errorf("it leaves rows of %s that point to rows of %s that are not there", table, parent)
	}
	return err
}

// migrateServer does the same on PostgreSQL. Replicas start together: one
// migrates, the others wait for it.
func (db *DB) migrateServer(ctx context.Context) error {
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		return err
	}
	defer func() {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
	}()
	if err := checkSchema(ctx, conn); err != nil {
		return err
	}
	steps, err := steps("migrations/postgres", func(context.Context, *sql.Tx) error { return nil })
	if err != nil {
		return err
	}
	return up(ctx, goose.DialectPostgres, db.writer, serverVersions, steps, func(int64) error { return nil })
}

// up applies what is missing; before runs first if anything is.
func up(ctx context.Context, dialect goose.Dialect, pool *sql.DB, table string, steps []*goose.Migration, before func(from int64) error) error {
	p, err := goose.NewProvider(dialect, pool, nil, goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true), goose.WithTableName(table))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	switch {
	case current > target:
		return fmt.Errorf("%w: its schema is number %d, this one knows %d", ErrNewer, current, target)
	case current == target:
		return nil
	}
	if err := before(current); err != nil {
		return fmt.Errorf("keep a copy before migrating: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// steps makes the SQL files of a folder into migrations, each run whole in a
// transaction that is committed if check finds no fault. They go to goose as
// functions, because its reader of SQL files takes 16 MB to read a few hundred
// lines. There is no way down: a backup is.
func steps(dir string, check func(context.Context, *sql.Tx) error) ([]*goose.Migration, error) {
	files, err := fs.ReadDir(migrations, dir)
	if err != nil {
		return nil, err
	}
	var out []*goose.Migration
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: the name must start with its number", f.Name())
		}
		text, err := fs.ReadFile(migrations, dir+"/"+f.Name())
		if err != nil {
			return nil, err
		}
		out = append(out, step(version, string(text), check))
	}
	return out, nil
}

func step(version int64, text string, check func(context.Context, *sql.Tx) error) *goose.Migration {
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
		return check(ctx, tx)
	}}, nil)
}
