package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"sopbot/internal/database"
)

const (
	// A look into the database though nobody rang; what this process adds it
	// knows, what others do it must look for.
	recheck      = 10 * time.Minute
	recheckOther = time.Second
	measureEvery = time.Minute // how far our clock is from the database's
	pruneEvery   = time.Hour
	firstRetry   = time.Second
	longestRetry = 10 * time.Minute
	// A clock that differs from the database's by so much is to be set right.
	wrongClock = 10 * time.Second
)

// never is later than anything that is due.
var never = time.UnixMilli(1 << 52)

// lane is a kind's share of the work: a kind whose handlers hang holds up no
// other. Its fields are guarded by Outbox.mu.
type lane struct {
	kind string
	run  Handler
	free int       // workers
	next time.Time // when a row is to be looked at; never too late
}

// now is our clock, set by the database's where several share one: leases of
// a machine whose clock is fast would end while their holders still work.
func (o *Outbox) now() time.Time { return o.Now().Add(time.Duration(o.skew.Load())) }

// due makes sure that a row is looked at by that time.
func (o *Outbox) due(kind string, at time.Time) {
	o.mu.Lock()
	l := o.lanes[kind]
	sooner := l != nil && at.Before(l.next)
	if sooner {
		l.next = at
	}
	o.mu.Unlock()
	if sooner {
		o.ring()
	}
}

func (o *Outbox) ring() {
	select {
	case o.bell <- struct{}{}:
	default:
	}
}

// Run works on what is due until ctx ends, then waits for what is running.
func (o *Outbox) Run(ctx context.Context) error {
	// What is running outlives ctx for a while.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	o.begin(ctx)
	if o.shared {
		defer o.attend(life)()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return o.stop(end)
		case <-o.bell:
		case <-timer.C:
		}
		timer.Reset(o.turn(life))
	}
}

// begin frees what an earlier run of this process, the only one, left behind.
func (o *Outbox) begin(ctx context.Context) {
	if o.shared {
		return
	}
	for {
		err := o.db.Write(ctx, func(tx *database.Tx) error {
			n, err := reclaim(tx, o.now())
			if n > 0 {
				o.Log.Info("taking up what was left unfinished", "rows", n)
			}
			return err
		})
		if err == nil || ctx.Err() != nil {
			return
		}
		o.Log.Error("the outbox cannot start; trying again", "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return
		}
	}
}

func (o *Outbox) stop(end func()) error {
	done := make(chan struct{})
	go func() { o.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-time.After(o.Grace):
	}
	end()
	select {
	case <-done:
		return nil
	case <-time.After(2 * time.Second):
		// Their leases end, and the rows are claimed anew.
		return errors.New("outbox: some work did not stop in time")
	}
}

