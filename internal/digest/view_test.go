package digest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sopbot/internal/answers"
	"sopbot/internal/chat"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/golden"
	"sopbot/internal/handoff"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
	"sopbot/internal/slacksim/schema"
)

// reading is a report of that kind, on Wednesday the 22nd at nine.
func reading(t testing.TB, s *shop, kind Kind) Report {
	t.Helper()
	at := berlin(22, 9, 0)
	r := Report{Kind: kind, At: at, Reader: "UBERLIN", Period: s.times("UBERLIN").period(kind, at, false), zone: zone(t, "Europe/Berlin"),
		Now: Numbers{Assigned: 12,
			Handoffs: handoff.Tally{Sent: 4, Accepted: 1, Declined: 2, Reasons: []handoff.Reason{{Label: "Too far & <away>", N: 1}, {Label: "", N: 1}}},
			Scored:   qualification.Tally{Scored: 12, Passed: 9, Missing: []qualification.Missing{{Framework: "crumb", Criterion: "shelf", N: 7}}},
			Actions: []Action{{Page: "tasting", ID: "visit", Label: "Visit the shop", OnTime: 3, Late: 1, Lateness: 41 * time.Minute, Open: 2, Overdue: 1},
				{Page: "tasting", ID: "answer", Label: "Answer the handoff", Open: 1}}},
		Before:  Numbers{Assigned: 1, Handoffs: handoff.Tally{Sent: 2}, Scored: qualification.Tally{Scored: 3, Passed: 1}, Actions: []Action{{Page: "tasting", ID: "visit", OnTime: 2}}},
		Waiting: 2, Asked: 1, Oldest: []handoff.Standing{{ID: "H1", Title: "Corner shop", AE: "UAE", Sender: "USDR"}}, OldestFor: 5 * time.Hour,
		Needs: []Need{{Why: Passed, Key: "deadline/D1", Subject: "handoff/H1", Title: "Corner *shop*", What: "Answer the handoff", Person: "UAE", Since: berlin(21, 16, 0), Late: time.Hour, Told: true},
			{Why: Passed, Key: "deadline/D4", Subject: "lead/L4", Title: "Own shop", What: "Visit the shop", Person: "UBERLIN", Since: berlin(13, 16, 0), Late: 41*time.Hour + 20*time.Minute, Ends: "D4"},
			{Why: Stalled, Key: "handoff/H5", Subject: "handoff/H5", Title: "Slow shop", Person: "UAE", Since: berlin(20, 10, 0), Late: 14 * time.Hour},
			{Why: Unanswered, Key: "handoff/H6", Subject: "handoff/H6", Title: "Odd shop", Person: "USDR", Asker: "UAE", Since: berlin(21, 10, 0), Late: 6 * time.Hour},
			{Why: Returned, Subject: "lead/L3", Title: "Far shop", Person: "USDR", Since: berlin(21, 15, 0), Times: 2},
			{Why: Today, Key: "deadline/D2", Subject: "lead/L2", Title: "Old mill", What: "Visit the shop", Person: "USDR", Since: berlin(22, 11, 0), Ends: "D2"}},
		AllNeeds: 8,
	}
	if kind == Daily {
		return r
	}
	for _, n := range [][4]int{{1, 1, 0, 2}, {0, 0, 0, 2}, {0, 0, 0, 2}, {0, 0, 0, 2}, {0, 0, 0, 2}, {1, 0, 1, 2}, {2, 0, 1, 3}} {
		r.ByDay = append(r.ByDay, Day{handoff.Tally{Sent: n[0], Accepted: n[1], Declined: n[2]}, n[3]})
	}
	for i, n := range [][5]int{{3, 2, 0, 5, 1}, {5, 3, 1, 6, 0}, {2, 2, 0, 4, 2}, {4, 1, 2, 4, 1}} {
		r.Weeks = append(r.Weeks, Week{r.Period.Days[0].Add(playbook.Span{Days: 7 * (i - 3)}), n[0], n[1], n[2], n[3], n[4]})
	}
	r.Reps = []Rep{{handoff.Rep{Person: "USDR", Sent: 3, Accepted: 1, Declined: 1}, []Action{{Label: "Visit the shop", OnTime: 3, Late: 1, Lateness: 41 * time.Minute, Open: 2, Overdue: 1}, {Label: "Bake"}, {Label: "Taste"}}},
		{handoff.Rep{Person: "UAE"}, []Action{{Label: "Answer the handoff", Open: 1}}}, {handoff.Rep{Person: "USDR2", Sent: 1, Declined: 1}, nil}}
	r.Now.Questions = answers.Tally{Asked: 14, Unanswered: 3, Most: []answers.Asked{{Words: "rye <!channel>", Times: 4}}, Missing: []answers.Asked{{Words: "spelt", Times: 2}, {Words: "oats", Times: 1}}}
	r.Before.Questions = answers.Tally{Asked: 9}
	r.Reviews = []Review{{Title: "Pass the shop on", Owner: "@baker", Due: playbook.Date{Year: 2000, Month: 1, Day: 30}}}
	return r
}

func TestDigestsLookAsPinned(t *testing.T) {
	s := open(t, dbtest.Open(t, filepath.Join(t.TempDir(), "db")), settings)
	quiet := func(kind Kind) Report {
		at := berlin(22, 9, 0)
		r := Report{Kind: kind, At: at, Reader: "UBERLIN", Period: s.times("UBERLIN").period(kind, at, false), zone: zone(t, "Europe/Berlin")}
		if kind != Daily {
			r.ByDay = make([]Day, 7)
		}
		return r
	}
	words := reading(t, s, Weekly)
	words.Wanted, words.Words = true, true
	for name, r := range map[string]Report{"daily": reading(t, s, Daily), "weekly": reading(t, s, Weekly), "team": reading(t, s, Team), "weekly-on-demand": words,
		"daily-quiet": quiet(Daily), "weekly-quiet": quiet(Weekly)} {
		t.Run(name, func(t *testing.T) {
			m := s.message(r)
			golden.JSON(t, name, wireForm(m))
			check(t, m)
			if r.Kind == Team && strings.Contains(m.Text, "<@") {
				t.Errorf("the team's digest names people: %s", m.Text)
			}
		})
	}
}

