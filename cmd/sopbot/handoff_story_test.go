package main

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// handOff fills in the default playbook's form, about a new lead, and sends it.
func handOff(t testing.TB, sdr *slacksim.Person, lead, ae string) {
	t.Helper()
	sdr.Slash("/handoff")
	m := sdr.Modal()
	m.Fill("… or a new one: Lead", lead).Pick("Account executive", ae)
	m.Fill("Main pain, in the prospect's words", "Reps type everything twice")
	m.Pick("Does the contact have budget authority?", "Yes")
	m.Fill("What do they need to be able to do?", "One place for every lead")
	m.Fill("When does the project start?", time.Now().AddDate(0, 0, 60).Format("2006-01-02"))
	m.Submit()
	m.WaitFor("Step 2 of 2")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(48*time.Hour).Format("2006-01-02 15:04"))
	m.Submit()
}

func TestALeadGoesFromSDRToAE(t *testing.T) {
	slack, b := startBot(t, nil)
	sam, alex, dana := slack.As("sam").In("#sales"), slack.As("alex"), slack.As("dana")

	// The lead, given by the manager.
	reply := dana.In("#sales").Slash("/lead assign @sam Northwind Freight, Kim Lee https://northwind.example")
	has(t, "the confirmation", reply.Text(), "Northwind Freight (Kim Lee)", "assigned to @sam")
	card := slack.As("sam").WaitFor("gave you the lead")
	has(t, "the card", card.Text(), "@dana", "Northwind Freight (Kim Lee)", "northwind.example", "[Qualify]", "[Hand off]")
	again := sam.Slash("/lead assign northwind freight inc, kim lee")
	has(t, "the same lead again", again.Text(), "is there already")

	// The scorecard.
	card.Click("Qualify")
	m := sam.Modal()
	for _, criterion := range []string{"Metrics", "Economic buyer", "Identified pain", "Champion"} {
		m.Pick(criterion, "Confirmed: they said or showed it")
	}
	m.Fill("Champion: evidence", "Kim wrote to her boss, 3 Nov")
	m.Fill("Main pain, in the prospect's words", "Two reps left over the reports")
	m.Submit()
	m = sam.Modal()
	m.WaitFor("4 of 7")
	has(t, "the result", m.Text(), "passes", "Ask next", "Which criteria will decide", "[Hand off]")

	// The handoff, filled in with what is known.
	m.Click("Hand off")
	m = sam.Modal()
	has(t, "the form", m.Text(), "Northwind Freight (Kim Lee)", "Two reps left over the reports", "Step 1 of 2")
	m.Pick("Account executive", "@alex")
	m.Pick("Does the contact have budget authority?", "No")
	m.Fill("What do they need to be able to do?", "Reports in one click")
	m.Submit()
	has(t, "the rule's words", strings.Join(values(m.Errors()), " "), "nobody with budget authority is involved")
	m.Pick("Does the contact have budget authority?", "Yes")
	m.Fill("When does the project start?", time.Now().AddDate(0, 0, 60).Format("2006-01-02"))
	m.Submit()
	m.WaitFor("Step 2 of 2")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(48*time.Hour).Format("2006-01-02 15:04"))
	m.Submit()
	m.WaitFor("is on its way to @alex")

	// Every copy of the card.
	toAlex := alex.WaitFor("hands Northwind Freight (Kim Lee) over to you")
	has(t, "the AE's card", toAlex.Text(), "@sam", "Waiting for @alex", "Two reps left over the reports", "Scorecard: 4 of 7, passes", "Kim wrote to her boss",
		"Find out in the discovery call", "Which criteria will decide", "[Accept]", "[Ask]", "[Decline]", "[Reassign]")
	inChannel := slack.As("lena").WaitFor("Handoff: Northwind Freight")
	toSam := slack.As("sam").WaitFor("Your handoff of Northwind Freight")
	lacks(t, "the SDR's copy", toSam.Text(), "[Accept]")

	// Somebody else may not decide; asking stops the clock.
	inChannelOfPriya := slack.As("priya").WaitFor("Handoff: Northwind Freight")
	refused := inChannelOfPriya.Click("Accept")
	has(t, "the refusal", refused.Text(), "Only @alex or a manager decides")
	toAlex.Click("Ask")
	alex.Modal().Fill("What do you need to know?", "Who else is in the call?").Submit()
	question := slack.As("sam").WaitFor("asks about Northwind Freight")
	question.Click("Answer")
	sam.Modal().Fill("Your answer", "Kim’s boss, Jo").Submit()
	alex.WaitFor("answered your question about Northwind Freight")
	question.WaitFor("Answered by @sam")
	lacks(t, "the question, answered", question.Text(), "[Answer]")

	// The decision shows everywhere, without buttons.
	toAlex.WaitFor("Who else is in the call?")
	toAlex.Click("Accept")
	for who, copy := range map[string]*slacksim.Card{"AE": toAlex, "SDR": toSam, "channel": inChannel} {
		copy.WaitFor("Accepted by @alex")
		lacks(t, who+"'s copy", copy.Text(), "[Accept]", "[Decline]", "[Answer]")
	}
	slack.As("sam").WaitFor("accepted your handoff of Northwind Freight")
	card.WaitFor("accepted by the AE")
	kinds := one[string](t, b, `SELECT group_concat(kind, ' ') FROM (SELECT kind FROM events ORDER BY at, id)`)
	want := "lead.created lead.assigned qualification.saved lead.qualified handoff.sent handoff.asked handoff.answered handoff.accepted"
	if kinds != want {
		t.Errorf("the trail is %s\nwant %s", kinds, want)
	}
}

func values(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

func TestADeclinedLeadComesBackWithTheReasonAndDoesNotBounce(t *testing.T) {
	slack, _ := startBot(t, nil)
	sam, alex := slack.As("sam").In("#sales"), slack.As("alex")
	for round := range 2 {
		handOff(t, sam, "Blue Kiln", "@alex")
		sam.Modal().WaitFor("is on its way")
		sam.Modal().Close()
		card := alex.WaitFor("hands Blue Kiln over to you\n:hourglass_flowing_sand: Waiting for @alex") // the open one
		card.Click("Decline")
		m := alex.Modal()
		m.Submit()
		if n := len(m.Errors()); n != 2 {
			t.Errorf("an empty decline has %d errors: %v", n, m.Errors())
		}
		m.Pick("Reason", "No clear need").Fill("What would make the next one better?", "Ask what changes for them").Submit()
		card.WaitFor("Declined by @alex")
		back := slack.As("sam").WaitFor([]string{"declined your handoff of Blue Kiln", "It was declined twice"}[round])
		has(t, "what the SDR reads", back.Text(), "No clear need", "Ask what changes for them", "[Qualify]")
		if round == 0 {
			has(t, "the first time", back.Text(), "[Hand off]")
		} else {
			has(t, "the second time", back.Text(), "a manager decides")
			lacks(t, "the second time", back.Text(), "[Hand off]")
		}
	}
	third := sam.Slash("/handoff blue kiln")
	has(t, "the third time", third.Text(), "Blue Kiln was declined twice", "Ask a manager", "See it")

	// A manager decides, and may hand it off again.
	slack.As("dana").WaitFor("Blue Kiln, handed off by @sam, was declined twice").Click("Hand off")
	has(t, "the manager's form", slack.As("dana").Modal().Text(), "Blue Kiln", "This lead is @sam", "Reps type everything twice")
}

// inDays is a date so many days from now.
func inDays(n int) string { return time.Now().AddDate(0, 0, n).Format("2006-01-02") }
