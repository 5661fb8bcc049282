package gateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

// Slack counts calls by method, for the whole workspace, and tells nobody how
// many are left. So calls go as they come until it refuses one (429). Then
// nobody calls that method for as long as it said. If we had used up what
// it promises, or the share of one of three replicas, calls are spaced from
// there on as its tier says, until minutes pass without another refusal.
//
// Somebody who waits for an answer goes before work that nobody waits for.

// callsAMinute is what Slack promises at least, by method
// (docs.slack.dev/apis/web-api/rate-limits). A method that is not here is of
// tier 3.
var callsAMinute = map[string]int{
	"auth.test": 600, "chat.getPermalink": 600, "chat.postMessage": 240, "response_url": 240,
	"usergroups.list": 20, "usergroups.users.list": 20,
	"views.open": 100, "views.push": 100, "views.update": 100, "users.info": 100, "files.completeUploadExternal": 100,
}

const (
	tier3 = 50
	// calm is how long a method goes without a refusal before its calls may
	// come closer together.
	calm = time.Minute
	// triggerLife is Slack's three seconds for opening a form, but for the way.
	triggerLife = 2700 * time.Millisecond
	// longestHeld is how long a call may wait for its turn while somebody waits
	// for it, and longestIdle while nobody does.
	longestHeld, longestIdle = 10 * time.Second, 2 * time.Minute
	forever                  = 24 * time.Hour
	mostSeats                = 100_000
)

// rates remembers, for everybody who calls Slack, what it refused.
type rates struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*allowance
}

// allowance is how a method may be called; the zero one: as one likes.
type allowance struct {
	made    float64       // calls that count still: they are forgotten at the rate of the tier
	at      time.Time     // when they were counted
	quiet   time.Time     // Slack wants no call before
	refused time.Time     // when it last refused one, or the spacing was last eased
	every   time.Duration // between calls; zero = as they come
	urgent  time.Time     // when the next call may go for which somebody waits
	next    time.Time     // … for which nobody does
}

func newRates(now func() time.Time) *rates { return &rates{now: now, of: map[string]*allowance{}} }

// spacing is how far apart calls of a method are that was refused.
func spacing(method string) time.Duration {
	n := callsAMinute[method]
	if n == 0 {
		n = tier3
	}
	return time.Minute / time.Duration(n)
}

// take gives a call its turn, which comes after wait. When that is more than
// patience there is no turn, and ok is false.
func (r *rates) take(method string, urgent bool, patience time.Duration) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, now := r.allowance(method), r.now()
	a.ease(method, now)
	if a.every == 0 {
		if wait = max(0, a.quiet.Sub(now)); wait > patience {
			return wait, false
		}
		if wait > 0 {
			wait += min(chance(time.Second/2), patience-wait) // and not all of them at once
		}
		return wait, true
	}
	at := latest(now, latest(a.quiet, a.next))
	if urgent {
		at = latest(now, latest(a.quiet, a.urgent))
	}
	if wait = at.Sub(now); wait > patience {
		return wait, false
	}
	if urgent {
		a.urgent = at.Add(a.every)
		a.next = latest(a.next, now).Add(a.every) // whoever can wait comes after
	} else {
		a.next = at.Add(a.every)
		a.urgent = latest(a.urgent, now) // which a call behind it need not wait for
	}
	return wait, true
}

func (r *rates) allowance(method string) *allowance {
	a := r.of[method]
	if a == nil {
		a = &allowance{}
		r.of[method] = a
	}
	return a
}

// note counts a call that is made.
func (r *rates) note(method string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, now := r.allowance(method), r.now()
	a.made = max(0, a.made-now.Sub(a.at).Seconds()/spacing(method).Seconds()) + 1
	a.at = now
}

// ease brings calls closer together after a time without refusals.
func (a *allowance) ease(method string, now time.Time) {
	for a.every > 0 && now.Sub(a.refused) >= calm {
		a.refused = a.refused.Add(calm)
		if a.every = a.every * 2 / 3; a.every < spacing(method)/4 {
			a.every = 0
		}
	}
}

