package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

// startKeeping runs a bot on a clock that is pushed, whose playbook keeps
// everything for 60 days, but the trail for 90.
func startKeeping(t *testing.T, target string) (*slacksim.Slack, *bot, func(time.Duration)) {
	t.Helper()
	sixty, err := playbook.ParseSpan("60d")
	if err != nil {
		t.Fatal(err)
	}
	ninety, err := playbook.ParseSpan("90d")
	if err != nil {
		t.Fatal(err)
	}
	clock := &demoClock{}
	clock.Push(time.Until(tuesday))
	slack, b := startBotWith(t, slacksim.Options{Now: clock.Now, AckTimeout: 20 * time.Second, TriggerLife: 20 * time.Second}, func(b *bot) {
		b.now, b.Database, b.delays = clock.Now, target, calmDelays
		team := b.settings
		b.settings = func(s *playbook.Settings) {
			team(s)
			s.Retention = playbook.Retention{Questions: sixty, Leads: sixty, Messages: sixty, Audit: ninety}
		}
	})
	slack.Patience = 20 * time.Second
	return slack, b, pusher(t, clock, slack, b)
}

// howMany counts rows.
func howMany(t *testing.T, b *bot, query string, args ...any) (n int) {
	t.Helper()
	if err := b.db.Read(t.Context(), func(tx *database.Tx) error {
		_, err := tx.Row(query, args, &n)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is older than the playbook wants it kept goes, once a day; what is still
// worked on stays, however old it is.
func TestWhatIsTooOldIsRemoved(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func() string{
		"SQLite":     func() string { return filepath.Join(t.TempDir(), "sopbot.db") },
		"PostgreSQL": func() string { return dbtest.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			slack, b, push := startKeeping(t, target())
			sam, alex, dana := slack.As("sam").In("#sales"), slack.As("alex"), slack.As("dana").In("#sales")
			now := func() time.Time { return b.now() }
			send := func(lead string) *slacksim.Card {
				sam.Slash("/handoff")
				m := sam.Modal()
				m.Fill("… or a new one: Lead", lead).Pick("Account executive", "@alex").Fill("Main pain, in the prospect's words", "Much").
					Pick("Does the contact have budget authority?", "Yes").Fill("What do they need to be able to do?", "More").
					Fill("When does the project start?", now().AddDate(0, 0, 60).Format("2006-01-02")).Submit()
				m.WaitFor("Step 2 of 2")
				m.Fill("Discovery call, in the AE's calendar", now().Add(48*time.Hour).Format("2006-01-02 15:04")).Submit()
				m.WaitFor("is on its way")
				m.Close()
				return alex.WaitFor("hands " + lead + " over to you")
			}
			over := send("Old Mill")
			over.Click("Accept")
			over.WaitFor("Accepted")
			send("Waiting Bay")
			dana.Slash("/lead assign @sam Open Field")
			dana.Slash("/sop how do I hand off")
			settled(t, b.db, time.Minute)
			await(t, "the question to be kept", func() bool { return howMany(t, b, "SELECT count(*) FROM questions") == 1 })
			old := one[string](t, b, "SELECT id FROM leads WHERE company = 'Old Mill'")
			done := one[string](t, b, "SELECT id FROM handoffs WHERE lead = $1", old)
			untilRun := func(what string) {
				t.Helper()
				day := playbook.DateOf(b.now().In(b.shelf.InForce().Settings.Timezone))
				deadline := time.Now().Add(time.Minute)
				for howMany(t, b, "SELECT count(*) FROM outbox WHERE key = $1 AND state = 'done'", "retention/"+day.String()) == 0 {
					if time.Now().After(deadline) {
						t.Fatalf("%s: nothing ran on %s", what, day)
					}
					time.Sleep(10 * time.Millisecond)
					b.wake()
				}
			}

			// Nothing is too old yet. The clocks that run about Old Mill end.
			push(58 * 24 * time.Hour)
			untilRun("before")
			if n := howMany(t, b, "SELECT count(*) FROM leads"); n != 3 {
				t.Errorf("after 58 days there are %d leads", n)
			}
			if n := howMany(t, b, "SELECT count(*) FROM questions"); n != 1 {
				t.Errorf("after 58 days there are %d questions", n)
			}
			if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
				_, err := b.features.deadlines.Close(tx, "handoff/"+done)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			dana.Slash("/sop what is a champion")
			settled(t, b.db, time.Minute)
			await(t, "the other question to be kept", func() bool { return howMany(t, b, "SELECT count(*) FROM questions") == 2 })

			push(4 * 24 * time.Hour)
			untilRun("after")
			for table, query := range map[string]string{"leads": "SELECT count(*) FROM leads WHERE id = $1", "facts": "SELECT count(*) FROM lead_facts WHERE lead = $1",
				"handoffs": "SELECT count(*) FROM handoffs WHERE lead = $1", "deadlines": "SELECT count(*) FROM deadlines WHERE lead = $1",
				"words in the trail": "SELECT count(*) FROM events WHERE lead = $1 AND detail <> '{}'"} {
				if n := howMany(t, b, query, old); n != 0 {
					t.Errorf("%s of the lead that is over: %d are left", table, n)
				}
			}
			if n := howMany(t, b, "SELECT count(*) FROM posts WHERE key LIKE $1 OR key LIKE $2", "lead/"+old+"/%", "handoff/"+done+"/%"); n != 0 {
				t.Errorf("%d messages about it are known still", n)
			}
			if n := howMany(t, b, "SELECT count(*) FROM events WHERE lead = $1", old); n == 0 {
				t.Error("its trail went, which is kept for longer")
			}
			if n := howMany(t, b, "SELECT count(*) FROM leads WHERE company IN ('Waiting Bay', 'Open Field')"); n != 2 {
				t.Errorf("%d of the two that are open are left", n)
			}
			if got := one[string](t, b, "SELECT words FROM questions"); got != "what is a champion" {
				t.Errorf("the question that is left is %q", got)
			}
			page := metricsOf(t, b)
			has(t, "the metrics", page, `sopbot_retention_removed_total{what="leads"} 1`, `sopbot_retention_removed_total{what="questions"} 1`)

			push(35 * 24 * time.Hour)
			untilRun("the trail")
			if n := howMany(t, b, "SELECT count(*) FROM events WHERE lead = $1", old); n != 0 {
				t.Errorf("%d entries of its trail are left after 97 days", n)
			}
			if n := howMany(t, b, "SELECT count(*) FROM events e JOIN leads l ON l.id = e.lead WHERE l.company = 'Waiting Bay'"); n == 0 {
				t.Error("the trail of a lead that is open went")
			}
			// It goes on: once a day, and the next is planned.
			if n := howMany(t, b, "SELECT count(*) FROM outbox WHERE kind = 'retention.run' AND state = 'ready'"); n != 1 {
				t.Errorf("%d next times are planned", n)
			}
		})
	}
}

// Much that is old goes in small transactions, between which others have their
// turn.
func TestMuchIsRemovedInSmallBatches(t *testing.T) {
	t.Parallel()
	slack, b, push := startKeeping(t, filepath.Join(t.TempDir(), "sopbot.db"))
	slack.WaitConnected(2)
	const many = 25_000
	at := database.Millis(b.now().AddDate(0, 0, -300))
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		insert, err := tx.Prepare("INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ($1, $2, 'U1', 'C1', 'command', 'w', 'nothing', '[]', '')")
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range many {
			if _, err := insert.Exec(fmt.Sprint(i), at+int64(i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	push(24 * time.Hour)
	deadline := time.Now().Add(2 * time.Minute)
	for howMany(t, b, "SELECT count(*) FROM questions") > 0 {
		if time.Now().After(deadline) {
			t.Fatalf("%d questions are left", howMany(t, b, "SELECT count(*) FROM questions"))
		}
		push(2 * time.Second)
		time.Sleep(20 * time.Millisecond)
	}
	has(t, "the metrics", metricsOf(t, b), fmt.Sprintf(`sopbot_retention_removed_total{what="questions"} %d`, many))
}

// metricsOf gives what /metrics would.
func metricsOf(t *testing.T, b *bot) string {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var page strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			fmt.Fprintf(&page, "%s{%s} %.0f\n", f.GetName(), strings.Join(labels, ","), m.GetCounter().GetValue()+m.GetGauge().GetValue())
		}
	}
	return page.String()
}
