package gateway

import (
	"context"
	"time"

	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
)

// ack acknowledges an envelope, once. sent is false when it was acknowledged
// before, came too late, or was too long: then the payload did not reach the
// person, and the envelope itself is acknowledged all the same.
func (g *Gateway) ack(j *job, payload any) (sent bool) {
	if j.env.ID == "" || !j.acked.CompareAndSwap(false, true) {
		return false
	}
	if m, ok := payload.(chat.Message); ok {
		payload = messagePayloadOf(m)
	}
	ctx, cancel := context.WithDeadline(context.Background(), j.since.Add(3*time.Second))
	defer cancel()
	// A lane that is closing or closed would keep the answer to itself.
	l := j.lane
	if !l.usable() {
		if other := g.otherLane(l); other != nil {
			l = other
		}
	}
	err := l.client.SendCtx(ctx, socketmode.Response{EnvelopeID: j.env.ID, Payload: payload})
	if err != nil && ctx.Err() == nil && payload != nil {
		// Too long for an acknowledgement: 20 KB, which Slack would drop without
		// a word (slack-go issue 1196). The envelope must be acknowledged still.
		g.Log.Debug("an answer does not fit the acknowledgement", "error", err)
		if err := l.client.SendCtx(ctx, socketmode.Response{EnvelopeID: j.env.ID}); err != nil {
			g.Log.Warn("an acknowledgement could not be sent", "error", err)
		}
		return false
	}
	if err != nil {
		g.Log.Warn("an acknowledgement could not be sent", "error", err)
		return false
	}
	g.metrics.answered.WithLabelValues(knownType(j.env.Type)).Observe(time.Since(j.since).Seconds())
	return true
}

func (l *lane) usable() bool {
	w := l.wire.Load()
	return w == nil || !w.closed.Load()
}

func (g *Gateway) otherLane(not *lane) *lane {
	for _, l := range g.openLanes() {
		if l != not && l.up.Load() {
			return l
		}
	}
	return nil
}

// sendElsewhere sends an acknowledgement whose socket broke on another.
func (g *Gateway) sendElsewhere(broken *lane, r socketmode.Response) {
	l := g.otherLane(broken)
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := l.client.SendCtx(ctx, r); err != nil {
		g.Log.Warn("an acknowledgement could not be sent again", "error", err)
	}
}
