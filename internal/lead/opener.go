package lead

import (
	"context"

	"sopbot/internal/chat"
)

// Open shows what is known of a lead.
func (l *Leads) Open(ctx context.Context, c chat.Click, lead string) error {
	c.Value = lead
	return l.open(ctx, c)
}
