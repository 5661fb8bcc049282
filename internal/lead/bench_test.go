package lead

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/roster"
)

// BenchmarkTypeAhead is what a select for leads offers after a letter or a few,
// over 50,000 leads.
func BenchmarkTypeAhead(b *testing.B) {
	for _, on := range []string{"SQLite", "PostgreSQL"} {
		b.Run(on, func(b *testing.B) {
			target := filepath.Join(b.TempDir(), "db")
			if on == "PostgreSQL" {
				target = dbtest.Postgres(b)
			}
			db := dbtest.Open(b, target)
			l := &Leads{DB: db, Now: time.Now, Log: slog.New(slog.DiscardHandler), Posts: quiet{},
				Roster: &roster.Roster{DB: db, Roles: func() map[string][]string { return nil }, Zone: func() *time.Location { return time.UTC }, Now: time.Now,
					Log: slog.New(slog.DiscardHandler), Slack: nobody{}}}
			if err := l.Roster.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			fillWith(b, l, 50_000)
			for _, typed := range []string{"", "n", "north", "freight lee", "qqq"} {
				b.Run(fmt.Sprintf("%q", typed), func(b *testing.B) {
					for b.Loop() {
						if _, err := l.Suggest(context.Background(), chat.Suggestion{Origin: chat.Origin{Person: "U7"}, Typed: typed}); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// nobody is a Slack that knows everyone by their ID.
type nobody struct{}

func (nobody) Profile(_ context.Context, id string) (chat.Profile, error) {
	return chat.Profile{ID: id, Name: "Person " + id}, nil
}
func (nobody) Group(context.Context, string) ([]string, error) { return nil, nil }

func fillWith(b *testing.B, l *Leads, n int) {
	b.Helper()
	companies := []string{"Northwind", "Blue Kiln", "Contoso", "Larch", "Ridge", "Ørsted", "Quay", "Pine", "Harbour", "Delta"}
	trades := []string{"Freight", "Bakery", "Labs", "Foods", "Energy", "Print", "Tools"}
	contacts := []string{"Kim Lee", "Jo Park", "Ana Ruiz", "Max Horn", "Li Wei", "Sam Okafor"}
	for done := 0; done < n; {
		if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
			for range min(5000, n-done) {
				name := Name{Company: fmt.Sprintf("%s %s %d", companies[done%10], trades[done%7], done), Contact: contacts[done%6]}
				lead := Lead{ID: database.NewID(), Name: name, Owner: fmt.Sprintf("U%d", done%40), Turn: 1, Status: Open, CreatedBy: "U1",
					CreatedAt: time.UnixMilli(int64(done)), ChangedAt: time.UnixMilli(int64(done * 7 % n))}
				if _, err := insert(tx, lead); err != nil {
					return err
				}
				done++
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}
}
