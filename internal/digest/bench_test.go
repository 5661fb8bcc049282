package digest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/lead"
)

// BenchmarkWeekly builds a weekly digest over a million events: five weeks of a
// team of two hundred that does everything much too often.
func BenchmarkWeekly(b *testing.B) {
	for _, on := range []string{"SQLite", "PostgreSQL"} {
		b.Run(on, func(b *testing.B) {
			target := filepath.Join(b.TempDir(), "db")
			if on == "PostgreSQL" {
				target = dbtest.Postgres(b)
			}
			s := open(b, dbtest.Open(b, target), settings)
			n := 1_000_000
			if os.Getenv("EVENTS") != "" {
				_, _ = fmt.Sscan(os.Getenv("EVENTS"), &n)
			}
			crowd(b, s, n)
			at := berlin(27, 9, 0)
			s.fixed = at
			b.ReportAllocs()
			for b.Loop() {
				if err := s.db.Read(context.Background(), func(tx *database.Tx) error {
					r, err := s.report(tx, Weekly, "UBERLIN", at, s.times("UBERLIN").period(Weekly, at, false))
					if err == nil && len(s.message(r).Blocks) < 10 {
						b.Error("the digest says too little")
					}
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd fills the tables: of every twenty events one is a handoff, two are
// scorecards, two timed actions, two questions.
func crowd(b *testing.B, s *shop, n int) {
	b.Helper()
	end := berlin(27, 9, 0)
	every := 35 * 24 * time.Hour / time.Duration(n)
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	kinds := []string{"lead.assigned", "lead.qualified", "handoff.sent", "handoff.accepted", "handoff.declined", "research.done", "handoff.asked", "lead.reassigned"}
	for done := 0; done < n; {
		must(s.db.Write(context.Background(), func(tx *database.Tx) error {
			exec := map[string]*database.Stmt{}
			do := func(query string, args ...any) {
				if exec[query] == nil {
					p, err := tx.Prepare(query)
					must(err)
					exec[query] = p
				}
				_, err := exec[query].Exec(args...)
				must(err)
			}
			for range min(20_000, n-done) {
				done++
				id, at := fmt.Sprintf("%09d", done), database.Millis(end.Add(-every*time.Duration(n-done)))
				person, label := fmt.Sprintf("U%03d", done%200), fmt.Sprint("Action ", done%7)
				do("INSERT INTO events (id, at, kind, person, origin, lead, subject, detail) VALUES ($1, $2, $3, $4, 'click', $5, $5, '{}')", id, at, kinds[done%len(kinds)], person, "lead/"+id)
				switch done % 20 {
				case 0:
					name := lead.Name{Company: "Shop " + id}
					status, leadStatus := "accepted", "accepted"
					var by, when, reason any = "UAE", at + 3_600_000, nil
					switch done / 20 % 5 {
					case 0:
						status, leadStatus, reason = "declined", "returned", "far"
					case 1:
						if done > n-n/50 {
							status, leadStatus, by, when = "waiting", "handed_off", nil, nil
						}
					}
					do(`INSERT INTO leads (id, company, contact, identity, search, website, owner, turn, status, created_by, created_at, changed_at)
						VALUES ($1, $2, '', $3, $2, '', $4, 1, $5, $4, $6, $6)`, id, name.Company, name.Identity(), person, leadStatus, at)
					do(`INSERT INTO handoffs (id, key, lead, sender, ae, turn, status, sent_at, decided_by, decided_at, reason, coaching, form, playbook, answers, context)
						VALUES ($1, $1, $1, $2, 'UAE', 1, $3, $4, $5, $6, $7, $7, 'handoff', '1', '{}', '{"reasons":[{"id":"far","label":"Too far"}]}')`,
						id, person, status, at, by, when, reason)
					for k := range 2 {
						do(`INSERT INTO qualifications (id, key, lead, revision, person, at, framework, playbook, scores, confirmed, criteria, need, passed, missing)
							VALUES ($1, $1, $2, $3, $4, $5, 'crumb', '1', '{}', 2, 3, 2, 1, '["street"]')`, id+fmt.Sprint(k), id, k+1, person, at+int64(k))
					}
				case 5, 15:
					state, ended := "done", any(at+3_600_000)
					if done > n-200_000 && done/20%10 == 0 {
						state, ended = "open", nil
					}
					do(`INSERT INTO deadlines (id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook, subject, start_key, lead, title,
						person, turn, started_at, counted_from, due_at, state, snoozed_until, handled_until, repeated, bell, ended_at, ended_by, late_ms, generation)
						VALUES ($1, 'tasting', 'T', $2, $2, 'lead.assigned', 'owner', '2h', '[]', '', 0, 'button', '1', $3, $1, '', 'Shop', $4, 1, $5, $5, $5, $6, 0, 0, 0, 1, $7, '', 0, 0)`,
						id, label, "lead/"+id, person, at, state, ended)
				case 7, 17:
					do(`INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ($1, $2, $3, 'C', 'command', $4, $5, '[]', '1')`,
						id, at, person, fmt.Sprint("question ", done%997), []string{"answered", "nothing"}[done/20%2])
				}
			}
			for _, p := range exec {
				must(p.Close())
			}
			return nil
		}))
	}
	if s.db.Dialect() == database.PostgreSQL {
		must(s.db.Write(context.Background(), func(tx *database.Tx) error { _, err := tx.Exec("ANALYZE"); return err }))
	}
}
