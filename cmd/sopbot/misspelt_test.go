package main

import (
	"slices"
	"testing"
)

func TestASettingThatIsMisspeltIsNamed(t *testing.T) {
	for set, want := range map[string]string{
		"SOPBOT_PLAYBOK":      "SOPBOT_PLAYBOOK",
		"SOPBOT_BACKUP":       "SOPBOT_BACKUPS",
		"SOPBTO_HTTP":         "SOPBOT_HTTP",
		"SOPBOT_DATABASE_URL": "SOPBOT_DATABASE",
		"SOPBOT_LOG_LEVEL":    "SOPBOT_LOG",
		"SLACK_BOTTOKEN":      "SLACK_BOT_TOKEN",
		"SLACK_BOT_TOKEN_FLE": "SLACK_BOT_TOKEN_FILE",
	} {
		if got := misspelt([]string{"HOME=/x", set + "=y"}); !slices.Equal(got, []misspelling{{set, want}}) {
			t.Errorf("%s: %v", set, got)
		}
	}
	// What is a setting, or another program's, is not.
	others := []string{"SOPBOT_SERVICE_HOST=10.0.0.1", "SOPBOT_PORT=tcp://10.0.0.1:80", "SOPBOT_SOAK=1", "SLACK_WEBHOOK_URL=x", "SLACK_CHANNEL=x", "PATH=x", "SOPBOT", ""}
	for _, name := range settingNames() {
		others = append(others, name+"=x")
	}
	if got := misspelt(others); len(got) > 0 || len(settingNames()) < 10 {
		t.Errorf("%v", got)
	}
}
