package handoff

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// by is who somebody is to a handoff. To decide for others takes a manager
// whom the playbook names: where it names none, only the AE decides.
func (h *Handoffs) by(ctx context.Context, person string) (By, error) {
	p, err := h.Roster.Person(ctx, person)
	if errors.Is(err, chat.ErrNobody) || p.Guest || p.Deactivated {
		return By{}, chat.Refuse("Only members of the team can work with handoffs.")
	}
	if err != nil {
		return By{}, err
	}
	if h.Roster.Open(roster.Manager) {
		return By{Person: person}, nil
	}
	manager, err := h.Roster.Has(ctx, person, roster.Manager)
	if err != nil {
		h.Log.Warn("a role could not be checked", "person", person, "error", err)
	}
	return By{Person: person, Manager: manager, Unsure: err != nil}, nil
}

// reassigner is by, but that where the playbook names no manager, everyone is
// one: a handoff to somebody on holiday must not be stuck.
func (h *Handoffs) reassigner(ctx context.Context, person string) (By, error) {
	b, err := h.by(ctx, person)
	b.Manager = b.Manager || h.Roster.Open(roster.Manager)
	return b, err
}

// change is what somebody does to a handoff: the rule, and the name under
// which it is recorded.
type change struct {
	id     string
	person string
	kind   string
	from   lead.Origin
	rule   func(Handoff) (Handoff, error)
	detail func(Handoff) any // nil = nothing
}

// apply does it: rule, row, trail, lead, and every copy of the card, in one
// transaction.
func (h *Handoffs) apply(ctx context.Context, c change) (before, after Handoff, err error) {
	err = h.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if before, err = ByID(tx, c.id); err != nil {
			return err
		}
		if after, err = c.rule(before); err != nil {
			return err
		}
		return h.put(tx, before, after, c)
	})
	return before, after, err
}

// put stores what the rule made of a handoff, with all that follows from it.
func (h *Handoffs) put(tx *database.Tx, before, after Handoff, c change) error {
	if err := store(tx, before, after); err != nil {
		return err
	}
	var detail any
	if c.detail != nil {
		detail = c.detail(after)
	}
	if err := h.record(tx, after, c.kind, c.person, c.from, detail); err != nil {
		return err
	}
	var err error
	switch after.Status.(type) {
	case Accepted:
		if _, err = h.Leads.Move(tx, after.Lead, lead.Accepted); err == nil && h.OnAccepted != nil {
			err = h.OnAccepted(tx, after)
		}
	case Declined:
		_, err = h.Leads.Move(tx, after.Lead, lead.Returned)
	}
	if err != nil {
		return err
	}
	return h.repost(tx, before, after, c.person)
}

// errNotSenders is ErrNotYours for an answer, which is the sender's.
var errNotSenders = fmt.Errorf("%w: it is the sender's to answer", ErrNotYours)

// reply is Reply, with the error that says whose it is.
func reply(on Handoff, by By, text Words, at time.Time) (Handoff, error) {
	after, err := on.Reply(by, text, at)
	if errors.Is(err, ErrNotYours) {
		err = errNotSenders
	}
	return after, err
}

// told turns what the rules say into words for the person.
func (h *Handoffs) told(ctx context.Context, id string, err error) error {
	var on Handoff
	if err == nil {
		return nil
	}
	if load := h.DB.Read(ctx, func(tx *database.Tx) (err error) { on, err = ByID(tx, id); return err }); load != nil && !errors.Is(load, ErrGone) {
		return errors.Join(err, load)
	}
	switch {
	case errors.Is(err, ErrGone):
		return chat.Refuse("This handoff is no longer there.")
	case errors.Is(err, ErrAnswered):
		return chat.Refuse("This handoff %s", h.decidedWords(on))
	case errors.Is(err, errNotSenders):
		return chat.Refuse("Only %s or a manager answers this question, so nothing was changed.", chat.Person(on.Sender))
	case errors.Is(err, ErrNotYours):
		return chat.Refuse("Only %s or a manager decides about this handoff, so nothing was changed.", chat.Person(on.AE))
	case errors.Is(err, ErrPending):
		return chat.Refuse("A question is open already: the clock stands still until %s has answered it.", chat.Person(on.Sender))
	case errors.Is(err, ErrNotAsked):
		return chat.Refuse("That question has its answer already.")
	case errors.Is(err, ErrUnsure):
		return chat.Refuse("Slack does not answer just now, so sopbot cannot check whether you are a manager. Nothing was changed. Please try again in a minute.")
	}
	return err
}

