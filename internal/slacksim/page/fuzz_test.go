package page_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// deaf is a test that hears of no failure.
type deaf struct{ testing.TB }

func (deaf) Errorf(string, ...any) {}
func (deaf) Fatalf(string, ...any) {}
func (deaf) Fatal(...any)          {}
func (deaf) Helper()               {}

// FuzzRequest asks of the page what its own script never would. Whatever it is,
// it gets an answer in its form, and the next window can be opened.
func FuzzRequest(f *testing.F) {
	a := stage(f, page.Options{Push: func(time.Duration) {}}, func(o *slacksim.Options) { o.AckTimeout = 100 * time.Millisecond })
	server, err := url.Parse(a.page.URL())
	if err != nil {
		f.Fatal(err)
	}
	a.post("C0SALES", fixture(f, "messages.json")["messages"].([]any)[0].(obj))
	a.t = deaf{f} // what the toy is refused, because of what came to it, is no failure
	ask := func(t testing.TB, method, path, query, body string) (int, string) {
		t.Helper()
		r := &http.Request{Method: method, URL: &url.URL{Scheme: "http", Host: server.Host, Path: "/page/" + path, RawQuery: query},
			Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
		reply, err := http.DefaultClient.Do(r.WithContext(t.Context()))
		if err != nil {
			t.Fatalf("%s ?%s %q: %v", path, query, body, err)
		}
		defer reply.Body.Close()
		said, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatalf("%s ?%s %q: %v", path, query, body, err)
		}
		return reply.StatusCode, string(said)
	}
	gestures := []string{"slash", "say", "act", "fill", "suggest", "submit", "close", "close-all", "shortcut", "home", "messages", "react", "join", "nonsense", ""}
	for i, do := range gestures {
		f.Add(uint8(0), "as=sam", `{"do":"`+do+`","room":"C0SALES","text":"/toy say hi","ts":"$TS","view":"$VIEW","block":"b","action":"a","value":[{"name":"x","data":"!"},7,null]}`)
		f.Add(uint8(0), "as=dana", `{"do":"`+do+`","room":7,"text":[],"ts":{}}`)
		f.Add(uint8(0), "as=", `{"do":"`+do+`","view":"$VIEW","values":{"words":{"words":`+[]string{`7`, `null`, `"x"`, `[]`, `{}`}[i%5]+`,"":null},"":null}}`)
		f.Add(uint8(0), "as=priya", `{"do":"`+do+`","room":"D0SAM","text":"/toy form"}`)
	}
	for path := range uint8(7) {
		for _, query := range []string{"", "as=sam&room=C0SALES&before=-1&ts=x&after=-9", "as=%ff&room=%00&after=99999999999999999999", "as=sam&as=dana&room=C0LEADS&ts=$TS", "%zz;&&="} {
			f.Add(path, query, `{"step":"30m","name":"slow","on":true}`)
		}
	}
	f.Add(uint8(1), "", `{"step":7}`)
	f.Add(uint8(2), "", `{"name":"disconnect"}`)
	f.Add(uint8(2), "", `{"name":null,"on":"yes"}`)
	f.Fuzz(func(t *testing.T, which uint8, query, body string) {
		if strings.ContainsFunc(query, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }) {
			return // that is no request any more
		}
		if strings.Contains(body, "mute") || strings.Contains(body, "slow") && which%7 == 0 {
			return // what the toy does not answer takes its time
		}
		view := ""
		if p, err := a.slack.Person("sam"); err == nil {
			if open, _ := json.Marshal(p.Views()); len(open) > 2 {
				var views []obj
				_ = json.Unmarshal(open, &views)
				if len(views) > 0 {
					view, _ = views[len(views)-1]["id"].(string)
				}
			}
		}
		fill := strings.NewReplacer("$VIEW", view, "$TS", "1.5")
		method, path := http.MethodGet, "start"
		switch which % 7 {
		case 0:
			method, path = http.MethodPost, "do"
		case 1:
			method, path = http.MethodPost, "clock"
		case 2:
			method, path = http.MethodPost, "fault"
		case 3:
			path = "history"
		case 4:
			path = "thread"
		case 5:
			path = "journal"
		}
		code, said := ask(t, method, path, fill.Replace(query), fill.Replace(body))
		a.slack.ClearFaults()
		if code != http.StatusOK && code != http.StatusUnprocessableEntity || !json.Valid([]byte(said)) {
			t.Fatalf("%s ?%s %q: HTTP %d %q", path, query, body, code, said)
		}
		if code, said = ask(t, http.MethodGet, "start", "as=sam", ""); code != http.StatusOK || !json.Valid([]byte(said)) {
			t.Fatalf("after %s ?%s %q no window opens: HTTP %d %.300s", path, query, body, code, said)
		}
	})
}
