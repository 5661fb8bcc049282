package slacksim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options say which Slack to start. The zero value is a small workspace with
// one person, an app that holds every scope and may have any command, and the
// machine's own clock.
type Options struct {
	World World            // who is there; empty = one person "me" and #general
	Now   func() time.Time // the clock of messages, retries and schedules; default time.Now

	// Listen is the address to serve on, default "127.0.0.1:0".
	Listen string
	// Manifest is a Slack app manifest as JSON or YAML. When given, commands,
	// shortcuts, scopes, events, tabs and names are exactly what it says.
	Manifest []byte
	// Scopes, Commands, Shortcuts and Events replace what the manifest says,
	// each where it is not nil.
	Scopes    []string
	Commands  []Command
	Shortcuts []Shortcut
	Events    []string
	// App names the installed app; empty fields get defaults.
	App App

	// StrictRates turns on Slack's rate limits: token buckets per method and
	// one message per second and channel. Off by default, so that tests of
	// other things stay quick.
	StrictRates bool
	// Grace is how long a socket stays open after a disconnect frame
	// (default 10 s, as Slack's "warning" says).
	Grace time.Duration
	// AckTimeout and TriggerLife are Slack's 3 seconds. They run on the
	// machine's clock unless VirtualDeadlines is set; then on Now and Advance.
	AckTimeout       time.Duration
	TriggerLife      time.Duration
	VirtualDeadlines bool
	// Journal is how many of the newest entries the journal keeps, and a quarter
	// more at times; 0 = all.
	Journal int
	// PingEvery is the time between the server's pings (default 10 s).
	PingEvery time.Duration
}

// App is the installed app as the workspace knows it.
type App struct {
	ID      string // A…
	Name    string // shown as the sender of its messages
	BotUser string // U…, the bot's own user
	BotID   string // B…
}

// Server is one running Slack. Make it with [Start]; all methods may be called
// from several goroutines.
type Server struct {
	opts     Options
	app      App
	features features
	base     string // http://127.0.0.1:port
	listener net.Listener
	http     *http.Server
	mux      *http.ServeMux

	clock   clock
	journal Journal

	mu       sync.Mutex
	closed   bool
	botToken string
	appToken string
	revoked  map[string]string // token → the error it now gets
	noSocket bool              // Socket Mode was switched off

	team     Team
	members  map[string]*Member
	order    []string // member IDs as in the world
	groups   []Group
	rooms    map[string]*room
	roomList []string

	lastTS    int64 // microseconds of the newest message timestamp
	scheduled map[string]*scheduled
	files     map[string]*file
	triggers  map[string]*trigger
	replyURLs map[string]*replyURL
	stacks    map[string][]*view // open modals per person, the top last
	homes     map[string]*view
	notices   map[string]string // what a person sees at an open modal after a failure
	buckets   map[string]*bucket
	faults    []*Fault
	quirks    []*Quirk

	tickets    map[string]bool
	sockets    []*Socket
	socketSeq  int
	turn       int // round robin over sockets
	deliveries map[string]*delivery
	swept      time.Time // when what nobody can use any more was forgotten

	news news
}

// Start opens a Slack on this machine and returns at once; apps may connect
// from then on. Close it when done.
func Start(opts Options) (*Server, error) {
	if len(opts.World.People) == 0 && opts.World.Team.ID == "" {
		opts.World = tinyWorld()
	}
	opts.World = opts.World.copied()
	if err := opts.World.settle(); err != nil {
		return nil, fmt.Errorf("start slacksim: %w", err)
	}
	features, err := featuresOf(opts)
	if err != nil {
		return nil, fmt.Errorf("start slacksim: %w", err)
	}
	fill(&opts.Listen, "127.0.0.1:0")
	fill(&opts.Grace, 10*time.Second)
	fill(&opts.AckTimeout, 3*time.Second)
	fill(&opts.TriggerLife, 3*time.Second)
	fill(&opts.PingEvery, 10*time.Second)
	listener, err := net.Listen("tcp", opts.Listen)
	if err != nil {
		return nil, fmt.Errorf("start slacksim: %w", err)
	}
	s := &Server{
		opts: opts, features: features, listener: listener, base: "http://" + listener.Addr().String(),
		botToken: "xoxb-" + randomText(12, "0123456789") + "-" + randomText(24, idLetters),
		appToken: "xapp-1-" + cmp.Or(opts.App.ID, localApp) + "-" + randomText(13, "0123456789") + "-" + randomText(32, "0123456789abcdef"),
		revoked:  map[string]string{}, team: opts.World.Team,
		members: map[string]*Member{}, groups: opts.World.Groups, rooms: map[string]*room{},
		scheduled: map[string]*scheduled{}, files: map[string]*file{}, triggers: map[string]*trigger{},
		replyURLs: map[string]*replyURL{}, stacks: map[string][]*view{}, homes: map[string]*view{},
		notices: map[string]string{}, buckets: map[string]*bucket{},
		tickets: map[string]bool{}, deliveries: map[string]*delivery{},
	}
	s.clock.start(opts.Now)
	s.journal.now, s.journal.most = s.Now, opts.Journal
	s.install()
	s.mux = http.NewServeMux()
	s.routes()
	s.http = &http.Server{Handler: s.mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.http.Serve(listener) }()
	return s, nil
}

