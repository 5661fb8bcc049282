package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/database"
)

// Buried is a row that was given up.
type Buried struct {
	ID, Kind, Key string
	Error         string // why, for the operator
	Attempt       int
	Due, At       time.Time // when it was to happen, and when it was given up
}

// Dead lists the rows that were given up, the latest first, at most 200.
func (o *Outbox) Dead(ctx context.Context) ([]Buried, error) {
	var out []Buried
	err := o.db.Read(ctx, func(tx *database.Tx) error {
		return tx.Each("SELECT id, kind, key, error, attempt, due_at, done_at FROM outbox WHERE state = 'dead' ORDER BY done_at DESC LIMIT 200", nil, func(rows *sql.Rows) error {
			var b Buried
			var due, at int64
			if err := rows.Scan(&b.ID, &b.Kind, &b.Key, &b.Error, &b.Attempt, &due, &at); err != nil {
				return err
			}
			b.Due, b.At = time.UnixMilli(due), time.UnixMilli(at)
			out = append(out, b)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: list dead rows: %w", err)
	}
	return out, nil
}

// Stats is how the outbox stands.
type Stats struct {
	Ready   int // rows that are to happen, now or later
	Running int // of these, rows that somebody works on
	Done    int // rows that happened, as far back as they are kept
	Dead    int // rows that were given up
	// Oldest is how long ago somebody was to look at the row that waits longest
	// for it; zero when none does. More than moments: nobody works.
	Oldest time.Duration
	// Waiting is how long ago the row that is latest was to happen, whatever
	// was tried meanwhile; zero when none is late.
	Waiting time.Duration
}

// Stats tells how the outbox stands.
func (o *Outbox) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	err := o.db.Read(ctx, func(tx *database.Tx) error {
		var oldest, waiting sql.NullInt64
		for _, q := range []struct {
			sql  string
			dest any
		}{
			{"SELECT count(*) FROM outbox WHERE state = 'ready'", &s.Ready},
			{"SELECT count(*) FROM outbox WHERE state = 'ready' AND lease <> ''", &s.Running},
			{"SELECT count(*) FROM outbox WHERE state = 'done'", &s.Done},
			{"SELECT count(*) FROM outbox WHERE state = 'dead'", &s.Dead},
			{"SELECT min(run_at) FROM outbox WHERE state = 'ready'", &oldest},
			{"SELECT min(due_at) FROM outbox WHERE state = 'ready'", &waiting},
		} {
			if _, err := tx.Row(q.sql, nil, q.dest); err != nil {
				return err
			}
		}
		if oldest.Valid {
			s.Oldest = max(0, o.now().Sub(time.UnixMilli(oldest.Int64)))
		}
		if waiting.Valid {
			s.Waiting = max(0, o.now().Sub(time.UnixMilli(waiting.Int64)))
		}
		return nil
	})
	if err != nil {
		return Stats{}, fmt.Errorf("outbox: count rows: %w", err)
	}
	return s, nil
}

// Overdue is how long ago the row that waits longest for a look was to be
// looked at, of those that anybody here handles; zero when none waits.
func (o *Outbox) Overdue(ctx context.Context) (overdue time.Duration, err error) {
	o.mu.Lock()
	kinds := slices.Collect(maps.Keys(o.lanes))
	o.mu.Unlock()
	err = o.db.Read(ctx, func(tx *database.Tx) error {
		next, err := nextOfEach(tx, kinds)
		for _, at := range next {
			overdue = max(overdue, o.now().Sub(at))
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("outbox: look at what is due: %w", err)
	}
	return overdue, nil
}

// metrics is what an operator sees of the outbox.
type metrics struct {
	outbox *Outbox
	runs   *prometheus.CounterVec
	panics *prometheus.CounterVec
	rows   *prometheus.Desc
	oldest *prometheus.Desc
	late   *prometheus.Desc
}

func newMetrics(o *Outbox, r prometheus.Registerer) *metrics {
	m := &metrics{
		outbox: o,
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_outbox_runs_total",
			Help: "Runs of the outbox's handlers, by kind and outcome (done, later, failed, dead, lost, interrupted)."}, []string{"kind", "outcome"}),
		rows:   prometheus.NewDesc("sopbot_outbox_rows", "Rows of the outbox, by state: ready (to happen, now or later), running, done (of the last week), dead (given up).", []string{"state"}, nil),
		oldest: prometheus.NewDesc("sopbot_outbox_oldest_due_seconds", "How long ago the row that waits longest for a look was to be looked at. Far from zero, nobody works on the outbox.", nil, nil),
		late:   prometheus.NewDesc("sopbot_outbox_oldest_age_seconds", "How long ago the row that is latest was to happen, tries that failed included. Far from zero, something does not reach Slack.", nil, nil),
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_outbox_panics_total", Help: "Panics of the outbox's handlers, by kind; each is a mistake of sopbot's, and the row is tried again."}, []string{"kind"}),
	}
	if r != nil {
		r.MustRegister(m.runs, m.panics, m)
	}
	return m
}

// Describe names what Collect counts.
func (m *metrics) Describe(out chan<- *prometheus.Desc) {
	out <- m.rows
	out <- m.oldest
	out <- m.late
}

// Collect counts the rows when somebody asks.
func (m *metrics) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s, err := m.outbox.Stats(ctx)
	if err != nil {
		out <- prometheus.NewInvalidMetric(m.rows, err)
		return
	}
	for state, n := range map[string]int{"ready": s.Ready - s.Running, "running": s.Running, "done": s.Done, "dead": s.Dead} {
		out <- prometheus.MustNewConstMetric(m.rows, prometheus.GaugeValue, float64(n), state)
	}
	out <- prometheus.MustNewConstMetric(m.oldest, prometheus.GaugeValue, s.Oldest.Seconds())
	out <- prometheus.MustNewConstMetric(m.late, prometheus.GaugeValue, s.Waiting.Seconds())
}
