package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/playbook"
)

func TestTheGlobalShortcutsOpenTheForms(t *testing.T) {
	slack, b := startBot(t, nil)
	sam := slack.As("sam")
	sam.GlobalShortcut("Qualify a lead")
	m := sam.Modal()
	m.Fill("… or a new one: Lead", "Ridge Foods").Fill("Main pain, in the prospect's words", "Slow").Submit()
	m.WaitFor("0 of 7")
	m.Close()
	sam.GlobalShortcut("Hand off a lead")
	m = sam.Modal()
	if got := m.Type("Lead", "ridge"); len(got) != 1 || got[0] != "Ridge Foods" {
		t.Errorf("type-ahead offers %q", got)
	}
	m.Pick("Lead", "Ridge Foods")
	m.WaitFor("Filled in with what is known of this lead")
	m = sam.Modal()
	if got := m.Value("Main pain, in the prospect's words"); got != "Slow" {
		t.Errorf("the pain starts with %q", got)
	}
	m.Pick("Account executive", "@alex").Pick("Does the contact have budget authority?", "Yes").Fill("What do they need to be able to do?", "x").
		Fill("When does the project start?", time.Now().AddDate(0, 0, 30).Format("2006-01-02")).Submit()
	m.WaitFor("Step 2 of 2")
	m.Fill("Discovery call, in the AE's calendar", time.Now().Add(48*time.Hour).Format("2006-01-02 15:04")).Submit()
	m.WaitFor("is on its way")
	slack.As("alex").WaitFor("hands Ridge Foods over").Click("Accept")
	slack.As("sam").WaitFor("accepted your handoff of Ridge Foods")
	want := "lead.created shortcut|qualification.saved shortcut|handoff.sent shortcut|handoff.accepted click"
	if got := one[string](t, b, "SELECT group_concat(kind || ' ' || origin, '|') FROM (SELECT * FROM events ORDER BY at, id)"); got != want {
		t.Errorf("the trail says %s\nwant %s", got, want)
	}
	// A guest and somebody without a role are told so, in their direct messages.
	slack.As("ola").GlobalShortcut("Hand off a lead")
	slack.As("ola").WaitFor("Only an SDR or a manager can hand leads off")
}

func TestAnotherLeadInAnOpenFormBringsItsOwnAnswers(t *testing.T) {
	slack, _ := startBot(t, nil)
	sam := slack.As("sam").In("#sales")
	for lead, pain := range map[string]string{"Ridge Foods": "Ridge is slow", "Larch Labs": "Larch is late"} {
		sam.Slash("/qualify " + lead)
		m := sam.Modal()
		m.Pick("Metrics", "Confirmed: they said or showed it").Fill("Main pain, in the prospect's words", pain).Fill("Champion: evidence", "Known of "+lead).Submit()
		m.WaitFor("1 of 7")
		m.Close()
	}
	pain := "Main pain, in the prospect's words"
	sam.Slash("/handoff ridge")
	m := sam.Modal()
	m.Fill("What do they need to be able to do?", "typed by hand")
	m.Pick("Lead", "Larch Labs")
	m.WaitFor("Larch is late")
	if got := m.Value(pain) + "|" + m.Value("What do they need to be able to do?"); got != "Larch is late|typed by hand" {
		t.Errorf("after another lead was picked: %s", got)
	}
	m.Fill(pain, "typed over it").Pick("Lead", "Ridge Foods")
	m.WaitFor("typed over it")
	if got := m.Value(pain); got != "typed over it" {
		t.Errorf("what was typed is gone: %s", got)
	}
	m.Close()

	sam.Slash("/qualify ridge")
	m = sam.Modal()
	if got := m.Value("Champion: evidence"); got != "Known of Ridge Foods" {
		t.Errorf("the scorecard starts with %q", got)
	}
	m.Pick("Lead", "Larch Labs")
	m.WaitFor("Known of Larch Labs")
	lacks(t, "the scorecard of another lead", m.Text(), "Known of Ridge Foods", "Ridge is slow")
	m.Close()

	// Words that may mean several leads are not thrown away.
	sam.Slash("/lead assign Ridge Tools")
	sam.Slash("/handoff ridg")
	has(t, "several leads", sam.Modal().Text(), "Several leads match “ridg”")
}

