package lead

import (
	"context"
	"errors"
	"net/url"
	"regexp"
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

	callbackAssign   = "lead.assign"
	callbackReassign = "lead.reassign"
)

// Step is something that a feature above does with a lead: a button on its
// card, a line of its menu.
type Step struct {
	Name  string // lives for ever, like an action id
	Label string
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
			{Typed: "/lead northwind", Gives: "what is known of a lead"},
		},
	}, l.command)
	r.OnClick(actionNew, l.openNew)
	r.OnClick(actionOpen, l.open)
	r.OnClick(actionMenu, l.menu)
	r.OnClick(actionStep, l.step)
	r.OnClick(actionReassign, l.openReassign)
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
	case "find", "show":
		text = strings.TrimSpace(rest)
	}
	return l.find(ctx, c.Person, strings.TrimSpace(chat.Unescape(text)))
}

// listed is how many leads one message shows.
const listed = 20

func (l *Leads) own(ctx context.Context, person string) (m chat.Message, err error) {
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		leads, err := ofOwner(tx, person, listed)
		if err != nil {
			return err
		}
		n, err := countOfOwner(tx, person)
		m = l.ownMessage(leads, n)
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

// assignment is what stands behind /lead assign.
type assignment struct {
	owner   string
	name    Name
	website string
}

var (
	memberToken = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>`)
	linkToken   = regexp.MustCompile(`<(https?://[^<>|]+)(?:\|[^<>]*)?>`)
	bareLink    = regexp.MustCompile(`(?:^|\s)(https?://\S+)`)
	bareName    = regexp.MustCompile(`(?:^|\s)(@[\pL\pN._-]+)`)
)

// parseAssignment reads it as Slack sends it: people and links in <>.
func parseAssignment(text string) (assignment, error) {
	var a assignment
	if m := memberToken.FindAllStringSubmatch(text, -1); len(m) > 1 {
		return a, chat.Refuse("A lead has one owner, and there are two people in that line. Name one: `/lead assign @rep Company`.")
	} else if len(m) == 1 {
		a.owner = m[0][1]
		text = memberToken.ReplaceAllString(text, " ")
	}
	if m := bareName.FindStringSubmatch(text); m != nil {
		return a, chat.Refuse("Slack knows nobody called %s here. Pick the name from the list that Slack offers while you type.", chat.EscapeInline(m[1]))
	}
	for _, link := range []*regexp.Regexp{linkToken, bareLink} {
		if m := link.FindStringSubmatch(text); m != nil && a.website == "" {
			address := chat.Unescape(m[1])
			if u, err := url.Parse(address); err != nil || u.Host == "" {
				return a, chat.Refuse("%s is not a web address. Write it like https://company.example.", chat.EscapeInline(address))
			}
			a.website = address
			text = strings.Replace(text, strings.TrimSpace(m[0]), " ", 1)
		}
	}
	name, err := ParseName(strings.TrimSpace(chat.Unescape(text)))
	switch {
	case errors.Is(err, ErrNoName):
		return a, chat.Refuse("The company is missing. Write it like `/lead assign @rep Company, Contact https://company.example`.")
	case err != nil:
		return a, chat.Refuse("%s", Trouble(err))
	}
	a.name = name
	return a, nil
}

// assign records a lead at once, or opens the form where nothing is named.
func (l *Leads) assign(ctx context.Context, c chat.Command, text string) (chat.Message, error) {
	if text == "" {
		return chat.Message{}, l.openForm(ctx, c.Trigger, c.Person, "")
	}
	a, err := parseAssignment(text)
	if err != nil {
		return chat.Message{}, err
	}
	if a.owner == "" {
		a.owner = c.Person
	}
	if why, err := l.worker(ctx, a.owner, c.Person); err != nil {
		return chat.Message{}, err
	} else if why != "" {
		return chat.Message{}, chat.Refuse("%s", chat.EscapeInline(why))
	}
	lead, created, err := l.assignNow(ctx, New{Name: a.name, Website: a.website, Owner: a.owner}, c.Person, FromCommand)
	if err != nil {
		return chat.Message{}, err
	}
	if !created {
		return l.existsMessage(lead), nil
	}
	return l.assignedMessage(lead, c.Person), nil
}

func (l *Leads) assignNow(ctx context.Context, n New, by string, from Origin) (lead Lead, created bool, err error) {
	err = l.DB.Write(ctx, func(tx *database.Tx) error {
		lead, created, err = l.Assign(tx, n, by, from)
		return err
	})
	return lead, created, err
}

// worker says why somebody cannot be given a lead.
func (l *Leads) worker(ctx context.Context, id, by string) (why string, err error) {
	if id == by {
		return "", nil // was admitted
	}
	for _, role := range works {
		if why, err = l.Roster.Candidate(ctx, id, role); why == "" || err != nil {
			return "", err
		}
	}
	return why, nil
}

// newPage is the form of a new lead. It is the bot's own: what a company asks
// for stands in its research form.
var newPage = &playbook.Page{ID: "lead.assign", Title: "New lead", Form: &playbook.Form{Submit: "Assign", Fields: []playbook.Field{
	{ID: "company", Label: "Company", Type: playbook.FieldText, Required: true, Max: "150", Placeholder: "Northwind Freight"},
	{ID: "contact", Label: "Contact", Type: playbook.FieldText, Max: "100", Placeholder: "Kim Lee, Head of Operations", Hint: "Same company and contact: same lead"},
	{ID: "website", Label: "Website or profile", Type: playbook.FieldURL, Placeholder: "https://northwind.example"},
	{ID: "owner", Label: "Who works on it", Type: playbook.FieldUser, Required: true},
}}}

func (l *Leads) formOptions(page *playbook.Page, callback string) form.Options {
	b := l.Shelf.InForce()
	return form.Options{Page: page, Version: b.Version, Settings: b.Settings, Callback: callback}
}

func (l *Leads) openForm(ctx context.Context, trigger, person, company string) error {
	o := l.formOptions(newPage, callbackAssign)
	o.Given = form.Answers{"owner": form.User(person)}
	if company != "" {
		o.Given["company"] = form.Text(company)
	}
	view, err := form.View(o)
	if err != nil {
		return err
	}
	return l.Slack.OpenView(ctx, trigger, view)
}

func (l *Leads) openNew(ctx context.Context, c chat.Click) error {
	if err := l.Roster.Admit(ctx, c.Person, "work with leads here", works...); err != nil {
		return err
	}
	return l.openForm(ctx, c.Trigger, c.Person, c.Value)
}

func (l *Leads) submitNew(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := l.Roster.Admit(ctx, s.Person, "work with leads here", works...); err != nil {
		return chat.Answer{}, err
	}
	o := l.formOptions(newPage, callbackAssign)
	out, err := form.Submit(o, s.View, l.Now())
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	owner := out.Answers["owner"].Text
	if why, err := l.worker(ctx, owner, s.Person); err != nil || why != "" {
		return chat.Answer{Errors: oneError("owner", why)}, err
	}
	name := Name{out.Answers["company"].Text, out.Answers["contact"].Text}
	if folded(name.Company) == "" {
		return chat.Answer{Errors: oneError("company", "Type the company's name, in letters or digits.")}, nil
	}
	lead, created, err := l.assignNow(ctx, New{ID: out.Meta.Key, Name: name, Website: out.Answers["website"].Text, Owner: owner}, s.Person, FromForm)
	if err != nil {
		return chat.Answer{}, err
	}
	if !created && lead.ID != out.Meta.Key {
		return chat.Answer{Errors: oneError("company", l.existsWords(lead))}, nil
	}
	done := chat.Modal("", "New lead", "", "Close", "", l.assignedMessage(lead, s.Person).Blocks)
	return chat.Answer{Update: &done}, nil
}

func oneError(field, why string) chat.FieldErrors {
	if why == "" {
		return nil
	}
	return chat.FieldErrors{form.Block(field): why}
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
	if err := l.Roster.Admit(ctx, c.Person, "see leads here", works...); err != nil {
		return err
	}
	lead, err := l.load(ctx, c.Value)
	if err != nil {
		return err
	}
	var known Known
	var trail []entry
	if err := l.DB.Read(ctx, func(tx *database.Tx) error {
		if known, err = l.Known(tx, lead); err != nil {
			return err
		}
		trail, err = trailOf(tx, lead.ID, 20)
		return err
	}); err != nil {
		return err
	}
	view := l.leadView(lead, known, trail)
	if c.View == nil {
		return l.Slack.OpenView(ctx, c.Trigger, view)
	}
	return l.Slack.PushView(ctx, c.Trigger, view)
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

var reassignPage = &playbook.Page{ID: "lead.reassign", Title: "Reassign the lead", Form: &playbook.Form{Submit: "Reassign", Fields: []playbook.Field{
	{ID: "owner", Label: "Who works on it from now on", Type: playbook.FieldUser, Required: true},
}}}

// mayReassign refuses whoever neither owns the lead nor is a manager.
func (l *Leads) mayReassign(ctx context.Context, lead Lead, person string) error {
	if lead.Owner == person && lead.Status != HandedOff && lead.Status != Accepted {
		return l.Roster.Admit(ctx, person, "work with leads here", works...)
	}
	return l.Roster.Admit(ctx, person, "reassign a lead that is not theirs to pass on", roster.Manager)
}

func (l *Leads) openReassign(ctx context.Context, c chat.Click) error {
	lead, err := l.load(ctx, c.Value)
	if err != nil {
		return err
	}
	if err := l.mayReassign(ctx, lead, c.Person); err != nil {
		return err
	}
	o := l.formOptions(reassignPage, callbackReassign)
	o.Private = lead.ID
	o.Before = chat.TextBlocks("*" + chat.EscapeInline(lead.String()) + "* is " + chat.Person(lead.Owner) + "’s now. Both get a message.")
	view, err := form.View(o)
	if err != nil {
		return err
	}
	if c.View == nil {
		return l.Slack.OpenView(ctx, c.Trigger, view)
	}
	return l.Slack.PushView(ctx, c.Trigger, view)
}

func (l *Leads) submitReassign(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	out, err := form.Submit(l.formOptions(reassignPage, callbackReassign), s.View, l.Now())
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	lead, err := l.load(ctx, out.Meta.Caller)
	if err != nil {
		return chat.Answer{}, err
	}
	if err := l.mayReassign(ctx, lead, s.Person); err != nil {
		return chat.Answer{}, err
	}
	to := out.Answers["owner"].Text
	switch why, err := l.worker(ctx, to, s.Person); {
	case err != nil:
		return chat.Answer{}, err
	case why != "":
		return chat.Answer{Errors: oneError("owner", why)}, nil
	case to == lead.Owner:
		return chat.Answer{Errors: oneError("owner", "The lead is already theirs. Pick somebody else.")}, nil
	}
	err = l.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := l.Reassign(tx, lead, to, s.Person, FromForm)
		return err
	})
	if errors.Is(err, ErrTaken) {
		return chat.Answer{Errors: oneError("owner", "Somebody else reassigned this lead a moment ago. Close this and look again.")}, nil
	}
	return chat.Answer{}, err
}

// Suggest gives the leads that a select offers while somebody types: see
// form.Options.LeadAction.
func (l *Leads) Suggest(ctx context.Context, s chat.Suggestion) (options []*slack.OptionBlockObject, err error) {
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
// where they mean none, nothing where they may mean several.
func (l *Leads) Meant(ctx context.Context, person, words string) (answer form.Value, err error) {
	name, err := ParseName(words)
	if err != nil {
		return form.Value{}, nil //nolint:nilerr // no words, or none that name anything: the form asks
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
		}
		return err
	})
	return answer, err
}
