package report

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
	"sopbot/internal/slacksim/schema"
)

var ctx = context.Background()

// noon is a Wednesday.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// bakery asks for a note after each call; whom that goes to is a foreman.
var bakery = fstest.MapFS{
	"playbook.yaml": {Data: []byte("name: Bakery\nroles: {driver: [USAM, UKIM], manager: [UBOSS], foreman: [UBOSS, UVICE, UGONE, UROBOT]}\nhours: {days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\"}\n")},
	"note.md": {Data: []byte(`---
id: note
kind: form
title: What they said
owner: baker
fields:
  - {id: liked, label: What they liked, type: text, required: true, max: 40}
  - {id: story, label: The whole story, type: long_text}
---
text
`)},
	"calls.md": {Data: []byte(`---
id: calls
kind: tool
title: Calls
owner: baker
actions:
  - {id: note_down, label: Note down what they said, on: call.held, who: owner, within: 2h, escalate: foreman, done: note}
  - {id: tell_all, label: Tell everybody, on: lead.qualified, who: owner, within: 2h, escalate: baker, done: note}
  - {id: keep, label: Keep it, on: handoff.sent, who: owner, within: 2h, done: note}
---
text
`)},
}

type people struct{}

func (people) Profile(_ context.Context, id string) (chat.Profile, error) {
	switch id {
	case "USTRANGER":
		return chat.Profile{}, chat.ErrNobody
	case "UGONE":
		return chat.Profile{ID: id, Name: id, Zone: "UTC", Deactivated: true}, nil
	case "UROBOT":
		return chat.Profile{ID: id, Name: id, Zone: "UTC", Bot: true}, nil
	case "UGUEST":
		return chat.Profile{ID: id, Name: id, Zone: "UTC", Guest: true}, nil
	}
	return chat.Profile{ID: id, Name: id, Zone: "UTC"}, nil
}

func (people) Group(context.Context, string) ([]string, error) { return nil, chat.ErrNobody }

// notebook takes the place of Slack: messages by key, and the view that was opened.
type notebook struct {
	chat.Slack
	m    map[string]chat.Message
	view slack.ModalViewRequest
}

func (n *notebook) Put(_ *database.Tx, key, _ string, m chat.Message) error {
	n.m[key] = m
	return nil
}

func (n *notebook) Change(_ *database.Tx, key string, m chat.Message) (bool, error) {
	_, there := n.m[key]
	if there {
		n.m[key] = m
	}
	return there, nil
}

func (n *notebook) Permalink(context.Context, string) (string, error) { return "", errors.New("none") }

func (n *notebook) OpenView(_ context.Context, _ string, view slack.ModalViewRequest) error {
	n.view = view
	return nil
}

// desk is reports over a database, in a bakery; it is noon.
type desk struct {
	testing.TB
	*Reports
	notes *notebook
	now   time.Time
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	b, problems, err := playbook.Load(bakery, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	shelf := &playbook.Shelf{}
	shelf.Use(b)
	d := &desk{TB: t, notes: &notebook{m: map[string]chat.Message{}}, now: noon}
	db, now, log := dbtest.Open(t, filepath.Join(dbtest.Swift(t), "db")), func() time.Time { return d.now }, slog.New(slog.DiscardHandler)
	who := &roster.Roster{DB: db, Slack: people{}, Now: now, Log: log, Roles: func() map[string][]string { return shelf.InForce().Settings.Roles }, Zone: func() *time.Location { return time.UTC }}
	d.must(who.Start(ctx))
	for _, id := range []string{"USAM", "UKIM", "UBOSS", "UVICE", "UGONE", "UROBOT"} {
		_, err := who.Person(ctx, id)
		d.must(err)
	}
	clocks := &deadline.Deadlines{DB: db, Outbox: outbox.New(db, outbox.Options{Now: now}), Roster: who, Posts: d.notes, Shelf: shelf, Now: now, Log: log}
	clocks.Work()
	d.Reports = &Reports{DB: db, Roster: who, Deadlines: clocks, Leads: &lead.Leads{DB: db, Roster: who, Shelf: shelf, Now: now, Log: log},
		Posts: d.notes, Slack: d.notes, Shelf: shelf, Now: now, Log: log}
	clocks.OtherForm = func(string) (deadline.Opener, bool) { return deadline.Opener{Open: d.Open}, true }
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

// todo is what an event has somebody do.
func (d *desk) todo(on playbook.Event, person string) (out deadline.Deadline) {
	d.Helper()
	subject := "call/" + database.NewID()
	d.must(d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := d.Deadlines.Happened(tx, deadline.Happening{Event: on, Subject: subject, Title: "Miller & Sons", Who: map[string]string{"owner": person}}); err != nil {
			return err
		}
		open, err := deadline.OpenFor(tx, subject)
		if len(open) != 1 {
			d.Fatalf("%d are to be done", len(open))
		}
		out = open[0]
		return err
	}))
	return out
}

