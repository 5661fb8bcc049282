package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/gateway"
	"sopbot/internal/outbox"
)

// retryCommand is `sopbot retry`.
type retryCommand struct {
	Keys []string `arg:"" optional:"" name:"key" help:"What to try again, by the keys that --list and sopbot doctor name."`
	All  bool     `help:"Try everything again that was given up." xor:"what"`
	List bool     `help:"List what was given up." xor:"what"`

	Database string `help:"The file or PostgreSQL's address." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help says when.
func (retryCommand) Help() string {
	return `What sopbot could not deliver after many tries, or what Slack refused for good, is given up. Once the cause is mended, this has it
tried again with the next start of the bot, or at once by bots on PostgreSQL. On a file, stop the bot first and start it again; what is in the database
is kept.`
}

// Run revives what was given up.
func (c retryCommand) Run(ctx context.Context, streams streams) error {
	if len(c.Keys) == 0 && !c.All && !c.List {
		return errors.New("name what to try again, or say --all; --list shows what was given up")
	}
	open := database.Open
	if c.List {
		open = database.OpenForReading
	}
	db, err := open(ctx, c.Database)
	if errors.Is(err, database.ErrInUse) {
		return errors.New("a bot works with " + c.Database + "; stop it, run this, and start it again")
	}
	if err != nil {
		return err
	}
	defer db.Close()
	dead := openGraveyard(db, time.Now)
	rows, err := dead.list(ctx)
	if err != nil {
		return err
	}
	if c.List {
		for _, row := range rows {
			fmt.Fprintf(streams.out, "%s\t%s\t%s\t%s\n", harmless(row.Key), harmless(row.what), row.At.Format(time.DateTime), harmless(row.Error))
		}
		fmt.Fprintf(streams.err, "%s given up\n", plural(len(rows), "row"))
		return nil
	}
	keys := c.Keys
	if c.All {
		for _, row := range rows {
			if !slices.Contains(keys, row.Key) { // of one message several looks may have been given up
				keys = append(keys, row.Key)
			}
		}
	}
	missed := false
	for _, key := range keys {
		revived, err := dead.revive(ctx, key)
		if err != nil {
			return err
		}
		if !revived {
			missed = true
			fmt.Fprintf(streams.err, "sopbot: nothing was given up by the key %s\n", key)
			continue
		}
		fmt.Fprintf(streams.out, "%s is tried again\n", key)
	}
	if missed {
		return exit(1)
	}
	return nil
}

// graveyard is where what was given up lies. It sends nothing itself.
type graveyard struct {
	db    *database.DB
	box   *outbox.Outbox
	posts *gateway.Posts
}

func openGraveyard(db *database.DB, now func() time.Time) graveyard {
	box := outbox.New(db, outbox.Options{Now: now})
	return graveyard{db, box, gateway.New(gateway.Options{Router: chat.NewRouter(), Log: slog.New(slog.DiscardHandler), Now: now}).Posts(box)}
}

// buried is something that was given up, as people are told of it: a message
// goes by the key that it was put down with.
type buried struct {
	outbox.Buried
	what string
}

// list gives what was given up, the latest first.
func (g graveyard) list(ctx context.Context) ([]buried, error) {
	rows, err := g.box.Dead(ctx)
	if err != nil {
		return nil, err
	}
	var out []buried
	for _, row := range rows {
		b := buried{row, "work of the kind " + row.Kind}
		if err := g.db.Read(ctx, func(tx *database.Tx) error {
			key, place, isMessage, err := g.posts.Undelivered(tx, row)
			if isMessage {
				b.Key, b.what = key, "a message for "+place
			}
			return err
		}); err != nil {
			return nil, err
		}
		out = append(out, b)
	}
	return out, nil
}

// revive has something tried again; revived is false where nothing of that key
// was given up.
func (g graveyard) revive(ctx context.Context, key string) (revived bool, err error) {
	err = g.db.Write(ctx, func(tx *database.Tx) (err error) {
		if revived, err = g.posts.Revive(tx, key); err != nil || revived {
			return err
		}
		revived, err = g.box.Revive(tx, key)
		return err
	})
	return revived, err
}
