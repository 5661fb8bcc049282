package gateway

import (
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Slack takes a message a second in one channel. What leaves a second
	// apart may arrive in less.
	paceEvery = 1050 * time.Millisecond
	paceBurst = 3 // so many may come at once
	// Of "several hundred" messages a minute in the whole workspace we take
	// four a second, after so many at once.
	paceShare, paceFlood = 4, 200
	// paceMemory is after how long a channel is forgotten.
	paceMemory = 10 * time.Minute
	// late is by how much a message may be late that was told when its turn is,
	// before others go past it; absent is when it has no place any more. Another
	// replica may have it, or it looks otherwise now. That none goes past one that
	// nobody tried yet is seen to by the database (beginPost).
	late, absent = 250 * time.Millisecond, 5 * time.Second
	// A call that takes longer does not hold up the next message; one that
	// takes less is not looked after sooner.
	longestCall, shortestCall = 2 * time.Second, 5 * time.Millisecond
	// A channel that is refused twice so soon is slowed down.
	soon = 10 * time.Second
	// slowest is by how much a channel that is refused again and again is
	// slowed down, as a power of two.
	slowest = 2
)

// pacer spreads messages over time: one a second in each channel, with a short
// burst, the oldest first and one at a time, so that they stand in Slack in the
// order in which they were put down. Nobody waits in it; who has to is told
// until when. It also remembers where Slack said to wait.
type pacer struct {
	every time.Duration
	mu    sync.Mutex
	lines map[string]*line
	full  time.Time // when the workspace's burst is whole again
	until time.Time // Slack wants quiet everywhere
	swept time.Time
}

// line is who waits for a channel.
type line struct {
	full    time.Time // when the channel's burst is whole again
	until   time.Time // Slack wants quiet
	out     time.Time // when the call began that is not answered yet
	took    time.Duration
	slow    int
	refused time.Time // the last time, or when it was last let go faster
	yielded int       // so often in a row the first here let an older one pass that is not here
	waiting []waiter  // the oldest first
}

// waiter is a message in a line.
type waiter struct {
	id    string
	back  time.Time // when it is to ask again
	place time.Time // its turn in the workspace, once it is the first here
}

func newPacer() *pacer { return &pacer{every: paceEvery, lines: map[string]*line{}} }

func (p *pacer) line(channel string) *line {
	l := p.lines[channel]
	if l == nil {
		l = &line{took: 20 * time.Millisecond}
		p.lines[channel] = l
	}
	return l
}

// turn tells how long a message for a channel has to wait; zero means that it
// may go now, and that over, back or limited is called when it went or did not.
// A later message has a later id.
func (p *pacer) turn(id, channel string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	l := p.line(channel)
	at := l.join(id, now)
	mine := &l.waiting[at]
	place := 0 // in the line, of those who come
	for _, w := range l.waiting[:at] {
		if now.Sub(w.back) <= late {
			place++
		}
	}
	if wait := p.waits(l, mine, place, now); wait > 0 {
		mine.back = now.Add(wait)
		return wait
	}
	l.waiting = slices.Delete(l.waiting, at, at+1)
	l.full = latest(l.full, now).Add(p.apart(l, now))
	l.out = now
	return 0
}

func (p *pacer) waits(l *line, mine *waiter, place int, now time.Time) time.Duration {
	apart := p.apart(l, now)
	at := latest(l.full, now).Add(time.Duration(place-(paceBurst-1)) * apart)
	if at = latest(at, latest(l.until, p.until)); at.After(now) {
		return at.Sub(now)
	}
	if calls := l.ahead(place, now); calls > 0 {
		return time.Duration(calls) * l.took
	}
	share := p.every / paceShare
	if mine.place.IsZero() {
		mine.place = latest(now, p.full.Add(-(paceFlood-1)*share))
		p.full = latest(p.full, now).Add(share)
	}
	return max(0, mine.place.Sub(now))
}

