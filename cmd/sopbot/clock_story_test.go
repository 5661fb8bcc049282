package main

import (
	"context"
	"encoding/json"
	"regexp"
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
	return slack, b, pusher(t, clock, slack, b)
}

// pusher pushes the clock that a bot and the local Slack go by, as soon as what
// the bot has begun is over: what becomes of a call that is out while the clock
// jumps has tests of its own. Where something never rests, it is not waited for
// long.
func pusher(t *testing.T, clock *demoClock, slack *slacksim.Slack, b *bot) func(time.Duration) {
	return func(by time.Duration) {
		t.Helper()
		for patience := time.Now().Add(5 * time.Second); underWay(t, b, clock.Now()) > 0 && time.Now().Before(patience); {
			time.Sleep(5 * time.Millisecond)
		}
		clock.Push(by)
		slack.Wake()
		b.wake()
	}
}

// underWay counts what is due, and what is being done.
func underWay(t *testing.T, b *bot, now time.Time) int {
	t.Helper()
	return one[int](t, b, "SELECT count(*) FROM outbox WHERE state = 'ready' AND (run_at <= $1 OR lease <> '')", now.UnixMilli())
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
	has(t, "the list", list.Text(), "Tern Hotels", "Paloma Ceramics", "Put it into Google Calendar", "[Calendar file]", "Research done", "Dec 2, 2026 9:00 AM")
	if i, j := strings.Index(list.Text(), "Tern Hotels:"), strings.Index(list.Text(), "Paloma Ceramics:"); i > j {
		t.Error("the oldest does not come first")
	}
	for _, card := range slack.As("priya").Messages("") {
		lacks(t, "somebody without research", card.Text(), "Research for today")
	}
	slack.As("dana").In("#sales").Slash("/lead assign @sam Skua Marine")
	list.WaitFor("Research for today: 3 leads")
	slack.As("dana").In("#sales").Slash("/lead skua").Choose("Skua Marine", "Reassign")
	slack.As("dana").Modal().Pick("Who works on it from now on", "@priya").Submit()
	list.WaitFor("Research for today: 2 leads")
	for _, left := range []string{"Research for today: 1 lead", "Research for today: nothing is left"} {
		list.Click("Research done")
		m := slack.As("sam").Modal()
		m.Fill("Company: what they do, size, recent news", "Nine hotels").Pick("Do they fit our ideal customer profile?", "Yes").
			Fill("Contact's LinkedIn profile", "https://linkedin.example/x").Fill("Where does it probably hurt?", "Prices").Submit()
		m.WaitFor("is kept")
		list.WaitFor(left)
	}
	has(t, "the card of what is done", slack.As("sam").WaitFor("Your lead Tern Hotels").Text(), "[Edit research]")
	if n := one[int](t, b, "SELECT count(*) FROM outbox WHERE kind = 'research.morning' AND state = 'ready' AND key LIKE '%U0SAM%'"); n != 1 {
		t.Errorf("%d mornings are planned, want the next", n)
	}
}

// A block of time for one lead's research, as a file that every calendar opens.
func TestTimeForResearchGoesIntoTheCalendar(t *testing.T) {
	// A Tuesday, 10:03 in New York, where Sam works.
	slack, _, push := startBotAt(t, time.Date(2026, 12, 1, 15, 3, 0, 0, time.UTC))
	slack.As("dana").In("#sales").Slash("/lead assign @sam Tern; Hotels, Sofie Brandt")
	sam := slack.As("sam")
	card := sam.WaitFor("gave you the lead")
	card.Click("Add to calendar")
	got := sam.WaitFor("Open the file to put it into Outlook")
	has(t, "the message", got.Text(), "Dec 1, 2026 10:15 AM", "Put it into Google Calendar", "to 12:00 PM", "(file: Research: Tern (Hotels, Sofie Brandt).ics)")
	data := fileOf(t, slack, got)
	has(t, "the file", data, "SUMMARY:Research: Tern (Hotels\\, Sofie Brandt)\r\n", "DTSTART:20261201T151500Z\r\n", "DTEND:20261201T170000Z\r\n", "UID:research-")
	card.Click("Add to calendar")
	has(t, "the second click", sam.WaitFor("already").Text(), "look a little further up")
	push(20 * time.Minute)
	card.Click("Add to calendar")
	later := sam.WaitFor("10:30 AM")
	if uid := regexp.MustCompile("UID:.*"); uid.FindString(fileOf(t, slack, later)) != uid.FindString(data) {
		t.Error("asked again, it is another appointment")
	}
}

