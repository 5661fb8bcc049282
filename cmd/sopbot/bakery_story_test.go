package main

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// bakery is the playbook of a wholesaler of bread: other fields and rules,
// another framework, other reasons, other people, and nothing of the one that
// comes along.
var bakery = fstest.MapFS{
	"playbook.yaml": {Data: []byte(`name: Crumb & Sons
timezone: Europe/Warsaw
currency: EUR
roles:
  sdr: [U0OLA, U0NOOR]
  ae: [U0SAM, U0PRIYA]
  manager: [U0LENA]
channels: {}
qualification: bread
`)},
	"how/bread.md": {Data: []byte(`---
id: bread
kind: framework
title: BREAD
owner: ola
need: 3
criteria:
  - {id: budget, label: Budget, ask: What do you pay for a loaf today?}
  - {id: route, label: On our route, ask: Which street is the shop in?, required: true}
  - {id: eaters, label: Eaters, ask: How many loaves do you sell on a Saturday?}
  - {id: agreed, label: Agreed, ask: Who else has to say yes?}
  - {id: date, label: Date, ask: When is your old contract over?}
---
Score it.
`)},
	"how/pass.md": {Data: []byte(`---
id: handoff
kind: form
title: Pass the shop on
owner: ola
submit: Pass on
fields:
  - {id: lead, label: Shop, type: lead, required: true}
  - {id: ae, label: Driver, type: user, required: true}
  - {id: tasting, label: Tasting in the shop, type: datetime, required: true}
  - {id: loaves, label: Loaves a day, type: number, required: true}
  - {id: price, label: Price a loaf, type: money}
  - {id: kinds, label: Which bread?, type: choices, options: [rye, wheat, {value: spelt, label: Spelt & seeds}]}
  - {id: main_pain, label: Why they want to change, type: long_text, from: qualification}
rules:
  - {field: loaves, at_least: 20, say: "Below twenty loaves the van does not stop."}
  - {field: kinds, not_empty: true, say: "Name one bread at least."}
reasons:
  - {value: far, label: Too far to drive}
  - {value: small, label: Fewer loaves than said}
---
Pass it on.
`)},
	"how/visit.md": {Data: []byte(`---
id: visit
kind: stage
title: First visit
order: 1
owner: ola
actions:
  - {id: answer, label: The driver answers, on: handoff.sent, who: ae, within: 1d}
exit:
  - {id: liked, label: They liked one, ask: Which one?}
---
Bring a knife.
`)},
}

// The whole story with another playbook, without a change of code.
func TestABakeryPlaysTheSameStoryWithItsOwnRules(t *testing.T) {
	slack, b := startBot(t, func(b *bot) { b.playbook, b.settings = bakery, nil })
	ola, sam, lena := slack.As("ola").In("#sales"), slack.As("sam"), slack.As("lena")

	has(t, "who is no SDR here", slack.As("alex").In("#sales").Slash("/qualify").Text(), "Only an SDR, an AE or a manager can qualify leads")
	has(t, "an AE", sam.In("#sales").Slash("/handoff").Text(), "Only an SDR or a manager can hand leads off")

	ola.Slash("/qualify Corner shop, Jo")
	m := ola.Modal()
	has(t, "the scorecard", m.Text(), "Budget", "On our route (must be confirmed to pass)", "Which street is the shop in?")
	for _, criterion := range []string{"Budget", "Eaters", "Agreed"} {
		m.Pick(criterion, "Confirmed: they said or showed it")
	}
	m.Fill("Main pain, in the prospect's words", "Stale by noon").Submit()
	m.WaitFor("3 of 5")
	has(t, "three without the one that is required", m.Text(), "does not pass yet: On our route must be confirmed", "Which street is the shop in?")
	m.Close()
	ola.Slash("/qualify corner shop jo")
	m = ola.Modal()
	m.Pick("On our route (must be confirmed to pass)", "Confirmed: they said or showed it").Pick("Agreed", "Heard: second-hand, or our guess").Submit()
	m.WaitFor("3 of 5")
	has(t, "three with it", m.Text(), "passes", "Last time it was 3 of 5", "Who else has to say yes?")

	m.Click("Hand off")
	m = ola.Modal()
	has(t, "the form", m.Text(), "Pass the shop on", "Corner shop (Jo)", "Stale by noon", "Spelt & seeds")
	m.Pick("Driver", "@sam").Fill("Tasting in the shop", time.Now().Add(72*time.Hour).Format("2006-01-02 15:04")).Fill("Loaves a day", "12").Submit()
	has(t, "the bakery's rules", complaints(m), "Below twenty loaves the van does not stop", "Name one bread at least")
	m.Fill("Loaves a day", "120").Pick("Which bread?", "rye", "Spelt & seeds").Fill("Price a loaf", "2,10").Submit()
	m.WaitFor("is on its way to @sam")
	has(t, "what follows", m.Text(), "The driver answers: within 1 day")
	m.CloseAll()

	card := sam.WaitFor("hands Corner shop (Jo) over to you")
	has(t, "the card", card.Text(), "Tasting in the shop", "120", "EUR 2.10", "rye, Spelt & seeds", "Scorecard: 3 of 5, passes", "Who else has to say yes?", "When is your old contract over?")
	card.Click("Decline")
	m = sam.Modal()
	if got := strings.Join(m.Options("Reason"), "|"); got != "Too far to drive|Fewer loaves than said" {
		t.Errorf("the reasons are %s", got)
	}
	m.Pick("Reason", "Too far to drive").Fill("What would make the next one better?", "Look at the map first").Submit()
	has(t, "what comes back", slack.As("ola").WaitFor("declined your handoff of Corner shop (Jo)").Text(), "Too far to drive", "Look at the map first")

	// It goes to another driver, by the manager, who may decide too.
	ola.Slash("/handoff corner shop jo")
	m = ola.Modal()
	has(t, "the form again", m.Text(), "120", "Spelt & seeds", "2.10")
	m.Pick("Driver", "@priya").Submit()
	m.WaitFor("is on its way to @priya")
	m.CloseAll()
	slack.As("ola").WaitFor("Your handoff of Corner shop (Jo) to @priya")
	again := ola.Slash("/handoff Corner shop, Jo")
	has(t, "while it waits", again.Text(), "Corner shop (Jo) is handed off already", "@priya", "See it")
	list := lena.In("#sales").Slash("/handoff list")
	has(t, "the manager's list", list.Text(), "No handoff waits for you")
	priya := slack.As("priya").WaitFor("hands Corner shop (Jo) over to you")
	has(t, "somebody else", slack.As("noor").In("#sales").Slash("/handoff list").Text(), "No handoff waits")
	priya.Click("Accept")
	priya.WaitFor("Accepted by @priya")
	slack.As("ola").WaitFor("accepted your handoff of Corner shop (Jo)")
	has(t, "after it", ola.Slash("/handoff Corner shop, Jo").Text(), "has an AE already: @priya accepted it")

	if got := one[string](t, b, "SELECT group_concat(confirmed || '/' || criteria || '/' || passed, ' ') FROM (SELECT * FROM qualifications ORDER BY revision)"); got != "3/5/0 3/5/1" {
		t.Errorf("the revisions are %s", got)
	}
}
