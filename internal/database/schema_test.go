package database_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

func TestBothSchemasAreTheSame(t *testing.T) {
	schemas := map[database.Dialect][]database.Table{}
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		if err := db.Read(ctx, func(tx *database.Tx) error {
			tables, err := tx.Tables()
			for i := range tables {
				slices.SortFunc(tables[i].Columns, func(a, b database.Column) int { return strings.Compare(a.Name, b.Name) })
			}
			schemas[db.Dialect()] = tables
			return err
		}); err != nil {
			t.Fatal(err)
		}
		// What copies and exports leave out must not hold anything of the team's.
		for _, table := range schemas[db.Dialect()] {
			var n int
			if err := db.Read(ctx, func(tx *database.Tx) error {
				_, err := tx.Row("SELECT count(*) FROM "+table.Name, nil, &n)
				return err
			}); err != nil || n > 0 {
				t.Errorf("migrations put %d rows into %s; they may make tables only, %v", n, table.Name, err)
			}
			if len(table.Key) == 0 {
				t.Errorf("%s has no primary key", table.Name)
			}
		}
	})
	lite, server := schemas[database.SQLite], schemas[database.PostgreSQL]
	if len(lite) == 0 {
		t.Fatal("no tables")
	}
	if diff := cmp.Diff(lite, server); diff != "" {
		t.Errorf("tables on SQLite (-) and PostgreSQL (+):\n%s", diff)
	}
}

// Text must be compared by its bytes, as SQLite does: each column of
// PostgreSQL says so.
func TestServerColumnsSortByBytes(t *testing.T) {
	db := dbtest.Open(t, dbtest.Postgres(t))
	var wrong []string
	if err := db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each(`SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()
			AND table_name <> 'sopbot_version' AND (data_type = 'text' AND collation_name IS DISTINCT FROM 'C' OR data_type NOT IN ('text', 'bigint', 'double precision', 'bytea'))`,
			nil, scanInto(&wrong))
	}); err != nil || len(wrong) > 0 {
		t.Errorf("neither TEXT COLLATE \"C\" nor BIGINT, DOUBLE PRECISION, BYTEA: %v %v", wrong, err)
	}
}

// Rules that only one of the databases has: each of these says one, in words
// that are the same on both. A new table is compared without a word here.
var rules = map[database.Dialect]map[string]string{
	database.SQLite: {
		"index": `SELECT m.name || CASE l.origin WHEN 'c' THEN ': index ' || l.name ELSE ':' END || CASE l."unique" WHEN 1 THEN ' unique' ELSE '' END ||
			' (' || (SELECT group_concat(COALESCE(x.name, 'expression') || CASE x.desc WHEN 1 THEN ' desc' ELSE '' END, ', ' ORDER BY x.seqno)
				FROM pragma_index_xinfo(l.name) x WHERE x.key = 1) || ')' || CASE l.partial WHEN 1 THEN ' partial' ELSE '' END
			FROM sqlite_master m JOIN pragma_index_list(m.name) l WHERE m.type = 'table' AND l.origin <> 'pk' AND m.name <> 'goose_db_version'`,
		"foreign key": `SELECT m.name || ' (' || group_concat(f."from", ', ' ORDER BY f.seq) || ') refers to ' || f."table" || ', on delete ' || lower(f.on_delete)
			FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id`,
		"default": `SELECT m.name || '.' || c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT IN ('goose_db_version', 'sqlite_sequence') AND c.dflt_value IS NOT NULL`,
		"trigger": `SELECT tbl_name || ': ' || name FROM sqlite_master WHERE type = 'trigger'`,
	},
	database.PostgreSQL: {
		"index": `SELECT t.relname || CASE WHEN k.oid IS NULL THEN ': index ' || i.relname ELSE ':' END || CASE WHEN x.indisunique THEN ' unique' ELSE '' END ||
			' (' || (SELECT string_agg(COALESCE(a.attname, 'expression') || CASE WHEN x.indoption[n::int - 1] & 1 = 1 THEN ' desc' ELSE '' END, ', ' ORDER BY n)
				FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS c (att, n) LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.att AND c.att > 0) || ')' ||
			CASE WHEN x.indpred IS NULL THEN '' ELSE ' partial' END
			FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid LEFT JOIN pg_constraint k ON k.conindid = i.oid AND k.contype = 'u'
			WHERE t.relnamespace = current_schema()::regnamespace AND NOT x.indisprimary AND t.relname <> 'sopbot_version'`,
		"foreign key": `SELECT t.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY n) FROM unnest(k.conkey) WITH ORDINALITY AS c (att, n)
				JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.att) || ') refers to ' || o.relname || ', on delete ' ||
			CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' ELSE 'set default' END
			FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid
			WHERE k.contype = 'f' AND t.relnamespace = current_schema()::regnamespace`,
		"default": `SELECT table_name || '.' || column_name FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name <> 'sopbot_version' AND column_default IS NOT NULL`,
		"trigger": `SELECT t.relname || ': ' || g.tgname FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid
			WHERE NOT g.tgisinternal AND t.relnamespace = current_schema()::regnamespace`,
	},
}

