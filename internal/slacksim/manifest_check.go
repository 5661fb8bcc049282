package slacksim

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// manifestKeys are the keys that Slack knows in each part of a manifest
// (version 1 of its schema); "" is the whole. Parts that are not listed hold
// what no app here needs, and are taken as they are.
var manifestKeys = map[string][]string{
	"": {"$schema", "_metadata", "app_directory", "datastores", "display_information", "external_auth_providers", "features", "functions",
		"oauth_config", "outgoing_domains", "settings", "types", "workflows"},
	"display_information": {"name", "description", "background_color", "long_description"},
	"features":            {"app_home", "assistant_view", "bot_user", "functions", "shortcuts", "slash_commands", "unfurl_domains", "workflow_steps"},
	"features.app_home":   {"home_tab_enabled", "messages_tab_enabled", "messages_tab_read_only_enabled"},
	"features.bot_user":   {"display_name", "always_online"},
	"oauth_config":        {"redirect_urls", "scopes", "token_management_enabled", "pkce_enabled"},
	"oauth_config.scopes": {"bot", "bot_optional", "user", "user_optional"},
	"settings": {"allowed_ip_address_ranges", "event_subscriptions", "function_runtime", "hermes_app_type", "incoming_webhooks", "interactivity", "is_hosted",
		"is_mcp_enabled", "org_deploy_enabled", "siws_links", "socket_mode_enabled", "token_rotation_enabled"},
	"settings.event_subscriptions": {"bot_events", "metadata_subscriptions", "request_url", "user_events"},
	"settings.interactivity":       {"is_enabled", "message_menu_options_url", "request_url"},
	"slash command":                {"command", "description", "should_escape", "url", "usage_hint"},
	"shortcut":                     {"callback_id", "description", "name", "type"},
}

var (
	colourShape = regexp.MustCompile(`^#[0-9a-fA-F]{3}([0-9a-fA-F]{3})?$`)
	scopeShape  = regexp.MustCompile(`^[a-z_.]+(:[a-z_.]+)*$`)
)

// checkManifest says everything for which Slack would refuse a manifest: keys
// that it does not know, and lengths and counts out of bounds.
func checkManifest(raw []byte) error {
	var whole obj
	if err := yaml.Unmarshal(raw, &whole); err != nil {
		return err
	}
	m := manifestCheck{whole: whole}
	for part := range manifestKeys {
		if part != "slash command" && part != "shortcut" {
			m.keys(part, m.part(part))
		}
	}
	display := m.part("display_information")
	m.length("display_information.name", display, "name", 1, 35)
	m.length("display_information.description", display, "description", 0, 140)
	m.length("display_information.long_description", display, "long_description", 0, 4000)
	if words := text(display, "long_description"); words != "" && utf8.RuneCountInString(words) < 175 {
		m.complain("display_information.long_description is shorter than 175 letters")
	}
	if colour := text(display, "background_color"); colour != "" && !colourShape.MatchString(colour) {
		m.complain("display_information.background_color is no colour like #1d3557")
	}
	if bot := m.part("features.bot_user"); bot != nil {
		m.length("features.bot_user.display_name", bot, "display_name", 1, 80)
	}
	m.commands(m.part("features"))
	m.shortcuts(m.part("features"))
	m.scopes(m.part("oauth_config.scopes"))
	if n := len(list(m.part("settings.event_subscriptions"), "bot_events")); n > 100 {
		m.complain("%d bot events are more than 100", n)
	}
	slices.SortFunc(m.bad, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(m.bad...)
}

type manifestCheck struct {
	whole obj
	bad   []error
}

func (m *manifestCheck) complain(format string, args ...any) {
	m.bad = append(m.bad, fmt.Errorf(format, args...))
}

func (m *manifestCheck) part(path string) obj {
	o := m.whole
	for key := range strings.SplitSeq(path, ".") {
		if key != "" {
			o = object(o, key)
		}
	}
	return o
}

func (m *manifestCheck) keys(part string, o obj) {
	for key := range o {
		if !slices.Contains(manifestKeys[part], key) {
			m.complain("unknown key %q %s", key, strings.TrimSpace("in "+part))
		}
	}
}

func (m *manifestCheck) length(what string, o obj, key string, least, most int) {
	if n := utf8.RuneCountInString(text(o, key)); n < least || n > most {
		m.complain("%s has %d letters; it may have %d to %d", what, n, least, most)
	}
}

func (m *manifestCheck) commands(features obj) {
	all := objects(features, "slash_commands")
	if len(all) > 50 {
		m.complain("%d slash commands are more than 50", len(all))
	}
	seen := map[string]bool{}
	for _, c := range all {
		name := text(c, "command")
		m.keys("slash command", c)
		m.length("the slash command "+name, c, "command", 2, 32)
		m.length("the description of "+name, c, "description", 1, 2000)
		m.length("the usage hint of "+name, c, "usage_hint", 0, 1000)
		if !strings.HasPrefix(name, "/") || strings.ContainsAny(name, " \t\n") || name != strings.ToLower(name) {
			m.complain("the slash command %q is not a slash and small letters", name)
		}
		if seen[name] {
			m.complain("the slash command %s is there twice", name)
		}
		seen[name] = true
	}
}

func (m *manifestCheck) shortcuts(features obj) {
	count, seen := map[string]int{}, map[string]bool{}
	for _, sc := range objects(features, "shortcuts") {
		name, kind, id := text(sc, "name"), text(sc, "type"), text(sc, "callback_id")
		m.keys("shortcut", sc)
		m.length("the shortcut "+name, sc, "name", 1, 24)
		m.length("the description of the shortcut "+name, sc, "description", 1, 150)
		m.length("the callback ID of the shortcut "+name, sc, "callback_id", 1, 255)
		if kind != "message" && kind != "global" {
			m.complain("the shortcut %s is of type %q; it may be message or global", name, kind)
		}
		if seen[id] {
			m.complain("the callback ID %s is there twice", id)
		}
		seen[id] = true
		if count[kind]++; count[kind] == 6 {
			m.complain("there are more than 5 shortcuts of the type %s", kind)
		}
	}
}

func (m *manifestCheck) scopes(scopes obj) {
	bot := stringsOf(list(scopes, "bot"))
	if len(bot) > 255 {
		m.complain("%d scopes are more than 255", len(bot))
	}
	seen := map[string]bool{}
	for _, s := range bot {
		if !scopeShape.MatchString(s) || len(s) > 50 {
			m.complain("%q is no scope", s)
		}
		if seen[s] {
			m.complain("the scope %s is there twice", s)
		}
		seen[s] = true
	}
}
