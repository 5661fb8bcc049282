package main

import (
	"fmt"
	"io/fs"
	"slices"
	"testing"
	"time"

	"sopbot"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

// BenchmarkTwoHundredDigests has two hundred managers get their digest at nine,
// within Slack's rates, and measures how long a rep waits for a card meanwhile.
func BenchmarkTwoHundredDigests(b *testing.B) {
	for b.Loop() {
		raw, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
		if err != nil {
			b.Fatal(err)
		}
		world, err := slacksim.ParseWorld(raw)
		if err != nil {
			b.Fatal(err)
		}
		var managers []string
		for i := range 200 {
			id := fmt.Sprintf("U1%04d", i)
			managers = append(managers, id)
			world.People = append(world.People, slacksim.Member{ID: id, Handle: fmt.Sprint("boss", i), Name: fmt.Sprint("Boss ", i), TZ: "America/New_York"})
		}
		clock := &demoClock{}
		clock.Push(time.Until(time.Date(2026, 12, 1, 13, 59, 50, 0, time.UTC)))
		slack := slacksim.Open(b, slacksim.Options{World: world, Now: clock.Now, StrictRates: true})
		bot := runBot(b, slack, func(bot *bot) {
			bot.now = clock.Now
			team := bot.settings
			bot.settings = func(s *playbook.Settings) {
				team(s)
				s.Roles["manager"] = append([]string{"U0DANA"}, managers...)
			}
		})
		digests := func() (n int) {
			for _, e := range slack.Journal().Calls("chat.postMessage") {
				if e.Error == "" && e.Name == "chat.postMessage" {
					n++
				}
			}
			return n
		}
		clock.Push(10 * time.Second)
		slack.Wake()
		bot.wake()
		began := time.Now()
		var waited []time.Duration
		for i := range 9 {
			rep := []string{"sam", "priya", "noor"}[i%3]
			sent := time.Now()
			slack.As("dana").In("#sales").Slash(fmt.Sprintf("/lead assign @%s Company %d", rep, i))
			slack.As(rep).WaitFor(fmt.Sprintf("Company %d", i))
			waited = append(waited, time.Since(sent))
			time.Sleep(time.Second)
		}
		for digests() < 201+9 && time.Since(began) < 5*time.Minute {
			time.Sleep(50 * time.Millisecond)
		}
		if n := digests(); n < 201+9 {
			b.Errorf("%d messages came", n)
		}
		slices.Sort(waited)
		b.ReportMetric(time.Since(began).Seconds(), "s/all")
		b.ReportMetric(float64(waited[len(waited)/2].Milliseconds()), "ms/card")
		b.ReportMetric(float64(waited[len(waited)-1].Milliseconds()), "ms/slowest-card")
	}
}
