package report

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionBack   = "report.back"
	actionLead   = "report.lead"
	actionRead   = "report.read"
	callbackForm = "report"
)

// Reports takes what ends timed actions. Its fields are set before the bot
// serves.
type Reports struct {
	DB        *database.DB
	Roster    *roster.Roster
	Deadlines *deadline.Deadlines
	Leads     *lead.Leads
	Posts     lead.Posts
	Slack     chat.Slack
	Shelf     *playbook.Shelf
	Now       func() time.Time
	Log       *slog.Logger
}

// Register is the table of contents: what people may click and send.
func (r *Reports) Register(router *chat.Router) {
	router.OnClick(actionBack, r.back)
	router.OnClick(actionRead, r.read)
	router.OnSuggestion(actionLead, r.Leads.Suggest)
	router.OnSubmission(callbackForm, r.submit)
}

// Open shows the form that ends an action.
func (r *Reports) Open(ctx context.Context, c chat.Click, on deadline.Deadline) error {
	b := r.Shelf.InForce()
	page, ok := b.Page(on.Rule.Done)
	if !ok || page.Form == nil {
		return chat.Refuse("The playbook has no form called `%s` any more. Its owner adds it again, and this starts working.", chat.EscapeInline(on.Rule.Done))
	}
	o, err := r.options(ctx, b, page, c.Person)
	if err != nil {
		return err
	}
	if err := r.may(ctx, on, c.Person); err != nil {
		return err
	}
	o.Private = on.ID
	o.Before = above(on)
	view, err := form.View(o)
	if err != nil {
		return err
	}
	if c.View == nil {
		return r.Slack.OpenView(ctx, c.Trigger, view)
	}
	return r.Slack.PushView(ctx, c.Trigger, view)
}

// may refuses whoever it is not for.
func (r *Reports) may(ctx context.Context, on deadline.Deadline, person string) error {
	if err := r.Roster.Admit(ctx, person, "hand this in"); err != nil {
		return err
	}
	if !r.Deadlines.May(ctx, on, person) {
		return chat.Refuse("*%s* is for %s to do. Only they or a manager hand it in.", chat.EscapeInline(on.Label), chat.Person(on.Person))
	}
	return nil
}

func (r *Reports) options(ctx context.Context, b *playbook.Playbook, page *playbook.Page, person string) (form.Options, error) {
	who, err := r.Roster.Person(ctx, person)
	if err != nil && !errors.Is(err, chat.ErrNobody) {
		return form.Options{}, err
	}
	return form.Options{Page: page, Version: b.Version, Settings: b.Settings, Callback: callbackForm, BackAction: actionBack, LeadAction: actionLead,
		Zone: who.Location, Drafts: lead.Drafts{DB: r.DB, Now: r.Now}}, nil
}

// opened gives what a view was opened with, to whoever may hand it in.
func (r *Reports) opened(ctx context.Context, v chat.View, person string) (form.Meta, form.Options, deadline.Deadline, error) {
	var on deadline.Deadline
	m, err := form.Opened(v)
	if err != nil {
		return m, form.Options{}, on, err
	}
	b := r.Shelf.Version(m.Version)
	page, ok := b.Page(m.Page)
	if !ok || page.Form == nil {
		return m, form.Options{}, on, chat.Refuse("The form was taken out of the playbook while it was open. Copy what you typed, and open it anew.")
	}
	if err := r.DB.Read(ctx, func(tx *database.Tx) error {
		on, err = deadline.ByID(tx, m.Caller)
		return err
	}); errors.Is(err, deadline.ErrGone) {
		return m, form.Options{}, on, chat.Refuse("What this form ends is no longer there. Copy what you typed before you close it.")
	} else if err != nil {
		return m, form.Options{}, on, err
	}
	if err := r.may(ctx, on, person); err != nil {
		return m, form.Options{}, on, err
	}
	o, err := r.options(ctx, b, page, person)
	o.Before = above(on)
	return m, o, on, err
}

