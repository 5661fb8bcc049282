package gateway

import (
	"context"
	"sync"
	"time"

	"sopbot/internal/database"
)

// remembered is how long a key is kept: Slack repeats an event for up to five
// minutes, or hourly for a day where delayed events are switched on.
const (
	rememberedInMemory = 10 * time.Minute
	rememberedOnDisk   = 48 * time.Hour
)

// seen knows what was delivered already. Two generations of keys are kept, so
// that forgetting the old ones costs nothing.
type seen struct {
	mu       *sync.Mutex
	new, old map[string]string // key → envelope that brought it
}

func newSeen() seen {
	return seen{mu: &sync.Mutex{}, new: map[string]string{}, old: map[string]string{}}
}

// first reports whether the key comes for the first time, and keeps it with
// its envelope; otherwise it gives the envelope that brought it before.
func (s *seen) first(key, envelope string) (before string, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, generation := range []map[string]string{s.new, s.old} {
		if before, ok := generation[key]; ok {
			return before, false
		}
	}
	s.new[key] = envelope
	return "", true
}

// repeated deals with a delivery that came before: it changes nothing. It is
// acknowledged if Slack made a new envelope of it. The same envelope has its
// answer on the way, which an empty acknowledgement on a quicker socket would
// take away.
func (g *Gateway) repeated(j *job, before string) {
	g.metrics.twice.Inc()
	if before != j.env.ID {
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
		s.old, s.new = s.new, map[string]string{}
		s.mu.Unlock()
		if g.DB == nil {
			continue
		}
		err := g.DB.Write(ctx, func(tx *database.Tx) error {
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
	return g.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := tx.Exec("INSERT INTO received (key, at) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING", key, database.Millis(g.Now()))
		return err
	})
}
