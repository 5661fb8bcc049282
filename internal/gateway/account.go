package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"sopbot/internal/chat"
)

// deed is something that a person did, as the log and the counters tell of it.
type deed struct {
	kind, name      string // "command" "/sop"
	person, channel string
	since           time.Time
	// text is what was typed. It is people's own, and often about somebody
	// else: only the level debug shows it.
	text string
}

// deedOf is what somebody did by something that Slack showed them.
func deedOf(o chat.Origin, kind, name string) deed {
	return deed{kind: kind, name: name, person: o.Person, channel: o.Channel, since: o.Received}
}

// What a deed came to.
const (
	outcomeOK      = "ok"
	outcomeRefused = "refused" // in words that say what to do instead
	outcomeFault   = "fault"   // of ours, with a code
)

// panicked is a panic of a handler, as an error.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// unknownName stands in a label for whatever nobody registered: what comes
// from outside must not make new series.
const unknownName = "unknown"

// gestures are the names that may stand in a label, by kind.
func gestures(r *chat.Router) map[string]bool {
	known := map[string]bool{"mention app_mention": true, "mention message": true, "click link": true}
	if r == nil {
		return known
	}
	for _, g := range r.Gestures() {
		known[g] = true
		if form, ok := strings.CutPrefix(g, "submission "); ok {
			known["closing "+form] = true
		}
	}
	return known
}

// label is a name that is safe to count by.
func (g *Gateway) label(kind, name string) string {
	if kind == "click" && (name == "" || strings.HasPrefix(name, "link")) {
		name = "link" // they open by themselves
	}
	if g.gestures[kind+" "+name] {
		return name
	}
	return unknownName
}

// account counts a deed and writes the one line that the log has of it. code
// is what the person was shown of a fault.
func (g *Gateway) account(d deed, outcome, code string, err error) {
	took := time.Since(d.since)
	g.metrics.outcomes.WithLabelValues(d.kind, g.label(d.kind, d.name), outcome).Inc()
	g.metrics.answers.WithLabelValues(d.kind).Observe(took.Seconds())
	level := slog.LevelInfo
	if outcome == outcomeFault {
		level = slog.LevelError
	}
	ctx := context.Background()
	if !g.Log.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(attrs, slog.String("name", chat.Shorten(d.name, 64)), slog.String("person", d.person))
	if d.channel != "" {
		attrs = append(attrs, slog.String("channel", d.channel))
	}
	attrs = append(attrs, slog.String("outcome", outcome), slog.Float64("ms", float64(took.Microseconds())/1000))
	if code != "" {
		attrs = append(attrs, slog.String("code", code))
	}
	if d.text != "" && g.Log.Enabled(ctx, slog.LevelDebug) {
		attrs = append(attrs, slog.String("text", d.text))
	}
	if outcome == outcomeFault {
		attrs = append(attrs, slog.Any("error", err))
	}
	g.Log.LogAttrs(ctx, level, d.kind, attrs...)
}

// explain accounts for a deed that came to an error, and gives the words for
// the person; a fault gets a code that stands in the log too.
func (g *Gateway) explain(d deed, err error) string {
	code := faultCode()
	words, fault := chat.Words(err, code)
	if !fault {
		g.account(d, outcomeRefused, "", nil)
		return words
	}
	var p *panicked
	if errors.As(err, &p) {
		g.metrics.panics.WithLabelValues(d.kind).Inc()
	}
	if plain := storeWords(err, code); plain != "" {
		words = plain
	}
	g.account(d, outcomeFault, code, err)
	return words
}

// overloaded says that envelopes are refused: once a second, because more
// lines would only add to the load.
func (g *Gateway) overloaded(words string) {
	now := time.Now().Unix()
	if last := g.lastShed.Load(); last == now || !g.lastShed.CompareAndSwap(last, now) {
		return
	}
	g.Log.Warn("what comes is refused; sopbot_envelopes_shed_total counts how much", "told", words)
}
