package main

import (
	"fmt"
	"os"
	"strings"
)

// secretNames are the settings that may stand in a file of their own, named by
// NAME_FILE: what keeps secrets for containers and services hands them out as
// files, which do not show in a list of processes or in an inspection.
var secretNames = []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SOPBOT_DATABASE", "PGPASSWORD"}

// readSecrets puts what such files hold where the settings are looked for.
func readSecrets() error {
	for _, name := range secretNames {
		file := os.Getenv(name + "_FILE")
		if file == "" {
			continue
		}
		if os.Getenv(name) != "" {
			return fmt.Errorf("%s and %s_FILE are both set; leave one of them out", name, name)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("%s_FILE: %w", name, err)
		}
		if err := os.Setenv(name, strings.TrimSpace(string(raw))); err != nil {
			return fmt.Errorf("%s_FILE: what %s holds cannot be a setting", name, file)
		}
	}
	return nil
}
