package page

import (
	"embed"
	"encoding/json"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"sopbot/internal/slacksim"
)

//go:embed web
var files embed.FS

// Options say what the page offers beside the chat.
type Options struct {
	// Push moves the clock that the server and the app run on; nil = the page
	// shows no clock to push.
	Push func(time.Duration)
	// Jump says where a step of the clock leads from now, which is in the zone
	// of whoever pushes it: "30m", "2h", "morning" or "monday". nil = the page
	// takes nine o'clock of the next day, and of the next Monday.
	Jump func(step string, now time.Time) (to time.Time, known bool)
	// Status says what is wrong with the bot, in a sentence; "" = nothing. It is
	// asked twice a second while somebody looks. nil = only its sockets count.
	Status func() string
	// Tour are the steps of the guided tour; none = no tour.
	Tour []Step
	// Levers are troubles to switch on beyond those that the page knows.
	Levers []Lever
	// As is the handle of the person with whom a first window begins.
	As string
}

// Lever is a trouble that can be switched on and off in the inspector.
type Lever struct {
	ID   string // unique, and none of the page's own: slow, limit, broken, offline
	Name string // what the switch says: "Stop the bot"
	Note string // what it does, in a sentence
	Set  func(on bool) error
}

// Step is one step of the guided tour. What a step needs is done for the
// newcomer on "Show me": become As, go to Room, type Type, point at the button
// called Point, or at the clock where that says "clock".
type Step struct {
	ID    string `json:"id"` // lives for ever: browsers remember what was done by it
	Title string `json:"title"`
	Words string `json:"words"`
	As    string `json:"as,omitempty"`   // a handle
	Room  string `json:"room,omitempty"` // #channel, DM or home
	Type  string `json:"type,omitempty"`
	Point string `json:"point,omitempty"`
	// Done are words; the step is done when they stand on the page: in a
	// message, a form or the Home. Where says in which of them ("" = any).
	Done  string `json:"done"`
	Where string `json:"where,omitempty"` // message, modal or home
}

// Page is a mounted page.
type Page struct {
	slack *slacksim.Server
	opts  Options
	hosts []string

	mu      sync.Mutex
	windows map[chan event]bool
	faults  map[string]bool
}

// Mount puts the page on the server's own address.
func Mount(slack *slacksim.Server, opts Options) *Page {
	p := &Page{slack: slack, opts: opts, windows: map[chan event]bool{}, faults: map[string]bool{}}
	at, err := url.Parse(slack.URL())
	if err == nil {
		p.hosts = []string{at.Host, net.JoinHostPort("localhost", at.Port())}
	}
	web, err := fs.Sub(files, "web")
	if err != nil {
		panic(err) // the folder's name is written above
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(web))
	mux.HandleFunc("GET /page/start", p.as(p.start))
	mux.HandleFunc("GET /page/history", p.as(p.history))
	mux.HandleFunc("GET /page/thread", p.as(p.thread))
	mux.HandleFunc("GET /page/live", p.as(p.live))
	mux.HandleFunc("POST /page/do", p.as(p.do))
	mux.HandleFunc("POST /page/clock", p.as(p.pushClock))
	mux.HandleFunc("POST /page/fault", p.as(p.switchFault))
	mux.HandleFunc("GET /page/journal", p.journal)
	mux.HandleFunc("GET /page/file/{id}", p.file)
	slack.Handle("/", p.guard(mux))
	return p
}

// URL is where to open the page.
func (p *Page) URL() string { return "http://" + p.hosts[0] + "/" }

// URLFor is the page as one person sees it, in a conversation: a #channel,
// "app" or "home"; "" = where a window begins.
func (p *Page) URLFor(who, where string) string {
	q := url.Values{"as": {strings.TrimPrefix(who, "@")}}
	if where != "" {
		q.Set("in", strings.TrimPrefix(where, "#"))
	}
	return p.URL() + "?" + q.Encode()
}

// policy lets the page load nothing but itself and pictures.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// guard keeps strangers out: requests under another host name (a name that
// somebody points at this machine), and those that other sites' pages send.
func (p *Page) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
		ours := false
		for _, host := range p.hosts {
			ours = ours || r.Host == host
		}
		switch {
		case !ours:
			http.Error(w, "This page answers at "+p.URL()+" only.", http.StatusForbidden)
			return
		case origin != "" && origin != "http://"+r.Host, site == "cross-site", site == "same-site":
			http.Error(w, "This page answers to its own pages only.", http.StatusForbidden)
			return
		case r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
			http.Error(w, "Send JSON.", http.StatusUnsupportedMediaType)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// as reads who is asking: ?as= names a person by ID or handle.
func (p *Page) as(handle func(http.ResponseWriter, *http.Request, *slacksim.Person)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := r.URL.Query().Get("as")
		if who == "" {
			who = p.opts.As
		}
		person, err := p.slack.Person(who)
		if err != nil { // a window of another workspace, or of before
			people := p.slack.World().People
			if person, err = p.slack.Person(people[0].ID); err != nil {
				refuse(w, err)
				return
			}
		}
		handle(w, r, person)
	}
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a browser that went away hears nothing, and needs nothing
}

