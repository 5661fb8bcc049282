package digest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
)

// Two bots on one PostgreSQL, started together just before nine: everybody has
// each digest once, from one of them.
func TestTwoBotsSendEachDigestOnce(t *testing.T) {
	address := dbtest.Postgres(t)
	var ids []string
	for i := range 12 {
		ids = append(ids, fmt.Sprintf("U%03d", i))
	}
	with := strings.Replace(settings, "UBERLIN, UYORK, UHOWE", strings.Join(ids, ", "), 1)
	nine := time.Date(2000, 3, 20, 8, 0, 0, 0, time.UTC)
	ahead := time.Until(nine.Add(-2 * time.Second))
	var bots [2]*shop
	for i := range bots {
		bots[i] = open(t, dbtest.Open(t, address), with)
		bots[i].ahead = ahead
		bots[i].use(t, with)
	}
	var wg sync.WaitGroup
	stops := [2]func(){}
	for i, s := range bots {
		wg.Go(func() { stops[i] = s.run(t) })
	}
	wg.Wait()
	want := 2*len(ids) + 1 // and the team's
	sent := func() (n int) { return len(bots[0].book.digests("")) + len(bots[1].book.digests("")) }
	for end := time.Now().Add(30 * time.Second); sent() < want && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond) // for what would come twice
	for _, stop := range stops {
		stop()
	}
	keys := map[string]int{}
	for _, s := range bots {
		for _, n := range s.book.digests("") {
			keys[n.key]++
		}
	}
	if len(keys) != want {
		t.Errorf("%d digests, want %d", len(keys), want)
	}
	for key, n := range keys {
		if n != 1 {
			t.Errorf("%s was sent %d times", key, n)
		}
	}
}
