package handoff

import (
	"context"
	"errors"

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

// Declines is what a playbook says of leads whose handoffs are declined.
func Declines(b *playbook.Playbook) playbook.Declines {
	if p, ok := b.Page(FormPage); ok && p.Form != nil {
		return p.Form.Declines
	}
	return playbook.DefaultDeclines
}

// flow is the way through the form.
func (h *Handoffs) flow() lead.Flow {
	return lead.Flow{Leads: h.Leads, Kind: playbook.KindForm,
		Names: form.Options{Callback: callbackForm, LeadAction: actionLead, LeadTells: true, BackAction: actionBack},
		Gone:  "The form was taken out of the playbook while it was open. Copy what you typed, and open `/handoff` anew.",
		Lost:  "This form was open for so long that its earlier steps are no longer kept. Copy what you see here, and open `/handoff` anew."}
}

// open shows the form, of a lead where one is meant.
func (h *Handoffs) open(ctx context.Context, person string, how lead.Start) error {
	b := h.Shelf.InForce()
	p, err := page(b)
	if err != nil {
		return err
	}
	known, err := h.given(ctx, p, how.Of)
	if err != nil {
		return err
	}
	var above []slack.Block
	if known.of.ID != "" && known.of.Owner != person {
		above = append(above, chat.Context("This lead is "+chat.Person(known.of.Owner)+"’s."))
	}
	return h.flow().Open(ctx, b, p, person, how, known.given, above...)
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
	return h.flow().Picked(ctx, c, func() error { return h.admitSender(ctx, c.Person) }, func(s lead.Sheet, last string) (form.Answers, []slack.Block, error) {
		chosen := form.Value{Type: playbook.FieldLead, Text: c.Value}
		now, err := h.given(ctx, s.Options.Page, chosen)
		if err != nil {
			return nil, nil, err
		}
		var before known
		if last != "" {
			// Should it be gone, nothing of it can be told from what was typed.
			before, _ = h.given(ctx, s.Options.Page, form.Value{Type: playbook.FieldLead, Text: last})
		}
		said, err := h.hindrance(ctx, c.Person, s.Book, chosen)
		if err != nil {
			return nil, nil, err
		}
		typed := s.Shown()
		delete(typed, fieldLead)
		var above []slack.Block
		switch {
		case said != "":
			above = chat.TextBlocks(":warning: " + said)
		case len(now.given) > 1:
			above = []slack.Block{chat.Context("Filled in with what is known of this lead.")}
		}
		if now.of.Owner != c.Person {
			above = append(above, chat.Context("This lead is "+chat.Person(now.of.Owner)+"’s."))
		}
		return lead.Refilled(typed, before.given, now.given, s.Options.Zone), above, nil
	})
}

// back shows the step before; what stands in the view is kept.
func (h *Handoffs) back(ctx context.Context, c chat.Click) error {
	return h.flow().Back(ctx, c, func(form.Meta) error { return h.admitSender(ctx, c.Person) })
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
	sheet, err := h.flow().Sheet(ctx, s.View, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	said, err := sheet.Said()
	if err != nil {
		return chat.Answer{}, err
	}
	// Steps that were not shown yet start with what is known of the lead.
	known, err := h.given(ctx, sheet.Options.Page, said[fieldLead])
	if err != nil {
		return chat.Answer{}, err
	}
	sheet.Options.Given = known.given
	out, err := sheet.Submit()
	if err != nil {
		return chat.Answer{}, err
	}
	wrong, err := h.check(ctx, s.Person, sheet.Book, sheet.Shown())
	if err != nil {
		return chat.Answer{}, err
	}
	for block, words := range wrong {
		if out.Errors == nil {
			out.Errors = chat.FieldErrors{}
		}
		out.Errors[block] = words
	}
	if a, done := lead.Unfinished(out); !done {
		return a, nil
	}
	return h.sendAnswers(ctx, s, m, sheet.Book, sheet.Options.Page, out.Answers)
}
