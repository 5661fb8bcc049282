package deadline

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionDone      = "deadline.done"
	actionOpen      = "deadline.open"
	actionSnooze    = "deadline.snooze"
	actionSnoozeAll = "deadline.snooze_all"
	actionPass      = "deadline.pass"
	actionAll       = "deadline.all"
)

// Opener is a button that leads to where an action is done.
type Opener struct {
	Label string // "" = the title of the form
	Open  func(ctx context.Context, c chat.Click, on Deadline) error
}

// snoozes are the spans by which a reminder can be put off.
var snoozes = spans("30m", "1h", "2h")

func spans(texts ...string) (out []playbook.Span) {
	for _, text := range texts {
		s, err := playbook.ParseSpan(text)
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
}

var errNotYours = errors.New("deadline: only the person or a manager may")

// Register is the table of contents: what people may click.
func (d *Deadlines) Register(r *chat.Router) {
	r.OnClick(actionDone, d.clickDone)
	r.OnClick(actionOpen, d.clickOpen)
	r.OnClick(actionSnooze, d.clickSnooze)
	r.OnClick(actionSnoozeAll, d.clickSnoozeAll)
	r.OnClick(actionPass, d.clickPass)
	r.OnClick(actionAll, d.clickAll)
}

// opener is the button by which the action of a deadline is done; there is none
// where the button Done ends it.
func (d *Deadlines) opener(on Deadline) (o Opener, found bool) {
	switch on.Rule.Done {
	case "button":
		return o, false
	case "":
		o, found = d.Answers[on.On]
	default:
		if o, found = d.Forms[on.Rule.Done]; !found && d.OtherForm != nil {
			o, found = d.OtherForm(on.Rule.Done)
		}
		if found && o.Label == "" {
			if form, there := d.Shelf.InForce().Page(on.Rule.Done); there {
				o.Label = form.Title
			}
		}
	}
	return o, found
}

// passer is the button that gives a subject to somebody else.
func (d *Deadlines) passer(on Deadline) (o Opener, found bool) {
	kind, _, _ := strings.Cut(on.Subject, "/")
	o, found = d.Passes[kind]
	return o, found
}

// manages reports whether somebody may act on other people's deadlines. Where
// the playbook names no manager, nobody may.
func (d *Deadlines) manages(ctx context.Context, person string) bool {
	if d.Roster.Open(roster.Manager) {
		return false
	}
	manager, err := d.Roster.Has(ctx, person, roster.Manager)
	if err != nil {
		d.Log.Warn("a role could not be checked", "person", person, "error", err)
	}
	return manager
}

// May reports whether somebody may end an action: whoever has to do it, and
// managers.
func (d *Deadlines) May(ctx context.Context, on Deadline, person string) bool {
	return on.Person == person || d.manages(ctx, person)
}

// mine has a change made only by the person, or by a manager.
func (d *Deadlines) mine(ctx context.Context, id, person string, do func(tx *database.Tx) error) error {
	manager := d.manages(ctx, person)
	var on Deadline
	err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if on, err = ByID(tx, id); err != nil {
			return err
		}
		switch {
		case !on.Running():
			return ErrOver
		case on.Person != person && !manager:
			return errNotYours
		}
		return do(tx)
	})
	return d.words(on, person, err)
}

// words says to the person who clicked why nothing came of it.
func (d *Deadlines) words(on Deadline, person string, err error) error {
	switch {
	case errors.Is(err, ErrGone):
		return chat.Refuse("This deadline is no longer there, so there is nothing to do about it.")
	case errors.Is(err, ErrOver):
		if s, done := on.Status.(Done); done {
			return chat.Refuse("*%s* is done already: %s", chat.EscapeInline(on.Label), d.doneWords(s, d.zone(person)))
		}
		if _, missed := on.Status.(Missed); missed {
			return chat.Refuse("The week of *%s* is over, so nothing was changed.", chat.EscapeInline(on.Label))
		}
		return chat.Refuse("*%s* is no longer needed, so nothing was changed.", chat.EscapeInline(on.Label))
	case errors.Is(err, errNotYours):
		return chat.Refuse("*%s* is for %s to do. Only they or a manager can change it, so nothing was changed.", chat.EscapeInline(on.Label), chat.Person(on.Person))
	}
	return err
}