// sent is the form about it as somebody sends it.
func (d *desk) sent(on deadline.Deadline, key, person string, typed ...string) chat.Submission {
	d.Helper()
	b := d.Shelf.InForce()
	page, _ := b.Page("note")
	view, err := form.View(form.Options{Page: page, Version: b.Version, Settings: b.Settings, Callback: callbackForm, Key: key, Private: on.ID})
	d.must(err)
	s := chat.State{}
	for i := 0; i < len(typed); i += 2 {
		s[form.Block(typed[i])] = map[string]chat.Entry{"value": {Value: typed[i+1]}}
	}
	return chat.Submission{Origin: chat.Origin{Person: person}, View: chat.View{ID: "V1", Callback: callbackForm, Private: view.PrivateMetadata, State: s}}
}

func (d *desk) count(query string) (n int) {
	d.Helper()
	d.must(d.DB.Read(ctx, func(tx *database.Tx) error { _, err := tx.Row(query, nil, &n); return err }))
	return n
}

// refusal is what somebody is told who may not; "" where they may.
func refusal(t testing.TB, err error) string {
	t.Helper()
	var words chat.Refusal
	if err != nil && !errors.As(err, &words) {
		t.Errorf("a fault: %v", err)
	}
	return string(words)
}

// Who may open the form, hand it in, and read what was handed in.
func TestWhoMayHandInAndWhoMayRead(t *testing.T) {
	const notTheirs, notReader = "Only they or a manager hand it in.", "can read it."
	for name, tc := range map[string]struct {
		by           string
		hands, reads string // in the refusal; "" = they may
	}{
		"who has to do it":                        {by: "USAM"},
		"a manager, for them":                     {by: "UBOSS"},
		"a colleague":                             {"UKIM", notTheirs, notReader},
		"who it goes to reads, and does not hand": {"UVICE", notTheirs, ""},
		"a guest":                                 {"UGUEST", "You are a guest", "You are a guest"},
		"who has left, though it would go there":  {"UGONE", "is deactivated", "is deactivated"},
		"whom Slack does not know":                {"USTRANGER", "Slack does not tell sopbot who you are", "Slack does not tell sopbot who you are"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			on := d.todo(playbook.EventCallHeld, "USAM")
			click := chat.Click{Origin: chat.Origin{Person: tc.by}, Value: on.ID}
			if got := refusal(t, d.Open(ctx, click, on)); (got == "") != (tc.hands == "") || !strings.Contains(got, tc.hands) {
				t.Errorf("opens it: %q, want %q", got, tc.hands)
			}
			a, err := d.submit(ctx, d.sent(on, "k1", tc.by, "liked", "The rye"))
			if got := refusal(t, err); (got == "") != (tc.hands == "") || !strings.Contains(got, tc.hands) || len(a.Errors) > 0 {
				t.Errorf("hands it in: %q, %v, want %q", got, a.Errors, tc.hands)
			}
			if want := map[bool]int{true: 1, false: 0}[tc.hands == ""]; d.count("SELECT count(*) FROM reports") != want {
				t.Errorf("not %d are kept", want)
			}

			_, err = d.submit(ctx, d.sent(d.todo(playbook.EventCallHeld, "USAM"), "k2", "USAM", "liked", "The rye"))
			d.must(err)
			var id string
			d.must(d.DB.Read(ctx, func(tx *database.Tx) error {
				_, err := tx.Row("SELECT id FROM reports WHERE submission = 'k2'", nil, &id)
				return err
			}))
			if got := refusal(t, d.read(ctx, chat.Click{Origin: chat.Origin{Person: tc.by}, Value: id})); (got == "") != (tc.reads == "") || !strings.Contains(got, tc.reads) {
				t.Errorf("reads it: %q, want %q", got, tc.reads)
			}
		})
	}
}

