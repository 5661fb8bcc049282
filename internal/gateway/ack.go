package gateway

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
)

// maxAck is what Slack takes of an acknowledgement; it drops more without a
// word (slack-go issue 1196).
const maxAck = 20 << 10

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
	var raw json.RawMessage
	if payload != nil {
		var err error
		// Written just as slack-go will write it again, so that the length holds.
		if raw, err = json.Marshal(payload); err != nil {
			g.Log.Error("an answer could not be written", "error", err)
			raw = nil
		} else if len(raw)+len(j.env.ID)+40 >= maxAck {
			g.Log.Debug("an answer is too long for the acknowledgement", "bytes", len(raw))
			raw = nil
		} else {
			sent = true
		}
	} else {
		sent = true
	}
	response := socketmode.Response{EnvelopeID: j.env.ID}
	if raw != nil {
		response.Payload = raw
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
	if err := l.client.SendCtx(ctx, response); err != nil {
		g.Log.Warn("an acknowledgement could not be sent", "error", err)
		return false
	}
	g.metrics.answered.WithLabelValues(knownType(j.env.Type)).Observe(time.Since(j.since).Seconds())
	return sent
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
