package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

func TestANewcomerAsksSharesRatesAndFindsHelp(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam, priya := d.window(t, "sam", "#sales"), d.window(t, "priya", "#sales")
	sam.picture("first-look")
	sam.send("/sop pricng")
	sam.sees("You asked: pricng", "read as pricing", "too expensive", "Only visible to you")
	sam.picture("answer")
	sam.press("Share in channel")
	priya.sees("Shared from the playbook by", "When you say too expensive")
	priya.seesNo("You asked")
	sam.sees("Shared in this channel")
	sam.press("Helpful")
	sam.sees("You found this helpful")
	priya.picture("shared")
	sam.send("/sop help")
	sam.sees("/sop stage discovery")
	// Whoever asks has the answer before their eyes, also after scrolling up.
	sam.do(chromedp.Evaluate[chromedp.Void](`document.getElementById('scroll').scrollTop = 0`))
	sam.send("/sop bant")
	sam.until("the answer is before Sam's eyes", `(e => e.textContent.includes('You asked: bant') && e.getBoundingClientRect().top < innerHeight - 300)([...document.querySelectorAll('#scroll .message')].at(-1))`)

	sam.send("/frobnicate pricing")
	sam.sees("/frobnicate is not")
	sam.picture("unknown-command")
	sam.send("/sop quantum chromodynamics")
	sam.sees("no answer to", "Your question is kept")
}

