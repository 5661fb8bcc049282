package deadline

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
)

// Two bots share a database and the work: each message comes from one of them.
func TestTwoReplicasTellEachThingOnce(t *testing.T) {
	t.Parallel()
	quick := "---\nid: q\nkind: tool\nowner: x\nactions:\n  - {id: go, label: Go, on: call.held, who: owner, within: 3s, remind: [2s], escalate: manager, repeat: 1, done: button}\n---\ntext\n"
	book := load(t, "hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\nroles: {manager: [UBOSS, UVICE]}\n", quick)
	target := dbtest.Postgres(t)
	one, two := bareRig(t, book, time.Now), bareRig(t, book, time.Now)
	two.notes = one.notes
	for _, r := range []*rig{one, two} {
		db, err := database.Open(context.Background(), target)
		if err != nil {
			t.Fatal(err)
		}
		r.serve(db, time.Now)
	}
	const calls = 20
	for i := range calls {
		r := []*rig{one, two}[i%2]
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: fmt.Sprint("call/", i), Who: map[string]string{"owner": "USAM"}})
	}
	// In all: a reminder each, two managers each, and at the deadline and after
	// it a change of the reminder.
	const new, all = 3 * calls, 5 * calls
	for end := time.Now().Add(time.Minute); len(one.notes.all()) < all && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	first, texts := map[string]int{}, map[string]int{}
	for _, n := range one.notes.all() {
		if n.first {
			first[n.key]++
		}
		texts[n.key+n.m.Text]++
	}
	for text, n := range texts {
		if n > 1 {
			t.Errorf("%d times: %s", n, text)
		}
	}
	if len(first) != new {
		t.Errorf("%d messages came, want %d", len(first), new)
	}
	for i := range calls {
		if on := one.one(fmt.Sprint("call/", i)); on.repeated != 1 || !on.next.IsZero() {
			t.Errorf("reminded %d times after it, next at %s", on.repeated, on.next)
		}
	}
}
