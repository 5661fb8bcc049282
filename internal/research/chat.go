package research

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionBack   = "research.back"
	callbackForm = "research"

	// FormPage is the id of the playbook's form for research.
	FormPage = "research"
)

// Research asks for what was found out. Its fields are set before the bot
// serves.
type Research struct {
	DB     *database.DB
	Roster *roster.Roster
	Leads  *lead.Leads
	Posts  lead.Posts
	Outbox *outbox.Outbox
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// Calendar is when a person works.
	Calendar func(person string) deadline.Calendar
}

// Register is the table of contents: what people may click and send.
func (r *Research) Register(router *chat.Router) {
	router.OnClick(actionBack, r.back)
	router.OnSubmission(callbackForm, r.submit)
}

// Step is the button that hands research in.
func (r *Research) Step() lead.Step {
	return lead.Step{Name: "research", Label: "Research done", Run: r.Open}
}

// Open shows the form about a lead, with what is known.
func (r *Research) Open(ctx context.Context, c chat.Click, id string) error {
	b := r.Shelf.InForce()
	page, ok := b.Page(FormPage)
	if !ok || page.Form == nil {
		return chat.Refuse("The playbook has no form called `%s`. Its owner adds one, and this starts working.", FormPage)
	}
	var of lead.Lead
	o := r.options(b, page)
	if err := r.DB.Read(ctx, func(tx *database.Tx) (err error) {
		if of, err = lead.ByID(tx, id); err != nil {
			return err
		}
		known, err := r.Leads.Known(tx, of)
		o.Given = known.Given(of, page.Form.Fields)
		return err
	}); err != nil {
		return refused(err)
	}
	if err := r.may(ctx, of, c.Person); err != nil {
		return err
	}
	who, err := r.Roster.Person(ctx, c.Person)
	if err != nil {
		return err
	}
	o.Zone, o.Private = who.Location, of.ID
	o.Before = aboutBlocks(of)
	view, err := form.View(o)
	if err != nil {
		return err
	}
	if c.View == nil {
		return r.Slack.OpenView(ctx, c.Trigger, view)
	}
	return r.Slack.PushView(ctx, c.Trigger, view)
}

func refused(err error) error {
	if errors.Is(err, lead.ErrGone) {
		return chat.Refuse("%s", lead.Trouble(err))
	}
	return err
}

// may refuses whoever neither owns the lead nor is a manager.
func (r *Research) may(ctx context.Context, of lead.Lead, person string) error {
	if person == of.Owner {
		return r.Roster.Admit(ctx, person, "work with leads here", roster.SDR, roster.AE, roster.Manager)
	}
	if r.Roster.Admit(ctx, person, "", roster.Manager) != nil {
		return chat.Refuse("This lead is %s’s. Only they or a manager hand its research in.", chat.Person(of.Owner))
	}
	return nil
}

func (r *Research) options(b *playbook.Playbook, page *playbook.Page) form.Options {
	return form.Options{Page: page, Version: b.Version, Settings: b.Settings, Callback: callbackForm, BackAction: actionBack,
		Drafts: lead.Drafts{DB: r.DB, Now: r.Now}}
}

// opened gives what a view was opened with.
func (r *Research) opened(v chat.View) (form.Meta, form.Options, error) {
	m, err := form.Opened(v)
	if err != nil {
		return m, form.Options{}, err
	}
	b := r.Shelf.Version(m.Version)
	page, ok := b.Page(m.Page)
	if !ok || page.Form == nil {
		return m, form.Options{}, chat.Refuse("The form was taken out of the playbook while it was open. Copy what you typed, and open it anew.")
	}
	return m, r.options(b, page), nil
}

// back shows the step before; what stands in the view is kept.
func (r *Research) back(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	m, o, err := r.opened(*c.View)
	if err != nil {
		return err
	}
	var of lead.Lead
	if err := r.DB.Read(ctx, func(tx *database.Tx) error {
		of, err = lead.ByID(tx, m.Caller)
		return err
	}); err != nil {
		return refused(err)
	}
	if err := r.may(ctx, of, c.Person); err != nil {
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

// submit keeps what was found, as facts of the lead.
func (r *Research) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	m, o, err := r.opened(s.View)
	if err != nil {
		return chat.Answer{}, err
	}
	who, err := r.Roster.Person(ctx, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	o.Zone = who.Location
	var of lead.Lead
	if err := r.DB.Read(ctx, func(tx *database.Tx) error {
		if of, err = lead.ByID(tx, m.Caller); err != nil {
			return err
		}
		known, err := r.Leads.Known(tx, of)
		o.Given = known.Given(of, o.Page.Form.Fields) // for the steps to come
		return err
	}); err != nil {
		return chat.Answer{}, refused(err)
	}
	if err := r.may(ctx, of, s.Person); err != nil {
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
	err = r.DB.Write(ctx, func(tx *database.Tx) error { return r.keep(tx, of, s.Person, out.Answers) })
	if err != nil {
		return chat.Answer{}, err
	}
	view := r.doneView(of)
	return chat.Answer{Update: &view}, nil
}

// keep stores the findings. The same submission once more replaces them by the
// same.
func (r *Research) keep(tx *database.Tx, of lead.Lead, by string, answers form.Answers) error {
	if err := r.Leads.Learn(tx, of.ID, by, lead.SourceResearch, answers); err != nil {
		return err
	}
	return r.Leads.Record(tx, lead.Event{Kind: "research.done", Person: by, Origin: lead.FromForm, Lead: of.ID, Subject: "lead/" + of.ID})
}
