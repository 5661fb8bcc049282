package qualification

import (
	"encoding/json"
	"fmt"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

const columns = "id, key, lead, revision, person, at, framework, playbook, scores, confirmed, criteria, need, passed, missing"

// insert numbers the revision and keeps it.
func insert(tx *database.Tx, r *Revision) error {
	if _, err := tx.Row("SELECT coalesce(max(revision), 0) + 1 FROM qualifications WHERE lead = $1", []any{r.Lead}, &r.Number); err != nil {
		return err
	}
	scores, err := json.Marshal(r.Scores)
	if err != nil {
		return fmt.Errorf("scores: %w", err)
	}
	missing := []string{}
	for _, c := range r.Result.Missing {
		missing = append(missing, c.ID)
	}
	without, err := json.Marshal(missing)
	if err != nil {
		return fmt.Errorf("what is missing: %w", err)
	}
	// On PostgreSQL a delivery that comes between is a conflict that this
	// transaction runs again for, and then finds the key.
	n, err := tx.Exec("INSERT INTO qualifications ("+columns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT DO NOTHING",
		r.ID, r.Key, r.Lead, r.Number, r.Person, database.Millis(r.At), r.Framework, r.Playbook, string(scores),
		r.Result.Confirmed, r.Result.Of, r.Result.Need, r.Result.Pass, string(without))
	if err == nil && n == 0 {
		err = fmt.Errorf("revision %d of lead %s is there already", r.Number, r.Lead)
	}
	return err
}

// one reads a revision. Of its result only the counts are kept; count gives
// the rest anew.
func one(tx *database.Tx, query string, args ...any) (r Revision, found bool, err error) {
	var at, passed int64
	var scores, missing string
	found, err = tx.Row(query, args, &r.ID, &r.Key, &r.Lead, &r.Number, &r.Person, &at, &r.Framework, &r.Playbook, &scores,
		&r.Result.Confirmed, &r.Result.Of, &r.Result.Need, &passed, &missing)
	if err != nil || !found {
		return Revision{}, false, err
	}
	r.At, r.Result.Pass = time.UnixMilli(at), passed == 1
	if err := json.Unmarshal([]byte(scores), &r.Scores); err != nil {
		return Revision{}, false, fmt.Errorf("scores of qualification %s: %w", r.ID, err)
	}
	return r, true, nil
}

// Latest is the revision of a lead that counts; found is false where it was
// never scored.
func Latest(tx *database.Tx, lead string) (r Revision, found bool, err error) {
	return one(tx, "SELECT "+columns+" FROM qualifications WHERE lead = $1 ORDER BY revision DESC LIMIT 1", lead)
}

func byKey(tx *database.Tx, key string) (Revision, bool, error) {
	return one(tx, "SELECT "+columns+" FROM qualifications WHERE key = $1", key)
}

// before is the revision that came before another one.
func before(tx *database.Tx, r Revision) (Revision, bool, error) {
	return one(tx, "SELECT "+columns+" FROM qualifications WHERE lead = $1 AND revision = $2", r.Lead, r.Number-1)
}

// Count scores a revision again by the framework as it is in that playbook,
// for the criteria that are missing and their questions.
func (r Revision) Count(page *playbook.Page) form.Result {
	if page == nil || page.Framework == nil {
		return r.Result
	}
	return form.Score(page.Framework, r.Scores)
}
