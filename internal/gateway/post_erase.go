package gateway

import (
	"database/sql"
	"fmt"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// Messages that are to be erased are changed, not deleted: whoever reads a
// thread sees that there was something, and a change goes the same sure way as
// any other. One that never reached Slack is taken out.

// EraseAbout erases the messages whose key begins so, and tells how many.
func (p *Posts) EraseAbout(tx *database.Tx, prefix string) (n int, err error) {
	return p.erase(tx, "SELECT key FROM posts WHERE substr(key, 1, $2) = $1 ORDER BY key", prefix, len(prefix))
}

// EraseTo erases the messages to a person, and tells how many.
func (p *Posts) EraseTo(tx *database.Tx, person string) (n int, err error) {
	return p.erase(tx, "SELECT key FROM posts WHERE channel = $1 ORDER BY key", person)
}

func (p *Posts) erase(tx *database.Tx, query string, args ...any) (n int, err error) {
	var keys []string
	if err := tx.Each(query, args, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		keys = append(keys, key)
		return err
	}); err != nil {
		return 0, err
	}
	for _, key := range keys {
		m, _, err := load(tx, key)
		if err != nil {
			return n, err
		}
		if m.ts == "" && m.state != "sending" {
			// Its row in the outbox will find nothing to do.
			_, err = tx.Exec("DELETE FROM posts WHERE key = $1", key)
		} else {
			err = p.Put(tx, key, m.channel, chat.ErasedMessage())
		}
		if err != nil {
			return n, fmt.Errorf("erase message %s: %w", key, err)
		}
		n++
	}
	return n, nil
}

// Rewrite puts every message through change, column by column (key, channel,
// body, error), and brings to Slack what comes back different; it tells how
// many were.
func (p *Posts) Rewrite(tx *database.Tx, change func(key, column, text string) string) (n int, err error) {
	type edit struct{ before, key, channel, body, why string }
	var edits []edit
	if err := tx.Each("SELECT key, channel, body, error FROM posts ORDER BY key", nil, func(rows *sql.Rows) error {
		var key, channel, body, why string
		if err := rows.Scan(&key, &channel, &body, &why); err != nil {
			return err
		}
		e := edit{key, change(key, "key", key), change(key, "channel", channel), change(key, "body", body), change(key, "error", why)}
		if e != (edit{key, key, channel, body, why}) {
			edits = append(edits, e)
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for _, e := range edits {
		m, _, err := load(tx, e.before)
		if err != nil {
			return n, err
		}
		if m.state == "sending" { // it is looked for where it went
			e.channel = m.channel
		}
		if e.body != m.body && m.state != "dead" {
			err = changePost(tx, e.before, e.channel, e.body, p.now())
			if err == nil {
				next := order{e.key, m.version + 1}
				_, err = p.outbox.Add(tx, outbox.Row{Kind: PostKind, Key: next.row(), Payload: next})
			}
		}
		if err == nil {
			err = tx.Queue("UPDATE posts SET key = $2, channel = $3, body = $4, error = $5 WHERE key = $1", e.before, e.key, e.channel, e.body, e.why)
		}
		if err != nil {
			return n, fmt.Errorf("rewrite message %s: %w", e.before, err)
		}
		n++
	}
	return n, nil
}

// Remove takes what is known of the messages whose key begins so out of the
// database; in Slack they stay as they are.
func (p *Posts) Remove(tx *database.Tx, prefix string) (int64, error) {
	return tx.Exec("DELETE FROM posts WHERE substr(key, 1, $2) = $1 AND state IN ('sent', 'dead')", prefix, len(prefix))
}

// RemoveBefore does the same with some that did not change since then, but for
// those whose key begins with one of the words in keep; n is how many went.
func (p *Posts) RemoveBefore(tx *database.Tx, before int64, keep [3]string, most int) (n int64, err error) {
	return tx.Exec(`DELETE FROM posts WHERE key IN (SELECT key FROM posts WHERE changed_at < $1 AND state = 'sent'
		AND substr(key, 1, length($2)) <> $2 AND substr(key, 1, length($3)) <> $3 AND substr(key, 1, length($4)) <> $4 ORDER BY key LIMIT $5)`,
		before, keep[0], keep[1], keep[2], most)
}
