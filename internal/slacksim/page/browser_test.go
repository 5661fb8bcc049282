package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the browser of these tests: one for all of them, a window each.
var chromium = sync.OnceValues(func() (context.Context, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1280, 800),
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("force-color-profile", "srgb"))
		allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, shut := chromedp.NewContext(allocator)
		closing = func() { shut(); cancel() }
		return ctx, chromedp.Do(ctx)
	}
	return nil, fmt.Errorf("these tests need a browser: install chromium (Debian: apt-get install chromium), so that it is found as chromium, chromium-browser or google-chrome")
})

var closing = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	closing()
	os.Exit(code)
}

// window is a browser's window on the page.
type window struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	errors []string
}

// look opens a window and waits until the page is ready. A script error in it
// fails the test.
func look(t testing.TB, url string, size ...int) *window {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	w := &window{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			w.shot("failed-" + strings.ReplaceAll(t.Name(), "/", "-"))
		}
		cancel()
		for _, e := range w.errors {
			t.Errorf("script error: %s", e)
		}
	})
	err = chromedp.Listen(ctx, func(e any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch e := e.(type) {
		case *runtime.EventExceptionThrown:
			w.errors = append(w.errors, brief(e.ExceptionDetails))
		case *runtime.EventConsoleAPICalled:
			if e.Type == "error" {
				w.errors = append(w.errors, brief(e.Args))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(size) == 0 {
		size = []int{1280, 800}
	}
	w.size(size[0], size[1])
	w.dark(false)
	w.run(chromedp.Navigate(url))
	w.until("the page to be ready", `document.body?.dataset.ready === 'yes'`)
	return w
}

func (w *window) run(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// call is a command to the browser itself.
func call[P, R any](w *window, cmd cdp.Command[P, R], params P) R {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Second)
	defer cancel()
	got, err := chromedp.Call(ctx, cmd, params)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// eval runs a script and reads what it gives.
func eval[T any](w *window, script string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 15*time.Second)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return got
}

func (w *window) until(what, script string) {
	w.t.Helper()
	for end := time.Now().Add(6 * time.Second); ; time.Sleep(25 * time.Millisecond) {
		if eval[bool](w, "!!("+script+")") {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("waited for %s; on the page stands:\n%s", what, w.text())
		}
	}
}

// tools read a page as people do: by what is seen, and by names.
const tools = `(() => {
  if (window.T) return;
  const seen = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.getClientRects().length > 0;
  const tidy = s => (s || '').replace(/\s+/g, ' ').trim();
  const words = e => [...e.childNodes].map(c => c.nodeType === 3 ? c.data : c.nodeType !== 1 || c.getAttribute('aria-hidden') === 'true' ? '' : c.getAttribute('aria-label') && c.getAttribute('role') === 'img' ? ' ' : words(c)).join(' ');
  const top = () => [...document.querySelectorAll('dialog[open]')].at(-1) || document.body;
  const name = e => {
    const by = e.getAttribute('aria-labelledby');
    if (by) return tidy(by.split(' ').map(i => document.getElementById(i)?.textContent).join(' '));
    if (e.getAttribute('aria-label')) return tidy(e.getAttribute('aria-label'));
    if (e.labels?.length) return tidy([...e.labels].map(l => l.textContent).join(' '));
    return tidy(words(e)) || tidy(e.title) || tidy(e.placeholder);
  };
  const group = e => tidy(e.closest('fieldset')?.querySelector('legend')?.textContent);
  const find = (sort, words) => {
    const all = [...top().querySelectorAll(sort)].filter(seen).map(e => [e, name(e)]);
    const last = ok => all.filter(([, n]) => ok(n)).at(-1)?.[0];
    return last(n => n === words) || last(n => n === words + ' (optional)') || last(n => n.startsWith(words)) || null;
  };
  const put = e => { e.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' }); const r = e.getBoundingClientRect(); return [r.left + Math.min(r.width, 200) / 2, r.top + r.height / 2]; };
  const things = 'button, a, summary, label, [role=option], [role=menuitem], [role=tab]';
  const fields = 'input, textarea, [role=combobox]';
  const shows = within => {
    const walker = document.createTreeWalker(within || document.body, NodeFilter.SHOW_TEXT);
    let out = '', box = null;
    for (let n; (n = walker.nextNode());) {
      let e = n.parentElement;
      if (!e.checkVisibility({ visibilityProperty: true })) continue;
      while (/^(inline|contents)$/.test(getComputedStyle(e).display)) e = e.parentElement;
      out += (e === box ? '' : ' ') + n.data;
      box = e;
    }
    return tidy(out);
  };
  // The first word is looked for where that costs nothing.
  const says = words => document.body.textContent.includes(words.split(' ')[0]) && shows().includes(words);
  window.T = { shows, says, seen, tidy, name, find, put, top, group, things, fields };
})();`

func quote(s string) string {
	data, _ := json.Marshal(s)
	return string(data)
}

func (w *window) at(sort, words string) (x, y float64) {
	w.t.Helper()
	w.run(chromedp.Evaluate[chromedp.Void](tools))
	find := fmt.Sprintf("T.find(T.%s, %s)", sort, quote(words))
	w.until(fmt.Sprintf("%q to click on", words), find)
	place := eval[[]float64](w, "(e => e ? T.put(e) : null)("+find+")")
	if len(place) != 2 {
		w.t.Fatalf("%q went away", words)
	}
	return place[0], place[1]
}

// click clicks on what is called so: a button, a link, an option, a label.
func (w *window) click(words string) {
	w.t.Helper()
	x, y := w.at("things", words)
	w.run(chromedp.MouseClickXY(x, y))
}

// into goes to the field with this label.
func (w *window) into(label string) {
	w.t.Helper()
	x, y := w.at("fields", label)
	w.run(chromedp.MouseClickXY(x, y))
}

// typed writes into the field with this label.
func (w *window) typed(label, words string) {
	w.t.Helper()
	w.into(label)
	w.keys(words)
}

// keys are typed wherever one is.
func (w *window) keys(words string) {
	w.t.Helper()
	call(w, input.InsertText, input.InsertTextParams{Text: words})
}

// A key of the keyboard, as the browser names it, with what it types.
type key struct {
	name, text string
	code       int64
	shift      bool
}

var (
	enter     = key{name: "Enter", text: "\r", code: 13}
	tab       = key{name: "Tab", code: 9}
	backTab   = key{name: "Tab", code: 9, shift: true}
	escape    = key{name: "Escape", code: 27}
	up        = key{name: "ArrowUp", code: 38}
	downwards = key{name: "ArrowDown", code: 40}
	space     = key{name: " ", text: " ", code: 32}
	backspace = key{name: "Backspace", code: 8}
)

// press presses keys, one after the other.
func (w *window) press(keys ...key) {
	w.t.Helper()
	for _, k := range keys {
		p := input.DispatchKeyEventParams{Type: "keyDown", Key: k.name, Code: strings.ReplaceAll(k.name, " ", "Space"), Text: k.text, WindowsVirtualKeyCode: k.code}
		if k.text == "" {
			p.Type = "rawKeyDown"
		}
		if k.shift {
			p.Modifiers = 8
		}
		call(w, input.DispatchKeyEvent, p)
		p.Type, p.Text = "keyUp", ""
		call(w, input.DispatchKeyEvent, p)
	}
}

// write sends a line from the message box.
func (w *window) write(line string) {
	w.t.Helper()
	w.typed("Message ", line)
	w.press(enter)
}

// digits are typed one key after the other, as the browser's own date fields want.
func (w *window) digits(label, digits string) {
	w.t.Helper()
	w.at("fields", label)
	w.run(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("T.find(T.fields, %s).focus()", quote(label))))
	for _, d := range digits {
		code := int64(d)
		if d == 'P' || d == 'A' {
			d += 'a' - 'A'
		}
		w.press(key{name: string(d), text: string(d), code: code})
	}
}

// pick opens the select with this label, types if there is something to type,
// and takes the option.
func (w *window) pick(label, typed, option string) {
	w.t.Helper()
	w.into(label)
	if typed != "" {
		w.keys(typed)
	}
	w.click(option)
}

// text is what stands on the page.
func (w *window) text() string {
	w.t.Helper()
	return eval[string](w, tools+"T.shows()")
}

// sees waits until all these words can be seen.
func (w *window) sees(words ...string) {
	w.t.Helper()
	w.run(chromedp.Evaluate[chromedp.Void](tools))
	for _, words := range words {
		w.until(fmt.Sprintf("%q", words), fmt.Sprintf("T.says(%s)", quote(words)))
	}
}

// seesNot waits until these words can be seen no longer.
func (w *window) seesNot(words string) {
	w.t.Helper()
	w.run(chromedp.Evaluate[chromedp.Void](tools))
	w.until(fmt.Sprintf("%q to be gone", words), fmt.Sprintf("!T.says(%s)", quote(words)))
}

// shot keeps a picture, for whoever wants to see what the tests saw. The folder
// is not part of the repository.
func (w *window) shot(name string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll("shots", 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join("shots", name+".png"), png, 0o644)
	}
	if err != nil {
		w.t.Logf("no picture of %s: %v", name, err)
	}
}

// dark makes the system's setting dark.
func (w *window) dark(on bool) {
	scheme := map[bool]string{true: "dark", false: "light"}[on]
	call(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, // pictures and colours are read without waiting
	}})
}

func (w *window) size(width, height int) {
	call(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1})
}
