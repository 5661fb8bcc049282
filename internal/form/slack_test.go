package form

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

const team = `
team: {id: T0T, name: Test, domain: test}
people:
  - {id: U0SAM, handle: sam, name: Sam, real_name: Sam, email: sam@t.example, tz: Europe/Berlin}
  - {id: U0ALEX, handle: alex, name: Alex, real_name: Alex, email: alex@t.example, tz: America/New_York}
channels:
  - {id: C0GEN, name: general, bot: true, members: [sam, alex]}
`

// desk is an app that opens one form and keeps what comes out of it.
type desk struct {
	*slacksim.Slack
	sam *slacksim.Person

	mu       sync.Mutex
	failed   error
	finished Answers
	scores   Scores
}

// open starts a local Slack, and the app, and opens the form in it.
func open(t *testing.T, o Options) *desk {
	t.Helper()
	world, err := slacksim.ParseWorld([]byte(team))
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{Slack: slacksim.Open(t, slacksim.Options{World: world})}
	api := slack.New(d.BotToken(), slack.OptionAppLevelToken(d.AppToken()), slack.OptionAPIURL(d.URL()))
	sm := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = sm.RunContext(ctx) })
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-sm.Events:
				if err := d.handle(ctx, api, sm, e, o); err != nil {
					d.mu.Lock()
					d.failed = err
					d.mu.Unlock()
				}
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if d.failed != nil {
			t.Error(d.failed)
		}
	})
	d.sam = d.As("sam")
	d.sam.In("#general").Slash("/form")
	return d
}

func (d *desk) handle(ctx context.Context, api *slack.Client, sm *socketmode.Client, e socketmode.Event, o Options) error {
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		_ = sm.Ack(*e.Request)
		build := View
		if o.Page.Framework != nil {
			build = ScorecardView
		}
		v, err := build(o)
		if err == nil {
			_, err = api.OpenViewContext(ctx, data.TriggerID, v)
		}
		return err
	case slack.InteractionCallback:
		switch data.Type {
		case slack.InteractionTypeBlockSuggestion:
			return sm.Ack(*e.Request, slack.OptionsResponse{Options: []*slack.OptionBlockObject{chat.Option("L7", "Acme "+data.Value, "")}})
		case slack.InteractionTypeBlockActions:
			_ = sm.Ack(*e.Request)
			v, err := Back(o, viewOf(data.View), monday)
			if err == nil {
				_, err = api.UpdateViewContext(ctx, v, "", data.View.Hash, data.View.ID)
			}
			return err
		case slack.InteractionTypeViewSubmission:
			return d.submit(ctx, api, sm, e, data, o)
		}
	}
	return nil
}

func (d *desk) submit(ctx context.Context, api *slack.Client, sm *socketmode.Client, e socketmode.Event, data slack.InteractionCallback, o Options) error {
	var out Outcome
	var scores Scores
	var err error
	if o.Page.Framework != nil {
		out, scores, err = SubmitScorecard(o, viewOf(data.View), monday)
	} else {
		out, err = Submit(o, viewOf(data.View), monday)
	}
	switch {
	case err != nil:
		_ = sm.Ack(*e.Request)
		return err
	case out.Errors != nil:
		return sm.Ack(*e.Request, slack.NewErrorsViewSubmissionResponse(out.Errors))
	case out.Waiting != nil:
		if err := sm.Ack(*e.Request, slack.NewUpdateViewSubmissionResponse(out.Waiting)); err != nil {
			return err
		}
		// The acknowledgement is only queued when Ack returns; the view that
		// it leads to must be there first.
		time.Sleep(100 * time.Millisecond)
		_, err = api.UpdateViewContext(ctx, *out.Next, "", "", data.View.ID)
		return err
	case out.Next != nil:
		return sm.Ack(*e.Request, slack.NewUpdateViewSubmissionResponse(out.Next))
	}
	d.mu.Lock()
	d.finished, d.scores = out.Answers, scores
	d.mu.Unlock()
	return sm.Ack(*e.Request)
}

// step waits until the modal shows that step.
func (d *desk) step(t *testing.T, n, of int) *slacksim.Modal {
	t.Helper()
	m := d.sam.Modal()
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(m.Text(), fmt.Sprintf("Step %d of %d", n, of)); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("step %d does not come:\n%s", n, m.Text())
		}
	}
	return m
}

// done waits for the modal to close and gives what came out.
func (d *desk) done(t *testing.T) Answers {
	t.Helper()
	d.sam.WaitNoModal()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.finished
}

// viewOf turns what slack-go reads into our words, as the gateway does.
func viewOf(v slack.View) chat.View {
	out := chat.View{ID: v.ID, Private: v.PrivateMetadata, State: chat.State{}}
	if v.State == nil {
		return out
	}
	for block, actions := range v.State.Values {
		out.State[block] = map[string]chat.Entry{}
		for action, a := range actions {
			e := chat.Entry{Type: string(a.Type), Value: a.Value}
			for _, s := range []string{a.SelectedOption.Value, a.SelectedDate, a.SelectedTime, a.SelectedUser} {
				if e.Value == "" {
					e.Value = s
				}
			}
			if a.SelectedDateTime != 0 {
				e.Value = fmt.Sprint(a.SelectedDateTime)
			}
			if a.SelectedOption.Text != nil {
				e.Options = append(e.Options, a.SelectedOption.Text.Text)
			}
			for _, o := range a.SelectedOptions {
				e.Values, e.Options = append(e.Values, o.Value), append(e.Options, o.Text.Text)
			}
			out.State[block][action] = e
		}
	}
	return out
}

