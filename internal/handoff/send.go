package handoff

import (
	"context"
	"errors"
	"maps"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// check judges the fields that are the bot's own, where the view shows them:
// whether the lead may be handed off, and whether the AE can take it.
func (h *Handoffs) check(ctx context.Context, person string, b *playbook.Playbook, typed form.Answers) (chat.FieldErrors, error) {
	wrong := chat.FieldErrors{}
	if ae := typed[fieldAE].Text; ae != "" && !typed[fieldAE].Raw {
		if ae == person {
			wrong[form.Block(fieldAE)] = "You cannot hand a lead off to yourself. Pick the AE who will take it."
		} else if why, err := h.Roster.Candidate(ctx, ae, roster.AE); err != nil {
			return nil, err
		} else if why != "" {
			wrong[form.Block(fieldAE)] = why
		}
	}
	of := typed[fieldLead]
	if of.Text != "" && of.New != "" { // the form says that it is one or the other
		return wrong, nil
	}
	latest, err := h.judgeNamed(ctx, person, b, of)
	switch {
	case err == nil:
	case lead.Trouble(err) != "":
		wrong[form.Block(fieldLead)] = lead.Trouble(err)
	default:
		words, known := h.inTheWayPlain(latest, err)
		if !known {
			return nil, err
		}
		wrong[form.Block(fieldLead)] = words
	}
	return wrong, nil
}

// judgeNamed is judge for the lead that an answer names; a new one may be
// handed off.
func (h *Handoffs) judgeNamed(ctx context.Context, person string, b *playbook.Playbook, of form.Value) (latest *Handoff, err error) {
	if of.Text == "" && of.New == "" {
		return nil, nil
	}
	c := h.comeback(ctx, b, person)
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		l, err := h.Leads.Named(tx, of)
		if errors.Is(err, lead.ErrGone) && of.New != "" {
			return nil // it will be made
		}
		if err == nil {
			latest, err = judge(tx, l.ID, c)
		}
		return err
	})
	return latest, err
}

// comeback is what a playbook says of declined leads, for somebody who hands one
// off.
func (h *Handoffs) comeback(ctx context.Context, b *playbook.Playbook, person string) comeback {
	c := comeback{Declines: Declines(b)}
	has, err := h.Roster.Has(ctx, person, roster.Role(c.Then))
	if err != nil {
		h.Log.Warn("a role could not be checked", "person", person, "error", err)
	}
	c.has = has && err == nil
	return c
}

// hindrance says, with a link, why a lead cannot be handed off; "" where it can,
// and where there is no such lead.
func (h *Handoffs) hindrance(ctx context.Context, person string, b *playbook.Playbook, of form.Value) (said string, err error) {
	latest, err := h.judgeNamed(ctx, person, b, of)
	if err == nil || lead.Trouble(err) != "" {
		return "", nil // the form says the rest
	}
	if words, known := h.inTheWay(latest, err); known {
		return words + h.link(ctx, *latest, person), nil
	}
	return "", err
}

// link leads to where somebody can see the handoff in Slack, "" where there is
// no such place.
func (h *Handoffs) link(ctx context.Context, on Handoff, person string) string {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	keys := []string{on.channelKey()}
	switch person {
	case on.Sender:
		keys = append(keys, on.senderKey())
	case on.AE:
		keys = append(keys, on.aeKey())
	}
	for _, key := range keys {
		if url, err := h.Posts.Permalink(ctx, key); err == nil {
			return " <" + url + "|See it>"
		}
	}
	return ""
}

