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
		Registry: b.metrics,
		// Of what cannot be counted just now, because the database is away, say,
		// the rest must not go missing: it is needed most then.
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: slog.NewLogLogger(b.log.Handler(), slog.LevelWarn),
	}))
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
