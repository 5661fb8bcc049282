package page_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"sopbot/internal/slacksim/page"
)

// heard waits until the newest click that reached the app is this element's and
// carries this.
func (a *toy) heard(id, want string) {
	a.t.Helper()
	a.did(id+" with "+want, func() bool {
		if len(a.acts) == 0 {
			return false
		}
		last := a.acts[len(a.acts)-1]["actions"].([]any)[0].(obj)
		return last["action_id"] == id && strings.Contains(brief(last), want)
	})
}

func TestEveryBlockIsShown(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"), 1280, 900)
	w.write("/toy blocks")
	w.sees(
		"A header 🎉", "Bold, italic, struck, code, both and 2*3*4.", "@Alex and @Sam in #sales, @sdrs, @here. 👋 🚀 :no_such_emoji: <script>alert(1)</script>",
		"A quote of two lines", "◦ deeper", "func main() {", "The meeting is on Jan 1, 2030 at 6:00 AM.", "Stage Discovery", "Owner Alex Chen", "plain words", "The oven",
		"Things to click", "Rich bold code and a link for @Dana", "first second deeper one two", "quoted", "let x = 1;",
		"Markdown", "Some bold, italic, struck and code, a link.", "fenced", "Loaves sold", "1–3 of 5",
		"Leads by week", "Priya", "Where leads come from", "Referral: 30", "Pipeline", "Open deals",
		"Acorn Bakery", "Handed over by Sam", "Card 3", "A container", "Inside the container", "Good answer", "Inside an attachment",
	)
	for what, script := range map[string]string{
		"no unknown block":                    `!document.querySelector('[data-unknown]')`,
		"bold is bold":                        `[...document.querySelectorAll('strong')].some(e => e.textContent === 'Bold')`,
		"both are both":                       `document.querySelector('strong > em')?.textContent === 'both'`,
		"code is no markup":                   `[...document.querySelectorAll('code')].some(e => e.textContent === 'code')`,
		"no script came in by text":           `[...document.querySelectorAll('script')].every(s => s.src)`,
		"links open elsewhere":                `[...document.querySelectorAll('.text a[href^="http"]')].every(e => e.target === '_blank' && e.rel.includes('noopener'))`,
		"a mail address is a link":            `document.querySelector('a[href="mailto:a@example.com"]').textContent === 'mail'`,
		"a channel can be followed":           `[...document.querySelectorAll('a.mention')].some(e => e.textContent === '#sales')`,
		"one's own name stands out":           `document.querySelector('.mention.mine').textContent === '@Sam'`,
		"two lines of one quote":              `document.querySelector('blockquote').children.length === 2`,
		"pictures have words":                 `[...document.querySelectorAll('img')].every(i => i.alt)`,
		"the table has a heading":             `document.querySelector('th[scope=col]').textContent === 'Name'`,
		"numbers stand to the right":          `document.querySelectorAll('td.right').length >= 5`,
		"charts speak":                        `[...document.querySelectorAll('svg[role=img]')].map(s => s.getAttribute('aria-label')).includes('Where leads come from. Web: 45, Referral: 30, Event: 15, Cold: 10')`,
		"bars for both people":                `document.querySelectorAll('.chart rect').length === 6`,
		"a slice each":                        `document.querySelectorAll('.pie path').length === 4`,
		"a line":                              `document.querySelectorAll('.chart path.stroke').length === 2`,
		"lists of rich text are lists":        `document.querySelectorAll('.text ul li').length >= 3 && document.querySelectorAll('.text ol li').length === 2`,
		"nothing is wider than its window":    `document.documentElement.scrollWidth <= innerWidth && document.getElementById('scroll').scrollWidth <= document.getElementById('scroll').clientWidth`,
		"the list of messages is a log":       `document.querySelector('[role=log]').getAttribute('aria-label') === 'Messages'`,
		"who, when and that it is an app":     `document.querySelector('.message .by').textContent.startsWith('ToyApp')`,
		"the newest message is in the window": `[...document.querySelectorAll('.message')].at(-1).getBoundingClientRect().bottom <= document.getElementById('scroll').getBoundingClientRect().bottom + 1`,
	} {
		if !eval[bool](w, script) {
			t.Errorf("%s: not so", what)
		}
	}
	w.shot("blocks")
}

