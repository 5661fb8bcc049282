package erasure

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// marks are the texts that no person wrote: keys, what the schema or the
// playbook names, who and what Slack and leads are called (a feature forgets
// these itself).
var marks = map[string][]string{
	"received":          {"key"},
	"questions":         {"id", "person", "channel", "via", "verdict", "results", "playbook"},
	"openings":          {"id", "person", "question", "page", "section"},
	"ratings":           {"question", "person", "page", "section"},
	"shares":            {"question", "person", "channel", "page", "section"},
	"outbox":            {"id", "kind", "key", "state", "lease"},
	"posts":             {"key", "id", "channel", "state", "place", "ts"},
	"people":            {"id", "handle", "name", "zone"},
	"group_members":     {"user_group", "person"},
	"leads":             {"id", "company", "contact", "identity", "search", "website", "owner", "status", "created_by"},
	"lead_facts":        {"lead", "source", "field", "person"},
	"events":            {"id", "kind", "person", "origin", "lead", "subject"},
	"drafts":            {"key"},
	"qualifications":    {"id", "key", "lead", "person", "framework", "playbook", "missing"},
	"handoffs":          {"id", "key", "lead", "sender", "ae", "status", "decided_by", "reason", "form", "playbook"},
	"handoff_questions": {"handoff", "asked_by", "answered_by"},
	"deadlines": {"id", "page", "page_title", "action", "label", "event", "who", "span", "remind", "escalate", "done_with", "playbook", "subject", "start_key",
		"lead", "person", "state", "ended_by"},
	"deadline_tellings": {"deadline", "person", "listed"},
	"deadline_lists":    {"list", "deadline"},
	"reports":           {"id", "deadline", "form", "playbook", "person", "submission"},
	"editions":          {"version"},
	"digests":           {"person", "kind", "day", "last_day"},
	"erasures":          {"id", "person", "kind"},
}

