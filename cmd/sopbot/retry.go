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
	box := outbox.New(db, outbox.Options{})
	posts := gateway.New(gateway.Options{Router: chat.NewRouter(), Log: slog.New(slog.DiscardHandler), Now: time.Now}).Posts(box)
	rows, err := box.Dead(ctx)
	if err != nil {
		return err
	}
	keys := slices.Clone(c.Keys)
	shown := 0
	for _, row := range rows {
		key, what := row.Key, row.Kind
		if err := db.Read(ctx, func(tx *database.Tx) error {
			message, place, isMessage, err := posts.Undelivered(tx, row)
			if isMessage {
				key, what = message, "a message for "+place
			}
			return err
		}); err != nil {
			return err
		}
		if c.List {
			fmt.Fprintf(streams.out, "%s\t%s\t%s\t%s\n", key, what, row.At.Format(time.DateTime), row.Error)
			shown++
		}
		if c.All && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	if c.List {
		fmt.Fprintf(streams.err, "%s given up\n", plural(shown, "row"))
		return nil
	}
	missed := false
	for _, key := range keys {
		revived := false
		if err := db.Write(ctx, func(tx *database.Tx) (err error) {
			if revived, err = posts.Revive(tx, key); err != nil || revived {
				return err
			}
			revived, err = box.Revive(tx, key)
			return err
		}); err != nil {
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
