package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sopbot"
	"sopbot/internal/answers"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/edition"
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
	editions *edition.Editions
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
	takeOver time.Duration // how long a database that another bot uses is waited for

	began   time.Time    // when it began to run
	inForce atomic.Int64 // since when the playbook serves, Unix seconds
	reloads reloads
	backups *nightly // nil = none are wanted
	thrift  thrift
	// settled, if set, is called once the start is over and its memory given back.
	settled func()
}

// delays are the times of patience with Slack, and with a bot that died; zero
// means the usual. Tests have shorter ones: with the usual, what became of a
// message that got no answer is known after half a minute.
type delays struct {
	call, settle time.Duration // see gateway.Posts
	spread       time.Duration // see gateway.Posts.Spread
	work, lease  time.Duration // see outbox.Options
	ack          time.Duration // see gateway.Options.AckWithin
	stuck        time.Duration // see bot.stands
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
	if b.db, err = b.openDatabase(ctx); err != nil {
		return err
	}
	b.outbox = outbox.New(b.db, outbox.Options{Now: b.now, Log: b.log, Metrics: b.metrics, OnDead: b.dead,
		Timeout: b.delays.work, Lease: b.delays.lease, Grace: outboxGrace})
	b.features = newFeatures()
	b.answers = b.features.answers
	b.router = b.features.router()
	b.gateway = gateway.New(gateway.Options{BotToken: b.BotToken, AppToken: b.AppToken, APIURL: b.APIURL,
		Router: b.router, DB: b.db, Log: b.log, Now: b.now, Metrics: b.metrics, AckWithin: b.delays.ack})
	b.posts = b.newPosts()
	b.features.stand(ground{db: b.db, outbox: b.outbox, shelf: &b.shelf, posts: b.posts, slack: b.gateway, now: b.now, log: b.log, meter: b.metrics})
	b.editions = &edition.Editions{DB: b.db, Now: b.now, Log: b.log}
	b.shelf.Older = b.older
	b.use(book)
	b.register()
	if b.Backups != "" {
		b.backups = newNightly(b)
	}
	return b.features.begin(ctx)
}

// openDatabase opens it once a bot that stops has given it free: everything
// else is ready then, so that the one that takes over needs a moment only.
func (b *bot) openDatabase(ctx context.Context) (*database.DB, error) {
	said := false
	for until := time.Now().Add(b.takeOver); ; {
		db, err := database.Open(ctx, b.Database)
		if !errors.Is(err, database.ErrInUse) || time.Now().After(until) {
			return db, err
		}
		if !said {
			b.log.Info("another sopbot uses the database; waiting for it to stop", "at most", b.takeOver.String())
			said = true
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

// use puts a playbook into force.
func (b *bot) use(book *answers.Book) {
	b.shelf.Use(book.Playbook)
	b.answers.Use(book)
	b.inForce.Store(b.now().Unix())
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
	pb, problems, err := playbook.Load(b.files(), b.now())
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

// files are the playbook's, wherever it comes from.
func (b *bot) files() fs.FS {
	if b.playbook != nil {
		return b.playbook
	}
	return playbookFiles(b.Playbook)
}

// older finds a playbook that was in force before this process began.
func (b *bot) older(version string) *playbook.Playbook {
	pb := b.editions.Find(context.Background(), version)
	if pb != nil && b.settings != nil {
		b.settings(&pb.Settings)
	}
	return pb
}

// keepEdition puts the playbook away that has come into force. It serves all
// the same where that fails: a form that outlives a restart is then judged by
// the one in force.
func (b *bot) keepEdition(ctx context.Context, version string) {
	if err := b.editions.Keep(ctx, b.files(), version); err != nil && ctx.Err() == nil {
		b.log.Warn("the playbook's edition is not kept", "error", err)
	}
}

// playbookFiles are those of a folder; "" is the one that comes along.
func playbookFiles(folder string) fs.FS {
	if folder == "" {
		return sopbot.Playbook()
	}
	return os.DirFS(folder)
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
	b.began = time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	failed := make(chan error, 8)
	serve := func(run func(context.Context) error) {
		wg.Go(func() {
			if err := run(ctx); err != nil {
				failed <- err
				cancel()
			}
		})
	}
	if b.HTTP != "" {
		serve(b.serveHTTP) // also while Slack does not answer yet
	}
	if _, err := b.gateway.Hello(ctx); err != nil {
		cancel()
		wg.Wait()
		return firstOf(failed, err)
	}
	self := b.gateway.Self()
	b.log.Info("signed in", "workspace", self.TeamName, "bot", self.User, "playbook", b.answers.Book().Version, "pages", len(b.answers.Book().Pages))
	b.answers.Start()
	if b.backups != nil {
		serve(b.backups.run)
	}
	if b.playbook == nil && b.Playbook != "" {
		serve(b.watch)
	}
	serve(b.features.roster.Run)
	wg.Go(func() { b.greet(ctx) })
	serve(b.outbox.Run)
	serve(b.gateway.Run)
	wg.Go(func() { b.keepSmall(ctx) })
	wg.Go(func() { b.keepEdition(ctx, b.answers.Book().Version) })
	<-ctx.Done()
	b.drain(&wg)
	b.answers.Stop()
	err := firstOf(failed, nil)
	if err == nil {
		b.log.Info("stopped")
	}
	return err
}

// How long stopping may take. What looks after processes usually kills one that
// takes longer than ten seconds, and what is then under way is settled only at
// the next start.
const (
	outboxGrace = 5 * time.Second
	drainWithin = 8500 * time.Millisecond
)

// drain waits for everything to be finished, but not for ever.
func (b *bot) drain(all *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(drainWithin):
		b.log.Error("not everything was finished in time; what is kept goes on at the next start")
	}
}

// firstOf is the error that ended the bot, or another where none did.
func firstOf(failed <-chan error, otherwise error) error {
	select {
	case err := <-failed:
		return err
	default:
		return otherwise
	}
}

// watch keeps serving the playbook as it is on disk.
func (b *bot) watch(ctx context.Context) error {
	dir, err := filepath.EvalSymlinks(b.Playbook)
	if err != nil {
		return err
	}
	live := playbook.Live{Dir: dir, Now: b.now, Log: b.log, Refuse: func(playbook.Problems) { b.reloads.refused.Inc() }, Seen: func(serves bool) { b.reloads.behind.Store(!serves) }, Swap: func(pb *playbook.Playbook) error {
		book, err := b.book(pb)
		if err != nil {
			return err
		}
		b.keepEdition(ctx, book.Version)
		b.use(book)
		b.reloads.served.Inc()
		go b.features.settled(ctx)
		return nil
	}}
	return live.Run(ctx, b.answers.Book().Playbook)
}

// wake makes everything that waits for a time look at the clock anew: for
// whoever pushes the clock that now tells.
func (b *bot) wake() {
	b.outbox.Wake()
	if b.backups != nil {
		b.backups.ring()
	}
}

// close gives everything back.
func (b *bot) close() error {
	b.thrift.set(usualPercent)
	if b.db == nil {
		return nil
	}
	if b.features != nil {
		b.features.behind.Wait()
	}
	return b.db.Close()
}
