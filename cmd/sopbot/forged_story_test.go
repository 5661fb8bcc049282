package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
)

// forger makes every gesture that is registered, with every value and view
// that somebody could think of who has neither seen a button nor opened a form.
type forger struct {
	b        *bot
	lead, on string // somebody else's lead, and handoff
	clock    string // and deadline
}

// values are what a button could carry.
func (f forger) values() (out []string) {
	out = []string{"", "gone", strings.Repeat("x", 2000), "\x00", "%s%n", "' OR 1=1 --", "../../etc/passwd"}
	for _, id := range []string{f.lead, f.on, f.clock} {
		out = append(out, id, id+" 1", id+" -1", id+" 30m", "lead/"+id, "handoff/"+id, "deadline/"+id,
			"open "+id, "reassign "+id, "qualify "+id, "handoff "+id, "research "+id)
	}
	return out
}

// views are what a form could come back as: its metadata forged, with answers
// to every field that any form has.
func (f forger) views(callback string) (out []*chat.View) {
	state := chat.State{}
	for _, field := range []string{"lead", "ae", "owner", "company", "contact", "website", "question", "answer", "reason", "coaching", "main_pain", "need", "budget_authority",
		"timeline", "discovery_call", "form", "why", "c:champion", "n:champion"} {
		value := "Forged"
		switch field {
		case "lead":
			value = f.lead
		case "ae":
			value = "U0LENA"
		case "owner":
			value = "U0PRIYA"
		case "website":
			value = "https://site.example"
		case "reason":
			value = "no_need"
		case "budget_authority":
			value = "yes"
		case "c:champion":
			value = "confirmed"
		case "timeline":
			value = time.Now().AddDate(0, 1, 0).Format(time.DateOnly)
		case "discovery_call":
			value = fmt.Sprint(time.Now().Add(48 * time.Hour).Unix())
		}
		state[form.Block(field)] = map[string]chat.Entry{"value": {Value: value, Options: []string{value}}}
	}
	version := f.b.shelf.InForce().Version
	for _, page := range []string{callback, "handoff", "research", "meddpicc", "gone", ""} {
		for _, caller := range []string{f.lead, f.on, f.clock, "", `{"Company":"Forged"}`, "lead.menu " + f.lead} {
			for _, meta := range []string{
				fmt.Sprintf(`{"v":%q,"p":%q,"k":"forged","c":%q}`, version, page, caller),
				fmt.Sprintf(`{"v":"gone","p":%q,"k":"form-1","s":9,"f":9,"c":%q}`, page, caller),
				fmt.Sprintf(`{"p":%q,"k":"forged","s":-3,"r":-1,"w":true,"d":true,"o":["ae"],"c":%q}`, page, caller),
			} {
				out = append(out, &chat.View{ID: "V1", Callback: callback, Private: meta, State: state})
			}
		}
	}
	for _, meta := range []string{"", "{", "null", `{"k":7}`, `[]`, strings.Repeat("{", 3000)} {
		out = append(out, &chat.View{ID: "V1", Callback: callback, Private: meta, State: state})
	}
	return append(out, &chat.View{ID: "V1", Callback: callback, Private: out[0].Private})
}

// forge makes one gesture in all its ways.
func (f forger) forge(ctx context.Context, gesture string, o chat.Origin) error {
	kind, name, _ := strings.Cut(gesture, " ")
	var failed error
	note := func(how string, err error) {
		var said chat.Refusal
		var fields chat.FieldErrors
		// Forged metadata is nobody's input; that nothing came of it is enough.
		if err != nil && failed == nil && !errors.As(err, &said) && !errors.As(err, &fields) && strings.Contains(err.Error(), "panic") {
			failed = fmt.Errorf("%s: %w", how, err)
		}
	}
	switch kind {
	case "command":
		for _, text := range append(f.values(), "assign <@U0PRIYA|p> Forged", "assign", "list", "find forged", "call forged 1", "weekly", "forged, "+f.lead) {
			_, err := f.b.router.Command(ctx, chat.Command{Origin: o, Name: name, Text: text})
			note(text, err)
		}
	case "click":
		for _, value := range f.values() {
			for _, suffix := range []string{"", ":next", ":qualify", ":research", ":handoff"} {
				err := f.b.router.Click(ctx, chat.Click{Origin: o, Action: name + suffix, Value: value, At: "1.1"})
				note(value, err)
			}
		}
		for _, v := range f.views(name) {
			note("in a view", f.b.router.Click(ctx, chat.Click{Origin: o, Action: name, Value: f.lead, View: v, At: "1.1"}))
		}
	case "submission":
		for _, v := range f.views(name) {
			_, err := f.b.router.Submission(ctx, chat.Submission{Origin: o, View: *v})
			note(v.Private, err)
		}
	case "suggestion":
		for _, typed := range []string{"", "form", "f", "%", strings.Repeat("x", 500)} {
			options, err := f.b.router.Suggestion(ctx, chat.Suggestion{Origin: o, Action: name, Typed: typed})
			note(typed, err)
			if len(options) > 0 && (o.Person == "U0GABE" || o.Person == "U0RICK" || o.Person == "U0NOBODY") {
				return fmt.Errorf("a stranger is offered %q", options[0].Text.Text)
			}
		}
	case "shortcut":
		note("", f.b.router.Shortcut(ctx, chat.Shortcut{Origin: o, Callback: name, Text: "forged"}))
	}
	return failed
}

