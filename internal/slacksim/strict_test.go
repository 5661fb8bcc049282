package slacksim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post calls a method with a JSON body and gives the reply.
func post(t *testing.T, s *Slack, token, method, body string) obj {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, s.URL()+method, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
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
		t.Fatalf("%s answered %q", method, raw)
	}
	reply := v.(obj)
	reply["http"] = resp.StatusCode
	reply["retry"] = resp.Header.Get("Retry-After")
	return reply
}

func section(words string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, words)
}

func TestWhatTheWebAPIRefuses(t *testing.T) {
	s := open(t, Options{Scopes: []string{"chat:write", "im:write"}})
	long := strings.Repeat("x", 3001)
	for name, tc := range map[string]struct {
		token, method, body string
		want                string // the error
		say                 string // contained in the reply
	}{
		"no token":                   {"", "auth.test", `{}`, "not_authed", ""},
		"a made-up token":            {"xoxb-nope", "auth.test", `{}`, "invalid_auth", ""},
		"an app token for a message": {s.AppToken(), "chat.postMessage", `{}`, "not_allowed_token_type", ""},
		"a bot token for a socket":   {s.BotToken(), "apps.connections.open", `{}`, "not_allowed_token_type", ""},
		"a method nobody knows":      {s.BotToken(), "chat.shout", `{}`, "unknown_method", ""},
		"a scope that is missing":    {s.BotToken(), "users.list", `{}`, "missing_scope", `"needed":"users:read"`},
		"broken JSON":                {s.BotToken(), "chat.postMessage", `{`, "invalid_json", ""},
		"no such channel":            {s.BotToken(), "chat.postMessage", `{"channel":"C0NO","text":"x"}`, "channel_not_found", ""},
		"a channel without the bot":  {s.BotToken(), "chat.postMessage", `{"channel":"C0RANDOM","text":"x"}`, "not_in_channel", ""},
		"an archived channel":        {s.BotToken(), "chat.postMessage", `{"channel":"C0OLD","text":"x"}`, "is_archived", ""},
		"an empty message":           {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES"}`, "no_text", ""},
		"a reply to nothing":         {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","thread_ts":"1.2"}`, "cannot_reply_to_message", ""},
		"a section too long": {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","blocks":[` + section(long) + `]}`,
			"invalid_blocks", "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"},
		"an unknown key": {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","blocks":[{"type":"divider","colour":"red"}]}`,
			"invalid_blocks", "invalid additional property: colour [json-pointer:/blocks/0]"},
		"an alert in a message": {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","blocks":[{"type":"alert","text":{"type":"mrkdwn","text":"x"}}]}`,
			"invalid_blocks", "unsupported type: alert [json-pointer:/blocks/0/type]"},
		"emoji on mrkdwn": {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}]}`,
			"invalid_blocks", "invalid additional property: emoji"},
		"an ephemeral for a stranger":  {s.BotToken(), "chat.postEphemeral", `{"channel":"C0HANDOFF","user":"U0GABE","text":"x"}`, "user_not_in_channel", ""},
		"a DM with somebody who left":  {s.BotToken(), "conversations.open", `{"users":"U0RICK"}`, "user_disabled", ""},
		"a made-up trigger":            {s.BotToken(), "views.open", `{"trigger_id":"1.2.3","view":{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}}`, "invalid_trigger_id", ""},
		"a title too long":             {s.BotToken(), "views.open", `{"trigger_id":"1.2.3","view":{"type":"modal","title":{"type":"plain_text","text":"1234567890123456789012345"},"blocks":[]}}`, "invalid_arguments", "must be less than 25 characters [json-pointer:/view/title/text]"},
		"an input without submit":      {s.BotToken(), "views.open", `{"trigger_id":"1.2.3","view":{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[{"type":"input","label":{"type":"plain_text","text":"x"},"element":{"type":"plain_text_input"}}]}}`, "invalid_arguments", "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0]"},
		"a schedule in the past":       {s.BotToken(), "chat.scheduleMessage", `{"channel":"C0SALES","text":"x","post_at":1}`, "time_in_past", ""},
		"a schedule in half a year":    {s.BotToken(), "chat.scheduleMessage", fmt.Sprintf(`{"channel":"C0SALES","text":"x","post_at":%d}`, s.Now().AddDate(0, 6, 0).Unix()), "time_too_far", ""},
		"an update of nothing":         {s.BotToken(), "chat.update", `{"channel":"C0SALES","ts":"1.2","text":"x"}`, "message_not_found", ""},
		"metadata without a payload":   {s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x","metadata":{"event_type":"a"}}`, "invalid_metadata_schema", ""},
		"reading methods take no JSON": {s.BotToken(), "auth.test", `{"x":1}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := post(t, s, tc.token, tc.method, tc.body)
			if text(got, "error") != tc.want || !strings.Contains(string(encode(got)), strings.Trim(string(encode(tc.say)), `"`)) && !strings.Contains(string(encode(got)), tc.say) {
				t.Errorf("got %s, want %s %s", encode(got), tc.want, tc.say)
			}
		})
	}
}

