package chat

import (
	"context"
	"errors"
)

// Profile is a member of the workspace as Slack describes them
// (docs.slack.dev/reference/objects/user-object).
type Profile struct {
	ID          string // U… or W…
	Handle      string // without the @
	Name        string // what people see: the display name, or the real one
	Zone        string // an IANA name such as Europe/Berlin; "" where Slack does not tell
	Guest       bool   // sees only some channels
	Bot         bool
	Deactivated bool
}

// ErrNobody says that Slack knows no such member or user group.
var ErrNobody = errors.New("chat: Slack knows nobody by that ID")

// Directory asks Slack who is who. The gateway is it. Its errors are
// [ErrNobody], or that Slack could not be asked.
type Directory interface {
	// Profile describes a member.
	Profile(ctx context.Context, id string) (Profile, error)
	// Group lists the member IDs of a user group (S…).
	Group(ctx context.Context, id string) ([]string, error)
}
