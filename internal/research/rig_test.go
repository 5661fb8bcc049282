package research

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
	"sopbot/internal/slacksim/schema"
)

// noon is a Wednesday.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// bakery is another playbook than the one that comes along; its form takes two
// steps.
var bakery = fstest.MapFS{
	"playbook.yaml": {Data: []byte("name: Bakery\ncurrency: EUR\nroles: {sdr: [USDR, USDR2], ae: [UAE], manager: [UBOSS]}\nresearch_block: {at: \"08:30\", for: 1h}\nhours: {days: [mon, tue, wed, thu, fri], from: \"08:00\", to: \"16:00\"}\n")},
	"research.md": {Data: []byte(`---
id: research
kind: form
title: What the street says
owner: baker
submit: Keep it
fields:
  - {id: street, label: Which street, type: text, required: true, max: 40}
  - {id: loaves, label: Loaves a day, type: number, min: 1, max: 5000}
  - {id: site, label: Their page, type: url}
  - {id: mail, label: Their mail, type: email}
  - {id: opens, label: Opens on, type: date}
  - {id: fits, label: Do they fit, type: choice, required: true, options: [{value: "yes", label: "Yes"}, {value: "no", label: "No"}]}
  - {id: spends, label: Spends on bread, type: money}
  - {id: phone, label: Phone, type: phone}
  - {id: story, label: What people say, type: long_text}
  - {id: why, label: Why now, type: text, required: true}
rules:
  - {field: loaves, at_least: 20, say: "Fewer than twenty loaves is no shop of ours."}
---
Ask on the street.
`)},
}

// notebook takes the place of Slack's messages.
type notebook struct {
	sync.Mutex
	m map[string]chat.Message
}

func (n *notebook) Put(_ *database.Tx, key, _ string, m chat.Message) error {
	n.Lock()
	defer n.Unlock()
	n.m[key] = m
	return nil
}

func (n *notebook) Change(_ *database.Tx, key string, m chat.Message) (bool, error) {
	n.Lock()
	defer n.Unlock()
	_, there := n.m[key]
	if there {
		n.m[key] = m
	}
	return there, nil
}

func (n *notebook) Permalink(context.Context, string) (string, error) { return "", errors.New("none") }

// team knows everyone by their ID.
type team struct{}

func (team) Profile(_ context.Context, id string) (chat.Profile, error) {
	return chat.Profile{ID: id, Name: "Person " + id, Zone: "Europe/Berlin"}, nil
}
func (team) Group(context.Context, string) ([]string, error) { return nil, nil }

// researchOn is research over a database, in a bakery.
func researchOn(t testing.TB, db *database.DB) (*Research, *notebook) {
	t.Helper()
	pb, problems, err := playbook.Load(bakery, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	shelf := &playbook.Shelf{}
	shelf.Use(pb)
	now, log := func() time.Time { return noon }, slog.New(slog.DiscardHandler)
	people := &roster.Roster{DB: db, Slack: team{}, Roles: func() map[string][]string { return pb.Settings.Roles }, Zone: func() *time.Location { return time.UTC }, Now: now, Log: log}
	book := &notebook{m: map[string]chat.Message{}}
	l := &lead.Leads{DB: db, Roster: people, Posts: book, Shelf: shelf, Now: now, Log: log}
	r := &Research{DB: db, Roster: people, Leads: l, Posts: book, Shelf: shelf, Now: now, Log: log,
		Calendar: func(string) deadline.Calendar { return deadline.NewCalendar(&shelf.InForce().Settings, berlin(t)) }}
	l.Steps = []lead.Step{r.Step(), {Name: "qualify", Label: "Qualify"}, {Name: "handoff", Label: "Hand off"}}
	if db != nil {
		if err := people.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		r.Outbox = outbox.New(db, outbox.Options{Now: now})
		r.Work()
	}
	return r, book
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// due is research of somebody's, due so long after noon.
func due(title string, in time.Duration) deadline.Deadline {
	return deadline.Deadline{ID: "D1", Lead: "L1", Title: title, Person: "USDR", Due: noon.Add(in), Status: deadline.Open{},
		Rule: deadline.Rule{Page: "research", PageTitle: "Research", Action: playbook.Action{ID: "look", Label: "Look them up", Done: FormPage}}}
}

func checkSchema(t *testing.T, surface string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schema.Errors(surface, raw) {
		t.Errorf("Slack's types: %s", wrong)
	}
}
