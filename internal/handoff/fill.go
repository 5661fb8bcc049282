package handoff

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
)

// page is the form of a playbook.
func page(b *playbook.Playbook) (*playbook.Page, error) {
	if p, ok := b.Page(FormPage); ok && p.Form != nil {
		return p, nil
	}
	return nil, chat.Refuse("The playbook has no form called `%s`. Its owner adds one, and this starts working.", FormPage)
}

// pageOf is the form as it was when the view was opened.
func (h *Handoffs) pageOf(m form.Meta) (*playbook.Playbook, *playbook.Page, error) {
	b := h.Shelf.Version(m.Version)
	if p, ok := b.Page(m.Page); ok && p.Form != nil {
		return b, p, nil
	}
	return nil, nil, chat.Refuse("The form was taken out of the playbook while it was open. Copy what you typed, and open `/handoff` anew.")
}

func (h *Handoffs) options(b *playbook.Playbook, p *playbook.Page) form.Options {
	return form.Options{Page: p, Version: b.Version, Settings: b.Settings, Callback: callbackForm,
		LeadAction: actionLead, LeadTells: true, BackAction: actionBack, Drafts: lead.Drafts{DB: h.DB, Now: h.Now}}
}

// opening is how the form is opened.
type opening struct {
	of   form.Value  // the lead that is meant, or none
	from lead.Origin // "" = in the usual way
	note string
}

// open shows the form, of a lead where one is meant.
func (h *Handoffs) open(ctx context.Context, person string, show func(slack.ModalViewRequest) error, how opening) error {
	b := h.Shelf.InForce()
	p, err := page(b)
	if err != nil {
		return err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, person); err != nil {
		return err
	}
	known, err := h.given(ctx, p, how.of)
	if err != nil {
		return err
	}
	o.Given, o.Private = known.given, lead.Opening{From: how.from, Lead: known.of.ID}.String()
	if how.note != "" {
		o.Before = append(o.Before, chat.Context(how.note))
	}
	if known.of.ID != "" && known.of.Owner != person {
		o.Before = append(o.Before, chat.Context("This lead is "+chat.Person(known.of.Owner)+"’s."))
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

// known is a lead, and what the form starts with for it.
type known struct {
	of    lead.Lead // zero for a new one, and where none is named
	given form.Answers
}

// given is all that is known of the lead that is meant.
func (h *Handoffs) given(ctx context.Context, p *playbook.Page, of form.Value) (k known, err error) {
	k.given = form.Answers{}
	switch {
	case of.New != "":
		k.given[fieldLead] = of
		return k, nil
	case of.Text == "":
		return k, nil
	}
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		if k.of, err = lead.ByID(tx, of.Text); err != nil {
			return err
		}
		facts, err := h.Leads.Known(tx, k.of)
		k.given = facts.Given(k.of, p.Form.Fields)
		return err
	})
	if errors.Is(err, lead.ErrGone) {
		return known{}, chat.Refuse("%s", lead.Trouble(err))
	}
	return k, err
}

// picked fills in what is known of the lead that was just chosen; what was
// typed already stays, and what was known of the lead before goes.
func (h *Handoffs) picked(ctx context.Context, c chat.Click) error {
	if c.View == nil || c.Value == "" {
		return nil
	}
	m, err := form.Opened(*c.View)
	if err != nil {
		return err
	}
	b, p, err := h.pageOf(m)
	if err != nil {
		return nil //nolint:nilerr // the submission will say so
	}
	if err := h.admitSender(ctx, c.Person); err != nil {
		return err
	}
	c.Acknowledge()
	chosen := form.Value{Type: playbook.FieldLead, Text: c.Value}
	now, err := h.given(ctx, p, chosen)
	if err != nil {
		return err
	}
	opened := lead.ParseOpening(m.Caller)
	var before known
	if opened.Lead != "" {
		// Should it be gone, nothing of it can be told from what was typed.
		before, _ = h.given(ctx, p, form.Value{Type: playbook.FieldLead, Text: opened.Lead})
	}
	said, err := h.hindrance(ctx, c.Person, chosen)
	if err != nil {
		return err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, c.Person); err != nil {
		return err
	}
	typed := form.Typed(*c.View, p, b.Settings, h.Now(), o.Zone)
	delete(typed, fieldLead)
	opened.Lead = c.Value
	o.Key, o.Round, o.Private = m.Key, m.Round+1, opened.String()
	o.Given = lead.Refilled(typed, before.given, now.given, o.Zone)
	switch {
	case said != "":
		o.Before = chat.TextBlocks(":warning: " + said)
	case len(now.given) > 1:
		o.Before = []slack.Block{chat.Context("Filled in with what is known of this lead.")}
	}
	if now.of.Owner != c.Person {
		o.Before = append(o.Before, chat.Context("This lead is "+chat.Person(now.of.Owner)+"’s."))
	}
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return current(h.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view))
}

// current lets pass that a view changed meanwhile: what changed it is newer.
func current(err error) error {
	if errors.Is(err, chat.ErrStale) {
		return nil
	}
	return err
}

// back shows the step before; what stands in the view is kept.
func (h *Handoffs) back(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	if err := h.admitSender(ctx, c.Person); err != nil {
		return err
	}
	m, err := form.Opened(*c.View)
	if err != nil {
		return err
	}
	b, p, err := h.pageOf(m)
	if err != nil {
		return err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, c.Person); err != nil {
		return err
	}
	view, err := form.Back(o, *c.View, h.Now())
	if err != nil {
		return err
	}
	return current(h.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view))
}

// submit judges a step of the form; after the last one the lead is on its way.
func (h *Handoffs) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := h.admitSender(ctx, s.Person); err != nil {
		return chat.Answer{}, err
	}
	m, err := form.Opened(s.View)
	if err != nil {
		return chat.Answer{}, err
	}
	if old, sent, err := h.sentBefore(ctx, m.Key); err != nil || sent {
		view := h.sentView(h.Shelf.Version(m.Version), old)
		return chat.Answer{Update: &view}, err
	}
	b, p, err := h.pageOf(m)
	if err != nil {
		return chat.Answer{}, err
	}
	o := h.options(b, p)
	if o.Zone, err = h.zoneOf(ctx, s.Person); err != nil {
		return chat.Answer{}, err
	}
	typed := form.Typed(s.View, p, b.Settings, h.Now(), o.Zone)
	all, err := form.Earlier(o, s.View)
	if errors.Is(err, form.ErrDraftGone) {
		return chat.Answer{}, chat.Refuse("This form was open for so long that its earlier steps are no longer kept. Copy what you see here, and open `/handoff` anew.")
	}
	if err != nil {
		return chat.Answer{}, err
	}
	maps.Copy(all, typed)
	// Steps that were not shown yet start with what is known of the lead.
	known, err := h.given(ctx, p, all[fieldLead])
	if err != nil {
		return chat.Answer{}, err
	}
	o.Given = known.given
	out, err := form.Submit(o, s.View, h.Now())
	if err != nil {
		return chat.Answer{}, err
	}
	wrong, err := h.check(ctx, s.Person, typed)
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
		return chat.Answer{Update: out.Next, Meanwhile: out.Waiting}, nil
	}
	return h.sendAnswers(ctx, s, m, b, p, out.Answers)
}
