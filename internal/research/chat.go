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
	actionBack     = "research.back"
	actionCalendar = "research.calendar"
	callbackForm   = "research"

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
	Files  Files
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// Calendar is when a person works.
	Calendar func(person string) deadline.Calendar
}

// Register is the table of contents: what people may click and send.
func (r *Research) Register(router *chat.Router) {
	router.OnClick(actionBack, r.back)
	router.OnClick(actionCalendar, r.toCalendar)
	router.OnSubmission(callbackForm, r.submit)
}

// Step is the button that hands research in.
func (r *Research) Step() lead.Step {
	return lead.Step{Name: "research", Label: "Research done", Again: "Edit research", From: lead.SourceResearch, Early: true, Run: r.Open}
}

// flow is the way through the form.
func (r *Research) flow() lead.Flow {
	return lead.Flow{Leads: r.Leads, Kind: playbook.KindForm, Names: form.Options{Callback: callbackForm, BackAction: actionBack},
		Gone: "The form was taken out of the playbook while it was open. Copy what you typed, and open it anew.",
		Lost: "This form was open for so long that its earlier steps are no longer kept. Copy what you see here, and open it anew."}
}

// Open shows the form about a lead, with what is known.
func (r *Research) Open(ctx context.Context, c chat.Click, id string) error {
	b := r.Shelf.InForce()
	page, ok := b.Page(FormPage)
	if !ok || page.Form == nil {
		return chat.Refuse("The playbook has no form called `%s`. Its owner adds one, and this starts working.", FormPage)
	}
	of, given, err := r.given(ctx, page, id)
	if err != nil {
		return err
	}
	if err := r.may(ctx, of, c.Person); err != nil {
		return err
	}
	f := r.flow()
	o, err := f.Opening(ctx, b, page, c.Person)
	if err != nil {
		return err
	}
	o.Given, o.Private, o.Before = given, of.ID, aboutBlocks(of)
	return f.Show(o, r.Leads.ByClick(ctx, c))
}

// given is a lead, and what the form about it starts with.
func (r *Research) given(ctx context.Context, page *playbook.Page, id string) (of lead.Lead, given form.Answers, err error) {
	err = r.DB.Read(ctx, func(tx *database.Tx) error {
		if of, err = lead.ByID(tx, id); err != nil {
			return err
		}
		known, err := r.Leads.Known(tx, of)
		given = known.Given(of, page.Form.Fields)
		return err
	})
	return of, given, refused(err)
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

// back shows the step before; what stands in the view is kept.
func (r *Research) back(ctx context.Context, c chat.Click) error {
	return r.flow().Back(ctx, c, func(m form.Meta) error {
		var of lead.Lead
		if err := r.DB.Read(ctx, func(tx *database.Tx) (err error) {
			of, err = lead.ByID(tx, m.Caller)
			return err
		}); err != nil {
			return refused(err)
		}
		return r.may(ctx, of, c.Person)
	})
}

// submit keeps what was found, as facts of the lead.
func (r *Research) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	sheet, err := r.flow().Sheet(ctx, s.View, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	of, given, err := r.given(ctx, sheet.Options.Page, sheet.Caller)
	if err != nil {
		return chat.Answer{}, err
	}
	if err := r.may(ctx, of, s.Person); err != nil {
		return chat.Answer{}, err
	}
	sheet.Options.Given = given // for the steps to come
	out, err := sheet.Submit()
	if err != nil {
		return chat.Answer{}, err
	}
	if a, done := lead.Unfinished(out); !done {
		return a, nil
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
	if err := r.Leads.Record(tx, lead.Event{Kind: "research.done", Person: by, Origin: lead.FromForm, Lead: of.ID, Subject: "lead/" + of.ID}); err != nil {
		return err
	}
	_, err := r.Leads.Refresh(tx, of.ID) // the card says that it is done
	return err
}
