package digest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/handoff"
	"sopbot/internal/slacksim/schema"
)

// needing is a team in which everything needs its manager, on the 22nd at nine.
func needing(t testing.TB, s *shop) {
	t.Helper()
	history(t, s)
	if err := s.db.Write(context.Background(), func(tx *database.Tx) error {
		p := past{s, t, tx}
		for i := range 7 { // due on the 21st, from eleven on; every third was told
			of := p.assigned(fmt.Sprintf("Late %d", i), berlin(21, 9, i))
			if i%3 == 0 {
				_, err := tx.Exec("UPDATE deadlines SET escalated_at = $2 WHERE subject = $1", "lead/"+of.ID, database.Millis(berlin(21, 15, 0)))
				p.must(err)
			}
		}
		p.assigned("Today", berlin(22, 8, 0))
		ask := func(key, name string, at time.Time) {
			of := p.assigned(name, berlin(17, 9, 0))
			p.visited(of, berlin(17, 10, 0))
			p.handed(of, key, berlin(17, 12, 0), handoff.Waiting{})
			_, err := tx.Exec("UPDATE handoffs SET status = 'asked' WHERE key = $1", key)
			p.must(err)
			_, err = tx.Exec("INSERT INTO handoff_questions (handoff, number, asked_by, asked_at, question) VALUES ($1, 1, 'UAE', $2, 'Who signs?')", p.id(key), database.Millis(at))
			p.must(err)
		}
		ask("k1", "Asked on Friday", berlin(17, 15, 0))
		ask("k2", "Asked just now", berlin(22, 8, 50)) // leave them time
		for i := range 3 {
			of := p.assigned(fmt.Sprintf("Stuck %d", i), berlin(16, 9, i))
			p.visited(of, berlin(16, 10, 0))
			p.handed(of, fmt.Sprint("s", i), berlin(16, 12, i), handoff.Waiting{})
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatNeedsAManagerIsSortedByUrgency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, openDB func() *database.DB) {
		s := open(t, openDB(), settings)
		needing(t, s)
		at := berlin(22, 9, 0)
		read := func(skip, most int) (names []string, n int) {
			t.Helper()
			if err := s.db.Read(context.Background(), func(tx *database.Tx) error {
				needs, all, err := s.needs(tx, at, s.times("UBERLIN"), skip, most)
				for _, need := range needs {
					names = append(names, fmt.Sprint(need.Why, " ", need.Title))
				}
				n = all
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return names, n
		}
		want := []string{
			"0 Late 0", "0 Late 3", "0 Late 6", // managers were told
			"0 Late shop", "0 Late 1", "0 Late 2", "0 Late 4", "0 Late 5", // passed
			"1 Stuck 0", "1 Stuck 1", "1 Stuck 2", "2 Asked on Friday", // pressed by no clock
			"3 Far shop",             // declined too often
			"4 Today", "4 Slow shop", // due today
		}
		whole, n := read(0, 100)
		if diff := cmp.Diff(want, whole); diff != "" || n != len(want) {
			t.Errorf("%d needs (-want +got):\n%s", n, diff)
		}
		// Whatever a page holds, one after the other they are the whole.
		for size := 1; size <= len(want)+1; size++ {
			var pages []string
			for skip := 0; skip < len(want); skip += size {
				page, n := read(skip, size)
				if len(page) > size || n != len(want) {
					t.Errorf("%d on a page of %d, of %d in all", len(page), size, n)
				}
				pages = append(pages, page...)
			}
			if diff := cmp.Diff(want, pages); diff != "" {
				t.Errorf("pages of %d (-want +got):\n%s", size, diff)
			}
		}
		if beyond, n := read(1000, 15); len(beyond) != 0 || n != len(want) {
			t.Errorf("beyond the end there are %v, of %d", beyond, n)
		}
	})
}

func TestAPageIsNamedInAButton(t *testing.T) {
	for text, want := range map[string]string{
		"needs": "needs 0 0 0", "people 1 2": "people 1 2 0", "people 1 2 3": "people 1 2 3", "needs 0 0 99999999999": "needs 0 0 1048576",
		"": "", "nonsense": "", "people x": "", "people 1 2 -1": "", "needs\x00": "",
	} {
		l, ok := parseLeaf(text)
		if ok != (want != "") || ok && l.String() != want {
			t.Errorf("%q is read as %q, %v", text, l, ok)
		}
	}
}

// Two hundred people, each with everything, are read on in modals that Slack
// takes.
func TestListsFitAModal(t *testing.T) {
	s := open(t, dbtest.Open(t, t.TempDir()+"/db"), settings)
	at := berlin(22, 9, 0)
	s.fixed = at
	if err := s.db.Write(context.Background(), func(tx *database.Tx) error {
		for i := range 3000 {
			id := fmt.Sprintf("%06d", i)
			if _, err := tx.Exec(`INSERT INTO deadlines (id, page, page_title, action, label, event, who, span, remind, escalate, repeats, done_with, playbook, subject, start_key, lead, title,
				person, turn, started_at, counted_from, due_at, state, snoozed_until, handled_until, repeated, bell, ended_at, ended_by, late_ms, generation)
				VALUES ($1, 'tasting', 'T', $2, $3, 'lead.assigned', 'owner', '2h', '[]', '', 0, 'button', '1', $4, $1, '', $3, $5, 1, $6, $6, $6, 'open', 0, 0, 0, 1, NULL, '', 0, 0)`,
				id, fmt.Sprint("a", i%20), fmt.Sprintf("Something <!channel> & *long* that %0100d", i), "lead/"+id, fmt.Sprintf("U%03d", i%200), database.Millis(berlin(20, 9, 0))); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{listNeeds, listPeople, listActions, listReasons, listReviews} {
		for _, page := range []int{0, 1, 1 << 20} {
			view, err := s.listView(context.Background(), "UBERLIN", leaf{what, Span{berlin(20, 0, 0), at}, page}, "Noted.")
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(view)
			if err != nil {
				t.Fatal(err)
			}
			for _, wrong := range schema.Errors("modal", raw) {
				t.Errorf("Slack's types: %s", wrong)
			}
			if len(raw) > 200_000 || len(view.Blocks.BlockSet) > 100 || len(view.Blocks.BlockSet) < 2 {
				t.Errorf("page %d of %s: %d bytes, %d blocks", page, what, len(raw), len(view.Blocks.BlockSet))
			}
		}
	}
}
