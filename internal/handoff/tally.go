package handoff

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/lead"
)

// Tally is how the team's handoffs went from one instant to before another: for
// digests.
type Tally struct {
	Sent, Accepted, Declined int
	Reasons                  []Reason // of those that were declined, most frequent first
}

// Reason is why handoffs were declined.
type Reason struct {
	Label string // as it read then; "" where none was given
	N     int
}

// Count is a Tally without reasons, for a chart's day.
func Count(tx *database.Tx, from, to time.Time) (t Tally, err error) {
	between := []any{database.Millis(from), database.Millis(to)}
	if _, err := tx.Row("SELECT count(*) FROM handoffs WHERE sent_at >= $1 AND sent_at < $2", between, &t.Sent); err != nil {
		return t, err
	}
	err = tx.Each("SELECT status, count(*) FROM handoffs WHERE decided_at >= $1 AND decided_at < $2 GROUP BY status", between, func(rows *sql.Rows) error {
		var status string
		var n int
		if err := rows.Scan(&status, &n); err != nil {
			return err
		}
		if status == "accepted" {
			t.Accepted = n
		} else {
			t.Declined = n
		}
		return nil
	})
	return t, err
}

// Tallied counts what was sent and decided from one instant to before another.
func Tallied(tx *database.Tx, from, to time.Time) (Tally, error) {
	t, err := Count(tx, from, to)
	if err != nil || t.Declined == 0 {
		return t, err
	}
	var values, latest []string
	if err := tx.Each(`SELECT reason, count(*), max(id) FROM handoffs WHERE decided_at >= $1 AND decided_at < $2 AND status = 'declined'
		GROUP BY reason ORDER BY count(*) DESC, reason`, []any{database.Millis(from), database.Millis(to)}, func(rows *sql.Rows) error {
		var r Reason
		var id string
		if err := rows.Scan(&r.Label, &r.N, &id); err != nil {
			return err
		}
		values, latest, t.Reasons = append(values, r.Label), append(latest, id), append(t.Reasons, r)
		return nil
	}); err != nil {
		return t, err
	}
	for i := range t.Reasons {
		var raw string
		if _, err := tx.Row("SELECT context FROM handoffs WHERE id = $1", []any{latest[i]}, &raw); err != nil {
			return t, err
		}
		var c Context
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			return t, fmt.Errorf("context of handoff %s: %w", latest[i], err)
		}
		if label := c.reason(values[i]); label != "" {
			t.Reasons[i].Label = label
		}
	}
	return t, nil
}

// Rep is how the handoffs of one SDR went.
type Rep struct {
	Person                   string
	Sent, Accepted, Declined int
}

// ByRep counts for each SDR what was sent from one instant to before another, and
// what became of it so far; who sent most comes first.
func ByRep(tx *database.Tx, from, to time.Time) (reps []Rep, err error) {
	err = tx.Each(`SELECT sender, count(*), sum(CASE WHEN status = 'accepted' THEN 1 ELSE 0 END), sum(CASE WHEN status = 'declined' THEN 1 ELSE 0 END)
		FROM handoffs WHERE sent_at >= $1 AND sent_at < $2 GROUP BY sender ORDER BY count(*) DESC, sender`,
		[]any{database.Millis(from), database.Millis(to)}, func(rows *sql.Rows) error {
			var r Rep
			err := rows.Scan(&r.Person, &r.Sent, &r.Accepted, &r.Declined)
			reps = append(reps, r)
			return err
		})
	return reps, err
}

// UndecidedAt counts what waited for a decision at an instant.
func UndecidedAt(tx *database.Tx, at time.Time) (n int, err error) {
	_, err = tx.Row(`SELECT (SELECT count(*) FROM handoffs WHERE status IN ('waiting', 'asked') AND sent_at < $1)
		+ (SELECT count(*) FROM handoffs WHERE decided_at >= $1 AND sent_at < $1)`, []any{database.Millis(at)}, &n)
	return n, err
}

// Standing is a handoff that nobody has decided yet.
type Standing struct {
	ID, Lead, Title, Sender, AE string
	Sent                        time.Time
	Asked                       bool // it waits for the SDR's answer
	AskedBy                     string
	AskedAt                     time.Time
}

