package lead

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// assignment is what stands behind /lead assign.
type assignment struct {
	owner   string
	name    Name
	website string
}

var (
	memberToken = regexp.MustCompile(`<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>`)
	groupToken  = regexp.MustCompile(`<!(?:subteam\^[A-Z0-9]+|channel|here|everyone)(?:\|[^<>]*)?>`)
	linkToken   = regexp.MustCompile(`<(https?://[^<>|]+)(?:\|[^<>]*)?>`)
	bareLink    = regexp.MustCompile(`(?i)(?:^|\s)(https?://\S+)`)
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
	if groupToken.MatchString(text) {
		return a, chat.Refuse("A lead has one owner, and that line names a group. Name one person: `/lead assign @rep Company`.")
	}
	if m := bareName.FindStringSubmatch(text); m != nil {
		return a, chat.Refuse("Slack knows nobody called %s here. Pick the name from the list that Slack offers while you type.", chat.EscapeInline(m[1]))
	}
	for _, link := range []*regexp.Regexp{linkToken, bareLink} {
		for m := link.FindStringSubmatch(text); m != nil; m = link.FindStringSubmatch(text) {
			address, err := form.ParseLink(strings.TrimRight(chat.Unescape(m[1]), ".,;"))
			if err != nil {
				return a, chat.Refuse("%s", chat.EscapeInline(err.Error()))
			}
			if a.website != "" && a.website != address {
				return a, chat.Refuse("There are two links in that line, and a lead keeps one. Leave one out; the other can go into the research.")
			}
			a.website = address
			text = strings.Replace(text, strings.TrimSpace(m[0]), " ", 1)
		}
	}
	name, err := ParseName(chat.Unescape(text))
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
		return chat.Message{}, l.openForm(ctx, c.Trigger, "")
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
	return l.Roster.Candidate(ctx, id, works...)
}

// The form of a new lead, in two steps: that the lead is there already is said
// before the rest is filled in. It is the bot's own; what a company asks for
// stands in its research form.
var (
	namePage = &playbook.Page{ID: "lead.name", Title: "New lead", Form: &playbook.Form{Submit: "Next", Fields: []playbook.Field{
		{ID: "company", Label: "Company", Type: playbook.FieldText, Required: true, Max: "120", Placeholder: "Northwind Freight"},
		{ID: "contact", Label: "Contact", Type: playbook.FieldText, Max: "75", Placeholder: "Kim Lee", Hint: "Same company and contact: same lead"},
	}}}
	newPage = &playbook.Page{ID: "lead.assign", Title: "New lead", Form: &playbook.Form{Submit: "Assign", Fields: []playbook.Field{
		{ID: "website", Label: "Website or profile", Type: playbook.FieldURL, Placeholder: "https://northwind.example"},
		{ID: "owner", Label: "Who works on it", Type: playbook.FieldUser, Required: true},
	}}}
)

func (l *Leads) formOptions(page *playbook.Page, callback string) form.Options {
	b := l.Shelf.InForce()
	return form.Options{Page: page, Version: b.Version, Settings: b.Settings, Callback: callback}
}

// openForm asks for the name of a new lead; words are what is known of it.
func (l *Leads) openForm(ctx context.Context, trigger, words string) error {
	o := l.formOptions(namePage, callbackName)
	o.Given = form.Answers{}
	if name, err := ParseName(words); err == nil {
		o.Given["company"] = form.Text(name.Company)
		if name.Contact != "" {
			o.Given["contact"] = form.Text(name.Contact)
		}
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
	return l.openForm(ctx, c.Trigger, c.Value)
}

// submitName goes on to the rest, unless the lead is there.
func (l *Leads) submitName(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := l.Roster.Admit(ctx, s.Person, "work with leads here", works...); err != nil {
		return chat.Answer{}, err
	}
	out, err := form.Submit(l.formOptions(namePage, callbackName), s.View, l.Now())
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	name := Name{tidy(out.Answers["company"].Text), tidy(out.Answers["contact"].Text)}
	if folded(name.Company) == "" {
		return chat.Answer{Errors: oneError("company", "Type the company's name, in letters or digits.")}, nil
	}
	var there Lead
	err = l.DB.Read(ctx, func(tx *database.Tx) error {
		there, err = Named(tx, name)
		return err
	})
	switch {
	case err == nil:
		return chat.Answer{Errors: oneError("company", l.existsWords(there))}, nil
	case !errors.Is(err, ErrGone):
		return chat.Answer{}, err
	}
	private, err := json.Marshal(name)
	if err != nil {
		return chat.Answer{}, err
	}
	o := l.formOptions(newPage, callbackAssign)
	o.Key, o.Private = out.Meta.Key, string(private)
	o.Given = form.Answers{"owner": form.User(s.Person)}
	o.Before = chat.TextBlocks("*" + chat.EscapeInline(name.String()) + "* is new.")
	view, err := form.View(o)
	return chat.Answer{Update: &view}, err
}

func (l *Leads) submitNew(ctx context.Context, s chat.Submission) (chat.Answer, error) {
	if err := l.Roster.Admit(ctx, s.Person, "work with leads here", works...); err != nil {
		return chat.Answer{}, err
	}
	out, err := form.Submit(l.formOptions(newPage, callbackAssign), s.View, l.Now())
	if err != nil || len(out.Errors) > 0 {
		return chat.Answer{Errors: out.Errors}, err
	}
	var name Name
	if err := json.Unmarshal([]byte(out.Meta.Caller), &name); err != nil {
		return chat.Answer{}, form.Foreign(err)
	}
	if folded(name.Company) == "" || utf8.RuneCountInString(name.Company)+utf8.RuneCountInString(name.Contact) > MaxName {
		return chat.Answer{}, form.Foreign(ErrNoName)
	}
	owner := out.Answers["owner"].Text
	if why, err := l.worker(ctx, owner, s.Person); err != nil || why != "" {
		return chat.Answer{Errors: oneError("owner", why)}, err
	}
	lead, created, err := l.assignNow(ctx, New{ID: out.Meta.Key, Name: name, Website: out.Answers["website"].Text, Owner: owner}, s.Person, FromForm)
	if err != nil {
		return chat.Answer{}, err
	}
	if !created && lead.ID != out.Meta.Key { // somebody was quicker by a moment
		return chat.Answer{Errors: oneError("owner", l.existsWords(lead))}, nil
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
	return chat.Show(ctx, l.Slack, c, view)
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
		return chat.Answer{Errors: oneError("owner", "It is theirs already. Pick somebody else.")}, nil
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

// OpenReassign shows the form that gives a lead to somebody else.
func (l *Leads) OpenReassign(ctx context.Context, c chat.Click, lead string) error {
	c.Value = lead
	return l.openReassign(ctx, c)
}
