package main

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/slacksim"
)

// startBotAt runs the bot and the local Slack on a clock that is pushed.
func startBotAt(t *testing.T, at time.Time) (*slacksim.Slack, *bot, func(time.Duration)) {
	t.Helper()
	clock := &demoClock{}
	clock.Push(time.Until(at))
	slack, b := startBotWith(t, slacksim.Options{Now: clock.Now}, func(b *bot) { b.now = clock.Now })
	return slack, b, func(by time.Duration) {
		clock.Push(by)
		slack.Wake()
		b.wake()
	}
}

func TestResearchIsRemindedOfAndItsLatenessTold(t *testing.T) {
	// A Tuesday, 10:00 in New York, where Sam and Dana work.
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	slack.As("dana").In("#sales").Slash("/lead assign @sam Tern Hotels")
	sam, dana := slack.As("sam"), slack.As("dana")
	card := sam.WaitFor("gave you the lead")
	has(t, "the card", card.Text(), "Due", "Research done", "Snooze", "Reassign")

	push(91 * time.Minute)
	reminder := sam.WaitFor("within 2 hours after the lead is assigned")
	has(t, "the reminder", reminder.Text(), "Tern Hotels", "Research done")
	push(30 * time.Minute)
	told := dana.WaitFor("has not done it in time")
	has(t, "what the manager reads", told.Text(), "Tern Hotels", "@sam", "[Reassign]")

	push(40 * time.Minute)
	reminder.Click("Research done")
	m := sam.Modal()
	m.Fill("Company: what they do, size, recent news", "Nine hotels").Pick("Do they fit our ideal customer profile?", "Yes").
		Fill("Contact's LinkedIn profile", "https://linkedin.example/x").Fill("Where does it probably hurt?", "Prices").Submit()
	m.WaitFor("is kept")
	told.WaitFor("41 minutes late")
	reminder.WaitFor("41 minutes late")
	lacks(t, "the reminder, done", reminder.Text(), "[Research done]")
	if got := one[string](t, b, "SELECT state FROM deadlines WHERE event = 'lead.assigned'"); got != "done" {
		t.Errorf("the deadline is %s", got)
	}
}

func TestEachMorningARepHearsOnceWhatResearchIsDue(t *testing.T) {
	// A Tuesday, 16:45 in New York: what comes in now is due tomorrow.
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 21, 45, 0, 0, time.UTC))
	for _, company := range []string{"Tern Hotels", "Paloma Ceramics"} {
		slack.As("dana").In("#sales").Slash("/lead assign @sam " + company)
		slack.As("sam").WaitFor(company)
		push(10 * time.Minute)
	}
	push(15*time.Hour + 55*time.Minute) // Wednesday, 09:00
	list := slack.As("sam").WaitFor("Research for today: 2 leads")
	has(t, "the list", list.Text(), "Tern Hotels", "Paloma Ceramics", "Put it into your calendar", "Research done", "Dec 2, 2026 9:00 AM")
	if i, j := strings.Index(list.Text(), "Tern Hotels:"), strings.Index(list.Text(), "Paloma Ceramics:"); i > j {
		t.Error("the oldest does not come first")
	}
	for _, card := range slack.As("priya").Messages("") {
		lacks(t, "somebody without research", card.Text(), "Research for today")
	}
	if n := one[int](t, b, "SELECT count(*) FROM outbox WHERE kind = 'research.morning' AND state = 'ready'"); n != 1 {
		t.Errorf("%d mornings are planned, want the next", n)
	}
}

func TestACallThatWasHeldIsNotedAndItsNotesRemindedOf(t *testing.T) {
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	slack.As("dana").In("#sales").Slash("/lead assign @sam Tern Hotels")
	sam := slack.As("sam").In("#sales")
	has(t, "an unknown lead", sam.Slash("/lead call nobody").Text(), "There is no lead called “nobody”")
	reply := sam.Slash("/lead call tern")
	has(t, "the confirmation", reply.Text(), "you held a call about Tern Hotels", "Review the AI call notes", "within 1 day")
	push(23 * time.Hour)
	reminder := slack.As("sam").WaitFor("Review the AI call notes: correct and tag them · Tern Hotels")
	reminder.Click("Done")
	reminder.WaitFor("on time")
	if got := one[string](t, b, "SELECT person || ' ' || state FROM deadlines WHERE subject LIKE 'call/%'"); got != "U0SAM done" {
		t.Errorf("the deadline is %s", got)
	}
}

// swift is a playbook whose clocks run in seconds, at any hour.
var swift = fstest.MapFS{
	"playbook.yaml": {Data: []byte("name: Swift\nhours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\n")},
	"stage.md": {Data: []byte(`---
id: first
kind: stage
title: First look
order: 1
owner: ola
actions:
  - {id: look, label: Look them up, on: lead.assigned, who: owner, within: 5s, remind: [3s], escalate: manager, repeat: 1, done: button}
exit:
  - {id: seen, label: Somebody looked, ask: Who looked?}
---
Look before you call.
`)},
}

func TestClocksOfSecondsRunOnTheRealClock(t *testing.T) {
	slack, b := startBot(t, func(b *bot) { b.playbook = swift })
	begun := time.Now()
	slack.As("sam").In("#sales").Slash("/lead assign Tern Hotels")
	reminder := slack.As("sam").WaitFor("Look them up · Tern Hotels")
	if early := time.Since(begun); early < 1900*time.Millisecond {
		t.Errorf("the reminder came after %s, 3 seconds before a deadline of 5", early)
	}
	slack.Patience = 15 * time.Second
	told := slack.As("dana").WaitFor("has not done it in time")
	if early := time.Since(begun); early < 4900*time.Millisecond {
		t.Errorf("the manager was told after %s of 5", early)
	}
	reminder.Click("Done")
	reminder.WaitFor("late")
	told.WaitFor("late")
	if got := one[string](t, b, "SELECT state FROM deadlines"); got != "done" {
		t.Errorf("the deadline is %s", got)
	}
}

// A manager whom Slack lets nobody write to: whoever looks after the playbook
// hears of it, and everybody else of what they are to hear.
func TestAManagerWithoutDirectMessages(t *testing.T) {
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	slack.Fault(slacksim.Fault{Method: "chat.postMessage", Error: "channel_not_found", Times: -1, Match: func(args map[string]any) bool { return args["channel"] == "U0DANA" }})
	sam := slack.As("sam")
	sam.In("#sales").Slash("/lead assign Tern Hotels")
	sam.WaitFor("Tern Hotels")
	push(121 * time.Minute)
	sam.WaitFor("within 2 hours after the lead is assigned")
	told := slack.As("ola").WaitFor("cannot send messages to @dana")
	has(t, "what the owner reads", told.Text(), "channel_not_found")
	if n := one[int](t, b, "SELECT count(*) FROM deadline_tellings"); n != 1 {
		t.Errorf("%d were told", n)
	}
}
