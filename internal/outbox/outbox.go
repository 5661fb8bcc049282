package outbox

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/database"
)

// Row is something to happen.
type Row struct {
	Kind string // says which handler runs; kinds live for ever: add, don't rename
	// Key: it happens once per key ("handoff/H7/card"), for as long as done rows
	// are kept (Options.Keep). A decision that could come again after it must be
	// known by its own row, too.
	Key     string
	Payload any       // what the handler is told, as JSON
	At      time.Time // when; zero = now
}

// Job is a row that is being worked on.
type Job struct {
	ID, Kind, Key string
	Payload       json.RawMessage
	Attempt       int       // 1 at the first try
	Due           time.Time // when it was to happen

	lease    string
	outbox   *Outbox
	finished *atomic.Bool // completed in a transaction of its handler
}

// Handler does what a row is for. It may run more than once for a row, and
// must end soon after ctx does.
type Handler func(ctx context.Context, j Job) error

// Options are how an Outbox works; zero fields have their usual value.
type Options struct {
	Now     func() time.Time // time.Now
	Log     *slog.Logger
	Metrics prometheus.Registerer

	Workers int           // rows of one kind that are worked on at a time (16)
	Timeout time.Duration // what a handler may take (30 s)
	// Lease is how long a row belongs to whoever claimed it. It must be longer
	// than Timeout (twice as long).
	Lease time.Duration
	Tries int           // after so many a row is dead (20: about two hours)
	Grace time.Duration // what is running may take so long to end when Run is to stop (8 s)
	Keep  time.Duration // done rows, with their keys, are forgotten after it (7 days)
	// Nap is for how long it trusts a timer at most: timers stand still while a
	// machine sleeps, clocks do not (30 s). In a test whose clock nobody turns, where
	// a month is over in a moment, it may be hours.
	Nap time.Duration

	// OnDead is told of a row that is given up, in the transaction that does.
	// If it adds a row to tell somebody, that one may be given up, too.
	OnDead func(tx *database.Tx, row Buried) error
}

// Outbox keeps rows and works on them.
type Outbox struct {
	Options
	db      *database.DB
	shared  bool // other processes work on the same rows
	metrics *metrics
	bell    chan struct{} // something is due sooner than thought, or a worker is free

	mu    sync.Mutex
	lanes map[string]*lane

	machine func() time.Time // time.Now; a test's may be wrong
	skew    atomic.Int64     // nanoseconds by which the database's clock is ahead of the machine's
	running sync.WaitGroup

	present *database.Presence   // where others share the rows, while Run runs
	missing map[string]time.Time // holders of rows that are not there, by the machine's clock since when; of Run's goroutine alone

	// Of Run's goroutine alone: when it last did its chores, and whether the
	// database failed it.
	checked, measured, pruned time.Time
	trouble                   bool
}

// New makes an outbox; it works once Run is called.
func New(db *database.DB, o Options) *Outbox {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	preset(&o.Workers, 16)
	preset(&o.Timeout, 30*time.Second)
	preset(&o.Lease, 2*o.Timeout)
	preset(&o.Tries, 20)
	preset(&o.Grace, 8*time.Second)
	preset(&o.Keep, 7*24*time.Hour)
	preset(&o.Nap, 30*time.Second)
	if o.Lease <= o.Timeout {
		panic("outbox: a lease must be longer than what a handler may take")
	}
	b := &Outbox{Options: o, db: db, shared: shared(db), machine: time.Now, bell: make(chan struct{}, 1), lanes: map[string]*lane{}}
	b.metrics = newMetrics(b, o.Metrics)
	return b
}

func preset[T comparable](field *T, usual T) {
	var zero T
	if *field == zero {
		*field = usual
	}
}

// Handle says what to do with the rows of a kind. Rows of a kind that nobody
// handles wait. It is for before Run.
func (o *Outbox) Handle(kind string, run func(ctx context.Context, j Job) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lanes[kind] != nil {
		panic("outbox: kind " + kind + " is handled twice")
	}
	o.lanes[kind] = &lane{kind: kind, run: run, free: o.Workers, next: never}
	o.metrics.panics.WithLabelValues(kind) // counted from zero, so that the first is a rise
}

