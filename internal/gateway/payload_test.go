package gateway

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// nowhere answers every call with success, and asks nobody.
type nowhere struct{}

func (nowhere) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"ok":true,"ts":"1.1"}`))}, nil
}

// said gives the text frames that a client wrote, unmasked.
func said(raw []byte) (out []string) {
	for len(raw) >= 6 {
		n, head := int(raw[1]&0x7f), 2
		if n == 126 {
			n, head = int(binary.BigEndian.Uint16(raw[2:])), 4
		}
		mask, payload := raw[head:head+4], raw[head+4:head+4+n]
		text := make([]byte, n)
		for i := range payload {
			text[i] = payload[i] ^ mask[i%4]
		}
		out = append(out, string(text))
		raw = raw[head+4+n:]
	}
	return out
}

// FuzzPayload feeds the dispatcher what Slack might send, or somebody else:
// whatever it is, it is acknowledged once if it has an envelope_id.
func FuzzPayload(f *testing.F) {
	for _, s := range []string{
		`{"command":"/echo","text":"x","is_enterprise_install":"false","trigger_id":"1"}`, `{"command":"/panic","response_url":"http://x.test/"}`, `{"command":7}`,
		`{"type":"block_actions","actions":[{"action_id":1}],"view":{"id":"V"}}`, `{"type":"block_actions","user":{"id":"U1"},"trigger_id":"t","actions":[{"action_id":"panic:1","selected_options":[{"value":null}]},null]}`,
		`{"type":"view_submission","view":{"id":"V","callback_id":"errors","blocks":[{"type":"input","block_id":"a"},7],"state":{"values":{"a":{"b":{"type":"x","selected_option":null,"value":null}}}}}}`,
		`{"type":"view_submission","view":{"id":"V","callback_id":"panic","state":{"values":[]}}}`, `{"type":"view_submission","view":{"id":"V","callback_id":"long"}}`, `{"type":"view_submission"}`,
		`{"type":"view_closed","view":{"id":"V","callback_id":"panic"},"is_cleared":"yes"}`, `{"type":"block_suggestion","action_id":"panic","value":[]}`, `{"type":"shortcut","callback_id":"panic"}`, `{"type":"message_action","message":7,"callback_id":{}}`,
		`{"event":{"type":"app_mention","user":"U1","text":"<@U0BOT hi"},"event_id":"E"}`, `{"event":{"type":"message","channel_type":"im","user":"U1","text":["x"]}}`, `{"event":null}`, `null`, `[]`, `"x"`, `{"view":null,"message":[]}`, ``,
	} {
		for _, kind := range []string{"slash_commands", "interactive", "events_api", "nonsense"} {
			f.Add(`{"envelope_id":"e1","type":"` + kind + `","payload":` + s + `}`)
		}
		f.Add(s)
	}
	db, err := database.Open(context.Background(), filepath.Join(f.TempDir(), "db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { db.Close() })
	router := chat.NewRouter()
	router.OnCommand(chat.CommandHelp{Name: "/echo"}, func(_ context.Context, c chat.Command) (chat.Message, error) { return chat.Say(c.Text), nil })
	router.OnCommand(chat.CommandHelp{Name: "/panic"}, func(context.Context, chat.Command) (chat.Message, error) { panic("boom") })
	router.OnClick("panic", func(context.Context, chat.Click) error { panic("boom") })
	router.OnSubmission("panic", func(context.Context, chat.Submission) (chat.Answer, error) { panic("boom") })
	router.OnSubmission("errors", func(_ context.Context, s chat.Submission) (chat.Answer, error) {
		return chat.Answer{}, chat.FieldErrors{"a": s.View.State.Text("a")}
	})
	router.OnSubmission("long", func(context.Context, chat.Submission) (chat.Answer, error) { return chat.Answer{Push: long("x")}, nil })
	router.OnClosing("panic", func(context.Context, chat.Closing) error { panic("boom") })
	router.OnSuggestion("panic", func(context.Context, chat.Suggestion) ([]*slack.OptionBlockObject, error) { panic("boom") })
	router.OnShortcut(chat.ShortcutHelp{Callback: "panic"}, func(context.Context, chat.Shortcut) error { panic("boom") })
	router.OnMention(func(_ context.Context, m chat.Mention) error { return chat.Refusal(m.Text) })
	g := New(Options{BotToken: "xoxb", APIURL: "http://slack.test/", Router: router, DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	g.self.User = "U0BOT"
	g.http = &http.Client{Transport: nowhere{}}
	g.api = slack.New("xoxb", slack.OptionAPIURL("http://slack.test/"), slack.OptionHTTPClient(g.http))

	f.Fuzz(func(t *testing.T, message string) {
		g.seen, g.jobs = newSeen(), make(chan *job, 1)
		g.workers.Store(maxWorkers) // nobody is hired: the test works
		line := &pieces{}
		l := &lane{}
		w := newWire(line, func(string) {}, func() {})
		w.framing = true
		l.wire.Store(w)
		l.up.Store(true)
		g.badMessage(l, &socketmode.ErrorBadMessage{Cause: errors.New("who knows"), Message: json.RawMessage(message)})
		var env envelope
		if json.Unmarshal([]byte(message), &env) != nil || env.ID == "" {
			if len(g.jobs) > 0 {
				t.Fatal("nothing that can be acknowledged became a job")
			}
			return
		}
		g.work(<-g.jobs)
		acks := said(line.sent.Bytes())
		if len(acks) != 1 {
			t.Fatalf("acknowledged %d times: %q", len(acks), acks)
		}
		var ack struct {
			ID string `json:"envelope_id"`
		}
		if err := json.Unmarshal([]byte(acks[0]), &ack); err != nil || ack.ID != env.ID || len(acks[0]) >= maxAck {
			t.Fatalf("acknowledged with %d bytes, %v: %.200s", len(acks[0]), err, acks[0])
		}
		if g.busy.n.Load() != 0 || l.busy.n.Load() != 0 {
			t.Fatal("it counts as being answered still")
		}
	})
}

func TestTheBotsOwnNameIsTakenOutOfAMention(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"<@U0BOT> hi": "hi", "hi <@U0BOT>": "hi", "<@U0BOT|sopbot> hi <@U1>": "hi <@U1>", "<@U0BOT>": "", "": "", "<@U0BOT hi": "<@U0BOT hi",
		"<@U0BOTHER> and <@U0BOT> hi": "<@U0BOTHER> and   hi", "a<@U0BOT>b": "a b",
	} {
		if got := withoutSelf(text, "U0BOT"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
