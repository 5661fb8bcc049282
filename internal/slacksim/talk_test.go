package slacksim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

func contains(t *testing.T, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
}

// salesBot answers /sop with a card, opens a form for /lead and shares on click.
func salesBot() *bot {
	return &bot{
		slash: func(b *bot, e socketmode.Event, c slack.SlashCommand) {
			switch c.Command {
			case "/sop":
				more := slack.NewOverflowBlockElement("more",
					slack.NewOptionBlockObject("edit", plain("Suggest an edit"), nil), slack.NewOptionBlockObject("ask", plain("Ask the owner"), nil))
				b.ack(e, map[string]any{
					"response_type": "ephemeral", "text": "Too expensive",
					"blocks": []slack.Block{
						slack.NewSectionBlock(markdown("*Too expensive* for <@"+c.UserID+">: "+c.Text), nil, nil),
						slack.NewActionBlock("acts", button("Share in channel", "share", "p1"), more),
					},
				})
			case "/lead":
				if _, err := b.api.OpenView(c.TriggerID, leadForm()); err != nil {
					b.ack(e, map[string]any{"text": err.Error()})
					return
				}
				b.ack(e)
			}
		},
		interact: func(b *bot, e socketmode.Event, i slack.InteractionCallback) {
			switch i.Type {
			case slack.InteractionTypeBlockSuggestion:
				b.ack(e, map[string]any{"options": []*slack.OptionBlockObject{slack.NewOptionBlockObject("l1", plain("Acme "+i.Value), nil)}})
				return
			case slack.InteractionTypeViewSubmission:
				values := i.View.State.Values
				if values["company"]["company"].Value == "Bad" {
					b.ack(e, map[string]any{"response_action": "errors", "errors": map[string]string{"company": "Not that one."}})
					return
				}
				_, _, _ = b.api.PostMessage(i.User.ID, slack.MsgOptionText(
					"Saved "+values["company"]["company"].Value+" at "+values["stage"]["stage"].SelectedOption.Value+" lead "+values["lead"]["lead"].SelectedOption.Text.Text, false))
				b.ack(e)
				return
			case slack.InteractionTypeBlockActions:
				b.ack(e)
				action := i.ActionCallback.BlockActions[0]
				switch action.ActionID {
				case "share":
					_, _, _ = b.api.PostMessage(i.Channel.ID, slack.MsgOptionText("Shared by <@"+i.User.ID+">: "+action.Value, false))
				case "more":
					_ = slack.PostWebhook(i.ResponseURL, &slack.WebhookMessage{Text: "You chose " + action.SelectedOption.Value, ReplaceOriginal: true})
				}
				return
			case slack.InteractionTypeMessageAction:
				b.ack(e)
				_ = slack.PostWebhook(i.ResponseURL, &slack.WebhookMessage{Text: "Found for: " + i.Message.Text})
				return
			case slack.InteractionTypeShortcut:
				_, _ = b.api.OpenView(i.TriggerID, leadForm())
			}
			b.ack(e)
		},
		event: func(b *bot, e socketmode.Event, api slackevents.EventsAPIEvent) {
			b.ack(e)
			switch ev := api.InnerEvent.Data.(type) {
			case *slackevents.AppMentionEvent:
				root := ev.ThreadTimeStamp
				if root == "" {
					root = ev.TimeStamp
				}
				_, _, _ = b.api.PostMessage(ev.Channel, slack.MsgOptionText("You said "+ev.Text, false), slack.MsgOptionTS(root))
			case *slackevents.MessageEvent:
				if ev.BotID == "" && ev.SubType == "" {
					_, _, _ = b.api.PostMessage(ev.Channel, slack.MsgOptionText("Echo "+ev.Text, false))
				}
			case *slackevents.AppHomeOpenedEvent:
				_, _ = b.api.PublishView(ev.User, slackHome(), "")
			}
		},
	}
}

func slackHome() slack.HomeTabViewRequest {
	return slack.HomeTabViewRequest{Type: "home", Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewHeaderBlock(plain("Your day")), slack.NewActionBlock("", button("Refresh", "refresh", "")),
	}}}
}

