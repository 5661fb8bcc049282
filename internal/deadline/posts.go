package deadline

import (
	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Posts is what deadlines need of the messages that stand in Slack: the
// gateway's Posts in the bot, a notebook where there is no Slack.
type Posts interface {
	// Put says how the message of a key is to look, from the moment the
	// transaction is committed on; it is posted once and then changed.
	Put(tx *database.Tx, key, channel string, m chat.Message) error
	// Change is Put for a message that was put before.
	Change(tx *database.Tx, key string, m chat.Message) (changed bool, err error)
}
