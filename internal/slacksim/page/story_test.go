package page_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// Two windows are two people: what happens shows at once in both.
func TestTwoWindows(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	sam := look(t, a.page.URLFor("@sam", "#sales"))
	alex := look(t, a.page.URLFor("alex", "#sales"))
	sam.write("Who takes Acorn Bakery? @alex")
	alex.sees("Who takes Acorn Bakery? @Alex")
	alex.until("the message to be read aloud", `document.getElementById('heard').textContent === 'Sam in #sales: Who takes Acorn Bakery? @Alex' && document.getElementById('heard').getAttribute('aria-live') === 'polite'`)
	sam.write("I *think* so, `maybe`")
	alex.until("what was typed to be formatted", `[...document.querySelectorAll('.message')].some(m => m.querySelector('.text strong')?.textContent === 'think' && m.querySelector('code')?.textContent === 'maybe')`)
	sam.write("/toy say only for Sam")
	sam.sees("Only visible to you", "only for Sam")
	sam.write("/toy shout for everybody")
	alex.sees("/toy shout for everybody", "for everybody")
	if strings.Contains(alex.text(), "only for Sam") {
		t.Error("Alex sees what only Sam should see")
	}

	// A thread, opened by Alex, answered by Sam.
	alex.run(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.message')].find(m => m.textContent.includes('Who takes')).focus()`))
	alex.click("Reply in a thread")
	alex.typed("Reply", "I do.")
	alex.press(enter)
	sam.sees("1 reply")
	sam.click("1 reply")
	sam.sees("Thread", "I do.")
	sam.typed("Reply", "Thanks!")
	sam.press(enter)
	alex.sees("Thanks!", "2 replies")
	sam.shot("thread")
	sam.typed("Reply", "/toy say no")
	sam.press(enter)
	sam.sees("Commands cannot be used in threads.")
	sam.click("Close thread")

	// What happens elsewhere is marked, and the line says from where it is new.
	alex.click("random")
	sam.write("And who is free on Friday?")
	alex.until("the dot at #sales", `document.querySelector('[data-room=C0SALES] .dot')`)
	alex.click("sales")
	alex.until("the line above the new one", `document.querySelector('.fresh')?.nextElementSibling?.textContent.includes('Friday')`)
	alex.until("the dot to go", `!document.querySelector('[data-room=C0SALES] .dot')`)

	// A private answer to somebody else is marked at the people.
	sam.click("Toy")
	sam.write("are you there?")
	sam.sees("You wrote: are you there?")
	alex.until("a dot at the people", `document.querySelector('.people > summary .dot')`)
	alex.click("You are Alex")
	alex.click("Sam Rivera")
	alex.until("Sam's name", `location.search.includes('as=sam')`)
	alex.click("Toy")
	alex.sees("You wrote: are you there?")
}

func TestModalErrorsAndStack(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{}, func(o *slacksim.Options) { o.AckTimeout = 1200 * time.Millisecond })
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("/toy form")
	w.sees("Every input")
	w.click("Save")
	w.sees("Please complete this required field.")
	if got := eval[string](w, `document.activeElement.getAttribute('aria-invalid') + ' ' + document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ').at(-1)).textContent`); got != "true Please complete this required field." {
		t.Errorf("the focus is on %q", got)
	}
	w.typed("Mail", "not an address")
	w.typed("Loaves", "9999")
	w.typed("Words", strings.Repeat("long ", 10))
	w.sees("10 too many")
	w.click("Save")
	w.sees("Please enter at most 40 characters; these are 50.", "Enter a valid email address.", "Must be at most 500.")
	w.shot("modal-errors")
	replace := func(label, words string) {
		t.Helper()
		w.at("fields", label)
		w.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("T.find(T.fields, %s).select()", quote(label))))
		w.keys(words)
	}
	replace("Mail", "sam@acme.example")
	replace("Loaves", "12")
	replace("Words", "wrong")
	w.click("Save")
	w.sees("That word is taken.")
	if n := len(a.sent); n != 1 {
		t.Errorf("the app heard of %d submissions, want 1: the client refuses the others itself", n)
	}

	replace("Words", "slow")
	w.click("Save")
	w.sees("We had some trouble connecting. Try again?")
	if got := eval[string](w, `T.find(T.fields, 'Mail').value`); got != "sam@acme.example" {
		t.Errorf("after the failure the field holds %q", got)
	}

	replace("Words", "push")
	w.click("Save")
	w.sees("Second", "Two of three")
	w.click("Go on")
	w.sees("Third", "Three of three")
	w.shot("modal-stack")
	w.press(escape)
	w.sees("Second")
	w.click("Rename")
	w.sees("Renamed", "Changed while open")
	w.click("Back")
	w.sees("Every input")
	if got := eval[string](w, `T.find(T.fields, 'Words').value`); got != "push" {
		t.Errorf("what was typed below is %q, want push", got)
	}
	w.click("Save")
	w.sees("Two of three")
	w.click("Done")
	w.until("the whole stack to be cleared", `!document.querySelector('#modal[open]')`)

	w.write("/toy form")
	w.sees("Every input")
	before := a.closed
	w.click("Not now")
	a.did("view_closed", func() bool { return a.closed == before+1 })
}