func (d *Deadlines) clickDone(ctx context.Context, c chat.Click) error {
	var on Deadline
	err := d.mine(ctx, c.Value, c.Person, func(tx *database.Tx) (err error) {
		on, err = d.Done(tx, c.Value, c.Person)
		return err
	})
	if err != nil {
		return err
	}
	return d.did(ctx, c, on)
}

// did answers a click in what only one person sees: that does not change by itself.
func (d *Deadlines) did(ctx context.Context, c chat.Click, on Deadline) error {
	if !c.Message.Ephemeral || c.Response == "" {
		return nil
	}
	c.Acknowledge()
	return d.Slack.Respond(ctx, c.Response, chat.Say(on.Head()+"\n"+d.Words(on, c.Person, d.Now())))
}

// putOff reads what was picked from a menu that puts off: "WHAT SPAN".
func putOff(value string) (what string, s playbook.Span, err error) {
	what, text, _ := strings.Cut(value, " ")
	for _, s := range snoozes {
		if s.String() == text {
			return what, s, nil
		}
	}
	return what, s, chat.Refuse("A reminder can be put off by %s. Pick one of these from the menu.", snoozeWords())
}

func (d *Deadlines) clickSnooze(ctx context.Context, c chat.Click) error {
	id, s, err := putOff(c.Value)
	if err != nil {
		return err
	}
	var on Deadline
	if err := d.mine(ctx, id, c.Person, func(tx *database.Tx) (err error) {
		on, err = d.Snooze(tx, id, c.Person, s)
		return err
	}); err != nil {
		return err
	}
	return d.did(ctx, c, on)
}

// clickSnoozeAll puts off all that stands in a list of reminders.
func (d *Deadlines) clickSnoozeAll(ctx context.Context, c chat.Click) error {
	list, s, err := putOff(c.Value)
	if err != nil {
		return err
	}
	reader, known := readerOf(list)
	switch {
	case !known || !strings.HasPrefix(list, listPrefix):
		return chat.Refuse("This list is no longer there.")
	case reader != c.Person && !d.manages(ctx, c.Person):
		return chat.Refuse("This list is %s’s. Only they or a manager can change it, so nothing was changed.", chat.Person(reader))
	}
	n := 0
	if err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		n, err = d.snoozeList(tx, list, s)
		return err
	}); err != nil {
		return err
	}
	if n == 0 {
		return chat.Refuse("Nothing in this list is waiting for a reminder any more, so nothing was changed.")
	}
	return nil
}

func (d *Deadlines) clickOpen(ctx context.Context, c chat.Click) error {
	return d.lead(ctx, c, d.opener)
}

func (d *Deadlines) clickPass(ctx context.Context, c chat.Click) error {
	return d.lead(ctx, c, d.passer)
}

// lead leads on to the feature. Who may do what there, it knows itself.
func (d *Deadlines) lead(ctx context.Context, c chat.Click, by func(Deadline) (Opener, bool)) error {
	var on Deadline
	err := d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		on, err = ByID(tx, c.Value)
		return err
	})
	if err == nil && !on.Running() {
		err = ErrOver
	}
	if err != nil {
		return d.words(on, c.Person, err)
	}
	o, found := by(on)
	if !found {
		return chat.Refuse("This button belongs to another version of the playbook and does nothing any more.")
	}
	return o.Open(ctx, c, on)
}

// clickAll shows a list that is too long for its message.
func (d *Deadlines) clickAll(ctx context.Context, c chat.Click) error {
	reader, known := readerOf(c.Value)
	if !known {
		return chat.Refuse("This list is no longer there.")
	}
	if reader != c.Person && !d.manages(ctx, c.Person) {
		return chat.Refuse("This list is %s’s. Only they or a manager can read it.", chat.Person(reader))
	}
	var view slack.ModalViewRequest
	if err := d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		view, err = d.whole(tx, c.Value, d.Now())
		return err
	}); err != nil {
		return err
	}
	return d.Slack.OpenView(ctx, c.Trigger, view)
}

func (d *Deadlines) zone(person string) *time.Location { return d.Calendar(person).Zone() }
