package gateway

import (
	"context"
	"errors"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

// What becomes of a file: it stands in the person's direct messages, or the
// outbox is told whether there is any use in asking again.
func TestAFileStandsInSomebodysDirectMessages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault   slacksim.Fault
		stands  bool
		fails   bool
		noFiles bool
	}{
		"Slack takes it":                 {stands: true},
		"it may upload nothing":          {fault: slacksim.Fault{Method: "files.getUploadURLExternal", Error: "missing_scope"}, fails: true, noFiles: true},
		"Slack wants no such file":       {fault: slacksim.Fault{Method: "files.completeUploadExternal", Error: "posting_to_channel_denied"}, fails: true, noFiles: true},
		"nobody by that name":            {fault: slacksim.Fault{Method: "conversations.open", Error: "user_not_found"}, fails: true, noFiles: true},
		"the rate is too high":           {fault: slacksim.Fault{Method: "files.getUploadURLExternal", RetryAfter: 10 * time.Minute}, fails: true},
		"the rate is high for a moment":  {fault: slacksim.Fault{Method: "files.getUploadURLExternal", RetryAfter: time.Second}, stands: true},
		"the bytes do not arrive":        {fault: slacksim.Fault{Method: "upload", Status: 503}, fails: true},
		"Slack is down":                  {fault: slacksim.Fault{Method: "conversations.open", Status: 503}, fails: true},
		"Slack is at fault itself":       {fault: slacksim.Fault{Method: "files.completeUploadExternal", Error: "internal_error"}, fails: true},
		"nobody knows what became of it": {fault: slacksim.Fault{Method: "files.completeUploadExternal", DropReply: true}, stands: true, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, slacksim.Options{}, func(*chat.Router, *rig) {})
			if tc.fault.Method != "" {
				r.slack.Fault(tc.fault)
			}
			f := chat.File{Name: "block.ics", Title: "Research.ics", Data: []byte("BEGIN:VCALENDAR\r\n")}
			err := r.Upload(context.Background(), "U0SAM", f, "*Research*, today")
			if (err != nil) != tc.fails || errors.Is(err, chat.ErrNoFiles) != tc.noFiles {
				t.Errorf("err = %v", err)
			}
			got := r.slack.As("sam").Messages("")
			if (len(got) == 1) != tc.stands {
				t.Fatalf("%d messages stand there", len(got))
			}
			if tc.stands && got[0].Text() != "Research, today\n(file: Research.ics)" {
				t.Errorf("there stands %q", got[0].Text())
			}
		})
	}
}
