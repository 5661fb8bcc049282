package gateway

import (
	"sync"
	"time"
)

const (
	// Slack takes a message a second in one channel. What leaves a second
	// apart may arrive in less.
	paceEvery = 1050 * time.Millisecond
	paceBurst = 3 // so many may come at once
	// paceMemory is after how long a channel or a slot is forgotten.
	paceMemory = 10 * time.Minute
)

// pacer spreads messages over time: one a second in each channel, with a short
// burst. Nobody waits in it; who has to is told until when, and has the place
// then. It also remembers where Slack said to wait.
type pacer struct {
	every time.Duration
	mu    sync.Mutex
	full  map[string]time.Time // channel → when its burst is whole again
	slots map[string]turn      // message → when it has its turn
	until map[string]time.Time // channel → Slack wants quiet until then; "" = everywhere
	calls map[string]time.Time // method → the same
	swept time.Time
}

type turn struct {
	channel string
	at      time.Time
}

func newPacer() *pacer {
	return &pacer{every: paceEvery, full: map[string]time.Time{}, slots: map[string]turn{}, until: map[string]time.Time{}, calls: map[string]time.Time{}}
}

// turn tells how long a message for a channel has to wait; zero means that it
// may go now. Having waited, it asks again and has its turn.
func (p *pacer) turn(message, channel string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	mine, waited := p.slots[message]
	if !waited || mine.channel != channel {
		mine = turn{channel, latest(now, p.full[channel].Add(-(paceBurst-1)*p.every))}
		p.full[channel] = latest(now, p.full[channel]).Add(p.every)
		p.slots[message] = mine
	}
	at := latest(mine.at, latest(p.until[channel], p.until[""]))
	if wait := at.Sub(now); wait > 0 {
		return wait
	}
	delete(p.slots, message)
	return 0
}

// quiet tells how long Slack wants no call of that method.
func (p *pacer) quiet(method string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.calls[method].Sub(now))
}

// refused notes that Slack wants quiet in a channel. It does not say whether
// it means the channel or everything: when a second channel is refused while
// the first still is, it means everything.
func (p *pacer) refused(channel string, after time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := now.Add(after)
	for other, until := range p.until {
		if other != channel && other != "" && until.After(now) {
			p.until[""] = latest(p.until[""], end)
		}
	}
	p.until[channel] = latest(p.until[channel], end)
	// Whoever waits in this channel is lined up anew after the quiet, without
	// another burst.
	for message, s := range p.slots {
		if s.channel == channel {
			delete(p.slots, message)
		}
	}
	p.full[channel] = end.Add((paceBurst - 1) * p.every)
}

// hush notes that Slack wants no call of a method, such as chat.update.
func (p *pacer) hush(method string, after time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[method] = latest(p.calls[method], now.Add(after))
}

func (p *pacer) sweep(now time.Time) {
	if now.Sub(p.swept) < paceMemory {
		return
	}
	p.swept = now
	old := now.Add(-paceMemory)
	for channel, at := range p.full {
		if at.Before(old) {
			delete(p.full, channel)
		}
	}
	for message, s := range p.slots {
		if s.at.Before(old) {
			delete(p.slots, message)
		}
	}
	for name, at := range p.until {
		if at.Before(old) {
			delete(p.until, name)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