func (h *Handoffs) load(ctx context.Context, id string) (on Handoff, err error) {
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		on, err = ByID(tx, id)
		return err
	})
	return on, err
}

// accept is the click on Accept.
func (h *Handoffs) accept(ctx context.Context, c chat.Click) error {
	by, err := h.by(ctx, c.Person)
	if err != nil {
		return err
	}
	_, _, err = h.apply(ctx, change{id: c.Value, person: c.Person, kind: string(playbook.EventHandoffAccepted), from: lead.FromClick,
		rule: func(on Handoff) (Handoff, error) { return on.Accept(by, h.Now()) }})
	if err != nil || !c.Message.Ephemeral {
		return h.told(ctx, c.Value, err)
	}
	// It was clicked in a list, which does not change by itself.
	c.Acknowledge()
	m, err := h.list(ctx, c.Person)
	if err != nil { // it is accepted all the same
		m = chat.Say(":white_check_mark: You accepted it.")
	}
	m.Replace = true
	return h.Slack.Respond(ctx, c.Response, m)
}

// The small forms of a decision. They are the bot's own; the reasons come from
// the playbook.
func wordsPage(id, title, submit string, f playbook.Field) *playbook.Page {
	f.Type, f.Required, f.Max = playbook.FieldLongText, true, "2000"
	return &playbook.Page{ID: id, Title: title, Form: &playbook.Form{Submit: submit, Fields: []playbook.Field{f}}}
}

const (
	fieldQuestion = "question"
	fieldAnswer   = "answer"
	fieldReason   = "reason"
	fieldCoaching = "coaching"
)

var (
	askPage    = wordsPage("handoff.ask", "Ask before you decide", "Ask", playbook.Field{ID: fieldQuestion, Label: "What do you need to know?", Hint: "The clock stands still until it is answered."})
	answerPage = wordsPage("handoff.answer", "Answer the question", "Answer", playbook.Field{ID: fieldAnswer, Label: "Your answer", Hint: "The clock goes on when you send it."})
	toPage     = &playbook.Page{ID: "handoff.reassign", Title: "Give it to another AE", Form: &playbook.Form{Submit: "Reassign",
		Fields: []playbook.Field{{ID: fieldAE, Label: "Account executive", Type: playbook.FieldUser, Required: true}}}}
)

// declinePage asks for one of the handoff's reasons, and for words that help.
func declinePage(on Handoff) *playbook.Page {
	p := wordsPage("handoff.decline", "Decline the handoff", "Decline", playbook.Field{ID: fieldCoaching, Label: "What would make the next one better?",
		Hint: "A word of coaching: the SDR reads it with the lead."})
	reason := playbook.Field{ID: fieldReason, Label: "Reason", Type: playbook.FieldChoice, Required: true}
	for _, r := range on.Context.Reasons {
		reason.Options = append(reason.Options, playbook.Option{Value: r.ID, Label: r.Label})
	}
	if len(reason.Options) > 0 {
		p.Form.Fields = append([]playbook.Field{reason}, p.Form.Fields...)
	}
	return p
}

func (h *Handoffs) small(p *playbook.Page, callback string) form.Options {
	b := h.Shelf.InForce()
	return form.Options{Page: p, Version: b.Version, Settings: b.Settings, Callback: callback}
}

