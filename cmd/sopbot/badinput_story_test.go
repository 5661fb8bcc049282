package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

// complaints are what stands at the fields of a modal, in one line.
func complaints(m *slacksim.Modal) string { return strings.Join(values(m.Errors()), " | ") }

func TestALeadThatIsThereIsSaidBeforeTheFormIsFilled(t *testing.T) {
	slack, b := startBot(t, nil)
	sam, priya := slack.As("sam").In("#sales"), slack.As("priya").In("#sales")
	sam.Slash("/lead assign Northwind Freight, Kim Lee")
	slack.As("sam").WaitFor("You took on the lead Northwind Freight (Kim Lee)")

	has(t, "the command", priya.Slash("/lead assign NORTHWIND FREIGHT Inc., kim lee").Text(), "is there already", "@sam", "[Reassign]", "Nothing was changed")
	priya.Slash("/lead assign")
	m := priya.Modal()
	m.Fill("Company", "northwind freight ltd").Fill("Contact", "Kim Lee").Submit()
	has(t, "the first step", complaints(m), "Northwind Freight (Kim Lee) is there already: owned by Sam, open")
	m.Fill("Contact", "Jo Park").Submit()
	m.WaitFor("northwind freight ltd (Jo Park) is new")
	m.Pick("Who works on it", "@priya").Submit()
	m.WaitFor("is recorded and yours")
	if n := one[int](t, b, "SELECT count(*) FROM leads"); n != 2 {
		t.Errorf("there are %d leads", n)
	}
	found := priya.Slash("/lead north jo")
	has(t, "what is found", found.Text(), "Jo Park")
	lacks(t, "what is found", found.Text(), "Kim Lee")
	none := priya.Slash("/lead Eastwind, Ana")
	has(t, "what is not found", none.Text(), "no lead called “Eastwind, Ana”")
	// What is no name is not thrown away without a word, nor does it match several.
	endless := strings.Repeat("north ", 6000)
	has(t, "a call about an endless name", priya.Slash("/lead call "+endless).Text(), "That name is too long")
	priya.Slash("/qualify " + endless)
	has(t, "a form about an endless name", priya.Modal().Text(), "That name is too long")
	priya.Modal().CloseAll()
	none.Click("New lead")
	if got := priya.Modal().Value("Company") + "/" + priya.Modal().Value("Contact"); got != "Eastwind/Ana" {
		t.Errorf("the form starts with %s", got)
	}
}

func TestWhoCannotTakeALeadIsSaidWithTheReason(t *testing.T) {
	slack, _ := startBot(t, nil)
	sam := slack.As("sam").In("#sales")
	for line, want := range map[string]string{
		"/lead assign @rick Northwind":                          "Rick has left: the account is deactivated",
		"/lead assign @gabe Northwind":                          "Gabe is a guest",
		"/lead assign @ola Northwind":                           "Ola is not an SDR, an AE or a manager",
		"/lead assign @sopbot Northwind":                        "is an app",
		"/lead assign @nobody Northwind":                        "Slack knows nobody called @nobody",
		"/lead assign @sam @priya Northwind":                    "one owner",
		"/lead assign @sam":                                     "The company is missing",
		"/lead assign @sam https://northwind.example":           "The company is missing",
		"/lead assign " + strings.Repeat("north ", 40):          "too long",
		"/lead assign Northwind https://a.example https://b.io": "two links",
	} {
		has(t, line, sam.Slash(line).Text(), want)
	}
	sam.Slash("/handoff")
	m := sam.Modal()
	m.Fill("… or a new one: Lead", "Northwind").Fill("Main pain, in the prospect's words", "x").Pick("Does the contact have budget authority?", "Yes").
		Fill("What do they need to be able to do?", "x").Fill("When does the project start?", time.Now().AddDate(0, 0, 30).Format("2006-01-02"))
	for handle, want := range map[string]string{
		"@rick": "Rick has left: the account is deactivated", "@gabe": "Gabe is a guest", "@dana": "Dana is not an AE in the playbook's settings",
		"@priya": "Priya is not an AE", "@sopbot": "is an app", "@sam": "You cannot hand a lead off to yourself",
	} {
		m.Pick("Account executive", handle).Submit()
		has(t, handle+" as AE", complaints(m), want)
		has(t, "what was typed", m.Text(), "Northwind")
	}
	m.Pick("Account executive", "@alex").Submit()
	m.WaitFor("Step 2 of 2")
}

