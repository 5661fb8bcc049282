package database_test

import (
	"testing"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// What hangs on a row is found by the foreign keys alone: a table that nobody
// told of is emptied, and goes with the row.
func TestWhatHangsOnARowIsFoundByItself(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		count := func(tx *database.Tx, query string) (n int) {
			t.Helper()
			if _, err := tx.Row(query, nil, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			for _, statement := range []string{
				`CREATE TABLE trees (id TEXT PRIMARY KEY NOT NULL)`,
				`CREATE TABLE boughs (id TEXT PRIMARY KEY NOT NULL, tree TEXT NOT NULL REFERENCES trees (id), words TEXT NOT NULL)`,
				`CREATE TABLE leaves (bough TEXT NOT NULL REFERENCES boughs (id), n INTEGER NOT NULL, answers TEXT NOT NULL, PRIMARY KEY (bough, n))`,
				`INSERT INTO trees (id) VALUES ('oak'), ('elm')`,
				`INSERT INTO boughs (id, tree, words) VALUES ('o1', 'oak', 'Kim'), ('o2', 'oak', ''), ('e1', 'elm', 'Jo')`,
				`INSERT INTO leaves (bough, n, answers) VALUES ('o1', 1, '{"a":"Kim"}'), ('o2', 1, '["Kim"]'), ('e1', 1, '{"a":"Jo"}')`,
			} {
				if _, err := tx.Exec(statement); err != nil {
					return err
				}
			}
			hanging, err := tx.Hanging("trees", "oak")
			if err != nil {
				return err
			}
			for _, b := range hanging {
				column := map[string]string{"boughs": "words", "leaves": "answers"}[b.Table.Name]
				if err := tx.Blank(b, column, "[gone]"); err != nil {
					return err
				}
			}
			if n := count(tx, `SELECT count(*) FROM boughs WHERE words = '[gone]' AND id = 'o1' OR words = '' AND id = 'o2' OR words = 'Jo'`); n != 3 {
				t.Errorf("%d of 3 boughs are as they should be", n)
			}
			if n := count(tx, `SELECT count(*) FROM leaves WHERE answers IN ('{}', '[]', '{"a":"Jo"}')`); n != 3 {
				t.Errorf("%d of 3 leaves are as they should be", n)
			}
			if err := tx.Fell("trees", "oak"); err != nil {
				return err
			}
			if n := count(tx, `SELECT (SELECT count(*) FROM trees) * 100 + (SELECT count(*) FROM boughs) * 10 + (SELECT count(*) FROM leaves)`); n != 111 {
				t.Errorf("of trees, boughs and leaves are left: %d, want 111", n)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}
