package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"strings"
	"syscall"
	"time"

	"sopbot"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// demoCommand is `sopbot demo`: the bot and a local Slack in one process, with
// a page in the browser to act as the people of a fictional team.
type demoCommand struct {
	Playbook string `help:"The playbook's folder; without it the one that comes along." env:"SOPBOT_PLAYBOOK" placeholder:"DIR"`
	Listen   string `help:"Address of the page, on this machine; without it a free port." placeholder:"ADDR"`
	Data     string `help:"The folder that keeps what was said and done; without it one among the user's own." placeholder:"DIR"`
	Fresh    bool   `help:"Forget what was said and done before."`
	Terminal bool   `help:"Play in this terminal, without a browser."`
	Open     bool   `help:"Open the page in the browser, if there is one." default:"true" negatable:""`
	// For a bot of one's own, as docs/install.md goes.
	SlackOnly bool   `help:"Only the local Slack: prints the tokens for a sopbot that you start yourself."`
	Manifest  string `help:"With --slack-only: the manifest of the app that is installed; without it the one of sopbot manifest." placeholder:"FILE"`

	As  string `help:"Whom to begin as." default:"sam"`
	Log string `help:"What the bot logs: debug, info, warn or error." default:"error"`
}

// demo is a running demo.
type demo struct {
	folder *demoFolder
	clock  *demoClock
	slack  *slacksim.Server
	keeper *keeper
	page   *page.Page
	say    func(format string, args ...any) // to whoever started it
}

// Run plays until the person quits or the process is told to stop.
func (c demoCommand) Run(ctx context.Context, io streams) (err error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log)); err != nil {
		return fmt.Errorf("--log: %q is not a level; use debug, info, warn or error", c.Log)
	}
	address, err := loopback(c.Listen)
	if err != nil {
		return err
	}
	switch {
	case c.SlackOnly && c.Terminal:
		return errors.New("--slack-only has no bot to play with in the terminal; leave --terminal out")
	case c.Manifest != "" && !c.SlackOnly:
		return errors.New("--manifest goes with --slack-only: the demo's own bot brings its own")
	case c.SlackOnly:
		return c.playSlack(ctx, io, address)
	}
	d := &demo{clock: &demoClock{}, say: func(format string, args ...any) { fmt.Fprintf(io.err, format+"\n", args...) }}
	if d.folder, err = openDemoFolder(c.Data); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.folder.close()) }()
	if c.Fresh {
		if err := d.folder.clear(); err != nil {
			return err
		}
	}
	if err := d.startSlack(ctx, address, c.Playbook); err != nil {
		return err
	}
	defer d.slack.Close()
	if _, err := d.slack.Person(c.As); err != nil {
		return fmt.Errorf("--as: %w", err)
	}
	config := Config{BotToken: d.slack.BotToken(), AppToken: d.slack.AppToken(), APIURL: d.slack.URL(), Playbook: c.Playbook, Database: d.folder.file(demoDatabase)}
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: level}))
	settings, err := demoSettings()
	if err != nil {
		return err
	}
	d.keeper = &keeper{say: d.say, build: func() *bot { return &bot{Config: config, log: log, now: d.clock.Now, settings: settings} }}
	if err := d.keeper.open(ctx); err != nil {
		for _, lost := range []error{database.ErrNotOurs, database.ErrDamaged, database.ErrGone, database.ErrLeftover, database.ErrNewer} {
			if errors.Is(err, lost) {
				return fmt.Errorf("%w; start the demo with --fresh to begin anew", err)
			}
		}
		return err
	}
	if err := d.remember(ctx); err != nil {
		return errors.Join(err, d.keeper.now().close())
	}
	d.mount(c.As)
	return d.play(ctx, c, io)
}

// remember gives the team its history, where the demo begins anew.
func (d *demo) remember(ctx context.Context) error {
	b := d.keeper.now()
	return b.features.recall(ctx, b.db, func(handle string) (string, error) {
		p, err := d.slack.Person(handle)
		if err != nil {
			return "", err
		}
		return p.ID(), nil
	}, d.clock.Now())
}

// loopback reads where to listen: on this machine alone, because whoever
// reaches the page can be anybody in it. "" is a free port.
func loopback(listen string) (string, error) {
	if listen == "" {
		return "", nil
	}
	if !strings.Contains(listen, ":") {
		listen = "127.0.0.1:" + listen
	}
	host, port, err := net.SplitHostPort(listen)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(context.Background(), "tcp", port)
	}
	if err != nil || port == "" {
		return "", fmt.Errorf("--listen: %q is not an address; write it like 127.0.0.1:8080", listen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("--listen: the demo answers on this machine alone, and %q can be reached from others; write it like 127.0.0.1:%s", listen, port)
	}
	return listen, nil
}

// startSlack starts the local Slack where it was the last time, with what was
// said there.
func (d *demo) startSlack(ctx context.Context, address, folder string) error {
	kept, err := d.folder.load()
	if err != nil {
		return err
	}
	d.clock.Push(kept.Ahead)
	options, err := demoSlack()
	if err != nil {
		return err
	}
	options.Now = d.clock.Now
	options.Listen = address
	if again, err := loopback(kept.Address); address == "" && err == nil {
		options.Listen = again
	}
	d.slack, err = slacksim.Start(options)
	if err != nil && address == "" && options.Listen != "" { // somebody else has it now
		options.Listen = ""
		d.slack, err = slacksim.Start(options)
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("--listen: %s is taken by another program, perhaps another demo; name another, or leave --listen out for a free port", address)
	case err != nil:
		return err
	}
	if kept.Slack == nil {
		d.clock.Push(time.Until(d.begins(folder)))
		if err := d.tellHistory(ctx); err != nil {
			return errors.Join(err, d.slack.Close())
		}
		return nil
	}
	if err := d.slack.Restore(kept.Slack); err != nil {
		return errors.Join(fmt.Errorf("%w; start the demo with --fresh to begin anew", err), d.slack.Close())
	}
	return nil
}

