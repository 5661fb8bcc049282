package qualification

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/golden"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
	"sopbot/internal/slacksim/schema"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bakery has five criteria, of which three make a pass, and one must be there.
var bakery = fstest.MapFS{"bread.md": {Data: []byte(`---
id: bread
kind: framework
title: BREAD
owner: baker
need: 3
criteria:
  - {id: budget, label: Budget, ask: What do you pay for a loaf?}
  - {id: route, label: Route, ask: Which street are you in?, required: true}
  - {id: eaters, label: Eaters, ask: How many loaves do you sell?}
  - {id: agreed, label: Agreed, hint: Somebody who may say yes}
  - {id: date, label: Date}
---
Bread.
`)}}

func qualificationsOn(t testing.TB, db *database.DB) *Qualifications {
	t.Helper()
	pb, problems, err := playbook.Load(bakery, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	shelf := &playbook.Shelf{}
	shelf.Use(pb)
	now, log := func() time.Time { return noon }, slog.New(slog.DiscardHandler)
	r := &roster.Roster{DB: db, Roles: func() map[string][]string { return nil }, Zone: func() *time.Location { return time.UTC }, Now: now, Log: log}
	l := (&lead.Leads{DB: db, Roster: r, Shelf: shelf, Now: now, Log: log}).Past(noon) // posts to nobody
	q := &Qualifications{DB: db, Roster: r, Leads: l, Shelf: shelf, Now: now, Log: log}
	l.Steps = []lead.Step{q.Step(), {Name: "handoff", Label: "Hand off"}}
	return q
}

func page(t testing.TB, q *Qualifications) *playbook.Page {
	t.Helper()
	p, err := Framework(q.Shelf.InForce())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// scored is a scorecard: "budget route? eaters" has two confirmed and one heard.
func scored(t testing.TB, q *Qualifications, key, name, confirmed string) Revision {
	t.Helper()
	p := page(t, q)
	s := form.Scores{Lead: form.Value{Type: playbook.FieldLead, New: name}, MainPain: "Stale by noon", Criteria: map[string]form.Criterion{}}
	for _, c := range p.Framework.Criteria {
		s.Criteria[c.ID] = form.Criterion{Standing: form.Unknown}
	}
	for _, id := range strings.Fields(confirmed) {
		heard := strings.HasSuffix(id, "?")
		c := form.Criterion{Standing: form.Confirmed, Note: "Jo said " + id}
		if heard {
			c.Standing = form.Heard
		}
		s.Criteria[strings.TrimSuffix(id, "?")] = c
	}
	return Revision{ID: database.NewID(), Key: key, Person: "USDR", At: noon, Framework: p.ID, Playbook: q.Shelf.InForce().Version, Scores: s, Result: form.Score(p.Framework, s)}
}

func TestEveryRevisionIsKeptAndALeadPassesAndFallsBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		q := qualificationsOn(t, db)
		keep := func(r Revision) (of lead.Lead, kept, last Revision, again bool) {
			t.Helper()
			if err := db.Write(context.Background(), func(tx *database.Tx) (err error) {
				of, kept, last, again, err = q.keep(tx, r, lead.FromShortcut)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return of, kept, last, again
		}
		for i, step := range []struct {
			confirmed string
			status    lead.Status
			pass      bool
		}{
			{"budget route?", lead.Open, false},
			{"budget eaters agreed date", lead.Open, false}, // four, and not the one that is required
			{"budget route eaters", lead.Qualified, true},
			{"route", lead.Open, false}, // it was not so
			{"budget route eaters date", lead.Qualified, true},
		} {
			of, kept, last, again := keep(scored(t, q, fmt.Sprint("key", i), "Corner shop", step.confirmed))
			if of.Status != step.status || kept.Number != i+1 || kept.Result.Pass != step.pass || again != (i > 0) || again && last.Number != i {
				t.Errorf("revision %d: the lead is %s, %+v after %d (%v)", i+1, of.Status, kept.Result, last.Number, again)
			}
		}
		// The same form, delivered three times at once.
		r := scored(t, q, "thrice", "Corner shop", "route")
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				again := r
				again.ID = database.NewID()
				if err := db.Write(context.Background(), func(tx *database.Tx) error { _, _, _, _, err := q.keep(tx, again, lead.FromForm); return err }); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if err := db.Read(context.Background(), func(tx *database.Tx) error {
			var n, passes, saved int
			for query, into := range map[string]*int{"SELECT count(*) FROM qualifications": &n, "SELECT count(*) FROM events WHERE kind = 'lead.qualified' AND origin = 'shortcut'": &passes,
				"SELECT count(*) FROM events WHERE kind = 'qualification.saved'": &saved} {
				if _, err := tx.Row(query, nil, into); err != nil {
					return err
				}
			}
			if n != 6 || passes != 2 || saved != 6 {
				t.Errorf("%d revisions, %d passes, %d in the trail", n, passes, saved)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		of, _, _, _ := keep(r)
		if err := db.Read(context.Background(), func(tx *database.Tx) error {
			latest, found, err := Latest(tx, of.ID)
			if !found || latest.Number != 6 || latest.Result.Confirmed != 1 || latest.Scores.MainPain != "Stale by noon" || latest.Scores.Criteria["route"].Note != "Jo said route" {
				t.Errorf("the latest is %+v", latest)
			}
			known, err2 := q.Leads.Known(tx, of)
			if got := known[lead.SourceQualification]; got["main_pain"].Text != "Stale by noon" || got["route"].Text != "Jo said route" || len(got) != 2 {
				t.Errorf("the handoff would start with %+v (%v)", got, err2)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAScorecardForAnotherLeadForgetsTheFirst(t *testing.T) {
	choice := func(s form.Standing) form.Value { return form.Value{Type: playbook.FieldChoice, Text: string(s)} }
	before := form.Answers{"c:route": choice(form.Confirmed), "n:route": form.Text("Acme's street"), "c:date": choice(form.Heard)}
	last := form.Answers{"c:budget": choice(form.Confirmed)}
	typed := form.Answers{"c:route": choice(form.Confirmed), "n:route": form.Text("Acme's street"), "c:date": choice(form.Confirmed), "c:budget": choice(form.Unknown), "n:date": form.Text("typed")}
	got := start(last, typed, before)
	for id, want := range map[string]string{"c:route": "", "n:route": "", "c:date": "confirmed", "c:budget": "confirmed", "n:date": "typed"} {
		if got[id].Text != want {
			t.Errorf("%s starts at %q, want %q", id, got[id].Text, want)
		}
	}
}

func checkSchema(t *testing.T, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schema.Errors("modal", raw) {
		t.Errorf("Slack's types: %s", wrong)
	}
}

func TestResultsLookAsPinned(t *testing.T) {
	q := qualificationsOn(t, nil)
	p := page(t, q)
	of := lead.Lead{ID: "L1", Name: lead.Name{Company: "Corner shop", Contact: "Jo"}, Status: lead.Open, Owner: "USDR"}
	handedOff := of
	handedOff.Status = lead.HandedOff
	for name, tc := range map[string]struct {
		of        lead.Lead
		confirmed string
		again     bool
	}{
		"result-pass":       {of, "budget route eaters", false},
		"result-fail":       {of, "budget route?", true},
		"result-required":   {of, "budget eaters agreed date", false},
		"result-nothing":    {of, "", false},
		"result-all":        {of, "budget route eaters agreed date", true},
		"result-handed-off": {handedOff, "budget route eaters", false},
	} {
		t.Run(name, func(t *testing.T) {
			r, last := scored(t, q, "k", "x", tc.confirmed), scored(t, q, "l", "x", "budget")
			v := q.resultView(tc.of, r, r.Count(p), last, tc.again)
			golden.JSON(t, name, v)
			checkSchema(t, v)
		})
	}
}

func TestTheScorecardLooksAsPinned(t *testing.T) {
	q := qualificationsOn(t, nil)
	o := q.flow().Options(q.Shelf.InForce(), page(t, q))
	o.Key, o.Version = "key", "v1"
	for name, given := range map[string]form.Answers{"form-empty": nil, "form-known": scored(t, q, "k", "x", "budget route?").Scores.Answers()} {
		o.Given = given
		v, err := form.ScorecardView(o)
		if err != nil {
			t.Fatal(err)
		}
		golden.JSON(t, name, v)
		checkSchema(t, v)
	}
}

func TestFiftyCriteriaOfAnyWordsFit(t *testing.T) {
	q := qualificationsOn(t, nil)
	for name, unit := range map[string]string{"plain words": "bread ", "everybody": "<!channel> ", "ampersands": "&", "stars": "*_~", "fences": "```\n", "emoji": "🥖 ", "right to left": "\u202eלחם "} {
		t.Run(name, func(t *testing.T) {
			f := &playbook.Framework{Need: 40}
			s := form.Scores{Criteria: map[string]form.Criterion{}}
			for i := range 50 {
				id := fmt.Sprint("c", i)
				f.Criteria = append(f.Criteria, playbook.Criterion{ID: id, Label: strings.Repeat(unit, 150/len([]rune(unit))), Ask: strings.Repeat(unit, 3000/len([]rune(unit))), Required: i%2 == 0})
				s.Criteria[id] = form.Criterion{Standing: form.Heard, Note: strings.Repeat(unit, 500)}
			}
			r := Revision{Scores: s, Result: form.Score(f, s)}
			v := q.resultView(lead.Lead{ID: "L1", Name: lead.Name{Company: strings.Repeat(unit, 60)}, Status: lead.Open}, r, r.Result, r, true)
			checkSchema(t, v)
			raw, _ := json.Marshal(chat.Answer{Update: &v})
			if len(raw) >= 20_000 {
				t.Errorf("the acknowledgement has %d bytes", len(raw))
			}
			for _, b := range v.Blocks.BlockSet {
				if section, ok := b.(*slack.SectionBlock); ok && strings.Contains(section.Text.Text, "<!channel") {
					t.Errorf("it calls everybody: %s", section.Text.Text)
				}
			}
		})
	}
}
