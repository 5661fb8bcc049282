package slacksim

import (
	"fmt"
	"time"

	"github.com/google/uuid"
)

// The kinds of envelopes.
const (
	slashCommands = "slash_commands"
	interactive   = "interactive"
	eventsAPI     = "events_api"
)

// ackMost is the size from which on Slack drops acks without a word.
const ackMost = 20480

// outcome is how the delivery of one envelope ended.
type outcome struct {
	failure string // "" = acknowledged in time
	payload obj    // what the ack carried, if it was allowed to
}

// delivery is one line of the ack ledger.
type delivery struct {
	id      string
	kind    string
	accepts bool
	sent    time.Time
	socket  int
	settled bool
	outcome outcome
	after   func(outcome) // what the outcome does; called under s.mu
	done    chan struct{}
}

// finish settles a delivery, once. The caller holds s.mu.
func (d *delivery) finish(o outcome) bool {
	if d.settled {
		return false
	}
	d.settled, d.outcome = true, o
	if d.after != nil {
		d.after(o)
	}
	close(d.done)
	return true
}

// deliver sends an envelope to any open socket and starts its 3 seconds. With
// no socket open a command or click fails at once; an event waits its time out
// and is tried again. The caller holds s.mu.
func (s *Server) deliver(kind string, payload obj, accepts bool, extra obj, after func(outcome)) *delivery {
	d := &delivery{id: uuid.NewString(), kind: kind, accepts: accepts, sent: s.instant(), after: after, done: make(chan struct{})}
	s.sweep()
	s.deliveries[d.id] = d
	envelope := obj{"envelope_id": d.id, "type": kind, "accepts_response_payload": accepts, "payload": payload}
	for k, v := range extra {
		envelope[k] = v
	}
	entry := Entry{Kind: "envelope", Name: kind, EnvelopeID: d.id, Request: clone(envelope)}
	socket := s.live()
	if socket == nil {
		entry.Error = "no socket open"
		s.journal.add(entry)
		if kind != eventsAPI {
			d.finish(outcome{failure: "dispatch_failed"})
			return d
		}
	} else {
		d.socket, entry.Socket = socket.number, socket.number
		s.journal.add(entry)
		s.send(socket, kind, encode(envelope))
	}
	s.deadline(s.opts.AckTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if d.finish(outcome{failure: "operation_timeout"}) {
			s.journal.add(Entry{Kind: "verdict", Name: kind, EnvelopeID: d.id, Socket: d.socket, Error: "operation_timeout"})
		}
	})
	return d
}

// memory is how long the server knows what can be used no more: whoever comes
// late with it hears that it is too late, and after that that it never was.
const memory = 10 * time.Minute

// sweep forgets deliveries, triggers and reply URLs whose time is long over: a
// server that runs for months must not grow by each gesture. The caller holds
// s.mu.
func (s *Server) sweep() {
	now := s.instant()
	if now.Sub(s.swept) < memory {
		return
	}
	s.swept = now
	for id, d := range s.deliveries {
		if d.settled && now.Sub(d.sent) > s.opts.AckTimeout+memory {
			delete(s.deliveries, id)
		}
	}
	for id, t := range s.triggers {
		if now.Sub(t.at) > s.opts.TriggerLife+memory {
			delete(s.triggers, id)
		}
	}
	for path, u := range s.replyURLs {
		if s.Now().Sub(u.made) > replyURLLife+memory {
			delete(s.replyURLs, path)
		}
	}
}

// acked enters an ack into the ledger: it counts within 3 seconds, on whatever
// socket, once, unless the frame was too large or in pieces.
func (s *Server) acked(k *Socket, frame []byte, fragmented bool) {
	entry := Entry{Kind: "ack", Socket: k.number}
	value, err := decode(frame)
	ack, isObject := value.(obj)
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.journal.add(entry) }()
	if err != nil || !isObject {
		entry.Error, entry.Response = "not a JSON object", string(frame)
		return
	}
	entry.EnvelopeID, entry.Response = text(ack, "envelope_id"), clone(ack)
	d := s.deliveries[entry.EnvelopeID]
	if d == nil {
		entry.Error = "unknown envelope_id"
		return
	}
	entry.Name, entry.Latency = d.kind, s.instant().Sub(d.sent)
	switch {
	case len(frame) >= ackMost:
		entry.Error = fmt.Sprintf("dropped: %d bytes, Slack takes less than %d", len(frame), ackMost)
		return
	case fragmented:
		entry.Error = "dropped: sent in more than one frame"
		return
	case d.settled && d.outcome.failure != "":
		entry.Error = "too late"
		return
	case d.settled:
		entry.Error = "acknowledged before"
		return
	}
	payload := object(ack, "payload")
	o := outcome{}
	switch {
	case len(payload) == 0: // {} is Node's way of saying nothing
	case !d.accepts:
		entry.Error = "payload ignored: the envelope accepts none"
	default:
		o.payload = clone(payload)
	}
	d.finish(o)
}

// Events are retried at once, after a minute and after five.
var retryAfter = []time.Duration{0, time.Minute, 5 * time.Minute}

// event sends an event to the app, if it subscribed, and retries it until it
// is acknowledged or has failed four times. The caller holds s.mu.
func (s *Server) event(subscription string, event obj, context string) {
	if !s.subscribed(subscription) {
		return
	}
	payload := obj{
		"token": verification, "team_id": s.team.ID, "api_app_id": s.app.ID, "event": event, "type": "event_callback",
		"event_id": newID("Ev"), "event_time": s.Now().Unix(), "is_ext_shared_channel": false,
		"authorizations": []any{obj{"enterprise_id": nil, "team_id": s.team.ID, "user_id": s.app.BotUser, "is_bot": true, "is_enterprise_install": false}},
		"event_context":  fmt.Sprintf("4-%s-%s-%s-%s", subscription, s.team.ID, s.app.ID, context),
	}
	s.attempt(payload, 0)
}

func (s *Server) attempt(payload obj, n int) {
	extra := obj{"retry_attempt": n, "retry_reason": ""}
	if n > 0 {
		extra["retry_reason"] = "timeout"
	}
	s.deliver(eventsAPI, payload, false, extra, func(o outcome) {
		if o.failure == "" || n >= len(retryAfter) || s.closed {
			return
		}
		s.clock.at(s.Now().Add(retryAfter[n]), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if !s.closed {
				s.attempt(payload, n+1)
			}
		})
	})
}

func (s *Server) subscribed(subscription string) bool {
	for _, name := range s.features.events {
		if name == subscription {
			return true
		}
	}
	return false
}

// announce tells the app of a new message: as a message event of the kind of
// conversation, and as a mention where it is named. The caller holds s.mu.
func (s *Server) announce(r *room, m *message) {
	if !r.has(s.app.BotUser) {
		return
	}
	event := s.wire(r, m)
	for _, key := range []string{"app_id", "reply_count", "reply_users", "reply_users_count", "latest_reply", "metadata"} {
		delete(event, key)
	}
	event["channel"], event["event_ts"] = r.ID, m.ts
	if !m.byApp && r.kind != "im" && namesUser(m.text, s.app.BotUser) {
		mention := clone(event)
		mention["type"] = "app_mention"
		delete(mention, "parent_user_id")
		s.event("app_mention", mention, r.ID)
	}
	event["channel_type"] = r.kind
	s.event(messageEvent(r), event, r.ID)
}

// verification is the legacy token that payloads still carry.
const verification = "verification-token"