// localApp is the ID of an app that was given none; an app-level token names
// its app, too.
const localApp = "A0LOCALAPP"

func fill[T comparable](field *T, preset T) {
	var zero T
	if *field == zero {
		*field = preset
	}
}

func (w World) copied() World {
	w.People = slices.Clone(w.People)
	w.Groups = slices.Clone(w.Groups)
	w.Channels = slices.Clone(w.Channels)
	for i := range w.Channels {
		w.Channels[i].Members = slices.Clone(w.Channels[i].Members)
	}
	return w
}

// install moves the people in and adds the app's bot user and Slackbot.
func (s *Server) install() {
	s.app = s.opts.App
	fill(&s.app.Name, s.features.name)
	fill(&s.app.Name, "app")
	fill(&s.app.ID, localApp)
	fill(&s.app.BotUser, "U0LOCALBOT")
	fill(&s.app.BotID, "B0LOCALBOT")
	for i := range s.opts.World.People {
		p := s.opts.World.People[i]
		s.members[p.ID] = &p
		s.order = append(s.order, p.ID)
	}
	handle := strings.ToLower(strings.ReplaceAll(s.app.Name, " ", ""))
	s.members[s.app.BotUser] = &Member{ID: s.app.BotUser, Handle: handle, Name: s.app.Name, RealName: s.app.Name, TZ: "America/Los_Angeles", Bot: true}
	s.members[slackbot] = &Member{ID: slackbot, Handle: "slackbot", Name: "Slackbot", RealName: "Slackbot", TZ: "America/Los_Angeles"}
	s.order = append(s.order, s.app.BotUser, slackbot)
	for _, c := range s.opts.World.Channels {
		r := &room{Channel: c, kind: "channel", created: s.Now()}
		if c.Private {
			r.kind = "group"
		}
		if c.Bot {
			r.Members = append(r.Members, s.app.BotUser)
		}
		s.rooms[c.ID] = r
		s.roomList = append(s.roomList, c.ID)
	}
}

const slackbot = "USLACKBOT"

// URL is the address of the Web API, with the trailing slash that clients want:
// http://127.0.0.1:port/api/.
func (s *Server) URL() string { return s.base + "/api/" }

// BotToken is the xoxb token of the installed app.
func (s *Server) BotToken() string { return s.botToken }

// AppToken is the xapp token for apps.connections.open.
func (s *Server) AppToken() string { return s.appToken }

// App tells which app is installed, with defaults filled in.
func (s *Server) App() App { return s.app }

// Handler serves everything the simulator serves. Its mux can carry more: see
// [Server.Handle].
func (s *Server) Handler() http.Handler { return s.mux }

// Handle adds a page of one's own beside the API, such as a web client. The
// pattern is one of [http.ServeMux]; /api/ and the simulator's own paths are
// taken.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Journal holds everything that went over the wire.
func (s *Server) Journal() *Journal { return &s.journal }

// Close stops the server, cuts every socket and forgets timers. A second call
// does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	sockets := slices.Clone(s.sockets)
	for _, d := range s.deliveries {
		d.finish(outcome{failure: "dispatch_failed"})
	}
	s.tell(Change{Kind: "closed"}) // first, so that those who watch over a connection let go of it
	s.mu.Unlock()
	s.clock.stop()
	for _, socket := range sockets {
		socket.Cut()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	return err
}

// RevokeAppToken makes the xapp token useless from now on; connections.open
// answers code, by default token_revoked. Open sockets stay.
func (s *Server) RevokeAppToken(code string) { s.revoke(s.appToken, code) }

// RevokeBotToken does the same for the xoxb token.
func (s *Server) RevokeBotToken(code string) { s.revoke(s.botToken, code) }

func (s *Server) revoke(token, code string) {
	fill(&code, "token_revoked")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked[token] = code
}

// SwitchSocketMode turns Socket Mode on or off, as on the app's page. Off, open
// sockets are told link_disabled, and so is one that is opened: tickets are
// still given out.
func (s *Server) SwitchSocketMode(on bool) {
	s.mu.Lock()
	s.noSocket = !on
	s.mu.Unlock()
	if !on {
		s.Disconnect("link_disabled")
	}
}