// A browser that goes away in the middle of a form loses nothing.
func TestWindowGoesAwayInAForm(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("/toy form")
	w.typed("Story", "half a story")
	sam, err := a.slack.Person("sam")
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); !strings.Contains(brief(sam.Views()), "half a story"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was typed never reached the server")
		}
	}
	w.run(chromedp.Navigate("about:blank"))
	w = look(t, a.page.URLFor("sam", "#sales"))
	w.sees("Every input")
	w.at("fields", "Story")
	if got := eval[string](w, `T.find(T.fields, 'Story').value`); got != "half a story" {
		t.Errorf("the field holds %q", got)
	}
}

func TestKeyboardAlone(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	on := func(want string) {
		t.Helper()
		w.until("the focus on "+want, fmt.Sprintf(`(e => (e.getAttribute('aria-label') || e.innerText || '').includes(%s))(document.activeElement)`, quote(want)))
	}
	on("Message #sales")
	w.keys("/to")
	w.sees("/toy [blocks | form | say words]", "Show something", "/tower [height]")
	w.shot("completion")
	w.press(downwards, tab)
	w.until("the command to be taken", `document.getElementById('typed').value === '/tower '`)
	w.sees("/tower [height]") // how it is used stays in sight
	w.press(escape, backspace, backspace, backspace, backspace)
	w.keys("y form")
	w.press(enter)
	w.sees("Every input")
	on("")
	w.until("the focus in the first field", `document.activeElement.id === [...document.querySelectorAll('#modal label')].find(l => l.textContent === 'Words').htmlFor`)
	for range 60 { // further than there are fields
		w.press(tab)
		if !eval[bool](w, `document.getElementById('modal').contains(document.activeElement)`) {
			t.Fatal("Tab left the form")
		}
	}
	w.press(backTab)
	w.at("fields", "Stage")
	w.run(chromedp.Evaluate[chromedp.Void](`T.find(T.fields, 'Stage').focus()`))
	w.press(downwards)
	w.sees("Discovery", "Closed")
	w.press(downwards, downwards, enter)
	w.until("the second option", `T.find(T.fields, 'Stage').value === 'Demo'`)
	w.press(downwards, escape) // the first Escape shuts the list, not the form
	w.until("the form to stay", `document.querySelector('#modal[open]')`)
	w.press(escape)
	w.until("the form to close", `!document.querySelector('#modal[open]')`)
	on("Message #sales")

	// To a message's buttons and back by the keys.
	a.post("C0SALES", fixture(t, "messages.json")["messages"].([]any)[6].(obj))
	w.sees("Acorn Bakery")
	w.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('scroll').focus()`))
	w.press(up)
	on("Toy, ")
	w.press(tab)
	on("Take it")
	w.press(enter)
	a.heard("take", "take")
	on("Take it") // the message may be drawn anew; the focus stays
	w.press(space)
	a.did("two clicks", func() bool { return len(a.acts) == 2 })

	// A menu.
	w.run(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('.tools button')].at(-1).focus()`))
	w.press(enter)
	on("Look closer")
	w.press(downwards)
	on("Reply in a thread")
	w.press(up, enter)
	w.sees("Looking closer")
	w.press(escape)
	w.until("the form to close", `!document.querySelector('#modal[open]')`)
	w.press(escape)

	// People, by keys.
	w.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.people summary').focus()`))
	w.press(enter, tab, tab, tab)
	on("Priya Nair")
	w.press(enter)
	w.until("Priya", `location.search.includes('as=priya')`)
}