func refuse(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnprocessableEntity)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

func (p *Page) start(w http.ResponseWriter, _ *http.Request, person *slacksim.Person) {
	answer(w, p.state(person))
}

// state is everything that a window needs to show itself, but for the messages.
func (p *Page) state(person *slacksim.Person) map[string]any {
	seen := p.slack.Seen() // before anything is read: what changes meanwhile is read again
	world := p.slack.World()
	home, messages, writable := p.slack.Tabs()
	app := p.slack.App()
	return map[string]any{
		"me": person.ID(), "team": world.Team.Name, "people": people(world), "groups": groups(world), "rooms": person.Rooms(),
		"app":      map[string]any{"name": app.Name, "user": app.BotUser, "home": home, "messages": messages, "writable": writable},
		"commands": commands(p.slack), "shortcuts": shortcuts(p.slack), "views": person.Views(), "home": person.PublishedHome(),
		"now": p.slack.Now().UnixMilli(), "clock": p.opts.Push != nil, "tour": p.opts.Tour, "faults": p.faultsOn(),
		"connected": len(p.slack.Sockets()), "journal": p.slack.Journal().Len(), "status": p.status(), "levers": levers(p.opts.Levers),
		"seen": seen,
	}
}

type shownPerson struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Full  string   `json:"full"`
	At    string   `json:"handle"`
	Title string   `json:"title"`
	TZ    string   `json:"tz"`
	Roles []string `json:"roles"`
	Guest bool     `json:"guest"`
	Gone  bool     `json:"gone"`
}

func people(world slacksim.World) []shownPerson {
	var all []shownPerson
	for _, m := range world.People {
		all = append(all, shownPerson{m.ID, m.Name, m.RealName, m.Handle, m.Title, m.TZ, m.Roles, m.Guest, m.Deleted})
	}
	return all
}

func groups(world slacksim.World) map[string]string {
	all := map[string]string{}
	for _, g := range world.Groups {
		all[g.ID] = g.Handle
	}
	return all
}

func commands(slack *slacksim.Server) []map[string]string {
	all := []map[string]string{}
	for _, c := range slack.Commands() {
		all = append(all, map[string]string{"name": c.Name, "about": c.Description, "usage": c.UsageHint})
	}
	if len(all) > 0 { // without any the page takes whatever is typed
		all = append(all, map[string]string{"name": "/invite", "about": "takes the app into this channel", "usage": "@" + slack.App().Name})
	}
	return all
}

func shortcuts(slack *slacksim.Server) []map[string]any {
	all := []map[string]any{}
	for _, s := range slack.Shortcuts() {
		all = append(all, map[string]any{"name": s.Name, "id": s.CallbackID, "message": s.OnMessage})
	}
	return all
}

func (p *Page) status() string {
	if p.opts.Status == nil {
		return ""
	}
	return p.opts.Status()
}

// pageful is how many messages come at a time.
const pageful = 50

func (p *Page) history(w http.ResponseWriter, r *http.Request, person *slacksim.Person) {
	q := r.URL.Query()
	messages, more, err := person.History(q.Get("room"), q.Get("before"), pageful)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, map[string]any{"messages": messages, "more": more})
}

func (p *Page) thread(w http.ResponseWriter, r *http.Request, person *slacksim.Person) {
	messages, err := person.Thread(r.URL.Query().Get("room"), r.URL.Query().Get("ts"))
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, map[string]any{"messages": messages})
}

// do passes on what the person does. The body is a [slacksim.Touch].
func (p *Page) do(w http.ResponseWriter, r *http.Request, person *slacksim.Person) {
	var touch slacksim.Touch
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 32<<20))
	dec.UseNumber()
	if err := dec.Decode(&touch); err != nil {
		refuse(w, err)
		return
	}
	done, err := person.Touch(r.Context(), touch)
	if err != nil {
		refuse(w, err)
		return
	}
	answer(w, done)
}

// journalMost is how many entries the inspector gets at once.
const journalMost = 300

func (p *Page) journal(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after")) // nonsense reads as "from the beginning"
	answer(w, p.slack.Journal().Since(max(0, after), journalMost))
}

// file shows an upload. Only pictures are shown as what they are: everything
// else could be a page that runs in this one's name.
func (p *Page) file(w http.ResponseWriter, r *http.Request) {
	data, kind, ok := p.slack.File(r.PathValue("id"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch kind {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		w.Header().Set("Content-Type", kind)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment")
	}
	_, _ = w.Write(data)
}
