package digest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// A nudge is a manager's word to whoever has to do something: once a day about a
// thing, within that person's hours, and not at all when it was done meanwhile.

const kindNudge = "digest.nudge"

// nudge is the payload of its row.
type nudge struct {
	Key    string `json:"key"` // "deadline/…", "handoff/…"
	Person string `json:"person"`
	By     string `json:"by"`
}

// todo is what somebody still has to do.
type todo struct {
	person  string
	words   string // with its name, and how it stands
	buttons []slack.BlockElement
}

var errSettled = errors.New("digest: nobody has to do it any more")

// todo reads it; errSettled where it was done, or is gone.
func (d *Digests) todo(tx *database.Tx, key string) (t todo, err error) {
	kind, id, _ := strings.Cut(key, "/")
	switch kind {
	case "deadline":
		on, err := deadline.ByID(tx, id)
		if errors.Is(err, deadline.ErrGone) || err == nil && !on.Running() {
			return t, errSettled
		}
		if err != nil {
			return t, err
		}
		return todo{on.Person, "*" + chat.EscapeInline(on.Label) + "*" + about(on.Title) + "\n" + d.Deadlines.Words(on, on.Person, d.Now()), d.Deadlines.Buttons(on)}, nil
	case "handoff":
		on, err := handoff.ByID(tx, id)
		if errors.Is(err, handoff.ErrGone) {
			return t, errSettled
		}
		if err != nil {
			return t, err
		}
		open := []slack.BlockElement{chat.Button(actionOpen, key, "Open")}
		switch s := on.Status.(type) {
		case handoff.Waiting:
			return todo{on.AE, "*A handoff waits for your decision*" + about(on.Context.Lead) + "\nIts card has Accept, Ask and Decline; `/handoff list` shows it, too.", open}, nil
		case handoff.Asked:
			return todo{on.Sender, "*A question waits for your answer*" + about(on.Context.Lead) + "\n" + chat.Person(s.Question.AskedBy) +
				" cannot decide before you answer. The card has the question; `/handoff list` shows it, too.", open}, nil
		}
		return t, errSettled
	}
	return t, errOldButton
}

func about(title string) string {
	if title == "" {
		return ""
	}
	return " · " + chat.EscapeInline(chat.Shorten(title, 100))
}

// nudge is the click.
func (d *Digests) nudge(ctx context.Context, c chat.Click) error {
	if err := d.Roster.Admit(ctx, c.Person, "nudge people", roster.Manager); err != nil {
		return err
	}
	var t todo
	err := d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		t, err = d.todo(tx, c.Value)
		return err
	})
	switch {
	case errors.Is(err, errSettled):
		return chat.Refuse("That is settled already, so nobody was nudged.")
	case err != nil:
		return err
	case t.person == c.Person:
		return chat.Refuse("That is yours to do, so nobody was nudged.")
	}
	p, err := d.Roster.Person(ctx, t.person)
	if errors.Is(err, chat.ErrNobody) || p.Deactivated {
		return chat.Refuse("%s is no longer in this workspace, so nobody was nudged. Reassign it.", chat.Person(t.person))
	}
	if err != nil {
		return err
	}
	now, own := d.Now().Truncate(time.Millisecond), d.Deadlines.Calendar(t.person)
	at := own.Next(now)
	key := nudgeKey(c.Value, t.person, at.In(own.Zone()))
	first := false
	if err := d.DB.Write(ctx, func(tx *database.Tx) (err error) {
		first, err = d.Outbox.Add(tx, outbox.Row{Kind: kindNudge, Key: key, Payload: nudge{c.Value, t.person, c.Person}, At: at})
		return err
	}); err != nil {
		return err
	}
	switch when := chat.Moment(at, d.times(c.Person).Zone()); {
	case !first:
		return d.did(ctx, c, fmt.Sprintf("%s was nudged about it already; once a day is enough.", chat.Person(t.person)))
	case at.After(now):
		return d.did(ctx, c, fmt.Sprintf("%s does not work now and is nudged %s.", chat.Person(t.person), when))
	}
	return d.did(ctx, c, fmt.Sprintf("%s is nudged now.", chat.Person(t.person)))
}

// nudgeKey is that of a nudge's row and message: one a day, by the clock of whoever
// gets it.
func nudgeKey(about, person string, at time.Time) string {
	return "digest/nudge/" + about + "/" + person + "/" + playbook.DateOf(at).String()
}

// nudged is the row: the message, if it is still of use.
func (d *Digests) nudged(ctx context.Context, j outbox.Job) error {
	var n nudge
	if err := json.Unmarshal(j.Payload, &n); err != nil {
		return outbox.Dead(err)
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		// First, so that nothing that follows can cancel it.
		if err := j.Done(tx); err != nil {
			return err
		}
		t, err := d.todo(tx, n.Key)
		switch {
		case errors.Is(err, errSettled) || err == nil && t.person != n.Person:
			d.Log.Debug("a nudge has no reason any more", "about", n.Key)
			return nil
		case err != nil:
			return err
		}
		return d.Posts.Put(tx, j.Key, n.Person, nudgeMessage(n.By, t))
	})
}

func nudgeMessage(by string, t todo) chat.Message {
	p := &page{}
	p.say(chat.Person(by) + " asks you to see to this:\n" + t.words)
	p.row(t.buttons...)
	p.small("You get this because a manager nudged you, which happens at most once a day about one thing.")
	return p.done()
}

// Changed brings the nudge of today up to date with what became of a deadline: who
// clicks in it sees that something came of it.
func (d *Digests) Changed(tx *database.Tx, on deadline.Deadline) error {
	key := nudgeKey("deadline/"+on.ID, on.Person, d.Now().In(d.Deadlines.Calendar(on.Person).Zone()))
	payload, found, err := d.Outbox.Payload(tx, key)
	if err != nil || !found {
		return err
	}
	var n nudge
	if err := json.Unmarshal(payload, &n); err != nil {
		return err
	}
	t, err := d.todo(tx, n.Key)
	m := nudgeMessage(n.By, t)
	if errors.Is(err, errSettled) {
		p := &page{}
		p.say(chat.Person(n.By) + " asked you to see to this:\n" + on.Head() + "\n" + d.Deadlines.Words(on, on.Person, d.Now()))
		m, err = p.done(), nil
	}
	if err != nil {
		return err
	}
	_, err = d.Posts.Change(tx, key, m)
	return err
}

// Beside are the buttons of a manager who is told that a deadline passed: the same
// that the digest has for it. A nudge is for whoever can still do it; and only who
// may nudge is offered it.
func (d *Digests) Beside(on deadline.Deadline, reader string) (buttons []slack.BlockElement) {
	if subject := d.opened(on.Subject, on.Lead); subject != "" {
		buttons = append(buttons, chat.Button(actionOpen+":"+on.ID, subject, "Open"))
	}
	_, open := on.Status.(deadline.Open)
	manager := d.Roster.Open(roster.Manager) || slices.Contains(d.Roster.Heard(roster.Manager), reader)
	if open && manager && on.Abandoned.IsZero() && on.Person != reader {
		buttons = append(buttons, chat.Button(actionNudge+":"+on.ID, "deadline/"+on.ID, "Nudge"))
	}
	return buttons
}

// opened is what the button Open shows of what a deadline is about: the subject, or
// the lead that it has to do with; "" where there is nothing to be opened.
func (d *Digests) opened(subject, lead string) string {
	if kind, _, _ := strings.Cut(subject, "/"); d.Opens[kind] != nil {
		return subject
	}
	if lead != "" && d.Opens["lead"] != nil {
		return "lead/" + lead
	}
	return ""
}
