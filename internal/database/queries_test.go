package database_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

var statement = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s`)

// Every query that is written in a room's code is prepared on both databases:
// a column that is misspelt, or a word that only one of them knows, is found
// before anybody runs into it.
func TestEveryQueryOfTheHouseIsPreparedOnBoth(t *testing.T) {
	queries := queriesOfTheHouse(t)
	if len(queries) < 8 {
		t.Fatalf("only %d queries were found", len(queries))
	}
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		for where, query := range queries {
			if d := onlyOn(where, query); d != 0 && d != db.Dialect() {
				continue
			}
			if err := db.Write(ctx, func(tx *database.Tx) error {
				s, err := tx.Prepare(query)
				if err != nil {
					return err
				}
				return s.Close()
			}); err != nil {
				t.Errorf("%s: %v\n%s", where, err, query)
			}
		}
		t.Logf("%s: %d queries", db.Dialect(), len(queries))
	})
}

// onlyOn says which database a query is for that cannot be common: in the
// outbox alone, what it asks about everybody's clock, and how it passes over
// rows that another replica is taking.
func onlyOn(where, query string) database.Dialect {
	if strings.Contains(where, "/outbox/") && (strings.Contains(query, "clock_timestamp()") || strings.Contains(query, "SKIP LOCKED")) {
		return database.PostgreSQL
	}
	return 0
}

// queriesOfTheHouse finds the texts that are SQL. One that is put together
// from constants is put together; a piece of one, and one that depends on the
// moment, is left to the tests of its room.
func queriesOfTheHouse(t *testing.T) map[string]string {
	t.Helper()
	queries := map[string]string{}
	files, err := filepath.Glob("../../*/*/*.go") // internal and cmd
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	for folder, files := range byFolder(files) {
		if folder == "database" { // its own questions about each database are not common
			continue
		}
		var parsed []*ast.File
		constants := map[string]ast.Expr{}
		for _, file := range files {
			f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			parsed = append(parsed, f)
			ast.Inspect(f, func(n ast.Node) bool {
				if v, ok := n.(*ast.ValueSpec); ok {
					for i, name := range v.Names {
						if i < len(v.Values) {
							constants[name.Name] = v.Values[i]
						}
					}
				}
				return true
			})
		}
		for _, f := range parsed {
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				text, whole := constantText(e, constants, 0)
				if !statement.MatchString(text) {
					return true
				}
				where := set.Position(e.Pos()).String()
				if !whole || strings.Contains(text, "%s") || strings.Contains(text, "%d") || strings.Count(text, "(") != strings.Count(text, ")") {
					t.Logf("%s: not prepared: a piece, or it depends on the moment", where)
				} else {
					queries[where] = text
				}
				return false
			})
		}
	}
	return queries
}

func byFolder(files []string) map[string][]string {
	out := map[string][]string{}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			folder := filepath.Base(filepath.Dir(file))
			out[folder] = append(out[folder], file)
		}
	}
	return out
}

// constantText gives the text that an expression stands for; whole is false
// when a part of it is not constant.
func constantText(e ast.Expr, constants map[string]ast.Expr, depth int) (text string, whole bool) {
	if depth > 8 {
		return "", false
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, e.Kind == token.STRING && err == nil
	case *ast.ParenExpr:
		return constantText(e.X, constants, depth+1)
	case *ast.BinaryExpr:
		left, wholeLeft := constantText(e.X, constants, depth+1)
		right, wholeRight := constantText(e.Y, constants, depth+1)
		return left + right, wholeLeft && wholeRight && e.Op == token.ADD
	case *ast.Ident:
		if depth > 0 && constants[e.Name] != nil {
			return constantText(constants[e.Name], constants, depth+1)
		}
	}
	return "", false
}

func TestConstantTextsArePutTogether(t *testing.T) {
	constants := map[string]ast.Expr{"columns": &ast.BasicLit{Kind: token.STRING, Value: `"id, at"`}}
	for source, want := range map[string]string{
		`"SELECT 1"`: "SELECT 1 true", `"SELECT " + columns + (" FROM " + "t")`: "SELECT id, at FROM t true", `"SELECT " + what()`: "SELECT  false", `"a" == "b"`: "ab false",
	} {
		e, err := parser.ParseExpr(source)
		if err != nil {
			t.Fatal(err)
		}
		text, whole := constantText(e, constants, 0)
		if got := fmt.Sprint(text, " ", whole); got != want {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
}