// refuse notes a refusal: quiet for so long, then one call after the other. If
// that was already so, somebody else uses up what there is, such as another
// replica, and calls go still further apart.
func (r *rates) refuse(method string, after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	a := r.allowance(method)
	usual := spacing(method)
	switch {
	case !now.After(a.quiet): // it was under way when the first was refused
	case a.every > 0:
		a.every = min(max(a.every, usual)*3/2, 4*usual)
	case a.made > float64(time.Minute/usual)/3:
		a.every = usual
	}
	a.refused = now
	// The chance keeps replicas from coming back in step.
	a.quiet = latest(a.quiet, now.Add(after+chance(time.Second/4)))
	a.urgent, a.next = latest(a.urgent, a.quiet), latest(a.next, a.quiet)
}

// caller makes calls to Slack: counted, and within its rates.
type caller struct {
	rates *rates
	count func(method string, do func() error) error
	done  func(method, outcome string)
}

// call makes one when its turn has come. What Slack refuses for the rate is
// done again as far as there is time: it was not done.
func (c *caller) call(ctx context.Context, method string, do func() error) error {
	until := c.rates.now().Add(patienceFor(ctx, method))
	_, urgent := somebodyWaits(ctx)
	for {
		hold, ok := c.rates.take(method, urgent, until.Sub(c.rates.now()))
		if !ok {
			c.done(method, "held")
			return fmt.Errorf("%s: %w", method, &slack.RateLimitedError{RetryAfter: hold})
		}
		if hold > 0 {
			err := wait(ctx, hold)
			if errors.Is(err, context.DeadlineExceeded) { // the two ended together: it was the rate that kept it
				c.done(method, "held")
				return fmt.Errorf("%s: %w: %w", method, &slack.RateLimitedError{RetryAfter: time.Second}, err)
			}
			if err != nil {
				return err
			}
		}
		err := c.once(method, do)
		v, after := judge(err, true)
		if v != limited {
			return err
		}
		c.rates.refuse(method, after)
		if until.Sub(c.rates.now()) < after {
			return err
		}
	}
}

// once makes a call whose turn it is.
func (c *caller) once(method string, do func() error) error {
	c.rates.note(method)
	return c.count(method, do)
}

// patienceFor is how long a call may wait for its turn.
func patienceFor(ctx context.Context, method string) time.Duration {
	most := longestIdle
	if since, urgent := somebodyWaits(ctx); urgent {
		most = longestHeld
		if method == "views.open" || method == "views.push" {
			most = triggerLife - time.Since(since)
		}
	}
	if end, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(end))
	}
	return max(0, most)
}

// waiting marks the contexts of what people wait for.
type waiting struct{}

// forSomebody says that a person waits, since that moment, for what is done in
// a context.
func forSomebody(ctx context.Context, since time.Time) context.Context {
	return context.WithValue(ctx, waiting{}, since)
}

func somebodyWaits(ctx context.Context) (since time.Time, yes bool) {
	since, yes = ctx.Value(waiting{}).(time.Time)
	return since, yes
}

// seats are turns of work that comes back for them by itself, by what it is
// about.
type seats struct {
	mu sync.Mutex
	at map[string]time.Time
}

// wait is how long a call has to wait, zero when it may go. Whoever comes back
// after having waited has the turn.
func (s *seats) wait(r *rates, method, about string, now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := method + " " + about
	at, seated := s.at[key]
	if !seated || at.Before(r.quiet(method)) { // Slack refused another meanwhile
		wait, _ := r.take(method, false, forever)
		if at = now.Add(wait); s.at == nil || len(s.at) >= mostSeats {
			s.at = map[string]time.Time{} // whoever is forgotten takes another turn
		}
		s.at[key] = at
	}
	if wait := at.Sub(now); wait > 0 {
		return wait
	}
	delete(s.at, key)
	return 0
}

// quiet is until when Slack wants no call of a method.
func (r *rates) quiet(method string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.of[method]; a != nil {
		return a.quiet
	}
	return time.Time{}
}
