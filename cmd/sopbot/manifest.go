package main

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/goccy/go-yaml"

	"sopbot/internal/chat"
	"sopbot/internal/gateway"
)

// manifestCommand is `sopbot manifest`.
type manifestCommand struct {
	JSON bool   `name:"json" help:"Print JSON (the default)." xor:"form"`
	YAML bool   `name:"yaml" help:"Print YAML." xor:"form"`
	Name string `help:"The app's name in Slack." default:"sopbot"`
}

// Help says what to do with it.
func (manifestCommand) Help() string {
	return "On api.slack.com/apps choose Create New App, From a manifest, and paste this."
}

// The parts of Slack's app manifest that sopbot needs
// (docs.slack.dev/reference/app-manifest).
type manifest struct {
	Display  displayInformation `json:"display_information"`
	Features manifestFeatures   `json:"features"`
	OAuth    oauthConfig        `json:"oauth_config"`
	Settings manifestSettings   `json:"settings"`
}

type displayInformation struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Background  string `json:"background_color"`
}

type manifestFeatures struct {
	AppHome   appHome            `json:"app_home"`
	BotUser   botUser            `json:"bot_user"`
	Commands  []manifestCommands `json:"slash_commands"`
	Shortcuts []manifestShortcut `json:"shortcuts,omitempty"`
}

type appHome struct {
	Home     bool `json:"home_tab_enabled"`
	Messages bool `json:"messages_tab_enabled"`
	ReadOnly bool `json:"messages_tab_read_only_enabled"`
}

type botUser struct {
	Name   string `json:"display_name"`
	Online bool   `json:"always_online"`
}

type manifestCommands struct {
	Command     string `json:"command"`
	Description string `json:"description"`
	Usage       string `json:"usage_hint,omitempty"`
	Escape      bool   `json:"should_escape"`
}

type manifestShortcut struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Callback    string `json:"callback_id"`
	Description string `json:"description"`
}

type oauthConfig struct {
	Scopes struct {
		Bot []string `json:"bot"`
	} `json:"scopes"`
}

type manifestSettings struct {
	Events        *eventSubscriptions `json:"event_subscriptions,omitempty"`
	Interactivity struct {
		Enabled bool `json:"is_enabled"`
	} `json:"interactivity"`
	OrgDeploy  bool `json:"org_deploy_enabled"`
	SocketMode bool `json:"socket_mode_enabled"`
	Rotation   bool `json:"token_rotation_enabled"`
}

type eventSubscriptions struct {
	Bot []string `json:"bot_events"`
}

// makeManifest describes the app that the router answers for: no command,
// shortcut, event or scope more.
func makeManifest(r *chat.Router, name string) manifest {
	m := manifest{Display: displayInformation{Name: name, Description: "Answers from the sales playbook, and runs it", Background: "#1d3557"}}
	m.Features.BotUser = botUser{Name: name, Online: true}
	for _, c := range r.Commands() {
		// With escaping, people and channels come as IDs and not as names that
		// somebody else may bear.
		m.Features.Commands = append(m.Features.Commands, manifestCommands{c.Name, c.Does, c.Usage, true})
	}
	for _, s := range r.Shortcuts() {
		kind := "global"
		if s.Message {
			kind = "message"
		}
		m.Features.Shortcuts = append(m.Features.Shortcuts, manifestShortcut{s.Name, kind, s.Callback, s.Does})
	}
	if r.Mentions() {
		m.Settings.Events = &eventSubscriptions{Bot: []string{"app_mention", "message.im"}}
		// Without it people find "Sending messages to this app has been turned off".
		m.Features.AppHome.Messages = true
	}
	for _, s := range gateway.Scopes {
		switch {
		case s.Name == "commands" && len(r.Commands())+len(r.Shortcuts()) == 0:
		case s.Name == "app_mentions:read" && !r.Mentions():
		default:
			m.OAuth.Scopes.Bot = append(m.OAuth.Scopes.Bot, s.Name)
		}
	}
	m.Settings.Interactivity.Enabled = true
	m.Settings.SocketMode = true
	return m
}

// Run prints the manifest.
func (c manifestCommand) Run(io streams) error {
	if n := len([]rune(c.Name)); n < 1 || n > 35 {
		return fmt.Errorf("an app's name has 1 to 35 letters, not %d", n)
	}
	raw, err := json.MarshalIndent(makeManifest(newFeatures().router(), c.Name), "", "  ")
	if err != nil {
		return err
	}
	if c.YAML {
		if raw, err = yaml.JSONToYAML(raw); err != nil {
			return err
		}
		_, err = fmt.Fprintf(io.out, "%s", raw)
		return err
	}
	_, err = fmt.Fprintf(io.out, "%s\n", raw)
	return err
}

// quietLog keeps to itself what only a server's operator would read.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
