package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"sopbot/internal/database"
)

// copyCommand is `sopbot copy FILE postgres://…`.
type copyCommand struct {
	File string `arg:"" help:"The SQLite file to copy from; no bot may be using it."`
	To   string `arg:"" optional:"" help:"The PostgreSQL to copy to, postgres://USER@HOST/NAME; without it SOPBOT_DATABASE. It must be empty." env:"SOPBOT_DATABASE" placeholder:"ADDRESS"`
}

// Help tells how to move a bot to PostgreSQL.
func (copyCommand) Help() string {
	return `PostgreSQL lets several bots share the work. Stop the bot, copy, set SOPBOT_DATABASE to the address, start the bot. Everything is copied in one transaction and compared afterwards, table by table; if a letter differs, or
anything fails, the target stays empty. What is in the file stays.

A password in the command is seen by others on this machine; put it into ~/.pgpass, PGPASSWORD or SOPBOT_DATABASE.`
}

// Run copies and says what arrived.
func (c copyCommand) Run(ctx context.Context, streams streams) error {
	if c.To == "" {
		target, err := databaseFromFile(defaultDatabase)
		if err != nil {
			return err
		}
		c.To = target
	}
	switch {
	case database.IsAddress(c.File):
		return errors.New("copy goes from a file to PostgreSQL: sopbot copy sopbot.db postgres://…")
	case !database.IsAddress(c.To):
		return errors.New("name the PostgreSQL to copy to: sopbot copy sopbot.db postgres://USER@HOST/NAME")
	}
	if _, err := os.Stat(c.File); err != nil {
		return fmt.Errorf("%s: %w", c.File, errors.Unwrap(err))
	}
	// With its lock: what a bot wrote meanwhile would stay behind.
	from, err := database.Open(ctx, c.File)
	if errors.Is(err, database.ErrInUse) {
		return fmt.Errorf("a bot is using %s; stop it first, or what it writes meanwhile stays behind", c.File)
	}
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := database.Open(ctx, c.To)
	if err != nil {
		return err
	}
	defer to.Close()
	mended, err := from.Mended(ctx)
	if err != nil {
		return err
	}
	sums, err := database.Copy(ctx, from, to)
	if err != nil {
		return fmt.Errorf("nothing was copied: %w", err)
	}
	table := tabwriter.NewWriter(streams.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "table\trows\tsum on both sides")
	for _, s := range sums {
		fmt.Fprintf(table, "%s\t%d\t%016x\n", s.Table, s.Rows, s.Sum)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if mended > 0 {
		fmt.Fprintf(streams.err, "Texts with a sign that PostgreSQL cannot store, which became �: %d\n", mended)
	}
	fmt.Fprintf(streams.out, "Copied to %s. Set SOPBOT_DATABASE to its address, and start the bot.\n", to.Name())
	return nil
}
