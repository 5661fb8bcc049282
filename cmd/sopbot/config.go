package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"sopbot/internal/database"
	"sopbot/internal/gateway"
)

// Config is what the environment says.
type Config struct {
	BotToken string `envconfig:"SLACK_BOT_TOKEN"`
	AppToken string `envconfig:"SLACK_APP_TOKEN"`
	APIURL   string `envconfig:"SLACK_API_URL" default:"https://slack.com/api/"`
	Playbook string `envconfig:"SOPBOT_PLAYBOOK"`
	Database string `envconfig:"SOPBOT_DATABASE"`
	HTTP     string `envconfig:"SOPBOT_HTTP"`
	Log      string `envconfig:"SOPBOT_LOG" default:"info"`
	// Files that hold a secret, in the place of the variable of that name.
	BotTokenFile string `envconfig:"SLACK_BOT_TOKEN_FILE"`
	AppTokenFile string `envconfig:"SLACK_APP_TOKEN_FILE"`
	DatabaseFile string `envconfig:"SOPBOT_DATABASE_FILE"`
	// CoreDumps lets a crash leave one, and a debugger in: for debugging.
	CoreDumps string `envconfig:"SOPBOT_CORE_DUMPS"`

	// LogFormat is text or json; without it text where a person reads along.
	LogFormat string `envconfig:"SOPBOT_LOG_FORMAT"`
	Backups   string `envconfig:"SOPBOT_BACKUPS"`
	BackupAt  string `envconfig:"SOPBOT_BACKUP_AT" default:"03:15"`

	level    slog.Level
	mayDump  bool
	backupAt time.Duration // after midnight
}

// readConfig reads the environment and complains of all of it at once, in
// plain words.
func readConfig() (Config, error) {
	var c Config
	if err := envconfig.Process("", &c); err != nil {
		return c, err
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	var complaints []string
	add := func(format string, args ...any) { complaints = append(complaints, fmt.Sprintf(format, args...)) }

	unread := map[string]bool{} // a file's fault is said, and not that nothing came of it
	for _, secret := range []struct {
		name  string
		value *string
		file  string
	}{
		{"SLACK_BOT_TOKEN", &c.BotToken, c.BotTokenFile}, {"SLACK_APP_TOKEN", &c.AppToken, c.AppTokenFile}, {"SOPBOT_DATABASE", &c.Database, c.DatabaseFile},
	} {
		var err error
		if *secret.value, err = secretFromFile(secret.name, *secret.value, secret.file); err != nil {
			unread[secret.name] = true
			add("%v", err)
		}
	}
	if _, set := os.LookupEnv("SOPBOT_DATABASE"); c.Database == "" && !set && c.DatabaseFile == "" {
		c.Database = defaultDatabase
	}
	bot, app := strings.TrimSpace(c.BotToken), strings.TrimSpace(c.AppToken)
	swapped := strings.HasPrefix(bot, "xapp-") && strings.HasPrefix(app, "xoxb-")
	switch {
	case swapped:
		add("SLACK_BOT_TOKEN and SLACK_APP_TOKEN are swapped: the bot token starts with xoxb-, the app token with xapp-")
	default:
		switch {
		case unread["SLACK_BOT_TOKEN"]:
		case bot == "":
			add("SLACK_BOT_TOKEN is not set; copy the Bot User OAuth Token (xoxb-…) from the app's page, OAuth & Permissions")
		case !strings.HasPrefix(bot, "xoxb-"):
			add("SLACK_BOT_TOKEN does not start with xoxb-; copy the Bot User OAuth Token from the app's page, OAuth & Permissions")
		}
		switch {
		case unread["SLACK_APP_TOKEN"]:
		case app == "":
			add("SLACK_APP_TOKEN is not set; make an app-level token (xapp-…) with the scope connections:write on the app's page, Basic Information")
		case !strings.HasPrefix(app, "xapp-"):
			add("SLACK_APP_TOKEN does not start with xapp-; make an app-level token with the scope connections:write on the app's page, Basic Information")
		}
	}
	c.BotToken, c.AppToken = bot, app
	if u, err := url.Parse(c.APIURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		add("SLACK_API_URL is not a web address; leave it unset for Slack's own, %s", gateway.DefaultAPIURL)
	} else if !strings.HasSuffix(c.APIURL, "/") {
		c.APIURL += "/"
	}
	if c.Playbook != "" {
		info, err := os.Stat(c.Playbook)
		switch {
		case errors.Is(err, os.ErrNotExist):
			add("SOPBOT_PLAYBOOK: there is no folder %s; leave it unset to use the playbook that comes along", c.Playbook)
		case err != nil:
			add("SOPBOT_PLAYBOOK: %v", err)
		case !info.IsDir():
			add("SOPBOT_PLAYBOOK: %s is a file; name the folder it is in", c.Playbook)
		}
	}
	switch {
	case unread["SOPBOT_DATABASE"]:
	case c.Database == "":
		add("SOPBOT_DATABASE is empty; name a file, or leave it unset for sopbot.db")
	case database.IsAddress(c.Database):
		if err := database.CheckAddress(c.Database); err != nil {
			add("SOPBOT_DATABASE: %v", err)
		}
	}
	if c.HTTP != "" {
		if host, port, err := net.SplitHostPort(c.HTTP); err != nil {
			add("SOPBOT_HTTP: %q is not an address; write it like 127.0.0.1:8080", c.HTTP)
		} else if host == "" {
			// What nobody named is this machine alone: the page has no password.
			c.HTTP = net.JoinHostPort("127.0.0.1", port)
		}
	}
	if err := c.level.UnmarshalText([]byte(c.Log)); err != nil {
		add("SOPBOT_LOG: %q is not a level; use debug, info, warn or error", c.Log)
	}
	if c.CoreDumps != "" {
		var err error
		if c.mayDump, err = strconv.ParseBool(c.CoreDumps); err != nil {
			add("SOPBOT_CORE_DUMPS is neither true nor false; leave it unset to have none")
		}
	}
	switch c.LogFormat {
	case "", "text", "json":
	default:
		add("SOPBOT_LOG_FORMAT: %q is not a format; use text or json, or leave it unset for text on a terminal and JSON elsewhere", c.LogFormat)
	}
	c.checkBackups(add)
	if len(complaints) == 0 {
		return nil
	}
	return complained(complaints)
}

// complained is everything that is wrong with the settings. What to do stands
// behind a semicolon.
type complained []string

func (c complained) Error() string {
	return "the settings in the environment need a change:\n  - " + strings.Join(c, "\n  - ")
}

// checkBackups looks at what was said of backups.
func (c *Config) checkBackups(add func(string, ...any)) {
	at, err := time.Parse("15:04", c.BackupAt)
	if err != nil && c.BackupAt != "" {
		add("SOPBOT_BACKUP_AT: %q is not a time of day; write it like 03:15", c.BackupAt)
	}
	c.backupAt = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	if c.Backups == "" {
		return
	}
	if database.IsAddress(c.Database) {
		add("SOPBOT_BACKUPS: sopbot backs up its SQLite file only; leave it unset, and back PostgreSQL up by pg_dump or your provider's means (docs/operations.md)")
		return
	}
	if info, err := os.Stat(c.Backups); err == nil && !info.IsDir() {
		add("SOPBOT_BACKUPS: %s is a file; name a folder", c.Backups)
	}
}

// newLog is the log of a bot that serves: a person at a terminal reads text,
// what collects logs reads JSON.
func (c *Config) newLog(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.level}
	if c.LogFormat == "text" || c.LogFormat == "" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
