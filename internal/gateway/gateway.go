package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Options is what a Gateway needs.
type Options struct {
	BotToken string // xoxb-…
	AppToken string // xapp-…
	APIURL   string // with a trailing slash; "" = Slack's own
	Router   *chat.Router
	DB       *database.DB // remembers events that were answered
	Log      *slog.Logger
	Now      func() time.Time
	Metrics  prometheus.Registerer
	Sockets  Sockets
	// AckWithin is when an envelope whose answer is not ready is acknowledged
	// without it (2.5 s, which leaves half a second of Slack's three for the way).
	AckWithin time.Duration
	// HandleWithin ends a handler that does not come back (25 s).
	HandleWithin time.Duration
}

// Sockets is the patience with sockets; zero fields have their usual length.
type Sockets struct {
	PingEvery time.Duration // between our own pings (2 s)
	DeafAfter time.Duration // of hearing nothing, after which a socket is replaced (8 s)
	Linger    time.Duration // a socket that was asked to leave is listened to, its successor being open (8 s)
}

// Gateway is the connection to one Slack workspace.
type Gateway struct {
	Options
	api     *slack.Client
	http    *http.Client
	metrics *metrics
	slack   caller // every call, but for those that open sockets
	pace    *pacer // of messages
	self    Self

	proxied  bool
	done     chan struct{} // closed when Run has ended
	jobs     chan *job
	workers  atomic.Int32
	idle     atomic.Int32 // workers that wait for a job
	stopping atomic.Bool
	busy     pending // what is being answered
	owed     pending // what waits for its acknowledgement
	seen     seen
	received atomic.Int64
	lastShed atomic.Int64 // Unix seconds
	gestures map[string]bool
	answers  answers

	laneCount atomic.Int64
	lanes     struct {
		sync.RWMutex
		open [2]*lane
	}
	leavers leavers
}

// Self is who the bot is in its workspace.
type Self struct {
	Team, TeamName string
	User           string // the bot's member ID
	Bot            string // B…
}

// DefaultAPIURL is Slack's own.
const DefaultAPIURL = "https://slack.com/api/"

// New makes a gateway; nothing is connected before Run.
func New(o Options) *Gateway {
	if o.APIURL == "" {
		o.APIURL = DefaultAPIURL
	}
	for field, usual := range map[*time.Duration]time.Duration{
		// Slack gives about 10 seconds' notice before it closes a socket.
		&o.Sockets.PingEvery: 2 * time.Second, &o.Sockets.DeafAfter: 8 * time.Second, &o.Sockets.Linger: 8 * time.Second,
		&o.AckWithin: 2500 * time.Millisecond, &o.HandleWithin: 25 * time.Second,
	} {
		if *field == 0 {
			*field = usual
		}
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: reader{newTransport(), o.APIURL}}
	g := &Gateway{
		Options: o,
		api: slack.New(o.BotToken, slack.OptionAppLevelToken(o.AppToken), slack.OptionAPIURL(o.APIURL),
			slack.OptionHTTPClient(client)),
		http:     client,
		metrics:  newMetrics(o.Metrics),
		proxied:  proxied(o.APIURL),
		done:     make(chan struct{}),
		jobs:     make(chan *job, maxQueued),
		seen:     newSeen(),
		gestures: gestures(o.Router),
		pace:     newPacer(),
	}
	g.metrics.expect(g.gestures)
	if o.Metrics != nil {
		o.Metrics.MustRegister(ears{g})
	}
	g.slack = caller{rates: newRates(o.Now), count: g.count, done: func(method, outcome string) { g.metrics.calls.WithLabelValues(method, outcome).Inc() }}
	return g
}

// newTransport makes the connections that calls go by.
func newTransport() http.RoundTripper {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return http.DefaultTransport
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 16 // two would make most calls of a busy minute dial anew
	// One connection carries all calls to Slack. Should it die without a word, as
	// behind a firewall that forgot it, every call would run out of time until
	// the system gives it up, minutes later.
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second}
	return t
}

// Hello asks Slack who the bot is. It fails in plain words when the bot token
// is not accepted.
func (g *Gateway) Hello(ctx context.Context) (Self, error) {
	for wait := time.Second; ; wait = min(2*wait, longestWait) {
		r, err := g.api.AuthTestContext(ctx)
		if err == nil {
			g.self = Self{Team: r.TeamID, TeamName: r.Team, User: r.UserID, Bot: r.BotID}
			return g.self, nil
		}
		if plain := plainAuthError(err); plain != nil {
			return Self{}, plain
		}
		var limited *slack.RateLimitedError
		if errors.As(err, &limited) {
			wait = max(wait, limited.RetryAfter)
		}
		g.Log.Warn("Slack does not answer; trying again", "error", err, "in", wait.String())
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return Self{}, fmt.Errorf("Slack did not answer: %w", err)
		}
	}
}

