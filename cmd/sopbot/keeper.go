package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"sopbot/internal/playbook"
)

// keeper keeps the demo's bot running: one that ended by itself is started
// again, as a service manager would. It can also be stopped from the page, to
// show what people see then.
type keeper struct {
	build func() *bot
	say   func(format string, args ...any)

	mu      sync.Mutex
	bot     *bot               // the bot that is open; nil while there is none
	end     context.CancelFunc // stops the bot that is running
	off     chan struct{}      // closed when it may start again; nil while it may run
	trouble string             // what keeps it from running
	said    string             // the trouble that was told last: one that stays is told once
	read    playbook.Settings  // as last seen
}

// restartAfter is how long a bot that ended by itself stays down.
const restartAfter = 2 * time.Second

// open makes the first bot ready, so that what is wrong with the playbook or
// the database is said at the start.
func (k *keeper) open(ctx context.Context) error {
	b := k.build()
	if err := b.open(ctx); err != nil {
		return errors.Join(err, b.close())
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.bot = b
	return nil
}

// run keeps the bot running until ctx ends.
func (k *keeper) run(ctx context.Context) error {
	for {
		life, end := context.WithCancel(ctx)
		k.mu.Lock()
		k.end = end
		if k.off != nil {
			end()
		}
		k.mu.Unlock()
		err := k.serve(life)
		end()
		if ctx.Err() != nil {
			return err
		}
		k.rest(ctx, err)
	}
}

// serve runs one bot from its beginning to its end.
func (k *keeper) serve(ctx context.Context) error {
	k.mu.Lock()
	b := k.bot
	k.mu.Unlock()
	if b == nil {
		if err := k.open(ctx); err != nil {
			return err
		}
		b = k.now()
	}
	k.mu.Lock()
	k.trouble = ""
	k.mu.Unlock()
	begun := time.Now()
	err := b.run(ctx)
	k.mu.Lock()
	k.bot = nil
	if time.Since(begun) > time.Minute {
		k.said = "" // it was well in between
	}
	k.mu.Unlock()
	return errors.Join(err, b.close())
}

// rest waits until the next bot may start.
func (k *keeper) rest(ctx context.Context, err error) {
	k.mu.Lock()
	off := k.off
	if err != nil {
		k.trouble = err.Error()
	}
	known := k.said == k.trouble
	k.said = k.trouble
	k.mu.Unlock()
	switch {
	case off != nil:
		select {
		case <-off:
		case <-ctx.Done():
		}
	case err != nil:
		if !known {
			k.say("The bot has stopped and is started again: %v", err)
		}
		select {
		case <-time.After(restartAfter):
		case <-ctx.Done():
		}
	}
}

// now is the bot that is open at the moment, or nil.
func (k *keeper) now() *bot {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.bot
}

// settings are those of the playbook in force, or of the last one.
func (k *keeper) settings() playbook.Settings {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.bot != nil {
		k.read = k.bot.answers.Book().Settings
	}
	return k.read
}

// wake makes the bot look at its clock anew.
func (k *keeper) wake() {
	if b := k.now(); b != nil {
		b.wake()
	}
}

// stop stops the bot, or lets it start again.
func (k *keeper) stop(stopped bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case stopped && k.off == nil:
		k.off = make(chan struct{})
		if k.end != nil {
			k.end()
		}
	case !stopped && k.off != nil:
		close(k.off)
		k.off = nil
	}
}

// status says why the bot is not running; "" while it is well.
func (k *keeper) status() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.off != nil:
		return "sopbot was stopped in the inspector. Started again there, it goes on where it was."
	case k.trouble != "":
		return "sopbot has stopped and is started again: " + k.trouble
	}
	return ""
}
