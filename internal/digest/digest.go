package digest

import (
	"context"
	"log/slog"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Posts is what digests need of the messages that stand in Slack.
type Posts interface {
	// Put says how the message of a key is to look, from the moment the
	// transaction is committed on.
	Put(tx *database.Tx, key, channel string, m chat.Message) error
	// Change is Put for a message that was put before.
	Change(tx *database.Tx, key string, m chat.Message) (changed bool, err error)
	// Pending reports whether it is still on its way for the first time.
	Pending(tx *database.Tx, key string) (bool, error)
	// Out reports whether a call is bringing it to Slack right now.
	Out(key string) bool
}

// Opener shows something of a feature: the lead, the handoff of that id.
type Opener func(ctx context.Context, c chat.Click, id string) error

// Digests tell managers how their team is doing. Its fields are set before the
// bot serves.
type Digests struct {
	DB     *database.DB
	Outbox *outbox.Outbox
	Roster *roster.Roster
	Posts  Posts
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger
	// Deadlines know when people work, and count how clocks went.
	Deadlines *deadline.Deadlines

	// Opens and Passes are what the buttons Open and Reassign do, by what the
	// subject begins with ("lead", "handoff").
	Opens, Passes map[string]Opener
	// Again is what the button Hand off again does, for a lead that came back.
	Again Opener

	pace    pace
	counted counted
}

// times are when a person works and gets digests; "" is the team.
func (d *Digests) times(person string) times {
	return times{d.Deadlines.Calendar(person), d.Shelf.InForce().Settings.Digest}
}
