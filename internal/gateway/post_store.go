package gateway

import (
	"time"

	"sopbot/internal/database"
)

// post is a row of posts: see the migration. A call's own transactions (WriteRows)
// take the row in the state in which they saw it, and what they do besides is to
// rows of the outbox, which are taken the same way. A feature's Put is part of
// its transaction, and runs again where a call came between.
type post struct {
	key, id, channel, body string
	version, sent, sending int64
	state, place, ts       string
	started                time.Time // zero when no call is out
	attempt                int
	err                    string
}

func load(tx *database.Tx, key string) (m post, found bool, err error) {
	m.key = key
	var started int64
	found, err = tx.Row(`SELECT id, channel, body, version, sent_version, sending_version, state, place, ts, started_at, attempt, error
		FROM posts WHERE key = $1`, []any{key},
		&m.id, &m.channel, &m.body, &m.version, &m.sent, &m.sending, &m.state, &m.place, &m.ts, &started, &m.attempt, &m.err)
	if started != 0 {
		m.started = time.UnixMilli(started)
	}
	return m, found, err
}

// insertPost puts a message down that was never put before; made is false where
// there is one of its key. It is tried before that is looked up: most are new,
// and who looks up what is not there yet comes between all who put something
// beside it.
func insertPost(tx *database.Tx, key, channel, body string, now time.Time) (made bool, err error) {
	n, err := tx.Exec(`INSERT INTO posts (key, id, channel, body, version, sent_version, sending_version, state, place, ts, started_at, attempt, changed_at, error)
		VALUES ($1, $2, $3, $4, 1, 0, 0, 'queued', '', '', 0, 0, $5, '') ON CONFLICT (key) DO NOTHING`, key, database.NewID(), channel, body, database.Millis(now))
	return n == 1, err
}

// reopened is what state a dead message has once it is tried again.
const reopened = `CASE WHEN state <> 'dead' THEN state WHEN ts = '' THEN 'queued' ELSE 'sent' END`

// freshTries begins to count anew, but not while a call is out: that one knows
// itself by the count, and what came of it could not be written down.
const freshTries = `CASE WHEN started_at = 0 THEN 0 ELSE attempt END`

func changePost(tx *database.Tx, key, channel, body string, now time.Time) error {
	return tx.Queue(`UPDATE posts SET channel = $2, body = $3, version = version + 1, changed_at = $4, attempt = `+freshTries+`, error = '', state = `+reopened+`
		WHERE key = $1`, key, channel, body, database.Millis(now))
}

func revivePost(tx *database.Tx, key string, now time.Time) error {
	_, err := tx.Exec(`UPDATE posts SET changed_at = $2, attempt = `+freshTries+`, error = '', state = `+reopened+` WHERE key = $1`, key, database.Millis(now))
	return err
}

// olderFirst is how long a message that nobody tried to send yet holds up those
// after it: what became of it may be known to nobody.
const olderFirst = 10 * time.Minute

// beginPost writes down that a message is about to be sent for the first
// time. The WHERE lets one caller through, and the older message before the
// younger one.
func beginPost(tx *database.Tx, m post, now time.Time) (begun bool, err error) {
	n, err := tx.Exec(`UPDATE posts SET state = 'sending', sending_version = version, started_at = $3, attempt = attempt + 1
		WHERE key = $1 AND version = $2 AND state = 'queued' AND (attempt > 0 OR NOT EXISTS (SELECT 1 FROM posts AS older
			WHERE older.channel = posts.channel AND older.id < posts.id AND older.state = 'queued' AND older.attempt = 0 AND older.changed_at > $4))`,
		m.key, m.version, database.Millis(now), database.Millis(now.Add(-olderFirst)))
	return n == 1, err
}

// beginUpdate writes down that a message is about to be changed. While a call
// with another look may still be on its way it must wait, or the older look
// could come last; over is such a call that is known to be over.
func beginUpdate(tx *database.Tx, m post, now time.Time, over call) (begun bool, err error) {
	n, err := tx.Exec(`UPDATE posts SET sending_version = version, started_at = $3, attempt = attempt + 1
		WHERE key = $1 AND version = $2 AND state = 'sent'
			AND (sending_version IN (0, version) OR sending_version = $4 AND started_at = $5 AND attempt = $6)`,
		m.key, m.version, database.Millis(now), over.sending, over.started, over.attempt)
	return n == 1, err
}

// The three outcomes of a call that is known to be over. Each is only for
// whoever knows the call as it was begun.
const ofThisCall = ` WHERE key = $1 AND sending_version = $2 AND started_at = $3 AND attempt = $4`

func (m post) call() []any {
	return []any{m.key, m.sending, database.Millis(m.started), m.attempt}
}

func stands(tx *database.Tx, m post, place, ts string) (ours bool, err error) {
	n, err := tx.Exec(`UPDATE posts SET state = 'sent', sent_version = sending_version, sending_version = 0, started_at = 0, attempt = 0, error = '',
		place = $5, ts = $6`+ofThisCall, append(m.call(), place, ts)...)
	return n == 1, err
}

func waits(tx *database.Tx, m post, why string) (ours bool, err error) {
	n, err := tx.Exec(`UPDATE posts SET state = CASE WHEN state = 'sending' THEN 'queued' ELSE state END, sending_version = 0, started_at = 0,
		error = $5`+ofThisCall, append(m.call(), why)...)
	return n == 1, err
}

// reform puts a message of the same version into other words, unless it is to
// look otherwise by now.
func reform(tx *database.Tx, m post, body string) error {
	_, err := tx.Exec("UPDATE posts SET body = $3 WHERE key = $1 AND version = $2", m.key, m.version, body)
	return err
}

// gaveUp ends a message as dead, unless it is to look otherwise by now: then
// that may succeed.
func gaveUp(tx *database.Tx, m post, why string) (ours bool, err error) {
	n, err := tx.Exec(`UPDATE posts SET state = CASE WHEN version = sending_version THEN 'dead' WHEN state = 'sending' THEN 'queued' ELSE state END,
		sending_version = 0, started_at = 0, error = $5`+ofThisCall, append(m.call(), why)...)
	return n == 1, err
}
