package page_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

func TestBotGoesAndComesBack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	status := ""
	a := stage(t, page.Options{Status: func() string { mu.Lock(); defer mu.Unlock(); return status }})
	w := look(t, a.page.URLFor("sam", "#sales"))
	_ = a.line.Close()
	w.sees("Toy is not connected right now. It goes on when it is back.")
	w.shot("down")
	w.write("/toy say hello")
	w.sees(`/toy failed with the error "dispatch_failed"`, "Slackbot")
	a.connect()
	w.seesNot("Toy is not connected right now.")
	w.write("/toy say hello again")
	w.sees("hello again")
	mu.Lock()
	status = "The playbook does not lint."
	mu.Unlock()
	w.sees("The playbook does not lint.")
	mu.Lock()
	status = ""
	mu.Unlock()
	w.seesNot("The playbook does not lint.")
}

// The whole local Slack stops and another starts at its address: a window goes
// on by itself.
func TestServerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("before")
	w.sees("before")
	kept, err := a.slack.Save()
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(a.slack.URL())
	if err != nil {
		t.Fatal(err)
	}
	if err := a.slack.Close(); err != nil {
		t.Fatal(err)
	}
	w.sees("This page goes on by itself when it is back.")
	w.write("meanwhile")
	w.sees("Is `sopbot demo` still running?")
	if got := eval[string](w, `document.getElementById('typed').value`); got != "meanwhile" {
		t.Errorf("what could not be sent is lost: %q", got)
	}
	again := stage(t, page.Options{}, func(o *slacksim.Options) { o.Listen = address.Host })
	if err := again.slack.Restore(kept); err != nil {
		t.Fatal(err)
	}
	w.seesNot("This page goes on by itself when it is back.")
	w.press(enter)
	w.sees("before", "meanwhile")
	w.seesNot("Is `sopbot demo` still running?")
	again.post("C0SALES", obj{"text": "here again"})
	w.sees("here again")
}

// history fills #sales with so many messages, as a demo's folder would.
func history(t testing.TB, a *toy, n int) {
	t.Helper()
	data, err := a.slack.Save()
	if err != nil {
		t.Fatal(err)
	}
	var all obj
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-time.Duration(n) * time.Minute)
	for _, r := range all["rooms"].([]any) {
		if r.(obj)["channel"].(obj)["ID"] != "C0SALES" {
			continue
		}
		var messages []any
		for i := range n {
			at := from.Add(time.Duration(i) * time.Minute)
			messages = append(messages, obj{"ts": fmt.Sprintf("%d.%06d", at.Unix(), i), "user": []string{"U0SAM", "U0ALEX", "U0DANA"}[i/3%3], "text": fmt.Sprintf("message number %d of the *history*", i)})
		}
		r.(obj)["messages"] = messages
	}
	if data, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	if err := a.slack.Restore(data); err != nil {
		t.Fatal(err)
	}
}

func TestTenThousandMessages(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	history(t, a, 10000)
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.sees("message number 9999")
	rows := `document.querySelectorAll('.message').length`
	if n := eval[int](w, rows); n > 60 {
		t.Errorf("%d messages were drawn at once, want a pageful", n)
	}
	if !eval[bool](w, `document.querySelector('.begin').hidden`) {
		t.Error("the beginning is shown, but there are older messages")
	}
	for range 3 {
		before := eval[int](w, rows)
		// What one reads stays where it is while older messages come above it.
		w.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('scroll').scrollTop = 300; window.first = document.querySelectorAll('.message')[8]`))
		w.until("older messages", fmt.Sprintf(`%s > %d`, rows, before))
		w.until("the place to stay", `first.isConnected && first.getBoundingClientRect().top > -200 && first.getBoundingClientRect().top < innerHeight`)
	}
	w.write("a new one at the end")
	w.sees("a new one at the end")
	w.until("the newest in sight", `[...document.querySelectorAll('.message')].at(-1).getBoundingClientRect().bottom <= document.getElementById('composer').getBoundingClientRect().top + 1`)

	// Far up, news does not tear one away.
	w.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('scroll').scrollTop = 0`))
	a.post("C0SALES", obj{"text": "while you read"})
	w.click("New messages")
	w.until("the newest in sight", `[...document.querySelectorAll('.message')].at(-1).textContent.includes('while you read') && [...document.querySelectorAll('.message')].at(-1).getBoundingClientRect().bottom < innerHeight`)
	w.write("/toy say quick")
	w.sees("quick")
	t.Logf("with 10,000 messages: first paint %.0f ms, a command answered in %s ms", eval[float64](w, `performance.getEntriesByName('first-contentful-paint')[0].startTime`), eval[string](w, `document.getElementById('typed').dataset.took`))
}

