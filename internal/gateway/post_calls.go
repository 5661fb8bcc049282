package gateway

import (
	"sync"
	"time"
)

// call names one call to Slack that a message notes as begun.
type call struct {
	key     string
	sending int64
	started int64
	attempt int
}

func (m post) begun() call { return call{m.key, m.sending, m.started.UnixMilli(), m.attempt} }

// calls are those that were begun, by this process or another, and when this one
// knew of each first. How long ago that is it counts by itself: the time on disk is
// that of a clock that may be wrong, or another machine's, and our own may be turned
// while a call is out. Who counts from later than the call began waits a little
// longer, and never too short.
type calls struct {
	mu    sync.Mutex
	known map[call]time.Time // by a clock that nobody turns
}

// mostCalls is from how many on it is looked which are of no interest any more.
const mostCalls = 1000

// since is when a call was known of first, which is now where it was not yet.
func (c *calls) since(of call) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, known := c.known[of]
	if known {
		return at
	}
	at = time.Now()
	if c.known == nil {
		c.known = map[call]time.Time{}
	}
	if len(c.known) >= mostCalls {
		for other, at := range c.known {
			if time.Since(at) > time.Hour {
				delete(c.known, other)
			}
		}
	}
	c.known[of] = at
	return at
}

// over forgets a call whose outcome is known.
func (c *calls) over(of call) {
	c.mu.Lock()
	delete(c.known, of)
	c.mu.Unlock()
}

// settled is when the call that a message notes is surely over, answered or not.
func (p *Posts) settled(m post) time.Time {
	return p.calls.since(m.begun()).Add(p.Timeout + p.Settle)
}

// unsettled is how long that is from now; not positive where it is over.
func (p *Posts) unsettled(m post) time.Duration { return time.Until(p.settled(m)) }