func TestATriggerOpensOnceAndForThreeSeconds(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := open(t, Options{Now: func() time.Time { return now }, VirtualDeadlines: true})
	s.mu.Lock()
	first, second := s.newTrigger("U0SAM", "C0SALES"), s.newTrigger("U0SAM", "C0SALES")
	s.mu.Unlock()
	body := func(trigger, more string) string {
		return `{"trigger_id":"` + trigger + `","view":{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]` + more + `}}`
	}
	opened := post(t, s, s.BotToken(), "views.open", body(first, `,"external_id":"e"`))
	id, hash := text(object(opened, "view"), "id"), text(object(opened, "view"), "hash")
	for _, tc := range []struct{ method, body, want string }{
		{"views.open", body(first, ""), "exchanged_trigger_id"},
		{"views.push", body(second, `,"external_id":"e"`), "duplicate_external_id"},
		{"views.push", body(second, ""), ""},
		{"views.update", `{"view_id":"` + id + `","hash":"` + hash + `",` + body("", "")[1:], ""},
		{"views.update", `{"view_id":"` + id + `","hash":"` + hash + `",` + body("", "")[1:], "hash_conflict"},
		{"views.update", `{"view_id":"V0NONE",` + body("", "")[1:], "not_found"},
	} {
		if got := text(post(t, s, s.BotToken(), tc.method, tc.body), "error"); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.method, got, tc.want)
		}
	}
	s.mu.Lock()
	third, fourth, late := s.newTrigger("U0SAM", ""), s.newTrigger("U0SAM", ""), s.newTrigger("U0SAM", "")
	s.mu.Unlock()
	if got := text(post(t, s, s.BotToken(), "views.push", body(third, "")), "error"); got != "" {
		t.Errorf("a third view: %s", got)
	}
	if got := text(post(t, s, s.BotToken(), "views.push", body(fourth, "")), "error"); got != "push_limit_reached" {
		t.Errorf("a fourth view: %q", got)
	}
	s.Advance(3001 * time.Millisecond)
	if got := text(post(t, s, s.BotToken(), "views.open", body(late, "")), "error"); got != "expired_trigger_id" {
		t.Errorf("late: %q", got)
	}
}

func TestAResponseURLServesFiveTimesInHalfAnHour(t *testing.T) {
	s := open(t, Options{})
	send := func(url, body string) string {
		t.Helper()
		resp, err := http.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", string(raw))
	}
	s.mu.Lock()
	url := s.newReplyURL(&replyURL{kind: "commands", person: "U0SAM", room: "C0RANDOM"})
	old := s.newReplyURL(&replyURL{kind: "commands", person: "U0SAM", room: "C0SALES"})
	s.mu.Unlock()
	for i := range 5 {
		if got := send(url, fmt.Sprintf(`{"text":"no %d"}`, i)); got != "200 ok" {
			t.Fatalf("use %d: %s", i+1, got)
		}
	}
	if got := send(url, `{"text":"six"}`); got != "404 used_url" {
		t.Errorf("a sixth use: %s", got)
	}
	if n := len(s.As("sam").Messages("#random")); n != 5 {
		t.Errorf("sam sees %d messages", n)
	}
	if n := len(s.As("lena").Messages("#random")); n != 0 {
		t.Errorf("lena sees %d ephemeral messages", n)
	}
	if got := send(old, `{"text":"x","blocks":[{"type":"nope"}]}`); !strings.HasPrefix(got, "400 invalid_blocks") {
		t.Errorf("bad blocks: %s", got)
	}
	s.Advance(31 * time.Minute)
	if got := send(old, `{"text":"late"}`); got != "404 expired_url" {
		t.Errorf("after half an hour: %s", got)
	}
}

