package qualification

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"sopbot/internal/database"
)

// Tally is how the leads were that somebody scored from one instant to before
// another; of a lead that was scored more than once, the last time counts.
type Tally struct {
	Scored, Passed int
	Missing        []Missing // the criteria that were not confirmed, most frequent first
}

// Missing is a criterion that was not confirmed.
type Missing struct {
	Framework, Criterion string // ids
	N                    int
}

// Tallied counts them.
func Tallied(tx *database.Tx, from, to time.Time) (t Tally, err error) {
	missing := map[Missing]int{}
	// What is missing is one of few combinations: they are counted, not the
	// scorecards read.
	err = tx.Each(`SELECT q.framework, q.missing, q.passed, count(*) FROM qualifications q WHERE q.at >= $1 AND q.at < $2
		AND NOT EXISTS (SELECT 1 FROM qualifications later WHERE later.lead = q.lead AND later.revision > q.revision AND later.at < $2)
		GROUP BY q.framework, q.missing, q.passed`, []any{database.Millis(from), database.Millis(to)}, func(rows *sql.Rows) error {
		var framework, raw string
		var passed, n int
		if err := rows.Scan(&framework, &raw, &passed, &n); err != nil {
			return err
		}
		var ids []string
		if err := json.Unmarshal([]byte(raw), &ids); err != nil {
			return fmt.Errorf("what is missing of %s: %w", framework, err)
		}
		t.Scored += n
		t.Passed += n * passed
		for _, id := range ids {
			missing[Missing{Framework: framework, Criterion: id}] += n
		}
		return nil
	})
	for m, n := range missing {
		m.N = n
		t.Missing = append(t.Missing, m)
	}
	slices.SortFunc(t.Missing, func(a, b Missing) int {
		return cmp.Or(b.N-a.N, cmp.Compare(a.Framework, b.Framework), cmp.Compare(a.Criterion, b.Criterion))
	})
	return t, err
}
