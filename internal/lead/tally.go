package lead

import (
	"database/sql"
	"time"

	"sopbot/internal/database"
)

// Happened counts the events from one instant to before another, by their kind:
// for digests.
func Happened(tx *database.Tx, from, to time.Time) (map[string]int, error) {
	out := map[string]int{}
	err := tx.Each("SELECT kind, count(*) FROM events WHERE at >= $1 AND at < $2 GROUP BY kind", []any{database.Millis(from), database.Millis(to)}, func(rows *sql.Rows) error {
		var kind string
		var n int
		if err := rows.Scan(&kind, &n); err != nil {
			return err
		}
		out[kind] = n
		return nil
	})
	return out, err
}