// begins is when a new demo begins: by the playbook's hours, on the clock of the
// place where most of the team works. A playbook that cannot be read is for the bot
// to complain about.
func (d *demo) begins(folder string) time.Time {
	now := time.Now()
	b, _, err := playbook.Load(playbookFiles(folder), now)
	zone, wrong := time.LoadLocation(d.slack.World().People[0].TZ)
	if err != nil || wrong != nil {
		return now
	}
	return beginning(b.Settings, now.In(zone))
}

// journalKept is how much of what went over the wire the inspector can show: a
// demo that is left open for a week is not to grow by each ping of it.
const journalKept = 10_000

// demoSlack is the fictional team, with the app installed as its manifest says.
func demoSlack() (options slacksim.Options, err error) {
	team, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		return options, err
	}
	if options.World, err = slacksim.ParseWorld(team); err != nil {
		return options, err
	}
	options.Journal = journalKept
	options.Manifest, err = json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	return options, err
}

// mount puts the page on the local Slack.
func (d *demo) mount(as string) {
	d.page = page.Mount(d.slack, page.Options{As: as, Push: d.push, Jump: d.jump, Status: d.keeper.status, Tour: tourFor(tour, d.keeper.now().router),
		Levers: []page.Lever{{
			ID: "stop", Name: "Stop the bot", Note: "As if its process had ended. Started again, it goes on where it was.",
			Set: func(on bool) error { d.keeper.stop(on); return nil },
		}}})
}

// push moves the clock on, and wakes whoever waits for a time.
func (d *demo) push(by time.Duration) {
	d.clock.Push(by)
	d.slack.Wake()
	d.keeper.wake()
}

// jump is where a step of the clock leads, by the playbook's working hours.
func (d *demo) jump(step string, now time.Time) (time.Time, bool) {
	return jumpFrom(d.keeper.settings(), step, now)
}

// play runs the bot, saves what happens, and ends with the person.
func (d *demo) play(ctx context.Context, c demoCommand, io streams) error {
	if err := d.folder.announce(d.page.URL()); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	kept, ended := make(chan struct{}), make(chan error, 1)
	go func() { defer close(kept); d.keep(ctx) }()
	go func() { ended <- d.keeper.run(ctx) }()

	waiting, done := context.WithTimeout(ctx, 10*time.Second)
	if d.slack.WaitConnectedE(waiting, 1) != nil && ctx.Err() == nil {
		d.say("The bot is not connected yet; the page shows when it is.")
	}
	d.shown(waiting)
	done()
	d.welcome(c, io)
	var err error
	if c.Terminal {
		err = (&dialogue{slack: d.slack, out: io.out, paint: painter(io.out)}).play(ctx, io.in, c.As)
	} else {
		if c.Open {
			openBrowser(ctx, d.page.URL())
		}
		<-ctx.Done()
		fmt.Fprintln(io.out)
	}
	cancel()
	err = errors.Join(err, <-ended)
	<-kept
	return errors.Join(err, d.save())
}

// welcome says what runs here, and where.
func (d *demo) welcome(c demoCommand, io streams) {
	paint := painter(io.out)
	fmt.Fprintf(io.out, "%s\nA Slack on this machine, and sopbot in it. Nothing leaves the machine.\n\n  %s\n\n", paint(bold, "sopbot demo"), paint(blue, d.page.URL()))
	switch {
	case d.folder.throwaway:
		fmt.Fprint(io.out, "Nothing is kept: this user has no folder of their own. Name one with --data DIR.")
	default:
		fmt.Fprintf(io.out, "What is said is kept in %s; --fresh begins anew.", d.folder.path)
	}
	if c.Terminal {
		fmt.Fprint(io.out, "\n\n")
		return
	}
	fmt.Fprint(io.out, " Ctrl-C ends the demo.\n")
}

// saveEvery is how soon what happened is on disk. Slack itself is never so
// late, but here only a demo is lost.
const saveEvery = 2 * time.Second

// keep saves what happens until ctx ends.
func (d *demo) keep(ctx context.Context) {
	changes := d.slack.Watch(ctx)
	look := time.NewTicker(saveEvery)
	defer look.Stop()
	changed, ahead, complained := false, d.clock.Ahead(), false
	for {
		select {
		case _, open := <-changes:
			if !open {
				return
			}
			changed = true
		case <-look.C:
			if !changed && ahead == d.clock.Ahead() {
				continue
			}
			ahead = d.clock.Ahead()
			begun := time.Now()
			err := d.save()
			// A workspace with much in it is saved less often, for it to stay quick.
			look.Reset(max(saveEvery, 20*time.Since(begun)))
			if err != nil && !complained {
				d.say("What is said is not being kept: %v", err)
			}
			changed, complained = err != nil, err != nil
		}
	}
}

func (d *demo) save() error {
	messages, err := d.slack.Save()
	if err != nil {
		return err
	}
	at := strings.TrimSuffix(strings.TrimPrefix(d.page.URL(), "http://"), "/")
	return d.folder.save(keptDemo{Address: at, Ahead: d.clock.Ahead(), Slack: messages})
}
