package edition

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

const (
	// No form stays open for longer; and an afternoon of many small edits must
	// not push out what was in force before it.
	keptFor  = 30 * 24 * time.Hour
	keptLast = 20
)

// Editions are the playbooks that were in force. All fields are needed.
type Editions struct {
	DB  *database.DB
	Now func() time.Time
	Log *slog.Logger
}

// Keep puts away the playbook in a tree of files, which has just come into
// force as that version. A tree that has changed since is left alone: its next
// version will be kept. Editions that nobody can have a form of are thrown away.
func (e *Editions) Keep(ctx context.Context, files fs.FS, version string) error {
	archive, packed, err := playbook.Pack(files)
	if err != nil {
		return fmt.Errorf("keep edition %s: %w", version, err)
	}
	if packed != version {
		return nil
	}
	now := e.Now()
	err = e.DB.Write(ctx, func(tx *database.Tx) error {
		if err := put(tx, version, archive, now); err != nil {
			return err
		}
		return prune(tx, now.Add(-keptFor), keptLast)
	})
	if err != nil {
		return fmt.Errorf("keep edition %s: %w", version, err)
	}
	return nil
}

// Find reads a playbook that was in force once; nil where it is not kept, or
// cannot be read any more, which is logged.
func (e *Editions) Find(ctx context.Context, version string) *playbook.Playbook {
	var archive []byte
	err := e.DB.Read(ctx, func(tx *database.Tx) (err error) {
		archive, err = get(tx, version)
		return err
	})
	if err == nil && archive == nil {
		return nil
	}
	var b *playbook.Playbook
	if err == nil {
		b, err = read(archive, e.Now())
	}
	if err != nil {
		e.Log.Error("an edition of the playbook cannot be read; the one in force takes its place", "version", version, "error", err)
		return nil
	}
	return b
}

func read(archive []byte, now time.Time) (*playbook.Playbook, error) {
	files, err := playbook.Unpack(archive)
	if err != nil {
		return nil, err
	}
	b, problems, err := playbook.Load(files, now)
	if err != nil {
		return nil, err
	}
	// What lint learned to refuse since does not make a form unreadable that was
	// good when it was opened: without a page to be found by, it is no playbook.
	if b == nil {
		return nil, problems.Err()
	}
	return b, nil
}
