package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/database"
)

// The names of metrics leave the house: alerts and dashboards of people whom we
// do not know hang on them. Add, don't rename; metrics_test.go holds the list.

// reloads is how the folder of the playbook was taken up since the start.
type reloads struct {
	served, refused prometheus.Counter
	behind          atomic.Bool // what is on disk is not what serves
}

// register shows what the rooms do not show of themselves.
func (b *bot) register() {
	gauge := func(name, help string, value func() float64) {
		b.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	count := func(name, help, label string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
		b.metrics.MustRegister(c)
		return c
	}
	about := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sopbot_build_info", Help: "Which build this is; always 1."}, []string{"version", "revision", "goversion"})
	about.WithLabelValues(version, revision(), runtime.Version()).Set(1)
	b.metrics.MustRegister(about)

	gauge("sopbot_playbook_pages", "Pages of the playbook in force.", func() float64 { return float64(len(b.answers.Book().Pages)) })
	gauge("sopbot_playbook_loaded_timestamp_seconds", "Since when the playbook in force serves; its index was built then.", func() float64 { return float64(b.inForce.Load()) })
	reloaded := count("sopbot_playbook_reloads_total", "Changes of the playbook's folder, by outcome: served, or refused because of a mistake in it.", "outcome")
	b.reloads.served, b.reloads.refused = reloaded.WithLabelValues("served"), reloaded.WithLabelValues("refused")
	gauge("sopbot_playbook_refused", "1 while the playbook's folder holds a mistake, and the last good version serves in its place.", func() float64 {
		if b.reloads.behind.Load() {
			return 1
		}
		return 0
	})
	gauge("sopbot_index_sections", "Sections in the search index.", func() float64 { return float64(b.answers.Book().Index.Stats().Sections) })
	gauge("sopbot_index_words", "Distinct words in the search index.", func() float64 { return float64(b.answers.Book().Index.Stats().Words) })
	gauge("sopbot_index_build_seconds", "How long building the search index took.", func() float64 { return b.answers.Book().Index.Stats().Took.Seconds() })

	if _, _, known := b.db.Space(); known {
		gauge("sopbot_database_bytes", "Bytes that the database takes on its disk.", func() float64 { used, _, _ := b.db.Space(); return float64(used) })
		gauge("sopbot_database_free_bytes", "Bytes that are left on the disk of the database; at none, nothing more is taken from anybody.", func() float64 { _, free, _ := b.db.Space(); return float64(free) })
	}
	b.metrics.MustRegister(standing{b})
}

// standing is what has to be looked up when somebody asks.
type standing struct{ *bot }

var (
	playbookDesc  = prometheus.NewDesc("sopbot_playbook_info", "Which version of the playbook is in force; always 1.", []string{"version"}, nil)
	deadlinesDesc = prometheus.NewDesc("sopbot_deadlines", "Timed actions that are still to be done, by state: open, late (past their deadline), paused.", []string{"state"}, nil)
)

// Describe names what Collect looks up.
func (standing) Describe(out chan<- *prometheus.Desc) {
	out <- playbookDesc
	out <- deadlinesDesc
}

// Collect looks it up.
func (s standing) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(playbookDesc, prometheus.GaugeValue, 1, s.answers.Book().Version)
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	states := map[string]int{}
	err := s.db.Read(ctx, func(tx *database.Tx) (err error) {
		states["open"], states["late"], states["paused"], err = s.features.deadlines.Running(tx)
		return err
	})
	if err != nil {
		out <- prometheus.NewInvalidMetric(deadlinesDesc, err)
		return
	}
	for state, n := range states {
		out <- prometheus.MustNewConstMetric(deadlinesDesc, prometheus.GaugeValue, float64(n), state)
	}
}
