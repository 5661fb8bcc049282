package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/erasure"
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
Whoever was erased since then is there again: it says so, and they have to be erased anew.

To look whether a backup could be restored, while the bot works: sopbot backup --check FILE`
}

// Run restores.
func (c restoreCommand) Run(ctx context.Context, streams streams) error {
	before, known := erased(ctx, c.Database)
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
	after, _ := erased(ctx, c.Database)
	again := slices.DeleteFunc(before, func(d erasure.Done) bool {
		return slices.ContainsFunc(after, func(o erasure.Done) bool { return o.ID == d.ID })
	})
	switch {
	case len(again) > 0:
		fmt.Fprintln(streams.out, "Since the backup was made these were erased, and are there again. Erase them anew (sopbot erase); who they are knows whoever asked for it:")
		for _, d := range again {
			fmt.Fprintf(streams.out, "  a %s, on %s UTC by %s\n", d.Kind, d.At.UTC().Format("2006-01-02 15:04"), harmless(d.By))
		}
	case aside != "" && !known:
		fmt.Fprintln(streams.out, "What was there could not be read: if somebody was erased since the backup was made, erase them anew.")
	}
	return nil
}

// erased are the erasures that a database knows of; known is false where it
// cannot be read.
func erased(ctx context.Context, file string) (all []erasure.Done, known bool) {
	if _, err := os.Stat(file); err != nil || database.IsAddress(file) {
		return nil, false
	}
	db, err := database.OpenForReading(ctx, file)
	if err != nil {
		return nil, false
	}
	defer db.Close()
	err = db.Read(ctx, func(tx *database.Tx) (err error) {
		all, err = erasure.All(tx)
		return err
	})
	return all, err == nil
}

// printCounts says what is in a database, without its empty tables.
func printCounts(w io.Writer, rows []database.Count) {
	for _, c := range rows {
		if c.Rows > 0 {
			fmt.Fprintf(w, "%10d %s\n", c.Rows, c.Table)
		}
	}
}
