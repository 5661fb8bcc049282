package lead

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Leads keeps the team's leads. Its fields are set before the bot serves.
type Leads struct {
	DB     *database.DB
	Roster *roster.Roster
	Posts  Posts
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// OnEvent, if set, is told of every event, in its transaction.
	OnEvent func(*database.Tx, Event) error
	// Clocks, if set, gives what runs about a lead, for its card.
	Clocks func(tx *database.Tx, lead Lead) ([]Clock, error)
	// Others, if set, gives what else somebody has to do by a certain time, which is
	// about no lead: their own list shows it, too.
	Others func(tx *database.Tx, person string) ([]Clock, error)
	// Steps are what can be done with a lead next, by the features above.
	Steps []Step
}

// New is a lead that is to be made.
type New struct {
	ID string // "" = a new one; a form's key, so that a repeated submission makes one lead
	Name
	Website string
	Owner   string
	Status  Status // "" = open
}

// Create makes a lead. Where there is one of the same identity, that is given,
// and created is false.
func (l *Leads) Create(tx *database.Tx, n New, by string, from Origin) (lead Lead, created bool, err error) {
	now := l.Now()
	lead = Lead{ID: n.ID, Name: n.Name, Website: n.Website, Owner: n.Owner, Turn: 1, Status: n.Status, CreatedBy: by, CreatedAt: now, ChangedAt: now}
	if lead.ID == "" {
		lead.ID = database.NewID()
	}
	if lead.Status == "" {
		lead.Status = Open
	}
	created, err = insert(tx, lead)
	if err != nil {
		return Lead{}, false, fmt.Errorf("create lead: %w", err)
	}
	if !created {
		lead, err = Named(tx, n.Name)
		return lead, false, err
	}
	return lead, true, l.Record(tx, Event{Kind: "lead.created", Person: by, Origin: from, Lead: lead.ID, Subject: "lead/" + lead.ID,
		Detail: map[string]string{"company": lead.Company, "contact": lead.Contact, "owner": lead.Owner}})
}

// assigned says that a lead has the owner that it has, and who had it before
// ("" = nobody): the clocks of lead.assigned start, and the owner gets the card.
func (l *Leads) assigned(tx *database.Tx, lead Lead, before, by string, from Origin) error {
	detail := map[string]string{"owner": lead.Owner}
	if before != "" {
		detail["from"] = before
	}
	if err := l.Record(tx, Event{Kind: string(playbook.EventLeadAssigned), Person: by, Origin: from, Lead: lead.ID, Subject: "lead/" + lead.ID,
		Detail: detail}); err != nil {
		return err
	}
	m, err := l.card(tx, lead, by)
	if err != nil {
		return err
	}
	return l.Posts.Put(tx, cardKey(lead.ID, lead.Turn), lead.Owner, m)
}

// Assign makes a lead and gives it to its owner. Where there is one of the same
// identity, that is given, and nothing happens.
func (l *Leads) Assign(tx *database.Tx, n New, by string, from Origin) (lead Lead, created bool, err error) {
	lead, created, err = l.Create(tx, n, by, from)
	if err != nil || !created {
		return lead, false, err
	}
	return lead, true, l.assigned(tx, lead, "", by, from)
}

// Reassign gives a lead to somebody else; ErrTaken where it changed hands
// meanwhile. The card of the owner before stays, without its buttons; an owner
// who did not do it is told.
func (l *Leads) Reassign(tx *database.Tx, lead Lead, to, by string, from Origin) (Lead, error) {
	if err := setOwner(tx, lead, to, l.Now()); err != nil {
		return Lead{}, err
	}
	before := lead
	lead.Owner, lead.Turn = to, lead.Turn+1
	gone := l.passedOnMessage(before, to, by)
	if _, err := l.Posts.Change(tx, cardKey(before.ID, before.Turn), gone); err != nil {
		return Lead{}, err
	}
	if by != before.Owner { // a card that changes makes no sound
		if err := l.Posts.Put(tx, fmt.Sprintf("lead/%s/gone/%d", before.ID, before.Turn), before.Owner, gone); err != nil {
			return Lead{}, err
		}
	}
	if err := l.Record(tx, Event{Kind: "lead.reassigned", Person: by, Origin: from, Lead: lead.ID, Subject: "lead/" + lead.ID,
		Detail: map[string]string{"from": before.Owner, "to": to}}); err != nil {
		return Lead{}, err
	}
	return lead, l.assigned(tx, lead, before.Owner, by, from)
}

// Move brings a lead into another state, and its card up to date.
func (l *Leads) Move(tx *database.Tx, id string, to Status) (Lead, error) {
	if err := setStatus(tx, id, to, l.Now()); err != nil {
		return Lead{}, fmt.Errorf("move lead: %w", err)
	}
	return l.Refresh(tx, id)
}

// Refresh brings a lead's card up to date.
func (l *Leads) Refresh(tx *database.Tx, id string) (Lead, error) {
	lead, err := ByID(tx, id)
	if err != nil {
		return Lead{}, err
	}
	m, err := l.card(tx, lead, "")
	if err != nil {
		return Lead{}, err
	}
	_, err = l.Posts.Change(tx, cardKey(lead.ID, lead.Turn), m)
	return lead, err
}

// FromAnswer finds the lead that a form names, or makes the new one that it
// names, as n says but for the name. A new name in another spelling of a known
// lead means that one. The error is ErrGone, ErrNoName or ErrTooLong where the
// answer names none.
func (l *Leads) FromAnswer(tx *database.Tx, answer form.Value, n New, by string, from Origin) (lead Lead, created bool, err error) {
	if answer.New == "" {
		lead, err = ByID(tx, answer.Text)
		return lead, false, err
	}
	if n.Name, err = ParseName(answer.New); err != nil {
		return Lead{}, false, err
	}
	return l.Create(tx, n, by, from)
}

// Named finds the lead that an answer names without making one; ErrGone where
// there is none.
func (l *Leads) Named(tx *database.Tx, answer form.Value) (Lead, error) {
	if answer.New == "" {
		return ByID(tx, answer.Text)
	}
	name, err := ParseName(answer.New)
	if err != nil {
		return Lead{}, err
	}
	return Named(tx, name)
}

// Trouble says at the field what is wrong with the lead that was named; "" for
// an error that is not the person's.
func Trouble(err error) string {
	switch {
	case errors.Is(err, ErrGone):
		return "This lead is no longer there. Pick another one, or type its name as a new one."
	case errors.Is(err, ErrNoName):
		return "Type the company, or company and contact: Acme, Jane Doe."
	case errors.Is(err, ErrTooLong):
		return fmt.Sprintf("That name is too long. Type the company, or company and contact, in at most %d characters.", MaxName)
	}
	return ""
}

func cardKey(lead string, turn int) string { return fmt.Sprintf("lead/%s/card/%d", lead, turn) }
