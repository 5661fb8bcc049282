package main

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// A Tuesday, 10:00 in New York, where Sam and Dana work.
var tuesday = time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)

// researched has Sam look into a lead: in time, or after the deadline.
func researched(slack *slacksim.Slack, push func(time.Duration), company string, after time.Duration) {
	slack.As("dana").In("#sales").Slash("/lead assign @sam " + company)
	card := slack.As("sam").WaitFor("gave you the lead " + company)
	push(after)
	card.Click("Research done")
	m := slack.As("sam").Modal()
	m.Fill("Company: what they do, size, recent news", "Nine hotels").Pick("Do they fit our ideal customer profile?", "Yes").
		Fill("Contact's LinkedIn profile", "https://linkedin.example/x").Fill("Where does it probably hurt?", "Prices").Submit()
	m.WaitFor("is kept")
}

func TestTheDigestComesInTheMorningAndOnDemand(t *testing.T) {
	slack, b, push := startBotAt(t, tuesday)
	sales, dana := slack.As("dana").In("#sales"), slack.As("dana")
	sales.Slash("/lead assign @sam Tern Hotels")
	slack.As("sam").WaitFor("gave you the lead")
	sales.Slash("/digest")
	now := sales.WaitFor("Daily digest")
	has(t, "the digest on demand", now.Text(), "Tue 1 Dec, until 10:00", "Needs you today: 1", "Leads: 1 assigned (up from 0)", "Tern Hotels", "[Reassign]", "[Open]", "Only you see this")
	now.Click("Open")
	has(t, "what Open shows", dana.Modal().Text(), "Tern Hotels")
	dana.Modal().Close()

	push(23 * time.Hour)
	morning := dana.WaitFor("on working days")
	has(t, "the morning's digest", morning.Text(), "Tue 1 Dec · compared with Mon 30 Nov", "1 assigned (up from 0)", "Was due", "5 hours 30 minutes late", "1 open and overdue")
	morning.Click("Reassign")
	m := dana.Modal()
	has(t, "what Reassign opens", m.Text(), "Tern Hotels")
	m.Close()
	push(24 * time.Hour) // a fresh one every morning; with nothing doubled when the clock goes back
	dana.WaitFor("Wed 2 Dec · compared with Tue 1 Dec")
	push(-time.Hour)
	push(time.Hour)
	push(time.Hour)
	if n := one[int](t, b, "SELECT count(*) FROM posts WHERE key LIKE 'digest/U0DANA/%'"); n != 2 {
		t.Errorf("%d digests came, want 2", n)
	}
}

func TestTheWeeklyDigestHasChartsAndTheTeamReadsIt(t *testing.T) {
	slack, _, push := startBotAt(t, tuesday)
	researched(slack, push, "Tern Hotels", time.Hour)
	researched(slack, push, "Quay Foods", 3*time.Hour) // an hour late
	push(5*24*time.Hour + 19*time.Hour)                // Monday, 9:00
	dana, sales := slack.As("dana"), slack.As("dana").In("#sales")
	week := dana.WaitFor("Weekly digest")
	has(t, "the weekly digest", week.Text(), "Mon 30 Nov to Sun 6 Dec", "1 of 2 on time", "at worst 1 hour late", "Done on time, and late", "By person", "@sam: Review one of your own demo calls a… – none done", "1 other timed action")
	week.Click("By person")
	has(t, "by person", dana.Modal().Text(), "@sam", "Review one of your own demo calls a week, with time-stamped comments – none done; 1 ", "Research the company and the contact's", "1 of 2 on time")
	dana.Modal().Close()
	team := sales.WaitFor("The team's week")
	has(t, "the team's digest", team.Text(), "1 of 2 on time", "Done on time, and late")
	lacks(t, "the team's digest", team.Text(), "@sam", "Needs you today", "[Reassign]")

	sales.Slash("/digest weekly")
	asked := sales.WaitFor("Only you see this")
	lacks(t, "the answer to a command", asked.Text(), "Done on time, and late")
	asked.Click("Send me the charts")
	sales.WaitFor("comes as a direct message")
}

// A Slack that shows no charts gets a picture, with the same numbers in words.
func TestAChartComesAsAPictureWhereSlackShowsNone(t *testing.T) {
	slack, _, push := startBotAt(t, tuesday)
	slack.Fault(slacksim.Fault{Method: "chat.postMessage", Times: -1, Error: "invalid_blocks",
		Match: func(args map[string]any) bool {
			return strings.Contains(fmt.Sprint(args["blocks"]), "data_visualization")
		}})
	researched(slack, push, "Tern Hotels", time.Hour)
	push(5*24*time.Hour + 22*time.Hour)
	team := slack.As("dana").In("#sales").WaitFor("The team's week")
	has(t, "the team's digest", team.Text(), "1 of 1 on time", "On time 1, Late 0")
	var drawn []byte
	for _, id := range uploads(slack) {
		drawn, _, _ = slack.File(id)
	}
	image, err := png.Decode(bytes.NewReader(drawn))
	if err != nil || image.Bounds().Dx() < 600 {
		t.Errorf("the picture: %v", err)
	}
}

// uploads are the files that the bot sent.
func uploads(slack *slacksim.Slack) (ids []string) {
	for _, e := range slack.Journal().Entries() {
		if e.Kind == "upload" {
			ids = append(ids, e.Name)
		}
	}
	return ids
}

func TestTheDigestIsForManagers(t *testing.T) {
	slack, _, _ := startBotAt(t, tuesday)
	sam := slack.As("sam").In("#sales")
	sam.Slash("/digest")
	sam.WaitFor("Only a manager can read the digest")
	sam.Slash("/digest help")
	sam.WaitFor("Managers get it by themselves at 09:00 on working days")
	dana := slack.As("dana").In("#sales")
	dana.Slash("/digest monthly")
	dana.WaitFor("`/digest` has no “monthly”")
}
