package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/goccy/go-yaml"

	"sopbot"
	"sopbot/internal/slacksim"
)

// said is something that somebody said before the demo began.
type said struct {
	Ago       string              `yaml:"ago"`
	Who       string              `yaml:"who"`
	In        string              `yaml:"in"` // a channel's name
	Say       string              `yaml:"say"`
	Replies   []reply             `yaml:"replies"`
	Reactions map[string][]string `yaml:"reactions"` // emoji → handles
}

type reply struct {
	Who string `yaml:"who"`
	Say string `yaml:"say"`
}

// tellHistory has the fictional team say what it said before, each thing at its
// time, so that a newcomer does not enter an empty house.
func (d *demo) tellHistory(ctx context.Context) error {
	raw, err := fs.ReadFile(sopbot.Seeds(), "history.yaml")
	if err != nil {
		return err
	}
	var history []said
	if err := yaml.NewDecoder(bytes.NewReader(raw), yaml.Strict()).Decode(&history); err != nil {
		return fmt.Errorf("seeds/history.yaml: %w", err)
	}
	begun := d.clock.Ahead()
	defer func() { d.clock.Push(begun - d.clock.Ahead()) }()
	for _, s := range history {
		ago, err := time.ParseDuration(s.Ago)
		if err != nil {
			return fmt.Errorf("seeds/history.yaml: %w", err)
		}
		d.clock.Push(begun - ago - d.clock.Ahead())
		if err := d.tellOne(ctx, s); err != nil {
			return fmt.Errorf("seeds/history.yaml: %s ago: %w", s.Ago, err)
		}
	}
	return nil
}

func (d *demo) tellOne(ctx context.Context, s said) error {
	i := slices.IndexFunc(d.slack.World().Channels, func(c slacksim.Channel) bool { return c.Name == s.In })
	if i < 0 {
		return fmt.Errorf("there is no channel %s", s.In)
	}
	room := d.slack.World().Channels[i].ID
	do := func(who string, t slacksim.Touch) (string, error) {
		p, err := d.slack.Person(who)
		if err != nil {
			return "", err
		}
		t.Room = room
		done, err := p.Touch(ctx, t)
		return done.TS, err
	}
	ts, err := do(s.Who, slacksim.Touch{Do: "say", Text: s.Say})
	if err != nil {
		return err
	}
	for _, emoji := range slices.Sorted(maps.Keys(s.Reactions)) {
		for _, who := range s.Reactions[emoji] {
			if _, err := do(who, slacksim.Touch{Do: "react", TS: ts, Text: emoji}); err != nil {
				return err
			}
		}
	}
	for _, r := range s.Replies {
		d.clock.Push(4 * time.Minute)
		if _, err := do(r.Who, slacksim.Touch{Do: "say", Text: r.Say, Thread: ts}); err != nil {
			return err
		}
	}
	return nil
}
