package handoff

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/gateway"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionLead     = "handoff.lead" // the select of a lead, and what it offers
	actionBack     = "handoff.back"
	actionAccept   = "handoff.accept"
	actionAsk      = "handoff.ask"
	actionAnswer   = "handoff.answer"
	actionDecline  = "handoff.decline"
	actionReassign = "handoff.reassign"
	actionRead     = "handoff.read"

	callbackForm     = "handoff"
	callbackAsk      = "handoff.ask"
	callbackAnswer   = "handoff.answer"
	callbackDecline  = "handoff.decline"
	callbackReassign = "handoff.reassign"

	shortcutForm = "handoff"

	// FormPage is the id of the playbook's form for handoffs. Its fields lead
	// and ae are the bot's, all others the company's.
	FormPage  = "handoff"
	fieldLead = "lead"
	fieldAE   = "ae"
)

// Handoffs passes leads on. Its fields are set before the bot serves.
type Handoffs struct {
	DB     *database.DB
	Roster *roster.Roster
	Leads  *lead.Leads
	Posts  *gateway.Posts
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// Scored gives a lead's scorecard; nil where it was never scored.
	Scored func(tx *database.Tx, lead string) (*Score, error)
	// OnAccepted, if set, is told of an accepted handoff, in its transaction.
	OnAccepted func(tx *database.Tx, h Handoff) error
}

// Register is the table of contents: what people may type and click.
func (h *Handoffs) Register(r *chat.Router) {
	r.OnCommand(chat.CommandHelp{
		Name: "/handoff", Does: "hands a lead over to an AE", Usage: "[lead] or list",
		Examples: []chat.Example{
			{Typed: "/handoff", Gives: "the form, filled in with what is known"},
			{Typed: "/handoff northwind", Gives: "the form for that lead"},
			{Typed: "/handoff list", Gives: "what waits for you, or for an answer to you"},
		},
	}, h.command)
	r.OnShortcut(chat.ShortcutHelp{Callback: shortcutForm, Name: "Hand off a lead", Does: "Hands a qualified lead over to an AE"}, h.shortcut)
	r.OnSuggestion(actionLead, h.Leads.Suggest)
	r.OnClick(actionLead, h.picked)
	r.OnClick(actionBack, h.back)
	r.OnClick(actionAccept, h.accept)
	r.OnClick(actionAsk, h.openAsk)
	r.OnClick(actionAnswer, h.openAnswer)
	r.OnClick(actionDecline, h.openDecline)
	r.OnClick(actionReassign, h.openReassign)
	r.OnClick(actionRead, h.read)
	r.OnSubmission(callbackForm, h.submit)
	r.OnSubmission(callbackAsk, h.ask)
	r.OnSubmission(callbackAnswer, h.answer)
	r.OnSubmission(callbackDecline, h.decline)
	r.OnSubmission(callbackReassign, h.reassign)
}

// Step is the button that hands a lead off.
func (h *Handoffs) Step() lead.Step {
	return lead.Step{Name: "handoff", Label: "Hand off", Run: func(ctx context.Context, c chat.Click, id string) error {
		if said, err := h.alreadyOpen(ctx, form.Lead(id, "")); err != nil || said != "" {
			return errors.Join(err, refusal(said))
		}
		return h.open(ctx, c.Person, func(view slack.ModalViewRequest) error { return h.show(ctx, c, view) }, form.Lead(id, ""))
	}}
}

func refusal(words string) error {
	if words == "" {
		return nil
	}
	return chat.Refusal(words)
}

// show opens a modal, on top of the one that was clicked in.
func (h *Handoffs) show(ctx context.Context, c chat.Click, view slack.ModalViewRequest) error {
	if c.View == nil {
		return h.Slack.OpenView(ctx, c.Trigger, view)
	}
	return h.Slack.PushView(ctx, c.Trigger, view)
}

// sends is who may hand leads off.
var sends = []roster.Role{roster.SDR, roster.Manager}

func (h *Handoffs) command(ctx context.Context, c chat.Command) (chat.Message, error) {
	words := strings.TrimSpace(chat.Unescape(c.Text))
	switch strings.ToLower(words) {
	case "help", "?":
		return chat.Say("`/handoff` opens the form · `/handoff LEAD` opens it for that lead · `/handoff list` shows what waits for you"), nil
	case "list", "open", "waiting":
		return h.list(ctx, c.Person)
	}
	answer, err := h.Leads.Meant(ctx, c.Person, words)
	if err != nil {
		return chat.Message{}, err
	}
	if said, err := h.alreadyOpen(ctx, answer); err != nil || said != "" {
		return chat.Say(said), err
	}
	return chat.Message{}, h.open(ctx, c.Person, func(view slack.ModalViewRequest) error {
		return h.Slack.OpenView(ctx, c.Trigger, view)
	}, answer)
}