func TestEveryControlInMessagesReachesTheApp(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"), 1280, 900)
	messages := fixture(t, "messages.json")["messages"].([]any)
	a.post("C0SALES", messages[0].(obj))
	a.post("C0SALES", messages[6].(obj))
	a.post("C0SALES", messages[1].(obj))
	w.sees("Things to click")
	w.click("More options")
	w.click("Snooze for a day")
	a.heard("over", `"value":"snooze"`)
	w.click("Accept")
	a.heard("accept", `"value":"1"`)
	w.click("Decline")
	w.sees("Decline the lead?", "It goes back to Sam.")
	w.shot("confirm")
	w.click("Keep it")
	w.seesNot("Decline the lead?")
	a.heard("accept", `"value":"1"`) // the app heard nothing of it
	w.click("Decline")
	w.click("Decline") // now the one in the dialog
	a.heard("decline", `"type":"button"`)
	w.pick("Choose a stage", "", "Proposal")
	a.heard("stage", `"selected_option":{"text":{"emoji":true,"text":"Proposal","type":"plain_text"},"value":"prop"}`)
	w.pick("Choose a person", "ale", "Alex Chen Account Executive")
	a.heard("user", `"selected_user":"U0ALEX"`)
	w.pick("Choose a channel", "hand", "#handoffs")
	a.heard("channel", `"selected_channel":"C0HANDOFF"`)
	w.pick("Choose a conversation", "ola", "Ola Nowak")
	a.heard("conv", `"selected_conversation":"U0OLA"`)
	w.pick("Find a company", "ac", "Acme Tools")
	a.heard("company", `"value":"acme"`)
	w.digits("Choose a day", "01152030")
	a.heard("day", `"selected_date":"2030-01-15"`)
	w.digits("Choose a time", "0230P")
	a.heard("hour", `"selected_time":"14:30"`)
	w.pick("Choose people", "pri", "Priya Nair")
	a.heard("people", `"selected_users":["U0PRIYA"]`)
	w.pick("Choose people", "dan", "Dana Brooks")
	a.heard("people", `"selected_users":["U0PRIYA","U0DANA"]`)
	w.click("Remove Priya Nair")
	a.heard("people", `"selected_users":["U0DANA"]`)
	w.click("Authority")
	a.heard("ticks", `"value":"authority"`)
	w.click("No")
	a.heard("one", `"value":"no"`)
	w.click("Bad answer")
	a.heard("fb", `"value":"down"`)
	w.click("Take it")
	a.heard("take", `"action_id":"take"`)
	w.click("Open 2")
	a.heard("open2", `"action_id":"open2"`)
	w.click("Inside")
	a.heard("inside", `"action_id":"inside"`)
	w.click("Edit")
	w.sees("It was edited.", "(edited)")
}

func TestDataTablesAreSortedAndPaged(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	a.post("C0SALES", fixture(t, "messages.json")["messages"].([]any)[3].(obj))
	w.sees("Rye 12", "1–3 of 5")
	w.click("Next page")
	w.sees("Wheat 44 Corn 9", "4–5 of 5")
	w.click("Sold")
	w.sees("Spelt 7 Corn 9 Rye 12")
	w.click("Sold")
	w.sees("Oat 130 Wheat 44 Rye 12")
}

