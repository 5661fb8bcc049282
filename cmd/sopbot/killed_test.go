package main

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// impatient is a Slack in which who waits for a bot that was killed waits less
// long than 3 seconds.
const impatient = 1500 * time.Millisecond

// eachTarget runs a test for a bot on SQLite and for one on PostgreSQL.
func eachTarget(t *testing.T, test func(t *testing.T, target string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "sopbot.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, dbtest.Postgres(t))
	})
}

// People hand leads off while the bot is killed at random moments, again and
// again. What they saw confirmed is kept, once, and every card stands in Slack
// once.
func TestHandoffsSurviveKills(t *testing.T) {
	t.Parallel()
	eachTarget(t, func(t *testing.T, target string) {
		rounds := longOrShort(100, 3)
		slack := openSlackWith(t, 12, impatient)
		bot := startChild(t, slack, target)
		sellers, stop := sell(t, slack, 12, 12)
		for range rounds {
			time.Sleep(200*time.Millisecond + rand.N(600*time.Millisecond))
			bot.kill()
			if rand.N(3) == 0 { // killed again while it starts
				bot = launch(t, slack, target)
				time.Sleep(rand.N(400 * time.Millisecond))
				bot.kill()
			}
			bot = startChild(t, slack, target)
		}
		stop()
		db := look(t, target)
		took := settled(t, db, time.Minute)
		saw := confirmed(sellers)
		n := reckon(t, slack, db, saw)
		bot.stop()
		if len(saw) < rounds {
			t.Errorf("only %d handoffs were confirmed in %d rounds", len(saw), rounds)
		}
		t.Logf("%d rounds, %d handoffs confirmed of %d kept; settled %s after the last", rounds, len(saw), n, took.Round(time.Millisecond))
	})
}

// Two bots on one PostgreSQL share the work, and when one is killed the other
// goes on: every card still comes once.
func TestTwoBotsShareTheWork(t *testing.T) {
	t.Parallel()
	slack, target := openSlackWith(t, 12, impatient), dbtest.Postgres(t)
	first := startChild(t, slack, target)
	of := map[int]string{} // socket → bot
	for _, n := range first.sockets(slack, 0) {
		of[n] = "first"
	}
	second := startChild(t, slack, target)
	for _, n := range second.sockets(slack, len(of)) {
		of[n] = "second"
	}
	sellers, stop := sell(t, slack, 12, 12)
	enough := longOrShort(500, 40)
	await(t, "handoffs through both", func() bool { return len(confirmed(sellers)) >= enough/2 })
	shared := acknowledged(slack, of)
	first.kill()
	killed := len(confirmed(sellers))
	await(t, "handoffs through one", func() bool { return len(confirmed(sellers)) >= killed+enough/2 })
	stop()
	db := look(t, target)
	took := settled(t, db, time.Minute)
	n := reckon(t, slack, db, confirmed(sellers))
	second.stop()
	if shared["first"] == 0 || shared["second"] == 0 {
		t.Errorf("envelopes were answered by %v", shared)
	}
	t.Logf("%d handoffs; while both worked they answered %v; settled %s after the last", n, shared, took.Round(time.Millisecond))
}

// PostgreSQL crashes under the bot, again and again: what people saw confirmed
// is kept, every card stands in Slack once, and the bot goes on by itself.
func TestHandoffsSurviveCrashesOfTheServer(t *testing.T) {
	t.Parallel()
	rounds := longOrShort(50, 3)
	slack, server := openSlack(t, 8), dbtest.OwnPostgres(t)
	bot := startChild(t, slack, server.Address)
	sellers, stop := sell(t, slack, 8, 8)
	for range rounds {
		before := len(confirmed(sellers))
		await(t, "handoffs between two crashes", func() bool { return len(confirmed(sellers)) > before })
		time.Sleep(rand.N(300 * time.Millisecond))
		server.Crash(t)
	}
	stop()
	db := look(t, server.Address)
	took := settled(t, db, time.Minute)
	n := reckon(t, slack, db, confirmed(sellers))
	bot.stop()
	told := 0
	for _, a := range slack.Journal().Acks() {
		raw, err := json.Marshal(a.Response)
		if err != nil {
			t.Fatal(err)
		}
		if answer := string(raw); strings.Contains(answer, "went wrong on our side") {
			t.Errorf("somebody was told: %s", answer)
		} else if strings.Contains(answer, "database does not answer just now") {
			told++
		}
	}
	if told == 0 {
		t.Error("nobody was told that the database does not answer")
	}
	t.Logf("%d crashes, %d handoffs; settled %s after the last", rounds, n, took.Round(time.Millisecond))
}

// acknowledged counts the envelopes that each bot has acknowledged.
func acknowledged(slack *slacksim.Slack, of map[int]string) map[string]int {
	n := map[string]int{}
	for _, ack := range slack.Journal().Acks() {
		n[of[ack.Socket]]++
	}
	return n
}
