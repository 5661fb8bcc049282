package slacksim

import (
	"sort"
	"sync"
	"time"
)

// clock tells the time and keeps appointments. Time is the given Now plus what
// Advance added; a real timer wakes it at least once a second, so that a clock
// that somebody else pushes is noticed too.
type clock struct {
	base func() time.Time

	mu      sync.Mutex
	offset  time.Duration
	agenda  []appointment
	seq     int
	timer   *time.Timer
	stopped bool

	running sync.Mutex // appointments are kept one after the other
}

type appointment struct {
	due time.Time
	seq int
	do  func()
}

func (c *clock) start(now func() time.Time) {
	c.base = now
	if now == nil {
		c.base = time.Now
	}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset)
}

// at has do called, on a goroutine of the clock, once the time has come.
func (c *clock) at(due time.Time, do func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	c.agenda = append(c.agenda, appointment{due, c.seq, do})
	sort.Slice(c.agenda, func(i, j int) bool {
		if !c.agenda[i].due.Equal(c.agenda[j].due) {
			return c.agenda[i].due.Before(c.agenda[j].due)
		}
		return c.agenda[i].seq < c.agenda[j].seq
	})
	c.arm()
}

func (c *clock) arm() {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.stopped || len(c.agenda) == 0 {
		return
	}
	wait := c.agenda[0].due.Sub(c.base().Add(c.offset))
	c.timer = time.AfterFunc(max(0, min(wait, time.Second)), c.wake)
}

// next takes the first appointment that is due by until.
func (c *clock) next(until time.Time) (appointment, bool) {
	if c.stopped || len(c.agenda) == 0 || c.agenda[0].due.After(until) {
		return appointment{}, false
	}
	first := c.agenda[0]
	c.agenda = c.agenda[1:]
	return first, true
}

func (c *clock) wake() {
	c.running.Lock()
	defer c.running.Unlock()
	for {
		c.mu.Lock()
		due, ok := c.next(c.base().Add(c.offset))
		if !ok {
			c.arm()
		}
		c.mu.Unlock()
		if !ok {
			return
		}
		due.do()
	}
}

// advance moves on by d, stopping at every appointment on the way so that each
// is kept at its own time.
func (c *clock) advance(d time.Duration) {
	c.running.Lock()
	defer c.running.Unlock()
	c.mu.Lock()
	target := c.base().Add(c.offset).Add(d)
	c.mu.Unlock()
	for {
		c.mu.Lock()
		due, ok := c.next(target)
		now := c.base().Add(c.offset)
		if ok && due.due.After(now) {
			c.offset += due.due.Sub(now)
		}
		if !ok {
			if now.Before(target) {
				c.offset += target.Sub(now)
			}
			c.arm()
		}
		c.mu.Unlock()
		if !ok {
			return
		}
		due.do()
	}
}

func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	if c.timer != nil {
		c.timer.Stop()
	}
}

// Now is the simulator's time: Options.Now plus everything advanced.
func (s *Server) Now() time.Time { return s.clock.now() }

// Advance pushes the simulator's clock by d and does what falls due on the way,
// each thing at its time: retries of events, scheduled messages. Use it where
// the simulator has its own clock; where Options.Now is a clock that is pushed
// elsewhere, call [Server.Wake] after pushing.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// Wake does at once what has fallen due by now.
func (s *Server) Wake() { s.clock.wake() }

// deadline calls do after d: on the machine's clock, or on the virtual one if
// the options say so.
func (s *Server) deadline(d time.Duration, do func()) {
	if s.opts.VirtualDeadlines {
		s.clock.at(s.Now().Add(d), do)
		return
	}
	time.AfterFunc(d, do)
}

// instant is the clock that deadlines are measured with.
func (s *Server) instant() time.Time {
	if s.opts.VirtualDeadlines {
		return s.Now()
	}
	return time.Now()
}
