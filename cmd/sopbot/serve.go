package main

import (
	"context"
	"log/slog"
	"os"
	"time"
)

// serveCommand is `sopbot serve`: the bot, until it is told to stop.
type serveCommand struct{}

// Help says what the environment may hold.
func (serveCommand) Help() string {
	return `Settings come from the environment:
  SLACK_BOT_TOKEN   the bot's token, xoxb-…
  SLACK_APP_TOKEN   the app-level token with connections:write, xapp-…
  SLACK_API_URL     another Slack, for tests
  SOPBOT_PLAYBOOK   your playbook's folder; without it the one that comes along
  SOPBOT_DATABASE   the SQLite file to keep data in (sopbot.db), or postgres://USER@HOST/NAME
  SOPBOT_HTTP       address of /healthz, /readyz and /metrics; off without it. :8080 is 127.0.0.1:8080; 0.0.0.0:8080 opens it to the network
  SOPBOT_LOG        debug, info, warn or error (info)
  SOPBOT_CORE_DUMPS true lets a crash leave a core dump, with the tokens in it, and debuggers in (false)

A secret may stand in a file instead: SLACK_BOT_TOKEN_FILE, SLACK_APP_TOKEN_FILE and SOPBOT_DATABASE_FILE name files that hold what the
variable without _FILE would. PostgreSQL's password may also stand in PGPASSWORD or in the file that PGPASSFILE names (~/.pgpass).`
}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	return serve(ctx, nil)
}

// serve is Run; change, if set, changes the bot before it is put together.
func serve(ctx context.Context, change func(*bot)) error {
	config, err := readConfig()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(newDiscreet(os.Stderr, config.secrets()...), &slog.HandlerOptions{Level: config.level}))
	if !config.mayDump {
		if err := noCoreDumps(); err != nil {
			log.Warn("a crash may leave the tokens in a core dump", "error", err)
		}
	}
	if config.unencrypted() {
		log.Warn("SLACK_API_URL begins with http: the tokens cross the network for everybody to read; use https")
	}
	b := &bot{Config: config, log: log, now: time.Now}
	if change != nil {
		change(b)
	}
	defer func() {
		if err := b.close(); err != nil {
			log.Error("closing", "error", err)
		}
	}()
	if err := b.open(ctx); err != nil {
		return err
	}
	return b.run(ctx)
}
