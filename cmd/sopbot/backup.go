package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sopbot/internal/database"
)

// backupCommand is `sopbot backup FILE`.
type backupCommand struct {
	File     string `arg:"" optional:"" help:"The file to write the copy to; it must not be there yet. Without it, one of its own in SOPBOT_BACKUPS."`
	Database string `help:"The file to copy." env:"SOPBOT_DATABASE" default:"sopbot.db" placeholder:"FILE"`
	Folder   string `help:"The folder of backups." env:"SOPBOT_BACKUPS" placeholder:"DIR"`
	Check    bool   `help:"Write nothing: rehearse in a temporary folder whether FILE, or the newest in the folder, could be restored."`
}

// Help tells how a backup comes back.
func (backupCommand) Help() string {
	return `It may run while the bot does: the copy is of one moment, checked, and on disk when the command ends. With SOPBOT_BACKUPS serve does it by
itself every night.

To restore: stop the bot, and type
  sopbot restore BACKUP

PostgreSQL has tools of its own for it: pg_dump, or your provider's backups.`
}

// Run writes the copy.
func (c backupCommand) Run(ctx context.Context, streams streams) error {
	if c.Check {
		return c.check(ctx, streams)
	}
	if c.File == "" && c.Folder == "" {
		return errors.New("name the file to write the copy to, or set SOPBOT_BACKUPS to a folder")
	}
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
	if c.File == "" {
		if err := os.MkdirAll(c.Folder, 0o700); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		c.File = filepath.Join(c.Folder, database.BackupName(time.Now()))
	}
	if err = db.RoomForBackup(filepath.Dir(c.File)); err == nil {
		err = db.Backup(ctx, c.File)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already; a backup never takes the place of another, name a new file", c.File)
	case err != nil:
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(streams.out, "%s is a checked copy of %s\n", c.File, c.Database)
	return nil
}

// check rehearses a restore.
func (c backupCommand) check(ctx context.Context, streams streams) error {
	if c.File == "" {
		backups, err := database.Backups(c.Folder)
		switch {
		case c.Folder == "":
			return errors.New("name the backup to check, or set SOPBOT_BACKUPS to the folder that they are in")
		case err != nil:
			return err
		case len(backups) == 0:
			return fmt.Errorf("there is no backup in %s", c.Folder)
		}
		c.File = backups[0].Path
	}
	temporary, err := os.MkdirTemp("", "sopbot-check-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	_, rows, err := database.Rehearse(ctx, c.File, temporary)
	if err != nil {
		return fmt.Errorf("this backup cannot be restored: %w", err)
	}
	printCounts(streams.out, rows)
	fmt.Fprintf(streams.out, "%s can be restored: it is whole, opens, and takes writes. Nothing was changed.\n", c.File)
	return nil
}