// Whoever is told when something was not done reads it when it was.
func TestWhoIsShownWhatIsHandedIn(t *testing.T) {
	d := newDesk(t)
	for name, tc := range map[string]struct {
		on   playbook.Event
		by   string
		want []string
	}{
		"the role, but who left and what is no person": {playbook.EventCallHeld, "USAM", []string{"UBOSS", "UVICE"}},
		"not whoever hands it in":                      {playbook.EventCallHeld, "UBOSS", []string{"UVICE"}},
		"a role that nobody has":                       {playbook.EventLeadQualified, "USAM", nil},
		"an action that escalates to nobody":           {playbook.EventHandoffSent, "USAM", nil},
	} {
		t.Run(name, func(t *testing.T) {
			on := d.todo(tc.on, "USAM")
			if got := d.readers(ctx, on, tc.by); !slices.Equal(got, tc.want) {
				t.Errorf("readers %q, want %q", got, tc.want)
			}
			clear(d.notes.m)
			if _, err := d.submit(ctx, d.sent(on, name, tc.by, "liked", "The rye")); err != nil {
				t.Fatal(err)
			}
			var got []string
			for key := range d.notes.m {
				if strings.HasPrefix(key, "report/") {
					got = append(got, key[strings.LastIndexByte(key, '/')+1:])
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, tc.want) {
				t.Errorf("shown to %q, want %q", got, tc.want)
			}
		})
	}
}

// What is handed in is kept once, whenever it comes; what it ends, it ends once.
func TestWhatBecomesOfWhatIsHandedIn(t *testing.T) {
	for name, tc := range map[string]struct {
		before     func(d *desk, on deadline.Deadline)
		typed      []string
		field      string // where it is complained of
		refused    string
		kept       int
		says, card string // in the view that takes the form's place, and in the card
	}{
		"in time":        {typed: []string{"liked", "The rye"}, kept: 1, says: "Is done and kept. <@UBOSS>, <@UVICE> can read it now.", card: "<@USAM> has done it, "},
		"late":           {before: func(d *desk, _ deadline.Deadline) { d.now = noon.Add(3 * time.Hour) }, typed: []string{"liked", "The rye"}, kept: 1, says: "Is done, 1 hour late, and kept.", card: "It was 1 hour late."},
		"without a word": {typed: []string{"liked", "", "story", "long"}, field: "liked"},
		"too long":       {typed: []string{"liked", strings.Repeat("x", 41)}, field: "liked"},
		"the same submission again": {before: func(d *desk, on deadline.Deadline) {
			_, err := d.submit(ctx, d.sent(on, "key", "USAM", "liked", "The rye"))
			d.must(err)
		}, typed: []string{"liked", "The rye"}, kept: 1, says: "kept"},
		"another one, when it is done": {before: func(d *desk, on deadline.Deadline) {
			_, err := d.submit(ctx, d.sent(on, "another", "UBOSS", "liked", "The bun"))
			d.must(err)
		}, typed: []string{"liked", "The rye"}, kept: 2, says: "Is done and kept.", card: "<@USAM> has done it, "},
		"when nobody needs it any more": {before: func(d *desk, on deadline.Deadline) {
			d.must(d.DB.Write(ctx, func(tx *database.Tx) error { _, err := d.Deadlines.Close(tx, on.Subject); return err }))
		}, typed: []string{"liked", "The rye"}, kept: 1, says: "Is kept.", card: "<@USAM> has done it, "},
		"when it is gone": {before: func(d *desk, on deadline.Deadline) {
			d.must(d.DB.Write(ctx, func(tx *database.Tx) error {
				_, err := tx.Exec("DELETE FROM deadlines WHERE id = $1", on.ID)
				return err
			}))
		}, typed: []string{"liked", "The rye"}, refused: "What this form ends is no longer there. Copy what you typed"},
		"when its form has left the playbook": {before: func(d *desk, _ deadline.Deadline) {
			b, _, err := playbook.Load(fstest.MapFS{"other.md": {Data: []byte("---\nowner: baker\n---\ntext\n")}}, noon)
			d.must(err)
			d.Shelf = &playbook.Shelf{}
			d.Shelf.Use(b)
		}, typed: []string{"liked", "The rye"}, refused: "The form was taken out of the playbook while it was open."},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			on := d.todo(playbook.EventCallHeld, "USAM")
			sent := d.sent(on, "key", "USAM", tc.typed...)
			if tc.before != nil {
				tc.before(d, on)
			}
			clear(d.notes.m)
			a, err := d.submit(ctx, sent)
			if got := refusal(t, err); (got == "") != (tc.refused == "") || !strings.Contains(got, tc.refused) {
				t.Fatalf("refused: %q, want %q", got, tc.refused)
			}
			if tc.field != "" {
				if len(a.Errors) != 1 || a.Errors[form.Block(tc.field)] == "" {
					t.Errorf("complained of %v, want something at %s", map[string]string(a.Errors), tc.field)
				}
			} else if len(a.Errors) > 0 {
				t.Errorf("complained of %v", a.Errors)
			}
			if n := d.count("SELECT count(*) FROM reports"); n != tc.kept {
				t.Errorf("%d are kept, want %d", n, tc.kept)
			}
			if tc.says != "" {
				if text := a.Update.Blocks.BlockSet[0].(*slack.SectionBlock).Text.Text; !strings.Contains(text, tc.says) {
					t.Errorf("it says %q, want %q", text, tc.says)
				}
			}
			cards := 0
			for key, m := range d.notes.m {
				if !strings.HasPrefix(key, "report/") {
					continue
				}
				cards++
				if !strings.Contains(m.Text, tc.card) || !strings.Contains(m.Text, "The rye") {
					t.Errorf("the card says %q, want %q", m.Text, tc.card)
				}
			}
			if want := map[bool]int{true: 2, false: 0}[tc.card != ""]; cards != want {
				t.Errorf("%d cards, want %d", cards, want)
			}
		})
	}
}

