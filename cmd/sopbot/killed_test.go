package main

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
)

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
		slack := openSlack(t, 12)
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