// Undecided lists what waits for a decision, the oldest first; n is how many do,
// and asked how many of them wait for the SDR's answer.
func Undecided(tx *database.Tx, most int) (oldest []Standing, n, asked int, err error) {
	if _, err = tx.Row(`SELECT count(*), coalesce(sum(CASE WHEN status = 'asked' THEN 1 ELSE 0 END), 0) FROM handoffs WHERE status IN ('waiting', 'asked') AND `+ofSomebody,
		nil, &n, &asked); err != nil || n == 0 {
		return nil, n, asked, err
	}
	err = tx.Each(`SELECT h.id, h.lead, l.company, l.contact, h.sender, h.ae, h.sent_at, h.status FROM handoffs h JOIN leads l ON l.id = h.lead
		WHERE h.status IN ('waiting', 'asked') AND l.erased_at IS NULL ORDER BY h.sent_at, h.id LIMIT $1`, []any{most}, func(rows *sql.Rows) error {
		var s Standing
		var of lead.Lead
		var sent int64
		var status string
		if err := rows.Scan(&s.ID, &s.Lead, &of.Company, &of.Contact, &s.Sender, &s.AE, &sent, &status); err != nil {
			return err
		}
		s.Title, s.Sent, s.Asked = of.String(), time.UnixMilli(sent), status == "asked"
		oldest = append(oldest, s)
		return nil
	})
	return oldest, n, asked, err
}

// stuck is a handoff that no clock presses: it waits for the AE, and no deadline
// runs for it; or the clock stands still since before an instant, because a
// question has no answer.
const stuck = `handoffs h LEFT JOIN handoff_questions q ON q.handoff = h.id AND q.answer IS NULL
	WHERE h.status IN ('waiting', 'asked') AND (h.status = 'waiting' AND NOT EXISTS (SELECT 1 FROM deadlines d WHERE d.subject = 'handoff/' || h.id AND d.state = 'open')
		OR h.status = 'asked' AND q.asked_at < $1)`

// Stuck lists what waits and is pressed by no clock, the oldest first: so many are
// passed over, so many listed. Questions count that were asked before that
// instant.
func Stuck(tx *database.Tx, asked time.Time, skip, most int) (oldest []Standing, err error) {
	if most <= 0 {
		return nil, nil
	}
	err = tx.Each(`SELECT h.id, h.lead, l.company, l.contact, h.sender, h.ae, h.sent_at, h.status, coalesce(q.asked_by, ''), coalesce(q.asked_at, 0)
		FROM leads l, `+stuck+` AND l.id = h.lead ORDER BY h.sent_at, h.id LIMIT $2 OFFSET $3`, []any{database.Millis(asked), most, skip}, func(rows *sql.Rows) error {
		var s Standing
		var of lead.Lead
		var sent, at int64
		var status string
		if err := rows.Scan(&s.ID, &s.Lead, &of.Company, &of.Contact, &s.Sender, &s.AE, &sent, &status, &s.AskedBy, &at); err != nil {
			return err
		}
		s.Title, s.Sent, s.Asked, s.AskedAt = of.String(), time.UnixMilli(sent), status == "asked", time.UnixMilli(at)
		oldest = append(oldest, s)
		return nil
	})
	return oldest, err
}

// CountStuck counts what Stuck lists.
func CountStuck(tx *database.Tx, asked time.Time) (n int, err error) {
	_, err = tx.Row("SELECT count(*) FROM "+stuck, []any{database.Millis(asked)}, &n)
	return n, err
}

// Bounced is a lead that came back too often: only the role that the playbook
// names hands it off again.
type Bounced struct {
	Lead, Title, Owner string
	Declined           int
	Last               time.Time
}

// Bounces lists the leads that bounced since then and were not moved on, the
// latest first, without the first few; n is how many did. again is how often one
// may come back.
func Bounces(tx *database.Tx, since time.Time, again, skip, most int) (latest []Bounced, n int, err error) {
	err = tx.Each(`SELECT l.id, l.company, l.contact, l.owner, count(*), max(h.decided_at) FROM leads l JOIN handoffs h ON h.lead = l.id
		WHERE l.status = 'returned' AND l.erased_at IS NULL AND h.status = 'declined' AND l.id IN (SELECT lead FROM handoffs WHERE decided_at >= $1 AND status = 'declined')
		GROUP BY l.id, l.company, l.contact, l.owner HAVING count(*) > $2 ORDER BY max(h.decided_at) DESC, l.id`,
		[]any{database.Millis(since), again}, func(rows *sql.Rows) error {
			var b Bounced
			var of lead.Lead
			var last int64
			if err := rows.Scan(&b.Lead, &of.Company, &of.Contact, &b.Owner, &b.Declined, &last); err != nil {
				return err
			}
			n++
			if n > skip && len(latest) < most {
				b.Title, b.Last = of.String(), time.UnixMilli(last)
				latest = append(latest, b)
			}
			return nil
		})
	return latest, n, err
}