func plainAuthError(err error) error {
	switch err.Error() {
	case "invalid_auth", "not_authed", "not_allowed_token_type":
		return errors.New("Slack does not accept SLACK_BOT_TOKEN (" + err.Error() + "); copy the Bot User OAuth Token (xoxb-…) from the app's page, OAuth & Permissions")
	case "account_inactive", "token_revoked", "token_expired":
		return errors.New("SLACK_BOT_TOKEN is no longer valid (" + err.Error() + "); install the app again and copy the new token")
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return errors.New("SLACK_API_URL does not answer as Slack does (HTTP 404 for auth.test)")
	}
	return nil
}

// Run keeps two sockets open and answers what comes, until ctx ends; then it
// takes leave and finishes what was begun, all within 10 seconds. The error is
// for what no new try can mend: a token that Slack refuses.
func (g *Gateway) Run(ctx context.Context) error {
	defer close(g.done)
	defer g.http.CloseIdleConnections()
	// The lanes outlive ctx, because what was begun is answered on them.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	defer all.Wait()
	defer end()
	failed := make(chan error, len(g.lanes.open))
	for slot := range g.lanes.open {
		all.Go(func() { failed <- g.keep(life, slot) })
	}
	all.Go(func() { g.seen.sweep(life, g) })
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	g.takeLeave(time.Now().Add(stopWithin))
	return err
}

// stopWithin is how long taking leave may take, whatever happens.
const stopWithin = 7 * time.Second

// takeLeave closes the sockets one after the other, and finishes what was
// begun. Until its socket is closed, whatever comes is answered as always:
// where another bot works beside this one, Slack brings the next to that, and
// nobody notices.
func (g *Gateway) takeLeave(deadline time.Time) {
	g.Log.Info("stopping: finishing what was begun")
	g.leavers.hurry(0)
	lanes := g.openLanes()
	for i, l := range lanes {
		if i < len(lanes)-1 {
			l.farewell(time.Second) // what arrives on it is acknowledged on the other
			continue
		}
		// After the last good-bye nothing can be acknowledged. Nothing waits for
		// that longer than AckWithin: see hold.
		g.owed.settle(g.AckWithin + 500*time.Millisecond)
		g.stopping.Store(true)
		l.part(time.Now().Add(time.Second))
	}
	g.stopping.Store(true)
	for !g.leavers.none() && time.Now().Before(deadline) {
		time.Sleep(5 * time.Millisecond)
	}
	if !g.busy.settle(time.Until(deadline)) {
		g.Log.Warn("some answers were not finished in time")
	}
}

func (g *Gateway) lane(slot int) *lane {
	g.lanes.RLock()
	defer g.lanes.RUnlock()
	return g.lanes.open[slot]
}

func (g *Gateway) setLane(slot int, l *lane) {
	g.lanes.Lock()
	g.lanes.open[slot] = l
	g.lanes.Unlock()
}

func (g *Gateway) openLanes() []*lane {
	g.lanes.RLock()
	defer g.lanes.RUnlock()
	var out []*lane
	for _, l := range g.lanes.open {
		if l != nil {
			out = append(out, l)
		}
	}
	return out
}

// Connected counts the sockets on which Slack has said hello.
func (g *Gateway) Connected() int {
	n := 0
	for _, l := range g.openLanes() {
		if l.up.Load() {
			n++
		}
	}
	return n
}

// Silence is how long nothing was heard on any open socket; zero where no
// socket is open, or where a proxy in between keeps us from hearing.
func (g *Gateway) Silence() time.Duration {
	least := time.Duration(-1)
	for _, l := range g.openLanes() {
		w := l.wire.Load()
		if !l.up.Load() || w == nil {
			continue
		}
		if s := w.silence(); least < 0 || s < least {
			least = s
		}
	}
	return max(0, least)
}

// Self gives who the bot is, as Hello found out.
func (g *Gateway) Self() Self { return g.self }

// Received counts the envelopes that came so far.
func (g *Gateway) Received() int64 { return g.received.Load() }
