package gateway

import (
	"sync"
	"time"
)

// answersKept is how long the answer to a submission is remembered: what Slack
// brings again it brings soon.
const answersKept = 20 * time.Second

// answers remembers what submissions were answered with. One that Slack brings
// again in a new envelope is answered as it was the first time: an empty
// acknowledgement would close the form, and with it what was said there.
type answers struct {
	mu sync.Mutex
	of map[string]*answer // trigger → answer
}

// answer is that of one submission.
type answer struct {
	given   chan struct{} // closed when it is
	payload any
}

// begin keeps a place for the answer to a submission.
func (a *answers) begin(trigger string) *answer {
	one := &answer{given: make(chan struct{})}
	if trigger == "" {
		return one
	}
	a.mu.Lock()
	if a.of == nil {
		a.of = map[string]*answer{}
	}
	a.of[trigger] = one
	a.mu.Unlock()
	time.AfterFunc(answersKept, func() {
		a.mu.Lock()
		delete(a.of, trigger)
		a.mu.Unlock()
	})
	return one
}

// give says what it is: once, by whoever acknowledges the submission.
func (a *answer) give(payload any) {
	a.payload = payload
	close(a.given)
}

// before gives the answer that a submission had, waiting for one that is on
// its way; nothing where none is known.
func (a *answers) before(trigger string, patience time.Duration) any {
	a.mu.Lock()
	one := a.of[trigger]
	a.mu.Unlock()
	if one == nil {
		return nil
	}
	select {
	case <-one.given:
		return one.payload
	case <-time.After(patience):
		return nil
	}
}

// resubmission deals with a submission that came before, as repeated does.
func (g *Gateway) resubmission(j *job, sameEnvelope bool, trigger string) {
	g.metrics.twice.Inc()
	if !sameEnvelope {
		// A little longer than hold waits: it says that this takes long.
		g.ack(j, g.answers.before(trigger, g.AckWithin+100*time.Millisecond))
	}
}
