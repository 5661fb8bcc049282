package main

import (
	"strings"
	"testing"
)

// The page of a Slack without a bot, as whoever rehearses docs/install.md has
// it before them: the app is invited, and a command says that nobody answers.
func TestTheRehearsalInTheBrowser(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir(), "--slack-only", "--no-open")
	await(t, "the settings for one's own bot are printed", func() bool { return strings.Contains(d.said.String(), "export SLACK_API_URL="+d.address+"api/") })
	sam := d.window(t, "sam", "#handoffs")
	sam.send("/invite @sopbot")
	sam.sees("sopbot was added to #handoffs")
	sam.send("/sop pricing")
	sam.sees("dispatch_failed")
	sam.picture("rehearsal")
}
