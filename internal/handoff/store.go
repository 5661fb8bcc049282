package handoff

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sopbot/internal/database"
)

// ErrGone says that there is no such handoff.
var ErrGone = errors.New("handoff: there is none of that id")

const columns = "id, key, lead, sender, ae, turn, status, sent_at, decided_by, decided_at, reason, coaching, form, playbook, answers, context"

func insert(tx *database.Tx, h Handoff) error {
	answers, err := json.Marshal(h.Answers)
	if err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	context, err := json.Marshal(h.Context)
	if err != nil {
		return fmt.Errorf("context: %w", err)
	}
	// The partial index keeps a second open one of the lead out.
	n, err := tx.Exec(`INSERT INTO handoffs (id, key, lead, sender, ae, turn, status, sent_at, form, playbook, answers, context)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
		h.ID, h.Key, h.Lead, h.Sender, h.AE, h.Turn, h.Status.status(), database.Millis(h.Sent), h.Form, h.Playbook, string(answers), string(context))
	if err == nil && n == 0 {
		return ErrOpen
	}
	return err
}

// row is a handoff as it is stored.
type row struct {
	h                   Handoff
	status              string
	sent                int64
	decidedBy, reason   sql.NullString
	coaching            sql.NullString
	decidedAt           sql.NullInt64
	answers, contextRaw string
}

func (r *row) dest() []any {
	return []any{&r.h.ID, &r.h.Key, &r.h.Lead, &r.h.Sender, &r.h.AE, &r.h.Turn, &r.status, &r.sent, &r.decidedBy, &r.decidedAt, &r.reason, &r.coaching,
		&r.h.Form, &r.h.Playbook, &r.answers, &r.contextRaw}
}

func (r *row) read() (Handoff, error) {
	h := r.h
	h.Sent = time.UnixMilli(r.sent)
	if err := json.Unmarshal([]byte(r.answers), &h.Answers); err != nil {
		return h, fmt.Errorf("answers of handoff %s: %w", h.ID, err)
	}
	if err := json.Unmarshal([]byte(r.contextRaw), &h.Context); err != nil {
		return h, fmt.Errorf("context of handoff %s: %w", h.ID, err)
	}
	at := time.UnixMilli(r.decidedAt.Int64)
	switch r.status {
	case "accepted":
		h.Status = Accepted{r.decidedBy.String, at}
	case "declined":
		h.Status = Declined{r.decidedBy.String, at, r.reason.String, Words{r.coaching.String}}
	default:
		h.Status = Waiting{} // questions says whether one is open
	}
	return h, nil
}

func one(tx *database.Tx, query string, args ...any) (Handoff, error) {
	var r row
	found, err := tx.Row(query, args, r.dest()...)
	if err != nil {
		return Handoff{}, err
	}
	if !found {
		return Handoff{}, ErrGone
	}
	h, err := r.read()
	if err != nil {
		return h, err
	}
	return h, questions(tx, &h)
}

// questions adds what was asked.
func questions(tx *database.Tx, h *Handoff) error {
	return tx.Each(`SELECT number, asked_by, asked_at, question, answered_by, answered_at, answer FROM handoff_questions WHERE handoff = $1 ORDER BY number`,
		[]any{h.ID}, func(rows *sql.Rows) error {
			var q Question
			var askedAt int64
			var by, text sql.NullString
			var at sql.NullInt64
			if err := rows.Scan(&q.Number, &q.AskedBy, &askedAt, &q.Question.text, &by, &at, &text); err != nil {
				return err
			}
			q.AskedAt = time.UnixMilli(askedAt)
			if text.Valid {
				q.Answer = &Answer{by.String, time.UnixMilli(at.Int64), Words{text.String}}
			} else if h.Open() {
				h.Status = Asked{q}
			}
			h.Asked = append(h.Asked, q)
			return nil
		})
}

// ByID loads a handoff; ErrGone where there is none.
func ByID(tx *database.Tx, id string) (Handoff, error) {
	return one(tx, "SELECT "+columns+" FROM handoffs WHERE id = $1", id)
}

func byKey(tx *database.Tx, key string) (Handoff, error) {
	return one(tx, "SELECT "+columns+" FROM handoffs WHERE key = $1", key)
}

// latestOf is the last handoff of a lead; nil where there is none.
func latestOf(tx *database.Tx, lead string) (*Handoff, error) {
	h, err := one(tx, "SELECT "+columns+" FROM handoffs WHERE lead = $1 ORDER BY sent_at DESC, id DESC LIMIT 1", lead)
	if errors.Is(err, ErrGone) {
		return nil, nil
	}
	return &h, err
}

// declinedOf counts how often a lead was declined.
func declinedOf(tx *database.Tx, lead string) (n int, err error) {
	_, err = tx.Row("SELECT count(*) FROM handoffs WHERE lead = $1 AND status = 'declined'", []any{lead}, &n)
	return n, err
}

// judge says whether a lead may be handed off; latest is its last handoff.
func judge(tx *database.Tx, lead string, c comeback) (latest *Handoff, err error) {
	if latest, err = latestOf(tx, lead); err != nil {
		return nil, err
	}
	n, err := declinedOf(tx, lead)
	if err != nil {
		return nil, err
	}
	return latest, maySend(latest, n, c)
}

// ofSomebody leaves out what was about a lead that is erased by now: nobody
// decides it any more.
const ofSomebody = `NOT EXISTS (SELECT 1 FROM leads WHERE leads.id = handoffs.lead AND leads.erased_at IS NOT NULL)`

func countOpenFor(tx *database.Tx, person string) (n int, err error) {
	_, err = tx.Row("SELECT count(*) FROM handoffs WHERE status IN ('waiting', 'asked') AND (ae = $1 OR sender = $1) AND "+ofSomebody, []any{person}, &n)
	return n, err
}

// openFor lists what waits for a person to do something: as AE, or as sender.
func openFor(tx *database.Tx, person string, most int) ([]Handoff, error) {
	var rowsRead []row
	if err := tx.Each("SELECT "+columns+` FROM handoffs WHERE status IN ('waiting', 'asked') AND (ae = $1 OR sender = $1) AND `+ofSomebody+`
		ORDER BY sent_at, id LIMIT $2`, []any{person, most}, func(rows *sql.Rows) error {
		var r row
		if err := rows.Scan(r.dest()...); err != nil {
			return err
		}
		rowsRead = append(rowsRead, r)
		return nil
	}); err != nil {
		return nil, err
	}
	var out []Handoff
	for _, r := range rowsRead {
		h, err := r.read()
		if err == nil {
			err = questions(tx, &h)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// store keeps a change of a handoff that stood as it did before. The WHERE
// keeps the first of two quick clicks: of the second nothing is stored, and it
// is told ErrAnswered.
func store(tx *database.Tx, before, after Handoff) error {
	var decidedBy, reason, coaching *string
	var decidedAt *int64
	switch s := after.Status.(type) {
	case Accepted:
		at := database.Millis(s.At)
		decidedBy, decidedAt = &s.By, &at
	case Declined:
		at, text := database.Millis(s.At), s.Coaching.String()
		decidedBy, decidedAt, reason, coaching = &s.By, &at, &s.Reason, &text
	}
	n, err := tx.Exec(`UPDATE handoffs SET status = $1, ae = $2, turn = $3, decided_by = $4, decided_at = $5, reason = $6, coaching = $7
		WHERE id = $8 AND status = $9 AND turn = $10`,
		after.Status.status(), after.AE, after.Turn, decidedBy, decidedAt, reason, coaching, after.ID, before.Status.status(), before.Turn)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrAnswered
	}
	for i, q := range after.Asked {
		switch {
		case i >= len(before.Asked):
			if _, err := tx.Exec("INSERT INTO handoff_questions (handoff, number, asked_by, asked_at, question) VALUES ($1, $2, $3, $4, $5)",
				after.ID, q.Number, q.AskedBy, database.Millis(q.AskedAt), q.Question.String()); err != nil {
				return err
			}
		case q.Answer != nil && before.Asked[i].Answer == nil:
			if _, err := tx.Exec("UPDATE handoff_questions SET answered_by = $1, answered_at = $2, answer = $3 WHERE handoff = $4 AND number = $5 AND answer IS NULL",
				q.Answer.By, database.Millis(q.Answer.At), q.Answer.Text.String(), after.ID, q.Number); err != nil {
				return err
			}
		}
	}
	return nil
}
