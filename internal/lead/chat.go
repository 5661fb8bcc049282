package lead

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionNew      = "lead.new"
	actionOpen     = "lead.open"
	actionMenu     = "lead.menu"
	actionStep     = "lead.step"
	actionReassign = "lead.reassign"
	actionTurn     = "lead.turn"
	actionCall     = "lead.call"

	callbackName     = "lead.name"
	callbackAssign   = "lead.assign"
	callbackReassign = "lead.reassign"
)

// Step is something that a feature above does with a lead: a button on its
// card, a line of its menu.
type Step struct {
	Name  string // lives for ever, like an action id
	Label string
	Again string // its label once something is known from From; "" = the same
	From  Source
	Early bool // of no use once the lead is handed off
	Run   func(ctx context.Context, c chat.Click, lead string) error
}

// works is who may work with leads.
var works = []roster.Role{roster.SDR, roster.AE, roster.Manager}

// Register is the table of contents: what people may type and click.
func (l *Leads) Register(r *chat.Router) {
	r.OnCommand(chat.CommandHelp{
		Name: "/lead", Does: "lists your leads, records and assigns them", Usage: "[assign @rep Company, Contact https://…] or [name]",
		Examples: []chat.Example{
			{Typed: "/lead", Gives: "your own leads and their state"},
			{Typed: "/lead assign @sam Northwind, Kim Lee https://northwind.example", Gives: "a new lead, given to a rep"},
			{Typed: "/lead assign", Gives: "the same as a form"},
			{Typed: "/lead call northwind", Gives: "notes that you held a call; what the playbook wants after one is reminded of"},
			{Typed: "/lead northwind", Gives: "what is known of a lead"},
		},
	}, l.command)
	r.OnClick(actionNew, l.openNew)
	r.OnClick(actionOpen, l.open)
	r.OnClick(actionMenu, l.menu)
	r.OnClick(actionStep, l.step)
	r.OnClick(actionReassign, l.openReassign)
	r.OnClick(actionTurn, l.turn)
	r.OnClick(actionCall, l.clickCall)
	r.OnSubmission(callbackName, l.submitName)
	r.OnSubmission(callbackAssign, l.submitNew)
	r.OnSubmission(callbackReassign, l.submitReassign)
}

func (l *Leads) command(ctx context.Context, c chat.Command) (chat.Message, error) {
	if err := l.Roster.Admit(ctx, c.Person, "work with leads here", works...); err != nil {
		return chat.Message{}, err
	}
	text := strings.TrimSpace(c.Text)
	word, rest, _ := strings.Cut(text, " ")
	switch strings.ToLower(word) {
	case "":
		return l.own(ctx, c.Person)
	case "help", "?":
		return helpMessage(), nil
	case "assign", "new", "add", "give":
		return l.assign(ctx, c, strings.TrimSpace(rest))
	case "call", "called":
		return l.called(ctx, c, strings.TrimSpace(chat.Unescape(rest)))
	case "find", "show":
		text = strings.TrimSpace(rest)
	}
	return l.find(ctx, c.Person, strings.TrimSpace(chat.Unescape(text)))
}

// listed is how many leads one message shows.
const listed = 10

func (l *Leads) own(ctx context.Context, person string) (m chat.Message, err error) {
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		leads, err := ofOwner(tx, person, listed)
		if err != nil {
			return err
		}
		n, err := countOfOwner(tx, person)
		if err != nil {
			return err
		}
		var others []Clock
		if l.Others != nil {
			others, err = l.Others(tx, person)
		}
		m = l.ownMessage(leads, n, others...)
		return err
	})
	return m, err
}

func (l *Leads) find(ctx context.Context, person, words string) (chat.Message, error) {
	if words == "" {
		return l.own(ctx, person)
	}
	var found []Lead
	if err := l.DB.Read(ctx, func(tx *database.Tx) (err error) {
		found, err = matching(tx, words, person, listed+1)
		return err
	}); err != nil {
		return chat.Message{}, err
	}
	return l.foundMessage(words, found), nil
}

// load finds the lead that a button names, in words where it is gone.
func (l *Leads) load(ctx context.Context, id string) (lead Lead, err error) {
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		lead, err = ByID(tx, id)
		return err
	})
	if errors.Is(err, ErrGone) {
		return Lead{}, chat.Refuse("This lead is no longer there. `/lead` lists the ones you have.")
	}
	return lead, err
}

