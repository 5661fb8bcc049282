package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
)

// Report is what was handed in.
type Report struct {
	ID         string
	Deadline   string // id of what it ended
	Form       string // id of the page
	Playbook   string // the version
	Person     string
	At         time.Time
	Answers    form.Answers
	Submission string // made when the form was opened
}

// ErrGone says that there is no such report.
var ErrGone = errors.New("report: there is no such report")

// insert keeps a report; added is false for a submission that came before.
func insert(tx *database.Tx, r Report) (added bool, err error) {
	answers, err := json.Marshal(r.Answers)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`INSERT INTO reports (id, deadline, form, playbook, person, at, answers, submission) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (submission) DO NOTHING`, r.ID, r.Deadline, r.Form, r.Playbook, r.Person, database.Millis(r.At), string(answers), r.Submission)
	return n == 1, err
}

func byID(tx *database.Tx, id string) (Report, error) {
	r := Report{ID: id}
	var answers string
	var at int64
	found, err := tx.Row("SELECT deadline, form, playbook, person, at, answers, submission FROM reports WHERE id = $1", []any{id},
		&r.Deadline, &r.Form, &r.Playbook, &r.Person, &at, &answers, &r.Submission)
	switch {
	case err != nil:
		return r, err
	case !found:
		return r, ErrGone
	}
	r.At = time.UnixMilli(at)
	if err := json.Unmarshal([]byte(answers), &r.Answers); err != nil {
		return r, fmt.Errorf("report %s: %w", id, err)
	}
	return r, nil
}
