package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sopbot"
	"sopbot/internal/answers"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/gateway"
	"sopbot/internal/outbox"
	"sopbot/internal/picture"
	"sopbot/internal/playbook"
)

// bot is the whole program put together: every room, wired.
type bot struct {
	Config
	log      *slog.Logger
	now      func() time.Time
	metrics  *prometheus.Registry
	db       *database.DB
	outbox   *outbox.Outbox
	shelf    playbook.Shelf
	router   *chat.Router
	features *features
	answers  *answers.Answers
	gateway  *gateway.Gateway
	posts    *gateway.Posts
	playbook fs.FS // nil = the folder of the configuration, watched
	// settings, if set, changes those of every playbook that is read: the
	// demo's team is in no company's.
	settings func(*playbook.Settings)
	delays   delays

	thrift thrift
}

// delays are the times of patience with Slack, and with a bot that died; zero
// means the usual. Tests have shorter ones: with the usual, what became of a
// message that got no answer is known after half a minute.
type delays struct {
	call, settle time.Duration // see gateway.Posts
	spread       time.Duration // see gateway.Posts.Spread
	work, lease  time.Duration // see outbox.Options
	ack          time.Duration // see gateway.Options.AckWithin
}

// newPosts makes the keeper of messages.
func (b *bot) newPosts() *gateway.Posts {
	p := b.gateway.Posts(b.outbox)
	p.Draw = picture.PNG
	if b.delays.call > 0 {
		p.Timeout, p.Settle = b.delays.call, b.delays.settle
		p.Spread(b.delays.spread)
	}
	return p
}

// open puts the bot together, in the order of the floors.
func (b *bot) open(ctx context.Context) (err error) {
	b.thrift.set(thriftyPercent)
	b.metrics = prometheus.NewRegistry()
	b.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	book, err := b.loadBook()
	if err != nil {
		return err
	}
	if b.db, err = database.Open(ctx, b.Database); err != nil {
		return err
	}
	b.outbox = outbox.New(b.db, outbox.Options{Now: b.now, Log: b.log, Metrics: b.metrics, OnDead: b.dead,
		Timeout: b.delays.work, Lease: b.delays.lease})
	b.features = newFeatures()
	b.answers = b.features.answers
	b.router = b.features.router()
	b.gateway = gateway.New(gateway.Options{BotToken: b.BotToken, AppToken: b.AppToken, APIURL: b.APIURL,
		Router: b.router, DB: b.db, Log: b.log, Now: b.now, Metrics: b.metrics, AckWithin: b.delays.ack})
	b.posts = b.newPosts()
	b.features.stand(ground{db: b.db, outbox: b.outbox, shelf: &b.shelf, posts: b.posts, slack: b.gateway, now: b.now, log: b.log})
	b.use(book)
	b.bookMetrics()
	return b.features.begin(ctx)
}

// use puts a playbook into force.
func (b *bot) use(book *answers.Book) {
	b.shelf.Use(book.Playbook)
	b.answers.Use(book)
}

// book makes a playbook ready to serve.
func (b *bot) book(pb *playbook.Playbook) (*answers.Book, error) {
	if b.settings != nil {
		b.settings(&pb.Settings)
	}
	return answers.NewBook(pb)
}

// loadBook reads the playbook that is to serve; one with errors is refused
// in words that say where they are.
func (b *bot) loadBook() (*answers.Book, error) {
	files := b.playbook
	if files == nil {
		if b.Playbook == "" {
			files = sopbot.Playbook()
		} else {
			files = os.DirFS(b.Playbook)
		}
	}
	pb, problems, err := playbook.Load(files, b.now())
	if err != nil {
		return nil, playbookError(b.Playbook, err)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if n := len(problems); n > 0 {
		b.log.Warn("the playbook has warnings; `sopbot lint` lists them", "warnings", n)
	}
	return b.book(pb)
}

// playbookError says in plain words why a folder cannot be a playbook.
func playbookError(dir string, err error) error {
	switch {
	case errors.Is(err, playbook.ErrNoPages):
		return fmt.Errorf("%s holds no page: a playbook is a folder of Markdown files (*.md)", dir)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no folder %s", dir)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s may not be read: %w", dir, err)
	}
	return fmt.Errorf("read the playbook: %w", err)
}

