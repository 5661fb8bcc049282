package qualification

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
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionLead   = "qualify.lead" // the select of a lead, and what it offers
	actionBack   = "qualify.back"
	callbackForm = "qualify"
	shortcutForm = "qualify"

	// StepName is the step that qualifies a lead: see [lead.Step].
	StepName = "qualify"
)

// Qualifications runs the scorecard.
type Qualifications struct {
	DB     *database.DB
	Roster *roster.Roster
	Leads  *lead.Leads
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger
}

// qualifies is who may score leads.
var qualifies = []roster.Role{roster.SDR, roster.AE, roster.Manager}

// Register is the table of contents: what people may type and click.
func (q *Qualifications) Register(r *chat.Router) {
	r.OnCommand(chat.CommandHelp{
		Name: "/qualify", Does: "scores a lead by the playbook's framework", Usage: "[lead]",
		Examples: []chat.Example{
			{Typed: "/qualify", Gives: "the scorecard: criteria, evidence, main pain"},
			{Typed: "/qualify northwind", Gives: "the scorecard of that lead, with the last answers"},
		},
	}, q.command)
	r.OnShortcut(chat.ShortcutHelp{Callback: shortcutForm, Name: "Qualify a lead", Does: "Scores a lead by the playbook's framework"}, q.shortcut)
	r.OnSuggestion(actionLead, q.Leads.Suggest)
	r.OnClick(actionLead, q.picked)
	r.OnClick(actionBack, q.back)
	r.OnSubmission(callbackForm, q.submit)
}

// Step is the button that qualifies a lead.
func (q *Qualifications) Step() lead.Step {
	return lead.Step{Name: StepName, Label: "Qualify", Run: func(ctx context.Context, c chat.Click, id string) error {
		return q.open(ctx, c.Person, lead.Start{Of: form.Lead(id, ""), Show: q.Leads.ByClick(ctx, c)})
	}}
}

func (q *Qualifications) admit(ctx context.Context, person string) error {
	return q.Roster.Admit(ctx, person, "qualify leads", qualifies...)
}

func (q *Qualifications) command(ctx context.Context, c chat.Command) (chat.Message, error) {
	words := strings.TrimSpace(chat.Unescape(c.Text))
	if lower := strings.ToLower(words); lower == "help" || lower == "?" {
		return chat.Say("`/qualify` opens the scorecard of the playbook's framework · `/qualify LEAD` opens it with what is known of that lead"), nil
	}
	if err := q.admit(ctx, c.Person); err != nil {
		return chat.Message{}, err
	}
	answer, note, err := q.Leads.Meant(ctx, c.Person, words)
	if err != nil {
		return chat.Message{}, err
	}
	return chat.Message{}, q.open(ctx, c.Person, lead.Start{Of: answer, Note: note, Show: q.Leads.ByCommand(ctx, c.Trigger)})
}

func (q *Qualifications) shortcut(ctx context.Context, s chat.Shortcut) error {
	return q.open(ctx, s.Person, lead.Start{From: lead.FromShortcut, Show: q.Leads.ByCommand(ctx, s.Trigger)})
}

// Framework is the page that the playbook's settings name, or its first one;
// the error refuses in words where there is none.
func Framework(b *playbook.Playbook) (*playbook.Page, error) {
	if id := b.Settings.Qualification; id != "" {
		if p, ok := b.Page(id); ok && p.Framework != nil {
			return p, nil
		}
	}
	if all := b.OfKind(playbook.KindFramework); len(all) > 0 {
		return all[0], nil
	}
	return nil, chat.Refuse("The playbook has no qualification framework yet. Its owner adds a page of kind `framework`, and this starts working.")
}

// flow is the way through the scorecard.
func (q *Qualifications) flow() lead.Flow {
	return lead.Flow{Leads: q.Leads, Kind: playbook.KindFramework,
		Names: form.Options{Callback: callbackForm, Submit: "Score", LeadAction: actionLead, LeadTells: true, BackAction: actionBack},
		Gone:  "The framework was taken out of the playbook while this was open. Copy your notes, and open `/qualify` anew.",
		Lost:  "This scorecard was open for so long that its earlier steps are no longer kept. Copy your notes, and open `/qualify` anew."}
}

// open shows the scorecard, of a lead where one is meant.
func (q *Qualifications) open(ctx context.Context, person string, how lead.Start) error {
	if err := q.admit(ctx, person); err != nil {
		return err
	}
	b := q.Shelf.InForce()
	page, err := Framework(b)
	if err != nil {
		return err
	}
	given := form.Answers{}
	switch {
	case how.Of.New != "":
		given[form.ScorecardLead] = how.Of
	case how.Of.Text != "":
		if given, err = q.known(ctx, page, how.Of.Text); err != nil {
			return err
		}
	}
	return q.flow().Open(ctx, b, page, person, how, given)
}

// known is the last scorecard of a lead, as what the next starts with.
func (q *Qualifications) known(ctx context.Context, page *playbook.Page, id string) (given form.Answers, err error) {
	err = q.DB.Read(ctx, func(tx *database.Tx) error {
		of, err := lead.ByID(tx, id)
		if err != nil {
			return err
		}
		r, found, err := Latest(tx, id)
		if err != nil {
			return err
		}
		given = form.Answers{}
		if found {
			given = r.Scores.Answers()
		} else {
			// Somebody may have named the pain elsewhere: in the research, say.
			k, err := q.Leads.Known(tx, of)
			if err != nil {
				return err
			}
			for id, v := range k.Given(of, form.FieldsOf(page)) {
				given[id] = v
			}
		}
		given[form.ScorecardLead] = form.Lead(of.ID, of.String())
		return nil
	})
	if errors.Is(err, lead.ErrGone) {
		return nil, chat.Refuse("%s", lead.Trouble(err))
	}
	return given, err
}

