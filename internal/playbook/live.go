package playbook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Live keeps a playbook folder served as it is on disk: a change is read
// whole and handed to Swap, or, when it does not lint, told to Refuse while
// the last good version goes on.
type Live struct {
	Dir  string
	Now  func() time.Time
	Log  *slog.Logger
	Swap func(*Playbook) error // takes a version that lints into service
	// Refuse is told once of each version that does not lint. It may be nil.
	Refuse func(Problems)
	// Seen is told after every reading whether what is on disk is what serves.
	// It may be nil.
	Seen func(serves bool)

	// Settle is how long the folder must be quiet before it is read, so that
	// a checkout of many files is read once. 200 ms if zero.
	Settle time.Duration
}

// longestSettle bounds how long a folder that never gets quiet may put off
// the reading; a change has to serve within two seconds.
const longestSettle = time.Second

// Run watches until ctx ends. current is the version that serves already.
// The error is nil when ctx ended.
func (l *Live) Run(ctx context.Context, current *Playbook) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the playbook: %w", err)
	}
	defer w.Close()
	if err := watchTree(w, l.Dir); err != nil {
		return fmt.Errorf("watch the playbook: %w", err)
	}
	settle := l.Settle
	if settle == 0 {
		settle = 200 * time.Millisecond
	}
	served, refused := current.Version, ""
	// What changed between the first reading and the watch is read at once.
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	var first time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-w.Events:
			if !ok {
				return nil
			}
			if strings.HasPrefix(filepath.Base(e.Name), ".") && !strings.HasPrefix(filepath.Base(e.Name), "..") {
				continue // editors' swap files
			}
			if e.Has(fsnotify.Create) || e.Has(fsnotify.Rename) {
				// A folder that came has to be watched too.
				_ = watchTree(w, l.Dir)
			}
			if first.IsZero() {
				first = time.Now()
			}
			quiet.Reset(max(0, min(settle, longestSettle-time.Since(first))))
		case err, ok := <-w.Errors:
			if !ok {
				return nil
			}
			// Events were lost: read everything to be sure.
			l.Log.Warn("watching the playbook", "error", err)
			quiet.Reset(settle)
		case <-quiet.C:
			first = time.Time{}
			served, refused = l.reread(served, refused)
			if l.Seen != nil {
				l.Seen(refused == "")
			}
		}
	}
}

// reread reads the folder and hands it on; it gives the version that serves
// and the one that was refused last.
func (l *Live) reread(served, refused string) (string, string) {
	b, problems, err := Load(os.DirFS(l.Dir), l.Now())
	if err != nil {
		problems = append(problems, Problem{Severity: Error, Message: plainCause(err)})
	}
	if b != nil && len(problems.Errors()) == 0 {
		if b.Version == served {
			return served, ""
		}
		if err := l.Swap(b); err != nil {
			l.Log.Error("playbook not taken into service; the last good version goes on", "error", err)
			return served, err.Error()
		}
		l.Log.Info("playbook changed", "version", b.Version, "pages", len(b.Pages))
		return b.Version, ""
	}
	errs := problems.Errors()
	fingerprint := fmt.Sprint(errs)
	if fingerprint == refused {
		return served, refused
	}
	l.Log.Error("playbook does not lint; the last good version goes on", "errors", len(errs), "first", errs[0].String())
	if l.Refuse != nil {
		l.Refuse(errs)
	}
	return served, fingerprint
}

// watchTree watches the folder and every folder below it.
func watchTree(w *fsnotify.Watcher, dir string) error {
	return filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			if name == dir {
				return err
			}
			return nil
		}
		if !d.IsDir() {
			return nil
		}
		if name != dir && strings.HasPrefix(d.Name(), ".") && !strings.HasPrefix(d.Name(), "..") {
			return fs.SkipDir
		}
		if err := w.Add(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
}
