package erasure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/answers"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

// kindRetention is the outbox's kind of the rows that forget: it lives for
// ever.
const kindRetention = "retention.run"

const (
	// byRetention is who does it, for the trail.
	byRetention = "retention"
	// A batch is one transaction: others wait for it no longer than for theirs.
	batchRows  = 200
	batchLeads = 20
	// After so many the row gives way to others, and comes back.
	batchesAtOnce = 50
	atNight       = 3*60 + 10 // minutes past midnight, where the playbook is at home
)

// Remover takes what is known of messages out of the database.
type Remover interface {
	Remove(tx *database.Tx, prefix string) (int64, error)
	RemoveBefore(tx *database.Tx, before int64, keep [3]string, most int) (int64, error)
}

// Keeper removes, once a day, what is older than the playbook wants it kept.
// Its fields are set before Work.
type Keeper struct {
	DB      *database.DB
	Outbox  *outbox.Outbox
	Posts   Remover
	Shelf   *playbook.Shelf
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer

	removed *prometheus.CounterVec
}

// run is the payload of a row: the day that it is for.
type run struct {
	Day string `json:"day"`
}

// Work tells the outbox what is done later. It is for before the outbox runs.
func (k *Keeper) Work() {
	k.removed = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_retention_removed_total",
		Help: "What was removed because it was older than the playbook's retention: questions (with openings, ratings and shares), leads, messages, audit (entries of the trail)."}, []string{"what"})
	for _, what := range []string{"questions", "leads", "messages", "audit"} {
		k.removed.WithLabelValues(what)
	}
	if k.Metrics != nil {
		k.Metrics.MustRegister(k.removed)
	}
	k.Outbox.Handle(kindRetention, k.run)
}

// Start sees to it that there is a next time: today's, if it is still to come.
func (k *Keeper) Start(ctx context.Context) error {
	return k.DB.Write(ctx, func(tx *database.Tx) error { return k.plan(tx, k.today()) })
}

func (k *Keeper) today() playbook.Date { return playbook.DateOf(k.Now().In(k.zone())) }

func (k *Keeper) zone() *time.Location { return k.Shelf.InForce().Settings.Timezone }

// plan adds a day's row, once, whoever plans it.
func (k *Keeper) plan(tx *database.Tx, day playbook.Date) error {
	_, err := k.Outbox.Add(tx, outbox.Row{Kind: kindRetention, Key: "retention/" + day.String(), Payload: run{day.String()}, At: day.In(k.zone()).Add(atNight * time.Minute)})
	return err
}

var errMore = errors.New("there is more to remove")

// run removes batch by batch, each in a transaction of its own, and plans the
// next day with the last.
func (k *Keeper) run(ctx context.Context, j outbox.Job) error {
	var r run
	if err := json.Unmarshal(j.Payload, &r); err != nil {
		return outbox.Dead(err)
	}
	total := map[string]int64{}
	for n := 0; ; n++ {
		if n == batchesAtOnce || ctx.Err() != nil {
			k.tell(total)
			return outbox.Later(time.Second, errMore)
		}
		gone, err := k.batch(ctx)
		if err != nil {
			return err
		}
		some := false
		for what, n := range gone {
			k.removed.WithLabelValues(what).Add(float64(n))
			total[what] += n
			some = some || n > 0
		}
		if !some {
			break
		}
	}
	k.tell(total)
	return k.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		if err := lead.ForgetDrafts(tx, k.Now()); err != nil {
			return err
		}
		next, err := playbook.ParseDate(r.Day)
		if err != nil {
			return err
		}
		if next = next.Add(playbook.Span{Days: 1}); next.Before(k.today()) {
			next = k.today() // nobody was there for days
		}
		return k.plan(tx, next)
	})
}

func (k *Keeper) tell(total map[string]int64) {
	if len(total) > 0 {
		k.Log.Info("removed what is older than the playbook wants it kept", "questions", total["questions"], "leads", total["leads"], "messages", total["messages"], "audit", total["audit"])
	}
}

// batch removes a little of everything that is too old; empty is that there is
// nothing left.
func (k *Keeper) batch(ctx context.Context) (gone map[string]int64, err error) {
	kept, now := k.Shelf.InForce().Settings.Retention, k.Now()
	err = k.DB.Write(ctx, func(tx *database.Tx) error {
		gone = map[string]int64{}
		for what, of := range map[string]struct {
			span   playbook.Span
			remove func(*database.Tx, time.Time) (int64, error)
		}{
			"questions": {kept.Questions, func(tx *database.Tx, before time.Time) (int64, error) {
				return answers.ForgetBefore(tx, before, batchRows)
			}},
			"leads": {kept.Leads, k.removeLeads},
			"messages": {kept.Messages, func(tx *database.Tx, before time.Time) (int64, error) {
				// Those about leads go with their lead: until then they are changed.
				return k.Posts.RemoveBefore(tx, database.Millis(before), [3]string{"lead/", "handoff/", "deadline/"}, batchRows)
			}},
			"audit": {kept.Audit, func(tx *database.Tx, before time.Time) (n int64, err error) {
				err = erasing(tx, "retention", byRetention, now, true, func() error {
					n, err = lead.ForgetEvents(tx, before, batchRows)
					return err
				})
				if err != nil {
					return n, err
				}
				old, err := tx.Exec("DELETE FROM erasures WHERE at < $1", database.Millis(before))
				return n + old, err
			}},
		} {
			if of.span.IsZero() {
				continue
			}
			n, err := of.remove(tx, of.span.Before(now))
			if err != nil {
				return fmt.Errorf("remove old %s: %w", what, err)
			}
			if n > 0 {
				gone[what] = n
			}
		}
		return nil
	})
	return gone, err
}

// removeLeads takes some leads out that are over, with all that is known of
// them.
func (k *Keeper) removeLeads(tx *database.Tx, before time.Time) (int64, error) {
	ids, err := lead.Over(tx, before, batchLeads)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	err = erasing(tx, "retention", byRetention, k.Now(), true, func() error {
		for _, id := range ids {
			if err := k.removeLead(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	return int64(len(ids)), err
}

func (k *Keeper) removeLead(tx *database.Tx, id string) error {
	handoffs, err := handoff.Of(tx, id)
	if err != nil {
		return err
	}
	deadlines, err := deadline.Remove(tx, id)
	if err != nil {
		return err
	}
	for prefix, ids := range map[string][]string{"lead/": {id}, "handoff/": handoffs, "deadline/": deadlines} {
		for _, id := range ids {
			if _, err := k.Posts.Remove(tx, prefix+id+"/"); err != nil {
				return err
			}
		}
	}
	return lead.Remove(tx, id)
}
