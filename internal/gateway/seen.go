package gateway

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"sopbot/internal/database"
)

// remembered is how long a key is kept: Slack repeats an event for up to five
// minutes, or hourly for a day where delayed events are switched on.
const (
	rememberedInMemory = 10 * time.Minute
	rememberedOnDisk   = 48 * time.Hour
	// maxRemembered bounds a generation in memory: what comes twice comes soon,
	// and events that come late are known on disk.
	maxRemembered = 1 << 15
)

// seen knows what was delivered already. Two generations of keys are kept, so
// that forgetting the old ones costs nothing; of keys and envelopes only their
// hashes, because there may be many.
type seen struct {
	mu       *sync.Mutex
	seed     maphash.Seed
	new, old map[uint64]uint64 // key → envelope that brought it
}

func newSeen() seen {
	return seen{mu: &sync.Mutex{}, seed: maphash.MakeSeed(), new: map[uint64]uint64{}, old: map[uint64]uint64{}}
}

// first reports whether the key comes for the first time, and keeps it with
// its envelope; otherwise it says whether the same envelope brought it before.
func (s *seen) first(key, envelope string) (sameEnvelope, first bool) {
	k, e := maphash.String(s.seed, key), maphash.String(s.seed, envelope)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, generation := range []map[uint64]uint64{s.new, s.old} {
		if before, ok := generation[k]; ok {
			return before == e, false
		}
	}
	s.new[k] = e
	if len(s.new) >= maxRemembered {
		s.turn()
	}
	return false, true
}

// turn makes the new generation the old one.
func (s *seen) turn() { s.old, s.new = s.new, map[uint64]uint64{} }

// firstTrigger is first for what a person did: each has a trigger of its own.
func (g *Gateway) firstTrigger(j *job, trigger string) (sameEnvelope, first bool) {
	if trigger == "" {
		return false, true
	}
	return g.seen.first("t:"+trigger, j.env.ID)
}

// repeated deals with a delivery that came before: it changes nothing. It is
// acknowledged if Slack made a new envelope of it. The same envelope has its
// answer on the way, which an empty acknowledgement on a quicker socket would
// take away.
func (g *Gateway) repeated(j *job, sameEnvelope bool) {
	g.metrics.twice.Inc()
	if !sameEnvelope {
		g.ack(j, nil)
	}
}

// sweep forgets what is too old to come again.
func (s *seen) sweep(ctx context.Context, g *Gateway) {
	tick := time.NewTicker(rememberedInMemory)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		s.mu.Lock()
		s.turn()
		s.mu.Unlock()
		if g.DB == nil {
			continue
		}
		err := g.DB.WriteRows(ctx, func(tx *database.Tx) error {
			_, err := tx.Exec("DELETE FROM received WHERE at < $1", database.Millis(g.Now().Add(-rememberedOnDisk)))
			return err
		})
		if err != nil {
			g.Log.Warn("forgetting old deliveries", "error", err)
		}
	}
}

// answeredBefore reports whether an event was answered, perhaps by an earlier
// run of the bot.
func (g *Gateway) answeredBefore(ctx context.Context, key string) (bool, error) {
	found := false
	err := g.DB.Read(ctx, func(tx *database.Tx) (err error) {
		var one int
		found, err = tx.Row("SELECT 1 FROM received WHERE key = $1", []any{key}, &one)
		return err
	})
	return found, err
}

// rememberAnswered keeps that an event was answered. It is written after the
// answer: a crash in between lets Slack's repetition answer once more, the
// other order would leave the person without any.
func (g *Gateway) rememberAnswered(ctx context.Context, key string) error {
	return g.DB.WriteRows(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", key, database.Millis(g.Now()))
		return err
	})
}
