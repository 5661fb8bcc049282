package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"sopbot/internal/golden"
)

// scrape reads /metrics as Prometheus does.
func scrape(t *testing.T, b *bot) string {
	t.Helper()
	res, err := http.Get("http://" + b.HTTP + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("/metrics: %s %v\n%s", res.Status, err, raw)
	}
	return string(raw)
}

// described lists our metrics: name, kind, labels, and what they say.
func described(t *testing.T, r *prometheus.Registry) string {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range families {
		if !strings.HasPrefix(f.GetName(), "sopbot_") {
			continue
		}
		var labels []string
		for _, l := range f.Metric[0].Label {
			labels = append(labels, l.GetName())
		}
		fmt.Fprintf(&b, "%s %s {%s}\n  %s\n", f.GetName(), strings.ToLower(f.GetType().String()), strings.Join(labels, ", "), f.GetHelp())
	}
	return b.String()
}

// Names of metrics live for ever: a change of testdata/metrics.txt may add.
func TestMetricsKeepTheirNames(t *testing.T) {
	t.Parallel()
	slack, b := startBot(t, func(b *bot) { b.HTTP, b.delays, b.Backups = freeAddress(t), hastyDelays, t.TempDir() })
	sam := slack.As("sam").In("#sales")
	sam.Slash("/sop objection pricing")
	handOff(t, sam, "Northwind Freight", "@alex")
	slack.As("alex").WaitFor("hands Northwind Freight over to you")
	settled(t, b.db, 20*time.Second)
	golden.Text(t, "metrics.txt", described(t, b.metrics))
	if problems, err := testutil.GatherAndLint(b.metrics); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	page := scrape(t, b)
	for _, want := range []string{
		`sopbot_gestures_total{name="/sop",outcome="ok",type="command"} 1`,
		`sopbot_gestures_total{name="/sop",outcome="fault",type="command"} 0`,
		`sopbot_acknowledgement_seconds_bucket{type="slash_commands",le="3"}`,
		`sopbot_sockets_connected 2`, `sopbot_outbox_rows{state="dead"} 0`, `sopbot_playbook_refused 0`,
		`sopbot_slack_calls_total{method="chat.postMessage",outcome="ok"}`,
		`sopbot_playbook_info{version="` + b.answers.Book().Version + `"} 1`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics has no %s", want)
		}
	}
	n := strings.Count(page, "\nsopbot_")
	t.Logf("%d series of ours", n)
	if n > 1000 {
		t.Errorf("%d series", n)
	}
}

// While the database does not answer, the rest is shown: it is needed most then.
func TestMetricsOutliveTheDatabase(t *testing.T) {
	t.Parallel()
	_, b := startBot(t, func(b *bot) { b.HTTP = freeAddress(t) })
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	page := scrape(t, b)
	has(t, "/metrics", page, "sopbot_sockets_connected 2", "sopbot_build_info{", "sopbot_gestures_total{")
	lacks(t, "/metrics", page, "sopbot_outbox_rows", "sopbot_deadlines{")
}