func TestNarrowWindow(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{Push: func(time.Duration) {}, Tour: []page.Step{{ID: "x", Title: "Ask", Words: "Ask.", Type: "/toy say hi", Done: "hi"}}})
	w := look(t, a.page.URLFor("sam", "#sales"), 375, 700)
	w.write("/toy blocks")
	w.sees("Inside an attachment")
	fits := func(what string) {
		t.Helper()
		if wide := eval[string](w, `[...document.querySelectorAll('body *')].filter(e => e.checkVisibility() && !e.closest('.carousel, .sheet, .unseen, svg, pre') && e.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(e).position !== 'absolute').map(e => e.tagName + '.' + e.className).slice(0, 5).join(' ')`); wide != "" {
			t.Errorf("%s: wider than the window: %s", what, wide)
		}
	}
	fits("messages")
	w.shot("narrow")
	if eval[bool](w, `document.getElementById('side').checkVisibility({ visibilityProperty: true })`) {
		t.Error("the side bar is not shut")
	}
	w.click("Channels and people")
	w.click("random")
	w.sees("Nothing to do with work")
	w.until("the drawer to shut", `!document.body.classList.contains('sided')`)
	w.click("Channels and people")
	w.press(escape)
	w.until("the drawer to shut", `!document.body.classList.contains('sided')`)
	w.click("Channels and people")
	w.shot("narrow-drawer")
	w.click("Toy")
	w.click("Home")
	w.sees("Good morning, Sam")
	fits("home")
	w.shot("narrow-home")
	w.click("Messages")
	w.write("/toy form")
	w.sees("Every input")
	fits("modal")
	w.shot("narrow-modal")
	w.press(escape)
	w.click("Inspector")
	w.sees("Trouble to switch on")
	fits("inspector")
	w.press(escape)
	w.seesNot("Trouble to switch on")
}

func TestShortcutsAndHome(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("a thing to look at")
	w.sees("a thing to look at")
	w.run(chromedp.Evaluate[chromedp.Void](`document.querySelector('.message').focus()`))
	w.click("More actions")
	w.shot("menu")
	w.click("Look closer")
	w.sees("Looking closer", "You chose: a thing to look at")
	w.click("Done")
	w.click("Shortcuts")
	w.click("Fill in the form")
	w.sees("Every input")
	w.press(escape)
	w.run(chromedp.Navigate(a.page.URLFor("sam", "home")))
	w.sees("Good morning, Sam", "Birch & Sons")
	w.shot("home")
	w.typed("Your note", "call Acorn")
	w.press(enter)
	a.heard("note", `"value":"call Acorn"`)
	w.click("Settings")
	a.heard("settings", "settings")
	// Published anew, the page changes under one's eyes, and what is typed stays.
	home := fixture(t, "home.json")
	home["blocks"].([]any)[0].(obj)["text"].(obj)["text"] = "Good evening, Sam"
	a.call("views.publish", obj{"user_id": "U0SAM", "view": home})
	w.sees("Good evening, Sam")
	if got := eval[string](w, tools+`T.find(T.fields, 'Your note').value`); got != "call Acorn" {
		t.Errorf("the note is %q", got)
	}
}