func TestSchedulesFollowTheClock(t *testing.T) {
	s := open(t, Options{})
	at := func(d time.Duration) int64 { return s.Now().Add(d).Unix() }
	body := func(d time.Duration, more string) string {
		return fmt.Sprintf(`{"channel":"C0SALES","text":"later","post_at":%d%s}`, at(d), more)
	}
	first := post(t, s, s.BotToken(), "chat.scheduleMessage", body(2*time.Hour, ""))
	post(t, s, s.BotToken(), "chat.scheduleMessage", body(3*time.Hour, `,"metadata":{"event_type":"a","event_payload":{}}`))
	gone := post(t, s, s.BotToken(), "chat.scheduleMessage", body(4*time.Hour, ""))
	if text(first, "error") != "" || !strings.HasPrefix(text(first, "scheduled_message_id"), "Q") {
		t.Fatalf("%s", encode(first))
	}
	listed := post(t, s, s.BotToken(), "chat.scheduledMessages.list", `{}`)
	if n := len(list(listed, "scheduled_messages")); n != 3 {
		t.Errorf("%d are listed", n)
	}
	post(t, s, s.BotToken(), "chat.deleteScheduledMessage", `{"channel":"C0SALES","scheduled_message_id":"`+text(gone, "scheduled_message_id")+`"}`)
	s.Advance(2*time.Hour - 30*time.Second)
	if got := text(post(t, s, s.BotToken(), "chat.deleteScheduledMessage", `{"channel":"C0SALES","scheduled_message_id":"`+text(first, "scheduled_message_id")+`"}`), "error"); got != "invalid_scheduled_message_id" {
		t.Errorf("deleting within the last minute: %q", got)
	}
	s.Advance(5 * time.Hour)
	if n := len(s.As("sam").Messages("#sales")); n != 1 {
		t.Errorf("%d messages were posted, want 1: one was deleted, one has metadata", n)
	}
	for i := range 31 {
		got := text(post(t, s, s.BotToken(), "chat.scheduleMessage", body(time.Hour, "")), "error")
		if want := map[bool]string{true: "restricted_too_many"}[i == 30]; got != want {
			t.Fatalf("message %d in five minutes: %q", i+1, got)
		}
	}
}

func TestRatesAreLimitedOnDemand(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := open(t, Options{StrictRates: true, Now: func() time.Time { return now }})
	var last obj
	for range 4 {
		last = post(t, s, s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x"}`)
	}
	if last["http"] != 429 || text(last, "error") != "ratelimited" || last["retry"] != "1" {
		t.Errorf("the fourth at once: %s", encode(last))
	}
	s.Advance(time.Second)
	if got := post(t, s, s.BotToken(), "chat.postMessage", `{"channel":"C0SALES","text":"x"}`); got["http"] != 200 {
		t.Errorf("a second later: %s", encode(got))
	}
}

func TestFaultsStrikeAsOftenAsAsked(t *testing.T) {
	s := open(t, Options{})
	body := `{"channel":"C0SALES","text":"x"}`
	s.Fault(Fault{Method: "chat.postMessage", Error: "internal_error"})
	s.Fault(Fault{Method: "chat.postMessage", RetryAfter: 1500 * time.Millisecond})
	s.Fault(Fault{Method: "chat.postMessage", DropReply: true})
	if got := post(t, s, s.BotToken(), "chat.postMessage", body); text(got, "error") != "internal_error" {
		t.Errorf("first: %s", encode(got))
	}
	if got := post(t, s, s.BotToken(), "chat.postMessage", body); got["http"] != 429 || got["retry"] != "2" {
		t.Errorf("second: %s", encode(got))
	}
	if n := len(s.As("sam").Messages("#sales")); n != 0 {
		t.Errorf("%d messages after two refusals", n)
	}
	req, _ := http.NewRequest(http.MethodPost, s.URL()+"chat.postMessage", bytes.NewBufferString(body))
	req.GetBody = nil // no silent second try
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.BotToken())
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Error("the reply was not dropped")
	}
	if n := len(s.As("sam").Messages("#sales")); n != 1 {
		t.Errorf("%d messages after the dropped reply, want 1", n)
	}
	s.Fault(Fault{Method: "auth.test", Status: 503})
	resp, err := http.Post(s.URL()+"auth.test", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 503 {
		t.Errorf("status %d", resp.StatusCode)
	}
}
