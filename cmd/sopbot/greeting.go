package main

import (
	"context"
	"time"
)

// greet says once that Slack said hello: only from then on does what people
// type arrive.
func (b *bot) greet(ctx context.Context) {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for b.gateway.Connected() == 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
	b.log.Info("connected: Slack said hello", "workspace", b.gateway.Self().TeamName)
}
