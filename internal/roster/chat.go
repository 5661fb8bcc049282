package roster

import (
	"context"
	"errors"
	"strings"

	"sopbot/internal/chat"
)

// titles are the roles as people say them.
var titles = map[Role]string{SDR: "SDR", AE: "AE", Manager: "manager", Owner: "playbook owner"}

// Admit refuses, in words, whoever may not do something: guests, people whose
// account is deactivated, and who has none of the roles, if any are named. what ends the sentence
// "Only an SDR or a manager can …".
func (r *Roster) Admit(ctx context.Context, person, what string, roles ...Role) error {
	p, err := r.Person(ctx, person)
	switch {
	case errors.Is(err, chat.ErrNobody):
		return chat.Refuse("Slack does not tell sopbot who you are, so it cannot check that you may %s.", what)
	case err != nil:
		return err
	case p.Guest:
		return chat.Refuse("You are a guest in this workspace. Only members of the team can %s.", what)
	case p.Deactivated:
		return chat.Refuse("This account is deactivated and cannot %s.", what)
	}
	if len(roles) == 0 {
		return nil
	}
	return r.admitRole(ctx, person, what, roles)
}

func (r *Roster) admitRole(ctx context.Context, person, what string, roles []Role) error {
	has, err := r.hasOne(ctx, person, roles)
	switch {
	case has:
		return nil
	case err != nil:
		r.Log.Warn("a role could not be checked", "person", person, "error", err)
		return chat.Refuse("Slack does not answer just now, so sopbot cannot check that you may %s. Please try again in a minute.", what)
	}
	return chat.Refuse("Only %s can %s. Who that is stands in the playbook's settings, under roles.", oneOf(articles(roles)), what)
}

// oneOf joins words as a choice.
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// Candidate says, in words for the person who named somebody, why that person
// cannot be given work that needs one of the roles; "" when nothing stands in
// the way.
func (r *Roster) Candidate(ctx context.Context, id string, roles ...Role) (why string, err error) {
	p, err := r.Today(ctx, id)
	switch {
	case errors.Is(err, chat.ErrNobody):
		return "Slack knows nobody by that name here. Pick somebody from the list.", nil
	case err != nil:
		return "", err
	case p.Bot:
		return p.Called() + " is an app, not a person. Pick a colleague.", nil
	case p.Deactivated:
		return p.Called() + " has left: the account is deactivated. Pick somebody else.", nil
	case p.Guest:
		return p.Called() + " is a guest in this workspace. Pick a member of the team.", nil
	}
	has, err := r.hasOne(ctx, id, roles)
	if has {
		return "", nil
	}
	names := oneOf(articles(roles))
	if err != nil {
		r.Log.Warn("a role could not be checked", "person", id, "error", err)
		return "Slack does not answer just now, so sopbot cannot check who is " + names + ". Please send it again in a minute.", nil
	}
	return p.Called() + " is not " + names + " in the playbook's settings. Pick somebody who is.", nil
}

func articles(roles []Role) []string {
	var names []string
	for _, role := range roles {
		names = append(names, article(role))
	}
	return names
}

func article(role Role) string {
	if role == SDR || role == AE {
		return "an " + titles[role]
	}
	return "a " + titles[role]
}

// Called is how the person is called, as plain text.
func (p Person) Called() string {
	if p.Name != "" {
		return p.Name
	}
	if p.Handle != "" {
		return p.Handle
	}
	return p.ID
}
