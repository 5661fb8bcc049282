package gateway

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

// form has a menu before its inputs, so that not every block of its state
// takes an error.
func form(callback string) slack.ModalViewRequest {
	menu := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "a-menu", slack.NewOptionBlockObject("1", slack.NewTextBlockObject("plain_text", "One", false, false), nil))
	return chat.Modal(callback, "Form", "Send", "Cancel", "", []slack.Block{
		slack.NewActionBlock("a-first", menu),
		slack.NewInputBlock("z-company", slack.NewTextBlockObject("plain_text", "Company", false, false), nil, slack.NewPlainTextInputBlockElement(nil, "company")),
	})
}

// long is a view of more than 20 KB.
func long(title string) *slack.ModalViewRequest {
	var blocks []slack.Block
	for i := range 12 {
		blocks = append(blocks, chat.TextBlocks(fmt.Sprintf("%s part %d %s", title, i, strings.Repeat("word ", 500)))...)
	}
	m := chat.Modal("", title, "", "Close", "", blocks)
	return &m
}

// forms opens a form of that callback by "/form callback".
func forms(answers map[string]func(context.Context, chat.Submission) (chat.Answer, error)) func(*chat.Router, *rig) {
	return func(router *chat.Router, r *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/form"}, func(ctx context.Context, c chat.Command) (chat.Message, error) {
			return chat.Say("opened"), r.OpenView(ctx, c.Trigger, form(c.Text))
		})
		for callback, answer := range answers {
			router.OnSubmission(callback, answer)
		}
	}
}

func TestASubmittedFormIsAnsweredInEveryWay(t *testing.T) {
	t.Parallel()
	small := chat.Modal("", "Small", "", "Close", "", chat.TextBlocks("all done"))
	was := func(a chat.Answer, err error) func(context.Context, chat.Submission) (chat.Answer, error) {
		return func(context.Context, chat.Submission) (chat.Answer, error) { return a, err }
	}
	r := start(t, slacksim.Options{}, forms(map[string]func(context.Context, chat.Submission) (chat.Answer, error){
		"close": was(chat.Answer{}, nil), "clear": was(chat.Answer{Clear: true}, nil),
		"errors": was(chat.Answer{Errors: chat.FieldErrors{"z-company": "Which company?"}}, nil),
		"fields": was(chat.Answer{}, fmt.Errorf("wrapped: %w", chat.FieldErrors{"z-company": "Which company?"})),
		"stray":  was(chat.Answer{Errors: chat.FieldErrors{"elsewhere": "Who is that?"}}, nil),
		"update": was(chat.Answer{Update: &small}, nil), "push": was(chat.Answer{Push: &small}, nil),
		"long update": was(chat.Answer{Update: long("Updated")}, nil), "long push": was(chat.Answer{Push: long("Pushed")}, nil),
		"refuse": was(chat.Answer{}, chat.Refuse("Not *today*.")),
		"fault":  was(chat.Answer{}, errors.New("the disk is full of cats")),
		"panic":  func(context.Context, chat.Submission) (chat.Answer, error) { panic("boom") },
	}))
	sam := r.slack.As("sam").In("#general")
	send := func(callback string) *slacksim.Modal {
		t.Helper()
		sam.Slash("/form " + callback)
		m := sam.Modal()
		m.Fill("Company", "Acme "+callback).Submit()
		return m
	}
	for _, callback := range []string{"close", "clear"} {
		send(callback)
		sam.WaitNoModal()
	}
	for callback, want := range map[string]string{"errors": "Which company?", "fields": "Which company?", "stray": "Who is that?", "refuse": "Not today.", "fault": "code E-", "panic": "code E-", "unknown": "another version"} {
		m := send(callback)
		if said := m.Errors()["Company"]; !strings.Contains(said, want) {
			t.Errorf("%s said %q at the field", callback, said)
		}
		if typed := m.Value("Company"); typed != "Acme "+callback {
			t.Errorf("%s left %q of what was typed", callback, typed)
		}
		m.CloseAll()
	}
	for callback, want := range map[string]string{"update": "all done", "push": "all done", "long update": "Updated part 11", "long push": "Pushed part 11"} {
		send(callback)
		sam.Modal().WaitFor(want)
		sam.Modal().Close()
		if strings.Contains(callback, "push") {
			if typed := sam.Modal().Value("Company"); typed != "Acme "+callback {
				t.Errorf("below what was pushed stands %q", typed)
			}
			sam.Modal().Close()
		}
		sam.WaitNoModal()
	}
	for _, e := range r.slack.Journal().Refusals() {
		// An update may overtake the acknowledgement that brings its view.
		if e.Name != "views.update" || e.Error != "not_found" {
			t.Errorf("Slack refused: %+v", e)
		}
	}
}

