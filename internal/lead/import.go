package lead

import (
	"context"
	"errors"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Past is a Leads whose clock stands still at a moment that is over, and that
// posts nothing: for history that is put in.
func (l *Leads) Past(at time.Time) *Leads {
	past := *l
	past.Now, past.Posts = func() time.Time { return at }, quiet{}
	return &past
}

// quiet takes messages and shows them to nobody.
type quiet struct{}

func (quiet) Put(*database.Tx, string, string, chat.Message) error    { return nil }
func (quiet) Change(*database.Tx, string, chat.Message) (bool, error) { return false, nil }
func (quiet) Permalink(context.Context, string) (string, error)       { return "", errQuiet }

var errQuiet = errors.New("lead: messages of the past stand nowhere")

// Show posts the card of a lead that was put in, so that its owner can work
// with it.
func (l *Leads) Show(tx *database.Tx, lead Lead) error {
	m, err := l.card(tx, lead, "")
	if err != nil {
		return err
	}
	return l.Posts.Put(tx, cardKey(lead.ID, lead.Turn), lead.Owner, m)
}
