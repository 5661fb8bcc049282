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
	wire    atomic.Pointer[wire]
	hello   chan struct{} // closed at the first hello
	greeted sync.Once
	notice  chan string // Slack asked to leave
	ended   chan error  // the client's last word
	leaving atomic.Bool
	up      atomic.Bool
	busy    pending // payloads of this lane that are being answered
}

// slack-go doubles its waits up to 5 minutes; a client that waits longer than
// this is thrown away for a fresh one.
const longestWait = 15 * time.Second

// errTooSlow ends a lane whose client waits too long between its tries.
var errTooSlow = errors.New("waited too long between tries")

func (g *Gateway) newLane(ctx context.Context) *lane {
	ctx, cancel := context.WithCancel(ctx)
	l := &lane{
		name:   fmt.Sprintf("socket-%d", g.laneCount.Add(1)),
		cancel: cancel,
		hello:  make(chan struct{}),
		notice: make(chan string, 1),
		ended:  make(chan error, 1),
	}
	options := []socketmode.Option{socketmode.OptionLog(discard{})}
	if proxied(g.APIURL) {
		options = append(options, socketmode.OptionPingInterval(30*time.Second))
	} else {
		options = append(options,
			// The wire watches better; slack-go's own timer would replace every
			// connection to a server that does not ping.
			socketmode.OptionPingInterval(365*24*time.Hour),
			socketmode.OptionDialer(dialer(func(c net.Conn) net.Conn { return g.wrap(ctx, l, c) })))
	}
	l.client = socketmode.New(g.api, options...)
	go func() { l.ended <- l.client.RunContext(ctx) }()
	go g.drain(ctx, l)
	return l
}

func (g *Gateway) wrap(ctx context.Context, l *lane, c net.Conn) net.Conn {
	w := newWire(c,
		func(reason string) {
			select {
			case l.notice <- reason:
			default:
			}
		},
		func() {
			l.up.Store(false)
			if l.leaving.Load() {
				// Its successor is open: it must not come back by itself.
				l.cancel()
			}
		})
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
	l := g.newLane(ctx)
	g.setLane(slot, l)
	for {
		select {
		case reason := <-l.notice:
			g.Log.Info("Slack asks to leave a socket", "socket", l.name, "reason", reason)
			g.metrics.notices.WithLabelValues(knownReason(reason)).Inc()
			if reason == "link_disabled" {
				g.Log.Error("Socket Mode is switched off in the app's settings; switch it on again and sopbot comes back by itself")
			}
			next := g.newLane(ctx)
			l.leaving.Store(true)
			go g.leave(ctx, l, next)
			l = next
			g.setLane(slot, l)
		case err := <-l.ended:
			l.cancel()
			if ctx.Err() != nil {
				return nil
			}
			if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, errTooSlow) {
				return plainConnectError(err)
			}
			// A little chance in the wait keeps many bots from coming back in
			// step after an outage.
			select {
			case <-time.After(time.Second + rand.N(2*time.Second)):
			case <-ctx.Done():
				return nil
			}
			l = g.newLane(ctx)
			g.setLane(slot, l)
		}
	}
}

// leave takes leave of a lane when its successor is open: what is still
// coming on it is answered, then it says good-bye.
func (g *Gateway) leave(ctx context.Context, l, next *lane) {
	defer l.cancel()
	select {
	case <-next.hello:
	case <-l.ended:
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-time.After(g.Sockets.Linger):
	case <-l.ended:
		return
	case <-ctx.Done():
		return
	}
	l.farewell(2 * time.Second)
}

// farewell waits for what is being answered, then closes the socket in a way
// that loses nothing that is on its way.
func (l *lane) farewell(patience time.Duration) {
	l.busy.settle(patience)
	// Acknowledgements that were queued leave before the good-bye.
	time.Sleep(20 * time.Millisecond)
	l.leaving.Store(true)
	w := l.wire.Load()
	if w == nil || w.closed.Load() || w.goodbye() != nil {
		return
	}
	deadline := time.Now().Add(patience)
	for !w.closed.Load() && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
}

// knownReason keeps a label of a metric to what Slack documents.
func knownReason(reason string) string {
	switch reason {
	case "warning", "refresh_requested", "link_disabled", "too_many_websockets":
		return reason
	}
	return "other"
}

// plainConnectError says what to do about an error that ends a lane for good.
func plainConnectError(err error) error {
	switch err.Error() {
	case "invalid_auth", "not_authed":
		return errors.New("Slack does not accept SLACK_APP_TOKEN (" + err.Error() + "); copy the app-level token (xapp-…) with the scope connections:write from the app's page, Basic Information")
	case "account_inactive", "token_revoked":
		return errors.New("SLACK_APP_TOKEN was revoked (" + err.Error() + "); make a new app-level token on the app's page, Basic Information")
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
