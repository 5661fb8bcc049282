package slacksim

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// FuzzCall calls the Web API as an app in trouble would. Whatever comes gets
// JSON with a verdict, and the server goes on.
func FuzzCall(f *testing.F) {
	s, err := Start(Options{World: acme(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	table := apiMethods()
	names := sortedKeys(table)
	for i := range names {
		for n, body := range []string{`{}`, `null`, `[1]`, `{"channel":7,"text":[],"blocks":"["}`, `{"channel":"C0SALES","text":"x","ts":"1.5","user":"U0SAM","users":"U0SAM,,x","limit":-1,"cursor":"x"}`,
			`{"view":{"type":"modal","title":null,"blocks":[null,7,{"type":"input"},{"type":"actions","elements":[{}]}]},"trigger_id":"x","view_id":"x","hash":7,"user_id":"U0SAM"}`,
			`{"channel":"C0SALES","blocks":[{"type":"table","rows":[[null]]},{"type":"data_visualization"},{"type":"rich_text","elements":[{"type":"x"}]}],"metadata":{"event_type":7}}`,
			`channel=C0SALES&text=hi&blocks=%5B%7B%22type%22%3A%22divider%22%7D%5D`, `channel=%zz;&users=;`, "{\"channel\":\"C0SALES\",\"text\":\"\xff\"}", strings.Repeat("[", 10_000)} {
			f.Add(uint8(i), n%2 == 0 || n < 7, body)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, inJSON bool, body string) {
		name := names[int(which)%len(names)]
		r := httptest.NewRequest(http.MethodPost, "/api/"+name, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if inJSON {
			r.Header.Set("Content-Type", "application/json; charset=utf-8")
		}
		token := s.BotToken()
		if table[name].app {
			token = s.AppToken()
		}
		r.Header.Set("Authorization", "Bearer "+token)
		if strings.HasPrefix(name, "auth.revoke") {
			return // and everything after it
		}
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, r)
		v, err := decode(w.Body.Bytes())
		reply, isObject := v.(obj)
		if err != nil || !isObject || w.Code != http.StatusOK {
			t.Fatalf("%s with %q: HTTP %d, %q", name, body, w.Code, w.Body)
		}
		ok, said := reply["ok"].(bool)
		if code := text(reply, "error"); !said || ok == (code != "") {
			t.Fatalf("%s with %q says neither yes nor no: %s", name, body, w.Body)
		}
		s.mu.Lock()
		s.mu.Unlock() //nolint:staticcheck // a method that kept the lock would hold everybody up
	})
}

// FuzzAck answers a command with frames that no app should send. The person
// sees something, and the next command works.
func FuzzAck(f *testing.F) {
	s, err := Start(Options{World: acme(f), Commands: []Command{{Name: "/x"}}, AckTimeout: 50 * time.Millisecond})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	for _, frame := range []string{`{"envelope_id":"$ID"}`, `{"envelope_id":"$ID","payload":null}`, `{"envelope_id":"$ID","payload":7}`, `{"envelope_id":"$ID","payload":{"text":7,"blocks":{}}}`, `null`, `[]`, ``, `{"envelope_id":7}`,
		`{"envelope_id":"$ID","payload":{"text":"x","response_type":"loud","blocks":[null,{"type":"section","text":7},{"type":"actions","elements":[{"type":"button","text":null}]}]}}`,
		`{"envelope_id":"$ID","payload":{"response_action":"push","view":{"type":"modal"}}}`, `{"envelope_id":"$ID","payload":{"blocks":[{"type":"markdown","text":"` + strings.Repeat("#", 13000) + `"}]}}`, strings.Repeat("{", 30_000), "\xff\xfe"} {
		f.Add(frame)
	}
	connect := func(t testing.TB) *websocket.Conn {
		r := httptest.NewRequest(http.MethodPost, "/api/apps.connections.open", nil)
		r.Header.Set("Authorization", "Bearer "+s.AppToken())
		w := httptest.NewRecorder()
		s.mux.ServeHTTP(w, r)
		v, _ := decode(w.Body.Bytes())
		line, _, err := websocket.DefaultDialer.Dial(text(v.(obj), "url"), nil)
		if err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return line
	}
	line := connect(f)
	f.Cleanup(func() { _ = line.Close() })
	sam, err := s.Person("sam")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, frame string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		came := make(chan error, 1)
		go func() {
			for {
				var e obj
				if err := line.ReadJSON(&e); err != nil {
					came <- fmt.Errorf("the server cut the line: %w", err)
					return
				}
				if id := text(e, "envelope_id"); id != "" {
					came <- line.WriteMessage(websocket.TextMessage, []byte(strings.ReplaceAll(frame, "$ID", id)))
					return
				}
			}
		}()
		reply, err := sam.In("#sales").SlashE(ctx, "/x y")
		if err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		if err := <-came; err != nil {
			t.Fatalf("%q: %v", frame, err)
		}
		_ = reply.Failed()
		_ = sam.Screen()
	})
}
