package gateway

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// lane is one socket to Slack with the slack-go client that speaks on it. A
// lane that is asked to leave gets a successor and is left behind it.
type lane struct {
	name    string
	client  *socketmode.Client
	cancel  context.CancelFunc
	wire    atomic.Pointer[wire] // nil behind a proxy
	up      atomic.Bool          // Slack said hello, and the connection holds
	notice  chan string          // Slack asked to leave
	ended   chan error           // the client's last word
	leaving atomic.Bool
	hurry   chan struct{} // closed when a lane that is leaving should not linger
	hurried sync.Once
	busy    pending // payloads of this lane that are being answered
}

// slack-go doubles its waits up to 5 minutes; a client that waits longer than
// this is thrown away for a fresh one.
const longestWait = 15 * time.Second

// mostLeaving is how many sockets may linger. Slack allows an app ten, and two
// are in use.
const mostLeaving = 4

// tooSlow ends a lane whose client waits too long between its tries.
type tooSlow struct{ after time.Duration }

func (tooSlow) Error() string { return "waited too long between tries" }

func (g *Gateway) newLane(ctx context.Context, p *pace) *lane {
	ctx, cancel := context.WithCancel(ctx)
	l := &lane{
		name:   fmt.Sprintf("socket-%d", g.laneCount.Add(1)),
		cancel: cancel,
		notice: make(chan string, 1),
		ended:  make(chan error, 2),
		hurry:  make(chan struct{}),
	}
	options := []socketmode.Option{socketmode.OptionLog(discard{})}
	if g.proxied {
		options = append(options, socketmode.OptionPingInterval(30*time.Second))
	} else {
		options = append(options,
			// The wire watches better; slack-go's own timer would replace every
			// connection to a server that does not ping.
			socketmode.OptionPingInterval(365*24*time.Hour),
			socketmode.OptionDialer(dialer(p, func(c net.Conn) net.Conn { return g.wrap(ctx, l, c, p) })))
	}
	l.client = socketmode.New(g.api, options...)
	go func() { l.ended <- l.client.RunContext(ctx) }()
	go g.drain(ctx, l)
	return l
}

func (g *Gateway) wrap(ctx context.Context, l *lane, c net.Conn, p *pace) net.Conn {
	opened := time.Now()
	w := newWire(c,
		func(reason string) {
			select {
			case l.notice <- reason:
			default:
			}
		},
		func() {
			p.ended(time.Since(opened), l.up.Swap(false))
			if l.leaving.Load() {
				// Its successor is open: it must not come back by itself.
				l.cancel()
			}
		})
	w.handedOn = make(chan struct{})
	l.wire.Store(w)
	go w.watch(ctx, g.Sockets.PingEvery, g.Sockets.DeafAfter, func(silent time.Duration) {
		g.Log.Warn("the socket went deaf and is replaced", "socket", l.name, "silent", silent.Round(time.Millisecond).String())
		g.metrics.deaf.Inc()
	})
	return w
}

// keep holds one lane open until ctx ends, replacing it as needed. The error
// is for what no new try can mend.
func (g *Gateway) keep(ctx context.Context, slot int) error {
	var p pace
	l := g.newLane(ctx, &p)
	g.setLane(slot, l)
	for {
		select {
		case reason := <-l.notice:
			g.Log.Info("Slack asks to leave a socket", "socket", l.name, "reason", reason)
			g.metrics.notices.WithLabelValues(knownReason(reason)).Inc()
			switch reason {
			case "link_disabled":
				g.Log.Error("Socket Mode is switched off in the app's settings; switch it on again and sopbot comes back by itself")
			case "too_many_websockets":
				g.Log.Warn("the app has ten sockets open, which is all that Slack allows; is sopbot running elsewhere too?")
				g.leavers.hurry(0)
			}
			old := l
			l = g.newLane(ctx, &p)
			g.setLane(slot, l)
			old.leaving.Store(true)
			if !old.open() {
				old.cancel() // it must not come back beside its successor
			}
			go g.leave(ctx, old, slot)
		case err := <-l.ended:
			l.cancel()
			if ctx.Err() != nil {
				return nil
			}
			// A little chance in the wait keeps many bots from coming back in
			// step after an outage.
			pause := time.Second + rand.N(2*time.Second)
			var slow tooSlow
			switch {
			case errors.As(err, &slow):
				pause = max(pause, slow.after)
			case err != nil && !errors.Is(err, context.Canceled):
				return plainConnectError(err)
			}
			if wait(ctx, pause) != nil {
				return nil
			}
			l = g.newLane(ctx, &p)
			g.setLane(slot, l)
		}
	}
}