// A card is never more than Slack takes, and says how to read on.
func TestACardIsCutAndReadOn(t *testing.T) {
	d := newDesk(t)
	on := d.todo(playbook.EventCallHeld, "USAM")
	page, _ := d.Shelf.InForce().Page("note")
	for name, tc := range map[string]struct {
		liked, story string
		cut          bool
	}{
		"short":         {"The rye", "All of it.", false},
		"just so":       {"The rye", strings.Repeat("x", mostAnswer), false},
		"a letter more": {"The rye", strings.Repeat("x", mostAnswer+1), true},
		"a book":        {"The rye", strings.Repeat("A loaf a day. ", 2000), true},
		"hostile":       {"<!channel>", strings.Repeat("<https://evil.example|&> ", 2000), true},
	} {
		t.Run(name, func(t *testing.T) {
			m := d.card(Report{ID: "R1", Person: "USAM", At: noon, Answers: form.Answers{"liked": form.Text(tc.liked), "story": form.Text(tc.story)}}, on, page, "UBOSS")
			button := false
			for _, b := range m.Blocks {
				if a, ok := b.(*slack.ActionBlock); ok {
					button = a.Elements.ElementSet[0].(*slack.ButtonBlockElement).ActionID == actionRead
				}
			}
			if button != tc.cut {
				t.Errorf("a button to read it whole: %v, want %v", button, tc.cut)
			}
			if len(m.Text) > 12_000 || strings.Contains(m.Text, "<!channel>") || strings.Contains(m.Text, "<https://evil") {
				t.Errorf("%d bytes: %.200q", len(m.Text), m.Text)
			}
			raw, err := json.Marshal(map[string]any{"channel": "D1", "text": m.Text, "blocks": m.Blocks})
			d.must(err)
			for _, wrong := range schema.Errors("message", raw) {
				t.Errorf("Slack's types: %s", wrong)
			}
		})
	}
}