// turn starts work on everything that is due and tells how long there is
// nothing to do.
func (o *Outbox) turn(life context.Context) time.Duration {
	now := o.now()
	every := recheck
	if o.shared {
		every = recheckOther
	}
	if now.Sub(o.checked) >= every || now.Before(o.checked) || o.trouble || o.shared && o.measured.IsZero() {
		o.look(life)
	}
	if o.shared && o.measured.IsZero() {
		return time.Second // without everybody's clock nothing may be claimed
	}
	for _, l := range o.readyLanes(o.now()) {
		o.start(life, l)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	nap := o.Nap
	if o.shared {
		nap = min(every, nap) // what others do it must look for
	}
	if o.trouble {
		nap = time.Second
	}
	wake := o.now().Add(nap)
	for _, l := range o.lanes {
		if l.free > 0 && l.next.Before(wake) {
			wake = l.next
		}
	}
	return max(0, wake.Sub(o.now()))
}

// look asks the database when something is due, and does the chores.
func (o *Outbox) look(life context.Context) {
	o.checked = o.now()
	o.mu.Lock()
	lanes := make([]*lane, 0, len(o.lanes))
	for _, l := range o.lanes {
		lanes = append(lanes, l)
	}
	o.mu.Unlock()
	kinds := make([]string, len(lanes))
	for i, l := range lanes {
		kinds[i] = l.kind
	}
	if o.shared {
		o.report(o.succeed(life))
	}
	measure := o.shared && o.checked.Sub(o.measured) >= measureEvery
	var next []time.Time
	err := o.db.Read(life, func(tx *database.Tx) (err error) {
		if next, err = nextOfEach(tx, kinds); err != nil || !measure {
			return err
		}
		return o.setClock(tx)
	})
	o.report(err)
	if err == nil {
		for i, l := range lanes {
			o.due(l.kind, next[i])
		}
		if measure {
			o.measured = o.now()
		}
	}
	if now := o.now(); now.Sub(o.pruned) >= pruneEvery {
		o.pruned = now
		o.prune(life, now)
	}
}

// setClock measures how far the machine's clock is from the database's. What
// Now is pushed ahead of the machine's, as in a demonstration, stays.
func (o *Outbox) setClock(tx *database.Tx) error {
	there, err := databaseClock(tx)
	if err != nil {
		return err
	}
	skew := there.Sub(o.machine())
	if skew.Abs() > wrongClock && time.Duration(o.skew.Load()).Abs() <= wrongClock {
		o.Log.Warn("this machine's clock differs from the database's; the outbox goes by the database's, people may see wrong times", "behind", skew.Round(time.Millisecond))
	}
	o.skew.Store(int64(skew))
	return nil
}

func (o *Outbox) prune(life context.Context, now time.Time) {
	for {
		var n int64
		err := o.db.Write(life, func(tx *database.Tx) (err error) {
			n, err = prune(tx, now.Add(-o.Keep))
			return err
		})
		o.report(err)
		if err != nil || n == 0 {
			return
		}
	}
}

// report logs trouble with the database when it begins and when it ends.
func (o *Outbox) report(err error) {
	switch {
	case err != nil && !o.trouble:
		o.Log.Error("the outbox cannot use the database; trying on", "error", err)
	case err == nil && o.trouble:
		o.Log.Info("the outbox can use the database again")
	}
	o.trouble = err != nil
}

func (o *Outbox) readyLanes(now time.Time) []*lane {
	o.mu.Lock()
	defer o.mu.Unlock()
	var out []*lane
	for _, l := range o.lanes {
		if l.free > 0 && !l.next.After(now) {
			out = append(out, l)
		}
	}
	return out
}

// start claims what a lane has due, as far as it has workers, and sets them
// to work.
func (o *Outbox) start(life context.Context, l *lane) {
	o.mu.Lock()
	n := l.free
	// From here on Add lowers it again; what the claim does not see, rings.
	l.next = never
	o.mu.Unlock()
	jobs, next, err := o.claim(life, l.kind, n)
	o.report(err)
	now := o.now()
	switch {
	case err != nil:
		jobs, next = nil, now.Add(time.Second)
	case len(jobs) == 0:
		// Somebody else holds what is due.
		next = later50(next, now)
	}
	o.mu.Lock()
	l.free -= len(jobs)
	if next.Before(l.next) {
		l.next = next
	}
	o.mu.Unlock()
	for _, j := range jobs {
		o.running.Go(func() {
			o.work(life, l, j)
			o.mu.Lock()
			l.free++
			o.mu.Unlock()
			o.ring()
		})
	}
}

func later50(next, now time.Time) time.Time {
	if soon := now.Add(50 * time.Millisecond); next.Before(soon) {
		return soon
	}
	return next
}

// work runs a row's handler and writes down what came of it.
func (o *Outbox) work(life context.Context, l *lane, j Job) {
	var err error
	if j.Attempt > o.Tries+1 {
		// It was claimed often and never came to an end: it may be what ends us.
		err = Dead(fmt.Errorf("it never came to an end in %d tries", j.Attempt-1))
	} else {
		ctx, cancel := context.WithTimeout(life, o.Timeout)
		err = o.call(ctx, l.run, j)
		cancel()
	}
	if j.finished.Load() {
		o.metrics.runs.WithLabelValues(l.kind, "done").Inc()
		if err != nil {
			o.Log.Error("failed after it was done", "kind", j.Kind, "key", j.Key, "error", err)
		}
		return
	}
	o.metrics.runs.WithLabelValues(l.kind, o.settle(life, j, err)).Inc()
}

func (o *Outbox) call(ctx context.Context, run Handler, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			o.metrics.panics.WithLabelValues(j.Kind).Inc()
			o.Log.Error("a handler of the outbox panicked", "kind", j.Kind, "key", j.Key, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return run(ctx, j)
}

// settle writes down what came of a run, trying on while the lease lasts.
func (o *Outbox) settle(life context.Context, j Job, err error) string {
	until := o.now().Add(o.Lease - o.Timeout)
	for {
		held, outcome, failed := o.write(life, j, err)
		switch {
		case failed == nil && !held:
			o.Log.Debug("a row was taken away while it was worked on", "kind", j.Kind, "key", j.Key)
			return "lost"
		case failed == nil:
			return outcome
		case life.Err() != nil || o.now().After(until):
			o.Log.Error("what came of a row could not be written down; it will run again", "kind", j.Kind, "key", j.Key, "error", failed)
			return "lost"
		}
		select {
		case <-time.After(time.Second):
		case <-life.Done():
		}
	}
}

func (o *Outbox) write(life context.Context, j Job, err error) (held bool, outcome string, failed error) {
	var l *later
	var d *dead
	buried := err != nil && !errors.As(err, &l) && (errors.As(err, &d) || j.Attempt >= o.Tries && life.Err() == nil)
	write := o.db.WriteRows // each of these takes the row only while the lease is ours
	if buried {
		write = o.db.Write // OnDead does what it likes
	}
	failed = write(context.WithoutCancel(life), func(tx *database.Tx) (e error) {
		now := o.now()
		wait := time.Duration(0)
		switch {
		case err == nil:
			outcome = "done"
			held, e = finish(tx, j, "done", "", now)
			return e
		case l != nil:
			// Up to the next millisecond: not a moment sooner than it said.
			outcome, wait = "later", max(0, l.after)+time.Millisecond-1
			held, e = again(tx, j, now.Add(wait), 0, said(err))
		case buried:
			outcome = "dead"
			held, e = o.bury(tx, j, err, now)
			return e
		case life.Err() != nil:
			outcome = "interrupted"
			held, e = again(tx, j, now, 0, said(err))
		default:
			outcome, wait = "failed", backoff(j.Attempt)
			held, e = again(tx, j, now.Add(wait), 1, said(err))
		}
		if held {
			tx.AfterCommit(func() { o.due(j.Kind, now.Add(wait)) })
		}
		return e
	})
	if failed == nil && held && (outcome == "failed" || outcome == "dead") {
		o.Log.Warn("a row of the outbox failed", "kind", j.Kind, "key", j.Key, "attempt", j.Attempt, "outcome", outcome, "error", err)
	}
	return held, outcome, failed
}

func (o *Outbox) bury(tx *database.Tx, j Job, err error, now time.Time) (held bool, _ error) {
	held, e := finish(tx, j, "dead", said(err), now)
	if e != nil || !held || o.OnDead == nil {
		return held, e
	}
	return held, o.OnDead(tx, Buried{ID: j.ID, Kind: j.Kind, Key: j.Key, Error: said(err), Attempt: j.Attempt, Due: j.Due, At: now})
}

// said is an error for a column, of bounded length.
func said(err error) string {
	words := []rune(err.Error())
	return string(words[:min(len(words), 1000)])
}

// backoff is how long to wait after that many tries: doubling, with chance in
// it, so that what failed together does not come back together.
func backoff(attempt int) time.Duration {
	d := longestRetry
	if attempt < 11 {
		d = min(d, firstRetry<<(attempt-1))
	}
	return d/2 + rand.N(d)
}
