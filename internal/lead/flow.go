package lead

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

// Flow is the way through a form of the playbook about a lead, which is the
// same for each feature: it is opened, filled in anew when another lead is
// picked, gone back in, and sent step by step. What it asks for, who may, and
// what becomes of the answers is the feature's.
type Flow struct {
	*Leads
	Names form.Options  // the names that leave the house, and the words on its buttons
	Kind  playbook.Kind // of its page
	Gone  string        // what is said where the page left the playbook while it was open
	Lost  string        // what is said where it was open for so long that its earlier steps are not kept
}

// Sheet is a form that somebody has open.
type Sheet struct {
	form.Meta
	Book    *playbook.Playbook // that it was opened with
	Options form.Options

	flow Flow
	view chat.View
}

// Opening asks for a form of that playbook's page, for somebody.
func (f Flow) Opening(ctx context.Context, b *playbook.Playbook, page *playbook.Page, person string) (form.Options, error) {
	o := f.Options(b, page)
	zone, err := f.zoneOf(ctx, person)
	o.Zone = zone
	return o, err
}

// zoneOf is where somebody is; whoever Slack does not know is refused in words.
func (f Flow) zoneOf(ctx context.Context, person string) (*time.Location, error) {
	who, err := f.Roster.Person(ctx, person)
	if errors.Is(err, chat.ErrNobody) {
		err = f.Roster.Admit(ctx, person, "fill this in")
	}
	return who.Location, err
}

// Options are those of the form as that playbook has it, for nobody in
// particular.
func (f Flow) Options(b *playbook.Playbook, page *playbook.Page) form.Options {
	o := f.Names
	o.Page, o.Version, o.Settings, o.Drafts = page, b.Version, b.Settings, Drafts{DB: f.DB, Now: f.Now}
	return o
}

// Sheet reads an open form for whoever fills it in. The error refuses in words
// where its page is gone.
func (f Flow) Sheet(ctx context.Context, v chat.View, person string) (Sheet, error) {
	s, err := f.sheet(v)
	if err != nil {
		return s, err
	}
	return s, s.zoned(ctx, person)
}

func (f Flow) sheet(v chat.View) (Sheet, error) {
	m, err := form.Opened(v)
	if err != nil {
		return Sheet{}, err
	}
	b := f.Shelf.Version(m.Version)
	page, ok := b.Page(m.Page)
	if !ok || page.Kind != f.Kind {
		return Sheet{}, chat.Refusal(f.Gone)
	}
	return Sheet{Meta: m, Book: b, Options: f.Options(b, page), flow: f, view: v}, nil
}

func (s *Sheet) zoned(ctx context.Context, person string) error {
	zone, err := s.flow.zoneOf(ctx, person)
	s.Options.Zone = zone
	return err
}

// Shown is what stands in the view, right or not.
func (s Sheet) Shown() form.Answers {
	return form.Typed(s.view, s.Options.Page, s.Book.Settings, s.flow.Now(), s.Options.Zone)
}

// Said is all that was typed so far: what stands in the view, on top of the
// steps before it.
func (s Sheet) Said() (form.Answers, error) {
	all, err := form.Earlier(s.Options, s.view)
	if err != nil {
		return nil, s.lost(err)
	}
	maps.Copy(all, s.Shown())
	return all, nil
}

// Submit judges what stands in the view, and says what comes next.
func (s Sheet) Submit() (form.Outcome, error) {
	out, err := form.Submit(s.Options, s.view, s.flow.Now())
	return out, s.lost(err)
}

// lost says in words that the earlier steps are not kept any more.
func (s Sheet) lost(err error) error {
	if errors.Is(err, form.ErrDraftGone) {
		return chat.Refusal(s.flow.Lost)
	}
	return err
}

// Start is how a form is opened.
type Start struct {
	Of   form.Value // the lead that is meant, or none
	From Origin     // "" = in the usual way
	Note string     // stands above it
	Show func(slack.ModalViewRequest) error
}

// Open shows the form, filled in with what is given of the lead that is meant.
func (f Flow) Open(ctx context.Context, b *playbook.Playbook, page *playbook.Page, person string, how Start, given form.Answers, above ...slack.Block) error {
	o, err := f.Opening(ctx, b, page, person)
	if err != nil {
		return err
	}
	o.Given, o.Private = given, Opening{From: how.From, Lead: how.Of.Text}.String()
	if how.Note != "" {
		o.Before = append(o.Before, chat.Context(how.Note))
	}
	found, err := f.found(ctx, how.Of.Text, page)
	if err != nil {
		return err
	}
	o.Before = append(append(o.Before, above...), found...)
	return f.Show(o, how.Show)
}