func TestRulesAreSaidAtTheirFieldsAndNothingTypedIsLost(t *testing.T) {
	slack, b := startBot(t, nil)
	sam := slack.As("sam").In("#sales")
	sam.Slash("/handoff Blue Kiln, Jo")
	m := sam.Modal()
	if got := m.Value("… or a new one: Lead"); got != "Blue Kiln, Jo" {
		t.Errorf("the new lead is %q", got)
	}
	m.Pick("Account executive", "@alex").Fill("Main pain, in the prospect's words", "They type everything twice").Pick("Does the contact have budget authority?", "No")
	m.Fill("When does the project start?", time.Now().AddDate(0, 0, -3).Format("2006-01-02")).Submit()
	has(t, "the rules", complaints(m), "nobody with budget authority", "Without a clear need", "is in the past. An SQL has a project within the next six months")
	m.Fill("When does the project start?", time.Now().AddDate(1, 0, 0).Format("2006-01-02")).Submit()
	has(t, "the rules", complaints(m), "An SQL has a project within the next six months")
	lacks(t, "the rules", complaints(m), "in the past")
	m.Pick("Does the contact have budget authority?", "Yes").Fill("What do they need to be able to do?", "One place").
		Fill("When does the project start?", time.Now().AddDate(0, 0, 30).Format("2006-01-02")).Submit()
	m.WaitFor("Step 2 of 2")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(-48*time.Hour).Format("2006-01-02 15:04")).Submit()
	has(t, "a call that is over", complaints(m), "is in the past", "Pick the day and time")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(48*time.Hour).Format("2006-01-02 15:04"))
	for typed, want := range map[string]string{"-1": "cannot be below zero", "about 12": "is not an amount", "12k or 13k": "more than one number", "1.2.3,4": "is not clear how much", "€1.200,50": "Amounts are in USD here"} {
		m.Fill("Deal amount, estimated", typed).Submit()
		has(t, typed, complaints(m), want)
	}
	m.Fill("Deal amount, estimated", "1.200,50").Submit()
	m.WaitFor("is on its way")
	if got := one[string](t, b, "SELECT value FROM lead_facts WHERE field = 'amount'"); !strings.Contains(got, `"minor":120050`) || !strings.Contains(got, "USD") {
		t.Errorf("the amount is kept as %s", got)
	}
	has(t, "the card", slack.As("alex").WaitFor("Blue Kiln").Text(), "They type everything twice", "USD 1,200.50")
}

// oddities is a playbook whose handoff form has what the default one has not.
func oddities(fields int) fstest.MapFS {
	form := `---
id: handoff
kind: form
title: Pass on
owner: ola
fields:
  - {id: lead, label: Shop, type: lead, required: true}
  - {id: ae, label: Who delivers, type: user, required: true}
  - {id: mail, label: E-mail, type: email}
  - {id: start, label: Start, type: date, min: 1d, max: 6mo}
  - {id: loaves, label: Loaves, type: number, min: 20, max: 5000}
`
	for i := range fields {
		form += fmt.Sprintf("  - {id: q%d, label: Question %d, type: text}\n", i, i)
	}
	return fstest.MapFS{"handoff.md": {Data: []byte(form + "---\nPass it on.\n")}}
}

func TestDatesNumbersAndAddressesOutOfRangeAreRefused(t *testing.T) {
	slack, _ := startBot(t, func(b *bot) { b.playbook = oddities(0) })
	sam := slack.As("sam")
	sam.Slash("/handoff Corner shop")
	m := sam.Modal()
	m.Pick("Who delivers", "@sam") // which keeps the form open
	for _, tc := range []struct{ field, typed, want string }{
		{"E-mail", "kim", "valid email"}, // by Slack itself; ours stands in form
		{"E-mail", "kim@northwind", "valid email"},
		{"E-mail", "kim@northwind.example", ""},
		{"Start", time.Now().AddDate(0, 0, -2).Format("2006-01-02"), "is too early"},
		{"Start", time.Now().AddDate(2, 0, 0).Format("2006-01-02"), "is too late"},
		{"Start", time.Now().AddDate(0, 1, 0).Format("2006-01-02"), ""},
		{"Loaves", "3", "at least 20"},
		{"Loaves", "9999999", "at most 5000"},
	} {
		m.Fill(tc.field, tc.typed).Submit()
		if said := complaints(m); tc.want != "" && !strings.Contains(said, tc.want) || tc.want == "" && strings.Contains(strings.ToLower(said), strings.ToLower(tc.field)) {
			t.Errorf("%s %q: %q, want %q", tc.field, tc.typed, said, tc.want)
		}
	}
}

