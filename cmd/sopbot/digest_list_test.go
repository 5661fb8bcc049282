package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/handoff"
	"sopbot/internal/slacksim"
)

// Whoever has to do something hears of a nudge in their own working hours, once
// a day, and not at all once it is done.
func TestAManagerNudgesWhoeverHasToDoIt(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday) // seven in the morning for Alex
	dana, sales, alex := slack.As("dana"), slack.As("dana").In("#sales"), slack.As("alex")
	imported(t, b, "stuck")
	sales.Slash("/digest")
	m := sales.WaitFor("Daily digest")
	has(t, "the digest", m.Text(), "Handoff waits for a decision", "Lead of stuck", "@alex has it since", "No deadline runs for it.", "[Open] [Nudge] [Reassign]")
	m.Click("Nudge")
	dana.WaitFor("@alex does not work now and is nudged")
	m.Click("Nudge")
	dana.WaitFor("@alex was nudged about it already")
	push(time.Hour)
	lacks(t, "what Alex reads at eight", alex.Screen(), "asks you to see to this")
	push(2 * time.Hour)
	nudged := alex.WaitFor("asks you to see to this")
	has(t, "the nudge", nudged.Text(), "@dana", "A handoff waits for your decision", "Lead of stuck", "/handoff list")
	nudged.Click("Open")
	has(t, "what Open shows", alex.Modal().Text(), "Lead of stuck")
	alex.Modal().Close()

	// What is settled meanwhile is nudged about no more.
	slack.As("alex").In("#sales").Slash("/handoff list")
	slack.As("alex").WaitFor("Open handoffs: 1").Click("Accept")
	waitUntil(t, "it is accepted", func() bool { return one[string](t, b, "SELECT status FROM handoffs") == "accepted" })
	m.Click("Nudge")
	dana.WaitFor("That is settled already")

	// At night what is done before the morning needs no nudge.
	push(10 * time.Hour)
	on, _ := imported(t, b, "night")
	if again := sales.Slash("/digest").Card(); strings.Contains(again.Text(), "Lead of night") {
		again.Click("Nudge")
	} else {
		t.Fatalf("the digest lacks what came at night:\n%s", again.Text())
	}
	if err := b.router.Click(t.Context(), clickBy("U0ALEX", "handoff.accept", on)); err != nil {
		t.Fatal(err)
	}
	push(24 * time.Hour)
	waitUntil(t, "the row is done", func() bool {
		return one[int](t, b, "SELECT count(*) FROM outbox WHERE kind = 'digest.nudge' AND state <> 'done'") == 0
	})
	if n := strings.Count(alex.Screen(), "asks you to see to this"); n > 1 {
		t.Errorf("Alex was nudged about what he had done:\n%s", alex.Screen())
	}
}

func TestAllThatNeedsAManagerIsReadPageByPage(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	dana, sales := slack.As("dana"), slack.As("dana").In("#sales")
	for i := range 34 {
		sales.Slash(fmt.Sprintf("/lead assign @%s Company %02d", []string{"sam", "noor"}[i%2], i))
	}
	push(3 * time.Hour)
	waitUntil(t, "Dana was told of them all", func() bool {
		return one[int](t, b, "SELECT count(*) FROM deadlines WHERE escalated_at IS NOT NULL") == 34
	})
	sales.Slash("/digest")
	m := sales.WaitFor("Needs you today: 34")
	if n := strings.Count(m.Text(), "[Nudge]"); n != 8 {
		t.Errorf("%d are shown at once", n)
	}
	m.Click("Show all 34")
	all := dana.Modal()
	has(t, "the first page", all.Text(), "Company 00", "Company 14", "1 to 15 of 34", "[Read on →]", "and escalated")
	lacks(t, "the first page", all.Text(), "Company 15", "[← Back]")
	all.Click("Read on →")
	all.WaitFor("16 to 30 of 34")
	all.Click("Nudge")
	all.WaitFor("@noor does not work now and is nudged") // eight in the evening in London
	has(t, "the page after a nudge", all.Text(), "16 to 30 of 34", "Company 15")
	all.Click("Read on →")
	all.WaitFor("31 to 34 of 34")
	lacks(t, "the last page", all.Text(), "[Read on →]")
	all.Click("Open") // on top of it
	has(t, "what Open shows", dana.Modal().Text(), "Company 30")
	dana.Modal().Close()
	all.Click("Reassign")
	has(t, "what Reassign opens", dana.Modal().Text(), "Company 30")
	dana.Modal().Close()
	all.Click("← Back")
	all.WaitFor("16 to 30 of 34")
	has(t, "the page before", all.Text(), "Company 15")

	// What is given away from there has its whole time again, and is gone from the
	// list beneath.
	all.Click("Reassign")
	form := dana.Modal()
	has(t, "what Reassign opens", form.Text(), "Company 15")
	form.Pick("Who works on it from now on", "@priya").Submit()
	all.WaitFor("16 to 30 of 33")
	has(t, "the list beneath", dana.Modal().Text(), "Company 16", "Company 30")
	lacks(t, "the list beneath", dana.Modal().Text(), "Company 15")
	all.Close()

	m.Click("By person")
	has(t, "by person", dana.Modal().Text(), "@sam", "Research the company and the contact's LinkedIn profile – none done; 17 open and overdue", "@noor")
}