// run serves until ctx ends, then stops everything in reverse.
func (b *bot) run(ctx context.Context) error {
	if _, err := b.gateway.Hello(ctx); err != nil {
		return err
	}
	self := b.gateway.Self()
	b.log.Info("signed in", "workspace", self.TeamName, "bot", self.User, "playbook", b.answers.Book().Version, "pages", len(b.answers.Book().Pages))
	b.answers.Start()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	failed := make(chan error, 5)
	serve := func(run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				failed <- err
				cancel()
			}
		})
	}
	if b.HTTP != "" {
		serve(b.serveHTTP)
	}
	if b.playbook == nil && b.Playbook != "" {
		serve(b.watch)
	}
	serve(b.features.roster.Run)
	wg.Go(func() { b.greet(ctx) })
	serve(b.outbox.Run)
	serve(b.gateway.Run)
	wg.Go(func() { b.keepSmall(ctx) })
	<-ctx.Done()
	wg.Wait()
	b.answers.Stop()
	select {
	case err := <-failed:
		return err
	default:
		b.log.Info("stopped")
		return nil
	}
}

// watch keeps serving the playbook as it is on disk.
func (b *bot) watch(ctx context.Context) error {
	dir, err := filepath.EvalSymlinks(b.Playbook)
	if err != nil {
		return err
	}
	live := playbook.Live{Dir: dir, Now: b.now, Log: b.log, Swap: func(pb *playbook.Playbook) error {
		book, err := b.book(pb)
		if err != nil {
			return err
		}
		b.use(book)
		go b.features.settled(ctx)
		return nil
	}}
	return live.Run(ctx, b.answers.Book().Playbook)
}

// bookMetrics shows what is served.
func (b *bot) bookMetrics() {
	gauge := func(name, help string, value func() float64) {
		b.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	gauge("sopbot_playbook_pages", "Pages of the playbook in force.", func() float64 { return float64(len(b.answers.Book().Pages)) })
	gauge("sopbot_index_sections", "Sections in the search index.", func() float64 { return float64(b.answers.Book().Index.Stats().Sections) })
	if _, _, known := b.db.Space(); known {
		gauge("sopbot_database_bytes", "Bytes that the database takes on its disk.", func() float64 { used, _, _ := b.db.Space(); return float64(used) })
		gauge("sopbot_database_free_bytes", "Bytes that are left on the disk of the database; at none, nothing more is taken from anybody.", func() float64 { _, free, _ := b.db.Space(); return float64(free) })
	}
	gauge("sopbot_sockets_connected", "Sockets on which Slack has said hello.", func() float64 { return float64(b.gateway.Connected()) })
}

// serveHTTP answers whoever looks after the process.
func (b *bot) serveHTTP(ctx context.Context) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "alive") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := b.ready(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.metrics, promhttp.HandlerOpts{Registry: b.metrics}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelWarn)}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", b.HTTP)
	if err != nil {
		return fmt.Errorf("SOPBOT_HTTP: %w", err)
	}
	b.log.Info("health and metrics", "address", listener.Addr().String())
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(grace)
	})
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ready reports why the bot could not answer right now.
func (b *bot) ready(ctx context.Context) error {
	if b.gateway.Connected() == 0 {
		return errors.New("not connected to Slack")
	}
	if err := b.db.Healthy(ctx); err != nil {
		return fmt.Errorf("the database takes no writes: %w", err)
	}
	return nil
}

// wake makes everything that waits for a time look at the clock anew: for
// whoever pushes the clock that now tells.
func (b *bot) wake() { b.outbox.Wake() }

// close gives everything back.
func (b *bot) close() error {
	b.thrift.set(usualPercent)
	if b.db == nil {
		return nil
	}
	return b.db.Close()
}
