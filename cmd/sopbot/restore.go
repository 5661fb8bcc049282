package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sopbot/internal/database"
)

// restoreCommand is `sopbot restore FILE`.
type restoreCommand struct {
	File     string `arg:"" help:"The backup to restore."`
	Database string `help:"The file to put it in the place of." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help tells what becomes of what is there.
func (restoreCommand) Help() string {
	return `Stop the bot first. The backup is copied, checked from end to end, brought up to date and opened before anything is touched; then the
database that is there is moved into a folder beside it, and the copy takes its place. Nothing is deleted. Start the bot again afterwards.

What happened after the backup is not in it, though Slack still shows it. What was on its way when the backup was made is sent again.

To look whether a backup could be restored, while the bot works: sopbot backup --check FILE`
}

// Run restores.
func (c restoreCommand) Run(ctx context.Context, streams streams) error {
	aside, rows, err := database.Restore(ctx, c.File, c.Database, time.Now())
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("a bot is using %s; stop it first", c.Database)
	}
	if err != nil {
		if aside != "" {
			err = fmt.Errorf("%w; what was there lies in %s", err, aside)
		}
		return fmt.Errorf("restore: %w", err)
	}
	printCounts(streams.out, rows)
	fmt.Fprintf(streams.out, "%s is now what %s holds. Start the bot.\n", c.Database, c.File)
	if aside != "" {
		fmt.Fprintf(streams.out, "What was there lies in %s; delete it when you are content.\n", aside)
	}
	return nil
}

// printCounts says what is in a database, without its empty tables.
func printCounts(w io.Writer, rows []database.Count) {
	for _, c := range rows {
		if c.Rows > 0 {
			fmt.Fprintf(w, "%10d %s\n", c.Rows, c.Table)
		}
	}
}