// A click on Done in the digest, and in the list, which shows what is left.
func TestWhatAClickCanEndIsEndedFromTheDigest(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	dana, sales := slack.As("dana"), slack.As("dana").In("#sales")
	researched(slack, push, "Tern Hotels", time.Hour)
	researched(slack, push, "Quay Foods", time.Hour)
	called(slack, "tern")
	called(slack, "quay")
	push(26 * time.Hour)
	sales.Slash("/digest")
	m := sales.WaitFor("Needs you today: 2")
	// What a call asks for is about the lead of the call.
	has(t, "the digest", m.Text(), "[Open] [Nudge] [Done]")
	m.Click("Open")
	has(t, "what Open shows", dana.Modal().Text(), "Tern Hotels", "call held")
	dana.Modal().Close()
	m.Click("Done")
	dana.WaitFor("is done.")
	m.Click("Done")
	dana.WaitFor("is done already")
	if n := one[int](t, b, "SELECT count(*) FROM deadlines WHERE state = 'open' AND event = 'call.held'"); n != 1 {
		t.Errorf("%d are still to be done", n)
	}
}

func called(slack *slacksim.Slack, lead string) {
	slack.As("sam").In("#sales").Slash("/lead call " + lead)
}

// A lead that was declined twice is the manager's: they hand it off again, right
// from the digest.
func TestALeadThatCameBackTwiceIsHandedOffFromTheDigest(t *testing.T) {
	slack, b, _ := startBotAt(t, tuesday)
	pb := b.shelf.InForce()
	page, _ := pb.Page(handoff.FormPage)
	coaching, err := handoff.ParseWords("Ask who signs first.")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		for i := range 2 {
			at := tuesday.Add(time.Duration(i-30) * time.Hour)
			h := handoff.Handoff{Key: fmt.Sprint("back-", i), Sender: "U0SAM", AE: "U0ALEX", Sent: at,
				Status:  handoff.Declined{By: "U0ALEX", At: at.Add(30 * time.Minute), Reason: "no_need", Coaching: coaching},
				Answers: form.Answers{"lead": {Type: "lead", New: "Boomerang Bikes"}, "ae": form.User("U0ALEX")}}
			h.Form, h.Playbook, h.Context = handoff.About(pb, page)
			if err := b.features.handoffs.Import(tx, h); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sales := slack.As("dana").In("#sales")
	sales.Slash("/digest")
	m := sales.WaitFor("Needs you today: 1")
	has(t, "the digest", m.Text(), "Declined 2 times", "Boomerang Bikes", "only a manager can hand it off again", "[Open] [Hand off again] [Reassign]")
	lacks(t, "the digest", m.Text(), "[Nudge]")
	m.Click("Hand off again")
	has(t, "what it opens", slack.As("dana").Modal().Text(), "Boomerang Bikes", "Step 1 of 2")
}
