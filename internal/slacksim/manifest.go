package slacksim

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

// Command is one slash command of the app. With ShouldEscape Slack rewrites
// @handles, #channels and links in the text to <@U…|name>, <#C…|name>, <url>.
type Command struct {
	Name         string // with the slash
	Description  string
	UsageHint    string
	ShouldEscape bool
}

// Shortcut is a global or message shortcut of the app.
type Shortcut struct {
	Name       string // what people click on
	CallbackID string
	OnMessage  bool // in a message's menu; otherwise global
}

// features are what the app may do here.
type features struct {
	name       string
	anyCommand bool
	commands   []Command
	shortcuts  []Shortcut
	allScopes  bool
	scopes     []string
	events     []string
	home       bool
	messages   bool // there is a Messages tab
	readOnly   bool // but people cannot write in it
}

// manifest is the part of Slack's app manifest that a workspace acts on.
type manifest struct {
	DisplayInformation struct {
		Name string `yaml:"name"`
	} `yaml:"display_information"`
	Features struct {
		AppHome struct {
			HomeTab          bool  `yaml:"home_tab_enabled"`
			MessagesTab      *bool `yaml:"messages_tab_enabled"`
			MessagesReadOnly bool  `yaml:"messages_tab_read_only_enabled"`
		} `yaml:"app_home"`
		BotUser struct {
			DisplayName string `yaml:"display_name"`
		} `yaml:"bot_user"`
		Shortcuts []struct {
			Name       string `yaml:"name"`
			Type       string `yaml:"type"`
			CallbackID string `yaml:"callback_id"`
		} `yaml:"shortcuts"`
		SlashCommands []struct {
			Command      string `yaml:"command"`
			Description  string `yaml:"description"`
			UsageHint    string `yaml:"usage_hint"`
			ShouldEscape bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
	} `yaml:"features"`
	OAuthConfig struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		EventSubscriptions struct {
			BotEvents []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
		Interactivity struct {
			Enabled bool `yaml:"is_enabled"`
		} `yaml:"interactivity"`
		SocketMode bool `yaml:"socket_mode_enabled"`
	} `yaml:"settings"`
}

// eventScopes are the scopes that Slack demands for an event subscription.
var eventScopes = map[string]string{
	"app_mention": "app_mentions:read", "message.im": "im:history", "message.channels": "channels:history",
	"message.groups": "groups:history", "message.mpim": "mpim:history", "reaction_added": "reactions:read",
	"reaction_removed": "reactions:read",
}

// featuresOf reads the manifest and lays the options' own lists over it. A
// manifest that Slack would refuse is refused here too.
func featuresOf(opts Options) (features, error) {
	f := features{
		anyCommand: true, allScopes: true, home: true, messages: true,
		events: []string{"app_mention", "message.im", "app_home_opened"},
	}
	if len(opts.Manifest) > 0 {
		var m manifest
		if err := yaml.Unmarshal(opts.Manifest, &m); err != nil { // JSON is YAML too
			return f, fmt.Errorf("read app manifest: %w", err)
		}
		if err := checkManifest(opts.Manifest); err != nil {
			return f, fmt.Errorf("read app manifest: %w", err)
		}
		if !m.Settings.SocketMode {
			return f, fmt.Errorf("read app manifest: settings.socket_mode_enabled is not true, so no socket could be opened")
		}
		f = features{
			name: m.Features.BotUser.DisplayName, scopes: m.OAuthConfig.Scopes.Bot,
			events: m.Settings.EventSubscriptions.BotEvents, home: m.Features.AppHome.HomeTab,
			messages: m.Features.AppHome.MessagesTab == nil || *m.Features.AppHome.MessagesTab,
			readOnly: m.Features.AppHome.MessagesReadOnly,
		}
		fill(&f.name, m.DisplayInformation.Name)
		for _, c := range m.Features.SlashCommands {
			f.commands = append(f.commands, Command{c.Command, c.Description, c.UsageHint, c.ShouldEscape})
		}
		for _, sc := range m.Features.Shortcuts {
			f.shortcuts = append(f.shortcuts, Shortcut{sc.Name, sc.CallbackID, sc.Type == "message"})
		}
		if len(f.shortcuts) > 0 && !m.Settings.Interactivity.Enabled {
			return f, fmt.Errorf("read app manifest: settings.interactivity.is_enabled is not true, so nothing could be clicked")
		}
		for _, event := range f.events {
			if need := eventScopes[event]; need != "" && !slices.Contains(f.scopes, need) {
				return f, fmt.Errorf("read app manifest: event %s needs the scope %s", event, need)
			}
		}
		if len(f.commands)+len(f.shortcuts) > 0 && !slices.Contains(f.scopes, "commands") {
			return f, fmt.Errorf("read app manifest: commands and shortcuts need the scope commands")
		}
	}
	if opts.Scopes != nil {
		f.allScopes, f.scopes = false, opts.Scopes
	}
	if opts.Commands != nil {
		f.anyCommand, f.commands = false, opts.Commands
	}
	if opts.Shortcuts != nil {
		f.shortcuts = opts.Shortcuts
	}
	if opts.Events != nil {
		f.events = opts.Events
	}
	return f, nil
}

// command finds a slash command; where any is allowed, it escapes its text.
func (f features) command(name string) (Command, bool) {
	for _, c := range f.commands {
		if c.Name == name {
			return c, true
		}
	}
	return Command{Name: name, ShouldEscape: true}, f.anyCommand
}

func (f features) shortcut(name string, onMessage bool) (Shortcut, bool) {
	for _, sc := range f.shortcuts {
		if sc.OnMessage == onMessage && (sc.Name == name || sc.CallbackID == name) {
			return sc, true
		}
	}
	return Shortcut{}, false
}

// Commands are the slash commands of the app, as a client offers them.
func (s *Server) Commands() []Command { return slices.Clone(s.features.commands) }

// Shortcuts are the shortcuts of the app, as a client offers them.
func (s *Server) Shortcuts() []Shortcut { return slices.Clone(s.features.shortcuts) }
