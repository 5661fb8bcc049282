package playbook_test

import (
	"strings"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/playbook"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func defaultPlaybook(t testing.TB) (*playbook.Playbook, playbook.Problems) {
	t.Helper()
	b, problems, err := playbook.Load(sopbot.Playbook(), monday)
	if err != nil {
		t.Fatal(err)
	}
	return b, problems
}

// The playbook that comes along is what a team starts with: each page lints
// clean, is looked after, and is read on a phone in a minute.
func TestTheDefaultPlaybookLintsCleanPageByPage(t *testing.T) {
	b, problems := defaultPlaybook(t)
	of := map[string][]string{}
	for _, p := range problems {
		of[p.File] = append(of[p.File], p.String())
	}
	for _, p := range b.Pages {
		t.Run(p.File, func(t *testing.T) {
			for _, line := range of[p.File] {
				t.Error(line)
			}
			delete(of, p.File)
			if p.Owner == "" || p.Review.IsZero() || p.Reviewed.IsZero() {
				t.Error("nobody looks after it")
			}
			if len(p.Aliases) == 0 {
				t.Error("it has no other words to be found by")
			}
			if strings.Contains(p.Body, "<") && strings.Contains(p.Body, "</") {
				t.Error("it holds HTML, which Slack does not show")
			}
		})
	}
	for file, lines := range of {
		t.Errorf("%s: %v", file, lines)
	}
}

// What a sales SOP must say, as far as it can be read as data.
func TestTheDefaultPlaybookRunsTheProcess(t *testing.T) {
	b, _ := defaultPlaybook(t)
	page := func(id string) *playbook.Page {
		t.Helper()
		p, ok := b.Page(id)
		if !ok {
			t.Fatalf("there is no page %s", id)
		}
		return p
	}
	check := func(what string, ok bool) {
		t.Helper()
		if !ok {
			t.Error("not so: " + what)
		}
	}

	var stages []string
	for _, s := range b.Stages() {
		stages = append(stages, s.Title)
		check(s.Title+" has entry, actions, questions, data and exit",
			len(s.Stage.Entry) > 0 && len(s.Stage.Actions) > 0 && len(s.Stage.Ask) > 0 && len(s.Stage.Capture) > 0 && len(s.Stage.Exit) > 0)
		required := false
		for _, f := range s.Stage.Capture {
			required = required || f.Required
		}
		check(s.Title+" has mandatory data", required)
	}
	check("five stages in order", strings.Join(stages, ", ") == "Lead qualification, Discovery call, Product demonstration, Proposal & negotiation, Closing")

	actions := map[string]playbook.Action{}
	for _, p := range b.Pages {
		var list []playbook.Action
		if p.Stage != nil {
			list = p.Stage.Actions
		}
		if p.Tool != nil {
			list = p.Tool.Actions
		}
		for _, a := range list {
			if a.Timed() {
				actions[string(a.On)+" "+a.Within.String()+" "+a.Who] = a
			}
		}
	}
	research := actions["lead.assigned 2h owner"]
	check("research within 2 hours of assignment, with a reminder, told to the manager, done by the form", len(research.Remind) > 0 && research.Escalate == "manager" && research.Done == "research")
	check("the AE answers within 4 hours", len(actions["handoff.sent 4h ae"].Remind) > 0)
	check("call notes are corrected within a day", actions["call.held 1d owner"].Done == "button")

	m := page("meddpicc").Framework
	var criteria []string
	for _, c := range m.Criteria {
		criteria = append(criteria, c.ID)
		check(c.ID+" has its question", c.Ask != "")
	}
	check("MEDDPICC has seven criteria", strings.Join(criteria, " ") == "metrics economic_buyer decision_criteria decision_process identified_pain champion competition")
	check("four of seven pass", m.Need == 4)
	check("/qualify uses it", b.Settings.Qualification == "meddpicc")
	check("BANT is there", page("bant").Framework.Need == 3 && len(page("bant").Framework.Criteria) == 4)

	rules := map[string]playbook.Rule{}
	for _, r := range page("handoff").Form.Rules {
		rules[r.Field] = r
	}
	check("an SQL has budget authority", rules["budget_authority"].Check == playbook.CheckIs && rules["budget_authority"].Is == "yes")
	check("an SQL has a need", rules["need"].Check == playbook.CheckNotEmpty)
	check("an SQL has a timeline within six months", rules["timeline"].Within.Months == 6)
	check("there are reasons to decline", len(page("handoff").Form.Reasons) >= 5)
	for _, id := range []string{"research", "close", "onboard-client"} {
		check("the form "+id, len(page(id).Form.Fields) > 2)
	}

	var exits []string
	for _, e := range page("discovery-call").Stage.Exit {
		exits = append(exits, e.Label)
	}
	gate := strings.ToLower(strings.Join(exits, " "))
	check("no demo without budget, authority and timeline", strings.Contains(gate, "budget") && strings.Contains(gate, "authority") && strings.Contains(gate, "timeline"))
	check("no exceptions", strings.Contains(strings.ToLower(page("discovery-call").Body), "no exceptions"))

	check("ten objections and more", len(b.OfKind(playbook.KindObjection)) >= 10)
	cadences := map[string]int{}
	for _, p := range b.OfKind(playbook.KindTemplate) {
		cadences[p.Template.Cadence]++
		check(p.ID+" has something to copy", strings.Contains(p.Body, "```") || strings.Contains(p.Body, "> "))
	}
	check("three cadences of several steps", cadences["cold-outreach"] > 2 && cadences["after-demo"] > 2 && cadences["re-engagement"] > 2)
	check("openers and personas", len(b.OfKind(playbook.KindOpener)) >= 3 && len(b.OfKind(playbook.KindPersona)) >= 3)
	check("four tool protocols", len(b.OfKind(playbook.KindTool)) >= 4)
	weeks := map[int]bool{}
	for _, p := range b.OfKind(playbook.KindOnboarding) {
		weeks[p.Onboarding.Week] = true
		check(p.ID+" has tasks", len(p.Onboarding.Tasks) > 0)
	}
	check("four weeks of onboarding", weeks[1] && weeks[2] && weeks[3] && weeks[4])
	for _, k := range []playbook.Kind{playbook.KindStage, playbook.KindForm, playbook.KindTool, playbook.KindFramework} {
		for _, p := range b.OfKind(k) {
			check(p.ID+" says why it helps the rep", strings.Contains(p.Body, "## Why it helps you"))
		}
	}
}

func BenchmarkLoadDefault(b *testing.B) {
	for b.Loop() {
		if _, _, err := playbook.Load(sopbot.Playbook(), monday); err != nil {
			b.Fatal(err)
		}
	}
}
