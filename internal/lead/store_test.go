package lead

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// notebook takes the place of Slack's messages.
type notebook map[string]note

type note struct {
	channel string
	chat.Message
}

func (n notebook) Put(_ *database.Tx, key, channel string, m chat.Message) error {
	n[key] = note{channel, m}
	return nil
}

func (n notebook) Change(_ *database.Tx, key string, m chat.Message) (bool, error) {
	old, there := n[key]
	if there {
		n[key] = note{old.channel, m}
	}
	return there, nil
}

func (n notebook) Permalink(context.Context, string) (string, error) { return "", errQuiet }

// leadsOn makes a Leads on a database, with a playbook that names no roles.
func leadsOn(t testing.TB, db *database.DB) (*Leads, notebook) {
	t.Helper()
	pb, problems, err := playbook.Load(fstest.MapFS{"a.md": {Data: []byte("# A page\n")}}, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	shelf := &playbook.Shelf{}
	shelf.Use(pb)
	book := notebook{}
	now := noon
	l := &Leads{DB: db, Posts: book, Shelf: shelf, Now: func() time.Time { now = now.Add(time.Second); return now }, Log: slog.New(slog.DiscardHandler),
		Roster: &roster.Roster{DB: db, Roles: func() map[string][]string { return nil }, Zone: func() *time.Location { return time.UTC }, Now: func() time.Time { return noon },
			Log: slog.New(slog.DiscardHandler), Slack: nobody{}}}
	if db != nil {
		if err := l.Roster.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return l, book
}

func write(t testing.TB, db *database.DB, do func(tx *database.Tx) error) {
	t.Helper()
	if err := db.Write(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

func TestALeadIsThereOnceAndGoesFromHandToHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		l, book := leadsOn(t, db)
		var told []string
		l.OnEvent = func(_ *database.Tx, e Event) error { told = append(told, e.Kind); return nil }
		var first Lead
		write(t, db, func(tx *database.Tx) (err error) {
			var created bool
			if first, created, err = l.Assign(tx, New{Name: Name{"Acme, Inc.", "Jane"}, Website: "https://acme.example", Owner: "U1"}, "U9", FromCommand); err != nil || !created {
				t.Errorf("created = %v, %v", created, err)
			}
			return err
		})
		write(t, db, func(tx *database.Tx) error {
			again, created, err := l.Assign(tx, New{Name: Name{"ACME", "jane"}, Owner: "U2"}, "U9", FromCommand)
			if created || again.ID != first.ID || again.Owner != "U1" {
				t.Errorf("the same lead again: %+v, created = %v", again, created)
			}
			return err
		})
		write(t, db, func(tx *database.Tx) error {
			after, err := l.Reassign(tx, first, "U2", "U9", FromForm)
			if after.Owner != "U2" || after.Turn != 2 {
				t.Errorf("reassigned: %+v", after)
			}
			return err
		})
		// The second of two quick clicks knows the lead as it was.
		if err := db.Write(context.Background(), func(tx *database.Tx) error {
			_, err := l.Reassign(tx, first, "U3", "U9", FromForm)
			return err
		}); !errors.Is(err, ErrTaken) {
			t.Errorf("the second click: %v", err)
		}
		if got, want := fmt.Sprint(told[:4]), "[lead.created lead.assigned lead.reassigned lead.assigned]"; got != want {
			t.Errorf("events: %s, want %s", got, want)
		}
		for key, want := range map[string]note{
			"lead/" + first.ID + "/card/1": {channel: "U1", Message: chat.Say("<@U2>’s now")},
			"lead/" + first.ID + "/gone/1": {channel: "U1", Message: chat.Say("<@U2>’s now")},
			"lead/" + first.ID + "/card/2": {channel: "U2", Message: chat.Say("<@U9> gave you the lead")},
		} {
			if got := book[key]; got.channel != want.channel || !strings.Contains(got.Text, want.Text) {
				t.Errorf("%s: %q to %s, want %q to %s", key, got.Text, got.channel, want.Text, want.channel)
			}
		}
		if err := db.Read(context.Background(), func(tx *database.Tx) error {
			trail, err := trailOf(tx, first.ID, 10)
			if len(trail) != 4 || trail[0].kind != "lead.assigned" || trail[0].origin != FromForm || trail[3].origin != FromCommand || trail[3].person != "U9" {
				t.Errorf("the trail: %+v", trail)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{"UPDATE events SET person = 'U0'", "DELETE FROM events"} {
			if err := db.Write(context.Background(), func(tx *database.Tx) error { _, err := tx.Exec(change); return err }); err == nil {
				t.Errorf("%s went through", change)
			}
		}
	})
}

func TestFactsAreReplacedBySourceAndKeepTheTimeOfWhatWasSaidAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		l, _ := leadsOn(t, db)
		var of Lead
		known := func() (k Known) {
			if err := db.Read(context.Background(), func(tx *database.Tx) (err error) { k, err = l.Known(tx, of); return err }); err != nil {
				t.Fatal(err)
			}
			return k
		}
		write(t, db, func(tx *database.Tx) (err error) {
			of, _, err = l.Create(tx, New{Name: Name{"Acme", ""}, Owner: "U1"}, "U1", FromForm)
			return err
		})
		write(t, db, func(tx *database.Tx) error {
			return l.Learn(tx, of.ID, "U1", SourceQualification, form.Answers{"pain": form.Text("Old <!channel>"), "champion": form.Text("Kim"),
				"lead": form.Lead(of.ID, "Acme"), "half": {Type: playbook.FieldMoney, Text: "12?", Raw: true}})
		})
		first := known()[SourceQualification]
		if len(first) != 2 || first["pain"].Text != "Old <!channel>" {
			t.Errorf("known: %+v", first)
		}
		write(t, db, func(tx *database.Tx) error {
			return l.Learn(tx, of.ID, "U2", SourceQualification, form.Answers{"pain": form.Text("New"), "metrics": form.Text("7"), "champion": form.Text("Kim")})
		})
		again := known()[SourceQualification]
		if again["pain"].Text != "New" || !again["pain"].At.After(first["pain"].At) {
			t.Errorf("what changed: %+v", again["pain"])
		}
		if !again["champion"].At.Equal(first["champion"].At) {
			t.Error("what was said again counts as new")
		}
		write(t, db, func(tx *database.Tx) error {
			return l.Learn(tx, of.ID, "U2", SourceQualification, form.Answers{"pain": form.Text("New")})
		})
		if rest := known()[SourceQualification]; len(rest) != 1 {
			t.Errorf("what is no longer said stays: %+v", rest)
		}
		if own := known()[SourceLead]; own["company"].Text != "Acme" || len(own) != 1 {
			t.Errorf("the lead's own: %+v", own)
		}
	})
}

func TestLeadsAreFoundByTheirWords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		l, _ := leadsOn(t, db)
		write(t, db, func(tx *database.Tx) error {
			for _, n := range []Name{{"Northwind Freight", "Kim Lee"}, {"North 100% Bread", ""}, {"Great Northern", "Jo"}, {"Ørsted_x", ""}, {"晨光面包", "王芳"}, {"Mine up north", ""}} {
				owner := "U1"
				if strings.HasPrefix(n.Company, "Mine") {
					owner = "U2"
				}
				if _, _, err := l.Create(tx, New{Name: n, Owner: owner}, "U1", FromForm); err != nil {
					return err
				}
			}
			return nil
		})
		for name, tc := range map[string]struct {
			typed string
			want  string
		}{
			"one's own first, then how names begin, then the rest": {"north", "Mine up north|North 100% Bread|Northwind Freight|Great Northern"},
			"words in any order":     {"lee FREIGHT", "Northwind Freight"},
			"company and contact":    {"northwind freight (kim", "Northwind Freight"},
			"four words":             {"north wind kim lee", "Northwind Freight"},
			"a percent sign is one":  {"0%", "North 100% Bread"},
			"an underscore is one":   {"d_x", "Ørsted_x"},
			"… and no joker":         {"n_rth", ""},
			"capitals beyond ASCII":  {"ØRS", "Ørsted_x"},
			"Chinese, in the middle": {"面包", "晨光面包"},
			"nobody is called so":    {"qqq", ""},
			"signs":                  {"'; DROP TABLE leads; --", ""},
		} {
			t.Run(name, func(t *testing.T) {
				if err := db.Read(context.Background(), func(tx *database.Tx) error {
					found, err := matching(tx, tc.typed, "U2", 25)
					var names []string
					for _, l := range found {
						names = append(names, l.Company)
					}
					if got := strings.Join(names, "|"); got != tc.want {
						t.Errorf("%q finds %s, want %s", tc.typed, got, tc.want)
					}
					return err
				}); err != nil {
					t.Fatal(err)
				}
			})
		}
		if err := db.Read(context.Background(), func(tx *database.Tx) error {
			all, err := matching(tx, " ", "U2", 25)
			if len(all) != 6 || all[0].Owner != "U2" {
				t.Errorf("without a word there are %d, the first of %s", len(all), all[0].Owner)
			}
			few, err2 := matching(tx, "n", "U2", 2)
			if len(few) != 2 {
				t.Errorf("at most two are %d", len(few))
			}
			return errors.Join(err, err2)
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDraftsAreKeptForADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		now := noon
		d := Drafts{DB: open(), Now: func() time.Time { return now }}
		if err := d.Save("k", form.Answers{"a": form.Text("1")}); err != nil {
			t.Fatal(err)
		}
		if err := d.Save("k", form.Answers{"a": form.Text("2")}); err != nil {
			t.Fatal(err)
		}
		if a, err := d.Load("k"); err != nil || a["a"].Text != "2" {
			t.Errorf("%v, %v", a, err)
		}
		now = now.Add(25 * time.Hour)
		if err := d.Save("other", form.Answers{}); err != nil {
			t.Fatal(err)
		}
		if a, err := d.Load("k"); err != nil || len(a) != 0 {
			t.Errorf("after a day: %v, %v", a, err)
		}
	})
}
