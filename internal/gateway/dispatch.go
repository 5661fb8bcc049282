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

func (g *Gateway) interaction(ctx context.Context, j *job) {
	var p interactionPayload
	if err := lenient(j.env.Payload, &p); err != nil {
		g.Log.Warn("an interaction could not be read", "error", err)
		g.ack(j, nil)
		return
	}
	o := chat.Origin{Team: p.Team.ID, Person: p.User.ID, Channel: p.place().Channel, Trigger: p.TriggerID, Response: p.ResponseURL, Received: j.since}
	switch p.Type {
	case "block_actions":
		g.clicks(ctx, j, o, &p)
	case "view_submission":
		g.submission(ctx, j, o, &p)
	case "view_closed":
		g.ack(j, nil)
		if v := p.View.view(); v != nil {
			if err := g.Router.Closing(ctx, chat.Closing{Origin: o, View: *v, Cleared: p.IsCleared}); err != nil {
				g.explain(err, "closing", v.Callback)
			}
		}
	case "block_suggestion":
		options, err := guard(func() ([]*slack.OptionBlockObject, error) {
			return g.Router.Suggestion(ctx, chat.Suggestion{Origin: o, Action: p.ActionID, Typed: p.Value, View: p.View.view()})
		})
		if err != nil {
			g.explain(err, "suggestion", p.ActionID)
		}
		if options == nil {
			options = []*slack.OptionBlockObject{}
		}
		g.ack(j, map[string]any{"options": options})
	case "shortcut", "message_action":
		if before, first := g.seen.first("t:"+p.TriggerID, j.env.ID); first || p.TriggerID == "" {
			g.shortcut(ctx, j, o, &p)
		} else {
			g.repeated(j, before)
		}
	default:
		g.Log.Warn("an interaction of an unknown type was acknowledged and left alone", "type", p.Type)
		g.ack(j, nil)
	}
}

// clicks answers a block_actions payload: one acknowledgement, and each of
// its actions once and in order.
func (g *Gateway) clicks(ctx context.Context, j *job, o chat.Origin, p *interactionPayload) {
	acknowledge := func() { g.ack(j, nil) }
	late := time.AfterFunc(ackWithin-time.Since(j.since), acknowledge)
	defer late.Stop()
	defer acknowledge()
	for _, a := range p.Actions {
		key := "c:" + o.Person + "/" + p.place().TS + "/" + a.ActionID + "/" + a.ActionTS + "/" + p.TriggerID
		if _, first := g.seen.first(key, j.env.ID); !first {
			g.metrics.twice.Inc()
			continue
		}
		e := a.entry()
		c := chat.NewClick(chat.Click{Origin: o, Action: a.ActionID, Block: a.BlockID, Value: e.Value, Values: e.Values, At: a.ActionTS, Message: p.place(), View: p.View.view()}, acknowledge)
		_, err := guard(func() (struct{}, error) { return struct{}{}, g.Router.Click(ctx, c) })
		name, _, _ := strings.Cut(a.ActionID, ":")
		if err == nil {
			g.metrics.outcomes.WithLabelValues("click", name, "ok").Inc()
			continue
		}
		acknowledge()
		g.tell(ctx, o, g.explain(err, "click", name))
	}
}

// tell answers the one person who did something, wherever they can see it.
func (g *Gateway) tell(ctx context.Context, o chat.Origin, words string) {
	var err error
	switch {
	case o.Response != "":
		err = g.Respond(ctx, o.Response, chat.Say(words))
	case o.Trigger != "" && time.Since(o.Received) < ackWithin:
		view := chat.Modal("", "sopbot", "", "Close", "", chat.TextBlocks(words))
		// From a modal it goes on top; from Home it opens.
		if err = g.PushView(ctx, o.Trigger, view); err != nil {
			_, err = g.Post(ctx, o.Person, chat.Say(words))
		}
	default:
		_, err = g.Post(ctx, o.Person, chat.Say(words))
	}
	if err != nil {
		g.Log.Error("a sentence did not reach the person", "error", err)
	}
}

func (g *Gateway) submission(ctx context.Context, j *job, o chat.Origin, p *interactionPayload) {
	v := p.View.view()
	if v == nil {
		g.ack(j, nil)
		return
	}
	late := time.AfterFunc(ackWithin-time.Since(j.since), func() {
		g.ack(j, submissionPayload(chat.Answer{}, chat.Refusal("This takes longer than usual. What you typed is still here: please send it again in a moment."), v, ""))
	})
	defer late.Stop()
	answer, err := guard(func() (chat.Answer, error) { return g.Router.Submission(ctx, chat.Submission{Origin: o, View: *v}) })
	words := ""
	if err != nil {
		var fields chat.FieldErrors
		if errors.As(err, &fields) {
			answer, err = chat.Answer{Errors: fields}, nil
		} else {
			words = g.explain(err, "submission", v.Callback)
		}
	}
	if err == nil {
		g.metrics.outcomes.WithLabelValues("submission", v.Callback, "ok").Inc()
	}
	payload := submissionPayload(answer, err, v, words)
	if g.ack(j, payload) {
		return
	}
	// A view of 20 KB and more does not fit the acknowledgement: the form is
	// kept open by the acknowledgement and changed by a call.
	if view := answer.Update; view != nil {
		if err := g.UpdateView(ctx, v.ID, "", *view); err != nil {
			g.Log.Error("a view could not be updated", "callback", v.Callback, "error", err)
		}
	}
}

