package gateway

import (
	"bytes"
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
	"sopbot/internal/database"
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
	// tellWithin is the time to tell a person how it ended. It does not count
	// against the handler's, so that they hear of it if that ran out.
	tellWithin = 30 * time.Second
)

const (
	fullWords     = "sopbot has more to do than it can right now. Please try again in a moment."
	waitingWords  = "One moment, this takes longer than usual …"
	slowFormWords = "This takes longer than usual. What you typed is still here: please send it again in a moment."
)

// job is one envelope on its way through the bot.
type job struct {
	lane  *lane
	env   envelope
	since time.Time
	acked atomic.Bool
	begun atomic.Bool
	owes  atomic.Bool // an acknowledgement
	late  *time.Timer // acknowledges when Slack is about to give up
	// answer, if set, remembers what is said in the acknowledgement.
	answer atomic.Pointer[answer]
}

// drain takes a lane's events and hands them on. It never waits: a full
// channel would keep slack-go from reconnecting.
func (g *Gateway) drain(ctx context.Context, l *lane) {
	for {
		select {
		case e := <-l.client.Events:
			g.heard(l, e)
		case <-ctx.Done():
			for { // what came before the end
				select {
				case e := <-l.client.Events:
					g.heard(l, e)
				default:
					return
				}
			}
		}
	}
}

// heard deals with one event of a lane.
func (g *Gateway) heard(l *lane, e socketmode.Event) {
	switch e.Type {
	case socketmode.EventTypeConnecting:
		l.up.Store(false)
	case socketmode.EventTypeHello:
		l.up.Store(l.open())
		g.metrics.connects.Inc()
		g.Log.Debug("connected", "socket", l.name)
	case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
		if e.Request != nil {
			g.take(l, envelope{e.Request.EnvelopeID, e.Request.Type, e.Request.Payload})
		}
	case socketmode.EventTypeErrorBadMessage:
		// slack-go could not read it; perhaps we can, and if not, Slack must
		// still hear that it arrived.
		if bad, ok := e.Data.(*socketmode.ErrorBadMessage); ok {
			g.badMessage(l, bad)
		}
	case socketmode.EventTypeErrorWriteFailed:
		// Only behind a proxy: the socket broke under an acknowledgement.
		if failed, ok := e.Data.(*socketmode.ErrorWriteFailed); ok && failed.Response != nil {
			l.up.Store(false)
			frame, _ := g.acknowledgement(new(bytes.Buffer), failed.Response.EnvelopeID, failed.Response.Payload)
			go g.deliver(l, frame, time.Now().Add(time.Second))
		}
	case socketmode.EventTypeConnectionError:
		if ce, ok := e.Data.(*slack.ConnectionErrorEvent); ok {
			g.cannotConnect(l, ce)
		}
	}
}

func (g *Gateway) badMessage(l *lane, bad *socketmode.ErrorBadMessage) {
	if string(bad.Message) == lastWord {
		if w := l.wire.Load(); w != nil {
			w.handed()
		}
		return
	}
	var env envelope
	if err := json.Unmarshal(bad.Message, &env); err != nil || env.ID == "" {
		g.Log.Warn("a frame from Slack could not be read", "error", bad.Cause)
		return
	}
	g.take(l, env)
}

func (g *Gateway) cannotConnect(l *lane, ce *slack.ConnectionErrorEvent) {
	end := func(err error) {
		select {
		case l.ended <- err:
		default:
		}
		l.cancel()
	}
	if errors.Is(ce.ErrorObj, context.Canceled) {
		return // the lane is being left
	}
	if hopeless(ce.ErrorObj) {
		end(ce.ErrorObj)
		return
	}
	g.Log.Warn("cannot connect to Slack; trying again", "socket", l.name, "error", ce.ErrorObj, "in", ce.Backoff.String())
	var limited *slack.RateLimitedError
	var asked time.Duration // by Slack, which means it
	if errors.As(ce.ErrorObj, &limited) {
		asked = limited.RetryAfter
	}
	if ce.Backoff > max(longestWait, asked) {
		end(tooSlow{asked})
	}
}

func (g *Gateway) take(l *lane, env envelope) {
	j := &job{lane: l, env: env, since: time.Now()}
	// Started only now that the job knows it.
	j.late = time.AfterFunc(time.Hour, func() { g.hold(j) })
	j.late.Reset(g.AckWithin)
	g.received.Add(1)
	g.metrics.received.WithLabelValues(knownType(env.Type)).Inc()
	g.busy.begin()
	l.busy.begin()
	g.owed.begin()
	j.owes.Store(true)
	if g.stopping.Load() && env.Type == "events_api" {
		j.end(g) // Slack brings it again
		return
	}
	select {
	case g.jobs <- j:
		g.hire()
	default:
		g.shed(j, fullWords)
	}
}

func (j *job) end(g *Gateway) {
	j.late.Stop()
	j.paid(g)
	g.busy.end()
	j.lane.busy.end()
}

