package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// demoFolder is where a demo keeps its data between starts. It belongs to one
// demo at a time.
type demoFolder struct {
	path      string
	lock      *os.File
	throwaway bool // goes with the demo
}

// The files of a demo's folder; --fresh takes these away and no others, because
// the folder may hold more than a demo.
const (
	demoDatabase  = "sopbot.db"
	demoWorkspace = "workspace.json"
	demoLock      = "demo.lock"
)

// demoHome is the folder of a demo that was told none.
func demoHome() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sopbot", "demo"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "sopbot", "demo"), nil
}

// openDemoFolder makes the folder, if need be, and locks it. Without a name it
// is the user's own; where there is none, one that goes with the demo.
func openDemoFolder(path string) (*demoFolder, error) {
	f := &demoFolder{path: path}
	var err error
	if path == "" {
		if f.path, err = demoHome(); err != nil {
			f.throwaway = true
			f.path, err = os.MkdirTemp("", "sopbot-demo-")
		}
	}
	if err == nil {
		err = os.MkdirAll(f.path, 0o700)
	}
	if err != nil {
		return nil, fmt.Errorf("the demo needs a folder for its data: %w; name another with --data DIR", err)
	}
	f.lock, err = os.OpenFile(f.file(demoLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the demo cannot write in its folder: %w; name another with --data DIR", err)
	}
	if err := syscall.Flock(int(f.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, f.busy()
		}
		return nil, fmt.Errorf("lock %s: %w", f.path, err)
	}
	return f, nil
}

// busy says that another demo is at work in the folder, and where it is seen.
func (f *demoFolder) busy() error {
	said, err := os.ReadFile(f.file(demoLock))
	where := strings.TrimSpace(string(said))
	if err != nil || where == "" {
		return fmt.Errorf("a demo is already running on %s; name another folder with --data DIR", f.path)
	}
	return fmt.Errorf("a demo is already running on %s: open %s, or name another folder with --data DIR", f.path, where)
}

// announce writes down where the demo is seen, for whoever starts a second.
func (f *demoFolder) announce(address string) error {
	if err := f.lock.Truncate(0); err != nil {
		return err
	}
	_, err := f.lock.WriteAt([]byte(address+"\n"), 0)
	return err
}

func (f *demoFolder) file(name string) string { return filepath.Join(f.path, name) }

// clear takes the demo's data away.
func (f *demoFolder) clear() error {
	for _, name := range []string{demoWorkspace, demoWorkspace + ".new", demoDatabase, demoDatabase + "-wal", demoDatabase + "-shm", demoDatabase + ".lock"} {
		if err := os.Remove(f.file(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("--fresh: %w", err)
		}
	}
	return nil
}

// close gives the folder free.
func (f *demoFolder) close() error {
	err := errors.Join(f.announce(""), f.lock.Close())
	if f.throwaway {
		err = errors.Join(err, os.RemoveAll(f.path))
	}
	return err
}

// keptDemo is what a demo keeps beside the bot's database.
type keptDemo struct {
	Address string          `json:"address"` // where it listened: pages that are still open find it there again
	Ahead   time.Duration   `json:"ahead_ns"`
	Slack   json.RawMessage `json:"slack"` // see slacksim's Save
}

// load reads what was kept; nothing kept is no error.
func (f *demoFolder) load() (kept keptDemo, err error) {
	data, err := os.ReadFile(f.file(demoWorkspace))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return kept, nil
	case err != nil:
		return kept, err
	}
	if err := json.Unmarshal(data, &kept); err != nil {
		return kept, fmt.Errorf("what the demo kept in %s cannot be read (%w); start it with --fresh to begin anew", f.file(demoWorkspace), err)
	}
	return kept, nil
}

// save writes down what is to be kept: whole, or not at all.
func (f *demoFolder) save(kept keptDemo) error {
	data, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	next, err := os.OpenFile(f.file(demoWorkspace+".new"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = next.Write(data)
	if err = errors.Join(err, next.Sync(), next.Close()); err == nil {
		err = os.Rename(next.Name(), f.file(demoWorkspace))
	}
	if err != nil {
		return errors.Join(err, os.Remove(next.Name()))
	}
	return nil
}
