package gateway

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
)

// Profile describes a member of the workspace (users.info).
func (g *Gateway) Profile(ctx context.Context, id string) (chat.Profile, error) {
	var u *slack.User
	err := g.slack.call(ctx, "users.info", func() (err error) {
		u, err = g.api.GetUserInfoContext(ctx, id)
		return err
	})
	if refusedAs(err, "user_not_found", "user_not_visible") {
		return chat.Profile{}, fmt.Errorf("%w: %s", chat.ErrNobody, id)
	}
	if err == nil && u.ID == "" { // slack-go takes {"ok":false} for a success
		err = errors.New("users.info: Slack said of nobody who it is")
	}
	if err != nil {
		return chat.Profile{}, err
	}
	if u.ID != id {
		return chat.Profile{}, fmt.Errorf("users.info: asked for %s, Slack told of %q", id, u.ID)
	}
	return chat.Profile{
		// Everybody names themselves, and names are shown in terminals, too.
		ID: u.ID, Handle: u.Name, Name: chat.Clean(cmp.Or(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name)), Zone: u.TZ,
		Guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger,
		// Slackbot does not say of itself that it is one.
		Bot: u.IsBot || u.ID == "USLACKBOT", Deactivated: u.Deleted,
	}, nil
}

// Group lists the members of a user group (usergroups.users.list).
func (g *Gateway) Group(ctx context.Context, id string) ([]string, error) {
	var members []string
	err := g.slack.call(ctx, "usergroups.users.list", func() (err error) {
		members, err = g.api.GetUserGroupMembersContext(ctx, id)
		return err
	})
	if refusedAs(err, "no_such_subteam", "subteam_not_found") {
		return nil, fmt.Errorf("%w: %s", chat.ErrNobody, id)
	}
	if err == nil && members == nil { // an empty group has an empty list
		err = errors.New("usergroups.users.list: Slack gave no list")
	}
	return members, err
}

// refusedAs reports whether Slack refused a call with one of those codes.
func refusedAs(err error, codes ...string) bool {
	var said slack.SlackErrorResponse
	return errors.As(err, &said) && slices.Contains(codes, said.Err)
}