// openSmall shows one of the small forms, after a first look whether it would
// be of use: who may not, and who comes too late, is told at once.
func (h *Handoffs) openSmall(ctx context.Context, c chat.Click, callback string, page func(Handoff) *playbook.Page, who func(context.Context, string) (By, error), may func(Handoff, By) error) error {
	on, err := h.load(ctx, c.Value)
	if err != nil {
		return h.told(ctx, c.Value, err)
	}
	by, err := who(ctx, c.Person)
	if err != nil {
		return err
	}
	if err := may(on, by); err != nil {
		return h.told(ctx, c.Value, err)
	}
	o := h.small(page(on), callback)
	o.Private = on.ID
	o.Before = h.aboutBlocks(on)
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return chat.Show(ctx, h.Slack, c, view)
}

// decisive says whether a decision could be taken at all.
func decisive(on Handoff, by By) error { return on.decidable(by) }

func (h *Handoffs) openAsk(ctx context.Context, c chat.Click) error {
	return h.openSmall(ctx, c, callbackAsk, func(Handoff) *playbook.Page { return askPage }, h.by, func(on Handoff, by By) error {
		_, err := on.Ask(by, Words{"?"}, time.Time{})
		return err
	})
}

func (h *Handoffs) openDecline(ctx context.Context, c chat.Click) error {
	return h.openSmall(ctx, c, callbackDecline, declinePage, h.by, decisive)
}

func (h *Handoffs) openReassign(ctx context.Context, c chat.Click) error {
	return h.openSmall(ctx, c, callbackReassign, func(Handoff) *playbook.Page { return toPage }, h.reassigner, decisive)
}

func (h *Handoffs) openAnswer(ctx context.Context, c chat.Click) error {
	return h.openSmall(ctx, c, callbackAnswer, func(Handoff) *playbook.Page { return answerPage }, h.by, func(on Handoff, by By) error {
		_, err := reply(on, by, Words{"!"}, time.Time{})
		return err
	})
}

// sent reads a submitted small form.
func (h *Handoffs) sent(s chat.Submission, p *playbook.Page, callback string) (form.Outcome, error) {
	return form.Submit(h.small(p, callback), s.View, h.Now())
}

// words reads the one text of a small form.
func words(out form.Outcome, field string) (Words, chat.FieldErrors) {
	w, err := ParseWords(out.Answers[field].Text)
	switch {
	case errors.Is(err, ErrTooMuch):
		return w, chat.FieldErrors{form.Block(field): "That is too long for a card. Keep it to 2,000 characters."}
	case err != nil:
		return w, chat.FieldErrors{form.Block(field): "Say it in a word or two."}
	}
	return w, nil
}

// settle ends a small form: closed, or with words at its first input, where
// mentions do not work.
func (h *Handoffs) settle(ctx context.Context, id string, err error) (chat.Answer, error) {
	err = h.told(ctx, id, err)
	var said chat.Refusal
	if errors.As(err, &said) {
		err = chat.Refusal(chat.Escape(h.plain(string(said))))
	}
	return chat.Answer{}, err
}