// submissionPayload is what the acknowledgement of a modal says. Errors that
// belong to no field stand at the first input, so that what was typed stays.
func submissionPayload(a chat.Answer, err error, v *chat.View, words string) any {
	if err != nil {
		if words == "" {
			words, _ = chat.Words(err, "")
		}
		first := ""
		for block := range v.State {
			if first == "" || block < first {
				first = block
			}
		}
		if first == "" {
			m := chat.Modal("", "sopbot", "", "Close", "", chat.TextBlocks(words))
			return map[string]any{"response_action": "update", "view": m}
		}
		return map[string]any{"response_action": "errors", "errors": map[string]string{first: chat.Plain(words)}}
	}
	switch {
	case len(a.Errors) > 0:
		return map[string]any{"response_action": "errors", "errors": a.Errors}
	case a.Update != nil:
		return map[string]any{"response_action": "update", "view": a.Update}
	case a.Push != nil:
		return map[string]any{"response_action": "push", "view": a.Push}
	case a.Clear:
		return map[string]any{"response_action": "clear"}
	}
	return nil
}

func (g *Gateway) shortcut(ctx context.Context, j *job, o chat.Origin, p *interactionPayload) {
	acknowledge := func() { g.ack(j, nil) }
	late := time.AfterFunc(ackWithin-time.Since(j.since), acknowledge)
	defer late.Stop()
	s := chat.Shortcut{Origin: o, Callback: p.CallbackID, Text: p.Message.Text}
	if p.Type == "message_action" {
		s.Message = p.place()
	}
	_, err := guard(func() (struct{}, error) { return struct{}{}, g.Router.Shortcut(ctx, s) })
	acknowledge()
	if err != nil {
		g.tell(ctx, o, g.explain(err, "shortcut", p.CallbackID))
		return
	}
	g.metrics.outcomes.WithLabelValues("shortcut", p.CallbackID, "ok").Inc()
}

func (g *Gateway) event(ctx context.Context, j *job) {
	var p eventPayload
	if err := lenient(j.env.Payload, &p); err != nil {
		g.Log.Warn("an event could not be read", "error", err)
		g.ack(j, nil)
		return
	}
	e := p.Event
	mention := e.Type == "app_mention"
	direct := e.Type == "message" && e.ChannelType == "im"
	switch {
	case !mention && !direct,
		e.Subtype != "" && e.Subtype != "file_share" && e.Subtype != "thread_broadcast", // edits, joins, …
		e.BotID != "", e.User == "", e.User == g.self.User:
		g.ack(j, nil)
		return
	}
	key := "e:" + p.EventID
	if p.EventID != "" {
		if earlier, first := g.seen.first(key, j.env.ID); !first {
			g.repeated(j, earlier)
			return
		}
		if before, err := g.answeredBefore(ctx, key); err != nil {
			g.Log.Error("looking up an event", "error", err)
		} else if before {
			g.metrics.twice.Inc()
			g.ack(j, nil)
			return
		}
	}
	late := time.AfterFunc(ackWithin-time.Since(j.since), func() { g.ack(j, nil) })
	defer late.Stop()
	m := chat.Mention{
		Origin: chat.Origin{Team: p.TeamID, Person: e.User, Channel: e.Channel, Received: j.since},
		Event:  p.EventID, Text: withoutSelf(e.Text, g.self.User), Direct: direct,
		Place: chat.Place{Channel: e.Channel, TS: e.TS, Thread: e.ThreadTS},
	}
	_, err := guard(func() (struct{}, error) { return struct{}{}, g.Router.Mention(ctx, m) })
	if err != nil {
		words := g.explain(err, "mention", e.Type)
		if _, err := g.Post(ctx, e.Channel, chat.Message{Text: words, Thread: m.Thread()}); err != nil {
			g.Log.Error("an answer did not reach the person", "event", e.Type, "error", err)
		}
	} else {
		g.metrics.outcomes.WithLabelValues("mention", e.Type, "ok").Inc()
	}
	if p.EventID != "" {
		if err := g.rememberAnswered(ctx, key); err != nil {
			g.Log.Error("remembering an event", "error", err)
		}
	}
	// Only now: what was not answered before a crash, Slack brings again.
	g.ack(j, nil)
}

// withoutSelf takes the bot's own mention out of a text.
func withoutSelf(text, self string) string {
	if self == "" {
		return text
	}
	for {
		start := strings.Index(text, "<@"+self)
		if start < 0 {
			return strings.TrimSpace(text)
		}
		end := strings.IndexByte(text[start:], '>')
		if end < 0 {
			return strings.TrimSpace(text)
		}
		text = text[:start] + " " + text[start+end+1:]
	}
}
