package main

import (
	"strings"
	"testing"
	"time"
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