// back shows the step before; what stands in the view is kept.
func (r *Reports) back(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	_, o, _, err := r.opened(ctx, *c.View, c.Person)
	if err != nil {
		return err
	}
	view, err := form.Back(o, *c.View, r.Now())
	if err != nil {
		return err
	}
	if err := r.Slack.UpdateView(ctx, c.View.ID, c.View.Hash, view); !errors.Is(err, chat.ErrStale) {
		return err
	}
	return nil
}

// submit keeps what was handed in, ends the action and shows it to whom it is
// for, in one transaction.
func (r *Reports) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	m, o, on, err := r.opened(ctx, s.View, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	out, err := form.Submit(o, s.View, r.Now())
	switch {
	case err != nil:
		return chat.Answer{}, err
	case len(out.Errors) > 0:
		return chat.Answer{Errors: out.Errors}, nil
	case out.Next != nil:
		return chat.Answer{Update: out.Next, Meanwhile: out.Waiting}, nil
	}
	readers := r.readers(ctx, on, s.Person)
	b := r.Shelf.Version(m.Version)
	err = r.DB.Write(ctx, func(tx *database.Tx) error {
		rep := Report{ID: database.NewID(), Deadline: on.ID, Form: o.Page.ID, Playbook: b.Version, Person: s.Person, At: r.Now().Truncate(time.Millisecond),
			Answers: out.Answers, Submission: m.Key}
		added, err := insert(tx, rep)
		if err != nil || !added {
			return err // the same submission once more
		}
		// What comes too late does not count, and is kept and shown all the same.
		after, err := r.Deadlines.Done(tx, on.ID, s.Person)
		if err != nil && !errors.Is(err, deadline.ErrOver) {
			return err
		}
		on = after
		for _, reader := range readers {
			if err := r.Posts.Put(tx, "report/"+rep.ID+"/"+reader, reader, r.card(rep, on, o.Page, reader)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return chat.Answer{}, err
	}
	view := doneView(on, readers)
	return chat.Answer{Update: &view}, nil
}

// readers are who is shown what somebody hands in: the role that the action
// escalates to.
func (r *Reports) readers(ctx context.Context, on deadline.Deadline, by string) (out []string) {
	if on.Escalate == "" {
		return nil
	}
	members, err := r.Roster.Members(ctx, roster.Role(on.Escalate))
	if err != nil {
		r.Log.Warn("Slack could not be asked who reads what is handed in", "role", on.Escalate, "error", err)
	}
	for _, id := range members {
		if p := r.Roster.Recall(id); id != by && !p.Deactivated && !p.Bot {
			out = append(out, id)
		}
	}
	return out
}

// read shows a report whole.
func (r *Reports) read(ctx context.Context, c chat.Click) error {
	var rep Report
	var on deadline.Deadline
	err := r.DB.Read(ctx, func(tx *database.Tx) (err error) {
		if rep, err = byID(tx, c.Value); err != nil {
			return err
		}
		on, err = deadline.ByID(tx, rep.Deadline)
		return err
	})
	if errors.Is(err, ErrGone) {
		return chat.Refuse("This report is no longer there.")
	}
	if err != nil {
		return err
	}
	if err := r.Roster.Admit(ctx, c.Person, "read this"); err != nil {
		return err
	}
	if c.Person != rep.Person && !r.Deadlines.May(ctx, on, c.Person) && !slices.Contains(r.readers(ctx, on, ""), c.Person) {
		return chat.Refuse("Only %s and whoever it was handed in to can read it.", chat.Person(rep.Person))
	}
	b := r.Shelf.Version(rep.Playbook)
	page, ok := b.Page(rep.Form)
	if !ok || page.Form == nil {
		return chat.Refuse("The form was taken out of the playbook. `sopbot export` still has what was handed in.")
	}
	o, err := r.options(ctx, b, page, c.Person)
	if err != nil {
		return err
	}
	o.ReadOnly, o.Given, o.Before, o.Callback = true, rep.Answers, above(on), ""
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return r.Slack.OpenView(ctx, c.Trigger, view)
}
