package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
)

const (
	// slackWaits is how long Slack waits for an acknowledgement.
	slackWaits = 3 * time.Second
	// maxAck is the size of an acknowledgement that Slack drops without a word
	// (slack-go issue 1196).
	maxAck = 20 << 10
)

// acknowledgement is socketmode.Response as Slack reads it.
type acknowledgement struct {
	EnvelopeID string `json:"envelope_id"`
	Payload    any    `json:"payload,omitempty"`
}

// ack acknowledges an envelope, once. sent is false when it was acknowledged
// before, came too late, or was too long: then the payload did not reach the
// person. What was too long is acknowledged without it.
func (g *Gateway) ack(j *job, payload any) (sent bool) {
	if j.env.ID == "" || !j.acked.CompareAndSwap(false, true) {
		return false
	}
	defer j.paid(g)
	j.late.Stop()
	if a := j.answer.Load(); a != nil {
		a.give(payload)
	}
	space := frames.Get().(*bytes.Buffer)
	frame, fits := g.acknowledgement(space, j.env.ID, payload)
	delivered := g.deliver(j.lane, frame, j.since.Add(slackWaits))
	if !g.proxied { // there slack-go still has it
		frames.Put(space)
	}
	if !delivered {
		g.Log.Warn("an acknowledgement could not be sent", "type", j.env.Type)
		return false
	}
	if fits {
		g.metrics.answered.WithLabelValues(knownType(j.env.Type)).Observe(time.Since(j.since).Seconds())
	}
	return fits
}

// frames is the memory of acknowledgements, by far the most of what an answer
// would have the collector clear away.
var frames = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 8<<10)) }}

// fits reports whether an acknowledgement with that payload is one that Slack
// takes.
func (g *Gateway) fits(envelope string, payload any) bool {
	_, fits := g.acknowledgement(new(bytes.Buffer), envelope, payload)
	return fits
}

// acknowledgement is the frame, written in space; without the payload if it does
// not fit.
func (g *Gateway) acknowledgement(space *bytes.Buffer, envelope string, payload any) (frame json.RawMessage, fits bool) {
	if m, ok := payload.(chat.Message); ok {
		if payload = nil; m.Text != "" || len(m.Blocks) > 0 { // a command that opened a modal says no more
			payload = messagePayloadOf(m)
		}
	}
	frame, err := marshalIn(space, acknowledgement{envelope, payload})
	if err == nil && g.proxied {
		frame, err = json.Marshal(acknowledgement{envelope, payload}) // as slack-go will
	}
	if err == nil && len(frame) < maxAck {
		return frame, true
	}
	g.Log.Debug("an answer does not fit the acknowledgement", "bytes", len(frame), "error", err)
	frame, _ = marshal(acknowledgement{EnvelopeID: envelope})
	return frame, false
}

// deliver writes an acknowledgement on the lane that its envelope came by, or
// on another if that one is closing or closed; if there is none, it waits for
// one until Slack does not wait any more.
func (g *Gateway) deliver(l *lane, frame json.RawMessage, deadline time.Time) bool {
	for {
		if l.up.Load() && l.send(frame, deadline) == nil {
			return true
		}
		for _, other := range g.openLanes() {
			if other != l && other.up.Load() && other.send(frame, deadline) == nil {
				return true
			}
		}
		if time.Now().After(deadline) || g.stopping.Load() { // then none comes any more
			return false
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// send writes a frame on the lane's socket.
func (l *lane) send(frame json.RawMessage, deadline time.Time) error {
	if w := l.wire.Load(); w != nil {
		return w.send(opText, frame)
	}
	// Behind a proxy slack-go writes: what it could not write comes back as an
	// event (drain).
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	var a struct {
		EnvelopeID string          `json:"envelope_id"`
		Payload    json.RawMessage `json:"payload"`
	}
	if err := json.Unmarshal(frame, &a); err != nil {
		return err
	}
	r := socketmode.Response{EnvelopeID: a.EnvelopeID}
	if a.Payload != nil {
		r.Payload = a.Payload
	}
	return l.client.SendCtx(ctx, r)
}