func (h *Handoffs) shortcut(ctx context.Context, s chat.Shortcut) error {
	return h.open(ctx, s.Person, func(view slack.ModalViewRequest) error {
		return h.Slack.OpenView(ctx, s.Trigger, view)
	}, form.Value{})
}

func (h *Handoffs) list(ctx context.Context, person string) (chat.Message, error) {
	if err := h.Roster.Admit(ctx, person, "see handoffs", roster.SDR, roster.AE, roster.Manager); err != nil {
		return chat.Message{}, err
	}
	var open []Handoff
	if err := h.DB.Read(ctx, func(tx *database.Tx) (err error) {
		open, err = openFor(tx, person, 20)
		return err
	}); err != nil {
		return chat.Message{}, err
	}
	return h.listMessage(open, person), nil
}

// page is the form of a playbook.
func page(b *playbook.Playbook) (*playbook.Page, error) {
	if p, ok := b.Page(FormPage); ok && p.Form != nil {
		return p, nil
	}
	return nil, chat.Refuse("The playbook has no form called `%s`. Its owner adds one, and this starts working.", FormPage)
}

func (h *Handoffs) options(b *playbook.Playbook, p *playbook.Page) form.Options {
	return form.Options{Page: p, Version: b.Version, Settings: b.Settings, Callback: callbackForm,
		LeadAction: actionLead, LeadTells: true, BackAction: actionBack, Drafts: lead.Drafts{DB: h.DB, Now: h.Now}}
}

// open shows the form, of a lead where one is meant.
func (h *Handoffs) open(ctx context.Context, person string, show func(slack.ModalViewRequest) error, of form.Value) error {
	if err := h.Roster.Admit(ctx, person, "hand leads off", sends...); err != nil {
		return err
	}
	b := h.Shelf.InForce()
	p, err := page(b)
	if err != nil {
		return err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, person); err != nil {
		return err
	}
	if o.Given, err = h.given(ctx, p, of); err != nil {
		return err
	}
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return show(view)
}

func (h *Handoffs) zoneOf(ctx context.Context, person string) (*time.Location, error) {
	p, err := h.Roster.Person(ctx, person)
	return p.Location, err
}

// given is all that is known of the lead that is meant, as what the form
// starts with.
func (h *Handoffs) given(ctx context.Context, p *playbook.Page, of form.Value) (given form.Answers, err error) {
	if of.New != "" || of.Text == "" {
		given = form.Answers{}
		if of.New != "" {
			given[fieldLead] = of
		}
		return given, nil
	}
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		l, err := lead.ByID(tx, of.Text)
		if err != nil {
			return err
		}
		known, err := h.Leads.Known(tx, l)
		given = known.Given(l, p.Form.Fields)
		return err
	})
	if errors.Is(err, lead.ErrGone) {
		return nil, chat.Refuse("%s", lead.Trouble(err))
	}
	return given, err
}

// alreadyOpen says, with a link, that a lead is on its way already; "" where it
// is not.
func (h *Handoffs) alreadyOpen(ctx context.Context, answer form.Value) (said string, err error) {
	if answer.Text == "" && answer.New == "" {
		return "", nil
	}
	var on Handoff
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		l, err := h.Leads.Named(tx, answer)
		if err == nil {
			on, err = openOf(tx, l.ID)
		}
		return err
	})
	switch {
	case errors.Is(err, ErrGone), lead.Trouble(err) != "":
		return "", nil // no such lead, or nothing on its way: the form says the rest
	case err != nil:
		return "", err
	}
	return h.openWords(on) + h.link(ctx, on), nil
}

// link leads to where the handoff stands in Slack, "" where Slack does not say.
func (h *Handoffs) link(ctx context.Context, on Handoff) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for _, key := range []string{on.channelKey(), on.senderKey()} {
		if url, err := h.Posts.Permalink(ctx, key); err == nil {
			return " <" + url + "|See it>"
		}
	}
	return ""
}

