package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// oracle answers every call alike.
type oracle struct {
	status  int
	retry   string
	body    string
	answers int
}

func (o *oracle) RoundTrip(q *http.Request) (*http.Response, error) {
	if q.Body != nil {
		_, _ = io.Copy(io.Discard, q.Body)
		_ = q.Body.Close()
	}
	o.answers++
	h := http.Header{"Content-Type": {"application/json"}}
	if o.retry != "" {
		h.Set("Retry-After", o.retry)
	}
	return &http.Response{StatusCode: o.status, Status: fmt.Sprint(o.status), Header: h, Body: io.NopCloser(strings.NewReader(o.body)), Request: q}, nil
}

// answeredBy is a gateway whose Slack is an oracle.
func answeredBy(o *oracle, db *database.DB) *Gateway {
	g := New(Options{BotToken: "xoxb-secret", APIURL: "http://slack.test/api/", Router: chat.NewRouter(), DB: db, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	g.http.Transport = reader{o, g.APIURL}
	return g
}

var oddReplies = []string{
	`{"ok":true}`, `{"ok":false}`, `{}`, `null`, `[]`, `"ok"`, `ok`, ``, `{"ok":true`, `{"ok":"true"}`, `{"ok":true,"ok":false,"error":"x"}`, `<html>nginx</html>`,
	`{"ok":false,"error":"invalid_auth"}`, `{"ok":false,"error":"ratelimited"}`, `{"ok":false,"error":7}`, `{"ok":false,"error":"channel_not_found","response_metadata":{"messages":["x"]}}`,
	`{"ok":true,"channel":"C1","ts":"1.5"}`, `{"ok":true,"channel":{"id":"D1"},"ts":1.5}`, `{"ok":true,"channel":"","ts":""}`, `{"ok":true,"channel":null}`, `{"ok":true,"channel":{"id":"D1"}}`,
	`{"ok":true,"messages":[null,{"ts":7},{"metadata":{"event_type":"sopbot_post","event_payload":{"id":["x"]}}}],"response_metadata":{"next_cursor":"again"}}`,
	`{"ok":true,"messages":[{"ts":"1.5","blocks":[{"type":"new_in_2031","x":[]}]}],"has_more":true}`,
	`{"ok":true,"user":null}`, `{"ok":true,"user":{"id":"U2"}}`, `{"ok":true,"user":{"id":"U1","tz":"Nowhere/At_all","profile":{"display_name":"<!channel>\u0000"},"deleted":"no"}}`, `{"ok":true,"users":["U1",null,7]}`,
	`{"ok":true,"view":{"blocks":[{"type":7}]}}`, `{"ok":true,"upload_url":"http://elsewhere.test/x","file_id":"F1","files":[]}`, `{"ok":true,"upload_url":"::","file_id":"F1"}`, `{"ok":true,"warning":{},"extra":1e999}`,
}

// FuzzReply gives the gateway an answer that nobody expects. Each call comes
// back in its time, with success only where Slack said so, and tells nobody its
// token.
func FuzzReply(f *testing.F) {
	for i, s := range oddReplies {
		f.Add(uint8(i), 200, "", s)
	}
	for _, retry := range []string{"", "1", "0", "-5", "99999999999", "9223372036854775807", "99999999999999999999", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", " 3 "} {
		f.Add(uint8(0), 429, retry, `{"ok":false,"error":"ratelimited"}`)
		f.Add(uint8(6), 429, retry, ``)
	}
	for _, status := range []int{100, 204, 301, 302, 400, 403, 404, 408, 500, 503, 999} {
		f.Add(uint8(0), status, "5", `<html>`)
		f.Add(uint8(6), status, "5", `{"ok":true}`)
	}
	f.Fuzz(func(t *testing.T, which uint8, status int, retry, body string) {
		if status < 100 || status > 999 || strings.ContainsAny(retry, "\r\n\x00") {
			return // net/http lets through no such thing
		}
		synctest.Test(t, func(t *testing.T) {
			o := &oracle{status: status, retry: retry, body: body}
			g := answeredBy(o, nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			started := time.Now()
			view, err := chat.Modal("x", "X", "", "Close", "", chat.TextBlocks("x")), error(nil)
			switch which % 8 {
			case 0:
				var ts string
				if ts, err = g.Post(ctx, "C1", chat.Say("x")); err == nil && ts == "" {
					t.Error("a message without a timestamp was posted")
				}
			case 1:
				err = g.OpenView(ctx, "t", view)
			case 2:
				err = g.PushView(ctx, "t", view)
			case 3:
				err = g.UpdateView(ctx, "V1", "", view)
			case 4:
				var p chat.Profile
				if p, err = g.Profile(ctx, "U1"); err == nil && p.ID != "U1" {
					t.Errorf("asked for U1, and was told of %q", p.ID)
				}
			case 5:
				_, err = g.Group(ctx, "S1")
			case 6:
				if err = g.Respond(ctx, "http://slack.test/reply/secret", chat.Say("x")); err == nil && status/100 != 2 {
					t.Errorf("HTTP %d is a success", status)
				}
			case 7:
				_, err = g.api.UploadFileContext(ctx, slack.UploadFileParameters{Filename: "x.png", FileSize: 1, Content: "x"})
			}
			if took := time.Since(started); took > time.Minute+time.Second {
				t.Errorf("it took %s", took)
			}
			var said struct {
				OK bool `json:"ok"`
			}
			_ = json.Unmarshal([]byte(body), &said)
			if which%8 != 6 && err == nil && (status != 200 || !said.OK) {
				t.Errorf("HTTP %d %q is a success", status, body)
			}
			if err == nil {
				return
			}
			if strings.Contains(err.Error(), "secret") && !strings.Contains(body, "secret") {
				t.Errorf("it tells its secret: %v", err)
			}
			if v, after := judge(err, true); v == accepted || after < 0 || after > longestQuiet || status == 429 && which%8 > 0 && which%8 < 6 && v != limited {
				t.Errorf("HTTP %d, Retry-After %q, %q is judged %d after %s: %v", status, retry, body, v, after, err)
			}
		})
	})
}

// FuzzPost gives a message by key two answers that nobody expects: of the call
// that brings it, and later to whoever looks where it is. Its state is what they
// mean, and never one in which it is forgotten.
func FuzzPost(f *testing.F) {
	for i, s := range oddReplies {
		f.Add(i%2 == 0, 200, "", s, 200, oddReplies[(i*7+3)%len(oddReplies)])
		f.Add(i%2 == 0, 503, "", "", 200, s)
	}
	f.Add(true, 429, "-1", "", 200, `{"ok":true,"channel":"C1","ts":"1.5"}`)
	f.Add(false, 429, "9223372036854775807", "", 500, ``)
	db, err := database.Open(context.Background(), filepath.Join(f.TempDir(), "db"))
	if err != nil {
		f.Fatal(err)
	}
	// An outbox that forgets a row when it has been worked on once, whatever came of it.
	bringing, done := make(chan func(outbox.Job), 1), make(chan struct{})
	once := outbox.New(db, outbox.Options{})
	once.Handle(PostKind, func(_ context.Context, j outbox.Job) error {
		(<-bringing)(j)
		return nil
	})
	ctx, stop := context.WithCancel(context.Background())
	go func() { defer close(done); _ = once.Run(ctx) }()
	f.Cleanup(func() { stop(); <-done; db.Close() })
	n := 0
	f.Fuzz(func(t *testing.T, person bool, status int, retry, body string, status2 int, body2 string) {
		if status < 100 || status > 999 || status2 < 100 || status2 > 999 || strings.ContainsAny(retry, "\r\n\x00") {
			return
		}
		o := &oracle{status: status, retry: retry, body: body}
		now := time.Now()
		g := answeredBy(o, db)
		p := g.Posts(outbox.New(db, outbox.Options{}))
		p.outbox, p.now = once, func() time.Time { return now }
		n++
		key, channel := fmt.Sprint("k", n), "C1"
		if person {
			channel = "U1"
		}
		jobs := make(chan outbox.Job)
		worked := make(chan struct{})
		defer close(worked)
		bringing <- func(j outbox.Job) { jobs <- j; <-worked }
		if err := db.Write(t.Context(), func(tx *database.Tx) error { return p.Put(tx, key, channel, chat.Say("x")) }); err != nil {
			t.Fatal(err)
		}
		job := <-jobs
		bring := func() (m post, err error) {
			err = p.run(t.Context(), job)
			if load := db.Read(t.Context(), func(tx *database.Tx) (err error) { m, _, err = load(tx, key); return err }); load != nil {
				t.Fatal(load)
			}
			return m, err
		}
		m, err := bring()
		var said struct {
			OK      bool   `json:"ok"`
			Channel string `json:"channel"`
			TS      string `json:"ts"`
		}
		clear := json.Unmarshal([]byte(body), &said) == nil && said.OK && status == 200
		switch m.state {
		case "sent":
			if !clear || m.ts == "" || m.place == "" || err != nil {
				t.Fatalf("HTTP %d %q: it stands in %q at %q, %v", status, body, m.place, m.ts, err)
			}
		case "queued", "sending", "dead":
			if err == nil || m.state == "dead" && clear {
				t.Fatalf("HTTP %d %q: %s, and nobody will look again: %v", status, body, m.state, err)
			}
		default:
			t.Fatalf("it is %q", m.state)
		}
		if m.state != "sending" {
			return
		}
		// Long after: whoever looks for it gets the other answer.
		now = now.Add(time.Hour)
		*o = oracle{status: status2, body: body2}
		m, err = bring()
		if o.answers > 2*findPages+2 {
			t.Fatalf("it took %d calls", o.answers)
		}
		if err == nil != (m.state == "sent") {
			t.Fatalf("then HTTP %d %q: %s, %v", status2, body2, m.state, err)
		}
	})
}

func TestAnAnswerWithoutAVerdictIsNoSuccess(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"ok":true}`:                            "",
		`{"ok":false,"error":"expired_trigger"}`: "",
		`{}`:                                     "does not say what became of the call",
		`{"ok":false}`:                           "does not say what became of the call",
		`{"ok":false,"error":" "}`:               "does not say what became of the call",
		`null`:                                   "does not say what became of the call",
		`<html>`:                                 "cannot be read",
		``:                                       "cannot be read",
		`{"ok":true`:                             "cannot be read",
	} {
		if err := verdictGiven([]byte(body)); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
	_, err := reader{&oracle{status: 200, body: strings.Repeat(" ", longestReply+1)}, "http://slack.test/api/"}.
		RoundTrip(&http.Request{URL: &url.URL{Scheme: "http", Host: "slack.test", Path: "/api/users.info"}})
	if err == nil || !strings.Contains(err.Error(), "more than 32 MB") {
		t.Errorf("an endless answer: %v", err)
	}
}

func TestSlacksQuietIsBelievedWithinReason(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]time.Duration{
		"": time.Second, "0": time.Second, "-9": time.Second, "soon": time.Second, "1.5": time.Second, "Wed, 21 Oct 2026 07:28:00 GMT": time.Second,
		"1": time.Second, " 30 ": 30 * time.Second, "600": 10 * time.Minute, "601": 10 * time.Minute, "9223372036854775807": 10 * time.Minute,
		"99999999999999999999": 10 * time.Minute, "-99999999999999999999": time.Second,
	} {
		if got := quiet(said); got != want {
			t.Errorf("Retry-After %q is %s, want %s", said, got, want)
		}
	}
}

// What stands in a channel may be nothing that slack-go can read: then a message
// whose fate is not known cannot be looked for there, now or later.
func TestAChannelThatCannotBeReadIsNotLookedIntoForEver(t *testing.T) {
	t.Parallel()
	g := answeredBy(&oracle{status: 200, body: `{"ok":true,"messages":[{"ts":7}]}`}, nil)
	_, err := g.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C1"})
	if err = searchable(err); !errors.Is(err, errUnsearchable) {
		t.Errorf("it is looked for again: %v", err)
	}
	g = answeredBy(&oracle{status: 200, body: `{"ok":true,"messages":[{"ts":`}, nil)
	_, err = g.api.GetConversationHistoryContext(t.Context(), &slack.GetConversationHistoryParameters{ChannelID: "C1"})
	if err = searchable(err); err == nil || errors.Is(err, errUnsearchable) {
		t.Errorf("an answer that broke off ends the search: %v", err)
	}
}

// A Slack in trouble is no fault of ours, and the person who wanted a form reads
// when to try again.
func TestAFormThatSlackDoesNotOpenIsSaid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		o    oracle
		want string
	}{
		"too much":        {oracle{status: 429, retry: "30", body: `{"ok":false,"error":"ratelimited"}`}, "do it again in 30 seconds"},
		"trouble":         {oracle{status: 503, body: "<html>"}, "do it again in a moment"},
		"no verdict":      {oracle{status: 200, body: "{}"}, "do it again in a moment"},
		"an error":        {oracle{status: 200, body: `{"ok":false,"error":"internal_error"}`}, "do it again in a moment"},
		"too late":        {oracle{status: 200, body: `{"ok":false,"error":"expired_trigger_id"}`}, "That took too long"},
		"a fault of ours": {oracle{status: 200, body: `{"ok":false,"error":"invalid_arguments"}`}, "code *E-X*"},
	} {
		t.Run(name, func(t *testing.T) {
			err := answeredBy(&tc.o, nil).OpenView(forSomebody(t.Context(), time.Now()), "t", chat.Modal("x", "X", "", "Close", "", chat.TextBlocks("x")))
			if words, fault := chat.Words(err, "E-X"); !strings.Contains(words, tc.want) || fault != strings.HasPrefix(tc.want, "code") {
				t.Errorf("said %q, a fault: %v", words, fault)
			}
		})
	}
}
