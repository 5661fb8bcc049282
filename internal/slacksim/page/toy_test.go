package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

type obj = map[string]any

// toy is an app that shows everything Slack can show. It speaks the wire by
// itself, so that what the page shows is what an app sends, unread by any
// library.
type toy struct {
	t     testing.TB
	slack *slacksim.Server
	page  *page.Page

	writing sync.Mutex
	line    *websocket.Conn

	mu     sync.Mutex
	show   obj   // the view that "/toy show" opens
	sent   []obj // submissions, as they came
	acts   []obj // block_actions, as they came
	closed int   // view_closed
}

// stage is a workspace with the toy in it and the page on top.
func stage(t testing.TB, opts page.Options, change ...func(*slacksim.Options)) *toy {
	t.Helper()
	team, err := os.ReadFile("../../../seeds/team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(team)
	if err != nil {
		t.Fatal(err)
	}
	options := slacksim.Options{
		World: world, App: slacksim.App{Name: "Toy"},
		Commands: []slacksim.Command{
			{Name: "/toy", Description: "Show something", UsageHint: "[blocks | form | say words]", ShouldEscape: true},
			{Name: "/tower", Description: "Build something", UsageHint: "[height]"},
		},
		Shortcuts: []slacksim.Shortcut{{Name: "Look closer", CallbackID: "closer", OnMessage: true}, {Name: "Fill in the form", CallbackID: "form"}},
	}
	for _, f := range change {
		f(&options)
	}
	slack, err := slacksim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slack.Close() })
	if opts.As == "" {
		opts.As = "sam"
	}
	a := &toy{t: t, slack: slack, page: page.Mount(slack, opts)}
	a.connect()
	return a
}

func (a *toy) connect() {
	a.t.Helper()
	address := ""
	a.until("an address to connect to", func() bool {
		address, _ = a.ask(a.slack.AppToken(), "apps.connections.open", obj{})["url"].(string)
		return address != ""
	})
	line, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		a.t.Fatal(err)
	}
	a.line = line
	a.t.Cleanup(func() { _ = line.Close() })
	go func() {
		for {
			var e struct {
				ID      string `json:"envelope_id"`
				Type    string `json:"type"`
				Payload obj    `json:"payload"`
			}
			if err := line.ReadJSON(&e); err != nil {
				return
			}
			if e.ID != "" {
				go a.hear(e.ID, e.Type, e.Payload)
			}
		}
	}()
}

func (a *toy) ack(id string, payload any) {
	frame := obj{"envelope_id": id}
	if payload != nil {
		frame["payload"] = payload
	}
	a.writing.Lock()
	defer a.writing.Unlock()
	_ = a.line.WriteJSON(frame) // a line that is cut is the test's own doing
}

func (a *toy) ask(token, method string, body any) obj {
	a.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, a.slack.URL()+method, bytes.NewReader(data))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Authorization", "Bearer "+token)
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		return obj{"error": err.Error()}
	}
	defer reply.Body.Close()
	var got obj
	if err := json.NewDecoder(reply.Body).Decode(&got); err != nil {
		return obj{"error": err.Error()}
	}
	return got
}

// call calls the Web API, which must agree.
func (a *toy) call(method string, body any) obj {
	a.t.Helper()
	got := a.ask(a.slack.BotToken(), method, body)
	if got["ok"] != true {
		a.t.Errorf("%s: %v", method, got)
	}
	return got
}

func (a *toy) post(channel string, message obj) string {
	a.t.Helper()
	message["channel"] = channel
	ts, _ := a.call("chat.postMessage", message)["ts"].(string)
	return ts
}

func (a *toy) hear(id, kind string, p obj) {
	switch kind {
	case "slash_commands":
		a.command(id, p)
	case "interactive":
		a.interaction(id, p)
	default:
		a.ack(id, nil)
		event, _ := p["event"].(obj)
		switch event["type"] {
		case "app_home_opened":
			if event["tab"] == "home" {
				a.call("views.publish", obj{"user_id": event["user"], "view": fixture(a.t, "home.json")})
			}
		case "app_mention":
			a.call("chat.postMessage", obj{"channel": event["channel"], "thread_ts": event["ts"], "text": "I heard you."})
		case "message":
			if event["channel_type"] == "im" && event["bot_id"] == nil {
				a.post(event["channel"].(string), obj{"text": "You wrote: " + event["text"].(string)})
			}
		}
	}
}

