package slacksim

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// What an admin of the workspace does.

func TestTheAppIsInvitedIntoAChannel(t *testing.T) {
	s := open(t, Options{Scopes: []string{"chat:write"}})
	sam := s.As("sam")
	if got := post(t, s, s.BotToken(), "chat.postMessage", `{"channel":"C0RANDOM","text":"hi"}`); text(got, "error") != "not_in_channel" {
		t.Fatalf("posting as a stranger: %s", encode(got))
	}
	contains(t, sam.In("#random").Slash("/invite @alex").Text(), "Only the app can be invited")
	contains(t, sam.In("#random").Slash("/invite @app").Text(), "app was added to #random")
	contains(t, sam.In("#random").Slash("/invite @app").Text(), "already in this channel")
	if got := post(t, s, s.BotToken(), "chat.postMessage", `{"channel":"C0RANDOM","text":"hi"}`); !truth(got, "ok") {
		t.Errorf("posting as a guest: %s", encode(got))
	}
}

func TestSocketModeSwitchedOffIsToldOnTheSocket(t *testing.T) {
	s := open(t, Options{})
	dial := func() string {
		t.Helper()
		url := text(post(t, s, s.AppToken(), "apps.connections.open", `{}`), "url")
		conn, _, err := websocket.DefaultDialer.Dial(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, frame, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		return string(frame)
	}
	s.SwitchSocketMode(false)
	contains(t, dial(), `"reason":"link_disabled"`)
	s.SwitchSocketMode(true)
	contains(t, dial(), `"type":"hello"`)
}

func TestWhatAnAdminHasSetIsShown(t *testing.T) {
	w := acme(t)
	w.People[0].Zoneless = true
	w.Groups[0].Disabled = true
	w.Channels[0].Shared = true
	s := open(t, Options{World: w})
	get := func(method string) obj { // reading methods take queries, and no JSON
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+method, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.BotToken())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		v, err := decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		return v.(obj)
	}
	if u := object(get("users.info?user="+w.People[0].ID), "user"); u["tz"] != nil {
		t.Errorf("the zone of somebody without one: %v", u["tz"])
	}
	if c := object(get("conversations.info?channel="+w.Channels[0].ID), "channel"); !truth(c, "is_ext_shared") {
		t.Errorf("a shared channel: %s", encode(c))
	}
	if got := get("usergroups.users.list?usergroup=" + w.Groups[0].ID); text(got, "error") != "no_such_subteam" {
		t.Errorf("a disabled group: %s", encode(got))
	}
	for query, want := range map[string]int{"usergroups.list": len(w.Groups) - 1, "usergroups.list?include_disabled=true": len(w.Groups)} {
		if got := len(list(get(query), "usergroups")); got != want {
			t.Errorf("%s: %d groups, want %d", query, got, want)
		}
	}
}

func TestAManifestThatSlackWouldRefuseIsRefused(t *testing.T) {
	sound := `{"display_information":{"name":"x"},"features":{"slash_commands":[{"command":"/a","description":"d"}]},"oauth_config":{"scopes":{"bot":["commands"]}},"settings":{"socket_mode_enabled":true}}`
	if _, err := featuresOf(Options{Manifest: []byte(sound)}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ from, to, want string }{
		"a name that is too long":       {`"name":"x"`, `"name":"` + strings.Repeat("x", 36) + `"`, "name has 36 letters"},
		"a key that Slack knows not":    {`"name":"x"`, `"name":"x","colour":"red"`, `unknown key "colour" in display_information`},
		"a command without a slash":     {`"/a"`, `"a b"`, `"a b" is not a slash`},
		"a command without words":       {`"description":"d"`, `"description":""`, "description of /a has 0"},
		"a command that is there twice": {`[{"command":"/a","description":"d"}`, `[{"command":"/a","description":"d"},{"command":"/a","description":"e"}`, "/a is there twice"},
		"a scope that is none":          {`["commands"]`, `["commands","Read All"]`, `"Read All" is no scope`},
		"a key at the top":              {`"settings"`, `"setings":{},"settings"`, `unknown key "setings"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := featuresOf(Options{Manifest: []byte(strings.Replace(sound, tc.from, tc.to, 1))})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q", err, tc.want)
			}
		})
	}
}
