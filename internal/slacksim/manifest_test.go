package slacksim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const smallManifest = `
display_information: {name: helper}
features:
  app_home: {home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: true}
  bot_user: {display_name: Helper}
  shortcuts: [{name: Find it, type: message, callback_id: find, description: x}]
  slash_commands:
    - {command: /plain, description: x}
    - {command: /wise, description: x, should_escape: true}
oauth_config: {scopes: {bot: [commands, "chat:write", "app_mentions:read"]}}
settings:
  event_subscriptions: {bot_events: [app_mention]}
  interactivity: {is_enabled: true}
  socket_mode_enabled: true
`

func TestTheManifestDecidesWhatTheAppMay(t *testing.T) {
	s := Open(t, Options{World: acme(t), Manifest: []byte(smallManifest)})
	b := (&bot{slash: func(b *bot, e socketmode.Event, c slack.SlashCommand) {
		b.ack(e, map[string]any{"text": "got `" + c.Text + "`"})
	}}).start(t, s)
	sam := s.As("sam")
	sam.Slash("/plain @alex #sales https://a.example")
	sam.Slash("/wise @alex #sales https://a.example <3")
	var got []string
	for _, e := range s.Journal().Envelopes(slashCommands) {
		got = append(got, text(object(e.Request.(obj), "payload"), "text"))
	}
	want := []string{"@alex #sales https://a.example", "<@U0ALEX|alex> <#C0SALES|sales> <https://a.example> &lt;3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	contains(t, sam.Slash("/other").Text(), "/other is not a valid command")
	if _, err := sam.DME(t.Context(), "hi"); err == nil {
		t.Error("one can write in a read-only Messages tab")
	}
	if _, err := sam.GlobalShortcutE(t.Context(), "Find it"); err == nil {
		t.Error("a message shortcut works without a message")
	}
	if _, err := b.api.GetUsers(); err == nil || err.Error() != "missing_scope" {
		t.Errorf("users.list: %v", err)
	}
	if got := post(t, s, s.BotToken(), "views.publish", `{"user_id":"U0SAM","view":{"type":"home","blocks":[]}}`); text(got, "error") != "not_enabled" {
		t.Errorf("a Home that is switched off: %s", encode(got))
	}
	if diff := cmp.Diff(acme(t), s.World()); diff != "" {
		t.Errorf("the world is another one: %s", diff)
	}
}

func TestManifestsThatSlackWouldRefuse(t *testing.T) {
	for name, bad := range map[string]string{
		"no socket mode":      `{"settings":{"socket_mode_enabled":false}}`,
		"an unpaid event":     `{"settings":{"socket_mode_enabled":true,"event_subscriptions":{"bot_events":["message.im"]}}}`,
		"commands, no scope":  `{"settings":{"socket_mode_enabled":true},"features":{"slash_commands":[{"command":"/a"}]}}`,
		"clicks switched off": `{"settings":{"socket_mode_enabled":true},"oauth_config":{"scopes":{"bot":["commands"]}},"features":{"shortcuts":[{"name":"a","type":"global","callback_id":"a"}]}}`,
	} {
		if _, err := Start(Options{Manifest: []byte(bad)}); err == nil {
			t.Errorf("%s: it starts", name)
		}
	}
}
