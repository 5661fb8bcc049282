package outbox

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"sopbot/internal/database"
)

// Newest tells when the newest row was put down, by the clock of whoever did:
// one that lies ahead says that clocks disagree. It is zero where there is none.
func (o *Outbox) Newest(ctx context.Context) (time.Time, error) {
	var newest sql.NullInt64
	if err := o.db.Read(ctx, func(tx *database.Tx) error {
		_, err := tx.Row("SELECT max(created_at) FROM outbox", nil, &newest)
		return err
	}); err != nil {
		return time.Time{}, fmt.Errorf("outbox: newest row: %w", err)
	}
	if !newest.Valid {
		return time.Time{}, nil
	}
	return time.UnixMilli(newest.Int64), nil
}