// paid says that nothing more is to be acknowledged.
func (j *job) paid(g *Gateway) {
	if j.owes.CompareAndSwap(true, false) {
		g.owed.end()
	}
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
	g.overloaded(words)
	if j.env.Type == "events_api" {
		j.end(g)
		return
	}
	go func() {
		defer j.end(g)
		payload, url := putOff(j.env, words, words)
		if !g.ack(j, payload) || payload == nil {
			ctx, cancel := context.WithTimeout(forSomebody(context.Background(), j.since), tellWithin)
			defer cancel()
			if url != "" {
				_ = g.Respond(ctx, url, chat.Say(words))
			}
		}
	}()
}

// hold acknowledges what is still being answered, or waits to be, when Slack
// is about to give up on it. An event that nobody has begun with is left to
// come again.
func (g *Gateway) hold(j *job) {
	if j.env.Type == "events_api" && !j.begun.Load() {
		return
	}
	payload, _ := putOff(j.env, waitingWords, slowFormWords)
	g.ack(j, payload)
}

// putOff is an acknowledgement that only puts somebody off, in words where it
// can carry any, and the URL by which they can be told more.
func putOff(env envelope, words, formWords string) (payload any, url string) {
	switch env.Type {
	case "slash_commands":
		var p commandPayload
		_ = lenient(env.Payload, &p)
		return chat.Say(words), p.ResponseURL
	case "interactive":
		var p interactionPayload
		if lenient(env.Payload, &p) != nil {
			return nil, ""
		}
		switch {
		case p.Type == "view_submission" && p.View != nil:
			return p.View.refusal(formWords), ""
		case p.Type == "block_suggestion":
			return noOptions(), ""
		}
		return nil, p.ResponseURL
	}
	return nil, ""
}

func (g *Gateway) worker() {
	tired := time.NewTimer(idleWorker)
	defer tired.Stop()
	for {
		select {
		case <-g.done:
			return
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
	defer j.end(g)
	j.begun.Store(true)
	ctx := forSomebody(context.Background(), j.since)
	defer func() {
		if p := recover(); p != nil {
			code := faultCode()
			g.metrics.panics.WithLabelValues("envelope").Inc()
			g.Log.Error("fault", "code", code, "type", j.env.Type, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			words, _ := chat.Words(fmt.Errorf("panic: %v", p), code)
			payload, _ := putOff(j.env, words, words)
			g.ack(j, payload)
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
	if before, first := g.firstTrigger(j, p.TriggerID); !first {
		g.repeated(j, before)
		return
	}
	c := chat.Command{
		Origin: chat.Origin{Team: p.TeamID, Person: p.UserID, Channel: p.ChannelID, Trigger: p.TriggerID, Response: p.ResponseURL, Received: j.since},
		Name:   p.Command, Text: p.Text,
	}
	m, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (chat.Message, error) { return g.Router.Command(ctx, c) })
	d := deed{"command", p.Command, p.UserID, p.ChannelID, j.since, p.Text}
	if err != nil {
		m = chat.Say(g.explain(d, err))
	}
	arrived := g.ack(j, m)
	if err == nil {
		g.account(d, outcomeOK, "", nil)
	}
	if arrived || m.Text == "" && len(m.Blocks) == 0 { // a form that was opened says it all
		return
	}
	// Slack waits no longer, or would not take it; the response URL does.
	g.metrics.lateAcks.Inc()
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	if err := g.Respond(ctx, p.ResponseURL, m); err != nil {
		g.Log.Error("an answer did not reach the person", "command", p.Command, "error", err)
	}
}

// guard runs a handler. It ends its time, and turns a panic into an error, so
// that the person hears of it.
func guard[T any](ctx context.Context, within time.Duration, run func(context.Context) (T, error)) (out T, err error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = &panicked{p, debug.Stack()}
		}
	}()
	return run(ctx)
}

// storeWords says of a database that takes nothing what a person can do about
// it; "" of any other fault.
func storeWords(err error, code string) string {
	why, then := "", ""
	switch {
	case errors.Is(err, database.ErrAway):
		// Whether it was written before the server went nobody knows; but a form
		// or click that comes again is known by its key.
		return fmt.Sprintf("sopbot's database does not answer just now. Send it again in a minute: a form that is open keeps what you typed, and what was kept already is not done twice. If it stays so, tell whoever runs sopbot the code *%s*.", code)
	case errors.Is(err, database.ErrFull):
		why, then = "the disk of its database is full", "to make room"
	case errors.Is(err, database.ErrReadOnly):
		why, then = "its database lets nothing be written", "to look after it"
	case errors.Is(err, database.ErrTaken):
		why, then = "its database file was moved away", "to put it back"
	default:
		return ""
	}
	return fmt.Sprintf("sopbot cannot keep anything just now: %s. Nothing was changed, and a form that is open keeps what you typed. Ask whoever runs sopbot %s (code *%s*), then send it again.", why, then, code)
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
