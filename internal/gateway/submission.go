package gateway

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
)

// submission answers a modal that was sent.
func (g *Gateway) submission(ctx context.Context, j *job, o chat.Origin, p *interactionPayload) {
	v := p.View.view()
	if v == nil {
		g.ack(j, nil)
		return
	}
	sent := chat.Submission{Origin: o, View: *v}
	answer, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (chat.Answer, error) { return g.Router.Submission(ctx, sent) })
	d, outcome := deedOf(o, "submission", v.Callback), outcomeOK
	var fields chat.FieldErrors
	switch {
	case errors.As(err, &fields):
		answer, outcome = chat.Answer{Errors: fields}, outcomeRefused
	case err != nil:
		if words := g.explain(d, err); !g.ack(j, p.View.refusal(words)) {
			g.tell(ctx, o, words)
		}
		return
	}
	answer.Errors = p.View.placed(answer.Errors)
	defer g.account(d, outcome, "", nil)
	ctx, cancel := context.WithTimeout(ctx, tellWithin)
	defer cancel()
	if len(answer.Errors) == 0 {
		defer g.submitted(ctx, sent)
	}
	payload := answerPayload(answer)
	if !g.fits(j.env.ID, payload) {
		g.large(ctx, j, o, p.View, answer)
		return
	}
	if g.ack(j, payload) {
		return
	}
	// The form was kept open in the meantime, with the words to send it again.
	g.metrics.lateAcks.Inc()
	after := answer.Update
	if after == nil {
		after = answer.Push // nothing can be put on top any more
	}
	switch {
	case len(answer.Errors) > 0:
		return // which will then be said
	case after == nil:
		words := chat.Modal("", "sopbot", "", "Close", "", chat.TextBlocks("It took long, but it went through. There is no need to send it again."))
		after = &words
	}
	if err := g.UpdateView(ctx, v.ID, "", *after); err != nil {
		g.Log.Error("a view could not be updated", "callback", v.Callback, "error", err)
	}
}

// submitted tells of a modal that went through, after all that Slack had to be
// told of it. Whoever sent it has their answer, whatever comes of this.
func (g *Gateway) submitted(ctx context.Context, s chat.Submission) {
	_, err := guard(ctx, g.HandleWithin, func(ctx context.Context) (struct{}, error) { return struct{}{}, g.Router.Submitted(ctx, s) })
	if err != nil {
		g.Log.Warn("what lies beneath a form could not be brought up to date", "callback", s.View.Callback, "error", err)
	}
}

// large answers with a view that does not fit the acknowledgement: that brings
// a small one, whose place the large one takes by a call. An acknowledgement
// without a view would close the form.
func (g *Gateway) large(ctx context.Context, j *job, o chat.Origin, v *viewPayload, a chat.Answer) {
	view, small := a.Update, chat.Modal("", "sopbot", "", "Close", "", chat.TextBlocks("One moment …"))
	if a.Meanwhile != nil && view != nil {
		small = *a.Meanwhile
	}
	answer := chat.Answer{Update: &small}
	if view == nil {
		view = a.Push
		answer = chat.Answer{Push: &small}
	}
	if view == nil {
		g.Log.Error("the complaints about a form are too long", "callback", v.CallbackID)
		g.ack(j, v.refusal("There is too much to say about what was filled in. Please check each field."))
		return
	}
	if view.Title != nil {
		small.Title = view.Title
	}
	small.ExternalID = "sopbot-" + j.env.ID
	external, id := small.ExternalID, ""
	switch {
	case !g.ack(j, answerPayload(answer)):
		external, id = "", v.ID // acknowledged meanwhile; the form is still there
	case view.ExternalID == "":
		// Its name stays, so that another try finds it after a lost answer.
		named := *view
		named.ExternalID = external
		view = &named
	}
	var err error
	// Slack may be at the acknowledgement still when the call arrives; then it
	// knows of no such view yet.
	for pause := 50 * time.Millisecond; pause < 4*time.Second; pause *= 2 {
		err = g.slack.call(ctx, "views.update", func() error {
			_, err := g.api.UpdateViewContext(ctx, *view, external, "", id)
			return err
		})
		after, again := viewAgain(err)
		if !again || wait(ctx, max(pause, after)) != nil {
			break
		}
	}
	var refused slack.SlackErrorResponse
	switch {
	case err == nil:
	case errors.As(err, &refused) && refused.Err == "not_found":
		g.Log.Info("a view was closed before it was filled", "callback", v.CallbackID)
	default:
		g.Log.Error("a view could not be updated", "callback", v.CallbackID, "error", err)
		g.tell(ctx, o, "What you sent went through, but Slack did not show what comes next. Please open it again.")
	}
}

// viewAgain says whether it is worth another try to update a view, which may
// be done twice without harm, and how long Slack wants that to wait.
func viewAgain(err error) (after time.Duration, again bool) {
	var refused slack.SlackErrorResponse
	var rate *slack.RateLimitedError
	switch {
	case err == nil:
		return 0, false
	case errors.As(err, &rate):
		return rate.RetryAfter, true
	case errors.As(err, &refused):
		v, after := judgeCode(refused.Err)
		return after, refused.Err == "not_found" || v == unknown || v == limited
	}
	return 0, true
}

// answerPayload is what the acknowledgement of a modal says.
func answerPayload(a chat.Answer) any {
	type payload struct {
		Action string                  `json:"response_action"`
		Errors chat.FieldErrors        `json:"errors,omitempty"`
		View   *slack.ModalViewRequest `json:"view,omitempty"`
	}
	switch {
	case len(a.Errors) > 0:
		return payload{Action: "errors", Errors: a.Errors}
	case a.Update != nil:
		return payload{Action: "update", View: a.Update}
	case a.Push != nil:
		return payload{Action: "push", View: a.Push}
	case a.Clear:
		return payload{Action: "clear"}
	}
	return nil
}

// refusal says words in a modal that was sent. They stand at its first input,
// so that what was typed stays; where there is none, they take its place.
func (v *viewPayload) refusal(words string) any {
	for _, b := range v.Blocks {
		if b.Type == "input" && b.BlockID != "" {
			return answerPayload(chat.Answer{Errors: chat.FieldErrors{b.BlockID: chat.Plain(words)}})
		}
	}
	m := chat.Modal("", "sopbot", "", "Close", "", chat.TextBlocks(words))
	return answerPayload(chat.Answer{Update: &m})
}

// placed puts sentences at inputs that the view does not have, which Slack would
// take for a failure of the app, at its first input.
func (v *viewPayload) placed(fields chat.FieldErrors) chat.FieldErrors {
	out, first, stray := chat.FieldErrors{}, "", []string{}
	for _, b := range v.Blocks {
		if b.Type != "input" {
			continue
		}
		first = cmp.Or(first, b.BlockID)
		if words, ok := fields[b.BlockID]; ok {
			out[b.BlockID] = words
		}
	}
	for _, block := range slices.Sorted(maps.Keys(fields)) {
		if _, ok := out[block]; !ok {
			stray = append(stray, fields[block])
		}
	}
	if first == "" || len(stray) == 0 {
		return fields
	}
	out[first] = strings.TrimSpace(strings.Join(append([]string{out[first]}, stray...), " "))
	return out
}

// noOptions answers a select that nobody has options for.
func noOptions() any { return map[string]any{"options": []*slack.OptionBlockObject{}} }
