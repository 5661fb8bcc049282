package answers

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
)

// Tally is what was asked from one instant to before another: for digests.
type Tally struct {
	Asked, Unanswered int
	Most              []Asked // what was asked most
	Missing           []Asked // what the playbook has nothing about, the most wanted first
}

// Asked is a question with how often it was asked.
type Asked struct {
	Words string // as the first of them typed it
	Times int
}

// Tallied counts questions; upper and lower case make no difference. Each list
// has at most so many, and of the most asked only what was asked more than once.
func Tallied(tx *database.Tx, from, to time.Time, most int) (t Tally, err error) {
	between := []any{database.Millis(from), database.Millis(to)}
	if _, err := tx.Row(`SELECT count(*), coalesce(sum(CASE WHEN verdict = 'nothing' THEN 1 ELSE 0 END), 0) FROM questions WHERE at >= $1 AND at < $2`,
		between, &t.Asked, &t.Unanswered); err != nil || t.Asked == 0 {
		return t, err
	}
	list := func(query string) (out []Asked, err error) {
		err = tx.Each(query, append(between, most), func(rows *sql.Rows) error {
			var a Asked
			if err := rows.Scan(&a.Words, &a.Times); err != nil {
				return err
			}
			out = append(out, a)
			return nil
		})
		return out, err
	}
	if t.Most, err = list(`SELECT min(words), count(*) FROM questions WHERE at >= $1 AND at < $2 AND verdict <> 'nothing' AND words <> ''
		GROUP BY lower(words) HAVING count(*) > 1 ORDER BY count(*) DESC, lower(words) LIMIT $3`); err != nil {
		return t, err
	}
	t.Missing, err = list(`SELECT min(words), count(*) FROM questions WHERE at >= $1 AND at < $2 AND verdict = 'nothing' AND words <> ''
		GROUP BY lower(words) ORDER BY count(*) DESC, lower(words) LIMIT $3`)
	return t, err
}