func (a *toy) command(id string, p obj) {
	word, rest, _ := strings.Cut(p["text"].(string), " ")
	switch word {
	case "say":
		a.ack(id, obj{"text": rest})
	case "shout":
		a.ack(id, obj{"text": rest, "response_type": "in_channel"})
	case "mute": // an app that does not answer
	case "blocks":
		a.ack(id, nil)
		for _, m := range fixture(a.t, "messages.json")["messages"].([]any) {
			a.post(p["channel_id"].(string), m.(obj))
		}
	case "form":
		a.ack(id, nil)
		a.call("views.open", obj{"trigger_id": p["trigger_id"], "view": fixture(a.t, "form.json")})
	case "show":
		a.ack(id, nil)
		a.mu.Lock()
		view := a.show
		a.mu.Unlock()
		a.call("views.open", obj{"trigger_id": p["trigger_id"], "view": view})
	default:
		a.ack(id, obj{"text": "I know *say*, *blocks* and *form*."})
	}
}

func (a *toy) interaction(id string, p obj) {
	switch p["type"] {
	case "block_suggestion":
		a.ack(id, obj{"options": suggestions(p["value"].(string))})
	case "shortcut":
		a.ack(id, nil)
		a.call("views.open", obj{"trigger_id": p["trigger_id"], "view": fixture(a.t, "form.json")})
	case "message_action":
		a.ack(id, nil)
		words, _ := p["message"].(obj)["text"].(string)
		a.call("views.open", obj{"trigger_id": p["trigger_id"], "view": step("Looking closer", "You chose: "+words, false)})
	case "view_closed":
		a.ack(id, nil)
		a.mu.Lock()
		a.closed++
		a.mu.Unlock()
	case "view_submission":
		a.submission(id, p)
	case "block_actions":
		a.action(id, p)
	}
}

func (a *toy) submission(id string, p obj) {
	a.mu.Lock()
	a.sent = append(a.sent, p)
	a.mu.Unlock()
	view := p["view"].(obj)
	switch {
	case view["callback_id"] == "step":
		a.ack(id, obj{"response_action": "clear"})
	case value(view, "words") == "wrong":
		a.ack(id, obj{"response_action": "errors", "errors": obj{"words": "That word is taken."}})
	case value(view, "words") == "slow": // never acknowledged
	case value(view, "words") == "push":
		a.ack(id, obj{"response_action": "push", "view": step("Second", "Two of three", true)})
	default:
		a.ack(id, nil)
		a.post("D"+p["user"].(obj)["id"].(string)[1:], obj{"text": "Saved."})
	}
}

func (a *toy) action(id string, p obj) {
	a.mu.Lock()
	a.acts = append(a.acts, p)
	a.mu.Unlock()
	first := p["actions"].([]any)[0].(obj)
	if first["action_id"] == "mute" {
		return
	}
	a.ack(id, nil)
	switch first["action_id"] {
	case "third":
		a.call("views.push", obj{"trigger_id": p["trigger_id"], "view": step("Third", "Three of three", false)})
	case "retitle":
		a.call("views.update", obj{"view_id": p["view"].(obj)["id"], "view": step("Renamed", "Changed while open", false)})
	case "edit":
		m, c := p["message"].(obj), p["channel"].(obj)
		a.call("chat.update", obj{"channel": c["id"], "ts": m["ts"], "text": "It was edited."})
	}
}

// did waits for something to have come to the app.
func (a *toy) did(what string, so func() bool) {
	a.t.Helper()
	a.until(what, func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return so()
	})
}

// until waits for what a person's click brings about.
func (a *toy) until(what string, so func() bool) {
	a.t.Helper()
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if so() {
			return
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var came []string
	for _, p := range a.acts {
		came = append(came, brief(p["actions"]))
	}
	a.t.Fatalf("waited for %s; what came to the app: %s", what, strings.Join(came, " "))
}

func brief(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// value is what stands in a text field of a submitted view.
func value(view obj, block string) any {
	values := view["state"].(obj)["values"].(obj)
	for _, v := range values[block].(obj) {
		return v.(obj)["value"]
	}
	return nil
}

func step(title, words string, more bool) obj {
	blocks := []any{obj{"type": "section", "text": obj{"type": "mrkdwn", "text": words}}}
	if more {
		blocks = append(blocks, obj{"type": "actions", "elements": []any{
			obj{"type": "button", "action_id": "third", "text": obj{"type": "plain_text", "text": "Go on"}},
			obj{"type": "button", "action_id": "retitle", "text": obj{"type": "plain_text", "text": "Rename"}},
		}})
	}
	return obj{"type": "modal", "callback_id": "step", "title": obj{"type": "plain_text", "text": title}, "submit": obj{"type": "plain_text", "text": "Done"}, "notify_on_close": true, "blocks": blocks}
}

func suggestions(typed string) []any {
	found := []any{}
	for _, name := range []string{"Acorn Bakery", "Acme Tools", "Birch & Sons", "Acre Farming"} {
		if strings.Contains(strings.ToLower(name), strings.ToLower(typed)) {
			found = append(found, obj{"text": obj{"type": "plain_text", "text": name}, "value": strings.ToLower(strings.Fields(name)[0])})
		}
	}
	return found
}

func fixture(t testing.TB, name string) obj {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var o obj
	if err := json.Unmarshal(data, &o); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", name, err))
	}
	return o
}