func TestAHandoffAndALeadGoToSomebodyElse(t *testing.T) {
	slack, b := startBot(t, nil)
	sam, dana := slack.As("sam").In("#sales"), slack.As("dana").In("#sales")
	handOff(t, sam, "Blue Kiln", "@alex")
	sam.Modal().WaitFor("is on its way")
	sam.Modal().CloseAll()
	alex, inChannel := slack.As("alex").WaitFor("hands Blue Kiln over"), slack.As("dana").WaitFor("Handoff: Blue Kiln")

	has(t, "a passer-by", slack.As("priya").WaitFor("Handoff: Blue Kiln").Click("Reassign").Text(), "Only @alex or a manager decides")
	inChannel.Click("Reassign")
	m := dana.Modal()
	for handle, want := range map[string]string{"@alex": "theirs already", "@sam": "not an AE", "@rick": "has left"} {
		m.Pick("Account executive", handle).Submit()
		has(t, handle, complaints(m), want)
	}
	m.Pick("Account executive", "@lena").Submit()
	alex.WaitFor("went from @alex to @lena")
	lacks(t, "the old card", alex.Text(), "[Accept]")
	inChannel.WaitFor("Handoff: Blue Kiln from @sam to @lena")
	slack.As("sam").WaitFor("@dana gave your handoff of Blue Kiln to @lena")
	has(t, "an old card", alex.Text(), "went from")
	slack.As("lena").WaitFor("hands Blue Kiln over").Click("Accept")
	inChannel.WaitFor("Accepted by @lena")
	has(t, "a click that comes too late", func() string {
		err := b.router.Click(context.Background(), clickBy("U0DANA", "handoff.decline", one[string](t, b, "SELECT id FROM handoffs")))
		return err.Error()
	}(), "is decided already: <@U0LENA> accepted it")

	// A lead.
	dana.Slash("/lead assign @sam Ridge Foods")
	card := slack.As("sam").WaitFor("gave you the lead Ridge Foods")
	has(t, "who may not", slack.As("priya").In("#sales").Slash("/lead ridge").Choose("Ridge Foods", "Reassign").Text(), "Only a manager can reassign a lead that is not theirs")
	dana.Slash("/lead ridge").Choose("Ridge Foods", "Reassign")
	m = dana.Modal()
	m.Pick("Who works on it from now on", "@sam").Submit()
	has(t, "the same owner", complaints(m), "theirs already")
	m.Pick("Who works on it from now on", "@priya").Submit()
	card.WaitFor("is @priya’s now: reassigned by @dana")
	lacks(t, "the old card", card.Text(), "[Hand off]")
	slack.As("priya").WaitFor("@dana gave you the lead Ridge Foods").Click("What is known")
	has(t, "the lead's history", slack.As("priya").Modal().Text(), "reassigned", "@dana", "in a form", "by command")
	has(t, "the owner's list", slack.As("priya").In("#sales").Slash("/lead").Text(), "Your leads: 1", "Ridge Foods")
}

func TestWhatWaitsIsListedAndAnsweredInTheList(t *testing.T) {
	slack, b := startBot(t, nil)
	for i := range 12 {
		imported(t, b, fmt.Sprintf("form-%02d", i))
	}
	alex, sam := slack.As("alex").In("#sales"), slack.As("sam").In("#sales")
	list := alex.Slash("/handoff list")
	has(t, "the list", list.Text(), "Open handoffs: 12", "Lead of form-00", "Lead of form-09", "The 10 that wait longest", "[Accept]")
	lacks(t, "the list", list.Text(), "Lead of form-10")
	list.Click("Accept")
	list.WaitFor("Open handoffs: 11")
	lacks(t, "the list after it", list.Text(), "Lead of form-00")
	if got := one[string](t, b, "SELECT status FROM handoffs WHERE key = 'form-00'"); got != "accepted" {
		t.Errorf("the first one is %s", got)
	}
	list.Click("Ask")
	alex.Modal().Fill("What do you need to know?", "Who signs?").Submit()
	asked := sam.Slash("/handoff list")
	has(t, "the SDR's list", asked.Text(), "waits for an answer to the AE's question", "[Answer]", "[Read it]")
	asked.Click("Answer")
	has(t, "the question", sam.Modal().Text(), "Who signs?")
	sam.Modal().Fill("Your answer", "Jo").Submit()
	lacks(t, "the list once it is answered", sam.Slash("/handoff list").Text(), "[Answer]")
}

// A playbook without roles is open to everyone; but to decide for others takes
// a manager whom the playbook names.
func TestAPlaybookWithoutRolesIsOpenToEveryone(t *testing.T) {
	files := fstest.MapFS{"handoff.md": oddities(0)["handoff.md"]}
	slack, _ := startBot(t, func(b *bot) {
		b.playbook, b.settings = files, func(s *playbook.Settings) { s.Channels = map[string]string{"handoffs": "C0HANDOFF"} }
	})
	ola := slack.As("ola").In("#sales")
	has(t, "a lead", ola.Slash("/lead assign @priya Corner shop").Text(), "assigned to @priya")
	ola.Slash("/handoff corner shop")
	m := ola.Modal()
	m.Pick("Who delivers", "@dana").Submit()
	m.WaitFor("is on its way to @dana")
	lacks(t, "without a framework", m.Text(), "/qualify")
	m.CloseAll()
	has(t, "a guest", slack.As("gabe").In("#sales").Slash("/lead").Text(), "You are a guest in this workspace")
	card := slack.As("lena").WaitFor("Handoff: Corner shop")
	has(t, "somebody else", card.Click("Accept").Text(), "Only @dana or a manager decides")
	card.Click("Reassign") // so that it is not stuck while Dana is away
	slack.As("lena").Modal().Pick("Account executive", "@alex").Submit()
	slack.As("alex").WaitFor("hands Corner shop over to you").Click("Accept")
	card.WaitFor("Accepted by @alex")
}

// The audit trail can be taken out: who, when, what, from where.
func TestTheTrailOfALeadIsExported(t *testing.T) {
	slack, b := startBot(t, nil)
	slack.As("dana").In("#sales").Slash("/lead assign @sam Ridge Foods")
	slack.As("sam").WaitFor("gave you the lead Ridge Foods")
	var detail map[string]string
	raw := one[string](t, b, "SELECT detail FROM events WHERE kind = 'lead.created'")
	if err := json.Unmarshal([]byte(raw), &detail); err != nil || detail["owner"] != "U0SAM" || detail["company"] != "Ridge Foods" {
		t.Errorf("the detail is %s", raw)
	}
	if got := one[string](t, b, "SELECT group_concat(kind || '/' || person || '/' || origin || '/' || subject, ' ') FROM events"); !strings.Contains(got, "lead.created/U0DANA/command/lead/") || !strings.Contains(got, "lead.assigned/U0DANA/command/lead/") {
		t.Errorf("the trail is %s", got)
	}
}
