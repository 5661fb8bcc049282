package gateway

import "github.com/prometheus/client_golang/prometheus"

// metrics is what an operator sees of the gateway.
type metrics struct {
	received *prometheus.CounterVec   // envelopes by type
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
			Buckets: []float64{.0002, .0005, .001, .002, .005, .01, .025, .05, .1, .25, 1, 3}}, []string{"type"}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_gestures_total", Help: "What people did, by type, name and outcome (ok, refused, fault)."}, []string{"type", "name", "outcome"}),
		notices:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_socket_notices_total", Help: "Times Slack asked to leave a socket, by reason."}, []string{"reason"}),
		deaf:     prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_socket_deaf_total", Help: "Sockets that went deaf and were replaced."}),
		twice:    prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_envelopes_repeated_total", Help: "Envelopes that were delivered before, and changed nothing."}),
		shed:     prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_envelopes_shed_total", Help: "Envelopes refused because too many were waiting, or the bot was stopping."}),
		lateAcks: prometheus.NewCounter(prometheus.CounterOpts{Name: "sopbot_acknowledgements_late_total", Help: "Answers that missed the acknowledgement and went by response URL."}),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_slack_calls_total", Help: "Calls to Slack's Web API and response URLs, by method and outcome."}, []string{"method", "outcome"}),
	}
	if r != nil {
		r.MustRegister(m.received, m.answered, m.outcomes, m.notices, m.deaf, m.twice, m.shed, m.lateAcks, m.calls)
	}
	return m
}
