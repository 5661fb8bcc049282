package database

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Rewrite puts every text of the team's tables through change and stores what
// comes back different; rows tells how many that were, by table. The tables are
// found in the database, so that a new one is reached by itself; those named in
// skip are left out. On PostgreSQL it reads everything within the transaction,
// so others that write may have to come again.
func (tx *Tx) Rewrite(skip []string, change func(table, column, text string) string) (rows map[string]int, err error) {
	tables, err := tx.Tables()
	if err != nil {
		return nil, err
	}
	rows = map[string]int{}
	for _, t := range tables {
		if slices.Contains(skip, t.Name) {
			continue
		}
		if rows[t.Name], err = tx.rewriteTable(t, change); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return rows, nil
}

// rewriteTable collects what is to change before it changes anything: on
// PostgreSQL the connection is busy while rows come.
func (tx *Tx) rewriteTable(t Table, change func(table, column, text string) string) (int, error) {
	type edit struct {
		key    []any
		column string
		text   string
	}
	var edits []edit
	n := 0
	place := map[string]int{}
	for i, c := range t.Columns {
		place[c.Name] = i
	}
	if err := tx.Rows(t, func(values []any) error {
		key := make([]any, len(t.Key))
		for i, k := range t.Key {
			key[i] = values[place[k]]
		}
		before := len(edits)
		// The key last: until then the row is found by it.
		for _, last := range []bool{false, true} {
			for i, c := range t.Columns {
				text, words := values[i].(string)
				if !words || c.Kind != Text || slices.Contains(t.Key, c.Name) != last {
					continue
				}
				if after := change(t.Name, c.Name, text); after != text {
					edits = append(edits, edit{key, c.Name, after})
				}
			}
		}
		if len(edits) > before {
			n++
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for _, e := range edits {
		where := make([]string, len(t.Key))
		for i, k := range t.Key {
			where[i] = fmt.Sprintf("%s = $%d", quoteName(k), i+2)
		}
		query := "UPDATE " + quoteName(t.Name) + " SET " + quoteName(e.column) + " = $1 WHERE " + strings.Join(where, " AND ")
		if err := tx.Queue(query, append([]any{e.text}, e.key...)...); err != nil {
			return 0, err
		}
		// A second column of the key is looked for under the first one's new text.
		if i := slices.Index(t.Key, e.column); i >= 0 {
			e.key[i] = e.text
		}
	}
	return n, nil
}

// Counts gives how many rows each of the team's tables has.
func (tx *Tx) Counts() (map[string]int, error) {
	tables, err := tx.Tables()
	if err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, t := range tables {
		var n int
		if _, err := tx.Row("SELECT count(*) FROM "+quoteName(t.Name), nil, &n); err != nil {
			return nil, err
		}
		out[t.Name] = n
	}
	return out, nil
}

// Scrub takes out of the files what was deleted and changed before: SQLite's
// file is written anew and its -wal emptied; PostgreSQL writes its tables anew,
// for which it waits a while for those who use them. Nobody else may write to
// the file meanwhile. What the server keeps of its past elsewhere (its
// write-ahead log, backups) is beyond it.
func (db *DB) Scrub(ctx context.Context) error {
	if db.writer == nil {
		return fmt.Errorf("%w: it was opened for reading", ErrReadOnly)
	}
	if db.dialect == PostgreSQL {
		return db.scrubServer(ctx)
	}
	conn, err := turn(ctx, db.writer)
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, statement := range []string{"PRAGMA secure_delete = ON", "VACUUM"} {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), statement); err != nil {
			return plain(err)
		}
	}
	var busy, pages, moved int
	if err := conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return plain(err)
	}
	if busy != 0 {
		return fmt.Errorf("the -wal file of %s could not be emptied: somebody else reads the database; do it again when they are done", db.name)
	}
	return nil
}

// scrubPatience is how long a table is waited for that others use.
const scrubPatience = "10s"

func (db *DB) scrubServer(ctx context.Context) error {
	var tables []Table
	if err := db.Read(ctx, func(tx *Tx) (err error) {
		tables, err = tx.Tables()
		return err
	}); err != nil {
		return err
	}
	conn, err := turn(ctx, db.writer)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "SET lock_timeout = '"+scrubPatience+"'"); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "RESET lock_timeout") }()
	for _, t := range tables {
		if _, err := conn.ExecContext(ctx, "VACUUM (FULL, ANALYZE) "+quoteName(t.Name)); err != nil {
			return fmt.Errorf("write table %s anew: %w", t.Name, plain(err))
		}
	}
	return nil
}

// Copies are the files beside the database that hold an earlier state of it:
// those from before an update (.version-N) and what a restore put aside
// (.before-…). Of backups that somebody put elsewhere it knows nothing.
func (db *DB) Copies() []string {
	if db.dialect != SQLite {
		return nil
	}
	var all []string
	for _, suffix := range []string{".version-*", ".before-*"} {
		found, err := filepath.Glob(globbed(db.path) + suffix)
		if err == nil {
			all = append(all, found...)
		}
	}
	return all
}

// globbed makes the letters of a path mean themselves.
func globbed(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
