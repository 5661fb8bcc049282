package main

import (
	"testing"
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
	told := dana.WaitFor("Was due")
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
	if got := one[string](t, b, "SELECT state FROM deadlines"); got != "done" {
		t.Errorf("the deadline is %s", got)
	}
}