func TestAFormWithAHundredFieldsIsSplitAndComesThroughWhole(t *testing.T) {
	slack, b := startBot(t, func(b *bot) { b.playbook = oddities(95) })
	sam := slack.As("sam")
	sam.Slash("/handoff Corner shop")
	m := sam.Modal()
	m.Pick("Who delivers", "@alex")
	for i := range 95 {
		label := fmt.Sprintf("Question %d", i)
		if strings.Contains(m.Text(), label+"\n") || !tryFill(m, label, fmt.Sprintf("answer %d %s", i, strings.Repeat("x", 300))) {
			m.Submit()
			if said := complaints(m); said != "" {
				t.Fatalf("before %s: %s", label, said)
			}
			m.WaitFor(label)
			if !tryFill(m, label, fmt.Sprintf("answer %d %s", i, strings.Repeat("x", 300))) {
				t.Fatalf("%s is not asked:\n%s", label, m.Text())
			}
		}
	}
	m.Submit()
	m.WaitFor("is on its way to @alex")
	answers := one[string](t, b, "SELECT answers FROM handoffs")
	for i := range 95 {
		if !strings.Contains(answers, fmt.Sprintf("answer %d x", i)) {
			t.Errorf("answer %d is lost", i)
		}
	}
	card := slack.As("alex").WaitFor("hands Corner shop over to you")
	has(t, "the card", card.Text(), "answer 0", "[Read it all]", "[Accept]")
	card.Click("Read it all")
	has(t, "the whole", slack.As("alex").Modal().Text(), "answer 94")
}

func tryFill(m *slacksim.Modal, label, words string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return m.FillE(ctx, label, words) == nil
}

func TestOldButtonsAndCardsAreAnswered(t *testing.T) {
	slack, b := startBot(t, nil)
	o := chat.Origin{Person: "U0ALEX", Trigger: "too.old"}
	for what, tc := range map[string]struct {
		click chat.Click
		want  string
	}{
		"a button that no version knows":   {chat.Click{Origin: o, Action: "handoff.bless", Value: "H1"}, "belongs to another version"},
		"a step that no version knows":     {chat.Click{Origin: o, Action: "lead.step:bless", Value: "L1"}, "belongs to another version"},
		"a card of an unknown handoff":     {chat.Click{Origin: o, Action: "handoff.accept", Value: "H1"}, "This handoff is no longer there"},
		"its question":                     {chat.Click{Origin: o, Action: "handoff.answer", Value: "H1"}, "This handoff is no longer there"},
		"a card without a value":           {chat.Click{Origin: o, Action: "handoff.decline"}, "This handoff is no longer there"},
		"a card of an unknown lead":        {chat.Click{Origin: o, Action: "lead.open", Value: "L1"}, "This lead is no longer there"},
		"scoring an unknown lead":          {chat.Click{Origin: o, Action: "lead.step:qualify", Value: "L1"}, "This lead is no longer there"},
		"a menu with a torn value":         {chat.Click{Origin: o, Action: "lead.menu", Value: "reassign"}, "This lead is no longer there"},
		"a trigger that has run out":       {chat.Click{Origin: o, Action: "lead.new"}, "took too long"},
		"the same, for a handoff's reader": {chat.Click{Origin: o, Action: "handoff.read", Value: first(imported(t, b, "form-1"))}, "took too long"},
	} {
		err := b.router.Click(context.Background(), tc.click)
		if words, fault := chat.Words(err, "E-CODE"); fault || !strings.Contains(words, tc.want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// The same through Slack, where the form takes its time.
	slack.Fault(slacksim.Fault{Method: "views.open", Error: "expired_trigger_id"})
	reply := slack.As("sam").In("#sales").Slash("/handoff")
	has(t, "the reply", reply.Text(), "That took too long", "Please do it again")
}

func first(a, _ string) string { return a }

// live is a bot on a folder that changes.
func live(t *testing.T, files map[string]string) (slack *slacksim.Slack, b *bot, write func(name, text string)) {
	t.Helper()
	dir := t.TempDir()
	write = func(name, text string) {
		t.Helper()
		before := ""
		if b != nil {
			before = b.shelf.InForce().Version
		}
		if text == "" {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		} else if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(10 * time.Second); b != nil && b.shelf.InForce().Version == before; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the change is not served")
			}
		}
	}
	for name, text := range files {
		write(name, text)
	}
	slack, b = startBot(t, func(b *bot) { b.Playbook = dir })
	return slack, b, write
}

