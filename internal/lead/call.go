package lead

import (
	"context"
	"errors"
	"strings"

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
	var lead Lead
	err = l.DB.Write(ctx, func(tx *database.Tx) (err error) {
		if lead, err = ByID(tx, answer.Text); err != nil {
			return err
		}
		return l.Record(tx, Event{Kind: string(playbook.EventCallHeld), Person: c.Person, Origin: FromCommand, Lead: lead.ID, Subject: "call/" + database.NewID()})
	})
	if errors.Is(err, ErrGone) {
		return chat.Message{}, chat.Refuse("%s", Trouble(err))
	}
	if err != nil {
		return chat.Message{}, err
	}
	said := []string{"Noted: you held a call about *" + chat.EscapeInline(lead.String()) + "*."}
	for _, rule := range deadline.Timed(l.Shelf.InForce(), playbook.EventCallHeld) {
		said = append(said, "• "+chat.EscapeInline(rule.Label)+": within "+rule.Within.Words()+" of working time. You are reminded of it.")
	}
	return chat.Say(strings.Join(said, "\n")), nil
}
