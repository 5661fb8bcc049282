package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"text/tabwriter"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// playSlack is `sopbot demo --slack-only`: the local Slack alone, for a bot that
// somebody starts beside it as they would start theirs. The app is in no
// channel yet, and nobody has told the bot who is who: what docs/install.md
// says can be followed to the letter.
func (c demoCommand) playSlack(ctx context.Context, io streams, address string) error {
	options, err := demoSlack()
	if err != nil {
		return err
	}
	options.Listen = address
	for i := range options.World.Channels {
		options.World.Channels[i].Bot = false
	}
	if c.Manifest != "" {
		if options.Manifest, err = os.ReadFile(c.Manifest); err != nil {
			return fmt.Errorf("--manifest: %w", err)
		}
	}
	slack, err := slacksim.Start(options)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("--listen: %s is taken by another program; name another, or leave --listen out for a free port", address)
	case err != nil && c.Manifest != "":
		return fmt.Errorf("Slack would not take %s: %w", c.Manifest, err)
	case err != nil:
		return err
	}
	defer slack.Close()
	if _, err := slack.Person(c.As); err != nil {
		return fmt.Errorf("--as: %w", err)
	}
	p := page.Mount(slack, page.Options{As: c.As})
	introduce(io, slack, options.World, p.URL())
	if c.Open {
		openBrowser(ctx, p.URL())
	}
	<-ctx.Done()
	fmt.Fprintln(io.out)
	return nil
}

// introduce says where the Slack is, how a bot gets in, and who is there.
func introduce(io streams, slack *slacksim.Server, w slacksim.World, at string) {
	paint := painter(io.out)
	fmt.Fprintf(io.out, "%s\nA Slack on this machine with the app %s installed, and no bot. Nothing leaves the machine.\n\n  %s\n\n",
		paint(bold, "sopbot demo --slack-only"), slack.App().Name, paint(blue, at))
	fmt.Fprintf(io.out, "In another terminal, for your own sopbot:\n\n  export SLACK_API_URL=%s\n  export SLACK_APP_TOKEN=%s\n  export SLACK_BOT_TOKEN=%s\n\n", slack.URL(), slack.AppToken(), slack.BotToken())
	fmt.Fprint(io.out, "The IDs that playbook.yaml wants:\n\n")
	t := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, m := range w.People {
		if !m.Deleted {
			fmt.Fprintf(t, "  %s\t@%s\t%s\n", m.ID, m.Handle, m.Title)
		}
	}
	for _, g := range w.Groups {
		fmt.Fprintf(t, "  %s\t@%s\tuser group: %s\n", g.ID, g.Handle, g.Name)
	}
	for _, r := range w.Channels {
		if !r.Archived {
			fmt.Fprintf(t, "  %s\t#%s\t%s\n", r.ID, r.Name, r.Topic)
		}
	}
	_ = t.Flush()
	fmt.Fprint(io.out, "\nAll of it is forgotten when this ends. Ctrl-C ends it.\n")
}