// `make picture` takes this one for the README.
func TestThePictureOfTheReadme(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	w := d.windowOf(t, "sam", "#sales", 1280, 890)
	w.press("Close guided tour")
	w.sees("Acorn Bakery has signed", "Last time the price was the problem")
	w.send("/sop objection pricing")
	w.sees("You asked: objection pricing", "Only visible to you")
	// The picture begins with what the answer is for, not with its end.
	w.do(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll('#scroll .message')].at(-2).scrollIntoView({ block: 'start', behavior: 'instant' })`))
	w.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 640, 880))
	w.picture("demo")
	info, err := os.Stat(filepath.Join(pictures, "demo.png"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 300_000 {
		t.Errorf("the picture takes %d bytes", info.Size())
	}
}

// The tour, as a newcomer clicks through it: what each step shows is done with
// the keyboard or the mouse, and the step ticks itself off.
func TestTheTourIsPlayedToItsEnd(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	play := map[string]func(*window){
		"digest": func(w *window) {
			w.until("the command stands in the box", `document.activeElement.value?.startsWith('/digest')`)
			w.enter()
		},
		"ask": func(w *window) {
			w.until("the command stands in the box", `document.activeElement.value?.startsWith('/sop ')`)
			w.enter()
		},
		"share": func(w *window) { w.press("Share in channel") },
		"rate":  func(w *window) { w.press("Helpful") },
		"qualify": func(w *window) {
			w.until("the command stands in the box", `document.activeElement.value?.startsWith('/qualify ')`)
			w.enter()
			w.sees("Main pain")
			w.fill("combobox", "Competition", "Confirmed")
			w.click("option", "Confirmed")
			w.press("Score")
			w.sees("4 of 7 confirmed", "Ask next")
			w.picture("scorecard")
			w.press("Close")
		},
		"handoff": func(w *window) {
			w.until("the command stands in the box", `document.activeElement.value?.startsWith('/handoff ')`)
			w.enter()
			w.handsOff("Oakline")
		},
		"accept": func(w *window) { w.press("Accept") },
		"clock": func(w *window) {
			w.pushClock("+2 hours")
			w.sees("Sam has not done it in time")
			w.picture("escalated")
			sam := d.window(t, "sam", "app")
			sam.sees("Paloma Ceramics", "Was due", "You get this because it is yours to do within 2 hours")
			sam.picture("reminded")
		},
		"week": func(w *window) {
			w.pushClock("Next Monday")
			w.sees("Weekly digest", "Handoffs by day", "Handoffs and lateness, last 8 weeks", "By person, who may need help first")
			w.picture("week")
		},
	}
	w := d.window(t, "priya", "#random") // the tour leads to where it is done, as whom
	for _, s := range tour {
		if play[s.ID] == nil {
			t.Fatalf("nobody plays the step %q here", s.ID)
		}
		w.press("Show me: " + s.Title)
		if s.Point != "" {
			w.until("the tour points at "+s.Point, "[document.activeElement.textContent.trim(), document.activeElement.dataset.key].includes("+quoted(s.Point)+")")
		}
		play[s.ID](w)
		w.until(s.Title+" is ticked off", fmt.Sprintf(`[...document.querySelectorAll('aside li.done h3')].some(e => e.textContent === %s)`, quoted(s.Title)))
	}
	w.sees("That was all of it")
	w.picture("tour")
	w.reload()
	w.sees("That was all of it")
	w.press("Begin the tour again")
	w.seesNo("That was all of it")
	w.press("Close guided tour")
	w.reload()
	w.seesNo("Guided tour")
}

func TestAFormIsFilledSubmittedAndLeft(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam := d.window(t, "sam", "#sales")
	sam.send("/sop no budget")
	sam.press("Not helpful")
	sam.fill("textbox", "What did you need instead?", "words for a CFO <script>alert(1)</script>")
	sam.picture("form")

	// A browser that goes away in the middle of it, and comes back.
	sam.reload()
	sam.sees("What did you need instead?")
	sam.fill("textbox", "What did you need instead?", "words for a CFO")
	sam.press("Send")
	sam.sees("not helpful")
	sam.seesNo("What did you need instead?")

	// Pages open over pages, three at a time as in Slack, and lead back.
	sam.press("Open page")
	sam.sees("reviewed")
	sam.picture("page")
	sam.reload()
	sam.sees("reviewed")
	sam.press("Close")
	sam.seesNo("See also")
}

func TestTwoWindowsSeeEachOther(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam, alex := d.window(t, "sam", "#sales"), d.window(t, "alex", "#sales")
	sam.send("Acorn Bakery <b>wants</b> a demo on Friday :wave: @alex please")
	alex.sees("Acorn Bakery <b>wants</b> a demo on Friday 👋 @Alex please")
	alex.press("Reply in a thread")
	alex.fill(box, "Reply", "I take it")
	alex.enter()
	sam.sees("1 reply")
	sam.press("1 reply")
	sam.sees("I take it")
	sam.fill(box, "Reply", "@sopbot what if they have no budget?")
	sam.enter()
	alex.sees("we have no budget")
	sam.picture("thread")

	// The message shortcut, and what it finds.
	alex.send("they say it is too expensive")
	sam.sees("they say it is too expensive")
	sam.press("Close thread")
	sam.press("More actions")
	sam.click("menuitem", "Find in playbook")
	sam.sees("too expensive")
	sam.press("Close")

	// One window can become somebody else, too, and writes to the app.
	alex.click("DisclosureTriangle", "You are Alex Chen")
	alex.press("Lena Fischer")
	alex.click("link", "sopbot")
	alex.send("pricng")
	alex.sees("When you say too expensive")
	sam.seesNo("Lena")
}

func (w *window) pushClock(step string) {
	w.t.Helper()
	w.press(script[string](w, `document.querySelector('.lever.clock').textContent`))
	w.click("menuitem", step)
}

func TestTheClockIsPushed(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	dana, lena := d.window(t, "dana", "#sales"), d.window(t, "lena", "#sales")
	before := script[string](dana, `document.querySelector('.lever.clock').textContent`)
	dana.pushClock("Next Monday")
	dana.sees("Mon 9:00 AM")
	lena.sees("Mon 3:00 PM") // hers is Berlin's
	dana.picture("clock")
	dana.pushClock("+30 minutes")
	dana.sees("Mon 9:30 AM")
	dana.pushClock("+2 hours")
	dana.sees("Mon 11:30 AM")
	dana.send("on Monday, before noon")
	dana.sees("11:30 AM")
	lena.sees("5:30 PM")
	dana.pushClock("Tomorrow morning")
	dana.sees("Tue 9:00 AM")
	dana.sees("Yesterday")
	dana.send("/sop pricing") // the bot's clock went along
	dana.sees("reviewed")
	if before == "Tue 9:00 AM" {
		t.Error("the clock was there from the start")
	}
}

func TestANarrowWindow(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	w := d.windowOf(t, "noor", "#sales", 390, 800)
	fits := func() {
		t.Helper()
		w.until("nothing sticks out", `document.scrollingElement.scrollWidth <= innerWidth`)
	}
	w.send("/sop objection pricing")
	w.sees("You asked: objection pricing")
	fits()
	w.picture("narrow")
	w.press("Open page")
	w.sees("See also")
	fits()
	w.picture("narrow-page")
	w.press("Close")
	w.press("Channels and people")
	w.click("link", "random")
	w.sees("#random")
	fits()
	w.press("Inspector")
	w.sees("Trouble to switch on")
	fits()
	w.picture("narrow-inspector")
}

func TestTheInspectorShowsWhatWentOverTheWire(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	w := d.window(t, "sam", "#sales")
	w.press("Inspector")
	w.send("/sop objection pricing")
	w.sees("You asked: objection pricing", "to the app slash_commands /sop objection pricing")
	w.until("the acknowledgement shows its milliseconds", `[...document.querySelectorAll('aside li')].some(e => /acknowledged/.test(e.textContent) && /\d ms/.test(e.textContent))`)
	w.click("DisclosureTriangle", "→ to the app slash_commands")
	w.sees(`"command": "/sop"`)
	w.picture("inspector")
	w.press("Envelopes")
	w.seesNo("called auth.test")
	w.press("Refusals")
	w.seesNo("slash_commands")
	if kept := w.text(); regexp.MustCompile(`xox[bp]-\d|xapp-\d`).MatchString(kept) {
		t.Errorf("the inspector shows a token: %s", kept)
	}
}

// trouble switches a trouble on, or off again.
func (w *window) trouble(name string) { w.t.Helper(); w.click("checkbox", name) }

// allIsWell waits until the page no longer says that something is wrong.
func (w *window) allIsWell() {
	w.t.Helper()
	w.until("nothing is wrong", `!document.getElementById('banner').textContent`)
}

func TestTroubleIsSwitchedOnAndOff(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	w, other := d.window(t, "sam", "#sales"), d.window(t, "dana", "#sales")
	w.send("/sop objection pricing")
	w.sees("You asked: objection pricing")
	w.press("Inspector")

	// The bot is stopped: the page says so, and what is typed fails as in Slack.
	w.trouble("Stop the bot")
	w.sees("was stopped in the inspector")
	other.sees("was stopped in the inspector")
	w.send("/sop stage discovery")
	w.sees(`failed with the error "dispatch_failed"`)
	w.picture("bot-stopped")
	w.trouble("Stop the bot")
	w.allIsWell()
	w.send("/sop stage closing")
	w.sees("You asked: stage closing")

	// Slack's own doors are shut: the bot comes back by itself.
	w.trouble("Bot offline")
	w.sees("is not connected")
	w.trouble("Bot offline")
	w.allIsWell()
	w.press("Disconnect once")
	w.send("/sop exit demo")
	w.sees("You asked: exit demo")

	// What Slack delays or limits is done once all the same.
	shared := func(n int) {
		t.Helper()
		other.until(fmt.Sprintf("%d answers are shared", n), fmt.Sprintf(`[...document.querySelectorAll('#scroll .message')].filter(e => e.textContent.includes('Shared from the playbook by')).length === %d`, n))
	}
	w.trouble("Slow")
	w.press("Share in channel")
	shared(1)
	w.trouble("Slow")
	w.trouble("Rate limit")
	w.send("/sop no budget")
	w.sees("You asked: no budget")
	w.press("Share in channel")
	w.until("a call is limited", `[...document.querySelectorAll('aside .took')].some(e => /429|ratelimited|retry_after/.test(e.textContent))`)
	w.trouble("Rate limit")
	shared(2)

	// A command is answered in its acknowledgement, whatever becomes of calls.
	w.trouble("Error 500")
	w.send("/sop bant")
	w.sees("You asked: bant")
	w.press("Open page")
	w.until("a call fails", `[...document.querySelectorAll('aside .took')].some(e => e.textContent.includes('500'))`)
	w.picture("trouble")
	w.trouble("Error 500")
	w.press("Open page")
	w.press("Close")
	shared(2)
}

func TestTheDemoGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := startDemo(t, dir)
	w := d.window(t, "sam", "#sales")
	w.send("before the crash")
	w.sees("before the crash")
	waitUntil(t, "it is on disk", func() bool { return strings.Contains(readFile(d.dir, demoWorkspace), "before the crash") })
	d.kill()
	w.sees("goes on by itself when it is back")
	w.send("typed while it was away")
	w.until("it stands in the box again", `document.getElementById('typed').value === 'typed while it was away'`)
	again := startDemo(t, dir)
	if again.address != d.address {
		t.Fatalf("it came back at %s, not at %s", again.address, d.address)
	}
	w.seesNo("goes on by itself when it is back")
	w.sees("before the crash")
	w.enter() // what was typed is still there
	w.until("it is sent", `[...document.querySelectorAll('#scroll .message')].some(e => e.textContent.includes('typed while it was away'))`)
}

func TestFortyThousandCharactersArePasted(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam, dana := d.window(t, "sam", "#sales"), d.window(t, "dana", "#sales")
	long := strings.Repeat("pricing ", 4999) + "the end."
	sam.send(long)
	dana.until("the whole message arrives", `[...document.querySelectorAll('#scroll .message')].some(e => e.textContent.length > 39000 && e.textContent.includes('the end.'))`)
	sam.picture("long")
	sam.send(long + "!")
	sam.sees("too long")
	sam.until("what was pasted is still there", `document.getElementById('typed').value.length === 40001`)
	sam.send("/sop " + long[:39000])
	sam.sees("You asked: pricing pricing")
	dana.send("and on we go")
	sam.sees("and on we go")
}

// The empty modal's errors stand at their fields, and what was typed stays.
func TestAnEmptyFormSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam := d.window(t, "sam", "#sales")
	sam.send("/handoff")
	sam.sees("Step 1 of 2")
	sam.press("Next")
	sam.sees("Please complete this required field")
	sam.fill("combobox", "Account executive", "Alex")
	sam.click("option", "Alex Chen")
	sam.fill("textbox", "Main pain, in the prospect's words", "Everything is typed twice")
	sam.press("Next")
	sam.sees("nobody with budget authority is involved", "project within the next six months")
	sam.until("what was typed stays", `[...document.querySelectorAll('dialog textarea')].some(e => e.value === 'Everything is typed twice')`)
	sam.picture("missing")
}

// handsOff fills in the form about a lead, which is open, and sends it to Alex.
func (w *window) handsOff(lead string) {
	w.t.Helper()
	w.sees("Step 1 of 2")
	w.until("the lead is filled in", `[...document.querySelectorAll('dialog input')].some(e => e.value.startsWith(`+quoted(lead)+`))`)
	w.picture("handoff")
	w.fill("combobox", "Account executive", "Alex")
	w.click("option", "Alex Chen")
	w.click("radio", "Yes")
	w.fill("textbox", "What do they need to be able to do?", "Hours on the phone, not on paper")
	w.set(`input[type=date]`, inDays(40))
	w.press("Next")
	w.sees("Step 2 of 2")
	w.set(`input[type=datetime-local]`, inDays(9)+"T15:30")
	w.press("Hand off")
	w.sees("is on its way to")
	w.press("Close")
}

// Two windows, two people: the card comes as soon as it is sent, and what is
// decided is seen as soon as it is.
func TestAHandoffGoesFromWindowToWindow(t *testing.T) {
	t.Parallel()
	d := startDemo(t, t.TempDir())
	sam, alex := d.window(t, "sam", "#sales"), d.window(t, "alex", "app")
	sam.send("/handoff oakline")
	sam.handsOff("Oakline")
	alex.sees("Oakline Property Care", "Hours on the phone, not on paper")
	alex.press("Ask")
	alex.fill("textbox", "What do you need to know?", "Who else joins the call?")
	alex.click("button", "Ask")
	alex.sees("the clock stands still")
	answers := d.window(t, "sam", "app")
	answers.press("Answer")
	answers.fill("textbox", "Your answer", "The payroll lead")
	answers.click("button", "Answer")
	alex.sees("The payroll lead")
	alex.press("Accept")
	alex.sees("Accepted by")
	answers.sees("accepted your handoff of")
	answers.picture("accepted")
}
