package outbox

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sopbot/internal/database"
)

// shared reports whether other processes may work on the same rows: then a
// claim passes over rows that somebody else is claiming, the database's clock
// is everybody's, and rows of others are looked for.
func shared(db *database.DB) bool { return db.Dialect() == database.PostgreSQL }

// A claim takes rows that are due. MATERIALIZED keeps PostgreSQL from choosing
// rows more than once, which would take more than the limit.
const (
	chooseDue = `WITH due AS MATERIALIZED (
		SELECT id FROM outbox WHERE state = 'ready' AND kind = $1 AND run_at <= $2 ORDER BY run_at, id LIMIT $3`
	takeThem = `) UPDATE outbox SET attempt = attempt + 1, run_at = $4, lease = $5 WHERE id IN (SELECT id FROM due)
		RETURNING id, key, payload, attempt, due_at`

	claimAlone  = chooseDue + takeThem
	claimShared = chooseDue + " FOR UPDATE SKIP LOCKED" + takeThem
)

// claim takes up to n rows of a kind that are due, and tells when the next
// one is.
func (o *Outbox) claim(ctx context.Context, kind string, n int) (jobs []Job, next time.Time, err error) {
	err = o.db.WriteRows(ctx, func(tx *database.Tx) error {
		jobs = nil
		now, lease, query := o.now(), o.newLease(), claimAlone
		if o.shared {
			query = claimShared
		}
		err := tx.Each(query, []any{kind, database.Millis(now), n, database.Millis(now.Add(o.Lease)), lease}, func(rows *sql.Rows) error {
			j := Job{Kind: kind, lease: lease, outbox: o, finished: &atomic.Bool{}}
			var payload string
			var due int64
			if err := rows.Scan(&j.ID, &j.Key, &payload, &j.Attempt, &due); err != nil {
				return err
			}
			j.Payload, j.Due = json.RawMessage(payload), time.UnixMilli(due)
			jobs = append(jobs, j)
			return nil
		})
		if err != nil {
			return err
		}
		next, err = nextOf(tx, kind)
		return err
	})
	// RETURNING promises no order.
	slices.SortFunc(jobs, func(a, b Job) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	return jobs, next, err
}

// nextOf is when a row of that kind is to be looked at next.
func nextOf(tx *database.Tx, kind string) (time.Time, error) {
	next, err := nextOfEach(tx, []string{kind})
	if err != nil {
		return never, err
	}
	return next[0], nil
}

// nextOfEach is the same for several kinds, in one question: it is asked
// every second where others share the database. Each part of it reads one
// entry of the index.
func nextOfEach(tx *database.Tx, kinds []string) ([]time.Time, error) {
	next, parts, args := make([]time.Time, len(kinds)), make([]string, len(kinds)), make([]any, len(kinds))
	for i, kind := range kinds {
		next[i], args[i] = never, kind
		parts[i] = fmt.Sprintf("SELECT %d, min(run_at) FROM outbox WHERE state = 'ready' AND kind = $%d", i, i+1)
	}
	if len(kinds) == 0 {
		return nil, nil
	}
	return next, tx.Each(strings.Join(parts, " UNION ALL "), args, func(rows *sql.Rows) error {
		var i int
		var at sql.NullInt64
		err := rows.Scan(&i, &at)
		if at.Valid {
			next[i] = time.UnixMilli(at.Int64)
		}
		return err
	})
}

func insert(tx *database.Tx, r Row, payload string, now time.Time) (bool, error) {
	n, err := tx.Exec(insertRow, rowArgs(r, payload, now)...)
	return n == 1, err
}

const insertRow = `INSERT INTO outbox (id, kind, key, payload, due_at, run_at, state, lease, attempt, created_at, error)
	VALUES ($1, $2, $3, $4, $5, $5, 'ready', '', 0, $6, '') ON CONFLICT (key) DO NOTHING`

func rowArgs(r Row, payload string, now time.Time) []any {
	return []any{database.NewID(), r.Kind, r.Key, payload, database.Millis(r.At), database.Millis(now)}
}

func move(tx *database.Tx, key string, at time.Time) (kind string, moved bool, err error) {
	moved, err = tx.Row(`UPDATE outbox SET due_at = $2, run_at = $2, lease = '', attempt = 0 WHERE key = $1 AND state = 'ready'
		RETURNING kind`, []any{key, database.Millis(at)}, &kind)
	return kind, moved, err
}

func revive(tx *database.Tx, key string, now time.Time) (kind string, revived bool, err error) {
	revived, err = tx.Row(`UPDATE outbox SET state = 'ready', run_at = $2, attempt = 0, done_at = NULL WHERE key = $1 AND state = 'dead'
		RETURNING kind`, []any{key, database.Millis(now)}, &kind)
	return kind, revived, err
}

func cancel(tx *database.Tx, key string, now time.Time) (bool, error) {
	n, err := tx.Exec("UPDATE outbox SET state = 'done', lease = '', done_at = $2, error = 'cancelled' WHERE key = $1 AND state = 'ready'",
		key, database.Millis(now))
	return n == 1, err
}

// finish ends a row as done or dead, if the job still holds it.
func finish(tx *database.Tx, j Job, state, why string, now time.Time) (held bool, err error) {
	n, err := tx.Exec("UPDATE outbox SET state = $3, lease = '', done_at = $4, error = $5 WHERE id = $1 AND lease = $2 AND state = 'ready'",
		j.ID, j.lease, state, database.Millis(now), why)
	return n == 1, err
}

// again gives a row back, to be claimed anew at that time; count is 0 when
// the try does not count.
func again(tx *database.Tx, j Job, at time.Time, count int, why string) (held bool, err error) {
	n, err := tx.Exec("UPDATE outbox SET run_at = $3, lease = '', attempt = attempt - 1 + $4, error = $5 WHERE id = $1 AND lease = $2 AND state = 'ready'",
		j.ID, j.lease, database.Millis(at), count, why)
	return n == 1, err
}

// reclaim frees what an earlier run of the only process held.
func reclaim(tx *database.Tx, now time.Time) (int64, error) {
	return tx.Exec("UPDATE outbox SET run_at = $1, lease = '' WHERE state = 'ready' AND lease <> ''", database.Millis(now))
}

// prune forgets some of what was done long ago, and tells how many.
func prune(tx *database.Tx, before time.Time) (int64, error) {
	return tx.Exec("DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state = 'done' AND done_at < $1 LIMIT 500)", database.Millis(before))
}

// databaseClock is what time it is for everybody who shares the database.
func databaseClock(tx *database.Tx) (time.Time, error) {
	var ms int64
	_, err := tx.Row("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)", nil, &ms)
	return time.UnixMilli(ms), err
}
