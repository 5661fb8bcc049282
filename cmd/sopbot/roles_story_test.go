package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
)

// turnedAway are the words with which somebody is told that they may not.
var turnedAway = regexp.MustCompile(`^Only |^You are a guest|^This account is deactivated|Only they or a manager`)

// imported puts a handoff from Sam to Alex in, about a lead of its own.
func imported(t testing.TB, b *bot, key string) (on, of string) {
	t.Helper()
	pb := b.shelf.InForce()
	page, _ := pb.Page(handoff.FormPage)
	h := handoff.Handoff{Key: key, Sender: "U0SAM", AE: "U0ALEX", Sent: time.Now(), Status: handoff.Waiting{},
		Answers: form.Answers{"lead": {Type: "lead", New: "Lead of " + key}, "ae": form.User("U0ALEX")}}
	h.Form, h.Playbook, h.Context = handoff.About(pb, page)
	if err := b.db.Write(context.Background(), func(tx *database.Tx) error {
		if err := b.features.handoffs.Import(tx, h); err != nil {
			return err
		}
		_, err := tx.Row("SELECT id, lead FROM handoffs WHERE key = $1", []any{key}, &on, &of)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return on, of
}

// opened is a view as Slack would send it back: a form of that lead or handoff.
func opened(callback, page, caller string, state chat.State) *chat.View {
	return &chat.View{ID: "V1", Callback: callback, Private: fmt.Sprintf(`{"k":%q,"p":%q,"c":%q}`, "key of "+caller, page, caller), State: state}
}

// Roles are checked on each action, and not only where its button is shown:
// every gesture that the rooms of a lead know is made by everyone.
func TestRolesAreCheckedOnEachAction(t *testing.T) {
	_, b := startBot(t, nil)
	ctx := context.Background()
	n := 0
	fresh := func() (on, of string) {
		n++
		return imported(t, b, fmt.Sprint("form-", n))
	}
	newLead := func() (id string) { // Sam's, and open
		n++
		if err := b.db.Write(ctx, func(tx *database.Tx) error {
			l, _, err := b.features.leads.Assign(tx, lead.New{Name: lead.Name{Company: fmt.Sprint("Company ", n)}, Owner: "U0SAM"}, "U0DANA", lead.FromForm)
			id = l.ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return id
	}
	aClock := func() (id string) { // the research of a new lead of Sam's
		return one[string](t, b, "SELECT id FROM deadlines WHERE subject = $1", "lead/"+newLead())
	}
	text := func(field, words string) chat.State {
		return chat.State{form.Block(field): {"value": {Type: "plain_text_input", Value: words}}}
	}
	asked := func() string {
		on, _ := fresh()
		if _, err := b.router.Submission(ctx, chat.Submission{Origin: chat.Origin{Person: "U0ALEX"}, View: *opened("handoff.ask", "handoff.ask", on, text("question", "Who signs?"))}); err != nil {
			t.Fatal(err)
		}
		return on
	}
	command := func(line string) func(chat.Origin) error {
		return func(o chat.Origin) error {
			name, rest, _ := strings.Cut(line, " ")
			_, err := b.router.Command(ctx, chat.Command{Origin: o, Name: name, Text: rest})
			return err
		}
	}
	click := func(action string, value func() string, view *chat.View) func(chat.Origin) error {
		return func(o chat.Origin) error {
			return b.router.Click(ctx, chat.Click{Origin: o, Action: action, Value: value(), View: view})
		}
	}
	submit := func(view func() *chat.View) func(chat.Origin) error {
		return func(o chat.Origin) error {
			_, err := b.router.Submission(ctx, chat.Submission{Origin: o, View: *view()})
			return err
		}
	}
	shortcut := func(name string) func(chat.Origin) error {
		return func(o chat.Origin) error { return b.router.Shortcut(ctx, chat.Shortcut{Origin: o, Callback: name}) }
	}
	suggest := func(action string) func(chat.Origin) error {
		return func(o chat.Origin) error {
			options, err := b.router.Suggestion(ctx, chat.Suggestion{Origin: o, Action: action})
			if err == nil && len(options) == 0 {
				return chat.Refusal("Only nothing is offered")
			}
			return err
		}
	}
	aHandoff := func() string { on, _ := fresh(); return on }
	itsLead := func() string { _, of := fresh(); return of }
	value := func(words string) func() string { return func() string { return words } }
	anyView := opened("handoff", "handoff", "", chat.State{})
	scorecard := opened("qualify", "meddpicc", "", chat.State{})

	aReview := func() *chat.View {
		state := text("call", "https://calls.example/1")
		state[form.Block("comments")] = map[string]chat.Entry{"value": {Type: "plain_text_input", Value: "02:10 Keep"}}
		return opened("report", "call-review", aClock(), state)
	}
	aReport := func() (id string) { // Sam's
		view := aReview()
		if _, err := b.router.Submission(ctx, chat.Submission{Origin: chat.Origin{Person: "U0SAM"}, View: *view}); err != nil {
			t.Fatal(err)
		}
		m, err := form.Opened(*view)
		if err != nil {
			t.Fatal(err)
		}
		return one[string](t, b, "SELECT id FROM reports WHERE submission = $1", m.Key)
	}

	newLead() // so that there is one to be suggested
	covered := map[string]bool{}
	sells, hands, decides, answers, sams, team := "sam alex dana", "sam dana", "alex dana", "sam dana", "sam dana", "sam alex dana ola"
	for name, tc := range map[string]struct {
		do  func(chat.Origin) error
		may string
	}{
		"command /lead":                     {command("/lead"), sells},
		"command /lead find":                {command("/lead find company"), sells},
		"command /lead assign":              {command("/lead assign Some Company"), sells},
		"command /lead assign as a form":    {command("/lead assign"), sells},
		"command /qualify":                  {command("/qualify"), sells},
		"command /qualify of a lead":        {command("/qualify company"), sells},
		"command /handoff":                  {command("/handoff"), hands},
		"command /handoff of a lead":        {command("/handoff company"), hands},
		"command /handoff list":             {command("/handoff list"), sells},
		"shortcut handoff":                  {shortcut("handoff"), hands},
		"shortcut qualify":                  {shortcut("qualify"), sells},
		"suggestion handoff.lead":           {suggest("handoff.lead"), sells},
		"suggestion qualify.lead":           {suggest("qualify.lead"), sells},
		"click lead.new":                    {click("lead.new", value("Some"), nil), sells},
		"click lead.open":                   {click("lead.open", newLead, nil), sells},
		"click lead.turn":                   {click("lead.turn:next", func() string { return newLead() + " 1" }, anyView), sells},
		"click lead.menu open":              {click("lead.menu", func() string { return "open " + newLead() }, nil), sells},
		"click lead.menu reassign":          {click("lead.menu", func() string { return "reassign " + newLead() }, nil), sams},
		"click lead.menu handoff":           {click("lead.menu", func() string { return "handoff " + newLead() }, nil), hands},
		"click lead.step qualify":           {click("lead.step:qualify", newLead, nil), sells},
		"click lead.step handoff":           {click("lead.step:handoff", newLead, nil), hands},
		"click lead.step handoff, too late": {click("lead.step:handoff", itsLead, nil), hands},
		"click lead.reassign":               {click("lead.reassign", newLead, nil), sams},
		"click lead.reassign, handed off":   {click("lead.reassign", itsLead, nil), "dana"},
		"click qualify.lead":                {click("qualify.lead", newLead, scorecard), sells},
		"click qualify.back":                {click("qualify.back", value(""), scorecard), sells},
		"click handoff.lead":                {click("handoff.lead", newLead, anyView), hands},
		"click handoff.back":                {click("handoff.back", value(""), anyView), hands},
		"click handoff.accept":              {click("handoff.accept", aHandoff, nil), decides},
		"click handoff.ask":                 {click("handoff.ask", aHandoff, nil), decides},
		"click handoff.decline":             {click("handoff.decline", aHandoff, nil), decides},
		"click handoff.reassign":            {click("handoff.reassign", aHandoff, nil), decides},
		"click handoff.answer":              {click("handoff.answer", asked, nil), answers},
		"click handoff.read":                {click("handoff.read", aHandoff, nil), team},
		"click handoff.turn":                {click("handoff.turn:next", func() string { return aHandoff() + " 1" }, anyView), team},
		"click deadline.done":               {click("deadline.done", aClock, nil), sams},
		"click deadline.open":               {click("deadline.open", aClock, nil), sams},
		"click deadline.pass":               {click("deadline.pass", aClock, nil), sams},
		"click deadline.snooze":             {click("deadline.snooze", func() string { return aClock() + " 30m" }, nil), sams},
		"click deadline.snooze_all":         {click("deadline.snooze_all", value("deadline/list/U0SAM/1 1h"), nil), sams},
		"click deadline.all":                {click("deadline.all", value("deadline/list/U0SAM/1"), nil), sams},
		"click research.back": {func(o chat.Origin) error {
			return b.router.Click(ctx, chat.Click{Origin: o, Action: "research.back", View: opened("research", "research", newLead(), chat.State{})})
		}, sams},
		"click research.calendar":  {click("research.calendar", aClock, nil), "sam"},
		"click lead.step research": {click("lead.step:research", newLead, nil), sams},
		"submission report":        {submit(aReview), sams},
		"click report.read":        {click("report.read", aReport, nil), sams},
		"suggestion report.lead":   {suggest("report.lead"), sells},
		"click report.back": {func(o chat.Origin) error {
			return b.router.Click(ctx, chat.Click{Origin: o, Action: "report.back", View: aReview()})
		}, sams},
		"submission research": {submit(func() *chat.View { return opened("research", "research", newLead(), chat.State{}) }), sams},
		"click lead.call": {func(o chat.Origin) error {
			err := b.router.Click(ctx, chat.Click{Origin: o, Action: "lead.call", Value: newLead()})
			if err != nil && strings.Contains(err.Error(), "there is no response URL") {
				return nil // it is noted; only the answer has nowhere to go
			}
			return err
		}, sells},
		"command /lead call":     {command("/lead call company 1"), sells},
		"command /digest":        {command("/digest"), "dana"},
		"command /digest weekly": {command("/digest weekly"), "dana"},
		"click digest.charts": {func(o chat.Origin) error {
			err := b.router.Click(ctx, chat.Click{Origin: o, Action: "digest.charts", At: "1.1"})
			if err != nil && strings.Contains(err.Error(), "there is no response URL") {
				return nil // the charts come by direct message; only the click's own answer has nowhere to go
			}
			return err
		}, "dana"},
		"click digest.open a lead":      {click("digest.open", func() string { return "lead/" + newLead() }, nil), sells},
		"click digest.open a handoff":   {click("digest.open", func() string { return "handoff/" + aHandoff() }, nil), team},
		"click digest.pass a lead":      {click("digest.pass", func() string { return "lead/" + newLead() }, nil), sams},
		"click digest.pass a handoff":   {click("digest.pass", func() string { return "handoff/" + aHandoff() }, nil), decides},
		"click digest.again":            {click("digest.again", func() string { return "lead/" + newLead() }, nil), hands},
		"click digest.done":             {click("digest.done", aClock, nil), sams},
		"click digest.nudge a deadline": {click("digest.nudge", func() string { return "deadline/" + aClock() }, nil), "dana"},
		"click digest.nudge a handoff":  {click("digest.nudge", func() string { return "handoff/" + aHandoff() }, nil), "dana"},
		"click digest.all needs":        {click("digest.all:needs", value("needs"), nil), "dana"},
		"click digest.all people":       {click("digest.all:people", value("people 0 9999999999999"), nil), "dana"},
		"click digest.all actions":      {click("digest.all:actions", value("actions 0 9999999999999"), nil), team},
		"click digest.all reasons":      {click("digest.all:reasons", value("reasons 0 9999999999999"), nil), team},
		"click digest.all reviews":      {click("digest.all:reviews", value("reviews 0 0"), nil), team},
		"submission lead.name":          {submit(func() *chat.View { return opened("lead.name", "lead.name", "", text("company", "Some Company")) }), sells},
		"submission lead.assign": {submit(func() *chat.View {
			n++
			return opened("lead.assign", "lead.assign", fmt.Sprintf(`{"Company":"New %d"}`, n), text("owner", "U0SAM"))
		}), sells},
		"submission lead.reassign": {submit(func() *chat.View {
			return opened("lead.reassign", "lead.reassign", newLead(), text("owner", "U0PRIYA"))
		}), sams},
		"submission qualify":        {submit(func() *chat.View { return scorecard }), sells},
		"submission handoff":        {submit(func() *chat.View { return anyView }), hands},
		"submission handoff.ask":    {submit(func() *chat.View { return opened("handoff.ask", "handoff.ask", aHandoff(), text("question", "Who?")) }), decides},
		"submission handoff.answer": {submit(func() *chat.View { return opened("handoff.answer", "handoff.answer", asked(), text("answer", "Jo")) }), answers},
		"submission handoff.decline": {submit(func() *chat.View {
			state := text("coaching", "Ask first")
			state[form.Block("reason")] = map[string]chat.Entry{"value": {Value: "no_need"}}
			return opened("handoff.decline", "handoff.decline", aHandoff(), state)
		}), decides},
		"submission handoff.reassign": {submit(func() *chat.View {
			return opened("handoff.reassign", "handoff.reassign", aHandoff(), text("ae", "U0LENA"))
		}), decides},
	} {
		for handle, id := range map[string]string{"sam": "U0SAM", "alex": "U0ALEX", "dana": "U0DANA", "ola": "U0OLA", "gabe": "U0GABE", "rick": "U0RICK"} {
			t.Run(name+" by "+handle, func(t *testing.T) {
				err := tc.do(chat.Origin{Person: id, Trigger: "too.old", Received: time.Now()})
				var words chat.Refusal
				away := errors.As(err, &words) && turnedAway.MatchString(chat.Plain(string(words)))
				if may := slices.Contains(strings.Fields(tc.may), handle); may == away {
					t.Errorf("may = %v, and is told: %v", may, err)
				}
				if err != nil && !away && !errors.As(err, &words) {
					t.Errorf("a fault: %v", err)
				}
			})
		}
		covered[strings.Join(strings.Fields(strings.ReplaceAll(name, ",", " "))[:2], " ")] = true
	}
	for _, g := range b.router.Gestures() {
		if _, name, _ := strings.Cut(g, " "); strings.HasPrefix(name, "sop") || strings.HasPrefix(name, "/sop") || strings.HasPrefix(name, "find") {
			continue // answers are for everyone
		}
		if !covered[g] {
			t.Errorf("nobody tried %q: add it above, with who may", g)
		}
	}
}

func clickBy(person, action, value string) chat.Click {
	return chat.Click{Origin: chat.Origin{Person: person, Trigger: "too.old"}, Action: action, Value: value}
}