// Whoever adds a column of text says whether people's words are in it: a name
// that is to be erased would stay there otherwise.
func TestEveryColumnOfTextIsKnown(t *testing.T) {
	db := dbtest.Open(t, filepath.Join(t.TempDir(), "sopbot.db"))
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		tables, err := tx.Tables()
		for _, table := range tables {
			for _, c := range table.Columns {
				isWords, isMark := slices.Contains(words[table.Name], c.Name), slices.Contains(marks[table.Name], c.Name)
				if c.Kind == database.Text && isWords == isMark {
					t.Errorf("%s.%s: does it hold what people wrote? Then it belongs into words (names.go), otherwise into marks, above", table.Name, c.Name)
				}
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestNamesAreFoundAsTheyStand(t *testing.T) {
	s := spell([]string{"Kim Lee", "R&D *North*", "kim@north.example", "李", "李明中", "Jo"})
	for name, tc := range map[string]struct{ in, want string }{
		"as it is":                    {"ask Kim Lee.", "ask [erased]."},
		"in another case":             {"ASK KIM LEE", "ASK [erased]"},
		"over a line":                 {"ask Kim\n Lee", "ask [erased]"},
		"over a wide blank":           {"ask Kim\u3000Lee, or Kim\u2003Lee", "ask [erased], or [erased]"},
		"twice":                       {"Kim Lee/Kim Lee", "[erased]/[erased]"},
		"not within a word":           {"Kimberley, Kim Leeson, Akim Lee", "Kimberley, Kim Leeson, Akim Lee"},
		"as Slack's text":             {"*" + chat.EscapeInline("R&D *North*") + "* is", "*[erased]* is"},
		"an address":                  {"<mailto:kim@north.example|mail>", "<mailto:[erased]|mail>"},
		"without blanks":              {"问李明中好", "问[erased]好"},
		"by itself":                   {"李明中", "[erased]"},
		"too short is not looked for": {"Jo and 李", "Jo and 李"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.erase(tc.in); got != tc.want {
				t.Errorf("%q becomes %q, want %q", tc.in, got, tc.want)
			}
		})
	}
}

func TestJSONIsLookedInto(t *testing.T) {
	s := spell([]string{"R&D Kim", "Acme \"North\""})
	for in, want := range map[string]string{
		`{"a":"x\nR\u0026D Kim","n":12345678901234567890}`: `{"a":"x\n[erased]","n":12345678901234567890}`,
		`["Acme \"North\" is","y"]`:                        `["[erased] is","y"]`,
		`{"b":1.50,"a":"nobody"}`:                          `{"b":1.50,"a":"nobody"}`,
		`{broken R&D Kim`:                                  `{broken [erased]`,
		`{"a":1} R&D Kim`:                                  `{"a":1} [erased]`,
	} {
		if got := inside(in, s.erase); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
	m := replaceMember("U0SAM", "UERASED1")
	for in, want := range map[string]string{
		`{"U0SAM":"<@U0SAM> and U0SAMUEL","x":"\nU0SAM"}`: `{"UERASED1":"somebody who was erased and U0SAMUEL","x":"\nUERASED1"}`,
		"digest/U0SAM/2026-11-25":                         "digest/UERASED1/2026-11-25",
		"<@U0SAM|sam>":                                    "somebody who was erased",
	} {
		if got := inside(in, m.erase); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}

// The quick look passes nothing over that the thorough one finds.
func TestTheQuickLookMissesNoName(t *testing.T) {
	for _, names := range [][]string{{"Kim Lee", "R&D *North*", "kim@north.example"}, {"Skift"}, {"李明中", "Kim Lee"}, {"O'Hara & Söhne"}, {"K. S."}, {"Ab Cd"}, {"ÄÖÜ"}} {
		s := spell(names)
		for _, text := range []string{"ask Kim Lee.", "ASK KIM\n LEE", `{"a":"x\nR\u0026D *North*"}`, "*" + chat.EscapeInline("R&D *North*") + "*", "<mailto:kim@north.example|x>", "问李明中好",
			"\u212aim Lee", "\u017fKIFT", "s\u212aift", `{"a":"O'HARA \u0026amp; S\u00f6hne","b":"O'Hara & Söhne"}`, "k. s. is", "ab cd", "äöü", "nothing", ""} {
			if after := inside(text, s.erase); after != text && !s.mayHold(text) {
				t.Errorf("%q: %q holds one, and was passed over", names, text)
			}
		}
	}
	if s := spell([]string{"Kim Lee"}); s.mayHold("nobody is in this") || spell(nil).mayHold("Kim Lee") {
		t.Error("a text without any name is looked through")
	}
}

// Whatever somebody is called, and whatever was written: the quick look misses
// nothing, JSON stays JSON, and no name is left where it stands as a word.
func FuzzErase(f *testing.F) {
	for _, name := range []string{"Kim Lee", "R&D *North*", "李明中", "O'Hara & Söhne", "K. S.", "Will", "\u212aim", "a\u00a0b c", "\\Q(x)\\E|", "ß Ltd", "I\u0307stanbul"} {
		for _, text := range []string{"ask Kim Lee.", `{"a":"R\u0026D *North*","Will":["will\nWILL",{"b":null}]}`, "问李明中好", "o'hara &amp; söhne", `["\u212aIM",1e9,"a b  C"]`, "(x)|", `{"a":"unfinished`} {
			f.Add(name, text)
		}
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		name, text = strings.ToValidUTF8(name, "?"), strings.ToValidUTF8(text, "?")
		s := spell([]string{name})
		after := inside(text, s.erase)
		if after != text && !s.mayHold(text) {
			t.Fatalf("%q stands in %q, and was passed over", name, text)
		}
		if json.Valid([]byte(text)) && !json.Valid([]byte(after)) {
			t.Fatalf("of %q without %q is left %q", text, name, after)
		}
		if s.find == nil || strings.Contains(strings.ToLower(chat.Erased), strings.ToLower(strings.TrimSpace(name))) {
			return
		}
		if plain := "\n" + strings.TrimSpace(name) + "\n"; s.erase(plain) == plain {
			t.Fatalf("%q is not found as it is", name)
		}
		if again := s.erase(s.erase(text)); again != s.erase(text) {
			t.Fatalf("%q is found in %q, out of which it was taken", name, s.erase(text))
		}
	})
}