// sendAnswers puts the lead on its way, once per form.
func (h *Handoffs) sendAnswers(ctx context.Context, s chat.Submission, m form.Meta, b *playbook.Playbook, p *playbook.Page, answers form.Answers) (chat.Answer, error) {
	sent := Handoff{ID: database.NewID(), Key: m.Key, Sender: s.Person, AE: answers[fieldAE].Text, Turn: 1, Status: Waiting{}, Sent: h.Now(), Answers: answers}
	sent.Form, sent.Playbook, sent.Context = About(b, p)
	back := h.comeback(ctx, b, s.Person)
	var latest *Handoff
	given := sent // a transaction that loses runs again, with what was given
	err := h.DB.Write(ctx, func(tx *database.Tx) (err error) {
		sent, latest, err = h.send(tx, given, back, lead.ParseOpening(m.Caller).From)
		return err
	})
	words, known := h.inTheWayPlain(latest, err) // somebody was quicker by a moment
	if !known {
		words = lead.Trouble(err)
	}
	switch {
	case words != "":
		return chat.Answer{Errors: chat.FieldErrors{anyBlock(s.View, fieldLead): words}}, nil
	case err != nil:
		return chat.Answer{}, err
	}
	view := h.sentView(b, sent)
	return chat.Answer{Update: &view}, nil
}

// About is what a handoff remembers of the form that it was sent with.
func About(b *playbook.Playbook, p *playbook.Page) (form, version string, c Context) {
	for _, f := range p.Form.Fields {
		c.Fields = append(c.Fields, Field{f.ID, f.Label})
	}
	for _, r := range p.Form.Reasons {
		c.Reasons = append(c.Reasons, Field{r.Value, r.Label})
	}
	return p.ID, b.Version, c
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

// send stores a handoff with all that follows from it. Where the lead may not be
// handed off, latest is the handoff that stands in the way.
func (h *Handoffs) send(tx *database.Tx, sent Handoff, c comeback, from lead.Origin) (on Handoff, latest *Handoff, err error) {
	of, created, err := h.Leads.FromAnswer(tx, sent.Answers[fieldLead], lead.New{ID: sent.Key, Owner: sent.Sender, Status: lead.HandedOff}, sent.Sender, from)
	if err == nil && !created { // a lead that is made here was never handed off
		latest, err = judge(tx, of.ID, c)
	}
	if err != nil {
		// Nothing was written yet. The same form, delivered again, has its answer.
		if old, none := byKey(tx, sent.Key); none == nil {
			return old, nil, nil
		}
		return sent, latest, err
	}
	sent.Lead, sent.Context.Lead = of.ID, of.String()
	// A new lead is a known one from here on.
	sent.Answers = maps.Clone(sent.Answers)
	sent.Answers[fieldLead] = form.Lead(of.ID, of.String())
	if h.Scored != nil {
		if sent.Context.Score, err = h.Scored(tx, of.ID); err != nil {
			return sent, nil, err
		}
	}
	switch err := insert(tx, sent); {
	case errors.Is(err, ErrOpen) && !created:
		if old, none := byKey(tx, sent.Key); none == nil {
			return old, nil, nil
		}
		return sent, nil, err
	case err != nil:
		return sent, nil, err
	}
	facts := maps.Clone(sent.Answers)
	delete(facts, fieldLead)
	delete(facts, fieldAE)
	learn := h.Leads.LearnFirst
	if !created {
		learn = h.Leads.Learn
		if _, err := h.Leads.Move(tx, of.ID, lead.HandedOff); err != nil {
			return sent, nil, err
		}
	}
	if err := learn(tx, of.ID, sent.Sender, lead.SourceHandoff, facts); err != nil {
		return sent, nil, err
	}
	if err := h.record(tx, sent, string(playbook.EventHandoffSent), sent.Sender, from, map[string]any{"ae": sent.AE}); err != nil {
		return sent, nil, err
	}
	return sent, nil, h.post(tx, sent)
}

func (h *Handoffs) record(tx *database.Tx, on Handoff, kind, person string, from lead.Origin, detail any) error {
	return h.Leads.Record(tx, lead.Event{Kind: kind, Person: person, Origin: from, Lead: on.Lead, Subject: "handoff/" + on.ID, Detail: detail})
}