// fileOf is the one file of a message.
func fileOf(t *testing.T, slack *slacksim.Slack, m *slacksim.Card) string {
	t.Helper()
	var shown struct{ Files []struct{ ID string } }
	if err := json.Unmarshal(m.JSON(), &shown); err != nil || len(shown.Files) != 1 {
		t.Fatalf("%v: %s", err, m.JSON())
	}
	id := shown.Files[0].ID
	data, _, ok := slack.File(id)
	if !ok {
		t.Fatalf("there is no file %q", id)
	}
	return string(data)
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

// A call is noted where a rep looks for it: on the card, in the list, in what is
// known of a lead, and on the card of a handoff that was accepted.
func TestACallIsNotedByAClickWhereItIsLookedFor(t *testing.T) {
	slack, b, push := startBotAt(t, time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC))
	calls := func(want int) {
		t.Helper()
		if n := one[int](t, b, "SELECT count(*) FROM deadlines WHERE subject LIKE 'call/%'"); n != want {
			t.Errorf("%d calls are noted, want %d", n, want)
		}
	}
	slack.As("dana").In("#sales").Slash("/lead assign @sam Tern Hotels")
	sam := slack.As("sam")
	card := sam.WaitFor("gave you the lead")
	card.Click("Call held")
	has(t, "the answer", sam.WaitFor("Noted").Text(), "you held a call about Tern Hotels", "Review the AI call notes", "within 1 day")
	card.Click("Call held")
	sam.WaitFor("a moment ago. It counts once")
	calls(1)
	push(3 * time.Minute)
	card.Click("What is known")
	known := sam.Modal()
	has(t, "what is known", known.Text(), "[Call held]", "[Reassign]")
	known.Click("Call held")
	sam.Modal().WaitFor("Noted: you held a call")
	calls(2)

	on, of := imported(t, b, "talk")
	ae := slack.As("alex")
	handed := ae.WaitFor("hands Lead of talk over to you")
	lacks(t, "a handoff that waits", handed.Text(), "[Call held]")
	handed.Click("Accept")
	handed.WaitFor("Accepted by")
	handed.Click("Call held")
	ae.WaitFor("you held a call about Lead of talk")
	if got := one[string](t, b, "SELECT person FROM deadlines WHERE lead = $1 AND subject LIKE 'call/%'", of); got != "U0ALEX" {
		t.Errorf("the notes after the AE's call are for %s; handoff %s", got, on)
	}
	push(3 * time.Minute)
	has(t, "from the list", slack.As("alex").In("#sales").Slash("/lead talk").Choose("Lead of talk", "Call held").Text(), "Noted: you held a call")
	calls(4)
	lacks(t, "the SDR's copy", slack.As("sam").WaitFor("Your handoff of Lead of talk").Text(), "[Call held]")
}

// Where the playbook wants nothing to be done after a call, nobody is offered to
// note one.
func TestWithoutAnythingToDoAfterACallNoneIsNoted(t *testing.T) {
	slack, _ := startBot(t, func(b *bot) { b.playbook = swift })
	slack.As("sam").In("#sales").Slash("/lead assign Tern Hotels")
	card := slack.As("sam").WaitFor("You took on the lead")
	lacks(t, "the card", card.Text(), "Call held")
	list := slack.As("sam").In("#sales").Slash("/lead")
	if _, err := list.ChooseE(context.Background(), "⋯", "Call held"); err == nil {
		t.Error("the list offers it")
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
