package deadline

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/golden"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
	"sopbot/internal/slacksim"
)

const workspace = `
team: {id: T0T, name: Test, domain: test}
people:
  - {id: USAM, handle: sam, name: Sam, real_name: Sam, email: sam@t.example, tz: Europe/Berlin}
channels:
  - {id: C0GEN, name: general, bot: true, members: [sam]}
`

// Every message is as the file shows it, and Slack takes it.
func TestMessages(t *testing.T) {
	t.Parallel()
	dir := &directory{people: map[string]chat.Profile{"USAM": {ID: "USAM", Name: "Sam", Zone: "Europe/Berlin"}, "UBOSS": {ID: "UBOSS", Name: "Dana", Zone: "America/New_York"}}}
	shelf := &playbook.Shelf{}
	shelf.Use(load(t, bakery, lookUp, streets))
	d := &Deadlines{Shelf: shelf, Now: func() time.Time { return january(3, 11, 30) }, Log: slog.New(slog.DiscardHandler),
		Roster: &roster.Roster{Slack: dir, Now: time.Now, Log: slog.New(slog.DiscardHandler), Roles: func() map[string][]string { return nil }, Zone: func() *time.Location { return time.UTC }},
		Passes: map[string]Opener{"lead": {Label: "Reassign"}}, Forms: map[string]Opener{"form-of-streets": {Label: "Research done"}}}
	d.Roster.DB = dbtest.Open(t, filepath.Join(t.TempDir(), "db"))
	if err := d.Roster.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for id := range dir.people {
		if _, err := d.Roster.Person(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	on := func(change func(*Deadline)) Deadline {
		x := begun(january(3, 10, 0))
		x.Rule = Timed(shelf.InForce(), playbook.EventLeadAssigned)[0]
		x.Subject, x.Title, x.handled = "lead/L1", "Miller & Sons (Jo <Miller>)", january(3, 11, 30)
		if change != nil {
			change(&x)
		}
		return x
	}
	button := func(x *Deadline) { x.Rule = Timed(shelf.InForce(), playbook.EventCallHeld)[0] }
	late := Done{january(3, 12, 40), "USAM", 40 * time.Minute}
	var many []Deadline
	for i := range 25 {
		many = append(many, on(func(x *Deadline) { x.ID = fmt.Sprint("D", i) }))
	}
	messages := map[string]chat.Message{
		"reminder":          d.reminder(on(nil)),
		"reminder-button":   d.reminder(on(button)),
		"reminder-overdue":  d.reminder(on(func(x *Deadline) { x.handled = january(3, 13, 0) })),
		"reminder-told":     d.reminder(on(func(x *Deadline) { x.handled, x.Escalated = january(3, 12, 0), january(3, 12, 0) })),
		"reminder-snoozed":  d.reminder(on(func(x *Deadline) { x.Snoozed = january(3, 12, 30) })),
		"reminder-paused":   d.reminder(on(func(x *Deadline) { x.Status = Paused{january(3, 11, 35), 25 * time.Minute} })),
		"reminder-done":     d.reminder(on(func(x *Deadline) { x.Status = late })),
		"reminder-closed":   d.reminder(on(func(x *Deadline) { x.Status = Closed{january(3, 12, 0)} })),
		"reminder-rung":     d.rung(on(nil), january(3, 12, 30)),
		"escalation":        d.escalation(on(nil), "UBOSS", january(3, 12, 0)),
		"escalation-button": d.escalation(on(func(x *Deadline) { button(x); x.Escalate, x.Subject = "foreman", "call/1" }), "UBOSS", january(3, 12, 0)),
		"escalation-done":   d.escalation(on(func(x *Deadline) { x.Status = late }), "UBOSS", january(3, 12, 40)),
		"left":              d.orphans("USAM", many[:2], "UBOSS"),
		"left-settled":      d.orphans("USAM", nil, "UBOSS"),
	}
	for name, m := range messages {
		golden.JSON(t, name, m)
	}
	messages["left-much"] = d.orphans("USAM", many, "UBOSS")
	messages["hostile"] = d.reminder(on(func(x *Deadline) { x.Title = "<!channel> " + strings.Repeat("&<x>", 2000) }))
	world, err := slacksim.ParseWorld([]byte(workspace))
	if err != nil {
		t.Fatal(err)
	}
	s := slacksim.Open(t, slacksim.Options{World: world})
	api := slack.New(s.BotToken(), slack.OptionAPIURL(s.URL()))
	for name, m := range messages {
		if strings.Contains(m.Text, "<!channel>") {
			t.Errorf("%s calls everybody", name)
		}
		if _, _, err := api.PostMessage("C0GEN", slack.MsgOptionText(m.Text, false), slack.MsgOptionBlocks(m.Blocks...)); err != nil {
			t.Errorf("%s: Slack says %v", name, err)
		}
	}
	if !strings.HasSuffix(messages["escalation-done"].Text, "done, 40 minutes late") {
		t.Errorf("an escalation ends with %q", messages["escalation-done"].Text)
	}
}

// Seconds of lateness are said where the whole of it is a matter of seconds, and
// nowhere else.
func TestWhenLatenessIsSaid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		within string
		late   time.Duration
		want   string
	}{
		"a second, of hours":         {"2h", time.Second, "and is still open."},
		"a minute less, of hours":    {"2h", 59 * time.Second, "and is still open."},
		"a minute, of hours":         {"2h", time.Minute, "and is still open, 1 minute late."},
		"a second, of days":          {"1d", time.Second, "and is still open."},
		"a second, of seconds":       {"5s", time.Second, "and is still open, 1 second late."},
		"less than a second of them": {"5s", 900 * time.Millisecond, "and is still open."},
		"five seconds, of minutes":   {"5m", 5 * time.Second, "and is still open, 5 seconds late."},
	} {
		t.Run(name, func(t *testing.T) {
			on := begun(january(3, 10, 0))
			on.Within, on.Due = span(tc.within), january(3, 12, 0)
			d := &Deadlines{Shelf: &playbook.Shelf{}, Roster: &roster.Roster{Zone: func() *time.Location { return time.UTC }}}
			d.Shelf.Use(load(t, bakery, lookUp, streets))
			if got := d.Words(on, "USAM", on.Due.Add(tc.late)); !strings.HasSuffix(got, tc.want) {
				t.Errorf("it says %q, want %q at the end", got, tc.want)
			}
		})
	}
}