// Add keeps a row, to happen once the transaction is committed. Added is false
// when there is, or was, one of the same key: then nothing changes.
func (o *Outbox) Add(tx *database.Tx, r Row) (added bool, err error) {
	if r.Kind == "" || r.Key == "" {
		return false, fmt.Errorf("outbox: a row needs a kind and a key: %q %q", r.Kind, r.Key)
	}
	payload, err := encode(r.Payload)
	if err != nil {
		return false, fmt.Errorf("outbox: payload of %s: %w", r.Key, err)
	}
	now := o.now()
	if r.At.IsZero() {
		r.At = now
	}
	added, err = insert(tx, r, payload, now)
	if err != nil {
		return false, fmt.Errorf("outbox: add %s: %w", r.Key, err)
	}
	if added {
		tx.AfterCommit(func() { o.due(r.Kind, r.At) })
	}
	return added, nil
}

// Queue is Add where nobody needs to know whether there was one of the same key
// (see database.Tx.Queue).
func (o *Outbox) Queue(tx *database.Tx, r Row) error {
	if r.Kind == "" || r.Key == "" {
		return fmt.Errorf("outbox: a row needs a kind and a key: %q %q", r.Kind, r.Key)
	}
	payload, err := encode(r.Payload)
	if err != nil {
		return fmt.Errorf("outbox: payload of %s: %w", r.Key, err)
	}
	now := o.now()
	if r.At.IsZero() {
		r.At = now
	}
	tx.AfterCommit(func() { o.due(r.Kind, r.At) })
	return tx.Queue(insertRow, rowArgs(r, payload, now)...)
}

func encode(payload any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(payload); err != nil {
		return "", err
	}
	return string(bytes.TrimRight(b.Bytes(), "\n")), nil
}

// Move puts off a row that did not happen yet, or brings it forward; moved is
// false when there is none. A handler that is running on it meanwhile cannot
// complete it: it runs again at the new time.
func (o *Outbox) Move(tx *database.Tx, key string, at time.Time) (moved bool, err error) {
	kind, moved, err := move(tx, key, at)
	if err != nil {
		return false, fmt.Errorf("outbox: move %s: %w", key, err)
	}
	if moved {
		tx.AfterCommit(func() { o.due(kind, at) })
	}
	return moved, nil
}

// Cancel keeps a row from happening; cancelled is false when there is none
// that still would. Its key stays used.
func (o *Outbox) Cancel(tx *database.Tx, key string) (cancelled bool, err error) {
	if cancelled, err = cancel(tx, key, o.now()); err != nil {
		return false, fmt.Errorf("outbox: cancel %s: %w", key, err)
	}
	return cancelled, nil
}

// Payload is what a row was added with, as long as it is kept.
func (o *Outbox) Payload(tx *database.Tx, key string) (payload json.RawMessage, found bool, err error) {
	var text string
	if found, err = tx.Row("SELECT payload FROM outbox WHERE key = $1", []any{key}, &text); err != nil {
		return nil, false, fmt.Errorf("outbox: payload of %s: %w", key, err)
	}
	return json.RawMessage(text), found, nil
}

// Revive gives a dead row all its tries again, now; revived is false when
// there is none.
func (o *Outbox) Revive(tx *database.Tx, key string) (revived bool, err error) {
	now := o.now()
	kind, revived, err := revive(tx, key, now)
	if err != nil {
		return false, fmt.Errorf("outbox: revive %s: %w", key, err)
	}
	if revived {
		tx.AfterCommit(func() { o.due(kind, now) })
	}
	return revived, nil
}

// Wake makes the outbox look for rows that are due now: for whoever pushes
// the clock that Now tells.
func (o *Outbox) Wake() { o.ring() }

// ErrLost is what Done says when the row was moved, cancelled, or claimed
// again because its lease had ended: what the handler was about to do must
// not be done.
var ErrLost = errors.New("outbox: the row was taken away meanwhile")

// Done completes the row in a transaction of its handler, so that the effect
// and the completion are one. An error must end the transaction.
func (j Job) Done(tx *database.Tx) error {
	held, err := finish(tx, j, "done", "", j.outbox.now())
	if err != nil {
		return fmt.Errorf("outbox: complete %s: %w", j.Key, err)
	}
	if !held {
		return ErrLost
	}
	tx.AfterCommit(func() { j.finished.Store(true) })
	return nil
}

// Later is for a handler that could not do its work through no fault of the
// row's, such as a refusal for the rate: it is run again after d, and the try
// does not count.
func Later(d time.Duration, why error) error { return &later{d, why} }

type later struct {
	after time.Duration
	why   error
}

func (l *later) Error() string {
	if l.why == nil {
		return "later"
	}
	return l.why.Error()
}
func (l *later) Unwrap() error { return l.why }

// Dead is for a handler that knows that no further try can succeed.
func Dead(why error) error { return &dead{why} }

type dead struct{ why error }

func (d *dead) Error() string { return d.why.Error() }
func (d *dead) Unwrap() error { return d.why }
