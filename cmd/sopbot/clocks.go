package main

import (
	"context"
	"slices"
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/research"
)

// This is where the features' events meet the clocks: which event starts, stops
// and ends them. What waits for an event, and for how long, is the playbook's.

// featureForms are forms that a feature asks for in its own way; any other one
// that ends an action is a report.
var featureForms = []string{research.FormPage, handoff.FormPage, "close", "onboard-client"}

// happened is told of every event, in its transaction.
func (f *features) happened(tx *database.Tx, e lead.Event) error {
	if e.Origin == lead.FromImport {
		return nil // history has no clock; see recall
	}
	d := f.deadlines
	var err error
	switch e.Kind {
	case "research.done":
		_, err = d.DoneFor(tx, e.Subject, deadline.Match{Form: research.FormPage}, e.Person)
	case string(playbook.EventHandoffSent):
		_, err = d.Close(tx, "lead/"+e.Lead) // what was to be done before is done, or not needed
	case "handoff.asked":
		_, err = d.Pause(tx, e.Subject, playbook.EventHandoffSent)
	case "handoff.answered":
		_, err = d.Resume(tx, e.Subject, playbook.EventHandoffSent)
	case "handoff.declined", string(playbook.EventHandoffAccepted):
		_, err = d.DoneFor(tx, e.Subject, deadline.Match{Event: playbook.EventHandoffSent}, e.Person)
	case "handoff.reassigned":
		on, load := handoffOf(tx, e.Subject)
		if load != nil {
			return load
		}
		_, err = d.Reassign(tx, e.Subject, on.AE)
	}
	if err != nil {
		return err
	}
	if err := f.startClocks(tx, e); err != nil {
		return err
	}
	if passed, _ := e.Detail.(map[string]string); e.Kind == string(playbook.EventLeadAssigned) && passed["from"] != "" {
		return f.research.Changed(tx, passed["from"]) // it is no longer theirs to do
	}
	return nil
}

// startClocks starts what the playbook wants to be done after an event.
func (f *features) startClocks(tx *database.Tx, e lead.Event) error {
	h := deadline.Happening{Event: playbook.Event(e.Kind), At: e.At, Subject: e.Subject, Key: e.ID, Lead: e.Lead, Who: map[string]string{}}
	if len(deadline.Timed(f.leads.Shelf.InForce(), h.Event)) == 0 {
		return nil
	}
	if e.Lead != "" {
		of, err := lead.ByID(tx, e.Lead)
		if err != nil {
			return err
		}
		h.Title, h.Who["owner"], h.Who["sdr"] = of.String(), of.Owner, of.Owner
	}
	if h.Event == playbook.EventCallHeld {
		h.Who["owner"] = e.Person // whoever held it
	}
	if strings.HasPrefix(e.Subject, "handoff/") {
		on, err := handoffOf(tx, e.Subject)
		if err != nil {
			return err
		}
		h.Who["sdr"], h.Who["ae"] = on.Sender, on.AE
		if h.Event == playbook.EventHandoffAccepted {
			h.Who["owner"] = on.AE // from here on it is theirs
		}
	}
	return f.deadlines.Happened(tx, h)
}

func handoffOf(tx *database.Tx, subject string) (handoff.Handoff, error) {
	return handoff.ByID(tx, strings.TrimPrefix(subject, "handoff/"))
}

// researchChanged sees to the morning's list of whoever has that research to do.
func (f *features) researchChanged(tx *database.Tx, what deadline.News, on deadline.Deadline) error {
	switch what {
	case deadline.Started, deadline.Reassigned:
		if err := f.research.Awaits(tx, on.Person); err != nil {
			return err
		}
	case deadline.Finished, deadline.Dropped:
	default:
		return nil
	}
	return f.research.Changed(tx, on.Person)
}

// connectClocks says what buttons a deadline has, and what it changes.
func (f *features) connectClocks() {
	d := f.deadlines
	d.Forms = map[string]deadline.Opener{research.FormPage: {Label: "Research done", Open: func(ctx context.Context, c chat.Click, on deadline.Deadline) error {
		return f.research.Open(ctx, c, on.Lead)
	}}}
	d.OtherForm = func(form string) (deadline.Opener, bool) {
		return deadline.Opener{Open: f.reports.Open}, !slices.Contains(featureForms, form)
	}
	d.Answers = map[playbook.Event]deadline.Opener{playbook.EventHandoffSent: {Label: "See the handoff", Open: func(ctx context.Context, c chat.Click, on deadline.Deadline) error {
		return f.handoffs.OpenWhole(ctx, c, strings.TrimPrefix(on.Subject, "handoff/"))
	}}}
	d.Passes = map[string]deadline.Opener{"lead": {Label: "Reassign", Open: func(ctx context.Context, c chat.Click, on deadline.Deadline) error {
		return f.leads.OpenReassign(ctx, c, on.Lead)
	}}, "handoff": {Label: "Reassign", Open: func(ctx context.Context, c chat.Click, on deadline.Deadline) error {
		return f.handoffs.OpenReassign(ctx, c, strings.TrimPrefix(on.Subject, "handoff/"))
	}}}
	d.Beside = f.digests.Beside
	d.OnChange = func(tx *database.Tx, what deadline.News, on deadline.Deadline) error {
		if on.Rule.Done == research.FormPage {
			if err := f.researchChanged(tx, what, on); err != nil {
				return err
			}
		}
		switch what {
		case deadline.Finished, deadline.Dropped, deadline.Undone, deadline.Snoozed:
			if err := f.digests.Changed(tx, on); err != nil {
				return err
			}
		}
		if !strings.HasPrefix(on.Subject, "lead/") {
			return nil
		}
		_, err := f.leads.Refresh(tx, on.Lead)
		return err
	}
	f.leads.Clocks = func(tx *database.Tx, of lead.Lead) ([]lead.Clock, error) {
		open, err := deadline.OpenFor(tx, "lead/"+of.ID)
		var out []lead.Clock
		for _, on := range open {
			buttons := d.Buttons(on)
			if _, runs := on.Status.(deadline.Open); runs && on.Rule.Done == research.FormPage {
				buttons = append(buttons, research.CalendarButton(on))
			}
			out = append(out, lead.Clock{Words: "*" + chat.EscapeInline(on.Label) + "*: " + d.Words(on, of.Owner, d.Now()), Buttons: buttons, Step: on.Rule.Done})
		}
		return out, err
	}
	f.leads.Others = func(tx *database.Tx, person string) (out []lead.Clock, err error) {
		open, err := deadline.OpenOf(tx, person)
		for _, on := range open {
			// What is about a lead stands on its card, or in the list of handoffs.
			if on.Lead == "" {
				out = append(out, lead.Clock{Words: on.Head() + "\n" + d.Words(on, person, d.Now()), Buttons: d.Buttons(on)})
			}
		}
		return out, err
	}
	f.leads.OnEvent = f.happened
	f.roster.OnChange = func(before, now chat.Profile) {
		f.behind.Go(func() { // whoever asked who that is does not wait for it
			ctx := context.Background()
			if err := d.PersonChanged(ctx, before, now); err != nil {
				d.Log.Error("a person's clocks could not be moved", "person", now.ID, "error", err)
			}
			f.followDigests(ctx)
		})
	}
}
