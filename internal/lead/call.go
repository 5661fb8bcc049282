package lead

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

// called records that somebody held a call about a lead: the clocks of call.held
// start.
func (l *Leads) called(ctx context.Context, c chat.Command, words string) (chat.Message, error) {
	if words == "" {
		return chat.Message{}, chat.Refuse("Name the lead that the call was about: `/lead call northwind`.")
	}
	if _, err := ParseName(words); err != nil {
		return chat.Message{}, chat.Refuse("%s", Trouble(err))
	}
	answer, _, err := l.Meant(ctx, c.Person, words)
	switch {
	case err != nil:
		return chat.Message{}, err
	case answer.New != "":
		return chat.Message{}, chat.Refuse("There is no lead called “%s”. `/lead` lists yours, `/lead assign` records a new one.", chat.EscapeInline(chat.Shorten(words, 80)))
	case answer.Text == "":
		return chat.Message{}, chat.Refuse("Several leads match “%s”. Type more of the name.", chat.EscapeInline(chat.Shorten(words, 80)))
	}
	said, err := l.held(ctx, answer.Text, c.Person, FromCommand)
	return chat.Say(said), err
}

// CallButton is the button that notes a call about a lead; nil where the playbook
// wants nothing to be done after one.
func (l *Leads) CallButton(lead string) slack.BlockElement {
	if !l.callsCount() {
		return nil
	}
	return chat.Button(actionCall, lead, callLabel)
}

const callLabel = "Call held"

func (l *Leads) callsCount() bool {
	return len(deadline.Timed(l.Shelf.InForce(), playbook.EventCallHeld)) > 0
}

// clickCall is the click on Call held. It is answered where it was clicked: the
// card itself does not change.
func (l *Leads) clickCall(ctx context.Context, c chat.Click) error {
	if err := l.Roster.Admit(ctx, c.Person, "work with leads here", works...); err != nil {
		return err
	}
	if !l.callsCount() {
		return chat.Refuse("The playbook wants nothing to be done after a call any more, so there is nothing to note.")
	}
	said, err := l.held(ctx, c.Value, c.Person, FromClick)
	if err != nil {
		return err
	}
	if c.View != nil {
		return chat.Show(ctx, l.Slack, c, chat.Modal("", "Call held", "", "Close", "", chat.TextBlocks(said)))
	}
	c.Acknowledge()
	return l.Slack.Respond(ctx, c.Response, chat.Say(said))
}

// atOnce is how soon a second call about a lead is the same one, clicked twice.
const atOnce = 2 * time.Minute

// held records that somebody held a call about a lead, and says what is to be
// done now.
func (l *Leads) held(ctx context.Context, id, person string, from Origin) (said string, err error) {
	var lead Lead
	var twice bool
	err = l.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if lead, err = ByID(tx, id); err != nil {
			return err
		}
		last, err := lastOf(tx, lead.ID, string(playbook.EventCallHeld), person)
		if err != nil {
			return err
		}
		since := l.Now().Sub(last)
		if twice = since >= 0 && since < atOnce; twice {
			return nil
		}
		return l.Record(tx, Event{Kind: string(playbook.EventCallHeld), Person: person, Origin: from, Lead: lead.ID, Subject: "call/" + database.NewID()})
	})
	if errors.Is(err, ErrGone) {
		return "", chat.Refuse("%s", Trouble(err))
	}
	if err != nil {
		return "", err
	}
	name := "*" + chat.EscapeInline(lead.String()) + "*"
	if twice {
		return "You noted a call about " + name + " a moment ago. It counts once; note another one in two minutes.", nil
	}
	words := []string{"Noted: you held a call about " + name + "."}
	for _, rule := range deadline.Timed(l.Shelf.InForce(), playbook.EventCallHeld) {
		words = append(words, "• "+chat.EscapeInline(rule.Label)+": within "+rule.Within.Words()+" of working time. You are reminded of it.")
	}
	return strings.Join(words, "\n"), nil
}
