package database

import (
	"database/sql"
	"fmt"
)

// Branch are the rows of a table that hang on rows of another by a foreign
// key.
type Branch struct {
	Table  Table
	Column string   // that refers to the parent's id
	IDs    []string // of the parents
}

// Hanging gives everything that hangs on a row, by foreign keys and by those of
// what hangs on it, the nearest first. The tables are found in the database, so
// that a new one is reached by itself.
func (tx *Tx) Hanging(table, id string) ([]Branch, error) {
	tables, err := tx.Tables()
	if err != nil {
		return nil, err
	}
	var out []Branch
	type level struct {
		table string
		ids   []string
	}
	for todo := []level{{table, []string{id}}}; len(todo) > 0; todo = todo[1:] {
		parent := todo[0]
		for _, t := range tables {
			columns, err := tx.referring(t.Name, parent.table)
			if err != nil {
				return nil, err
			}
			for _, column := range columns {
				out = append(out, Branch{t, column, parent.ids})
				if len(t.Key) != 1 || t.Key[0] != "id" {
					continue // nothing can hang on it
				}
				next := level{table: t.Name}
				for _, id := range parent.ids {
					if err := tx.Each("SELECT id FROM "+quoteName(t.Name)+" WHERE "+quoteName(column)+" = $1", []any{id}, func(rows *sql.Rows) error {
						var child string
						err := rows.Scan(&child)
						next.ids = append(next.ids, child)
						return err
					}); err != nil {
						return nil, err
					}
				}
				if len(next.ids) > 0 {
					todo = append(todo, next)
				}
			}
		}
	}
	return out, nil
}

// referring are the columns by which a table refers to another.
func (tx *Tx) referring(table, parent string) (columns []string, err error) {
	query := `SELECT f."from" FROM pragma_foreign_key_list($1) f WHERE f."table" = $2 ORDER BY 1`
	if tx.dialect == PostgreSQL {
		query = `SELECT a.attname FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
			JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (k.conkey)
			WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace AND t.relname = $1 AND o.relname = $2 ORDER BY 1`
	}
	err = tx.Each(query, []any{table, parent}, func(rows *sql.Rows) error {
		var c string
		err := rows.Scan(&c)
		columns = append(columns, c)
		return err
	})
	return columns, err
}

// Fell removes a row with everything that hangs on it.
func (tx *Tx) Fell(table, id string) error {
	branches, err := tx.Hanging(table, id)
	if err != nil {
		return err
	}
	for i := len(branches) - 1; i >= 0; i-- { // the outermost first
		b := branches[i]
		for _, parent := range b.IDs {
			if _, err := tx.Exec("DELETE FROM "+quoteName(b.Table.Name)+" WHERE "+quoteName(b.Column)+" = $1", parent); err != nil {
				return fmt.Errorf("table %s: %w", b.Table.Name, err)
			}
		}
	}
	_, err = tx.Exec("DELETE FROM "+quoteName(table)+" WHERE id = $1", id)
	return err
}

// Blank empties a column of words in the rows of a branch: of JSON an empty
// object or list is left, of other text the words that are given.
func (tx *Tx) Blank(b Branch, column, words string) error {
	c := quoteName(column)
	for _, parent := range b.IDs {
		if _, err := tx.Exec("UPDATE "+quoteName(b.Table.Name)+" SET "+c+" = CASE WHEN "+c+" LIKE '{%' THEN '{}' WHEN "+c+" LIKE '[%' THEN '[]' ELSE $2 END WHERE "+
			quoteName(b.Column)+" = $1 AND "+c+" <> ''", parent, words); err != nil {
			return fmt.Errorf("table %s: %w", b.Table.Name, err)
		}
	}
	return nil
}
