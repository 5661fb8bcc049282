package digest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"sopbot/internal/answers"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
)

// berlin is a time of March 2000 as Berlin's clocks show it.
func berlin(day, hour, minute int) time.Time {
	return time.Date(2000, 3, day, hour-1, minute, 0, 0, time.UTC)
}

// past writes a team's history by the ways that people take.
type past struct {
	*shop
	t  testing.TB
	tx *database.Tx
}

func (p past) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// assigned is a lead with its clock.
func (p past) assigned(name string, at time.Time) lead.Lead {
	p.t.Helper()
	p.fixed = at
	of, _, err := p.leads.Past(at).Assign(p.tx, lead.New{Name: lead.Name{Company: name}, Owner: "USDR"}, "UBERLIN", lead.FromImport)
	p.must(err)
	p.must(p.Deadlines.Happened(p.tx, deadline.Happening{Event: playbook.EventLeadAssigned, At: at, Subject: "lead/" + of.ID, Key: of.ID, Lead: of.ID, Title: of.String(),
		Who: map[string]string{"owner": "USDR"}}))
	return of
}

func (p past) visited(of lead.Lead, at time.Time) {
	p.t.Helper()
	p.fixed = at
	_, err := p.Deadlines.DoneFor(p.tx, "lead/"+of.ID, deadline.Match{}, "USDR")
	p.must(err)
}

func (p past) handed(of lead.Lead, key string, at time.Time, s handoff.Status) {
	p.t.Helper()
	b := p.shelf.InForce()
	page, _ := b.Page(handoff.FormPage)
	on := handoff.Handoff{Key: key, Sender: "USDR", AE: "UAE", Sent: at, Status: s, Answers: form.Answers{"lead": form.Lead(of.ID, of.String()), "ae": form.User("UAE")}}
	on.Form, on.Playbook, on.Context = handoff.About(b, page)
	p.must(p.hands.Import(p.tx, on))
}

// id is that of the handoff of a key.
func (p past) id(key string) (id string) {
	p.t.Helper()
	_, err := p.tx.Row("SELECT id FROM handoffs WHERE key = $1", []any{key}, &id)
	p.must(err)
	return id
}

func (p past) declined(reason string, at time.Time) handoff.Declined {
	p.t.Helper()
	words, err := handoff.ParseWords("Ask how far it is first.")
	p.must(err)
	return handoff.Declined{By: "UAE", At: at, Reason: reason, Coaching: words}
}

func (p past) scored(of lead.Lead, key string, at time.Time, confirmed ...string) {
	p.t.Helper()
	b := p.shelf.InForce()
	page, err := qualification.Framework(b)
	p.must(err)
	scores := form.Scores{Lead: form.Lead(of.ID, of.String()), MainPain: "Stale bread", Criteria: map[string]form.Criterion{}}
	for _, c := range page.Framework.Criteria {
		scores.Criteria[c.ID] = form.Criterion{Standing: form.Unknown}
	}
	for _, id := range confirmed {
		scores.Criteria[id] = form.Criterion{Standing: form.Confirmed, Note: "seen"}
	}
	_, err = p.scores.Import(p.tx, qualification.Revision{Key: key, Person: "USDR", At: at, Framework: page.ID, Playbook: b.Version, Scores: scores, Result: form.Score(page.Framework, scores)})
	p.must(err)
}

func (p past) asked(id, words, verdict string, at time.Time) {
	p.t.Helper()
	_, err := p.tx.Exec(`INSERT INTO questions (id, at, person, channel, via, words, verdict, results, playbook) VALUES ($1, $2, 'USDR', 'C1', 'command', $3, $4, '[]', '1')`,
		id, database.Millis(at), words, verdict)
	p.must(err)
}