// More than an acknowledgement holds comes by a call, which Slack may refuse
// because it has not yet read the acknowledgement.
func TestALargeViewArrivesAlthoughSlackIsSlowOrRefuses(t *testing.T) {
	t.Parallel()
	answer := func(a chat.Answer) func(context.Context, chat.Submission) (chat.Answer, error) {
		return func(context.Context, chat.Submission) (chat.Answer, error) { return a, nil }
	}
	r := start(t, slacksim.Options{}, forms(map[string]func(context.Context, chat.Submission) (chat.Answer, error){
		"update": answer(chat.Answer{Update: long("Updated")}), "push": answer(chat.Answer{Push: long("Pushed")}),
		"errors": answer(chat.Answer{Errors: chat.FieldErrors{"z-company": strings.Repeat("No. ", 6000)}}),
	}))
	sam := r.slack.As("sam").In("#general")
	submit := func(callback string) *slacksim.Modal {
		sam.Slash("/form " + callback)
		m := sam.Modal()
		m.Fill("Company", "Acme").Submit()
		return m
	}
	before := 0
	for callback, want := range map[string]string{"update": "Updated part 11", "push": "Pushed part 11"} {
		r.slack.Fault(slacksim.Fault{Method: "views.update", Error: "not_found", Times: 2})
		r.slack.Fault(slacksim.Fault{Method: "views.update", Status: 503})
		r.slack.Fault(slacksim.Fault{Method: "views.update", DropReply: true})
		submit(callback)
		sam.Modal().WaitFor("One moment") // it stays open
		sam.Modal().WaitFor(want)
		// The last try comes after it is shown: its view must be there still.
		before += 5
		r.await(t, "every try", func() bool { return len(r.slack.Journal().Calls("views.update")) >= before })
		sam.Modal().CloseAll()
	}
	// What Slack refuses for good is not tried again, and the person is told.
	r.slack.Fault(slacksim.Fault{Method: "views.update", Status: 503, Times: 2})
	r.slack.Fault(slacksim.Fault{Method: "views.update", Error: "invalid_arguments"})
	submit("update")
	r.await(t, "words on top", func() bool { return len(r.slack.Journal().Calls("views.push")) == 1 })
	sam.Modal().WaitFor("did not show what comes next")
	sam.Modal().CloseAll()
	if n := len(r.slack.Journal().Calls("views.update")); n != 13 {
		t.Errorf("%d calls, want 13", n)
	}
	// Complaints cannot come by a call.
	m := submit("errors")
	if said := m.Errors()["Company"]; !strings.Contains(said, "too much to say") {
		t.Errorf("said %q at the field", said)
	}
	if typed := m.Value("Company"); typed != "Acme" {
		t.Errorf("left %q of what was typed", typed)
	}
}

func TestAFormThatTakesLongKeepsWhatWasTypedAndThenSaysThatItWentThrough(t *testing.T) {
	t.Parallel()
	var times atomic.Int64
	r := start(t, slacksim.Options{}, forms(map[string]func(context.Context, chat.Submission) (chat.Answer, error){
		"slow": func(context.Context, chat.Submission) (chat.Answer, error) {
			times.Add(1)
			time.Sleep(450 * time.Millisecond)
			return chat.Answer{}, nil
		},
		"slow push": func(context.Context, chat.Submission) (chat.Answer, error) {
			time.Sleep(450 * time.Millisecond)
			next := chat.Modal("", "Next", "", "Close", "", chat.TextBlocks("and this comes next"))
			return chat.Answer{Push: &next}, nil
		},
	}), impatient)
	sam := r.slack.As("sam").In("#general")
	sam.Slash("/form slow")
	r.slack.Quirk(slacksim.Quirk{Envelope: "interactive", Duplicate: true})
	m := sam.Modal()
	m.Fill("Company", "Acme").Submit()
	if said := m.Errors()["Company"]; !strings.Contains(said, "takes longer") {
		t.Errorf("meanwhile it said %q", said)
	}
	sam.Modal().WaitFor("it went through")
	if times.Load() != 1 {
		t.Errorf("it was handled %d times", times.Load())
	}
	sam.Modal().CloseAll()
	sam.Slash("/form slow push")
	sam.Modal().Fill("Company", "Acme").Submit()
	sam.Modal().WaitFor("and this comes next")
}

