package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
			if _, err := os.Stat(filepath.Join(dir, "health."+format)); err == nil {
				t.Error("the health of the bot is not the team's data")
			}
			if rest, _ := filepath.Glob(filepath.Join(dir, ".*")); len(rest) > 0 {
				t.Errorf("left over: %v", rest)
			}
			if !strings.Contains(out.String(), "tables are in") {
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
		if got := rows[i+1][1]; got != "9007199254740993" {
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
			`{"id":"q0","at":9007199254740993,"person":"U1","channel":"C1","via":"command","words":"=HYPERLINK(\"http://evil\")","verdict":"answered","results":"[\"a\",\"b\"]","playbook":"v1"},`,
			`"words":"two\nlines – é €"`, `"shares": [`, `"helpful":0`, `"helpful":1`,
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("lacks %s:\n%s", want, out)
			}
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
		"a table that is not there": {exportCommand{To: "-", Format: "json", Table: []string{"secrets"}, Database: path}, `no table "secrets"; there are openings`},
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