// picked fills in what is known of the lead that was just chosen; what was
// typed already stays.
func (h *Handoffs) picked(ctx context.Context, c chat.Click) error {
	if c.View == nil || c.Value == "" {
		return nil
	}
	m, err := form.Opened(*c.View)
	if err != nil {
		return err
	}
	b := h.Shelf.Version(m.Version)
	p, ok := b.Page(m.Page)
	if !ok || p.Form == nil {
		return nil // the submission will say so
	}
	c.Acknowledge()
	given, err := h.given(ctx, p, form.Value{Type: playbook.FieldLead, Text: c.Value})
	if err != nil {
		return err
	}
	said, err := h.alreadyOpen(ctx, form.Value{Type: playbook.FieldLead, Text: c.Value})
	if err != nil {
		return err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, c.Person); err != nil {
		return err
	}
	o.Key, o.Round = m.Key, m.Round+1
	typed := form.Typed(*c.View, p, b.Settings, h.Now(), o.Zone)
	delete(typed, fieldLead)
	o.Given = given
	for id, v := range typed {
		o.Given[id] = v
	}
	if said != "" {
		o.Before = chat.TextBlocks(":warning: " + said)
	} else if len(given) > 1 {
		o.Before = []slack.Block{chat.Context("Filled in with what is known of this lead.")}
	}
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return h.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view)
}

// back shows the step before; what stands in the view is kept.
func (h *Handoffs) back(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	m, err := form.Opened(*c.View)
	if err != nil {
		return err
	}
	b := h.Shelf.Version(m.Version)
	p, ok := b.Page(m.Page)
	if !ok {
		return chat.Refuse("The form was taken out of the playbook while it was open. Copy what you typed, and open `/handoff` anew.")
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, c.Person); err != nil {
		return err
	}
	view, err := form.Back(o, *c.View, h.Now())
	if err != nil {
		return err
	}
	return h.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view)
}

// submit judges a step of the form; after the last one the lead is on its way.
func (h *Handoffs) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := h.Roster.Admit(ctx, s.Person, "hand leads off", sends...); err != nil {
		return chat.Answer{}, err
	}
	m, err := form.Opened(s.View)
	if err != nil {
		return chat.Answer{}, err
	}
	b := h.Shelf.Version(m.Version)
	if old, sent, err := h.sentBefore(ctx, m.Key); err != nil || sent {
		view := h.sentView(b, old)
		return chat.Answer{Update: &view}, err
	}
	p, ok := b.Page(m.Page)
	if !ok || p.Form == nil {
		return chat.Answer{}, chat.Refuse("The form was taken out of the playbook while it was open. Copy what you typed, and open `/handoff` anew.")
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, s.Person); err != nil {
		return chat.Answer{}, err
	}
	named := form.Typed(s.View, p, b.Settings, h.Now(), o.Zone)
	if o.Given, err = h.given(ctx, p, named[fieldLead]); err != nil {
		return chat.Answer{}, err
	}
	out, err := form.Submit(o, s.View, h.Now())
	if err != nil {
		return chat.Answer{}, err
	}
	wrong, err := h.check(ctx, s.Person, named)
	if err != nil {
		return chat.Answer{}, err
	}
	for block, words := range wrong {
		if out.Errors == nil {
			out.Errors = chat.FieldErrors{}
		}
		out.Errors[block] = words
	}
	switch {
	case len(out.Errors) > 0:
		return chat.Answer{Errors: out.Errors}, nil
	case out.Next != nil:
		return chat.Answer{Update: out.Next}, nil
	}
	return h.sendAnswers(ctx, s, m, b, p, out.Answers)
}

// check judges the fields that are the bot's own, where the view shows them:
// whether the lead may be handed off, and whether the AE can take it.
func (h *Handoffs) check(ctx context.Context, person string, typed form.Answers) (chat.FieldErrors, error) {
	wrong := chat.FieldErrors{}
	if ae := typed[fieldAE].Text; ae != "" {
		if ae == person {
			wrong[form.Block(fieldAE)] = "You cannot hand a lead off to yourself. Pick the AE who will take it."
		} else if why, err := h.Roster.Candidate(ctx, ae, roster.AE); err != nil {
			return nil, err
		} else if why != "" {
			wrong[form.Block(fieldAE)] = why
		}
	}
	if of := typed[fieldLead]; of.Text != "" || of.New != "" {
		words, err := h.checkLead(ctx, person, of)
		if err != nil {
			return nil, err
		}
		if words != "" {
			wrong[form.Block(fieldLead)] = words
		}
	}
	return wrong, nil
}

func (h *Handoffs) checkLead(ctx context.Context, person string, of form.Value) (words string, err error) {
	manager, err := h.Roster.Has(ctx, person, roster.Manager)
	if err != nil {
		manager = false // Slack cannot be asked: then nobody is more than they are
	}
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		l, err := h.Leads.Named(tx, of)
		if errors.Is(err, lead.ErrGone) && of.New != "" {
			return nil // it will be made
		}
		if err != nil {
			return err
		}
		on, err := openOf(tx, l.ID)
		switch {
		case err == nil:
			words = h.openPlain(on)
			return nil
		case !errors.Is(err, ErrGone):
			return err
		}
		n, err := declinedOf(tx, l.ID)
		if err != nil {
			return err
		}
		if maySend(n, By{person, manager}) != nil {
			words = "This lead was declined twice and does not go back and forth. Ask your manager: they can hand it off again."
		}
		if l.Status == lead.Accepted {
			words = "An AE has this lead already."
		}
		return nil
	})
	if said := lead.Trouble(err); said != "" {
		return said, nil
	}
	return words, err
}

