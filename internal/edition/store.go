package edition

import (
	"time"

	"sopbot/internal/database"
)

func put(tx *database.Tx, version string, archive []byte, now time.Time) error {
	_, err := tx.Exec(`INSERT INTO editions (version, files, used_at) VALUES ($1, $2, $3)
		ON CONFLICT (version) DO UPDATE SET used_at = excluded.used_at`, version, archive, database.Millis(now))
	return err
}

// get is nil where there is none.
func get(tx *database.Tx, version string) (archive []byte, err error) {
	_, err = tx.Row(`SELECT files FROM editions WHERE version = $1`, []any{version}, &archive)
	return archive, err
}

// prune throws away what came into force before that time, but for so many of
// the latest: the one in force may have been so for a year.
func prune(tx *database.Tx, before time.Time, last int) error {
	_, err := tx.Exec(`DELETE FROM editions WHERE used_at < $1 AND version NOT IN
		(SELECT version FROM editions ORDER BY used_at DESC, version LIMIT $2)`, database.Millis(before), last)
	return err
}
