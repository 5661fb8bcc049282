package main

import "testing"

func TestResearchTravelsIntoTheHandoff(t *testing.T) {
	slack, b := startBot(t, nil)
	slack.As("dana").In("#sales").Slash("/lead assign @sam Tern Hotels, Sofie Brandt https://tern.example")
	sam := slack.As("sam")
	card := sam.WaitFor("gave you the lead")
	refused := slack.As("alex").In("#sales").Slash("/lead tern hotels")
	refused.Choose("⋯", "Research done")
	has(t, "what somebody else reads", slack.As("alex").WaitFor("Only they or a manager").Text(), "@sam")

	card.Click("Research done")
	m := sam.Modal()
	m.Submit()
	if len(m.Errors()) == 0 {
		t.Error("an empty form was taken")
	}
	m.Fill("Company: what they do, size, recent news", "Nine hotels by the sea").
		Pick("Do they fit our ideal customer profile?", "Yes").
		Fill("Contact's LinkedIn profile", "https://linkedin.example/sofie").
		Fill("Trigger event", "Bought two hotels in spring").
		Fill("Where does it probably hurt?", "Prices are set by hand").
		Submit()
	m = sam.Modal()
	m.WaitFor("is kept")
	m.Click("Qualify")
	scorecard := sam.Modal()
	has(t, "above the scorecard", scorecard.Text(), "From research", "Where does it probably hurt?: Prices are set by hand", "Trigger event: Bought two hotels in spring")
	scorecard.Close()
	m.Click("Hand off")
	form := sam.Modal()
	has(t, "above the handoff", form.Text(), "From research", "Where does it probably hurt?: Prices are set by hand")
	lacks(t, "above the handoff, what it asks for", form.Text(), "Trigger event:")
	form.Pick("Account executive", "@alex").Pick("Does the contact have budget authority?", "Yes").
		Fill("Main pain, in the prospect's words", "Prices").Fill("What do they need to be able to do?", "Set them daily").
		Fill("When does the project start?", inDays(30)).Submit()
	form.WaitFor("Step 2 of 2")
	has(t, "the second step", form.Text(), "Bought two hotels in spring")
	if got := one[string](t, b, "SELECT origin FROM events WHERE kind = 'research.done'"); got != "form" {
		t.Errorf("recorded: %s", got)
	}
}
