package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

const (
	// thriftyPercent is the garbage collector's patience while the bot starts,
	// and while little is asked of it. Reading and indexing a playbook leaves
	// much garbage; the longer it lies among what stays, the more pages hold a
	// little of both and can never be given back. From busyRate envelopes a
	// second on, time counts more than memory.
	thriftyPercent = 50
	busyPercent    = 200
	usualPercent   = 100 // Go's own, which a bot that is closed leaves behind
	busyRate       = 200
	// settleAfter is how long after the start all of it has run once.
	settleAfter = time.Second
	// A burst has ended when fewer than calmRate envelopes came within a look;
	// one of fewer than burst is not worth a collection.
	lookEvery = 5 * time.Second
	calmRate  = 25
	burst     = 1000
)

// thrift says how eagerly garbage is collected. What the operator says by GOGC
// stands.
type thrift struct{ percent int }

func (t *thrift) set(percent int) {
	if percent == t.percent || os.Getenv("GOGC") != "" {
		return
	}
	t.percent = percent
	debug.SetGCPercent(percent)
}

// suit sets it by what was asked within the last second.
func (t *thrift) suit(envelopes int64) {
	if envelopes >= busyRate {
		t.set(busyPercent)
	} else {
		t.set(thriftyPercent)
	}
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
	giveBack()
	if b.settled != nil {
		b.settled()
	}
	given, last, second := int64(0), int64(0), int64(0)
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for n := time.Duration(1); ; n++ {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		now := b.gateway.Received()
		b.thrift.suit(now - second)
		second = now
		if n*time.Second%lookEvery != 0 {
			continue
		}
		if now-last < calmRate && now-given >= burst {
			giveBack()
			given = now
		}
		last = now
	}
}