// ByCommand opens a form for whoever typed a command, or took a shortcut.
func (l *Leads) ByCommand(ctx context.Context, trigger string) func(slack.ModalViewRequest) error {
	return func(view slack.ModalViewRequest) error { return l.Slack.OpenView(ctx, trigger, view) }
}

// ByClick opens a form for whoever clicked.
func (l *Leads) ByClick(ctx context.Context, c chat.Click) func(slack.ModalViewRequest) error {
	return func(view slack.ModalViewRequest) error { return chat.Show(ctx, l.Slack, c, view) }
}

// Show builds the form, and opens it: as a click does, or a command.
func (f Flow) Show(o form.Options, open func(slack.ModalViewRequest) error) error {
	view, err := f.view(o)
	if err != nil {
		return err
	}
	return open(view)
}

func (f Flow) view(o form.Options) (slack.ModalViewRequest, error) {
	if f.Kind == playbook.KindFramework {
		return form.ScorecardView(o)
	}
	return form.View(o)
}

// found shows what research brought to light of a lead and the form does not ask
// for: it is before the eyes of whoever fills it in.
func (f Flow) found(ctx context.Context, id string, page *playbook.Page) (blocks []slack.Block, err error) {
	if id == "" {
		return nil, nil
	}
	err = f.DB.Read(ctx, func(tx *database.Tx) error {
		known, err := facts(tx, id)
		blocks = f.foundBlocks(known[SourceResearch], form.FieldsOf(page))
		return err
	})
	return blocks, err
}

// replace puts another look in the place of an open form.
func (f Flow) replace(ctx context.Context, v chat.View, view slack.ModalViewRequest, err error) error {
	if err != nil {
		return err
	}
	return chat.UnlessStale(f.Slack.UpdateView(ctx, v.ID, v.Hash, view))
}

// Back is the click that leads to the step before; what stands in the view is
// kept. may says whether the person is let.
func (f Flow) Back(ctx context.Context, c chat.Click, may func(form.Meta) error) error {
	if c.View == nil {
		return nil
	}
	m, err := form.Opened(*c.View)
	if err != nil {
		return err
	}
	if err := may(m); err != nil {
		return err
	}
	s, err := f.Sheet(ctx, *c.View, c.Person)
	if err != nil {
		return err
	}
	if s.Options.Before, err = f.found(ctx, ParseOpening(m.Caller).Lead, s.Options.Page); err != nil {
		return err
	}
	view, err := form.Back(s.Options, *c.View, f.Now())
	return f.replace(ctx, *c.View, view, s.lost(err))
}

// Picked is the click that chooses another lead: the form is filled in anew.
// refill says with what, and what stands above it; before is the lead that it
// was filled in for last, or "".
func (f Flow) Picked(ctx context.Context, c chat.Click, may func() error, refill func(s Sheet, before string) (form.Answers, []slack.Block, error)) error {
	if c.View == nil || c.Value == "" {
		return nil
	}
	s, err := f.sheet(*c.View)
	var gone chat.Refusal
	if errors.As(err, &gone) {
		return nil // the submission will say so
	}
	if err != nil {
		return err
	}
	if err := may(); err != nil {
		return err
	}
	c.Acknowledge()
	if err := s.zoned(ctx, c.Person); err != nil {
		return err
	}
	opened := ParseOpening(s.Caller)
	o := s.Options
	if o.Given, o.Before, err = refill(s, opened.Lead); err != nil {
		return err
	}
	found, err := f.found(ctx, c.Value, o.Page)
	if err != nil {
		return err
	}
	o.Before = append(o.Before, found...)
	opened.Lead = c.Value
	o.Key, o.Round, o.Private = s.Key, s.Round+1, opened.String()
	view, err := f.view(o)
	return f.replace(ctx, *c.View, view, err)
}

// Unfinished is how a submission is answered that is not the end of its form:
// by sentences at its fields, or by the next step. done says that it is.
func Unfinished(out form.Outcome) (a chat.Answer, done bool) {
	switch {
	case len(out.Errors) > 0:
		return chat.Answer{Errors: out.Errors}, false
	case out.Next != nil:
		return chat.Answer{Update: out.Next, Meanwhile: out.Waiting}, false
	}
	return chat.Answer{}, true
}
