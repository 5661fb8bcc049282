package main

import (
	"fmt"
	"io/fs"

	"github.com/goccy/go-yaml"

	"sopbot"
	"sopbot/internal/playbook"
)

// demoSettings gives the demo's team its roles and channels, whatever playbook
// is tried out: those in a company's settings are of its own workspace.
func demoSettings() (func(*playbook.Settings), error) {
	raw, err := fs.ReadFile(sopbot.Seeds(), "demo.yaml")
	if err != nil {
		return nil, err
	}
	var team struct {
		Roles    map[string][]string `yaml:"roles"`
		Channels map[string]string   `yaml:"channels"`
	}
	if err := yaml.UnmarshalWithOptions(raw, &team, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("seeds/demo.yaml: %w", err)
	}
	return func(s *playbook.Settings) { s.Roles, s.Channels = team.Roles, team.Channels }, nil
}
