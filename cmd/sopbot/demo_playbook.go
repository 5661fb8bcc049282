package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"

	"sopbot"
)

// demoPlaybook is the default playbook with the settings of the fictional team:
// who is who there, and where the bot posts.
func demoPlaybook() (fs.FS, error) {
	extra, err := fs.ReadFile(sopbot.Seeds(), "settings.yaml")
	if err != nil {
		return nil, fmt.Errorf("the demo's settings: %w", err)
	}
	return settled{sopbot.Playbook(), append([]byte("\n"), extra...)}, nil
}

// settled are the files of a playbook with more in its settings.
type settled struct {
	fs.FS
	extra []byte
}

// Open opens a file; that of the settings is longer than it is.
func (s settled) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil || name != "playbook.yaml" {
		return f, err
	}
	return &longer{f, io.MultiReader(f, bytes.NewReader(s.extra))}, nil
}

// longer is a file and what follows it.
type longer struct {
	fs.File
	all io.Reader
}

// Read reads the file, and then what follows.
func (l *longer) Read(p []byte) (int, error) { return l.all.Read(p) }