// picked fills in what is known of the lead that was just chosen; what was
// typed already stays, and what was known of the lead before goes.
func (q *Qualifications) picked(ctx context.Context, c chat.Click) error {
	return q.flow().Picked(ctx, c, func() error { return q.admit(ctx, c.Person) }, func(s lead.Sheet, lastLead string) (form.Answers, []slack.Block, error) {
		last, err := q.known(ctx, s.Options.Page, c.Value)
		if err != nil {
			return nil, nil, err
		}
		var before form.Answers
		if lastLead != "" {
			// Should it be gone, nothing of it can be told from what was typed.
			before, _ = q.known(ctx, s.Options.Page, lastLead)
		}
		given := start(last, s.Shown(), before)
		given[form.ScorecardLead] = last[form.ScorecardLead]
		if len(last) > 1 {
			return given, []slack.Block{chat.Context("Filled in with the last answers about this lead.")}, nil
		}
		return given, nil, nil
	})
}

// back shows the step before; what stands in the view is kept.
func (q *Qualifications) back(ctx context.Context, c chat.Click) error {
	return q.flow().Back(ctx, c, func(form.Meta) error { return q.admit(ctx, c.Person) })
}

func (q *Qualifications) submit(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := q.admit(ctx, s.Person); err != nil {
		return chat.Answer{}, err
	}
	sheet, err := q.flow().Sheet(ctx, s.View, s.Person)
	if err != nil {
		return chat.Answer{}, err
	}
	said, err := sheet.Said()
	if err != nil {
		return chat.Answer{}, err
	}
	page := sheet.Options.Page
	// Steps that were not shown yet start with the last answers about the lead.
	if named := said[form.ScorecardLead]; named.Text != "" && named.New == "" {
		if sheet.Options.Given, err = q.known(ctx, page, named.Text); err != nil {
			return chat.Answer{}, err
		}
	}
	out, scores, err := form.SubmitScorecard(sheet.Options, s.View, q.Now())
	if err != nil {
		return chat.Answer{}, err
	}
	if a, done := lead.Unfinished(out); !done {
		return a, nil
	}
	r := Revision{ID: database.NewID(), Key: sheet.Key, Person: s.Person, At: q.Now(), Framework: page.ID, Playbook: sheet.Book.Version,
		Scores: scores, Result: form.Score(page.Framework, scores)}
	var of lead.Lead
	var last Revision
	var again bool
	given := r // a transaction that loses runs again, with what was given
	err = q.DB.Write(ctx, func(tx *database.Tx) (err error) {
		of, r, last, again, err = q.keep(tx, given, lead.ParseOpening(sheet.Caller).From)
		return err
	})
	if words := lead.Trouble(err); words != "" {
		return chat.Answer{Errors: chat.FieldErrors{form.Block(form.ScorecardLead): words}}, nil
	}
	if err != nil {
		return chat.Answer{}, err
	}
	view := q.resultView(of, r, r.Count(page), last, again)
	return chat.Answer{Update: &view}, nil
}

// keep stores a revision, with the lead it names and what it says of it. A
// form that was kept before gives what was kept then.
func (q *Qualifications) keep(tx *database.Tx, r Revision, from lead.Origin) (of lead.Lead, kept, last Revision, again bool, err error) {
	if old, found, err := byKey(tx, r.Key); err != nil || found {
		if err == nil {
			of, err = lead.ByID(tx, old.Lead)
		}
		return of, old, Revision{}, false, err
	}
	of, created, err := q.Leads.FromAnswer(tx, r.Scores.Lead, lead.New{ID: r.Key, Owner: r.Person}, r.Person, from)
	if err != nil {
		return of, r, last, false, err
	}
	r.Lead = of.ID
	r.Scores.Lead = form.Lead(of.ID, of.String())
	if err = insert(tx, &r); err != nil {
		return of, r, last, false, err
	}
	learn := q.Leads.LearnFirst
	if !created {
		learn = q.Leads.Learn
		if last, again, err = before(tx, r); err != nil {
			return of, r, last, again, err
		}
	}
	if err = learn(tx, of.ID, r.Person, lead.SourceQualification, facts(r.Scores)); err != nil {
		return of, r, last, again, err
	}
	event := lead.Event{Kind: "qualification.saved", Person: r.Person, Origin: from, Lead: of.ID, Subject: "qualification/" + r.ID,
		Detail: map[string]any{"framework": r.Framework, "revision": r.Number, "confirmed": r.Result.Confirmed, "of": r.Result.Of, "need": r.Result.Need, "passed": r.Result.Pass}}
	if err = q.Leads.Record(tx, event); err != nil {
		return of, r, last, again, err
	}
	if r.Result.Pass && (of.Status == lead.Open || of.Status == lead.Returned) {
		if of, err = q.Leads.Move(tx, of.ID, lead.Qualified); err != nil {
			return of, r, last, again, err
		}
		event.ID, event.Kind = "", string(playbook.EventLeadQualified)
		err = q.Leads.Record(tx, event)
	} else if !r.Result.Pass && of.Status == lead.Qualified {
		of, err = q.Leads.Move(tx, of.ID, lead.Open)
	}
	return of, r, last, again, err
}