func TestBothDatabasesHaveTheSameRules(t *testing.T) {
	said := map[database.Dialect]map[string][]string{}
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		said[db.Dialect()] = rulesOf(t, db)
	})
	if len(said[database.SQLite]["index"]) < 5 || len(said[database.SQLite]["check"]) < 5 {
		t.Errorf("hardly anything was found: %v", said)
	}
	if diff := cmp.Diff(said[database.SQLite], said[database.PostgreSQL]); diff != "" {
		t.Errorf("rules on SQLite (-) and PostgreSQL (+):\n%s", diff)
	}
}

func rulesOf(t *testing.T, db *database.DB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	if err := db.Read(ctx, func(tx *database.Tx) error {
		for kind, query := range rules[db.Dialect()] {
			var words []string
			if err := tx.Each(query, nil, scanInto(&words)); err != nil {
				return fmt.Errorf("%s: %w", kind, err)
			}
			all[kind] = words
		}
		checks, err := checks(tx)
		all["check"] = checks
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, words := range all {
		slices.Sort(words)
	}
	return all
}

// checks says which columns each CHECK of a table is about. SQLite keeps only
// the text of the table.
func checks(tx *database.Tx) (out []string, err error) {
	if tx.Dialect() == database.PostgreSQL {
		return out, tx.Each(`SELECT t.relname || ': ' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attname COLLATE "C") FROM pg_attribute a
			WHERE a.attrelid = t.oid AND a.attnum = ANY (k.conkey)) FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
			WHERE k.contype = 'c' AND t.relnamespace = current_schema()::regnamespace`, nil, scanInto(&out))
	}
	texts := map[string]string{}
	if err := tx.Each("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL", nil, func(rows *sql.Rows) error {
		var name, text string
		err := rows.Scan(&name, &text)
		texts[name] = text
		return err
	}); err != nil {
		return nil, err
	}
	for table, text := range texts {
		var columns []string
		if err := tx.Each("SELECT name FROM pragma_table_info($1) ORDER BY name", []any{table}, scanInto(&columns)); err != nil {
			return nil, err
		}
		for _, check := range checkTexts(text) {
			about := slices.DeleteFunc(slices.Clone(columns), func(c string) bool { return !regexp.MustCompile(`\b` + c + `\b`).MatchString(check) })
			out = append(out, table+": "+strings.Join(about, ", "))
		}
	}
	return out, nil
}

// checkTexts gives what stands between the parentheses of each CHECK, without
// the texts in it.
func checkTexts(table string) (out []string) {
	table = regexp.MustCompile(`'[^']*'`).ReplaceAllString(table, "''")
	for _, at := range regexp.MustCompile(`(?i)\bCHECK\s*\(`).FindAllStringIndex(table, -1) {
		end, depth := at[1], 1
		for ; end < len(table) && depth > 0; end++ {
			switch table[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		out = append(out, table[at[1]:end-1])
	}
	return out
}

// The comparison itself: what only one of the databases has is seen.
func TestARuleThatOnlyOneHasIsFound(t *testing.T) {
	address := dbtest.Postgres(t)
	server, lite := dbtest.Open(t, address), dbtest.Open(t, filepath.Join(t.TempDir(), "db"))
	must(t, raw(t, address), "CREATE TABLE parents (id text PRIMARY KEY)")
	for what, statement := range map[string]string{
		"index":       "CREATE UNIQUE INDEX questions_words ON questions (words, at DESC) WHERE at > 0",
		"foreign key": "ALTER TABLE shares ADD FOREIGN KEY (page) REFERENCES parents (id) ON DELETE CASCADE",
		"default":     "ALTER TABLE shares ALTER COLUMN at SET DEFAULT 0",
		"check":       "ALTER TABLE shares ADD CHECK (page <> section)",
		"trigger":     "CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$; CREATE TRIGGER skip BEFORE INSERT ON shares FOR EACH ROW EXECUTE FUNCTION skip()",
	} {
		must(t, raw(t, address), statement)
		if cmp.Equal(rulesOf(t, lite)[what], rulesOf(t, server)[what]) {
			t.Errorf("%s is not seen", statement)
		}
	}
	want := []string{"questions: index questions_words unique (words, at desc) partial"}
	if got := rulesOf(t, server)["index"]; !slices.Contains(got, want[0]) {
		t.Errorf("indexes %q", got)
	}
}

// Every step is there for both, in one row of numbers: two people who each add
// number 7 find out here.
func TestMigrationsAreTheSameStepsForBoth(t *testing.T) {
	names := map[string][]string{}
	for _, folder := range []string{"sqlite", "postgres"} {
		files, err := filepath.Glob("migrations/" + folder + "/*")
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for i, file := range files {
			name := filepath.Base(file)
			if number, _, _ := strings.Cut(name, "_"); number != fmt.Sprintf("%04d", i+1) || filepath.Ext(name) != ".sql" {
				t.Errorf("%s: want a name that begins with %04d_ and ends with .sql", file, i+1)
			}
			names[folder] = append(names[folder], name)
		}
	}
	if diff := cmp.Diff(names["sqlite"], names["postgres"]); diff != "" {
		t.Errorf("steps of SQLite (-) and PostgreSQL (+):\n%s", diff)
	}
}
