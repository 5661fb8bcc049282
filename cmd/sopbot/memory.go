package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

const (
	// startPercent is the garbage collector's patience while the bot starts.
	// Reading and indexing a playbook leaves much garbage; the longer it lies
	// among what stays, the more pages hold a little of both and can never be
	// given back.
	startPercent = 50
	usualPercent = 100 // Go's own
	// settleAfter is how long after the start all of it has run once.
	settleAfter = time.Second
	// A burst has ended when fewer than calmRate envelopes came within a look;
	// one of fewer than burst is not worth a collection.
	lookEvery = 5 * time.Second
	calmRate  = 25
	burst     = 1000
)

// thrifty makes the start leave less memory behind, until asUsual is called.
// What the operator says by GOGC stands.
func thrifty() (asUsual func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	debug.SetGCPercent(startPercent)
	return func() { debug.SetGCPercent(usualPercent) }
}

// keepSmall gives back what serving does not need: once the start is over, and
// after every burst. Go by itself would keep the heap of a burst for minutes.
func (b *bot) keepSmall(ctx context.Context) {
	look := time.NewTimer(settleAfter)
	defer look.Stop()
	select {
	case <-look.C:
	case <-ctx.Done():
		return
	}
	b.gcAsUsual()
	giveBack()
	given, last := int64(0), int64(0)
	for {
		look.Reset(lookEvery)
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
		now := b.gateway.Received()
		if now-last < calmRate && now-given >= burst {
			giveBack()
			given = now
		}
		last = now
	}
}
