package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sopbot/internal/slacksim"
)

func TestTheDoctorSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	const sound = "roles:\n  sdr: [S0SDR]\n  ae: [S0AE]\n  manager: [U0DANA]\n  owner: [U0OLA]\nchannels: {handoffs: C0HANDOFF}\n"
	for name, tc := range map[string]struct {
		settings string
		change   func(*manifest)
		env      map[string]string
		want     []string
		problem  bool
	}{
		"all is well": {settings: sound,
			want: []string{"ok       settings", "ok       bot token", "ok       scopes", "ok       app token opens a socket", "ok       role      sdr: 3 people",
				"ok       channel   handoffs: sopbot is in C0HANDOFF", "warning  database  there is none yet"}},
		"a scope is missing": {settings: sound, problem: true,
			change: func(m *manifest) { m.OAuth.Scopes.Bot = m.OAuth.Scopes.Bot[:len(m.OAuth.Scopes.Bot)-1] },
			want:   []string{"problem  scopes", "usergroups:read", "install the app again"}},
		"people and groups that are not there": {settings: "roles:\n  sdr: [S0NONE]\n  ae: [U0NOBODY]\n  manager: [U0RICK]\n", problem: true,
			want: []string{"the user group S0NONE cannot be read: Slack knows none", "U0NOBODY cannot be read", "has left"}},
		"channels that take nothing": {settings: "channels: {handoffs: C0NONE, digest: C0RANDOM}\n", problem: true,
			want: []string{"there is no C0NONE", "sopbot is not in C0RANDOM", "/invite @sopbot", "open to everyone"}},
		"a token that Slack refuses": {settings: sound, env: map[string]string{"SLACK_BOT_TOKEN": "xoxb-wrong", "SLACK_APP_TOKEN": "xapp-wrong"}, problem: true,
			want: []string{"problem  bot token Slack refuses it: invalid_auth", "problem  app token Slack refuses it: invalid_auth"}},
		"no Slack at all": {settings: sound, env: map[string]string{"SLACK_API_URL": "http://127.0.0.1:1/api/"}, problem: true,
			want: []string{"Slack does not answer", "check the network"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := makeManifest(newFeatures().router(), "sopbot")
			if tc.change != nil {
				tc.change(&m)
			}
			raw, err := json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			options, err := demoSlack()
			if err != nil {
				t.Fatal(err)
			}
			options.Manifest = raw
			slack := slacksim.Open(t, options)
			dir := t.TempDir()
			for file, text := range map[string]string{"playbook.yaml": tc.settings, "page.md": "---\ntitle: A page\nowner: ola\n---\nWords.\n"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for key, value := range map[string]string{"SLACK_BOT_TOKEN": slack.BotToken(), "SLACK_APP_TOKEN": slack.AppToken(), "SLACK_API_URL": slack.URL(),
				"SOPBOT_PLAYBOOK": dir, "SOPBOT_DATABASE": filepath.Join(dir, "sopbot.db")} {
				t.Setenv(key, value)
			}
			for key, value := range tc.env {
				t.Setenv(key, value)
			}
			var out bytes.Buffer
			err = doctorCommand{}.Run(t.Context(), streams{out: &out})
			var code exit
			if problem := errors.As(err, &code) && code == 1; problem != tc.problem || err != nil && !problem {
				t.Errorf("it ends with %v", err)
			}
			has(t, "the doctor", out.String(), tc.want...)
			if strings.Contains(out.String(), slack.BotToken()) {
				t.Error("a token is shown")
			}
		})
	}
}
