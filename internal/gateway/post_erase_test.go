package gateway

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// A message that stands in Slack says that it was erased; one that never got
// there never does; what others say loses the name alone.
func TestErasedMessagesAreChangedOrNeverSent(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.put("lead/1/card/1", "U001", "Kim Lee has time")
	p.put("lead/10/card/1", "U001", "Jo Park knows Kim Lee")
	p.settled(10 * time.Second)
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Times: -1, RetryAfter: time.Second})
	p.put("lead/1/news/1", "U001", "Kim Lee called")
	refused := func() bool {
		if len(p.slack.Journal().Refusals()) == 0 {
			return false
		}
		var m post
		if err := p.db.Read(t.Context(), func(tx *database.Tx) (err error) {
			m, _, err = load(tx, "lead/1/news/1")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return m.state == "queued" // and it is known that it stands nowhere
	}
	for end := time.Now().Add(10 * time.Second); !refused(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the message was not refused")
		}
	}
	var about, others int
	if err := p.db.Write(t.Context(), func(tx *database.Tx) (err error) {
		if about, err = p.posts.EraseAbout(tx, "lead/1/"); err != nil {
			return err
		}
		others, err = p.posts.Rewrite(tx, func(_, column, text string) string {
			if column == "body" {
				return strings.ReplaceAll(text, "Kim Lee", "[erased]")
			}
			return text
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if about != 2 || others != 1 {
		t.Errorf("%d about it and %d others were erased, want 2 and 1", about, others)
	}
	p.slack.ClearFaults()
	p.settled(20 * time.Second)
	var said []string
	for _, m := range p.shown("D001") { // the latest first
		said = append(said, m.Text)
	}
	slices.Reverse(said)
	if got, want := strings.Join(said, " | "), "_This message was erased on request._ | Jo Park knows [erased]"; got != want {
		t.Errorf("Slack shows %q, want %q", got, want)
	}
	// To somebody who was erased nothing is sent any more.
	p.put("news", "UERASED12", "hello")
	p.settled(10 * time.Second)
	if err := p.db.Read(t.Context(), func(tx *database.Tx) error {
		if _, found, err := load(tx, "news"); err != nil || found {
			t.Errorf("a message to nobody is kept: %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Messages that are too old go from the database, but for those that may be
// changed still.
func TestOldMessagesAreForgotten(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	for _, key := range []string{"digest/U1/a", "lead/1/card/1", "handoff/2/ae/1", "deadline/3/x"} {
		p.put(key, "U001", key)
	}
	p.settled(10 * time.Second)
	var went int64
	if err := p.db.Write(t.Context(), func(tx *database.Tx) (err error) {
		keep := [3]string{"lead/", "handoff/", "deadline/"}
		if went, err = p.posts.RemoveBefore(tx, database.Millis(time.Now().Add(-time.Hour)), keep, 10); err != nil || went != 0 {
			t.Errorf("%d of today went, %v", went, err)
		}
		if went, err = p.posts.RemoveBefore(tx, database.Millis(time.Now().Add(time.Hour)), keep, 10); err != nil || went != 1 {
			t.Errorf("%d went, %v; want the digest alone", went, err)
		}
		went, err = p.posts.Remove(tx, "lead/1/")
		return err
	}); err != nil || went != 1 {
		t.Errorf("%d of the lead went, %v", went, err)
	}
	if got := p.shown("D001"); len(got) != 4 {
		t.Errorf("Slack shows %d, want all 4", len(got))
	}
}
