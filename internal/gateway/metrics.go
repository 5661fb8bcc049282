package gateway

import (
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics is what an operator sees of the gateway.
type metrics struct {
	received *prometheus.CounterVec // envelopes by type
	connects prometheus.Counter
	answers  *prometheus.HistogramVec // envelope received to what it asked for done, by what was done
	panics   *prometheus.CounterVec
	answered *prometheus.HistogramVec // envelope received to acknowledgement handed over, by type
	outcomes *prometheus.CounterVec   // by type, name and outcome
	notices  *prometheus.CounterVec
	deaf     prometheus.Counter
	twice    prometheus.Counter
	shed     prometheus.Counter
	lateAcks prometheus.Counter
	calls    *prometheus.CounterVec // Web API calls by method and outcome
}

func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		received: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_envelopes_received_total", Help: "Envelopes received from Slack, by type."}, []string{"type"}),
		answered: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sopbot_acknowledgement_seconds", Help: "From an envelope received to its acknowledgement handed to the socket, by type.",
			Buckets: buckets}, []string{"type"}),
		answers: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sopbot_answer_seconds", Help: "From an envelope received until what it asked for was done and answered, by what was done (command, click, submission, shortcut, mention).",
			Buckets: buckets}, []string{"type"}),
		connects: prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_socket_connects_total", Help: "Times Slack said hello on a socket. Two are opened at the start; every further one took another's place."}),
		panics:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_handler_panics_total", Help: "Panics while somebody was being answered, by what they did; each is a mistake of sopbot's, and stands in the log with its code."}, []string{"type"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_gestures_total", Help: "What people did, by type, name and outcome: ok, refused (told in words what to do instead), fault (of sopbot; told a code). Names that nobody registered count as unknown."}, []string{"type", "name", "outcome"}),
		notices:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_socket_notices_total", Help: "Times Slack asked to leave a socket, by reason."}, []string{"reason"}),
		deaf:     prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_socket_deaf_total", Help: "Sockets that went deaf and were replaced."}),
		twice:    prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_envelopes_repeated_total", Help: "Envelopes that were delivered before, and changed nothing."}),
		shed:     prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_envelopes_shed_total", Help: "Envelopes refused because too many were waiting."}),
		lateAcks: prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_acknowledgements_late_total", Help: "Answers that missed the acknowledgement and went by response URL."}),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_slack_calls_total", Help: "Calls to Slack's Web API and response URLs, by method and outcome: ok, refused (by a word of Slack's), ratelimited, error (no answer that says what became of it)."}, []string{"method", "outcome"}),
	}
	if r != nil {
		r.MustRegister(m.received, m.answered, m.answers, m.connects, m.panics, m.outcomes, m.notices, m.deaf, m.twice, m.shed, m.lateAcks, m.calls)
	}
	return m
}

// expect counts from zero what can be expected: the first fault of a gesture is
// one more than none, where a series that begins with it would show no rise.
func (m *metrics) expect(gestures map[string]bool) {
	for g := range gestures {
		kind, name, _ := strings.Cut(g, " ")
		m.panics.WithLabelValues(kind)
		if kind == "closing" || kind == "suggestion" {
			continue // only what goes wrong with them is counted
		}
		m.answers.WithLabelValues(kind)
		for _, outcome := range []string{outcomeOK, outcomeRefused, outcomeFault} {
			m.outcomes.WithLabelValues(kind, name, outcome)
		}
	}
	for _, t := range []string{"slash_commands", "interactive", "events_api"} {
		m.received.WithLabelValues(t)
		m.answered.WithLabelValues(t)
	}
	for _, reason := range []string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"} {
		m.notices.WithLabelValues(reason)
	}
}

// buckets are those of both histograms: a quick answer takes a
// millisecond, and Slack waits for three seconds.
var buckets = []float64{.0005, .001, .002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 3, 10}

// ears tells how the sockets are, when somebody asks.
type ears struct{ *Gateway }

var (
	connectedDesc = prometheus.NewDesc("sopbot_sockets_connected", "Sockets on which Slack has said hello; two are wanted, at none nobody is answered.", nil, nil)
	silenceDesc   = prometheus.NewDesc("sopbot_socket_last_frame_age_seconds", "How long ago anything was heard on a socket that is open. Slack is pinged every 2 seconds; after 8 of silence the socket is replaced.", []string{"socket"}, nil)
)

// Describe names what Collect tells.
func (ears) Describe(out chan<- *prometheus.Desc) {
	out <- connectedDesc
	out <- silenceDesc
}

// Collect looks at each socket.
func (e ears) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(connectedDesc, prometheus.GaugeValue, float64(e.Connected()))
	for slot := range e.lanes.open {
		l := e.lane(slot)
		if l == nil || !l.up.Load() {
			continue
		}
		if w := l.wire.Load(); w != nil {
			out <- prometheus.MustNewConstMetric(silenceDesc, prometheus.GaugeValue, w.silence().Seconds(), strconv.Itoa(slot+1))
		}
	}
}
