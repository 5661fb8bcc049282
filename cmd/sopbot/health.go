package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sopbot/internal/database"
)

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
	mux.Handle("GET /metrics", promhttp.HandlerFor(b.metrics, promhttp.HandlerOpts{
		Registry: b.metrics, MaxRequestsInFlight: 4,
		// Of what cannot be counted just now, because the database is away, say,
		// the rest must not go missing: it is needed most then.
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelWarn),
	}))
	// Whoever can reach it must not be able to hold it up, or to fill the memory.
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelWarn)}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", b.HTTP)
	if err != nil {
		return fmt.Errorf("SOPBOT_HTTP: %w", err)
	}
	b.log.Info("health and metrics", "address", listener.Addr().String())
	if a, ok := listener.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
		b.log.Warn("health and metrics can be reached from other machines; let a firewall keep strangers out", "address", listener.Addr().String())
	}
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

// stuckAfter is how long something may be due before nobody seems to work.
const stuckAfter = 5 * time.Minute

// lookWithin is how long looking may take: a database that does not answer is
// no better than one that refuses.
const lookWithin = 5 * time.Second

// ready says in a sentence why the bot could not do its work right now.
func (b *bot) ready(ctx context.Context) error {
	if b.gateway.Connected() == 0 {
		return errors.New("not connected to Slack: no socket is open, and nobody is answered")
	}
	if silence := b.gateway.Silence(); silence > 3*b.gateway.Sockets.PingEvery {
		return fmt.Errorf("Slack is deaf: nothing was heard on any socket for %s", silence.Round(time.Second))
	}
	looked := make(chan error, 1)
	ctx, cancel := context.WithTimeout(ctx, lookWithin)
	defer cancel()
	go func() { looked <- b.stands(ctx) }()
	select {
	case err := <-looked:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the database does not answer within %s", lookWithin)
	}
}

// stands looks at what is kept.
func (b *bot) stands(ctx context.Context) error {
	switch err := b.db.Healthy(ctx); {
	case errors.Is(err, database.ErrNearlyFull):
		return err
	case err != nil:
		return fmt.Errorf("the database takes no writes: %w", err)
	}
	patience := b.delays.stuck
	if patience == 0 {
		patience = stuckAfter
	}
	overdue, err := b.outbox.Overdue(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the outbox cannot be read: %w", err)
	// After a start there may be much to catch up with.
	case overdue > patience && time.Since(b.began) > patience:
		return fmt.Errorf("the outbox is stuck: what was due %s ago was not taken up; start sopbot again, and send its log to whoever makes it", overdue.Round(time.Second))
	}
	return nil
}
