package deadline

import (
	"context"
	"encoding/json"
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
	settled := func() (n int) {
		for i := range calls {
			if on := one.one(fmt.Sprint("call/", i)); on.repeated == 1 && on.next.IsZero() {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(time.Minute); settled() < calls && time.Now().Before(end); {
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond)
	texts := map[string]int{}
	for _, n := range one.notes.all() {
		body, err := json.Marshal(n.m)
		one.must(err)
		texts[n.key+string(body)]++
	}
	for text, n := range texts {
		if n > 1 {
			t.Errorf("%d times: %s", n, text)
		}
	}
	// A reminder each, and two managers each, however many stand in one message.
	if first := one.first(); len(first) != 3*calls {
		t.Errorf("%d messages came, want %d", len(first), 3*calls)
	}
	for i := range calls {
		if on := one.one(fmt.Sprint("call/", i)); on.repeated != 1 || !on.next.IsZero() {
			t.Errorf("reminded %d times after it, next at %s", on.repeated, on.next)
		}
	}
}