// open reports whether there is a connection, or will be for all we know.
func (l *lane) open() bool {
	w := l.wire.Load()
	return w == nil || !w.closed.Load()
}

// leave takes leave of a lane when a successor is open: what is still coming
// on it is answered, then it says good-bye.
func (g *Gateway) leave(ctx context.Context, l *lane, slot int) {
	defer l.cancel()
	defer g.leavers.remove(l)
	g.leavers.add(l)
	g.leavers.hurry(mostLeaving)
	if !g.succeeded(ctx, l, slot) {
		return
	}
	select {
	case <-time.After(g.Sockets.Linger):
	case <-l.hurry:
	case err := <-l.ended:
		g.Log.Debug("a socket that was being left came to its end", "socket", l.name, "error", err)
		return
	case <-ctx.Done():
		return
	}
	// The successor may have been asked to leave meanwhile, and Slack may have
	// no other socket to send on than this.
	if g.succeeded(ctx, l, slot) {
		l.farewell(2 * time.Second)
	}
}

// succeeded waits until another lane is open in that slot; false says that
// this one has come to its end before.
func (g *Gateway) succeeded(ctx context.Context, l *lane, slot int) bool {
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for next := g.lane(slot); next == l || !next.up.Load(); next = g.lane(slot) {
		select {
		case <-look.C:
		case err := <-l.ended:
			g.Log.Debug("a socket came to its end before its successor was open", "socket", l.name, "error", err)
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// farewell waits for what is being answered, then closes the socket in a way
// that loses nothing that is on its way. Both together have that patience.
func (l *lane) farewell(patience time.Duration) {
	deadline := time.Now().Add(patience)
	l.busy.settle(patience / 2)
	l.part(deadline)
}

// part closes the socket, whatever is being answered.
func (l *lane) part(deadline time.Time) {
	w := l.wire.Load()
	if w == nil {
		// Acknowledgements that slack-go has queued leave before it does.
		time.Sleep(20 * time.Millisecond)
		return
	}
	l.leaving.Store(true)
	if w.closed.Load() || w.goodbye() != nil {
		return
	}
	for !w.closed.Load() && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	// What came before the end is perhaps being answered still.
	l.busy.settle(time.Until(deadline))
}

// leavers are the lanes that are being left, the oldest first.
type leavers struct {
	mu    sync.Mutex
	lanes []*lane
}

func (v *leavers) add(l *lane) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lanes = append(v.lanes, l)
}

func (v *leavers) remove(l *lane) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, other := range v.lanes {
		if other == l {
			v.lanes = append(v.lanes[:i:i], v.lanes[i+1:]...)
			return
		}
	}
}

// hurry lets only the youngest so many linger.
func (v *leavers) hurry(most int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range max(0, len(v.lanes)-most) {
		l := v.lanes[i]
		l.hurried.Do(func() { close(l.hurry) })
	}
}

// none reports whether no lane is being left any more.
func (v *leavers) none() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.lanes) == 0
}

// knownReason keeps a label of a metric to what Slack documents.
func knownReason(reason string) string {
	switch reason {
	case "warning", "refresh_requested", "link_disabled", "too_many_websockets":
		return reason
	}
	return "other"
}

// hopeless reports an error of apps.connections.open that slack-go would try
// again for ever, though somebody has to do something about it first.
func hopeless(err error) bool {
	if err == nil {
		return false
	}
	switch err.Error() {
	case "not_allowed_token_type", "missing_scope", "token_expired":
		return true
	}
	return false
}

// plainConnectError says what to do about an error that ends a lane for good.
func plainConnectError(err error) error {
	switch err.Error() {
	case "invalid_auth", "not_authed", "not_allowed_token_type", "missing_scope":
		return errors.New("Slack does not accept SLACK_APP_TOKEN (" + err.Error() + "); copy the app-level token (xapp-…) with the scope connections:write from the app's page, Basic Information")
	case "account_inactive", "token_revoked", "token_expired":
		return errors.New("SLACK_APP_TOKEN is no longer valid (" + err.Error() + "); make a new app-level token on the app's page, Basic Information")
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) {
		return fmt.Errorf("SLACK_API_URL does not answer as Slack does (HTTP %d for apps.connections.open)", status.Code)
	}
	return fmt.Errorf("connect to Slack: %w", err)
}

// discard is slack-go's log: what matters comes as events.
type discard struct{}

func (discard) Output(int, string) error { return nil }
func (discard) Print(...any)             {}
func (discard) Printf(string, ...any)    {}
func (discard) Println(...any)           {}
