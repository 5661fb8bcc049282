package main

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// Three things pass at once, and the manager has them in one message. A lead
// that is given to somebody else from there is theirs in it, too, and in the
// list of whoever had it.
func TestALeadThatIsGivenAwayIsGoneFromTheListsItStandsIn(t *testing.T) {
	slack, _, push := startBotAt(t, tuesday)
	dana, sam := slack.As("dana"), slack.As("sam")
	for _, company := range []string{"Tern Hotels", "Quay Foods", "Heron Clinics"} {
		dana.In("#sales").Slash("/lead assign @sam " + company)
	}
	push(2*time.Hour + time.Minute)
	told := dana.WaitFor("3 things were not done in time")
	sam.WaitFor("3 things")
	told.Click("Reassign")
	dana.Modal().Pick("Who works on it from now on", "@priya").Submit()
	dana.WaitFor("2 things were not done in time")
	for _, who := range []string{"dana", "sam"} {
		await(t, who+" reads whose it is now", func() bool {
			for _, m := range slack.As(who).Messages("DM") {
				if _, row, there := strings.Cut(m.Text(), "· Tern Hotels\n"); there && strings.HasPrefix(row, "Is @priya’s now") && strings.Contains(m.Text(), "· Quay Foods") {
					return true
				}
			}
			return false
		})
	}
}

// A manager who is told that something was not done can look at it, have a word
// with whoever has to do it, or give it to somebody else: alone and in a list.
func TestAManagerCanActOnWhatPassed(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	dana, sam := slack.As("dana"), slack.As("sam")
	dana.In("#sales").Slash("/lead assign @sam Tern Hotels")
	push(2*time.Hour + time.Minute)
	told := dana.WaitFor("has not done it in time")
	has(t, "what the manager is told", told.Text(), "Tern Hotels", "[Open] [Nudge] [Reassign]")
	told.Click("Open")
	has(t, "what Open shows", dana.Modal().Text(), "Tern Hotels")
	dana.Modal().Close()
	told.Click("Nudge")
	dana.WaitFor("@sam is nudged now")
	has(t, "the nudge", sam.WaitFor("asks you to see to this").Text(), "@dana", "Tern Hotels", "1 minute late", "[Research done]", "a manager nudged you")
	told.Click("Nudge")
	dana.WaitFor("@sam was nudged about it already")
	nudge := sam.WaitFor("asks you to see to this")
	nudge.Choose("Snooze", "30 minutes")
	nudge.WaitFor("Snoozed until")
	nudge.Click("Research done")
	sam.Modal().Fill("Company: what they do, size, recent news", "Hotels").Pick("Do they fit our ideal customer profile?", "Yes").
		Fill("Contact's LinkedIn profile", "https://linkedin.example/x").Fill("Where does it probably hurt?", "Prices").Submit()
	nudge.WaitFor("asked you to see to this")
	lacks(t, "the nudge when it is done", nudge.Text(), "[Research done]", "Snooze")
	has(t, "the nudge when it is done", nudge.Text(), "@sam, ", "done, 1 minute late")

	for _, company := range []string{"Quay Foods", "Heron Clinics", "Kestrel Cargo"} {
		dana.In("#sales").Slash("/lead assign @sam " + company)
	}
	push(2*time.Hour + time.Minute)
	many := dana.WaitFor("3 things were not done in time")
	if n := strings.Count(many.Text(), "[Open] [Nudge] [Reassign]"); n != 3 {
		t.Errorf("%d rows of the list have their buttons:\n%s", n, many.Text())
	}
	many.Click("Nudge")
	dana.WaitFor("@sam is nudged now")
	await(t, "Sam to be nudged about a second thing", func() bool {
		return one[int](t, b, "SELECT count(*) FROM posts WHERE key LIKE 'digest/nudge/deadline/%' AND state = 'sent'") == 2
	})
}

// Who has several reminders in one message puts them all off at once.
func TestAListOfRemindersIsPutOffAtOnce(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	dana, sam := slack.As("dana"), slack.As("sam")
	for _, company := range []string{"Tern Hotels", "Quay Foods", "Heron Clinics"} {
		dana.In("#sales").Slash("/lead assign @sam " + company)
	}
	push(91 * time.Minute)
	list := sam.WaitFor("3 things are yours to do")
	list.Choose("Snooze all", "1 hour")
	await(t, "all to be put off", func() bool { return strings.Count(list.Text(), "Snoozed until") == 3 })
	if n := one[int](t, b, "SELECT count(*) FROM deadlines WHERE snoozed_until > 0"); n != 3 {
		t.Errorf("%d are put off", n)
	}
	push(61 * time.Minute)
	await(t, "them to come again in one message", func() bool {
		n := 0
		for _, m := range sam.Messages("DM") {
			if strings.Contains(m.Text(), "3 things are yours to do") {
				n++
			}
		}
		return n == 1 && strings.Contains(list.Text(), "All of this is settled")
	})
}

// Somebody has left with work open: their manager has it in one message, once, can
// give it away from there, and nobody is told of it a second time.
func TestWhatSomebodyLeavesIsTheirManagersOnce(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	dana := slack.As("dana")
	for _, company := range []string{"Tern Hotels", "Quay Foods", "Heron Clinics"} {
		dana.In("#sales").Slash("/lead assign @sam " + company)
	}
	slack.Fault(slacksim.Fault{Method: "users.info", Error: "user_not_found", Times: -1, Match: func(args map[string]any) bool { return args["user"] == "U0SAM" }})
	push(time.Hour) // once an hour it is looked who is there
	left := dana.WaitFor("no longer in this workspace")
	has(t, "what the manager is told", left.Text(), "Sam is no longer in this workspace and leaves 3 things to do", "Tern Hotels", "Quay Foods", "Heron Clinics", "[Reassign]", "nobody else is reminded")
	left.Click("Reassign")
	dana.Modal().Pick("Who works on it from now on", "@priya").Submit()
	slack.As("priya").WaitFor("gave you the lead")
	await(t, "it to be gone from what Sam leaves", func() bool { return strings.Count(left.Text(), "[Reassign]") == 2 })
	push(26 * time.Hour)
	n := 0
	for _, m := range dana.Messages("DM") {
		if strings.Contains(m.Text(), "no longer in this workspace") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("told %d times", n)
	}
	if n := one[int](t, b, "SELECT count(*) FROM posts WHERE channel = 'U0SAM' AND key LIKE 'deadline/%'"); n != 0 {
		t.Errorf("%d reminders were meant for somebody who has left", n)
	}
	// No list and no nudge of theirs offers what cannot be done any more.
	if strings.Contains(left.Text(), "[Nudge]") {
		t.Errorf("somebody who has left is to be nudged:\n%s", left.Text())
	}
}
