package gateway

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
)

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