func TestNewcomersCatchUp(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	alex, err := a.slack.Person("alex")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 { // many times what a window's queue holds, and faster than it is told
		if _, err := alex.Touch(t.Context(), slacksim.Touch{Do: "say", Room: "C0SALES", Text: fmt.Sprintf("flood %d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	w.sees("flood 2999", "flood 2990")
	w.until("a list that was trimmed", `document.querySelectorAll('.message').length <= 600`)
}

func TestInspector(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	origin := strings.TrimSuffix(a.page.URL(), "/")
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		_, err := chromedp.CallBrowser(w.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: origin, BrowserContextID: chromedp.FromContext(w.ctx).BrowserContextID,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.click("Inspector")
	w.write("/toy form")
	w.sees("Every input")
	w.press(escape)
	w.sees("to the app slash_commands /toy form", "acknowledged slash_commands", "called views.open", "to the app interactive view_closed form")
	w.until("milliseconds at the ack", `[...document.querySelectorAll('.wire .ack .took')].some(e => /^[\d.]+ ms$/.test(e.textContent))`)
	w.click("Calls")
	w.seesNot("acknowledged slash_commands")
	w.click("← called views.open")
	w.click("Copy as Block Kit")
	w.sees("Copied: paste it into Block Kit Builder")
	var kit obj
	if err := json.Unmarshal([]byte(eval[string](w, `navigator.clipboard.readText()`)), &kit); err != nil || kit["type"] != "modal" || len(kit["blocks"].([]any)) < 20 {
		t.Errorf("what was copied is no view: %v, %v", kit, err)
	}
	w.click("Copy JSON")
	if got := eval[string](w, `navigator.clipboard.readText()`); !strings.Contains(got, `"kind": "call"`) {
		t.Errorf("what was copied is no entry: %.200s", got)
	}
	w.shot("inspector")

	// Trouble, and the end of it.
	w.click("All")
	w.click("Rate limit")
	a.until("calls to be refused", func() bool { return a.ask(a.slack.BotToken(), "auth.test", obj{})["error"] == "ratelimited" })
	w.sees("ratelimited")
	w.click("Refusals")
	w.seesNot("to the app slash_commands /toy form")
	w.click("Rate limit")
	a.until("calls to go through", func() bool { return a.ask(a.slack.BotToken(), "auth.test", obj{})["ok"] == true })
	a.post("C0SALES", obj{"text": "well again"})
	w.sees("well again")
	w.click("Error 500")
	a.until("calls to fail", func() bool { return a.ask(a.slack.BotToken(), "auth.test", obj{})["ok"] != true })
	w.click("Error 500")
	a.until("calls to go through", func() bool { return a.ask(a.slack.BotToken(), "auth.test", obj{})["ok"] == true })
	w.click("Bot offline")
	w.sees("Toy is not connected right now.")
	w.click("Bot offline")
	a.connect()
	w.seesNot("Toy is not connected right now.")
	w.click("Disconnect once")
	w.click("All")
	w.sees("refresh_requested")
}

// A lever of the one who mounts the page stands beside the page's own.
func TestLeversOfTheHost(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	pulled := []bool{}
	a := stage(t, page.Options{Levers: []page.Lever{{ID: "stop", Name: "Stop the bot", Note: "As if it had crashed.", Set: func(on bool) error {
		mu.Lock()
		defer mu.Unlock()
		if pulled = append(pulled, on); !on {
			return fmt.Errorf("the bot cannot start: its folder is gone")
		}
		return nil
	}}}})
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.click("Inspector")
	w.sees("Stop the bot", "As if it had crashed.")
	w.click("Stop the bot")
	w.until("the switch to be on", `document.querySelector('.troubles input').checked`)
	w.click("Stop the bot")
	w.sees("the bot cannot start: its folder is gone")
	w.until("the switch to stay on", `document.querySelector('.troubles input').checked`)
	mu.Lock()
	defer mu.Unlock()
	if got := fmt.Sprint(pulled); got != "[true false]" {
		t.Errorf("pulled %s", got)
	}
}

// pushed is a clock that only moves when it is pushed.
type pushed struct {
	mu  sync.Mutex
	now time.Time
}

func (c *pushed) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *pushed) push(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func TestClock(t *testing.T) {
	t.Parallel()
	c := &pushed{now: time.Date(2026, 11, 25, 20, 10, 0, 0, time.UTC)} // a Wednesday, 3:10 PM in New York
	var a *toy
	a = stage(t, page.Options{Push: func(d time.Duration) { c.push(d); a.slack.Wake() }}, func(o *slacksim.Options) { o.Now = c.Now })
	w := look(t, a.page.URLFor("sam", "#sales"))
	lena := look(t, a.page.URLFor("lena", "#sales"))
	w.write("before the weekend")
	lena.sees("Today", "before the weekend", "9:10 PM") // in Berlin
	due := c.Now().Add(90 * time.Minute).Unix()
	a.call("chat.scheduleMessage", obj{"channel": "C0SALES", "text": "This was scheduled.", "post_at": due})
	for _, step := range []struct{ from, press, shows string }{
		{"Wed 3:10 PM", "+30 minutes", "Wed 3:40 PM"},
		{"Wed 3:40 PM", "+2 hours", "Wed 5:40 PM"},
		{"Wed 5:40 PM", "Tomorrow morning", "Thu 9:00 AM"},
		{"Thu 9:00 AM", "Next Monday", "Mon 9:00 AM"},
	} {
		w.click(step.from)
		w.click(step.press)
		w.sees(step.shows)
	}
	w.sees("This was scheduled.", "Wednesday, November 25")
	lena.sees("Mon 3:00 PM", "Wednesday, November 25", "This was scheduled.")
	if want := time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC); !c.Now().Equal(want) {
		t.Errorf("the clock stands at %s, want %s", c.Now(), want)
	}
}

func TestTour(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{Tour: []page.Step{
		{ID: "ask", Title: "Ask the playbook", Words: "Type a question, typos and all.", As: "sam", Room: "#sales", Type: "/toy say objection: pricing", Done: "objection: pricing", Where: "message"},
		{ID: "form", Title: "Fill in a form", Words: "The toy asks for everything.", As: "priya", Room: "DM", Type: "/toy form", Done: "This form has every input", Where: "modal"},
		{ID: "home", Title: "Look at the Home tab", Words: "What waits for you.", As: "priya", Room: "home", Done: "3 leads", Where: "home"},
	}})
	w := look(t, a.page.URL())
	w.sees("Guided tour", "What Toy does, in 3 small steps.")
	w.click("Show me: Ask the playbook")
	w.until("the command in the box", `document.getElementById('typed').value.startsWith('/toy say')`)
	w.shot("tour")
	w.press(enter)
	w.until("the first step to be done", `document.querySelectorAll('.steps .done').length === 1`)
	w.click("Show me: Fill in a form")
	w.until("Priya with the app", `location.search === '?as=priya&in=app' && document.getElementById('typed').value === '/toy form'`)
	w.press(enter)
	w.sees("Every input")
	w.press(escape)
	w.click("Show me: Look at the Home tab")
	w.sees("Good morning, Sam", "That was all of it.")
	w.click("Close guided tour")
	w.run(chromedp.Reload())
	w.until("the page to be ready", `document.body?.dataset.ready === 'yes'`)
	w.click("Tour")
	w.sees("That was all of it.") // the browser remembers
	w.click("Begin the tour again")
	w.sees("What Toy does, in 3 small steps.")
}

func TestJoinAndArchived(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("ola", "#random"))
	w.sees("You are looking at #random from outside.", "not joined")
	w.click("Join channel")
	w.write("hello, random")
	w.sees("hello, random")
	w.click("sales-2024 archived")
	w.sees("#sales-2024 is archived: nobody can write here.")
	guest := look(t, a.page.URLFor("gabe", ""))
	guest.sees("sales")
	if strings.Contains(guest.text(), "handoffs") {
		t.Error("a guest sees a channel that he is not in")
	}
}

// Nothing stands where there is nothing.
func TestBareWorkspace(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{}, func(o *slacksim.Options) { o.Shortcuts, o.Commands = []slacksim.Shortcut{}, []slacksim.Command{} })
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.sees("Everything sales.", "Enter sends")
	w.shot("bare")
	if got := eval[string](w, `document.getElementById('composer').textContent + document.querySelector('.levers').textContent`); got != "Enter sends, Shift Enter starts a new lineInspector" {
		t.Errorf("beside the messages stands %q", got)
	}
	w.click("Toy")
	w.click("Home")
	w.sees("Good morning, Sam")
}

// An app that does not answer is shown as Slack shows it, where it happened.
func TestAppThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{}, func(o *slacksim.Options) { o.AckTimeout = 500 * time.Millisecond })
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("/toy mute")
	w.write("and I write on") // nobody waits for it
	w.sees("and I write on", `/toy failed with the error "operation_timeout"`)
	a.post("C0SALES", fixture(t, "messages.json")["messages"].([]any)[1].(obj))
	w.click("Do nothing")
	w.sees("Toy did not answer. Try again in a moment.")
	w.click("Accept")
	w.seesNot("Toy did not answer.")
	w.click("Toy")
	w.click("Home")
	w.sees("Good morning, Sam")
	button := func(words, id string) obj {
		return obj{"type": "button", "action_id": id, "text": obj{"type": "plain_text", "text": words}}
	}
	a.call("views.publish", obj{"user_id": "U0SAM", "view": obj{"type": "home", "blocks": []any{obj{"type": "actions", "elements": []any{button("Do nothing", "mute"), button("Do something", "fine")}}}}})
	w.click("Do nothing")
	w.sees("We had some trouble connecting. Try again?")
	w.click("Do something")
	w.seesNot("We had some trouble connecting. Try again?")
}

// A window of somebody who is not there begins as somebody who is.
func TestWindowOfNobody(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URL()+"?as=nobody&in=nowhere")
	w.sees("Sam Rivera", "Everything sales")
	if got := eval[string](w, `location.search`); got != "?as=sam&in=sales" {
		t.Errorf("the address says %q", got)
	}
	w.click("random")
	w.sees("Nothing to do with work")
	w.run(chromedp.NavigateBack())
	w.sees("Everything sales")
}
