package slacksim_test

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/slacksim"
)

// A person types a command; an app that knows nothing of the simulator answers.
func Example() {
	world, err := slacksim.ParseWorld([]byte(`
team: {id: T0ACME, name: Acme, domain: acme}
people:
  - {id: U0SAM, handle: sam, name: Sam, tz: America/New_York}
channels:
  - {id: C0SALES, name: sales, bot: true, members: [sam]}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := slacksim.Start(slacksim.Options{World: world})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	// The app: slack-go, pointed at another URL.
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	app := socketmode.New(slack.New(server.BotToken(), slack.OptionAppLevelToken(server.AppToken()), slack.OptionAPIURL(server.URL())))
	go func() { _ = app.RunContext(ctx) }()
	go func() {
		for e := range app.Events {
			if c, ok := e.Data.(slack.SlashCommand); ok {
				_ = app.Ack(*e.Request, map[string]any{"text": "Hello <@" + c.UserID + ">, you said *" + c.Text + "*"})
			}
		}
	}()

	sam, err := server.Person("sam")
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := sam.SlashE(ctx, "/hello world")
	if err != nil {
		fmt.Println(err)
		return
	}
	words, err := reply.TextE(ctx)
	fmt.Println(words, err)
	// Output: Hello @sam, you said world <nil>
}
