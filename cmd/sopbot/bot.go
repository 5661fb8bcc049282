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
	"sopbot/internal/playbook"
)

// bot is the whole program put together: every room, wired.
type bot struct {
	Config
	log      *slog.Logger
	now      func() time.Time
	metrics  *prometheus.Registry
	db       *database.DB
	router   *chat.Router
	answers  *answers.Answers
	gateway  *gateway.Gateway
	playbook fs.FS // nil = the folder of the configuration, watched

	gcAsUsual func() // ends the thrift of the start
}

// features registers everything that people can type and click: a line per
// feature. The manifest is made from the same router, so that it cannot
// drift.
func features(a *answers.Answers) *chat.Router {
	r := chat.NewRouter()
	a.Help = r.Commands
	a.Register(r)
	return r
}

// open puts the bot together, in the order of the floors.
func (b *bot) open(ctx context.Context) (err error) {
	b.gcAsUsual = thrifty()
	b.metrics = prometheus.NewRegistry()
	b.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	book, err := b.loadBook()
	if err != nil {
		return err
	}
	if b.db, err = database.Open(ctx, b.Database); err != nil {
		return err
	}
	b.answers = &answers.Answers{DB: b.db, Now: b.now, Log: b.log}
	b.answers.Use(book)
	b.router = features(b.answers)
	b.gateway = gateway.New(gateway.Options{BotToken: b.BotToken, AppToken: b.AppToken, APIURL: b.APIURL,
		Router: b.router, DB: b.db, Log: b.log, Now: b.now, Metrics: b.metrics})
	b.answers.Slack = b.gateway
	b.bookMetrics()
	return nil
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
	return answers.NewBook(pb)
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
	failed := make(chan error, 3)
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
		book, err := answers.NewBook(pb)
		if err != nil {
			return err
		}
		b.answers.Use(book)
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

// close gives everything back.
func (b *bot) close() error {
	if b.gcAsUsual != nil {
		b.gcAsUsual()
	}
	if b.db == nil {
		return nil
	}
	return b.db.Close()
}
