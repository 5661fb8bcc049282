package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

func TestWhatNoNewTryCanMendEndsInPlainWords(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"auth.test invalid_auth": "copy the Bot User OAuth Token", "auth.test not_allowed_token_type": "copy the Bot User OAuth Token",
		"auth.test token_revoked": "no longer valid", "auth.test account_inactive": "no longer valid", "auth.test 404": "SLACK_API_URL",
		"apps.connections.open invalid_auth": "copy the app-level token", "apps.connections.open not_authed": "copy the app-level token",
		"apps.connections.open not_allowed_token_type": "copy the app-level token", "apps.connections.open missing_scope": "connections:write",
		"apps.connections.open token_revoked": "make a new app-level token", "apps.connections.open token_expired": "make a new app-level token",
		"apps.connections.open account_inactive": "make a new app-level token", "apps.connections.open 404": "SLACK_API_URL",
	} {
		t.Run(said, func(t *testing.T) {
			t.Parallel()
			refused, code, _ := strings.Cut(said, " ")
			b := startBare(t, &bare{call: func(w http.ResponseWriter, method, _ string) bool {
				switch {
				case method != refused:
					return false
				case code == "404":
					w.WriteHeader(http.StatusNotFound)
				default:
					w.Header().Set("Content-Type", "application/json")
					fmt.Fprintf(w, `{"ok":false,"error":%q}`, code)
				}
				return true
			}})
			g := New(Options{BotToken: b.BotToken(), AppToken: b.AppToken(), APIURL: b.URL(), Router: chat.NewRouter(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err := g.Hello(ctx)
			if err == nil {
				err = g.Run(ctx)
			}
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || ctx.Err() != nil {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestSlackIsAskedAgainNoSoonerThanItSaysAndNoLaterThanIsGood(t *testing.T) {
	t.Parallel()
	after := func(d time.Duration) error { return &slack.RateLimitedError{RetryAfter: d} }
	for name, tc := range map[string]struct {
		err     error
		backoff time.Duration
		ends    bool
		pause   time.Duration
	}{
		"a short wait goes on":             {err: errors.New("down"), backoff: 12 * time.Second},
		"a long one is cut short":          {err: errors.New("down"), backoff: 26 * time.Second, ends: true},
		"a minute that Slack asks for":     {err: after(time.Minute), backoff: time.Minute},
		"longer than Slack asks for":       {err: after(20 * time.Second), backoff: 2 * time.Minute, ends: true, pause: 20 * time.Second},
		"what nobody but a person can fix": {err: errors.New("missing_scope"), backoff: time.Second, ends: true},
	} {
		t.Run(name, func(t *testing.T) {
			g := New(Options{APIURL: "http://127.0.0.1:9/", Log: slog.New(slog.DiscardHandler)})
			canceled := false
			l := &lane{ended: make(chan error, 1), cancel: func() { canceled = true }}
			g.cannotConnect(l, &slack.ConnectionErrorEvent{ErrorObj: tc.err, Backoff: tc.backoff})
			if canceled != tc.ends || len(l.ended) == 1 != tc.ends {
				t.Fatalf("ended %v", canceled)
			}
			var slow tooSlow
			if tc.ends && errors.As(<-l.ended, &slow) && slow.after != tc.pause {
				t.Errorf("waits %v", slow.after)
			}
		})
	}
}

func TestASlackThatWasDownIsUsedSoonAfterItIsBack(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	r := onBare(t, b, nil)
	var limited atomic.Int64
	b.refuse(func(w http.ResponseWriter) bool {
		if limited.Add(1) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		} else {
			w.WriteHeader(http.StatusBadGateway)
		}
		return true
	})
	for _, s := range b.every() {
		_ = s.conn.Close()
	}
	r.await(t, "several tries", func() bool { return limited.Load() > 6 })
	b.refuse(nil)
	back := time.Now()
	r.await(t, "sockets", func() bool { return r.Connected() == 2 })
	if took := time.Since(back); took > 4*time.Second {
		t.Errorf("came back after %v", took)
	}
	b.echo(t, b.live()[0], "back")
}

func TestAtTheStartSlackIsWaitedFor(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	b := startBare(t, &bare{call: func(w http.ResponseWriter, method, _ string) bool {
		if method != "auth.test" {
			return false
		}
		switch asked.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			return false
		}
		return true
	}})
	onBare(t, b, nil)
	if asked.Load() != 3 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestResponseURLsThatRefuseAreTriedAgainWhereThatDoesNoHarm(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil)
	for name, tc := range map[string]struct {
		fault     slacksim.Fault
		inChannel bool
		want      string // in the error
	}{
		"once limited":                         {fault: slacksim.Fault{RetryAfter: time.Second}},
		"limited for everybody":                {fault: slacksim.Fault{RetryAfter: time.Second}, inChannel: true},
		"broken twice":                         {fault: slacksim.Fault{Status: 503, Times: 2}},
		"broken, and everybody would see two":  {fault: slacksim.Fault{Status: 503}, inChannel: true, want: "HTTP 503"},
		"broken for good":                      {fault: slacksim.Fault{Status: 500, Times: 4}, want: "HTTP 500"},
		"refused in Slack's words":             {fault: slacksim.Fault{Error: "invalid_blocks"}, want: "invalid_blocks"},
		"used up or unknown":                   {want: "HTTP 404"},
		"taken, but the answer is lost on way": {fault: slacksim.Fault{DropReply: true}, want: "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			url := r.slack.URL()
			if name == "used up or unknown" {
				url = strings.Replace(url, "/api/", "/commands/none", 1)
			} else {
				r.slack.As("sam").In("#general").Slash("/echo hello")
				all := r.slack.Journal().Envelopes("slash_commands")
				url = all[len(all)-1].Request.(map[string]any)["payload"].(map[string]any)["response_url"].(string)
				tc.fault.Method = "response_url"
				r.slack.Fault(tc.fault)
			}
			m := chat.Say("told: " + name)
			m.InChannel = tc.inChannel
			err := r.Respond(context.Background(), url, m)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("ended with %v", err)
			}
			if err != nil && strings.Contains(err.Error(), "/commands/") {
				t.Errorf("the error tells the URL: %v", err)
			}
			if tc.want == "" {
				r.slack.As("sam").In("#general").WaitFor("told: " + name)
			}
		})
	}
}

func TestCallsThatFailAreErrorsWithSlacksOwnWords(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil)
	ctx := context.Background()
	post := func() error { _, err := r.Post(ctx, "C0GEN", chat.Say("x")); return err }
	view := form("x")
	open := func() error { return r.OpenView(ctx, "1.2.3", view) }
	for name, tc := range map[string]struct {
		fault slacksim.Fault
		do    func() error
		want  string
		calls int
	}{
		"a message, limited":     {slacksim.Fault{Method: "chat.postMessage", RetryAfter: time.Second}, post, "", 2},
		"a message, broken":      {slacksim.Fault{Method: "chat.postMessage", Status: 502}, post, "502", 1},
		"a message, who knows":   {slacksim.Fault{Method: "chat.postMessage", DropReply: true}, post, "EOF", 1},
		"a message, refused":     {slacksim.Fault{Method: "chat.postMessage", Error: "is_archived"}, post, "is_archived", 1},
		"a view with no trigger": {slacksim.Fault{Method: "none"}, open, "trigger", 1},
		"a view, limited":        {slacksim.Fault{Method: "views.open", RetryAfter: time.Second}, open, "trigger", 2},
	} {
		t.Run(name, func(t *testing.T) {
			r.slack.ClearFaults()
			r.slack.Fault(tc.fault)
			// A socket that is replaced meanwhile is none of these.
			count := func() int {
				return len(r.slack.Journal().Calls("chat.postMessage")) + len(r.slack.Journal().Calls("views.open"))
			}
			before := count()
			err := tc.do()
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("ended with %v", err)
			}
			if n := count() - before; n != tc.calls {
				t.Errorf("%d calls, want %d", n, tc.calls)
			}
		})
	}
	b := startBare(t, &bare{call: func(w http.ResponseWriter, method, _ string) bool {
		if method == "auth.test" || method == "apps.connections.open" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"ok":false}`) // slack-go takes it for a success
		return true
	}})
	odd := connect(t, b, filepath.Join(t.TempDir(), "db"), nil)
	if _, err := odd.Post(ctx, "C1", chat.Say("x")); err == nil {
		t.Error("a message that Slack did not take counts as posted")
	}
	if p, err := odd.Profile(ctx, "U1"); err == nil {
		t.Errorf("nobody has the profile %+v", p)
	}
	if members, err := odd.Group(ctx, "S1"); err == nil {
		t.Errorf("no answer is a group of %d", len(members))
	}
}
