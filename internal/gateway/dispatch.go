package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
)

const (
	// maxQueued is how many envelopes may wait for a worker; what comes after
	// is refused at once rather than answered too late.
	maxQueued = 2048
	// maxWorkers bounds what runs at a time. Most of it is quick; calls to
	// Slack are not.
	maxWorkers = 256
	// idleWorker is how long a worker waits for more before it goes.
	idleWorker = 20 * time.Second
	// ackWithin leaves half a second of Slack's three for the way back.
	ackWithin = 2500 * time.Millisecond
	// handleWithin ends a handler that does not come back.
	handleWithin = 25 * time.Second
)

// job is one envelope on its way through the bot.
type job struct {
	lane  *lane
	env   envelope
	since time.Time
	acked atomic.Bool
}

// drain takes a lane's events and hands them on. It never waits: a full
// channel would keep slack-go from reconnecting.
func (g *Gateway) drain(ctx context.Context, l *lane) {
	for {
		var e socketmode.Event
		select {
		case <-ctx.Done():
			return
		case e = <-l.client.Events:
		}
		switch e.Type {
		case socketmode.EventTypeHello:
			l.up.Store(true)
			l.greeted.Do(func() { close(l.hello) })
			g.Log.Debug("connected", "socket", l.name)
		case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
			if e.Request != nil {
				g.take(l, envelope{e.Request.EnvelopeID, e.Request.Type, e.Request.Payload})
			}
		case socketmode.EventTypeErrorBadMessage:
			// slack-go could not read it; perhaps we can, and if not, Slack must
			// still hear that it arrived.
			if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
				var env envelope
				if err := json.Unmarshal(bad.Message, &env); err != nil || env.ID == "" {
					g.Log.Warn("a frame from Slack could not be read", "error", bad.Cause)
					continue
				}
				g.take(l, env)
			}
		case socketmode.EventTypeErrorWriteFailed:
			// The socket broke under an acknowledgement; any other will do.
			if failed, ok := e.Data.(*socketmode.ErrorWriteFailed); ok && failed.Response != nil {
				go g.sendElsewhere(l, *failed.Response)
			}
		case socketmode.EventTypeConnectionError:
			l.up.Store(false)
			if ce, ok := e.Data.(*slack.ConnectionErrorEvent); ok {
				g.Log.Warn("cannot connect to Slack; trying again", "socket", l.name, "error", ce.ErrorObj, "in", ce.Backoff.String())
				if ce.Backoff > longestWait {
					select {
					case l.ended <- errTooSlow:
					default:
					}
					l.cancel()
				}
			}
		case socketmode.EventTypeIncomingError:
			l.up.Store(false)
		}
	}
}

func (g *Gateway) take(l *lane, env envelope) {
	j := &job{lane: l, env: env, since: time.Now()}
	g.metrics.received.WithLabelValues(knownType(env.Type)).Inc()
	if g.stopping.Load() {
		g.shed(j, "sopbot is being restarted. Please try again in a few seconds.")
		return
	}
	g.busy.begin()
	l.busy.begin()
	select {
	case g.jobs <- j:
	default:
		g.busy.end()
		l.busy.end()
		g.shed(j, "sopbot has more to do than it can right now. Please try again in a moment.")
		return
	}
	g.hire()
}

// hire takes on a worker if more is waiting than workers are idle.
func (g *Gateway) hire() {
	if n := g.workers.Load(); n < maxWorkers && int32(len(g.jobs)) > g.idle.Load() && g.workers.CompareAndSwap(n, n+1) {
		g.idle.Add(1)
		go g.worker()
	}
}

func knownType(t string) string {
	switch t {
	case "slash_commands", "interactive", "events_api":
		return t
	}
	return "other"
}

// shed refuses an envelope without doing anything about it. Events are left
// unacknowledged, so that Slack brings them again.
func (g *Gateway) shed(j *job, words string) {
	g.metrics.shed.Inc()
	switch j.env.Type {
	case "slash_commands":
		go g.ack(j, chat.Say(words))
	case "interactive":
		go func() {
			var p interactionPayload
			if lenient(j.env.Payload, &p) == nil && p.Type == "view_submission" {
				if g.ack(j, submissionPayload(chat.Answer{}, chat.Refusal(words), p.View.view(), "")) {
					return
				}
			}
			g.ack(j, nil)
			if p.ResponseURL != "" {
				ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
				defer cancel()
				_ = g.Respond(ctx, p.ResponseURL, chat.Say(words))
			}
		}()
	case "events_api":
	default:
		go g.ack(j, nil)
	}
}

