package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// eachCompany runs a test for one bot on SQLite and for two on one PostgreSQL,
// with a Slack that brings to each of the two what comes in turn.
func eachCompany(t *testing.T, people int, test func(t *testing.T, slack *slacksim.Slack, target string, bots int)) {
	start := func(t *testing.T, slack *slacksim.Slack, target string) {
		t.Helper()
		runBot(t, slack, func(b *bot) { b.Database, b.delays = target, calmDelays })
	}
	t.Run("one bot on SQLite", func(t *testing.T) {
		t.Parallel()
		slack, target := openSlack(t, people), filepath.Join(t.TempDir(), "sopbot.db")
		start(t, slack, target)
		test(t, slack, target, 1)
	})
	t.Run("two bots on one PostgreSQL", func(t *testing.T) {
		t.Parallel()
		slack, target := openSlack(t, people), dbtest.Postgres(t)
		start(t, slack, target)
		start(t, slack, target)
		test(t, slack, target, 2)
	})
}

// The AE declines while a manager accepts, in the same moment: one of them
// decides, the other is told.
func TestOfTwoDecisionsAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	eachCompany(t, 4, func(t *testing.T, slack *slacksim.Slack, target string, _ int) {
		const pairs = 4 // an SDR and an AE each, side by side
		rounds := longOrShort(200, 20)
		var all sync.WaitGroup
		var saw []sent
		accepted, declined := 0, 0
		var mu sync.Mutex
		for i := range pairs {
			all.Go(func() {
				for range rounds / pairs {
					s, winner := decideAtOnce(t, slack, i)
					if t.Failed() {
						return
					}
					mu.Lock()
					saw = append(saw, s)
					if winner == "accepted" {
						accepted++
					} else {
						declined++
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		db := look(t, target)
		settled(t, db, time.Minute)
		reckon(t, slack, db, saw)
		list(t, db, "SELECT CAST(count(*) AS TEXT), CAST(sum(CASE WHEN status = 'accepted' THEN 1 ELSE 0 END) AS TEXT) FROM handoffs", 2, func(v []string) {
			if want := fmt.Sprint([]string{fmt.Sprint(rounds), fmt.Sprint(accepted)}); fmt.Sprint(v) != want {
				t.Errorf("handoffs and accepted ones are %v, people saw %s", v, want)
			}
		})
		list(t, db, "SELECT subject, CAST(count(*) AS TEXT) FROM events WHERE kind IN ('handoff.accepted', 'handoff.declined') GROUP BY subject HAVING count(*) <> 1", 2,
			func(v []string) { t.Errorf("decisions in the trail: %v", v) })
		t.Logf("%d accepted, %d declined", accepted, declined)
	})
}

// decideAtOnce hands a lead off, lets two people decide in the same moment,
// and tells what was decided. Whoever came too late must have been told so.
func decideAtOnce(t *testing.T, slack *slacksim.Slack, i int) (s sent, winner string) {
	seller := &seller{person: slack.As(fmt.Sprint("sdr", i)).In("#sales"), aes: 1, ae: i}
	if err := seller.handOff(); err != nil {
		t.Error(err)
		return s, ""
	}
	s = seller.last
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	fail := func(err error) bool {
		if err != nil {
			t.Errorf("%s: %v", s.lead, err)
		}
		return err != nil
	}
	ae := slack.As(s.ae)
	card := noticed(t, ae, "DM", s.lead+" over to you")
	inChannel := noticed(t, slack.As("dana"), "#handoffs", "Handoff: "+s.lead)
	if card == nil || inChannel == nil {
		return s, ""
	}
	if _, err := card.ClickE(ctx, "Decline"); fail(err) {
		return s, ""
	}
	m, err := ae.ModalE(ctx)
	if fail(err) || fail(fillIn(ctx, m, [][2]string{{"@Reason", "No clear need"}, {"What would make the next one better?", "Ask what changes for them"}})) {
		return s, ""
	}
	var both sync.WaitGroup
	var errAccept, errDecline error
	tooLate := "is decided already: @" + ae.Member().Handle + " declined it"
	before := toldOf(slack, tooLate)
	both.Go(func() { _, errAccept = inChannel.ClickE(ctx, "Accept") })
	both.Go(func() { _, errDecline = m.SubmitE(ctx) })
	both.Wait()
	if errAccept != nil && strings.Contains(errAccept.Error(), "no button") && strings.Contains(inChannel.Text(), "Declined by") {
		return s, "declined" // the card changed under the manager's finger
	}
	if fail(errAccept) || fail(errDecline) {
		return s, ""
	}
	// The form closes when the decline counts, and says why when it does not.
	if !m.Open() {
		await(t, "the manager to be told", func() bool { return toldOf(slack, tooLate) == before+1 })
		return s, "declined"
	}
	if said := strings.Join(values(m.Errors()), " "); !strings.Contains(said, "is decided already:") || !strings.Contains(said, "accepted it") {
		t.Errorf("the AE, too late, reads %q", said)
	}
	shown, err := m.TextE(ctx)
	if !fail(err) && !strings.Contains(shown, "Ask what changes for them") {
		t.Errorf("what the AE wrote is gone:\n%s", shown)
	}
	fail(m.CloseE(ctx, true))
	return s, "accepted"
}

// noticed waits for a message by what its notification says, without reading all
// that everybody sees, as WaitFor does: that would hold up a Slack in which much
// happens.
func noticed(t *testing.T, who *slacksim.Person, room, words string) *slacksim.Card {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		all := who.Messages(room)
		for i := len(all) - 1; i >= 0; i-- {
			if strings.Contains(all[i].Notification(), words) {
				return all[i]
			}
		}
	}
	t.Errorf("@%s sees nothing with %q", who.Member().Handle, words)
	return nil
}

// toldOf counts how often the manager alone was told something.
func toldOf(slack *slacksim.Slack, words string) (n int) {
	for _, c := range slack.As("dana").Messages("#handoffs") {
		if c.Ephemeral() && strings.Contains(c.Notification(), words) {
			n++
		}
	}
	return n
}

// A submission that comes three times, and to another bot, too, is one
// handoff, and is answered each time as it was the first.
func TestASubmissionThatComesAgainIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	eachCompany(t, 2, func(t *testing.T, slack *slacksim.Slack, target string, bots int) {
		var saw []sent
		for i := range 2 {
			seller := &seller{person: slack.As(fmt.Sprint("sdr", i)).In("#sales"), aes: 1, ae: i}
			if err := seller.handOff(); err != nil {
				t.Fatal(err)
			}
			saw = append(saw, seller.last)
			first := lastSubmission(t, slack)
			// The form is closed a moment before the journal has it.
			await(t, "the first answer", func() bool { return len(answersTo(slack, first)) == 1 })
			want := answersTo(slack, first)
			if len(want) != 1 || !strings.Contains(want[0], "is on its way") {
				t.Fatalf("it was answered with %q", want)
			}
			// Slack makes a new envelope of it, and sends it on every socket.
			for n := range 2 {
				again := map[string]any{}
				for k, v := range first {
					again[k] = v
				}
				again["envelope_id"] = fmt.Sprintf("%s-again-%d", first["envelope_id"], n)
				frame, err := json.Marshal(again)
				if err != nil {
					t.Fatal(err)
				}
				slack.Send(frame)
				// The other bot sees it for the first time: then the second of
				// its two sockets brings nothing new.
				answers := 2 * bots
				if bots == 2 && n == 0 {
					answers--
				}
				await(t, fmt.Sprint(answers, " answers"), func() bool { return len(answersTo(slack, again)) == answers })
				for _, got := range answersTo(slack, again) {
					if got != want[0] {
						t.Errorf("answered with %.300s\nand the first time with %.300s", got, want[0])
					}
				}
			}
		}
		db := look(t, target)
		settled(t, db, time.Minute)
		if n := reckon(t, slack, db, saw); n != 2 {
			t.Errorf("%d handoffs", n)
		}
	})
}

// The same holds for the forms of a decision, also for a bot that does not
// remember the first time: one that was started anew.
func TestADecisionThatComesAgainIsAnsweredAsTheFirstTime(t *testing.T) {
	t.Parallel()
	eachCompany(t, 1, func(t *testing.T, slack *slacksim.Slack, target string, bots int) {
		sdr, ae := slack.As("sdr0").In("#sales"), slack.As("ae0")
		seller := &seller{person: sdr, aes: 1}
		if err := seller.handOff(); err != nil {
			t.Fatal(err)
		}
		card := ae.WaitFor("over to you")
		n := 0
		again := func(what string) {
			t.Helper()
			first := lastSubmission(t, slack)
			await(t, "the first answer", func() bool { return len(answersTo(slack, first)) == 1 })
			want := answersTo(slack, first)
			second := map[string]any{}
			for k, v := range first {
				second[k] = v
			}
			payload := map[string]any{}
			for k, v := range first["payload"].(map[string]any) {
				payload[k] = v
			}
			n++
			// A trigger of its own, so that no bot knows it.
			second["envelope_id"], payload["trigger_id"] = fmt.Sprint("again-", n), fmt.Sprint("again.", n)
			second["payload"] = payload
			frame, err := json.Marshal(second)
			if err != nil {
				t.Fatal(err)
			}
			slack.Send(frame)
			await(t, "an answer of each bot", func() bool { return len(answersTo(slack, second)) == bots })
			for _, got := range answersTo(slack, second) {
				if len(want) != 1 || got != want[0] || got != "null" { // it closes the form
					t.Errorf("%s was answered with %q, and again with %.300s", what, want, got)
				}
			}
		}
		card.Click("Ask")
		ae.Modal().Fill("What do you need to know?", "Who else is in the call?").Submit()
		again("the question")
		question := slack.As("sdr0").WaitFor("asks about")
		question.Click("Answer")
		sdr.Modal().Fill("Your answer", "Their boss").Submit()
		again("the answer")
		card.WaitFor("Their boss")
		card.Click("Decline")
		ae.Modal().Pick("Reason", "No clear need").Fill("What would make the next one better?", "Ask what changes for them").Submit()
		again("the decline")
		card.WaitFor("Declined by @ae0")
		settled(t, look(t, target), 20*time.Second)
		reckon(t, slack, look(t, target), seller.saw)
	})
}

// lastSubmission is the envelope of the form that was sent last.
func lastSubmission(t *testing.T, slack *slacksim.Slack) map[string]any {
	t.Helper()
	all := slack.Journal().Envelopes("interactive")
	for i := len(all) - 1; i >= 0; i-- {
		envelope, _ := all[i].Request.(map[string]any)
		payload, _ := envelope["payload"].(map[string]any)
		if payload["type"] == "view_submission" {
			return envelope
		}
	}
	t.Fatal("nothing was submitted")
	return nil
}

// answersTo are the acknowledgements of an envelope, as JSON.
func answersTo(slack *slacksim.Slack, envelope map[string]any) (payloads []string) {
	for _, ack := range slack.Journal().Acks() {
		if ack.EnvelopeID == envelope["envelope_id"] {
			said, _ := ack.Response.(map[string]any)
			raw, _ := json.Marshal(said["payload"])
			payloads = append(payloads, string(raw))
		}
	}
	return payloads
}

// await waits until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