// ahead counts the calls that come before that of a place in the line.
func (l *line) ahead(place int, now time.Time) int {
	if !l.out.IsZero() && now.Sub(l.out) < longestCall {
		place++
	}
	return place
}

// join gives a message its place in the line.
func (l *line) join(id string, now time.Time) (place int) {
	l.waiting = slices.DeleteFunc(l.waiting, func(w waiter) bool { return w.id != id && now.Sub(w.back) > absent })
	place, there := slices.BinarySearchFunc(l.waiting, id, func(w waiter, id string) int { return strings.Compare(w.id, id) })
	if !there {
		l.waiting = slices.Insert(l.waiting, place, waiter{id: id, back: now})
	}
	return place
}

// apart is how far apart messages of a line are. A channel that is refused again
// and again is one that somebody else posts to, such as another replica.
func (p *pacer) apart(l *line, now time.Time) time.Duration {
	for l.slow > 0 && now.Sub(l.refused) >= calm {
		l.slow, l.refused = l.slow-1, l.refused.Add(calm)
	}
	return p.every << l.slow
}

// over notes that the call for a channel is answered, or given up.
func (p *pacer) over(channel string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line(channel).over(now)
}

func (l *line) over(now time.Time) {
	if !l.out.IsZero() {
		l.took = min(max(now.Sub(l.out), shortestCall), longestCall)
	}
	l.yielded = 0
	l.out = time.Time{}
}

// back gives up a turn, because an older message comes first; wait is for when
// to ask again.
func (p *pacer) back(id, channel string, now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.line(channel)
	l.out = time.Time{}
	l.full = l.full.Add(-p.apart(l, now))
	wait = l.took<<l.yielded + chance(l.took)
	l.yielded = min(l.yielded+1, 5)
	l.waiting[l.join(id, now)].back = now.Add(wait)
	return wait
}

// jump is turn for what somebody waits for: it goes before all that is in the
// line. When it had to wait for longer than patience it does not go, and ok is
// false.
func (p *pacer) jump(channel string, now time.Time, patience time.Duration) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(now)
	l := p.line(channel)
	apart := p.apart(l, now)
	at := latest(latest(l.full, now).Add(-(paceBurst-1)*apart), latest(l.until, p.until))
	if wait = max(0, at.Sub(now)); wait > patience {
		return wait, false
	}
	l.full, p.full = latest(l.full, now).Add(apart), latest(p.full, now).Add(p.every/paceShare)
	return wait, true
}

// limited notes that Slack wants quiet in a channel, and keeps the message's
// place in its line. It does not say whether it means the channel or
// everything: when a second channel is refused while the first still is, it
// means everything.
func (p *pacer) limited(id, channel string, after time.Duration, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	end := now.Add(after)
	for other, l := range p.lines {
		if other != channel && l.until.After(now) {
			p.until = latest(p.until, end)
		}
	}
	l := p.line(channel)
	l.over(now)
	if !now.Before(l.until) { // and not one that was under way with another
		p.apart(l, now)
		if now.Sub(l.refused) < soon {
			l.slow = min(l.slow+1, slowest)
		}
		l.refused = now
	}
	l.until = latest(l.until, end)
	// Without another burst.
	l.full = latest(l.full, l.until.Add((paceBurst-1)*p.apart(l, now)))
	if id != "" {
		l.waiting[l.join(id, now)].back = l.until
	}
}

func (p *pacer) sweep(now time.Time) {
	if now.Sub(p.swept) < paceMemory {
		return
	}
	p.swept = now
	old := now.Add(-paceMemory)
	for channel, l := range p.lines {
		l.waiting = slices.DeleteFunc(l.waiting, func(w waiter) bool { return w.back.Before(old) })
		if len(l.waiting) == 0 && l.full.Before(old) && l.until.Before(old) && l.out.Before(old) {
			delete(p.lines, channel)
		}
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