// sendAnswers puts the lead on its way, once per form.
func (h *Handoffs) sendAnswers(ctx context.Context, s chat.Submission, m form.Meta, b *playbook.Playbook, p *playbook.Page, answers form.Answers) (chat.Answer, error) {
	sent := Handoff{ID: database.NewID(), Key: m.Key, Sender: s.Person, AE: answers[fieldAE].Text, Turn: 1, Status: Waiting{}, Sent: h.Now(),
		Form: p.ID, Playbook: b.Version, Answers: answers}
	for _, f := range p.Form.Fields {
		sent.Context.Fields = append(sent.Context.Fields, Field{f.ID, f.Label})
	}
	for _, r := range p.Form.Reasons {
		sent.Context.Reasons = append(sent.Context.Reasons, Field{r.Value, r.Label})
	}
	if sent.AE == "" {
		return chat.Answer{}, chat.Refuse("The playbook's form `%s` asks for no AE: it needs a field `%s` of type user. Its owner can mend that.", FormPage, fieldAE)
	}
	given := sent // a transaction that loses runs again, with what was given
	err := h.DB.Write(ctx, func(tx *database.Tx) (err error) {
		sent, err = h.send(tx, given)
		return err
	})
	if errors.Is(err, ErrOpen) { // somebody was quicker by a moment
		words, err := h.checkLead(ctx, s.Person, answers[fieldLead])
		if err != nil || words == "" {
			return chat.Answer{}, errors.Join(err, chat.Refusal("This lead was handed off a moment ago."))
		}
		return chat.Answer{Errors: chat.FieldErrors{anyBlock(s.View, fieldLead): words}}, nil
	}
	if words := lead.Trouble(err); words != "" {
		return chat.Answer{Errors: chat.FieldErrors{anyBlock(s.View, fieldLead): words}}, nil
	}
	if err != nil {
		return chat.Answer{}, err
	}
	view := h.sentView(b, sent)
	return chat.Answer{Update: &view}, nil
}

// anyBlock is the field's input where the view has it, or else some input:
// Slack shows only what is said at an input that is there.
func anyBlock(v chat.View, field string) string {
	block := form.Block(field)
	if _, there := v.State[block]; there || len(v.State) == 0 {
		return block
	}
	last := ""
	for b := range v.State {
		last = max(last, b)
	}
	return last
}

// send stores a handoff with all that follows from it.
func (h *Handoffs) send(tx *database.Tx, sent Handoff) (Handoff, error) {
	old, err := byKey(tx, sent.Key)
	if err == nil {
		return old, nil // the same form, delivered again
	}
	if !errors.Is(err, ErrGone) {
		return sent, err
	}
	of, _, err := h.Leads.FromAnswer(tx, sent.Answers[fieldLead], sent.Key, sent.Sender, lead.FromForm)
	if err != nil {
		return sent, err
	}
	sent.Lead, sent.Context.Lead = of.ID, of.String()
	// A new lead is a known one from here on.
	answers := form.Answers{}
	for id, v := range sent.Answers {
		answers[id] = v
	}
	answers[fieldLead] = form.Lead(of.ID, of.String())
	sent.Answers = answers
	if h.Scored != nil {
		if sent.Context.Score, err = h.Scored(tx, of.ID); err != nil {
			return sent, err
		}
	}
	if err := insert(tx, sent); err != nil {
		return sent, err
	}
	known := form.Answers{}
	for id, v := range sent.Answers {
		if id != fieldLead && id != fieldAE {
			known[id] = v
		}
	}
	if err := h.Leads.Learn(tx, of.ID, sent.Sender, lead.SourceHandoff, known); err != nil {
		return sent, err
	}
	if _, err := h.Leads.Move(tx, of.ID, lead.HandedOff); err != nil {
		return sent, err
	}
	if err := h.record(tx, sent, string(playbook.EventHandoffSent), sent.Sender, lead.FromForm, map[string]any{"ae": sent.AE}); err != nil {
		return sent, err
	}
	return sent, h.post(tx, sent)
}

func (h *Handoffs) record(tx *database.Tx, on Handoff, kind, person string, from lead.Origin, detail any) error {
	return h.Leads.Record(tx, lead.Event{Kind: kind, Person: person, Origin: from, Lead: on.Lead, Subject: "handoff/" + on.ID, Detail: detail})
}