func TestAHandlerThatDoesNotComeBackIsEndedAndThePersonHearsOfIt(t *testing.T) {
	t.Parallel()
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	r := start(t, slacksim.Options{}, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/hang"}, func(ctx context.Context, _ chat.Command) (chat.Message, error) { return chat.Message{}, hang(ctx) })
		router.OnMention(func(ctx context.Context, _ chat.Mention) error { return hang(ctx) })
		router.OnShortcut(chat.ShortcutHelp{Callback: "do", Name: "Do it"}, func(ctx context.Context, _ chat.Shortcut) error { return hang(ctx) })
	}, impatient)
	sam := r.slack.As("sam").In("#general")
	done := make(chan bool)
	go func() { defer close(done); sam.Slash("/hang") }()
	sam.Mention("#general", "hang").WaitFor("code E-")
	<-done
	sam.WaitFor("One moment")
	if n := strings.Count(r.log.String(), "outcome=fault"); n != 2 {
		r.await(t, "two faults in the log", func() bool { return strings.Count(r.log.String(), "outcome=fault") == 2 })
	}
	sam.GlobalShortcut("Do it")
	r.slack.As("sam").In("DM").WaitFor("code")
}

func TestSuggestionsThatFailHangOrAreUnknownShowNothing(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnSuggestion("good", func(_ context.Context, s chat.Suggestion) ([]*slack.OptionBlockObject, error) {
			return []*slack.OptionBlockObject{slack.NewOptionBlockObject(s.Typed, slack.NewTextBlockObject("plain_text", s.Typed, false, false), nil)}, nil
		})
		router.OnSuggestion("many", func(context.Context, chat.Suggestion) ([]*slack.OptionBlockObject, error) {
			var all []*slack.OptionBlockObject
			for i := range 100 {
				long := fmt.Sprintf("%02d %s", i, strings.Repeat("é", 72))
				all = append(all, slack.NewOptionBlockObject(long, slack.NewTextBlockObject("plain_text", long, false, false), nil))
			}
			return all, nil
		})
		router.OnSuggestion("bad", func(context.Context, chat.Suggestion) ([]*slack.OptionBlockObject, error) { panic("boom") })
		router.OnSuggestion("hang", func(ctx context.Context, _ chat.Suggestion) ([]*slack.OptionBlockObject, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
	}, impatient)
	for action, want := range map[string]string{"good:2": `"value":"ac"`, "many": `"value":"40 éé`, "bad": `"options":[]`, "hang": `"options":[]`, "unknown": `"options":[]`} {
		b.every()[0].text(fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","payload":{"type":"block_suggestion","action_id":%q,"value":"ac","user":{"id":"U1"},"view":{"id":"V1","type":"modal"}}}`, action, action))
		r.await(t, "options for "+action, func() bool {
			all := b.of(action)
			return len(all) == 1 && strings.Contains(all[0].raw, want)
		})
	}
}

func TestActionsOfOnePayloadRunInOrderAndAreAcknowledgedOnce(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	var order safeBuffer
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		for _, name := range []string{"one", "two", "four"} {
			router.OnClick(name, func(_ context.Context, c chat.Click) error {
				fmt.Fprintf(&order, "%s=%s ", c.Action, c.Value)
				c.Acknowledge()
				if name == "two" {
					return chat.Refuse("Two is refused.")
				}
				return nil
			})
		}
	})
	const actions = `{"envelope_id":%q,"type":"interactive","accepts_response_payload":false,"payload":{"type":"block_actions","user":{"id":"U1"},"is_enterprise_install":"false","enterprise":[],"trigger_id":"triggersecret.9","response_url":%q,"container":{"type":"message","message_ts":"1.1","channel_id":"C1","is_ephemeral":false},"actions":[{"type":"button","action_id":"one","block_id":"b","value":"1","action_ts":"5.1"},{"type":"button","action_id":"two:7","block_id":"b","value":"2","action_ts":"5.1"},{"type":"button","action_id":"three","block_id":"b","value":"3","action_ts":"5.1"},{"type":"static_select","action_id":"four","block_id":"b","selected_option":{"value":"4"},"action_ts":"5.1"}]}}`
	for _, envelope := range []string{"a", "a", "b"} { // again, and again in a new envelope
		b.every()[0].text(fmt.Sprintf(actions, envelope, b.server.URL+"/replysecret/words"))
		r.await(t, "an acknowledgement", func() bool { return len(b.of(envelope)) == 1 })
	}
	r.await(t, "the words for two", func() bool { return len(b.of("words")) == 2 })
	r.await(t, "the last action", func() bool { return strings.Contains(order.String(), "four") })
	if got := order.String(); got != "one=1 two:7=2 four=4 " {
		t.Errorf("ran %s", got)
	}
	if words := b.of("words"); words[0].text != "Two is refused." || !strings.Contains(words[1].text, "another version") {
		t.Errorf("said %+v", words)
	}
}
