package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sopbot/internal/playbook"
)

// doctorCommand is `sopbot doctor`.
type doctorCommand struct {
	JSON     bool          `name:"json" help:"Print one line of JSON for each finding."`
	Strict   bool          `help:"End with exit code 1 for warnings, too."`
	Manifest string        `help:"Compare with the app's manifest, as copied from its page App Manifest; - reads standard input." placeholder:"FILE"`
	Timeout  time.Duration `help:"Ask Slack for so long at most." default:"1m"`
}

// Help says what is looked at.
func (doctorCommand) Help() string {
	return `Looks at what serve needs, in the same environment: both tokens and what they may do, Socket Mode, the playbook with the people and
channels it names, the database and its backups, what could not be delivered, clocks, the HTTP address. Each line that is not ok says what to
do. It changes nothing and may run while the bot does; where none runs on the database, it opens a socket for a moment to see that
commands would arrive.

Exit code 0: nothing keeps sopbot from working, though there may be warnings. 1: something does. 2: the command was wrong.
--json prints {"check":…,"state":…,"about":…,"says":…,"do":…} a line; the checks are listed in docs/doctor.md, and states are ok, warning,
problem and skipped.`
}

// doctor looks at everything, one thing after the other.
type doctor struct {
	diagnosis
	config   Config
	now      func() time.Time
	client   *http.Client
	patience time.Duration // with Slack, in all
	manifest string        // the file to compare with, if any

	playbook *playbook.Playbook
	botToken bool // is worth asking with
	appToken bool
	silent   bool         // Slack could not be reached: it is not asked again
	lost     atomic.Int32 // calls that came to nothing
	served   bool         // another process works with the database, as far as it can be told
	app      string
	team     string
	self     string // the bot's handle
}

// Run looks at everything and prints what it found.
func (c doctorCommand) Run(ctx context.Context, streams streams) error {
	d := &doctor{now: time.Now, client: &http.Client{Timeout: 10 * time.Second}, patience: c.Timeout, manifest: c.Manifest}
	if c.Manifest == "-" {
		d.diagnosis.in = streams.in
	}
	d.look(ctx)
	return d.print(streams.out, c.JSON, c.Strict)
}

// look is the doctor's round.
func (d *doctor) look(ctx context.Context) {
	d.askSettings()
	d.askPlaybook()
	served, known, _ := d.whoServes()
	d.served = served || !known
	online, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	d.askBotToken(online)
	d.askAppToken(online)
	d.askManifest()
	d.askRoles(online)
	d.askChannels(online)
	d.askWorkspace()
	d.askDatabase(ctx)
	d.askBackups(ctx)
	d.askHTTP(ctx)
}

// askSettings reads the environment. What is wrong with one setting keeps
// nobody from looking at what the others say.
func (d *doctor) askSettings() {
	config, err := readConfig()
	d.config = config
	var complaints complained
	switch {
	case errors.As(err, &complaints):
		for _, c := range complaints {
			says, do, told := strings.Cut(c, "; ")
			if !told {
				do = "change it in the environment that serve runs in"
			}
			d.problem("settings.wrong", "", says, do)
		}
	case err != nil:
		d.problem("settings.wrong", "", err.Error(), "correct it in the environment that serve runs in")
	default:
		d.ok("settings.complete", "", "the environment is complete")
	}
	for _, m := range misspelt(os.Environ()) {
		d.warn("settings.misspelt", m.Set, m.Set+" is set, and is no setting of sopbot", "write "+m.Meant+", or leave it out")
	}
	bot, app := d.config.BotToken, d.config.AppToken
	if strings.HasPrefix(bot, "xapp-") && strings.HasPrefix(app, "xoxb-") { // swapped: said above, and looked at all the same
		d.config.BotToken, d.config.AppToken = app, bot
	}
	d.botToken = strings.HasPrefix(d.config.BotToken, "xoxb-")
	d.appToken = strings.HasPrefix(d.config.AppToken, "xapp-")
}

// askPlaybook reads what would be served.
func (d *doctor) askPlaybook() {
	named := "the playbook that comes along"
	do := "run sopbot lint on a copy of it, and mend what it lists"
	if d.config.Playbook != "" {
		named = d.config.Playbook
		do = "run sopbot lint " + d.config.Playbook + ", and mend what it lists; a bot that runs goes on with the last good version"
		if info, err := os.Stat(d.config.Playbook); err != nil || !info.IsDir() {
			d.skip("playbook.served", "", "there is no folder to read", "")
			return
		}
	}
	b := &bot{Config: d.config, log: slog.New(slog.DiscardHandler), now: d.now}
	book, err := b.loadBook()
	if err != nil {
		d.problem("playbook.refused", named, err.Error(), do)
		return
	}
	d.playbook = book.Playbook
	d.ok("playbook.served", named, "%s: %s", named, plural(len(book.Pages), "page"))
	if n := d.warnings(); n > 0 {
		d.warn("playbook.warnings", named, plural(n, "warning"), "sopbot lint lists them; the playbook is served all the same")
	}
	if d.config.Playbook == "" {
		d.warn("playbook.default", "", "it is nobody's own: it names no people and no channels", "copy the folder playbook/, make it yours, and name it in SOPBOT_PLAYBOOK")
	}
}

// warnings counts what sopbot lint would warn of.
func (d *doctor) warnings() int {
	if d.config.Playbook == "" {
		return 0
	}
	_, problems, err := playbook.Load(os.DirFS(d.config.Playbook), d.now())
	if err != nil {
		return 0
	}
	return len(problems) - len(problems.Errors())
}

// askWorkspace says that the tokens are of another workspace than the
// playbook, where nothing that it names is there.
func (d *doctor) askWorkspace() {
	there, gone := 0, 0
	for _, f := range d.found {
		switch {
		case f.Check == "role.group-unknown", f.Check == "role.person-unknown", f.Check == "channel.unknown":
			gone++
		case f.Check == "role.open":
		case f.about("role") || f.about("channel"):
			if f.About != "" && f.State != skipped {
				there++
			}
		}
	}
	if gone > 1 && there == 0 {
		d.problem("workspace.foreign", d.team, fmt.Sprintf("nobody and nothing of what the playbook names (%d) is in the workspace %s", gone, d.team),
			"take the tokens of the app in the workspace that playbook.yaml is for, or correct the IDs in it")
	}
}

// roleNames lists the playbook's roles, sorted.
func (d *doctor) roleNames() []string { return slices.Sorted(maps.Keys(d.playbook.Settings.Roles)) }
