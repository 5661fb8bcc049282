package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A form is judged by the playbook that it was opened with, although the bot
// was killed and the page changed before it was sent.
func TestAnOpenFormOutlivesTheBotAndItsPlaybook(t *testing.T) {
	eachTarget(t, func(t *testing.T, target string) {
		dir := t.TempDir()
		write := func(name, text string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("bread.md", bread(2, "Budget", "Route", "Eaters"))
		slack := openSlack(t, 1)
		c := startChild(t, slack, target, "SOPBOT_PLAYBOOK="+dir)
		db := look(t, target)
		for began := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			kept := 0
			list(t, db, "SELECT version FROM editions", 1, func([]string) { kept++ })
			if kept == 1 {
				break
			}
			if time.Since(began) > time.Minute {
				t.Fatal("the edition is not kept")
			}
		}
		sdr := slack.As("sdr0")
		sdr.Slash("/qualify Corner shop")
		score := sdr.Modal()
		score.Pick("Budget", "Confirmed: they said or showed it").Pick("Route", "Confirmed: they said or showed it").Fill("Main pain, in the prospect's words", "Stale")

		c.kill()
		write("bread.md", bread(3, "Budget", "Eaters", "Oven")) // Route is gone, three are needed
		startChild(t, slack, target, "SOPBOT_PLAYBOOK="+dir)
		score.Submit()
		score.WaitFor("2 of 3")
		has(t, "the result", score.Text(), "passes", "Eaters")
		lacks(t, "the result", score.Text(), "Oven")
		score.Close()

		sdr.Slash("/qualify corner shop")
		again := sdr.Modal()
		has(t, "the new scorecard", again.Text(), "Oven")
		lacks(t, "the new scorecard", again.Text(), "Route")
	})
}
