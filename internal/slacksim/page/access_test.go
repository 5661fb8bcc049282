package page_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"sopbot/internal/slacksim/page"
)

// readable lists texts that are too small or too pale: below 12 px, or below
// the contrast of WCAG's AA (4.5, or 3 where letters are large).
const readable = `(() => {
  const rgba = s => { const c = document.createElement('canvas'); c.width = c.height = 1; const x = c.getContext('2d', { willReadFrequently: true }); x.fillStyle = s; x.fillRect(0, 0, 1, 1); const d = x.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
  const seen = new Map(), colour = s => { if (!seen.has(s)) seen.set(s, rgba(s)); return seen.get(s); };
  const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);
  const light = c => { const [r, g, b] = c.map(v => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { const stack = []; for (let n = e; n; n = n.parentElement) stack.push(colour(getComputedStyle(n).backgroundColor)); return stack.reverse().reduce((under, c) => over(c, under), [255, 255, 255, 1]); };
  const bad = [], open = document.querySelector('dialog[open]');
  const judge = (e, text, style, ink) => {
    const size = parseFloat(style.fontSize);
    if (size < 12) bad.push(size + 'px: ' + text);
    if (e.closest('[disabled]') || e.closest('.emoji')) return;
    const under = behind(e instanceof SVGElement ? e.closest('figure') : e), a = light(over(colour(ink), under)), b = light(under);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.push(ratio.toFixed(2) + ' ' + e.className + ': ' + text);
  };
  const walker = document.createTreeWalker(open || document.body, NodeFilter.SHOW_TEXT);
  let n, judged = 0;
  while ((n = walker.nextNode())) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest('.unseen, script, .skip')) continue;
    const style = getComputedStyle(e);
    judge(e, n.data.trim().slice(0, 40), style, e instanceof SVGElement ? style.fill : style.color);
    judged++;
  }
  for (const e of (open || document).querySelectorAll('input, textarea')) if (e.checkVisibility() && e.placeholder && !e.value) judge(e, e.placeholder, getComputedStyle(e), getComputedStyle(e, '::placeholder').color);
  if (judged < 10) bad.push('only ' + judged + ' texts were found');
  return [...new Set(bad)].slice(0, 20);
})()`

// named lists controls that a screen reader could only call "button".
func (w *window) nameless() []string {
	w.t.Helper()
	tree := call(w, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	word := func(v *accessibility.Value) string {
		if v == nil {
			return ""
		}
		var s string
		_ = json.Unmarshal(v.Value, &s) // what is no text has no name
		return strings.TrimSpace(s)
	}
	var bad []string
	controls := 0
	for _, n := range tree.Nodes {
		role := word(n.Role)
		switch role {
		case "button", "link", "textbox", "combobox", "checkbox", "radio", "menuitem", "option", "tab", "image", "img", "listbox", "dialog", "menu", "log", "navigation", "complementary", "DisclosureTriangle", "Date", "InputTime", "DateTime":
			controls++
			if !n.Ignored && word(n.Name) == "" {
				bad = append(bad, fmt.Sprintf("%s (node %d)", role, n.BackendDOMNodeID))
			}
		}
	}
	if controls < 8 {
		bad = append(bad, fmt.Sprintf("only %d controls were found", controls))
	}
	return bad
}

// Every view can be read by eye and by ear, in light and in dark.
func TestEveryViewIsReadable(t *testing.T) {
	t.Parallel()
	a := stage(t, page.Options{Push: func(time.Duration) {}, Tour: []page.Step{{ID: "x", Title: "Ask", Words: "Ask.", Type: "/toy say hi", Done: "hi"}, {ID: "y", Title: "More", Words: "More.", Done: "nothing"}}})
	w := look(t, a.page.URLFor("sam", "#sales"), 1440, 1000)
	for range 2 {
		a.post("C0RANDOM", obj{"text": "unread, @here"})
	}
	w.write("/toy blocks")
	w.sees("Inside an attachment")
	w.write("/toy say hi")
	w.write("Hello @alex, `code` and https://example.com/")
	w.sees("Hello")
	check := func(view string) {
		t.Helper()
		for _, dark := range []bool{false, true} {
			w.dark(dark)
			name := view + map[bool]string{false: "-light", true: "-dark"}[dark]
			for _, bad := range eval[[]string](w, readable) {
				t.Errorf("%s: %s", name, bad)
			}
			w.shot(name)
		}
		w.dark(false)
		for _, bad := range w.nameless() {
			t.Errorf("%s: without a name: %s", view, bad)
		}
	}
	check("messages")
	w.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('scroll').scrollTop = 0`))
	check("blocks-top")
	w.click("You are Sam Rivera")
	w.click("Inspector")
	w.sees("called chat.postMessage")
	check("people-inspector")
	w.click("You are Sam Rivera")
	w.click("Tour")
	check("tour")
	w.click("Close guided tour")
	w.typed("Message ", "/t")
	w.sees("/tower")
	check("completion")
	w.press(backspace, backspace)
	w.write("/nonsense")
	w.sees("is not a command here")
	check("composer-error")
	w.run(chromedp.Evaluate[chromedp.Void](`document.getElementById('typed').select()`))
	w.keys("/toy form")
	w.press(enter)
	w.sees("Every input")
	w.click("Save")
	w.sees("Please complete this required field.")
	w.pick("Stages", "", "Proposal")
	w.into("Region")
	w.sees("Turku")
	check("modal")
	w.press(escape, escape)
	w.click("Toy")
	w.click("Home")
	w.sees("Good morning")
	check("home")
	_ = a.line.Close()
	w.sees("is not connected right now")
	w.click("sales-2024 archived")
	w.sees("nobody can write here")
	check("down-archived")
}
