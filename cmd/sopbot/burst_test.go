package main

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/handoff"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
)

// A burst of handoffs, to a Slack that counts as the real one does: the cards
// stand in each channel in the order in which they were handed off, none is lost
// or there twice, Slack refuses next to nothing, and nobody's own card waits for
// the channel in which all of them are shown. Clocks run twenty times as fast.
func TestABurstOfHandoffsGoesOutInOrder(t *testing.T) {
	t.Parallel()
	const people, faster = 40, 20
	handoffs := longOrShort(500, 100)
	clock := &demoClock{}
	manifest, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	slack := slacksim.Open(t, slacksim.Options{World: crew(people), Manifest: manifest, AckTimeout: time.Hour, StrictRates: true, Now: clock.Now})
	b := runBot(t, slack, func(b *bot) { b.now = clock.Now })
	began := clock.Now()
	for i := range handoffs {
		importHandoff(t, b, i, people)
	}
	imported := clock.Now().Sub(began)

	shown := func() (n int, refused []slacksim.Entry) {
		for _, e := range slack.Journal().Calls("") {
			switch {
			case e.Error == "ratelimited":
				refused = append(refused, e)
			case e.Name == "chat.postMessage" && e.Error == "":
				n++
			}
		}
		return n, refused
	}
	for end := time.Now().Add(4 * time.Minute); time.Now().Before(end); {
		if n, _ := shown(); n >= 3*handoffs {
			break
		}
		for range 50 {
			time.Sleep(2 * time.Millisecond)
			clock.Push((faster - 1) * 2 * time.Millisecond)
			b.wake()
		}
	}
	n, refused := shown()
	if n != 3*handoffs {
		t.Errorf("%d cards of %d handoffs", n, handoffs)
	}
	if len(refused) > 3 {
		t.Errorf("Slack refused %d calls for the rate, such as %s", len(refused), refused[0].Name)
	}
	ids, last := map[string]bool{}, map[string]string{}
	var toPeople, inChannel time.Duration
	for _, e := range slack.Journal().Calls("chat.postMessage") {
		if e.Error != "" {
			continue
		}
		request := e.Request.(map[string]any)
		channel := request["channel"].(string)
		id := fmt.Sprint(request["metadata"])
		if ids[id] {
			t.Errorf("%s has a card twice", channel)
		}
		if id < last[channel] {
			t.Errorf("%s has an older card after a younger one", channel)
		}
		ids[id], last[channel] = true, id
		if took := e.At.Sub(began); channel == "C0HANDOFF" {
			inChannel = took
		} else {
			toPeople = took
		}
	}
	t.Logf("%d handoffs, decided in %s: the last card of somebody's own was out after %s, the last in the channel after %s; %d calls refused",
		handoffs, imported.Round(time.Second), toPeople.Round(time.Second), inChannel.Round(time.Second), len(refused))
	if toPeople > inChannel*4/5 {
		t.Errorf("people waited %s for their cards, the channel %s", toPeople, inChannel)
	}
}

// importHandoff hands a lead off, as an import of many does.
func importHandoff(t testing.TB, b *bot, i, people int) {
	t.Helper()
	book := b.shelf.InForce()
	page, ok := book.Page(handoff.FormPage)
	if !ok {
		t.Fatal("there is no form")
	}
	h := handoff.Handoff{Key: fmt.Sprint("burst-", i), Sender: fmt.Sprintf("U0SDR%03d", i%people), AE: fmt.Sprintf("U0AE%03d", i*7%people), Sent: b.now(), Status: handoff.Waiting{},
		Answers: form.Answers{"lead": {Type: playbook.FieldLead, New: fmt.Sprintf("Burst %d, Kim Lee", i)}, "ae": form.User(fmt.Sprintf("U0AE%03d", i*7%people)),
			"main_pain": {Type: playbook.FieldLongText, Text: "Reps type everything twice."}}}
	h.Form, h.Playbook, h.Context = handoff.About(book, page)
	if err := b.db.Write(context.Background(), func(tx *database.Tx) error { return b.features.handoffs.Import(tx, h) }); err != nil {
		t.Fatal(err)
	}
}
