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
