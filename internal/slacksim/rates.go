package slacksim

import (
	"math"
	"time"
)

// bucket is a token bucket: so many calls at once, refilled evenly.
type bucket struct {
	left float64
	at   time.Time
}

// Calls a minute per tier; tier 0 are the special methods, which Slack lets
// through several hundred times a minute (auth.test: about 600).
var tiers = [...]float64{600, 1, 20, 50, 100}

// overRate is 0 if the call is within its limits, else the seconds to wait.
func (s *Server) overRate(name string, m method, args obj) int {
	if !s.opts.StrictRates {
		return 0
	}
	perMinute := tiers[m.tier]
	if name == "chat.postMessage" {
		perMinute = 300 // "several hundred messages per minute" in a workspace
	}
	if wait := s.draw("method "+name, perMinute, perMinute/60); wait > 0 {
		return wait
	}
	if name == "chat.postMessage" || name == "chat.postEphemeral" {
		// "1 per second per channel, short bursts allowed": three at once pass.
		return s.draw("channel "+text(args, "channel"), 3, 1)
	}
	return 0
}

// draw takes one token; else it tells in how many whole seconds there is one.
func (s *Server) draw(name string, size, perSecond float64) int {
	now := s.Now()
	b := s.buckets[name]
	if b == nil {
		b = &bucket{left: size, at: now}
		s.buckets[name] = b
	}
	b.left = min(size, b.left+max(0, now.Sub(b.at).Seconds())*perSecond)
	b.at = now
	if b.left < 1 {
		return max(1, int(math.Ceil((1-b.left)/perSecond)))
	}
	b.left--
	return 0
}