func TestACommandIsAnsweredInItsAckAndItsButtonsWork(t *testing.T) {
	s := open(t, Options{})
	salesBot().start(t, s)
	sam := s.As("sam").In("#sales")
	reply := sam.Slash("/sop objection pricing @alex")
	contains(t, reply.Text(), "Too expensive for @sam: objection pricing @alex", "[Share in channel]", "Suggest an edit")
	if !reply.Card().Ephemeral() {
		t.Error("the answer is not ephemeral")
	}
	for _, m := range s.As("lena").Messages("#sales") {
		t.Errorf("lena sees sam's ephemeral message: %s", m.Text())
	}
	if b := reply.Button("Share in channel"); b.Value != "p1" || b.ActionID != "share" {
		t.Errorf("button = %+v", b)
	}
	reply.Click("Share in channel")
	contains(t, s.As("lena").WaitFor("Shared by").Text(), "Shared by @sam: p1")
	contains(t, reply.Choose("More", "Suggest an edit").Text(), "You chose edit")
	if got := reply.Buttons(); len(got) != 0 {
		t.Errorf("the replaced message still has %q", got)
	}
}

func TestAModalIsFilledRefusedAndSaved(t *testing.T) {
	s := open(t, Options{})
	salesBot().start(t, s)
	sam := s.As("sam")
	sam.Slash("/lead")
	modal := sam.Modal()
	modal.Submit()
	if diff := cmp.Diff(map[string]string{"Company": "Please complete this required field.", "Stage": "Please complete this required field."}, modal.Errors()); diff != "" {
		t.Error(diff)
	}
	if n := len(s.Journal().Envelopes(interactive)); n != 0 {
		t.Errorf("%d envelopes were sent for what the client refuses", n)
	}
	modal.Fill("Company", "Bad").Pick("Stage", "Discovery").Submit()
	if diff := cmp.Diff(map[string]string{"Company": "Not that one."}, modal.Errors()); diff != "" {
		t.Error(diff)
	}
	if got := modal.Type("Lead", "inc"); !cmp.Equal(got, []string{"Acme inc"}) {
		t.Errorf("suggestions = %q", got)
	}
	if _, err := modal.TypeE(t.Context(), "Lead", "i"); err == nil {
		t.Error("one letter is fewer than min_query_length")
	}
	reply := modal.Fill("Company", "Good").Pick("Lead", "inc").Fill("When", "2026-12-01").Submit()
	contains(t, reply.Text(), "Saved Good at disc lead Acme inc")
	sam.WaitNoModal()
}

func TestMentionsMessagesShortcutsAndHome(t *testing.T) {
	s := open(t, Options{})
	salesBot().start(t, s)
	sam := s.As("sam")
	reply := sam.Mention("#sales", "pricing?")
	contains(t, reply.Text(), "You said @app pricing?")
	if thread := reply.Said().Thread(); len(thread) != 1 {
		t.Errorf("%d replies in the thread", len(thread))
	}
	contains(t, sam.MentionInThread(reply.Card(), "again").Text(), "again")
	contains(t, sam.DM("hello <b> & co").Text(), "Echo hello <b> & co")
	said := s.As("lena").Say("#sales", "what about budget?")
	contains(t, sam.Shortcut("Find in playbook", said).Text(), "Found for: what about budget?")
	sam.GlobalShortcut("Hand off a lead")
	if title := sam.Modal().Title(); title != "New lead" {
		t.Errorf("title = %q", title)
	}
	contains(t, sam.OpenHome().Text(), "Your day", "[Refresh]")
	sam.Home().Click("Refresh")
	if _, err := sam.SayE(t.Context(), "#sales-2024", "x"); err == nil {
		t.Error("one can write in an archived channel")
	}
}

func TestACommandThatNobodyAnswersSaysSo(t *testing.T) {
	s := open(t, Options{AckTimeout: 100_000_000})
	(&bot{}).start(t, s)
	contains(t, s.As("sam").Slash("/sop x").Text(), `/sop failed with the error "operation_timeout"`)
	s.RevokeAppToken("") // so that it cannot come back at once
	s.Cut()
	contains(t, s.As("sam").Slash("/sop x").Text(), `/sop failed with the error "dispatch_failed"`)
}
