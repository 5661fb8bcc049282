package outbox

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"sopbot/internal/database"
)

// Where several processes share the rows, a lease names its holder. A holder that
// is gone is seen to be gone (see database.Presence), and what it held is taken up
// at once: waiting for the end of its lease would make a reminder a minute late.
// Who is there, however slow, keeps what it holds until its lease ends.

// absence is how long a holder has to be gone: one whose session broke is back
// sooner.
const absence = 2 * time.Second

// holderMark ends the holder's token in a lease; afterMark is the next letter.
const holderMark, afterMark = ".", "/"

// attend lets the others see that this process is there.
func (o *Outbox) attend(life context.Context) (leave func()) {
	p, err := o.db.Attend(life)
	if err != nil {
		o.Log.Warn("other bots cannot see that this one is there; after a crash its work waits for the end of its leases", "error", err)
		return func() {}
	}
	o.present = p
	return p.Leave
}

// newLease names a claim, and who made it.
func (o *Outbox) newLease() string {
	if o.present != nil && o.present.Held() {
		return o.present.Token() + holderMark + database.NewID()
	}
	return database.NewID()
}

// succeed takes up what holders left who are gone.
func (o *Outbox) succeed(life context.Context) error {
	gone := map[string]time.Time{}
	now := o.machine()
	if err := o.db.Read(life, func(tx *database.Tx) error {
		clear(gone)
		tokens, err := holders(tx)
		if err != nil {
			return err
		}
		for _, token := range tokens {
			if o.present != nil && token == o.present.Token() {
				continue
			}
			switch present, err := tx.Present(token); {
			case err != nil:
				return err
			case present:
			case o.missing[token].IsZero() || now.Before(o.missing[token]):
				gone[token] = now
			default:
				gone[token] = o.missing[token]
			}
		}
		return nil
	}); err != nil {
		return err
	}
	o.missing = gone
	for token, since := range gone {
		if now.Sub(since) < absence {
			continue
		}
		var n int64
		if err := o.db.Write(life, func(tx *database.Tx) error {
			n = 0
			present, err := tx.Present(token)
			if err != nil || present {
				return err
			}
			n, err = inherit(tx, token, o.now())
			return err
		}); err != nil {
			return err
		}
		delete(o.missing, token)
		if n > 0 {
			o.Log.Info("taking up what another bot left unfinished", "rows", n)
		}
	}
	return nil
}

// holders lists who holds rows.
func holders(tx *database.Tx) (tokens []string, err error) {
	seen := map[string]bool{}
	err = tx.Each("SELECT lease FROM outbox WHERE lease <> ''", nil, func(rows *sql.Rows) error {
		var lease string
		if err := rows.Scan(&lease); err != nil {
			return err
		}
		if token, _, named := strings.Cut(lease, holderMark); named && !seen[token] {
			seen[token] = true
			tokens = append(tokens, token)
		}
		return nil
	})
	return tokens, err
}

// inherit gives the rows of a holder free.
func inherit(tx *database.Tx, token string, now time.Time) (int64, error) {
	return tx.Exec("UPDATE outbox SET run_at = $1, lease = '' WHERE state = 'ready' AND lease <> '' AND lease >= $2 AND lease < $3",
		database.Millis(now), token+holderMark, token+afterMark)
}