// wireForm is a message as Slack gets it.
func wireForm(m chat.Message) any {
	return struct {
		Channel string        `json:"channel"`
		Text    string        `json:"text"`
		Blocks  []slack.Block `json:"blocks,omitempty"`
	}{"C0TEAM", m.Text, m.Blocks}
}

// check holds a message against Slack's types and limits.
func check(t testing.TB, m chat.Message) {
	t.Helper()
	ids, charts := map[string]bool{}, 0
	for _, b := range m.Blocks {
		switch b := b.(type) {
		case *slack.DataVisualizationBlock:
			charts++
			if err := b.Validate(); err != nil {
				t.Errorf("a chart: %v", err)
			}
		case *slack.ActionBlock:
			for _, e := range b.Elements.ElementSet {
				id := e.(*slack.ButtonBlockElement).ActionID
				if ids[id] {
					t.Errorf("the action %s is there twice", id)
				}
				ids[id] = true
			}
		}
	}
	raw, err := json.Marshal(wireForm(m))
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schema.Errors("message", raw) {
		t.Errorf("Slack's types: %s", wrong)
	}
	if charts > 2 || len(m.Blocks) > 50 {
		t.Errorf("%d charts, %d blocks", charts, len(m.Blocks))
	}
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > 3990 {
		t.Errorf("the text has %d letters", n)
	}
	if len(raw) > 18_000 {
		t.Errorf("%d bytes do not fit an acknowledgement", len(raw))
	}
}

// A team of two hundred, with long names for everything.
func TestALargeTeamFitsSlack(t *testing.T) {
	s := open(t, dbtest.Open(t, filepath.Join(t.TempDir(), "db")), settings)
	long := strings.Repeat("Bäckerei & Söhne <am> *Markt* ", 10)
	for name, kind := range map[string]Kind{"daily": Daily, "weekly": Weekly, "team": Team, "weekly on demand": Weekly, "weekly with charts": Weekly} {
		r := reading(t, s, kind)
		r.Wanted, r.Words = strings.Contains(name, " "), name == "weekly on demand"
		r.Needs, r.AllNeeds = nil, 4000
		for i := range mostNeeds {
			r.Needs = append(r.Needs, Need{Why: Why(i % 5), Key: fmt.Sprintf("deadline/%036d", i), Subject: fmt.Sprintf("lead/%036d", i), Title: long, What: long, Person: fmt.Sprintf("U0%09d", i),
				Since: berlin(21, 9, 0), Late: 99 * time.Hour, Told: true, Asker: "U000000000", Times: 99, Ends: fmt.Sprintf("%036d", i)})
		}
		r.Now.Actions = nil
		for i := range 30 {
			r.Now.Actions = append(r.Now.Actions, Action{Page: "p", ID: fmt.Sprint(i), Label: long, OnTime: 100, Late: 99, Lateness: time.Hour, Open: 99, Overdue: 98})
		}
		r.Now.Handoffs.Reasons = nil
		for range 30 {
			r.Now.Handoffs.Reasons = append(r.Now.Handoffs.Reasons, handoff.Reason{Label: long, N: 1000})
		}
		r.Oldest[0].Title = long
		if kind != Daily {
			r.Reps, r.Reviews = nil, nil
			r.Now.Questions.Most, r.Now.Questions.Missing = nil, nil
			for i := range 200 {
				r.Reps = append(r.Reps, Rep{handoff.Rep{Person: fmt.Sprintf("U0%09d", i), Sent: 100, Accepted: 50, Declined: 50}, r.Now.Actions})
			}
			r.Weeks = nil
			for i := range mostWeeks {
				r.Weeks = append(r.Weeks, Week{r.Period.Days[0].Add(playbook.Span{Days: 7 * (i - 7)}), 10000, 10000, 10000, 10000, 10000})
			}
			for range 500 {
				r.Reviews = append(r.Reviews, Review{Title: long, Owner: long, Due: playbook.Date{Year: 2000, Month: 1, Day: 1}})
			}
			for range mostAsked {
				r.Now.Questions.Most = append(r.Now.Questions.Most, answers.Asked{Words: long, Times: 1000})
				r.Now.Questions.Missing = append(r.Now.Questions.Missing, answers.Asked{Words: long, Times: 1000})
			}
		}
		t.Run(name, func(t *testing.T) {
			m := s.message(r)
			check(t, m)
			letters := 0
			for _, b := range m.Blocks {
				if section, is := b.(*slack.SectionBlock); is {
					letters += utf8.RuneCountInString(section.Text.Text)
				}
			}
			if letters > 10_000 {
				t.Errorf("%d letters in all blocks", letters)
			}
			t.Logf("%d blocks, text of %d letters, blocks of %d", len(m.Blocks), utf8.RuneCountInString(m.Text), letters)
		})
	}
}

func TestSmallNumbersHaveNoPercentages(t *testing.T) {
	for want, got := range map[string]string{
		"0 of 0": share(0, 0), "3 of 4": share(3, 4), "9 of 9": share(9, 9), "3 of 10 = 30%": share(3, 10), "8 of 12 = 67%": share(8, 12), "0 of 10 = 0%": share(0, 10),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
