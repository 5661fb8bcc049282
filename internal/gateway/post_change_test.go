package gateway

import (
	"fmt"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// A change that comes while the call of the one before is out must not wait
// until that call is surely over: it has an answer, which ends it.
func TestAMessageThatChangesInAFlurryShowsTheLastLookAtOnce(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{})
	p.posts.Settle = time.Minute
	const looks = 40
	for i := range looks {
		p.put("card", "U001", fmt.Sprint("look ", i+1))
		time.Sleep(3 * time.Millisecond)
	}
	p.settled(10 * time.Second)
	if got := p.shown("D001"); len(got) != 1 || got[0].Text != fmt.Sprint("look ", looks) {
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
