package database

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// migrate brings the schema up to date. It has a connection of its own with
// foreign keys off, because SQLite changes a table by making it anew.
func (db *DB) migrate(ctx context.Context) error {
	pool, err := sql.Open("sqlite3", dsn(db.path, "_synchronous=FULL&_busy_timeout=5000&_foreign_keys=0"))
	if err != nil {
		return err
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	steps, err := steps("migrations/sqlite")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, nil, goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	rows, err := pool.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		return fmt.Errorf("migrate: rows point to rows that are not there")
	}
	return rows.Err()
}

// steps makes the SQL files of a folder into migrations, each run whole in a
// transaction. They go to goose as functions, because its reader of SQL files
// takes 16 MB to read a few hundred lines. There is no way down: a backup is.
func steps(dir string) ([]*goose.Migration, error) {
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
		out = append(out, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, string(text))
			return err
		}}, nil))
	}
	return out, nil
}
