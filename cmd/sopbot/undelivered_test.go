package main

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/playbook"
)

// A channel of the settings that is not there, or archived: everybody's own
// cards come all the same, the owner hears of it once, and it can be counted.
func TestAChannelThatTakesNothingIsTold(t *testing.T) {
	t.Parallel()
	for channel, why := range map[string]string{"C0NOWHERE": "channel_not_found", "C0OLD": "is_archived"} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			slack := openSlack(t, 1)
			used := channel
			b := runBot(t, slack, func(b *bot) {
				team := b.settings
				b.delays = calmDelays
				b.settings = func(s *playbook.Settings) {
					team(s)
					s.Channels = map[string]string{"handoffs": used}
				}
			})
			sdr, ae := slack.As("sdr0").In("#sales"), slack.As("ae0")
			for _, lead := range []string{"Quarry 00000001", "Quarry 00000002"} {
				handOff(t, sdr, lead, "@ae0")
				sdr.Modal().WaitFor("is on its way")
				sdr.Modal().Close()
				card := ae.WaitFor("hands " + lead + " over to you")
				slack.As("sdr0").WaitFor("Your handoff of " + lead)
				// The channel's copy is to change, too, and still cannot.
				card.Click("Accept")
				card.WaitFor("Accepted by @ae0")
			}
			settled(t, b.db, 20*time.Second)
			told := slack.As("ola").WaitFor("sopbot cannot post in")
			has(t, "what the owner reads", told.Text(), channel, why, "playbook.yaml", "channels", "handoffs")
			if n := len(slack.As("ola").Messages("DM")); n != 1 {
				t.Errorf("the owner has %d messages", n)
			}
			if dead := counted(t, b, `sopbot_outbox_rows{state="dead"}`); dead < 2 {
				t.Errorf("the metric says that %v rows are dead", dead)
			}

			// Once the settings are right, what is new comes.
			used = "C0HANDOFF"
			book, err := b.loadBook()
			if err != nil {
				t.Fatal(err)
			}
			b.use(book)
			handOff(t, sdr, "Quarry 00000003", "@ae0")
			slack.As("dana").WaitFor("Handoff: Quarry 00000003")
			for _, m := range slack.As("dana").Messages("#handoffs") {
				if text := m.Text(); !strings.Contains(text, "Quarry 00000003") {
					t.Errorf("this came, too: %s", text)
				}
			}
		})
	}
}
