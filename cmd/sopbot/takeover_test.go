package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// askers are people who ask all the time, and read each answer.
type askers struct {
	asked  atomic.Int64
	mu     sync.Mutex
	lost   []string // what came to no answer
	failed []string // Slack showed an error; see answeredAfterAll
}

// askOn lets people ask until stop is called.
func askOn(slack *slacksim.Slack, people int) (a *askers, stop func()) {
	a = &askers{}
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			p := slack.As(fmt.Sprint("ae", i)).In("#sales")
			for n := 0; ctx.Err() == nil; n++ {
				a.ask(p, loadQuestions[n%len(loadQuestions)])
			}
		})
	}
	return a, sync.OnceFunc(func() { cancel(); all.Wait() })
}

func (a *askers) ask(p *slacksim.Person, question string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	a.asked.Add(1)
	reply, err := p.SlashE(ctx, "/sop "+question)
	said, failed := "", ""
	if err == nil {
		failed = reply.Failed()
		var card *slacksim.Card
		if card, err = reply.CardE(ctx); err == nil {
			said, err = card.TextE(ctx)
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case failed != "":
		a.failed = append(a.failed, failed)
	case err != nil || !strings.Contains(said, "[Share in channel]") && !strings.Contains(said, "[View]"):
		a.lost = append(a.lost, fmt.Sprintf("%s: %.100q %v", question, said, err))
	}
}

// answeredAfterAll counts the commands that had no acknowledgement in time. Each
// must have had its answer by its response URL, or it is given by its number.
func answeredAfterAll(slack *slacksim.Slack) (late int, lost []string) {
	answered := map[string]bool{} // response URL
	urlOf := map[string]string{}  // envelope → response URL
	for _, e := range slack.Journal().Entries() {
		switch {
		case e.Kind == "response_url" && e.Error == "":
			answered[e.Name] = true
		case e.Kind == "envelope" && e.Name == "slash_commands":
			payload, _ := e.Request.(map[string]any)["payload"].(map[string]any)
			reply, _ := payload["response_url"].(string)
			if payload["command"] != "/sop" {
				continue // it opened a form, which needs no acknowledgement to be there
			}
			if u, err := url.Parse(reply); err == nil {
				urlOf[e.EnvelopeID] = u.Path
			}
		}
	}
	for _, e := range slack.Journal().Entries() {
		if e.Kind == "verdict" && e.Name == "slash_commands" || e.Kind == "envelope" && e.Name == "slash_commands" && e.Error != "" {
			if urlOf[e.EnvelopeID] == "" {
				continue
			}
			late++
			if !answered[urlOf[e.EnvelopeID]] {
				lost = append(lost, fmt.Sprintf("%s (%s)", e.EnvelopeID, e.Error))
			}
		}
	}
	return late, lost
}

// Two bots on one PostgreSQL are replaced one after the other, as an upgrade
// does, while everybody works: no command is lost, nobody is put off, and every
// handoff comes once.
func TestARollingRestartLosesNoCommand(t *testing.T) {
	t.Parallel()
	// A Slack that waits longer than Slack does: on a machine that is busy with
	// other things, a command may take that long to reach the bot.
	slack, target := openSlackWith(t, 8, 8*time.Second), dbtest.Postgres(t)
	slack.Patience = 20 * time.Second
	bots := []*child{startChild(t, slack, target), startChild(t, slack, target)}
	people, quiet := askOn(slack, 6)
	defer quiet()
	sellers, stop := sell(t, slack, 4, 8)
	for round := range longOrShort(30, 3) {
		for i := range bots {
			before := people.asked.Load()
			await(t, "questions", func() bool { return people.asked.Load() > before+20 })
			// The new one first: Slack takes ten sockets, and two are enough.
			next := startChild(t, slack, target)
			bots[i].stop()
			bots[i] = next
		}
		t.Logf("round %d: %d asked, %d handed off", round, people.asked.Load(), len(confirmed(sellers)))
	}
	quiet()
	stop()
	db := look(t, target)
	settled(t, db, time.Minute)
	n := reckon(t, slack, db, confirmed(sellers))
	for _, b := range bots {
		b.stop()
	}
	late, lost := answeredAfterAll(slack)
	for _, what := range append(people.lost, lost...) {
		t.Errorf("lost: %s", what)
	}
	// What crosses the last good-bye of a bot cannot be acknowledged any more.
	t.Logf("%d commands; %d crossed a good-bye and had their answer by the response URL; %d handoffs", people.asked.Load(), late, n)
}

// On a file one bot waits for the other, and takes over: a form that is half
// filled in goes on with the new one.
func TestABotOnAFileTakesOver(t *testing.T) {
	t.Parallel()
	slack, target := openSlack(t, 1), filepath.Join(t.TempDir(), "sopbot.db")
	old := startChild(t, slack, target)
	sam := slack.As("sdr0").In("#sales")
	sam.Slash("/handoff")
	m := sam.Modal()
	lead := newLead()
	for _, f := range firstStep(lead, "ae0", time.Now()) {
		if label, pick := strings.CutPrefix(f[0], "@"); pick {
			m.Pick(label, f[1])
		} else {
			m.Fill(label, f[1])
		}
	}
	m.Submit()
	m.WaitFor("Step 2 of 2")

	next := launch(t, slack, target)
	time.Sleep(300 * time.Millisecond) // it may be waiting by now; it must, for as long as the old one is there
	select {
	case err := <-next.ends:
		next.ends <- err
		t.Fatalf("the new one did not wait: %v", err)
	default:
	}
	sockets := len(next.sockets(slack, 0))
	if sockets != 2 {
		t.Errorf("%d sockets are open while the old one serves", sockets)
	}
	old.stop()
	gone := time.Now()
	await(t, "the new one", func() bool { return len(next.sockets(slack, 2)) == 2 })
	t.Logf("connected %s after the old one had ended", time.Since(gone).Round(time.Millisecond))
	for _, f := range secondStep(time.Now()) {
		m.Fill(f[0], f[1])
	}
	m.Submit()
	sam.Modal().WaitFor(lead + " is on its way to @ae0")
	slack.As("ae0").WaitFor("hands " + lead + " over to you")
	next.stop()
}

// The bot is asked to stop while people work and Slack takes seconds for
// everything: it is gone within ten seconds, and what it had confirmed is there.
func TestStoppingUnderLoadAndASlowSlack(t *testing.T) {
	t.Parallel()
	eachTarget(t, func(t *testing.T, target string) {
		slack := openSlack(t, 8)
		bot := startChild(t, slack, target)
		sellers, stop := sell(t, slack, 8, 8)
		await(t, "handoffs", func() bool { return len(confirmed(sellers)) >= 8 })
		slack.Fault(slacksim.Fault{Times: -1, Delay: 3 * time.Second, Match: func(map[string]any) bool { return true }})
		time.Sleep(500 * time.Millisecond) // so that it is in the middle of it
		began := time.Now()
		bot.stop()
		took := time.Since(began)
		slack.ClearFaults()
		if took > 10*time.Second {
			t.Errorf("stopping took %s", took)
		}
		bot = startChild(t, slack, target)
		stop()
		db := look(t, target)
		settled(t, db, time.Minute)
		n := reckon(t, slack, db, confirmed(sellers))
		bot.stop()
		t.Logf("stopped after %s; %d handoffs", took.Round(time.Millisecond), n)
	})
}

// Whoever does not want to wait says so by a second signal.
func TestASecondSignalEndsItAtOnce(t *testing.T) {
	t.Parallel()
	slack := openSlack(t, 1)
	cmd := exec.Command("sopbot", "serve")
	log := filepath.Join(t.TempDir(), "log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN="+slack.BotToken(), "SLACK_APP_TOKEN="+slack.AppToken(), "SLACK_API_URL="+slack.URL(),
		"SOPBOT_DATABASE="+filepath.Join(t.TempDir(), "sopbot.db"))
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	said := func() string { raw, _ := os.ReadFile(log); return string(raw) }
	await(t, "two sockets", func() bool { return len(slack.Sockets()) == 2 })
	slack.Fault(slacksim.Fault{Method: "views.open", Times: -1, Delay: 20 * time.Second})
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_, _ = slack.As("sdr0").In("#sales").SlashE(ctx, "/lead") // any command, so that something is under way
		_, _ = slack.As("sdr0").In("#sales").SlashE(ctx, "/handoff")
	}()
	await(t, "a form that Slack is slow to open", func() bool { return len(slack.Journal().Envelopes("slash_commands")) >= 2 })
	time.Sleep(100 * time.Millisecond)
	_ = cmd.Process.Signal(syscall.SIGTERM)
	await(t, "the stop", func() bool { return strings.Contains(said(), "stopping: finishing what was begun") })
	time.Sleep(2 * sameOrder) // before that it would be the first one once more
	_ = cmd.Process.Signal(syscall.SIGTERM)
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("it ended with %v, as if it had finished", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Errorf("it ended with %v; the log says %s", err, said())
	}
}

// What timeout(1) and some supervisors send is one order, which comes to the
// process and to its group: the bot finishes what it began.
func TestASignalThatComesTwiceIsOneOrder(t *testing.T) {
	t.Parallel()
	slack := openSlack(t, 1)
	target := filepath.Join(t.TempDir(), "sopbot.db")
	cmd := exec.Command("sopbot", "serve")
	cmd.Env = append(os.Environ(), "SLACK_BOT_TOKEN="+slack.BotToken(), "SLACK_APP_TOKEN="+slack.AppToken(), "SLACK_API_URL="+slack.URL(), "SOPBOT_DATABASE="+target)
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	await(t, "two sockets", func() bool { return len(slack.Sockets()) == 2 })
	for range 3 {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Millisecond) // two that wait are one to the system
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	if _, err := os.Stat(target + "-wal"); err == nil {
		t.Error("it did not close its database")
	}
}
