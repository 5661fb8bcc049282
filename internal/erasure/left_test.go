package erasure

import (
	"context"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/lead"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// noPosts is a Slack in which no message of the bot stands.
type noPosts struct{}

func (noPosts) EraseAbout(*database.Tx, string) (int, error) { return 0, nil }
func (noPosts) EraseTo(*database.Tx, string) (int, error)    { return 0, nil }
func (noPosts) Rewrite(*database.Tx, func(key, column, text string) string) (int, error) {
	return 0, nil
}

// kept is a database with a lead, and with what is kept besides by tables alone.
func kept(t *testing.T, db *database.DB) *Eraser {
	t.Helper()
	at := database.Millis
	if err := db.Write(t.Context(), func(tx *database.Tx) error {
		l := lead.Leads{Now: func() time.Time { return noon }}
		if _, _, err := l.Create(tx, lead.New{Name: lead.Name{Company: "Northwind", Contact: "Kim Lee"}, Owner: "U0SAM"}, "U0DANA", lead.FromCommand); err != nil {
			return err
		}
		for _, row := range [][]any{
			{"INSERT INTO outbox (id, kind, key, payload, due_at, run_at, state, lease, attempt, created_at, done_at, error) VALUES ($1, 'research.file', $2, $3, $4, $4, 'done', '', 1, $4, $4, '')",
				"f1", "research/file/U0SAM/D1/1-2", `{"Person":"U0SAM","Appointment":{"Title":"Research: Northwind (Kim Lee)","Notes":"Northwind (Kim Lee), due Mon"}}`, at(noon)},
			{"INSERT INTO outbox (id, kind, key, payload, due_at, run_at, state, lease, attempt, created_at, done_at, error) VALUES ($1, 'research.file', $2, $3, $4, $4, 'ready', '', 0, $4, NULL, '')",
				"f2", "research/file/U0RICK/list/1-2", `{"Person":"U0RICK","Appointment":{"Title":"Research: 2 leads","Notes":"Blue Kiln, due Mon\nNorthwind (Kim Lee), due Mon"}}`, at(noon)},
			{"INSERT INTO outbox (id, kind, key, payload, due_at, run_at, state, lease, attempt, created_at, done_at, error) VALUES ($1, 'research.file', $2, $3, $4, $4, 'ready', 'x', 1, $4, NULL, '')",
				"f3", "research/file/U0PRIYA/D2/1-2", `{"Person":"U0PRIYA","Appointment":{"Title":"Research: Northwind (Kim Lee)"}}`, at(noon.Add(-time.Hour))},
			{"INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ('q1', $1, 'U0SAM', 'C0SALES', 'mention', 'what would kim lee say', 'near', '[]', 'v')", at(noon.Add(time.Hour))},
			{"INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ('q2', $1, 'U0SAM', 'C0SALES', 'command', 'ask Kim Lee', 'near', '[]', 'v')", at(noon)},
			{"INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ('q3', $1, 'U0RICK', 'D0RICK', 'direct', 'no budget', 'near', '[]', 'v')", at(noon)},
			{"INSERT INTO shares (question, person, channel, page, section, at) VALUES ('q2', 'U0SAM', 'C0LEADS', 'p', 's', $1)", at(noon.Add(2 * time.Hour))},
		} {
			if _, err := tx.Exec(row[0].(string), row[1:]...); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return &Eraser{DB: db, Posts: noPosts{}, Now: func() time.Time { return noon.Add(24 * time.Hour) }, By: "the data desk"}
}

// everything is the text of what is kept.
func everything(t *testing.T, db *database.DB) string {
	t.Helper()
	var b strings.Builder
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := tx.Rows(table, func(values []any) error {
				for _, v := range values {
					if s, ok := v.(string); ok {
						b.WriteString(s + "\n")
					}
				}
				return nil
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file that is still to be brought loses the name, and one that was brought
// loses it in the outbox: it stands in Slack, which is said.
func TestFilesAndAnswersThatStayInSlackAreListed(t *testing.T) {
	for name, tc := range map[string]struct {
		who  string
		left []Left
		gone []string
	}{
		"of a lead": {"Northwind", []Left{
			{"a question and the answer that repeats it, in C0SALES", noon.Add(time.Hour)},
			{"a file for a calendar (research.ics), in the direct messages of U0SAM", noon},
			{"a file for a calendar (research.ics), in the direct messages of U0PRIYA", noon.Add(-time.Hour)},
		}, []string{"Kim Lee", "kim lee", "Northwind"}},
		"of a member of the team": {"U0SAM", []Left{
			{"an answer that they shared, under their name, in C0LEADS", noon.Add(2 * time.Hour)},
			{"a question and the answer that repeats it, in C0SALES", noon.Add(time.Hour)},
			{"a file for a calendar (research.ics), in the direct messages of U0SAM", noon},
		}, []string{"U0SAM", "what would kim lee say"}},
		"of somebody who left nothing": {"U0DANA", nil, []string{"U0DANA"}},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
				e := kept(t, open())
				whom, err := e.Find(t.Context(), tc.who)
				if err != nil {
					t.Fatal(err)
				}
				for _, dry := range []bool{true, false} {
					r, err := e.Erase(t.Context(), whom, nil, dry)
					if err != nil {
						t.Fatal(err)
					}
					if len(r.Left) != len(tc.left) {
						t.Fatalf("dry %v: left is %v", dry, r.Left)
					}
					for i, l := range r.Left {
						if l.What != tc.left[i].What || !l.At.Equal(tc.left[i].At) {
							t.Errorf("dry %v: %v is left, want %v", dry, l, tc.left[i])
						}
					}
				}
				whole := everything(t, e.DB)
				for _, needle := range tc.gone {
					if strings.Contains(whole, needle) {
						t.Errorf("%q is still there:\n%s", needle, whole)
					}
				}
				if !strings.Contains(whole, "Blue Kiln, due Mon") {
					t.Errorf("what others are to get went, too:\n%s", whole)
				}
			})
		})
	}
}

// Whoever writes later what was asked before asks when the last erasure was.
func TestTheLastErasureIsKnown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		e := kept(t, open())
		since := func(after time.Time) (at time.Time, person bool) {
			t.Helper()
			if err := e.DB.Read(t.Context(), func(tx *database.Tx) (err error) {
				at, person, err = Since(tx, after)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return at, person
		}
		if at, _ := since(time.UnixMilli(0)); !at.IsZero() {
			t.Errorf("before any, there was one at %v", at)
		}
		for i, who := range []string{"U0SAM", "Northwind"} {
			e.Now = func() time.Time { return noon.Add(time.Duration(i) * time.Hour) }
			whom, err := e.Find(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := e.Erase(t.Context(), whom, nil, false); err != nil {
				t.Fatal(err)
			}
		}
		for after, want := range map[time.Time]struct {
			at     time.Time
			person bool
		}{
			noon.Add(-time.Minute):  {noon.Add(time.Hour), true},
			noon.Add(time.Minute):   {noon.Add(time.Hour), false},
			noon.Add(2 * time.Hour): {},
		} {
			if at, person := since(after); !at.Equal(want.at) || person != want.person {
				t.Errorf("after %v: %v, %v", after, at, person)
			}
		}
	})
}

// A company may be called like a word that everybody uses: it is said where it
// stands, and stays there if somebody wants so.
func TestACommonWordIsSaidAndCanBeKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		e := kept(t, open())
		if err := e.DB.Write(t.Context(), func(tx *database.Tx) error {
			l := lead.Leads{Now: func() time.Time { return noon }}
			if _, _, err := l.Create(tx, lead.New{Name: lead.Name{Company: "Next", Contact: "Will May"}, Owner: "U0SAM"}, "U0DANA", lead.FromCommand); err != nil {
				return err
			}
			for i, words := range []string{"Next wants it cheaper", "what is the next step after a demo that went on and on, and on", "NEXT?", "ask Will May"} {
				if _, err := tx.Exec("INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ($1, 1, 'U0RICK', 'C0SALES', 'command', $2, 'near', '[]', 'v')", "n"+string(rune('0'+i)), words); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		whom, err := e.Find(t.Context(), "Next")
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Erase(t.Context(), whom, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Words) != 2 || r.Words[0].Places != 3 || !r.Words[0].Small || r.Words[0].Such != "what is the next step after a demo that went o…" || r.Words[1] != (Word{"Will May", 1, "ask Will May", false}) {
			t.Errorf("it says %+v", r.Words)
		}
		e.Keep = []string{" next"}
		if r, err = e.Erase(t.Context(), whom, nil, false); err != nil {
			t.Fatal(err)
		}
		whole := everything(t, e.DB)
		for _, stays := range []string{"Next wants it cheaper", "what is the next step", "NEXT?", "ask [erased]"} {
			if !strings.Contains(whole, stays) {
				t.Errorf("%q is gone", stays)
			}
		}
		if len(r.Words) != 1 || strings.Contains(whole, "Will May") {
			t.Errorf("it says %+v", r.Words)
		}
		if _, err := e.Find(t.Context(), "Next"); err == nil {
			t.Error("the lead is there still")
		}
	})
}

// An erasure goes through what a team has kept for years, however long that
// takes: a server's usual patience with a transaction is not its own.
func TestAnErasureTakesTheTimeThatItNeeds(t *testing.T) {
	e := kept(t, dbtest.Open(t, dbtest.Postgres(t)))
	hasty := database.Longer(t.Context(), 300*time.Millisecond)
	slow := "SELECT pg_sleep(1)"
	if err := e.DB.Write(hasty, func(tx *database.Tx) error {
		_, err := tx.Exec(slow)
		return err
	}); err == nil {
		t.Error("any transaction has that long")
	}
	e.Posts = slowPosts{slow: slow}
	whom, err := e.Find(t.Context(), "Northwind")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Erase(hasty, whom, nil, false); err != nil {
		t.Error(err)
	}
}

type slowPosts struct {
	noPosts
	slow string
}

func (p slowPosts) Rewrite(tx *database.Tx, _ func(key, column, text string) string) (int, error) {
	_, err := tx.Exec(p.slow)
	return 0, err
}
