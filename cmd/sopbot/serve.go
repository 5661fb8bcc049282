package main

import (
	"context"
	"errors"
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
  SOPBOT_LOG        debug, info, warn or error (info); what people typed stands in the log at debug alone
  SOPBOT_LOG_FORMAT text or json; without it text on a terminal, JSON elsewhere
  SOPBOT_BACKUPS    folder for a backup of the SQLite file each night; off without it
  SOPBOT_BACKUP_AT  when, in the playbook's time zone (03:15)
  SOPBOT_CORE_DUMPS true lets a crash leave a core dump, with the tokens in it, and debuggers in (false)

A secret may stand in a file instead: SLACK_BOT_TOKEN_FILE, SLACK_APP_TOKEN_FILE, SOPBOT_DATABASE_FILE and PGPASSWORD_FILE name files that
hold what the variable without _FILE would. PostgreSQL's password may also stand in the file that PGPASSFILE names (~/.pgpass).

A file that another sopbot uses is waited for, so that one takes over from another. SIGTERM lets the bot finish what it began, within ten
seconds; a second one ends it at once.`
}

// Run serves until ctx ends.
func (serveCommand) Run(ctx context.Context) error {
	return serve(ctx, func(b *bot) { b.settled = letGoOfTheFile })
}

// takeOverWithin is a little more than a bot may need to stop.
const takeOverWithin = 15 * time.Second

// serve is Run; change, if set, changes the bot before it is put together.
func serve(ctx context.Context, change func(*bot)) error {
	config, err := readConfig()
	inVain := misspelt(os.Environ())
	if complaints := (complained)(nil); errors.As(err, &complaints) {
		for _, m := range inVain {
			complaints = append(complaints, m.Set+" is set, and is no setting of sopbot; write "+m.Meant)
		}
		return complaints
	}
	if err != nil {
		return err
	}
	log := config.newLog(newDiscreet(os.Stderr, config.secrets()...))
	for _, m := range inVain {
		log.Warn("a variable is set that is no setting of sopbot", "variable", m.Set, "meant", m.Meant)
	}
	if !config.mayDump {
		if err := noCoreDumps(); err != nil {
			log.Warn("a crash may leave the tokens in a core dump", "error", err)
		}
	}
	if config.unencrypted() {
		log.Warn("SLACK_API_URL begins with http: the tokens cross the network for everybody to read; use https")
	}
	b := &bot{Config: config, log: log, now: time.Now, takeOver: takeOverWithin}
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
	// Ready is what it can be by itself; whether Slack answers says /readyz.
	go keepNotifying(ctx)
	return b.run(ctx)
}
