package main

import (
	"context"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/slacksim"
)

// startBot runs the real bot against the local Slack until the test ends.
func startBot(t testing.TB, change func(*bot)) (*slacksim.Slack, *bot) {
	t.Helper()
	team, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(team)
	if err != nil {
		t.Fatal(err)
	}
	slack := slacksim.Open(t, slacksim.Options{World: world})
	b := &bot{
		Config: Config{BotToken: slack.BotToken(), AppToken: slack.AppToken(), APIURL: slack.URL(), Database: filepath.Join(t.TempDir(), "sopbot.db")},
		log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
		now:    time.Now,
	}
	if change != nil {
		change(b)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := b.open(ctx); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- b.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the bot ended with: %v", err)
		}
		if err := b.close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	deadline := time.Now().Add(5 * time.Second)
	for b.gateway.Connected() < 2 {
		if time.Now().After(deadline) {
			t.Fatal("the bot did not connect")
		}
		time.Sleep(time.Millisecond)
	}
	return slack, b
}

func TestARepAsksAndShares(t *testing.T) {
	slack, _ := startBot(t, nil)
	sam := slack.As("sam")
	reply := sam.In("#sales").Slash("/sop objection pricing")
	for _, want := range []string{"too expensive", "reviewed", "sales-ops"} {
		if !strings.Contains(reply.Text(), want) {
			t.Errorf("the answer lacks %q:\n%s", want, reply.Text())
		}
	}
	reply.Click("Share in channel")
	t.Log(slack.As("alex").In("#sales").WaitFor("Shared from the playbook").Text())
	t.Log(reply.Text())
}
