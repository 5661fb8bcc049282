package gateway

import (
	"sync/atomic"
	"time"
)

// pending counts what is being answered. It is no sync.WaitGroup, because
// more may come while somebody waits for the last to be finished.
type pending struct{ n atomic.Int64 }

func (p *pending) begin() { p.n.Add(1) }
func (p *pending) end()   { p.n.Add(-1) }

// settle waits until nothing is being answered, at most so long; it reports
// whether it came to that.
func (p *pending) settle(patience time.Duration) bool {
	for deadline := time.Now().Add(patience); p.n.Load() > 0; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}
