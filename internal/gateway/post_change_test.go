package gateway

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// A change that comes while the call of the one before is out must not wait
// until that call is surely over: it has an answer, which ends it.
func TestAMessageThatChangesInAFlurryShowsTheLastLookAtOnce(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.posts.Settle = time.Minute
	p.unhurried()
	const looks = 40
	for i := range looks {
		p.put("card", "U001", fmt.Sprint("look ", i+1))
		time.Sleep(3 * time.Millisecond)
	}
	// Not until no row is left: one of a look that was passed over may wait for
	// its time, to find that nothing is to be done.
	p.waitFor("chat.postMessage", 1) // which opens the conversation
	last := fmt.Sprint("look ", looks)
	got := p.shown("D001")
	for end := time.Now().Add(30 * time.Second); (len(got) != 1 || got[0].Text != last) && time.Now().Before(end); got = p.shown("D001") {
		time.Sleep(10 * time.Millisecond)
	}
	if len(got) != 1 || got[0].Text != last {
		t.Errorf("shown %+v", got)
	}
}

func TestOnlyWhatWasPutIsChanged(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	change := func(text string) (changed bool) {
		t.Helper()
		if err := p.db.Write(t.Context(), func(tx *database.Tx) (err error) {
			changed, err = p.posts.Change(tx, "card", card(text))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if change("nobody asked for it") {
		t.Error("a message was changed that was never put")
	}
	p.put("card", "U001", "first")
	if !change("second") {
		t.Error("a message that was put was not changed")
	}
	p.settled(5 * time.Second)
	if got := p.shown("D001"); len(got) != 1 || got[0].Text != "second" {
		t.Errorf("shown %+v", got)
	}
}

// The times on disk say that a call is over, but the clock was pushed while it
// is out still: nobody looks for the message before Slack has had the time to
// post it.
func TestAClockThatIsPushedWhileACallIsOutDoublesNothing(t *testing.T) {
	t.Parallel()
	p := &posting{t: t, slack: slacksim.Open(t, slacksim.Options{World: postWorld(), Events: []string{}}), db: file(t)}
	var ahead atomic.Int64
	p.outbox, p.posts = p.bot(func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	p.unhurried()
	stop := run(t, p.outbox)
	p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Delay: 300 * time.Millisecond})
	p.put("k", "C001", "hello")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if _, out := p.posts.out.Load("k"); out {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the call does not begin")
		}
	}
	ahead.Store(int64(48 * time.Hour))
	p.put("k", "C001", "hello again") // the row of a newer look asks after it, too
	p.outbox.Wake()
	p.settled(20 * time.Second)
	stop() // once that call has come back
	if n := len(p.slack.Journal().Calls("chat.postMessage")); n != 1 {
		t.Errorf("it was posted %d times", n)
	}
	p.only("C001", "hello again")
}

// Another process's call is out, and nobody knows its clock: to a bot whose own is
// an hour ahead everything is long over. It waits by its own count all the same,
// and finds what that call has posted.
func TestACallOfAnotherProcessIsWaitedForWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	for name, wrong := range map[string]time.Duration{"an hour ahead": time.Hour, "an hour behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := dbtest.Postgres(t)
			p := &posting{t: t, slack: slacksim.Open(t, slacksim.Options{World: postWorld(), Events: []string{}}), db: dbtest.Open(t, target)}
			other := *p
			other.db = dbtest.Open(t, target)
			p.outbox, p.posts = p.bot(time.Now)
			// The outbox goes by the database's clock, whatever the machine's says.
			other.outbox, other.posts = other.bot(time.Now)
			other.posts.now = func() time.Time { return time.Now().Add(wrong) }
			p.unhurried()
			other.unhurried()
			p.posts.Timeout, other.posts.Timeout = 5*time.Second, 5*time.Second
			run(t, p.outbox)

			p.slack.Fault(slacksim.Fault{Method: "chat.postMessage", Delay: 1500 * time.Millisecond})
			p.put("card", "C001", "first")
			for end := time.Now().Add(longWait); !p.posts.Out("card"); time.Sleep(2 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the call does not begin")
				}
			}
			run(t, other.outbox)
			other.put("card", "C001", "second")
			deadline := time.Now().Add(longWait)
			for got := p.shown("C001"); len(got) != 1 || got[0].Text != "second"; got = p.shown("C001") {
				if time.Now().After(deadline) || len(got) > 1 {
					t.Fatalf("shown %+v", got)
				}
				time.Sleep(10 * time.Millisecond)
			}

			// The same of a change: an older look must not come last.
			p.slack.Fault(slacksim.Fault{Method: "chat.update", Delay: 1500 * time.Millisecond})
			updates := p.calls("chat.update")
			p.put("card", "C001", "third")
			p.waitFor("chat.update", updates+1) // by one of them
			other.put("card", "C001", "fourth")
			time.Sleep(2 * time.Second)
			for got := p.shown("C001"); len(got) != 1 || got[0].Text != "fourth"; got = p.shown("C001") {
				if time.Now().After(deadline.Add(longWait)) {
					t.Fatalf("shown %+v", got)
				}
				time.Sleep(10 * time.Millisecond)
			}
			if n := p.calls("chat.postMessage"); n != 1 {
				t.Errorf("it was posted %d times", n)
			}
		})
	}
}
