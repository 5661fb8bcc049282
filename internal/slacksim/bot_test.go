package slacksim

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

// bot is an app made with slack-go, the peer of these tests. Each handler runs
// on its own goroutine and acknowledges by itself.
type bot struct {
	api *slack.Client
	sm  *socketmode.Client

	mu       sync.Mutex
	seen     []socketmode.Event
	slash    func(*bot, socketmode.Event, slack.SlashCommand)
	interact func(*bot, socketmode.Event, slack.InteractionCallback)
	event    func(*bot, socketmode.Event, slackevents.EventsAPIEvent)
}

func (b *bot) ack(e socketmode.Event, payload ...any) { _ = b.sm.Ack(*e.Request, payload...) }

// start connects the bot and waits for hello.
func (b *bot) start(t *testing.T, s *Slack) *bot {
	t.Helper()
	b.api = slack.New(s.BotToken(), slack.OptionAppLevelToken(s.AppToken()), slack.OptionAPIURL(s.URL()))
	b.sm = socketmode.New(b.api)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Add(2)
	go func() { defer running.Done(); _ = b.sm.RunContext(ctx) }()
	hello := make(chan struct{}, 100)
	go func() {
		defer running.Done()
		for {
			select {
			case e := <-b.sm.Events:
				b.mu.Lock()
				b.seen = append(b.seen, e)
				b.mu.Unlock()
				if e.Type == socketmode.EventTypeHello {
					hello <- struct{}{}
				}
				go b.handle(e)
			case <-ctx.Done():
				return
			}
		}
	}()
	t.Cleanup(func() { cancel(); running.Wait() })
	select {
	case <-hello:
	case <-time.After(5 * time.Second):
		t.Fatal("no hello")
	}
	return b
}

func (b *bot) handle(e socketmode.Event) {
	switch data := e.Data.(type) {
	case slack.SlashCommand:
		if b.slash != nil {
			b.slash(b, e, data)
		}
	case slack.InteractionCallback:
		if b.interact != nil {
			b.interact(b, e, data)
		} else {
			b.ack(e)
		}
	case slackevents.EventsAPIEvent:
		if b.event != nil {
			b.event(b, e, data)
		} else {
			b.ack(e)
		}
	}
}

// acme is the team of the demo, from its file.
func acme(t testing.TB) World {
	t.Helper()
	data, err := os.ReadFile("../../seeds/team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWorld(data)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func open(t *testing.T, opts Options) *Slack {
	t.Helper()
	if len(opts.World.People) == 0 {
		opts.World = acme(t)
	}
	if opts.Shortcuts == nil {
		opts.Shortcuts = []Shortcut{{"Find in playbook", "find", true}, {"Hand off a lead", "handoff", false}}
	}
	return Open(t, opts)
}

func plain(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("plain_text", s, false, false)
}

func markdown(s string) *slack.TextBlockObject {
	return slack.NewTextBlockObject("mrkdwn", s, false, false)
}

func button(label, action, value string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plain(label))
}

// leadForm is a modal with a text field, a select, an external select and a
// date.
func leadForm() slack.ModalViewRequest {
	stages := slack.NewOptionsSelectBlockElement("static_select", plain("Pick one"), "stage",
		slack.NewOptionBlockObject("disc", plain("Discovery"), nil), slack.NewOptionBlockObject("demo", plain("Demo"), nil))
	lead := slack.NewOptionsSelectBlockElement("external_select", plain("Type a name"), "lead")
	least := 2
	lead.MinQueryLength = &least
	when := slack.NewInputBlock("when", plain("When"), nil, slack.NewDatePickerBlockElement("when"))
	when.Optional = true
	leadBlock := slack.NewInputBlock("lead", plain("Lead"), nil, lead)
	leadBlock.Optional = true
	return slack.ModalViewRequest{
		Type: "modal", CallbackID: "lead.new", Title: plain("New lead"), Submit: plain("Save"), Close: plain("Cancel"),
		PrivateMetadata: "m", NotifyOnClose: true,
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			slack.NewInputBlock("company", plain("Company"), nil, slack.NewPlainTextInputBlockElement(plain("Acme"), "company")),
			slack.NewInputBlock("stage", plain("Stage"), nil, stages),
			leadBlock, when,
		}},
	}
}