// history is two days of a team, the 20th and 21st, and what was before.
func history(t testing.TB, s *shop) {
	t.Helper()
	if err := s.db.Write(context.Background(), func(tx *database.Tx) error {
		p := past{s, t, tx}
		old := p.assigned("Old mill", berlin(13, 10, 0))
		p.visited(old, berlin(13, 11, 0))
		p.handed(old, "f0", berlin(14, 10, 0), handoff.Accepted{By: "UAE", At: berlin(14, 12, 0)})

		late := p.assigned("Late shop", berlin(20, 9, 0)) // nobody visited it
		_ = late
		far := p.assigned("Far shop", berlin(20, 9, 30))
		p.visited(far, berlin(20, 10, 0))
		p.scored(far, "q1", berlin(20, 10, 30), "oven", "shelf")
		p.handed(far, "f1", berlin(20, 11, 0), p.declined("small", berlin(20, 15, 0)))

		near := p.assigned("Near shop", berlin(21, 9, 0))
		p.visited(near, berlin(21, 11, 41))
		p.scored(near, "q2", berlin(21, 12, 0), "oven")
		p.scored(near, "q3", berlin(21, 12, 30), "oven", "street") // again: this one counts
		p.handed(near, "f2", berlin(21, 13, 0), handoff.Accepted{By: "UAE", At: berlin(21, 14, 0)})
		p.handed(far, "f3", berlin(21, 13, 30), p.declined("far", berlin(21, 15, 0)))
		slow := p.assigned("Slow shop", berlin(21, 14, 0))
		p.visited(slow, berlin(21, 15, 0))
		p.scored(slow, "q4", berlin(21, 15, 30))
		p.handed(slow, "f4", berlin(21, 16, 0), handoff.Waiting{})
		p.fixed = berlin(21, 16, 0)
		p.must(p.Deadlines.Happened(tx, deadline.Happening{Event: playbook.EventHandoffSent, At: berlin(21, 16, 0), Subject: "handoff/" + p.id("f4"), Key: "f4", Title: "Slow shop",
			Who: map[string]string{"ae": "UAE"}}))
		p.asked("a1", "rye", "answered", berlin(20, 9, 0))
		p.asked("a2", "Rye", "answered", berlin(21, 9, 0))
		p.asked("a3", "spelt", "nothing", berlin(21, 10, 0))
		p.asked("a4", "oats", "answered", berlin(21, 11, 0))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsCountedOfADayAndAWeek(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, openDB func() *database.DB) {
		s := open(t, openDB(), settings)
		history(t, s)
		at := berlin(22, 9, 0)
		s.fixed = at
		read := func(kind Kind) (r Report) {
			t.Helper()
			if err := s.db.Read(context.Background(), func(tx *database.Tx) (err error) {
				r, err = s.report(tx, kind, "UBERLIN", at, s.times("UBERLIN").period(kind, at, false))
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return r
		}
		visit := func(onTime, late int, lateness time.Duration, stillOpen, overdue int) Action {
			return Action{"tasting", "visit", "Visit the shop", onTime, late, lateness, 0, stillOpen, overdue}
		}
		answer := Action{"tasting", "answer", "Answer the handoff", 0, 0, 0, 0, 1, 0}
		day := read(Daily)
		if diff := cmp.Diff(Numbers{Assigned: 2,
			Handoffs: handoff.Tally{Sent: 3, Accepted: 1, Declined: 1, Reasons: []handoff.Reason{{Label: "Too far to drive", N: 1}}},
			Scored:   qualification.Tally{Scored: 2, Passed: 1, Missing: []qualification.Missing{{Framework: "crumb", Criterion: "shelf", N: 2}, {Framework: "crumb", Criterion: "oven", N: 1}, {Framework: "crumb", Criterion: "street", N: 1}}},
			Actions:  []Action{visit(1, 1, 41*time.Minute, 1, 1), answer}}, day.Now, cmpopts.IgnoreUnexported(Numbers{})); diff != "" {
			t.Errorf("the day (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(Numbers{Assigned: 2,
			Handoffs: handoff.Tally{Sent: 1, Declined: 1, Reasons: []handoff.Reason{{Label: "Fewer than twenty loaves", N: 1}}},
			Scored:   qualification.Tally{Scored: 1, Passed: 1, Missing: []qualification.Missing{{Framework: "crumb", Criterion: "street", N: 1}}},
			Actions:  []Action{visit(1, 0, 0, 1, 1)}}, day.Before, cmpopts.IgnoreUnexported(Numbers{})); diff != "" {
			t.Errorf("the day before (-want +got):\n%s", diff)
		}
		if day.Waiting != 1 || day.Asked != 0 || len(day.Oldest) != 1 || day.Oldest[0].Title != "Slow shop" || day.OldestFor != time.Hour {
			t.Errorf("waiting: %d, %d, %+v for %s", day.Waiting, day.Asked, day.Oldest, day.OldestFor)
		}
		var needs []string
		for _, n := range day.Needs {
			needs = append(needs, n.What+"/"+n.Title+"/"+n.Since.In(zone(t, "Europe/Berlin")).Format("2 15:04"))
		}
		// What is overdue first, then what bounced, then what is due today.
		if diff := cmp.Diff([]string{"Visit the shop/Late shop/20 11:00", "/Far shop/21 15:00", "Answer the handoff/Slow shop/22 12:00"}, needs); diff != "" || day.AllNeeds != 3 {
			t.Errorf("%d needs (-want +got):\n%s", day.AllNeeds, diff)
		}
		week := read(Weekly)
		if h := week.Now.Handoffs; h.Sent != 4 || h.Accepted != 1 || h.Declined != 2 || week.Before.Handoffs.Sent != 1 || week.Before.Handoffs.Accepted != 1 {
			t.Errorf("the week's handoffs are %+v, and before %+v", h, week.Before.Handoffs)
		}
		if diff := cmp.Diff([]Rep{
			{handoff.Rep{Person: "USDR", Sent: 4, Accepted: 1, Declined: 2}, []Action{visit(2, 1, 41*time.Minute, 1, 1)}},
			{handoff.Rep{Person: "UAE"}, []Action{answer}}}, week.Reps); diff != "" {
			t.Errorf("by rep (-want +got):\n%s", diff)
		}
		var byDay [][4]int
		for _, c := range week.ByDay {
			byDay = append(byDay, [4]int{c.Sent, c.Accepted, c.Declined, c.Waiting})
		}
		if diff := cmp.Diff([][4]int{{}, {}, {}, {}, {}, {1, 0, 1, 0}, {3, 1, 1, 1}}, byDay); diff != "" {
			t.Errorf("by day (-want +got):\n%s", diff)
		}
		day8 := playbook.Date{Year: 2000, Month: 3, Day: 8}
		if diff := cmp.Diff([]Week{{day8, 1, 1, 0, 1, 0}, {day8.Add(playbook.Span{Days: 7}), 4, 1, 2, 3, 1}}, week.Weeks); diff != "" {
			t.Errorf("by week (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(answers.Tally{Asked: 4, Unanswered: 1, Most: []answers.Asked{{Words: "Rye", Times: 2}}, Missing: []answers.Asked{{Words: "spelt", Times: 1}}}, week.Now.Questions); diff != "" {
			t.Errorf("questions (-want +got):\n%s", diff)
		}
		if len(week.Reviews) != 1 || week.Reviews[0].Title != "Pass the shop on" {
			t.Errorf("reviews: %+v", week.Reviews)
		}
	})
}

// Who may need help comes first, and what was not done in its week is undone as
// what is overdue is.
func TestWhoMayNeedHelpComesFirst(t *testing.T) {
	db := dbtest.Open(t, filepath.Join(dbtest.Swift(t), "sopbot.db"))
	tally := func(person, action string, change func(*deadline.Tally)) deadline.Tally {
		x := deadline.Tally{Page: "p", Action: action, Label: action, Person: person}
		change(&x)
		return x
	}
	tallies := []deadline.Tally{
		tally("UBUSY", "visit", func(x *deadline.Tally) { x.OnTime = 9 }),
		tally("UDONE", "visit", func(x *deadline.Tally) { x.OnTime = 3 }),
		tally("ULATE", "visit", func(x *deadline.Tally) { x.OnTime, x.Late, x.Longest = 3, 1, time.Hour }),
		tally("UMISS", "visit", func(x *deadline.Tally) { x.OnTime = 5 }),
		tally("UMISS", "walk", func(x *deadline.Tally) { x.Missed = 1 }),
		tally("UOVER", "visit", func(x *deadline.Tally) { x.Open, x.Overdue = 2, 2 }),
	}
	var got []string
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		all, err := people(tx, Span{}, tallies)
		for _, rep := range all {
			got = append(got, Report{}.repWords(rep, 1))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	want := []string{"<@UOVER>: visit – none done; 2 open and overdue", "<@UMISS>: walk – none done; 1 not done in its week · 1 other timed action",
		"<@ULATE>: visit – 3 of 4 on time, at worst 1 hour late", "<@UBUSY>: visit – 9 of 9 on time", "<@UDONE>: visit – 3 of 3 on time"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