func TestInSlackAllTypesOfFieldsAreFilledInByHand(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings, Callback: "test", BackAction: "back"}
	d := open(t, o)
	m := d.sam.Modal()
	m.Pick("Shop", "Corner").Pick("Who goes", "alex").Pick("Which loaf?", "Spelt & oat").Pick("Which oven?", "two").Pick("Extras", "butter", "jam")
	m.Submit()
	m = d.sam.Modal()
	if !strings.Contains(m.Text(), "Step 2 of 3") {
		t.Fatalf("not the second step:\n%s", m.Text())
	}
	m.Pick("Shelves", "s2", "s11").Pick("Baked today?", "Yes").Fill("Loaves a day", "12.5").Fill("What they pay today", "lots").Fill("First day", "2026-12-01").Fill("The tasting", "2026-11-25 15:00").Submit()
	if errs := m.Errors(); len(errs) != 1 || !strings.Contains(errs["What they pay today"], "“lots” is not an amount") {
		t.Fatalf("errors %q", errs)
	}
	m.Fill("What they pay today", "€1.200,50").Click("← Back")
	m = d.step(t, 1, 3)
	if got := m.Value("Shop"); !strings.Contains(got, "Acme Corner") {
		t.Errorf("the lead is %q on the way back", got)
	}
	m.Submit()
	m = d.sam.Modal()
	if got := m.Value("What they pay today"); got != "1200.50" {
		t.Errorf("the price is %q on the way forth", got)
	}
	m.Submit()
	m = d.sam.Modal()
	m.Fill("Web site", "https://shop.example/a?b=1&c=2").Fill("E-mail", "dana@shop.example").Fill("Phone", "+49 (0)30 123-4567").
		Fill("Contact", "Dana شكرا 👩‍👩‍👧 <!channel>").Fill("Notes", "one\n\ntwo & three").Submit()
	if errs := m.Errors(); len(errs) > 0 {
		t.Fatalf("errors %q", errs)
	}
	got, want := d.done(t), full()
	want["shop"] = Lead("L7", "Acme Corner")
	want["hour"] = Value{Type: playbook.FieldDateTime, Time: time.Date(2026, 11, 25, 14, 0, 0, 0, time.UTC)}
	for id, w := range want {
		if !got[id].Equal(w) {
			t.Errorf("%s: %+v, want %+v", id, got[id], w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d answers, want %d", len(got), len(want))
	}
}

func TestInSlackAPrefilledFormIsSubmittedAsItIs(t *testing.T) {
	pb := bakery(t)
	d := open(t, Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings, Given: full()})
	for range 3 {
		d.sam.Modal().Submit()
	}
	got := d.done(t)
	for id, want := range full() {
		if !got[id].Equal(want) {
			t.Errorf("%s: %+v, want %+v", id, got[id], want)
		}
	}
}

func TestInSlackAScorecardOfOurFramework(t *testing.T) {
	pb := load(t, ourFiles())
	p := pageOf(t, pb, "meddpicc")
	d := open(t, Options{Page: p, Settings: pb.Settings})
	m := d.sam.Modal()
	for _, f := range FieldsOf(p)[1:8] {
		if isStanding(f.ID) {
			m.Pick(f.Label, "Confirmed: they said or showed it")
		}
	}
	m.Fill("… or a new one: Lead", "Globex").Submit()
	if errs := m.Errors(); len(errs) != 1 { // the client itself wants the pain
		t.Errorf("errors %q", errs)
	}
	m.Fill("Main pain, in the prospect's words", "reports").Submit()
	d.done(t)
	if d.scores.Lead.New != "Globex" || d.scores.MainPain != "reports" || len(d.scores.Criteria) != len(p.Framework.Criteria) {
		t.Errorf("%+v", d.scores)
	}
	if r := Score(p.Framework, d.scores); r.Confirmed != 4 {
		t.Errorf("%+v", r)
	}
}

func TestInSlackALargeStepComesInTwoMoves(t *testing.T) {
	pb := bakery(t)
	long := strings.Repeat("word ", 580)
	given := Answers{}
	for _, f := range FieldsOf(pageOf(t, pb, "census")) {
		if f.Type == playbook.FieldLongText {
			given[f.ID] = Text(strings.Repeat("é", 20) + long)
		}
	}
	d := open(t, Options{Page: pageOf(t, pb, "census"), Given: given, Drafts: &drawer{kept: map[string]Answers{}}})
	for step := range 13 {
		m := d.step(t, step+1, 13)
		m.Submit()
		if errs := m.Errors(); len(errs) > 0 {
			t.Fatalf("errors %q", errs)
		}
	}
	if got := d.done(t); len(got) != len(given) {
		t.Errorf("%d answers, want %d", len(got), len(given))
	}
}
