package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sopbot/internal/database"
)

// backupCommand is `sopbot backup FILE`.
type backupCommand struct {
	File     string `arg:"" help:"The file to write the copy to; it must not be there yet."`
	Database string `help:"The file to copy." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
}

// Help tells how a backup comes back.
func (backupCommand) Help() string {
	return `It may run while the bot does: the copy is of one moment, checked, and on disk when the command ends.

To restore: stop the bot, move the database and the files beside it (-wal, -shm) away, and put the copy in its place:
  mkdir broken && mv sopbot.db sopbot.db-* broken; cp BACKUP sopbot.db

PostgreSQL has tools of its own for it: pg_dump, or your provider's backups.`
}

// Run writes the copy.
func (c backupCommand) Run(ctx context.Context, streams streams) error {
	target, err := databaseFromFile(c.Database)
	if err != nil {
		return err
	}
	c.Database = target
	if database.IsAddress(c.Database) {
		return database.ErrNoBackup
	}
	db, err := database.OpenForReading(ctx, c.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	err = db.Backup(ctx, c.File)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already; a backup never takes the place of another, name a new file", c.File)
	case err != nil:
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(streams.out, "%s is a checked copy of %s\n", c.File, c.Database)
	return nil
}
