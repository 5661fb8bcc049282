package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// Who relies on docs/security.md must find everything in it: each table, each
// command, each setting that may hold a secret, and tests that are there.
func TestTheThreatModelIsComplete(t *testing.T) {
	raw, err := os.ReadFile("../../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "sopbot.db"))
	if err := db.Read(t.Context(), func(tx *database.Tx) error {
		tables, err := tx.Tables()
		for _, table := range tables {
			has(t, "what is stored", doc, "`"+table.Name+"`")
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, c := range newFeatures().router().Commands() {
		has(t, "who may do what", doc, "`"+c.Name+"`")
	}
	for i := range reflect.TypeFor[Config]().NumField() {
		if name := reflect.TypeFor[Config]().Field(i).Tag.Get("envconfig"); strings.HasSuffix(name, "_FILE") || name == "SOPBOT_CORE_DUMPS" {
			has(t, "how secrets are kept", doc, name)
		}
	}
	tests, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range tests {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(raw)
	}
	named := 0
	for _, word := range strings.FieldsFunc(doc, func(r rune) bool {
		return r == '*' || r == '[' || r == ']' || r == ' ' || r == ',' || r == ';' || r == '\n' || r == '(' || r == ')'
	}) {
		if strings.HasPrefix(word, "Test") && len(word) > 8 {
			named++
			has(t, "the tests", code.String(), "func "+word+"(")
		}
	}
	if named < 4 {
		t.Errorf("only %d tests are named", named)
	}
}