func (g *Gateway) worker() {
	tired := time.NewTimer(idleWorker)
	defer tired.Stop()
	for {
		select {
		case j := <-g.jobs:
			g.idle.Add(-1)
			// Whoever counted on this worker for the next one was mistaken.
			g.hire()
			g.work(j)
			g.idle.Add(1)
			tired.Reset(idleWorker)
		case <-tired.C:
			// The last worker stays, so that nothing waits unseen.
			if n := g.workers.Load(); n > 1 && g.workers.CompareAndSwap(n, n-1) {
				g.idle.Add(-1)
				g.hire()
				return
			}
			tired.Reset(idleWorker)
		}
	}
}

// work answers one envelope. Whatever happens in it, the process goes on and
// the person gets an answer.
func (g *Gateway) work(j *job) {
	defer g.busy.end()
	defer j.lane.busy.end()
	ctx, cancel := context.WithTimeout(context.Background(), handleWithin)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			code := faultCode()
			g.Log.Error("fault", "code", code, "type", j.env.Type, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			g.ack(j, nil)
		}
	}()
	switch j.env.Type {
	case "slash_commands":
		g.command(ctx, j)
	case "interactive":
		g.interaction(ctx, j)
	case "events_api":
		g.event(ctx, j)
	default:
		g.Log.Warn("an envelope of an unknown type was acknowledged and left alone", "type", j.env.Type)
		g.ack(j, nil)
	}
}

// lenient reads JSON and lets pass a field of another type than expected.
func lenient(raw json.RawMessage, into any) error {
	err := json.Unmarshal(raw, into)
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) && wrongType.Field != "" {
		return nil
	}
	return err
}

func (g *Gateway) command(ctx context.Context, j *job) {
	var p commandPayload
	if err := lenient(j.env.Payload, &p); err != nil {
		g.Log.Warn("a command could not be read", "error", err)
		g.ack(j, chat.Say("sopbot could not read that command. Please try again."))
		return
	}
	if p.TriggerID != "" {
		if before, first := g.seen.first("t:"+p.TriggerID, j.env.ID); !first {
			g.repeated(j, before)
			return
		}
	}
	c := chat.Command{
		Origin: chat.Origin{Team: p.TeamID, Person: p.UserID, Channel: p.ChannelID, Trigger: p.TriggerID, Response: p.ResponseURL, Received: j.since},
		Name:   p.Command, Text: p.Text,
	}
	late := time.AfterFunc(ackWithin-time.Since(j.since), func() {
		g.ack(j, chat.Say("One moment, this takes longer than usual …"))
	})
	defer late.Stop()
	m, err := guard(func() (chat.Message, error) { return g.Router.Command(ctx, c) })
	if err != nil {
		m = chat.Say(g.explain(err, "command", p.Command))
	} else {
		g.metrics.outcomes.WithLabelValues("command", p.Command, "ok").Inc()
	}
	if g.ack(j, m) {
		return
	}
	// Slack waits no longer, or would not take it; the response URL does.
	g.metrics.lateAcks.Inc()
	if err := g.Respond(ctx, p.ResponseURL, m); err != nil {
		g.Log.Error("an answer did not reach the person", "command", p.Command, "error", err)
	}
}

// guard turns a panic into an error, so that the person hears of it.
func guard[T any](run func() (T, error)) (out T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return run()
}

// explain gives the words for a person; a fault gets a code that is logged.
func (g *Gateway) explain(err error, kind, name string) string {
	code := faultCode()
	words, fault := chat.Words(err, code)
	if fault {
		g.Log.Error("fault", "code", code, "type", kind, "name", name, "error", err)
		g.metrics.outcomes.WithLabelValues(kind, name, "fault").Inc()
	} else {
		g.metrics.outcomes.WithLabelValues(kind, name, "refused").Inc()
	}
	return words
}

// faultCode is short enough to be read out on the phone: without letters and
// digits that look alike.
func faultCode() string {
	const letters = "ACDEFHJKMNPRTWXY34679"
	var raw [5]byte
	_, _ = rand.Read(raw[:])
	var b strings.Builder
	b.WriteString("E-")
	for _, r := range raw {
		b.WriteByte(letters[int(r)%len(letters)])
	}
	return b.String()
}
