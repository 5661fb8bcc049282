package gateway

import (
	"fmt"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Change is Put for a message that was put before; changed is false, and
// nothing happens, where there is none of that key.
func (p *Posts) Change(tx *database.Tx, key string, m chat.Message) (changed bool, err error) {
	old, found, err := load(tx, key)
	if err != nil {
		return false, fmt.Errorf("change message %s: %w", key, err)
	}
	if !found {
		return false, nil
	}
	if err := p.change(tx, old, old.channel, m); err != nil {
		return false, fmt.Errorf("change message %s: %w", key, err)
	}
	return true, nil
}

// Pending reports whether a message is still on its way for the first time: it
// stands nowhere yet, and was not given up.
func (p *Posts) Pending(tx *database.Tx, key string) (bool, error) {
	m, found, err := load(tx, key)
	if err != nil {
		return false, fmt.Errorf("is message %s on its way: %w", key, err)
	}
	return found && (m.state == "queued" || m.state == "sending"), nil
}

// Out reports whether a call of this process is bringing the message of that key
// to Slack right now, so that nobody knows yet whether it stands there.
func (p *Posts) Out(key string) bool {
	_, out := p.out.Load(key)
	return out
}
