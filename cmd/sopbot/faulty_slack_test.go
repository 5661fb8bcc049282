package main

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// sometimes is the Match of a fault that befalls one call in so many.
func sometimes(in int) func(map[string]any) bool {
	return func(map[string]any) bool { return rand.N(in) == 0 }
}

// trouble makes a Slack faulty in every way that is known of it.
func trouble(slack *slacksim.Slack) {
	late := hastyDelays.call + 300*time.Millisecond
	for _, method := range []string{"chat.postMessage", "chat.update"} {
		for _, f := range []slacksim.Fault{
			{RetryAfter: time.Second, Match: sometimes(50)},
			{Delay: 200 * time.Millisecond, Match: sometimes(10)},
			{Delay: late, Match: sometimes(30)}, // it is done when nobody waits any more
			{ReplyStatus: 503, Match: sometimes(14)},
			{DropReply: true, Match: sometimes(16)},
			{Status: 500, Match: sometimes(25)},
			{Error: "internal_error", Match: sometimes(40)},
		} {
			f.Method, f.Times = method, -1
			slack.Fault(f)
		}
	}
	for _, method := range []string{"conversations.history", "conversations.open"} {
		slack.Fault(slacksim.Fault{Method: method, Times: -1, Status: 503, Match: sometimes(5)})
		slack.Fault(slacksim.Fault{Method: method, Times: -1, RetryAfter: time.Second, Match: sometimes(10)})
	}
}

// Slack answers slowly, with 429, 500, 503 after it has accepted, or not at
// all, and for a while to nobody: no card is lost, none comes twice, and
// every copy shows in the end how its handoff stands.
func TestAFaultySlackLosesAndDoublesNoCard(t *testing.T) {
	t.Parallel()
	handoffs := longOrShort(1000, 100) / 3
	slack := openSlack(t, 12)
	target := filepath.Join(t.TempDir(), "sopbot.db")
	b := runBot(t, slack, func(b *bot) {
		b.Database, b.delays = target, calmDelays
		if soak() { // with the patience of every day
			b.delays.call, b.delays.settle, b.delays.work, b.delays.lease = 10*time.Second, 20*time.Second, 0, 0
		}
	})
	trouble(slack)
	sellers, stop := sell(t, slack, 12, 12)
	for len(confirmed(sellers)) < handoffs/2 {
		time.Sleep(5 * time.Millisecond)
	}
	slack.Fault(slacksim.Fault{Method: "chat.postMessage", Status: 503, Times: handoffs / 2}) // to nobody
	for len(confirmed(sellers)) < handoffs {
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	var third []sent
	for i, s := range confirmed(sellers) {
		if i%3 == 0 {
			third = append(third, s)
		}
	}
	acceptAll(t, slack, third)
	slack.ClearFaults()
	db := look(t, target)
	took := settled(t, db, time.Minute) // what is unknown must be known within a minute
	n := reckon(t, slack, db, confirmed(sellers))
	fates := map[string]float64{}
	for _, fate := range []string{"sent", "updated", "unknown", "found", "absent", "limited", "unsearchable"} {
		fates[fate] = counted(t, b, `sopbot_posts_total{fate="`+fate+`"}`)
	}
	if fates["found"] == 0 || fates["absent"] == 0 || fates["updated"] == 0 || fates["unsearchable"] > 0 {
		t.Errorf("not all that was to happen did: %v", fates)
	}
	t.Logf("%d handoffs with %d cards; settled %s after the last fault; %v", n, 3*n, took.Round(time.Millisecond), fates)
}

// acceptAll lets the AEs of handoffs accept them, each once the card is there.
func acceptAll(t testing.TB, slack *slacksim.Slack, handoffs []sent) {
	waiting := map[string]map[string]bool{} // AE → leads
	for _, s := range handoffs {
		if waiting[s.ae] == nil {
			waiting[s.ae] = map[string]bool{}
		}
		waiting[s.ae][s.lead] = true
	}
	var clicks sync.WaitGroup
	defer clicks.Wait()
	left := len(handoffs)
	for deadline := time.Now().Add(5 * time.Minute); left > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("%d cards did not come: %v", left, waiting)
			return
		}
		for ae, leads := range waiting {
			for _, card := range slack.As(ae).Messages("DM") {
				words, _, _ := strings.Cut(card.Notification(), ".")
				lead := leadName.FindString(words)
				if !leads[lead] || !strings.Contains(words, "over to you") {
					continue
				}
				delete(leads, lead)
				left--
				clicks.Go(func() {
					ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
					defer cancel()
					if _, err := card.ClickE(ctx, "Accept"); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

// counted reads a metric.
func counted(t testing.TB, b *bot, name string) float64 {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+`="`+l.GetValue()+`"`)
			}
			full := f.GetName()
			if len(labels) > 0 {
				full += "{" + strings.Join(labels, ",") + "}"
			}
			if full == name {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return 0
}
