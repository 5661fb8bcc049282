package gateway

import (
	"context"
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
		if before, first := g.firstTrigger(j, p.TriggerID); first {
			j.answer.Store(g.answers.begin(p.TriggerID))
			g.submission(ctx, j, o, &p)
		} else {
			g.resubmission(j, before, p.TriggerID)
		}
	case "view_closed":
		g.ack(j, nil)
		if v := p.View.view(); v != nil {
			c := chat.Closing{Origin: o, View: *v, Cleared: p.IsCleared}
			if _, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.Router.Closing(ctx, c) }); err != nil {
				g.explain(deedOf(o, "closing", v.Callback), err)
			}
		}
	case "block_suggestion":
		options, err := guard(ctx, g.HandleWithin, func(ctx context.Context) ([]*slack.OptionBlockObject, error) {
			return g.Router.Suggestion(ctx, chat.Suggestion{Origin: o, Action: p.ActionID, Typed: p.Value, View: p.View.view()})
		})
		if err != nil {
			g.explain(deedOf(o, "suggestion", p.ActionID), err)
		}
		if len(options) == 0 {
			g.ack(j, noOptions())
			return
		}
		payload := map[string]any{"options": options}
		for len(options) > 0 && !g.fits(j.env.ID, payload) {
			options = options[:len(options)*3/4] // the best come first
			payload["options"] = options
		}
		g.ack(j, payload)
	case "shortcut", "message_action":
		if before, first := g.firstTrigger(j, p.TriggerID); first {
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
	if before, first := g.seen.first(p.click(), j.env.ID); !first {
		g.repeated(j, before)
		return
	}
	acknowledge := func() { g.ack(j, nil) }
	defer acknowledge()
	for _, a := range p.Actions {
		e := a.entry()
		c := chat.NewClick(chat.Click{Origin: o, Action: a.ActionID, Block: a.BlockID, Value: e.Value, Values: e.Values, At: a.ActionTS, Message: p.place(), View: p.View.view()}, acknowledge)
		_, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.Router.Click(ctx, c) })
		name, _, _ := strings.Cut(a.ActionID, ":")
		acknowledge()
		if d := deedOf(o, "click", name); err == nil {
			g.account(d, outcomeOK, "", nil)
		} else {
			g.tell(ctx, o, g.explain(d, err))
		}
	}
}

// click names a payload of actions.
func (p *interactionPayload) click() string {
	key := "c:" + p.User.ID + "/" + p.place().TS + "/" + p.TriggerID
	for _, a := range p.Actions {
		key += "/" + a.ActionID + "/" + a.ActionTS
	}
	return key
}

// tell answers the one person who did something, wherever they can see it.
func (g *Gateway) tell(ctx context.Context, o chat.Origin, words string) {
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	var err error
	switch {
	case o.Response != "":
		err = g.Respond(ctx, o.Response, chat.Say(words))
	case o.Trigger != "" && time.Since(o.Received) < g.AckWithin:
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

func (g *Gateway) shortcut(ctx context.Context, j *job, o chat.Origin, p *interactionPayload) {
	acknowledge := func() { g.ack(j, nil) }
	s := chat.Shortcut{Origin: o, Callback: p.CallbackID, Text: p.Message.Text}
	if p.Type == "message_action" {
		s.Message = p.place()
	}
	_, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.Router.Shortcut(ctx, s) })
	acknowledge()
	if d := deedOf(o, "shortcut", p.CallbackID); err == nil {
		g.account(d, outcomeOK, "", nil)
	} else {
		g.tell(ctx, o, g.explain(d, err))
	}
}