// open shows all that is known of a lead.
func (l *Leads) open(ctx context.Context, c chat.Click) error {
	view, err := l.knownView(ctx, c.Person, c.Value, 0)
	if err != nil {
		return err
	}
	return chat.Show(ctx, l.Slack, c, view)
}

// turn shows another page of what is known: the value is "LEAD PAGE".
func (l *Leads) turn(ctx context.Context, c chat.Click) error {
	if c.View == nil {
		return nil
	}
	id, page, _ := strings.Cut(c.Value, " ")
	n, _ := strconv.Atoi(page)
	view, err := l.knownView(ctx, c.Person, id, n)
	if err != nil {
		return err
	}
	return chat.UnlessStale(l.Slack.UpdateView(ctx, c.View.ID, "", view)) // it may be closed by now
}

func (l *Leads) knownView(ctx context.Context, person, id string, page int) (view slack.ModalViewRequest, err error) {
	if err := l.Roster.Admit(ctx, person, "see leads here", works...); err != nil {
		return view, err
	}
	lead, err := l.load(ctx, id)
	if err != nil {
		return view, err
	}
	var known Known
	var trail []entry
	if err := l.DB.Read(ctx, func(tx *database.Tx) error {
		if known, err = l.Known(tx, lead); err != nil {
			return err
		}
		trail, err = trailOf(tx, lead.ID, trailShown)
		return err
	}); err != nil {
		return view, err
	}
	return l.leadView(lead, known, trail, page), nil
}

// menu is the ⋯ beside a lead in a list: its options are "STEP LEAD".
func (l *Leads) menu(ctx context.Context, c chat.Click) error {
	step, id, _ := strings.Cut(c.Value, " ")
	c.Value = id
	switch step {
	case "open":
		return l.open(ctx, c)
	case "reassign":
		return l.openReassign(ctx, c)
	case "call":
		return l.clickCall(ctx, c)
	}
	return l.run(ctx, c, step)
}

// step is a button on a card: its action id ends in the step's name.
func (l *Leads) step(ctx context.Context, c chat.Click) error {
	_, name, _ := strings.Cut(c.Action, ":")
	return l.run(ctx, c, name)
}

func (l *Leads) run(ctx context.Context, c chat.Click, name string) error {
	for _, s := range l.Steps {
		if s.Name == name {
			return s.Run(ctx, c, c.Value)
		}
	}
	return chat.Refuse("This button belongs to another version of sopbot and does nothing any more.")
}

// Suggest gives the leads that a select offers while somebody types: see
// form.Options.LeadAction. Who may not see leads is offered none.
func (l *Leads) Suggest(ctx context.Context, s chat.Suggestion) (options []*slack.OptionBlockObject, err error) {
	if l.Roster.Admit(ctx, s.Person, "see leads here", works...) != nil {
		return nil, nil
	}
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		found, err := matching(tx, s.Typed, s.Person, 25)
		for _, lead := range found {
			options = append(options, chat.Option(lead.ID, lead.String(), l.optionWords(lead, s.Person)))
		}
		return err
	})
	return options, err
}

// Meant finds the lead that somebody named behind a command, as what a form
// about it starts with: a known lead where the words mean just one, a new name
// where they mean none; where they may mean several, or are no name, nothing but
// a note that says so.
func (l *Leads) Meant(ctx context.Context, person, words string) (answer form.Value, note string, err error) {
	name, err := ParseName(words)
	if err != nil {
		if folded(words) != "" { // else nobody named anything, and the form asks
			note = Trouble(err)
		}
		return form.Value{}, note, nil
	}
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		exact, err := Named(tx, name)
		if err == nil {
			answer = form.Lead(exact.ID, exact.String())
			return nil
		}
		if !errors.Is(err, ErrGone) {
			return err
		}
		found, err := matching(tx, words, person, 2)
		switch {
		case len(found) == 1:
			answer = form.Lead(found[0].ID, found[0].String())
		case len(found) == 0:
			answer = form.Value{Type: playbook.FieldLead, New: words}
		default:
			note = "Several leads match “" + chat.EscapeInline(chat.Shorten(words, 80)) + "”: pick one, or type the whole name of a new one."
		}
		return err
	})
	return answer, note, err
}