func (h *Handoffs) ask(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	out, err := h.sent(s, askPage, callbackAsk)
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	question, wrong := words(out, fieldQuestion)
	if wrong != nil {
		return chat.Answer{Errors: wrong}, nil
	}
	by, err := h.by(ctx, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	_, _, err = h.apply(ctx, change{id: out.Meta.Caller, person: s.Person, kind: "handoff.asked", from: lead.FromForm,
		rule: func(on Handoff) (Handoff, error) { return on.Ask(by, question, h.Now()) }})
	if err != nil && h.did(ctx, out.Meta.Caller, func(on Handoff) bool { return on.asked(s.Person, question) }) {
		return chat.Answer{}, nil
	}
	return h.settle(ctx, out.Meta.Caller, err)
}

func (h *Handoffs) answer(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	out, err := h.sent(s, answerPage, callbackAnswer)
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	text, wrong := words(out, fieldAnswer)
	if wrong != nil {
		return chat.Answer{Errors: wrong}, nil
	}
	by, err := h.by(ctx, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	_, _, err = h.apply(ctx, change{id: out.Meta.Caller, person: s.Person, kind: "handoff.answered", from: lead.FromForm,
		rule: func(on Handoff) (Handoff, error) { return reply(on, by, text, h.Now()) }})
	if err != nil && h.did(ctx, out.Meta.Caller, func(on Handoff) bool { return on.answered(s.Person, text) }) {
		return chat.Answer{}, nil
	}
	return h.settle(ctx, out.Meta.Caller, err)
}

func (h *Handoffs) decline(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	m, err := form.Opened(s.View)
	if err != nil {
		return chat.Answer{}, err
	}
	on, err := h.load(ctx, m.Caller)
	if err != nil {
		return h.settle(ctx, m.Caller, err)
	}
	out, err := h.sent(s, declinePage(on), callbackDecline)
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	coaching, wrong := words(out, fieldCoaching)
	if wrong != nil {
		return chat.Answer{Errors: wrong}, nil
	}
	by, err := h.by(ctx, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	reason := out.Answers[fieldReason].Text
	_, _, err = h.apply(ctx, change{id: on.ID, person: s.Person, kind: "handoff.declined", from: lead.FromForm,
		rule:   func(on Handoff) (Handoff, error) { return on.Decline(by, reason, coaching, h.Now()) },
		detail: func(Handoff) any { return map[string]string{"reason": reason} }})
	if err != nil && h.did(ctx, on.ID, func(on Handoff) bool { return on.declined(s.Person, reason, coaching) }) {
		return chat.Answer{}, nil
	}
	return h.settle(ctx, on.ID, err)
}

func (h *Handoffs) reassign(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	out, err := h.sent(s, toPage, callbackReassign)
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	to := out.Answers[fieldAE].Text
	if why, err := h.Roster.Candidate(ctx, to, roster.AE); err != nil || why != "" {
		return chat.Answer{Errors: chat.FieldErrors{form.Block(fieldAE): why}}, err
	}
	by, err := h.reassigner(ctx, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	_, _, err = h.apply(ctx, change{id: out.Meta.Caller, person: s.Person, kind: "handoff.reassigned", from: lead.FromForm,
		rule:   func(on Handoff) (Handoff, error) { return on.Reassign(by, to) },
		detail: func(after Handoff) any { return map[string]string{"to": after.AE} }})
	switch {
	case errors.Is(err, ErrSameAE):
		return chat.Answer{Errors: chat.FieldErrors{form.Block(fieldAE): "The handoff is theirs already. Pick another AE."}}, nil
	case errors.Is(err, ErrOwnSender):
		return chat.Answer{Errors: chat.FieldErrors{form.Block(fieldAE): "They sent this handoff. Pick another AE."}}, nil
	}
	return h.settle(ctx, out.Meta.Caller, err)
}

// read shows a handoff whole.
func (h *Handoffs) read(ctx context.Context, c chat.Click) error {
	view, err := h.whole(ctx, c.Person, c.Value, 0)
	if err != nil {
		return err
	}
	return chat.Show(ctx, h.Slack, c, view)
}

// turn shows another part of it: the value is "HANDOFF PART".
func (h *Handoffs) turn(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	id, part, _ := strings.Cut(c.Value, " ")
	n, _ := strconv.Atoi(part)
	view, err := h.whole(ctx, c.Person, id, n)
	if err != nil {
		return err
	}
	return chat.UnlessStale(h.Slack.UpdateView(ctx, c.View.ID, "", view))
}

func (h *Handoffs) whole(ctx context.Context, person, id string, part int) (view slack.ModalViewRequest, err error) {
	if _, err := h.by(ctx, person); err != nil {
		return view, err
	}
	on, err := h.load(ctx, id)
	if err != nil {
		return view, h.told(ctx, id, err)
	}
	return h.wholeView(on, part), nil
}

// OpenWhole shows a handoff whole.
func (h *Handoffs) OpenWhole(ctx context.Context, c chat.Click, id string) error {
	c.Value = id
	return h.read(ctx, c)
}

// OpenReassign shows the form that gives a handoff to another AE.
func (h *Handoffs) OpenReassign(ctx context.Context, c chat.Click, id string) error {
	c.Value = id
	return h.openReassign(ctx, c)
}