// tablesAs is all that tables hold, but for what everybody may write: questions
// and their like.
func tablesAs(t *testing.T, b *bot, where string, tables ...string) string {
	t.Helper()
	var out strings.Builder
	if err := b.db.Read(context.Background(), func(tx *database.Tx) error {
		all, err := tx.Tables()
		for _, table := range all {
			wanted := len(tables) == 0
			for _, name := range tables {
				wanted = wanted || name == table.Name
			}
			switch table.Name {
			case "questions", "openings", "ratings", "shares", "received", "people", "group_members", "outbox", "digests":
				wanted = false
			}
			if !wanted {
				continue
			}
			query := table.Sheet().Query
			if where != "" {
				query = strings.Replace(query, " ORDER BY", " WHERE "+where+" ORDER BY", 1)
			}
			if err := tx.Each(query, nil, func(rows *sql.Rows) error {
				values, dest := make([]any, len(table.Columns)), make([]any, len(table.Columns))
				for i := range values {
					dest[i] = &values[i]
				}
				err := rows.Scan(dest...)
				for i, v := range values {
					if long := fmt.Sprintf("%s", v); len(long) > 10_000 { // a whole playbook
						values[i] = sha256.Sum256([]byte(long))
					}
				}
				fmt.Fprintln(&out, table.Name, values)
				return err
			}); err != nil {
				return err
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Whoever has no role changes nothing, whatever they make Slack send: a form
// that they never opened, a button that they never saw, metadata of their own
// making. Every gesture that is registered is tried.
func TestStrangersChangeNothing(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, nil)
	f := forger{b: b}
	f.on, f.lead = imported(t, b, "form-1")
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		l, _, err := b.features.leads.Assign(tx, lead.New{Name: lead.Name{Company: "Form Field"}, Owner: "U0SAM"}, "U0DANA", lead.FromForm)
		f.lead = l.ID
		return err
	}); err != nil {
		t.Fatal(err)
	}
	f.clock = one[string](t, b, "SELECT id FROM deadlines WHERE subject = $1", "lead/"+f.lead)
	// The week's clocks of all who have a role start by themselves, and the
	// playbook in force is kept.
	await(t, "what begins with the bot", func() bool {
		return one[int](t, b, "SELECT count(*) FROM deadlines WHERE event = 'week.started'") == 5 && one[int](t, b, "SELECT count(*) FROM editions") == 1
	})
	settled(t, b.db, time.Minute)
	before := tablesAs(t, b, "")
	for _, person := range []string{"U0GABE", "U0RICK", "U0NOBODY", "", "USLACKBOT", "' OR 1=1"} {
		for _, gesture := range b.router.Gestures() {
			if strings.Contains(gesture, " sop.") || strings.Contains(gesture, " /sop") {
				continue // answers are for everyone
			}
			if err := f.forge(t.Context(), gesture, chat.Origin{Person: person, Trigger: "too.old", Received: time.Now()}); err != nil {
				t.Errorf("%s by %q: %v", gesture, person, err)
			}
			if after := tablesAs(t, b, ""); after != before {
				t.Fatalf("%s by %q changed what was\n%s\nto\n%s", gesture, person, before, after)
			}
		}
	}
}

// A colleague with a role, but who is neither the one whose it is nor a
// manager, changes nothing of somebody else's handoff and lead.
func TestColleaguesChangeNothingOfOthers(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, nil)
	f := forger{b: b}
	f.on, f.lead = imported(t, b, "form-1")
	f.clock = "gone"
	settled(t, b.db, time.Minute)
	owner := one[string](t, b, "SELECT owner FROM leads WHERE id = $1", f.lead)
	before := tablesAs(t, b, "id = '"+f.on+"'", "handoffs") + tablesAs(t, b, "handoff = '"+f.on+"'", "handoff_questions")
	for _, person := range []string{"U0PRIYA", "U0LENA", "U0NOOR", "U0OLA"} {
		for _, gesture := range b.router.Gestures() {
			if strings.Contains(gesture, " sop.") || strings.Contains(gesture, " /sop") {
				continue
			}
			if err := f.forge(t.Context(), gesture, chat.Origin{Person: person, Trigger: "too.old", Received: time.Now()}); err != nil {
				t.Errorf("%s by %q: %v", gesture, person, err)
			}
			after := tablesAs(t, b, "id = '"+f.on+"'", "handoffs") + tablesAs(t, b, "handoff = '"+f.on+"'", "handoff_questions")
			if after != before {
				t.Fatalf("%s by %q changed what was\n%s\nto\n%s", gesture, person, before, after)
			}
			if now := one[string](t, b, "SELECT owner FROM leads WHERE id = $1", f.lead); now != owner {
				t.Fatalf("%s by %q gave the lead to %s", gesture, person, now)
			}
		}
	}
	// The test of the test: the AE's own click does change it.
	if err := b.router.Click(t.Context(), chat.Click{Origin: chat.Origin{Person: "U0ALEX", Trigger: "too.old", Received: time.Now()}, Action: "handoff.accept", Value: f.on}); err != nil {
		t.Fatal(err)
	}
	if after := tablesAs(t, b, "id = '"+f.on+"'", "handoffs"); strings.Contains(before, after) {
		t.Error("nothing would have been seen")
	}
}

// A form that does not know its lead any more says so, in words.
func TestANewLeadWithoutANameIsRefusedInWords(t *testing.T) {
	s := newStage(t)
	before := s.counted(t)
	for _, caller := range []string{"x", "", "{}", `{"Company":" !"}`, `{"Company":"` + strings.Repeat("x", 201) + `"}`} {
		_, err := s.router.Submission(t.Context(), chat.Submission{Origin: chat.Origin{Person: "U0SAM", Channel: "C0SALES", Trigger: "t"},
			View: *opened("lead.assign", "lead.assign", caller, chat.State{form.Block("owner"): {"value": {Type: "users_select", Value: "U0SAM"}}, form.Block("website"): {"value": {Type: "url_text_input"}}})})
		if words, fault := chat.Words(err, "E-X"); err == nil || fault || !strings.Contains(words, "open it anew") {
			t.Errorf("%.30q: %q, %v", caller, words, err)
		}
	}
	if after := s.counted(t); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// Somebody of another company, in a channel that is shared, may be nobody to
// Slack's directory: whatever they do, they are told so in words.
func TestWhoeverSlackDoesNotKnowIsRefusedInWords(t *testing.T) {
	s := newStage(t)
	s.rehearse(t)
	before := s.counted(t)
	judge := func(what string, err error) {
		t.Helper()
		if err == nil {
			return // the playbook is for everybody
		}
		if _, fault := chat.Words(err, "E-X"); fault {
			t.Errorf("%s: %v", what, err)
		}
	}
	by := chat.Origin{Person: "UNOBODY", Channel: "C0SALES", Trigger: "t", Response: "r"}
	for _, name := range s.names["command"] {
		for _, text := range []string{"", "x", "assign @sam Acme", "call x", "weekly", "list"} {
			_, err := s.router.Command(t.Context(), chat.Command{Origin: by, Name: name, Text: text})
			judge(name+" "+text, err)
		}
	}
	for _, name := range s.names["click"] {
		for _, value := range []string{"", "x", "handoff"} {
			judge("click "+name, s.router.Click(t.Context(), chat.Click{Origin: by, Action: name, Value: value}))
		}
	}
	for _, name := range s.names["submission"] {
		for form, v := range s.known {
			for _, how := range []uint8{0, 3, 0xbe} {
				_, err := s.router.Submission(t.Context(), chat.Submission{Origin: by, View: chat.View{ID: "V1", Callback: name, Private: v.PrivateMetadata, State: filled(v, []string{"Acme", "2026-12-24", "12k"}, how)}})
				judge("submission "+name+" of the form "+form, err)
			}
		}
	}
	if after := s.counted(t); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
