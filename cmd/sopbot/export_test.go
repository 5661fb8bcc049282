package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

func TestExportToAFolder(t *testing.T) {
	path, db := teamFile(t)
	for _, format := range []string{"csv", "json"} {
		t.Run(format, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "folder")
			said, out := output()
			command := exportCommand{To: dir, Format: format, Database: path}
			if err := command.Run(t.Context(), said); err != nil {
				t.Fatal(err)
			}
			for name, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "questions."+format): 0o600} {
				if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
					t.Errorf("%s: %v, %v", name, info, err)
				}
			}
			if err := command.Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), "is there already") {
				t.Errorf("a second time: %v", err)
			}
			for _, name := range append(machinery, "health", "goose_db_version") {
				if _, err := os.Stat(filepath.Join(dir, name+"."+format)); err == nil {
					t.Errorf("%s is not what the team did", name)
				}
			}
			if rest, _ := filepath.Glob(filepath.Join(dir, ".*")); len(rest) > 0 {
				t.Errorf("left over: %v", rest)
			}
			if !regexp.MustCompile(`^\d+ files in .*folder\n$`).MatchString(out.String()) {
				t.Errorf("said %s", out)
			}
		})
	}
	if err := db.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestExportedCSVRunsNoFormulas(t *testing.T) {
	path, _ := teamFile(t)
	said, out := output()
	if err := (exportCommand{To: "-", Format: "csv", Table: []string{"questions"}, Database: path}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(out).ReadAll()
	if err != nil || len(rows) != 10 || strings.Join(rows[0], " ") != "id at person channel via words verdict results playbook" {
		t.Fatalf("%d rows, %v, %v", len(rows), rows[0], err)
	}
	for i, want := range []string{"'=HYPERLINK(\"http://evil\")", "what's the \"price\", really?", "two\nlines – é €", "", "'+1", "'-1", "'@sam", "'\tx", "plain"} {
		if got := rows[i+1][5]; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := rows[i+1][1]; got != "2025-11-25 19:48:13.123" {
			t.Errorf("at %s", got)
		}
	}
	for value, want := range map[any]string{int64(-5): "-5", -1.5: "-1.5", "  =1": "'  =1", "\ufeff=1": "'\ufeff=1", "＝1": "'＝1", "a=1": "a=1", "'x": "'x"} {
		if got := csvCell(value); got != want {
			t.Errorf("%v became %q, want %q", value, got, want)
		}
	}
}

// The same JSON comes from both databases.
func TestExportedJSONIsWhatWasWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		path, _ := teamFile(t)
		if open().Dialect() == database.PostgreSQL {
			address := dbtest.Postgres(t)
			said, _ := output()
			if err := (copyCommand{File: copyOf(t, path), To: address}).Run(t.Context(), said); err != nil {
				t.Fatal(err)
			}
			path = address
		}
		said, out := output()
		if err := (exportCommand{To: "-", Format: "json", Database: path}).Run(t.Context(), said); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) {
			t.Fatalf("not JSON:\n%s", out)
		}
		for _, want := range []string{
			`{"id":"q0","at":1764100093123,"person":"U1","channel":"C1","via":"command","words":"=HYPERLINK(\"http://evil\")","verdict":"answered","results":"[\"a\",\"b\"]","playbook":"v1"},`,
			`"words":"two\nlines – é €"`, `"shares": [`, `"at":9007199254740993,"helpful":0`, `"helpful":1`,
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("lacks %s:\n%s", want, out)
			}
		}
	})
}

// What a feature names is a query, and as whole as a table; a name that a
// table has already would take its place.
func TestSheetsStandBesideTheTables(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		ask(t, db, "a", "pricing")
		if err := db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec("UPDATE questions SET verdict = 'nothing'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		said, out := output()
		if err := db.Read(t.Context(), func(tx *database.Tx) error {
			all, err := exportCommand{}.chosen(tx)
			seen := map[string]bool{}
			for _, s := range all {
				if seen[s.Name] {
					t.Errorf("%s is there twice", s.Name)
				}
				seen[s.Name] = true
			}
			for _, name := range []string{"unanswered", "questions", "ratings"} {
				if !seen[name] {
					t.Errorf("%s is missing", name)
				}
			}
			if err != nil {
				return err
			}
			named, err := exportCommand{Format: "json", Table: []string{"outbox", "unanswered"}}.chosen(tx)
			if err != nil {
				return err
			}
			return exportCommand{Format: "json"}.toOutput(tx, named, said.out)
		}); err != nil {
			t.Fatal(err)
		}
		want := `{
"outbox": [
],
"unanswered": [
{"words":"pricing","asked":1,"people":1,"last_at":1764100093123}
]
}
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	})
}

// copyOf makes a backup that no bot uses.
func copyOf(t *testing.T, path string) string {
	t.Helper()
	said, _ := output()
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := (backupCommand{File: file, Database: path}).Run(t.Context(), said); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExportRefusesInPlainWords(t *testing.T) {
	path, _ := teamFile(t)
	for name, tc := range map[string]struct {
		command exportCommand
		says    string
	}{
		"a table that is not there": {exportCommand{To: "-", Format: "json", Table: []string{"secrets"}, Database: path}, `no table "secrets"; there are `},
		"all tables as one CSV":     {exportCommand{To: "-", Format: "csv", Database: path}, "one CSV holds one table"},
		"no database":               {exportCommand{To: "-", Format: "csv", Database: path + "x"}, "there is no such file"},
		"a file for a folder":       {exportCommand{To: path, Format: "csv", Database: path}, "not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			said, out := output()
			if err := tc.command.Run(t.Context(), said); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("err = %v, want %q", err, tc.says)
			}
			if out.Len() > 0 {
				t.Errorf("wrote %s", out)
			}
		})
	}
}
