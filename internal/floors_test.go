package internal

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the house: what each room may import of ours. A room that is not
// listed may not be there; docs/architecture.md tells the same story.
var floors = map[string][]string{
	"playbook":      nil,
	"chat":          nil,
	"database":      nil,
	"outbox":        {"database"},
	"picture":       nil,
	"appointment":   nil,
	"form":          {"playbook", "chat"},
	"search":        {"playbook"},
	"roster":        {"database", "chat"},
	"gateway":       {"chat", "outbox", "database"},
	"edition":       {"playbook", "database"},
	"deadline":      {"playbook", "chat", "outbox", "roster", "database"},
	"lead":          {"playbook", "chat", "database", "form", "roster", "deadline"},
	"research":      {"playbook", "appointment", "chat", "database", "outbox", "form", "roster", "deadline", "lead"},
	"report":        {"playbook", "chat", "database", "form", "outbox", "roster", "deadline", "lead"},
	"qualification": {"playbook", "chat", "database", "form", "roster", "lead"},
	"handoff":       {"playbook", "chat", "database", "form", "roster", "deadline", "lead"},
	"answers":       {"playbook", "chat", "database", "search"},
	"digest":        {"playbook", "chat", "database", "outbox", "form", "roster", "deadline", "lead", "handoff", "qualification", "research", "answers"},
	"erasure":       {"playbook", "chat", "database", "outbox", "form", "roster", "deadline", "lead", "handoff", "qualification", "answers"},
	"golden":        nil,
	"slacksim":      nil,
}

// sheds may import themselves and nothing else of ours, and only tests and
// cmd may import them.
var sheds = []string{"slacksim", "golden"}

func TestArrowsPointDownAndNeverToANeighbour(t *testing.T) {
	rooms := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".go" || name == "floors_test.go" {
			return err
		}
		room, _, _ := strings.Cut(name, "/")
		may, known := floors[room]
		if !known {
			t.Errorf("internal/%s is a room that the list of floors does not know", room)
			return nil
		}
		rooms++
		test := strings.HasSuffix(name, "_test.go")
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			ours, inside := strings.CutPrefix(imported, "sopbot/internal/")
			target, _, _ := strings.Cut(ours, "/")
			switch {
			case imported == "sopbot" && !test:
				t.Errorf("%s imports the embedded files: they are handed in from above", name)
			case !inside || target == room:
			case test && slices.Contains(sheds, target):
			case slices.Contains(sheds, room):
				t.Errorf("%s: %s knows nothing of ours, but imports %s", name, room, target)
			case slices.Contains(sheds, target):
				t.Errorf("%s imports %s, which is for tests and cmd", name, target)
			case !slices.Contains(may, target):
				t.Errorf("%s: %s may not import %s", name, room, target)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if rooms == 0 {
		t.Fatal("no file was looked at")
	}
}

// ruled are the files that hold a room's rules. They know words and days, and
// nothing of Slack, of the database, or of what is done later.
var ruled = []string{"lead/lead.go", "lead/name.go", "handoff/handoff.go", "qualification/qualification.go", "research/block.go"}

func TestRulesKnowNeitherSlackNorTheDatabase(t *testing.T) {
	for _, name := range ruled {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			imported, _ := strconv.Unquote(i.Path.Value)
			ours, _ := strings.CutPrefix(imported, "sopbot/internal/")
			if strings.Contains(imported, "slack-go") || imported == "database/sql" || slices.Contains([]string{"chat", "database", "outbox", "gateway"}, ours) {
				t.Errorf("%s holds rules, and imports %s", name, imported)
			}
		}
	}
}
