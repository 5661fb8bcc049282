package database

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// Table is a table of the schema as it is in the database.
type Table struct {
	Name    string
	Columns []Column // in their order
	Key     []string // the columns of the primary key
	Refers  []string // the tables its foreign keys point to
}

// Column is one column of a table.
type Column struct {
	Name     string
	Kind     Kind
	Nullable bool
}

// Kind is what a column holds, whatever the database calls it.
type Kind string

// The kinds that schemas are made of.
const (
	Text  Kind = "text"
	Whole Kind = "whole number"
	Real  Kind = "number"
	Bytes Kind = "bytes"
)

// housekeeping are tables whose rows say nothing about the team's work.
var housekeeping = []string{"health", fileVersions, serverVersions}

// Tables lists the tables that hold the team's data, so that those that others
// point to come first.
func (tx *Tx) Tables() ([]Table, error) {
	all, err := tx.schema()
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t Table) bool { return slices.Contains(housekeeping, t.Name) })
	return parentsFirst(all)
}

// schema reads every table there is, by name.
func (tx *Tx) schema() ([]Table, error) {
	columns, keys, refers := sqliteColumns, sqliteKeys, sqliteRefers
	if tx.dialect == PostgreSQL {
		columns, keys, refers = serverColumns, serverKeys, serverRefers
	}
	byName := map[string]*Table{}
	err := tx.Each(columns, nil, func(rows *sql.Rows) error {
		var table, kind string
		var c Column
		if err := rows.Scan(&table, &c.Name, &kind, &c.Nullable); err != nil {
			return err
		}
		if byName[table] == nil {
			byName[table] = &Table{Name: table}
		}
		var ok bool
		if c.Kind, ok = kinds[strings.ToUpper(kind)]; !ok {
			return fmt.Errorf("column %s.%s is of a type that both databases do not share: %s", table, c.Name, kind)
		}
		byName[table].Columns = append(byName[table].Columns, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	pairs := func(query string, keep func(t *Table, word string)) error {
		return tx.Each(query, nil, func(rows *sql.Rows) error {
			var table, word string
			if err := rows.Scan(&table, &word); err != nil {
				return err
			}
			if t := byName[table]; t != nil {
				keep(t, word)
			}
			return nil
		})
	}
	if err := pairs(keys, func(t *Table, column string) { t.Key = append(t.Key, column) }); err != nil {
		return nil, err
	}
	if err := pairs(refers, func(t *Table, other string) { t.Refers = append(t.Refers, other) }); err != nil {
		return nil, err
	}
	var out []Table
	for _, t := range byName {
		out = append(out, *t)
	}
	slices.SortFunc(out, func(a, b Table) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

var kinds = map[string]Kind{
	"TEXT": Text, "INTEGER": Whole, "BIGINT": Whole, "SMALLINT": Whole, "REAL": Real, "DOUBLE PRECISION": Real, "BLOB": Bytes, "BYTEA": Bytes,
	// In goose's own table only.
	"DATETIME": Text, "TIMESTAMP": Text, "TIMESTAMP WITHOUT TIME ZONE": Text, "BOOLEAN": Whole,
}

// SQLite calls a column of the primary key nullable unless it is written out;
// in STRICT tables with rowid it is so only for INTEGER PRIMARY KEY and what
// has NOT NULL. The comparison is about what is written, so a key counts as
// not nullable on both.
const (
	sqliteColumns = `SELECT m.name, c.name, c.type, c."notnull" = 0 AND c.pk = 0 FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.cid`
	sqliteKeys = `SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.pk > 0 ORDER BY m.name, c.pk`
	sqliteRefers = `SELECT DISTINCT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f
		WHERE m.type = 'table' ORDER BY 1, 2`
	serverColumns = `SELECT c.table_name, c.column_name, c.data_type, c.is_nullable = 'YES' FROM information_schema.columns c
		JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.ordinal_position`
	serverKeys = `SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey)
		WHERE i.indisprimary AND t.relnamespace = current_schema()::regnamespace
		ORDER BY t.relname, array_position(i.indkey::int2[], a.attnum)`
	serverRefers = `SELECT DISTINCT t.relname, o.relname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
		WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace ORDER BY 1, 2`
)

// parentsFirst orders tables so that each comes after those it refers to; one
// that refers to itself is fine.
func parentsFirst(tables []Table) ([]Table, error) {
	var out []Table
	placed := map[string]bool{}
	for len(out) < len(tables) {
		before := len(out)
		for _, t := range tables {
			ready := !placed[t.Name]
			for _, parent := range t.Refers {
				ready = ready && (parent == t.Name || placed[parent])
			}
			if ready {
				out = append(out, t)
				placed[t.Name] = true
			}
		}
		if len(out) == before {
			circle := slices.DeleteFunc(slices.Clone(tables), func(t Table) bool { return placed[t.Name] })
			names := make([]string, len(circle))
			for i, t := range circle {
				names[i] = t.Name
			}
			return nil, fmt.Errorf("these tables refer to each other in a circle, or to one that does: %s", strings.Join(names, ", "))
		}
	}
	return out, nil
}

// Rows reads every row of the table in the order of its key. The values are
// int64, float64, string, []byte or nil, and are the caller's until the next.
func (tx *Tx) Rows(t Table, row func(values []any) error) error {
	return tx.Select(t.Sheet().Query, func([]string) error { return nil }, row)
}

// Sheet is a query that people export, and the name that it has there.
type Sheet struct{ Name, Query string }

// Sheet is everything in the table, in the order of its key.
func (t Table) Sheet() Sheet {
	names, keys := make([]string, len(t.Columns)), make([]string, len(t.Key))
	for i, c := range t.Columns {
		names[i] = quoteName(c.Name)
	}
	for i, k := range t.Key {
		keys[i] = quoteName(k)
	}
	query := "SELECT " + strings.Join(names, ", ") + " FROM " + quoteName(t.Name)
	if len(keys) > 0 {
		query += " ORDER BY " + strings.Join(keys, ", ")
	}
	return Sheet{t.Name, query}
}

// Select runs a query whose columns are not known beforehand: head gets their
// names once, row the values of each row, which are its own until the next.
func (tx *Tx) Select(query string, head func(columns []string) error, row func(values []any) error) error {
	if err := tx.ready(); err != nil {
		return err
	}
	rows, err := tx.tx.QueryContext(tx.ctx, tx.query(query))
	if err != nil {
		return tx.note(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	if err := head(columns); err != nil {
		return err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
	return tx.note(rows.Err())
}

// quoteName writes a name of the schema into SQL.
func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