func TestEveryInputOfAModalIsSubmitted(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "#sales"))
	w.write("/toy form")
	w.sees("Every input", "This form has every input.", "Try the word “wrong”.")
	w.shot("modal")
	w.typed("Words", "all is well")
	w.typed("Story", "A long\nstory")
	w.typed("Mail", "sam@acme.example")
	w.typed("Site", "https://acme.example/x")
	w.typed("Loaves", "42")
	w.pick("Stage", "", "Demo")
	w.pick("Region", "", "Turku")
	w.pick("Stages", "", "Discovery They have a problem")
	w.pick("Stages", "", "Proposal")
	w.pick("Company", "bir", "Birch & Sons")
	w.pick("Companies", "ac", "Acorn Bakery")
	w.pick("Person", "lena", "Lena Fischer")
	w.pick("Team", "noor", "Noor Haddad")
	w.pick("Channel", "", "#sales")
	w.pick("Channels", "play", "#playbook")
	w.pick("Conversation", "rand", "#random")
	w.pick("Conversations", "gabe", "Gabe Moreau")
	w.digits("Day", "12312029")
	w.digits("Hour", "0915A")
	w.digits("Moment", "07042030")
	w.press(key{name: "ArrowRight", code: 39})
	for _, d := range "1030A" {
		w.press(key{name: strings.ToLower(string(d)), text: strings.ToLower(string(d)), code: int64(d)})
	}
	w.click("Budget")
	w.click("Yes")
	w.typed("Rich words", "rich & <plain>")
	paper := filepath.Join(t.TempDir(), "paper.txt")
	if err := os.WriteFile(paper, []byte("words"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.run(chromedp.SetUploadFiles(`dialog input[type=file]`, []string{paper}))
	w.sees("paper.txt")
	w.shot("modal-filled")
	w.click("Save")
	a.did("the form", func() bool { return len(a.sent) == 1 })
	state := brief(a.sent[0]["view"].(obj)["state"])
	for _, want := range []string{
		`"words":{"type":"plain_text_input","value":"all is well"}`, `"value":"A long\nstory"`, `"value":"sam@acme.example"`, `"value":"https://acme.example/x"`, `"value":"42"`,
		`"stage":{"selected_option":{"text":{"emoji":true,"text":"Demo","type":"plain_text"},"value":"demo"}`, `"value":"turku"`, `"value":"disc"},{`, `"value":"prop"}]`, `"value":"birch"`,
		`"selected_user":"U0LENA"`, `"selected_users":["U0NOOR"]`, `"selected_channel":"C0SALES"`, `"selected_channels":["C0PLAY"]`, `"selected_conversation":"C0RANDOM"`, `"selected_conversations":["U0GABE"]`,
		`"selected_date":"2029-12-31"`, `"selected_time":"09:15"`, `"selected_date_time":1909405800`, `"value":"budget"`, `"value":"yes"`, `"name":"paper.txt"`,
		`"text":"rich \u0026 \u003cplain\u003e"`,
	} {
		if !strings.Contains(state, want) {
			t.Errorf("%s is missing in %s", want, state)
		}
	}
	w.seesNot("Every input")
	if focused := eval[string](w, `document.activeElement.id`); focused != "typed" {
		t.Errorf("after the form the focus is on %q, want the message box", focused)
	}
}

// Whatever any room of the house shows must be shown here: its golden files
// are its views.
func TestGoldenViewsAreShown(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../*/testdata/*.json")
	if err != nil {
		t.Fatal(err)
	}
	a := stage(t, page.Options{})
	w := look(t, a.page.URLFor("sam", "app"))
	shown := 0
	for _, file := range files {
		view, message := goldenView(t, file)
		name := strings.TrimPrefix(file, "../../")
		w.run(chromedp.Evaluate[chromedp.Void](`window.drawn = null`))
		switch {
		case view != nil && view["type"] == "modal":
			delete(view, "external_id")
			a.mu.Lock()
			a.show = view
			a.mu.Unlock()
			w.write("/toy show")
			title := view["title"].(obj)["text"].(string)
			w.until(name+" to open", fmt.Sprintf(`document.querySelector('#modal[open] h2')?.textContent === %s`, quote(title)))
			w.noneUnknown(name, "#modal")
			if err := a.closeModals("sam"); err != nil {
				t.Fatal(err)
			}
			w.until(name+" to close", `!document.querySelector('#modal[open]')`)
		case view != nil:
			a.call("views.publish", obj{"user_id": "U0SAM", "view": view})
			w.click("Home")
			w.until(name+" to be shown", fmt.Sprintf(`document.querySelectorAll('.home > *').length === %d`, len(view["blocks"].([]any))))
			w.noneUnknown(name, ".home")
			w.click("Messages")
		case message != nil:
			ts := a.post("D0SAM", obj{"text": message["text"], "blocks": message["blocks"]})
			w.until(name+" to be shown", fmt.Sprintf(`document.querySelector('[data-ts="%s"] .block')`, ts))
			w.noneUnknown(name, fmt.Sprintf(`[data-ts="%s"]`, ts))
		default:
			continue
		}
		shown++
	}
	if shown < 30 {
		t.Errorf("%d golden views were found; the pattern no longer finds them", shown)
	}
	t.Logf("%d golden views shown", shown)
}