func bread(need int, criteria ...string) string {
	text := fmt.Sprintf("---\nid: bread\nkind: framework\ntitle: BREAD\nowner: ola\nneed: %d\ncriteria:\n", need)
	for _, c := range criteria {
		text += fmt.Sprintf("  - {id: %s, label: %q, ask: \"How is %s?\"}\n", strings.ToLower(c), c, c)
	}
	return text + "---\nBread.\n"
}

func TestAnOpenFormIsJudgedByThePlaybookItWasOpenedWith(t *testing.T) {
	handoffForm := func(extra string) string {
		return "---\nid: handoff\nkind: form\ntitle: Pass on\nowner: ola\nfields:\n  - {id: lead, label: Shop, type: lead, required: true}\n  - {id: ae, label: Who delivers, type: user, required: true}\n" + extra + "---\nPass it on.\n"
	}
	slack, b, write := live(t, map[string]string{"a.md": "# A page\n", "bread.md": bread(2, "Budget", "Route", "Eaters"), "handoff.md": handoffForm("  - {id: note, label: Note, type: text}\n")})
	sam := slack.As("sam")

	sam.Slash("/qualify Corner shop")
	score := sam.Modal()
	score.Pick("Budget", "Confirmed: they said or showed it").Pick("Route", "Confirmed: they said or showed it").Fill("Route: evidence", "High Street 4").Fill("Main pain, in the prospect's words", "Stale")
	write("bread.md", bread(3, "Budget", "Eaters", "Oven")) // Route is gone, three are needed
	score.Submit()
	score.WaitFor("2 of 3")
	has(t, "the result", score.Text(), "passes", "Eaters")
	lacks(t, "the result", score.Text(), "Oven")
	if got := one[string](t, b, "SELECT scores FROM qualifications"); !strings.Contains(got, "High Street 4") {
		t.Errorf("the note of the criterion that is gone is lost: %s", got)
	}
	score.Close()

	// Scoring again is by the page as it is now, from what still fits.
	sam.Slash("/qualify corner shop")
	again := sam.Modal()
	if got := again.Value("Budget"); !strings.HasPrefix(got, "Confirmed") {
		t.Errorf("Budget starts at %q", got)
	}
	has(t, "the new scorecard", again.Text(), "Oven")
	again.Close()

	sam.Slash("/handoff corner shop")
	form := sam.Modal()
	form.Pick("Who delivers", "@alex").Fill("Note", "a note of mine")
	write("handoff.md", handoffForm("  - {id: loaves, label: Loaves, type: number, required: true}\n"))
	form.Submit()
	form.WaitFor("is on its way")
	has(t, "the card", slack.As("alex").WaitFor("hands Corner shop over").Text(), "a note of mine", "High Street 4")
	form.Close()

	// A form that is taken away keeps serving whoever has it open.
	sam.Slash("/handoff Other shop")
	form = sam.Modal()
	form.Pick("Who delivers", "@alex").Fill("Loaves", "40")
	write("handoff.md", "")
	form.Submit()
	form.WaitFor("is on its way")
	form.Close()
	has(t, "without a form", sam.In("#sales").Slash("/handoff").Text(), "The playbook has no form called `handoff`")
	write("bread.md", "")
	has(t, "without a framework", sam.In("#sales").Slash("/qualify").Text(), "The playbook has no qualification framework yet")
}
