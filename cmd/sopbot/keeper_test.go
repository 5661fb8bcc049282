package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/slacksim"
)

// openDemo is a demo inside the test, for looking into its bot.
func openDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{clock: &demoClock{}, say: t.Logf}
	var err error
	if d.folder, err = openDemoFolder(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := d.startSlack(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	settings, err := demoSettings()
	if err != nil {
		t.Fatal(err)
	}
	d.keeper = &keeper{say: d.say, build: func() *bot {
		return &bot{Config: Config{BotToken: d.slack.BotToken(), AppToken: d.slack.AppToken(), APIURL: d.slack.URL(), Database: d.folder.file(demoDatabase)},
			log: quietLog(), now: d.clock.Now, settings: settings}
	}}
	if err := d.keeper.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.mount("sam")
	return d
}

// begin runs the bot of an open demo until the test ends.
func (d *demo) begin(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.keeper.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the bot ended with: %v", err)
		}
		if err := d.slack.Close(); err != nil {
			t.Error(err)
		}
		if err := d.folder.close(); err != nil {
			t.Error(err)
		}
	})
	waitUntil(t, "the bot is connected", func() bool { return len(d.slack.Sockets()) > 0 })
}

func TestWhatIsDueLaterHappensWhenTheClockIsPushed(t *testing.T) {
	d := openDemo(t)
	b := d.keeper.now()
	happened := make(chan time.Time, 1)
	b.outbox.Handle("test.later", func(context.Context, outbox.Job) error { happened <- b.now(); return nil })
	d.begin(t)
	due := d.clock.Now().Add(90 * time.Minute)
	if err := b.db.Write(t.Context(), func(tx *database.Tx) error {
		_, err := b.outbox.Add(tx, outbox.Row{Kind: "test.later", Key: "test/later", At: due})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	d.push(30 * time.Minute)
	select {
	case at := <-happened:
		t.Fatalf("it happened at %s, an hour too soon", at)
	case <-time.After(50 * time.Millisecond):
	}
	d.push(2 * time.Hour)
	select {
	case at := <-happened:
		if at.Before(due) {
			t.Errorf("it happened at %s, before %s", at, due)
		}
	case <-time.After(10 * time.Second): // the outbox would look by itself after 30 seconds
		t.Fatal("it did not happen")
	}
	if behind := b.now().Sub(d.slack.Now()).Abs(); behind > time.Second {
		t.Errorf("the clocks of the bot and of the local Slack differ by %s", behind)
	}
}

// The people and channels that the demo's playbook names are in its workspace.
func TestTheDemosPlaybookKnowsTheTeam(t *testing.T) {
	d := openDemo(t)
	d.begin(t)
	world, there := d.slack.World(), map[string]bool{}
	for _, p := range world.People {
		there[p.ID] = !p.Deleted
	}
	for _, g := range world.Groups {
		there[g.ID] = true
	}
	for _, c := range world.Channels {
		there[c.ID] = c.Bot && !c.Archived
	}
	settings := d.keeper.settings()
	for _, role := range []string{"sdr", "ae", "manager", "owner"} {
		if len(settings.Roles[role]) == 0 {
			t.Errorf("nobody has the role %s", role)
		}
		for _, id := range settings.Roles[role] {
			if !there[id] {
				t.Errorf("%s of the role %s is not in the workspace", id, role)
			}
		}
	}
	for _, purpose := range []string{"handoffs", "digest", "playbook"} {
		if id := settings.Channels[purpose]; !there[id] {
			t.Errorf("the channel for %s, %q, is not in the workspace, or the bot is not in it", purpose, id)
		}
	}
	if len(settings.Synonyms) == 0 || !settings.Hours.From.Set {
		t.Error("the settings of the default playbook are lost")
	}
}

func TestTheTeamHasAHistory(t *testing.T) {
	d := openDemo(t)
	d.begin(t)
	starts := d.begins("")
	if off := d.clock.Now().Sub(starts); off < 0 || off > time.Minute {
		t.Errorf("after the history the clock is off by %s", off)
	}
	sam, err := d.slack.Person("sam")
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, room := range sam.Rooms() {
		messages, _, err := sam.History(room.ID, "", 50)
		if err != nil {
			t.Fatal(err)
		}
		for _, raw := range messages {
			var m struct{ TS, Text string }
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Fatal(err)
			}
			seconds, err := strconv.ParseFloat(m.TS, 64)
			if err != nil {
				t.Fatal(err)
			}
			if ago := starts.Sub(time.Unix(int64(seconds), 0)); ago < 30*time.Minute {
				t.Errorf("%q was said %s ago, while the demo starts", m.Text, ago)
			}
			told++
		}
	}
	if told < 5 {
		t.Errorf("only %d messages were told", told)
	}
	if refused := d.slack.Journal().Refusals(); len(refused) > 0 {
		t.Errorf("refused: %v", refused)
	}
}

func TestABotThatEndsIsStartedAgain(t *testing.T) {
	d := openDemo(t)
	d.begin(t)
	sam, err := d.slack.Person("sam")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		reply, err := sam.SlashE(ctx, "/sop objection pricing")
		if err != nil {
			t.Fatal(err)
		}
		text, err := reply.TextE(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	has(t, "the answer", ask(), "too expensive")

	// Slack takes the app off the workspace, and puts it back.
	d.slack.Fault(slacksim.Fault{Method: "apps.connections.open", Times: -1, Error: "invalid_auth"})
	d.slack.Fault(slacksim.Fault{Method: "auth.test", Times: -1, Error: "invalid_auth"})
	d.slack.Cut()
	waitUntil(t, "the page says that the bot has stopped", func() bool { return strings.Contains(d.keeper.status(), "has stopped") })
	d.push(30 * time.Minute) // finds no bot, and must not mind
	has(t, "a question meanwhile", ask(), "failed with the error")
	d.slack.ClearFaults()
	waitUntil(t, "the bot is back", func() bool { return len(d.slack.Sockets()) > 0 })
	has(t, "the answer afterwards", ask(), "too expensive")
	if said := d.keeper.status(); said != "" {
		t.Errorf("all is well, but the page says %q", said)
	}

	d.keeper.stop(true)
	d.keeper.stop(true)
	waitUntil(t, "the bot is stopped", func() bool { return len(d.slack.Sockets()) == 0 })
	has(t, "the page", d.keeper.status(), "was stopped in the inspector")
	d.keeper.stop(false)
	d.keeper.stop(false)
	waitUntil(t, "the bot is started", func() bool { return len(d.slack.Sockets()) > 0 })
	has(t, "the answer at last", ask(), "too expensive")
}
