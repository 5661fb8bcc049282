package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is the browser of the tests: one for all of them.
var chromium = sync.OnceValues(func() (context.Context, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox)
		allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, shut := chromedp.NewContext(allocator)
		closeChromium = func() { shut(); cancel() }
		return ctx, chromedp.Do(ctx)
	}
	return nil, errors.New("this test plays in a browser; install one: scripts/chromium.sh")
})

var closeChromium = func() {}

// window is a window of the browser. What is in it is found by role and name,
// as screen readers find it, and by the words one sees.
type window struct {
	t   testing.TB
	ctx context.Context

	mu    sync.Mutex
	wrong []string // what scripts threw
}

// patience is how long a window waits for what is to come.
const patience = 20 * time.Second

// window opens a window on the demo, as somebody, in a #channel or "app".
func (d *demoProcess) window(t testing.TB, as, in string) *window {
	t.Helper()
	return d.windowOf(t, as, in, 1440, 900)
}

// windowOf is a window of a certain size.
func (d *demoProcess) windowOf(t testing.TB, as, in string, width, height int64) *window {
	t.Helper()
	browser, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	w := &window{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			w.picture("failed-" + strings.ReplaceAll(t.Name(), "/", "-") + "-" + as)
		}
		cancel()
		for _, e := range w.wrong {
			t.Errorf("a script of %s's window threw: %s", as, e)
		}
	})
	if err := chromedp.Listen(ctx, func(e any) {
		if thrown, ok := e.(*runtime.EventExceptionThrown); ok {
			said, _ := json.Marshal(thrown.ExceptionDetails)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.wrong = append(w.wrong, string(said))
		}
	}); err != nil {
		t.Fatal(err)
	}
	command(w, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	command(w, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}) // windows beside it have it, too
	w.size(width, height)
	w.open(d.address + "?as=" + as + "&in=" + strings.TrimPrefix(in, "#"))
	return w
}

func (w *window) size(width, height int64) {
	w.t.Helper()
	command(w, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

func (w *window) open(address string) {
	w.t.Helper()
	w.do(chromedp.Navigate(address))
	w.ready()
}

func (w *window) reload() {
	w.t.Helper()
	w.do(chromedp.Reload())
	w.ready()
}

func (w *window) ready() {
	w.t.Helper()
	w.until("the page is ready", `document.body?.dataset.ready === 'yes'`)
}

func (w *window) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// command gives the browser a command of its protocol.
func command[P, R any](w *window, of cdp.Command[P, R], params P) R {
	w.t.Helper()
	got, err := try(w, of, params)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func try[P, R any](w *window, of cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	return chromedp.Call(ctx, of, params)
}

// script runs a script in the page and reads what it gives.
func script[T any](w *window, text string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](text, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", text, err)
	}
	return got
}

// until waits until a script says yes.
func (w *window) until(what, text string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !script[bool](w, "!!("+text+")"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("it did not come to pass that %s; the window shows:\n%s", what, w.text())
		}
	}
}

// shown is what can be read in the window: what lies under a form cannot.
const shown = `([...document.querySelectorAll('dialog[open]')].at(-1) || document.body).innerText.replace(/\s+/g, ' ')`

func (w *window) text() string {
	w.t.Helper()
	return script[string](w, shown)
}

func quoted(words string) string {
	data, err := json.Marshal(words)
	if err != nil {
		panic(err) // a text always can be
	}
	return string(data)
}

// sees waits until all of these words can be read.
func (w *window) sees(words ...string) {
	w.t.Helper()
	for _, s := range words {
		w.until(fmt.Sprintf("%q can be read", s), shown+".includes("+quoted(s)+")")
	}
}

// seesNo waits until none of these words can be read any more.
func (w *window) seesNo(words ...string) {
	w.t.Helper()
	for _, s := range words {
		w.until(fmt.Sprintf("%q is gone", s), "!"+shown+".includes("+quoted(s)+")")
	}
}

// look finds what a screen reader would call by this role and name, or a name
// that begins so: the newest, or none.
func (w *window) look(role, name string) (found cdp.BackendNodeID, there bool) {
	w.t.Helper()
	page := command(w, runtime.Evaluate, runtime.EvaluateParams{Expression: "document"})
	got, err := try(w, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: page.Result.ObjectID, Role: role})
	if err != nil {
		return 0, false // the page is being loaded
	}
	exact := false
	for _, n := range got.Nodes {
		if n.Ignored || n.Name == nil {
			continue
		}
		var its string
		if json.Unmarshal(n.Name.Value, &its) != nil {
			continue
		}
		if its = strings.Join(strings.Fields(its), " "); its == name || (!exact && strings.HasPrefix(its, name)) {
			found, there, exact = n.BackendDOMNodeID, true, its == name
		}
	}
	return found, there
}

// find waits for what look finds, until it rests in one place, and gives its
// middle.
func (w *window) find(role, name string) (id cdp.BackendNodeID, x, y float64) {
	w.t.Helper()
	var before [2]float64
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		id, there := w.look(role, name)
		if there {
			_, err := try(w, dom.ScrollIntoViewIfNeeded, dom.ScrollIntoViewIfNeededParams{BackendNodeID: id})
			if err == nil {
				if quads, err := try(w, dom.GetContentQuads, dom.GetContentQuadsParams{BackendNodeID: id}); err == nil && len(quads.Quads) > 0 {
					q := quads.Quads[0]
					at := [2]float64{(q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4}
					if at == before {
						return id, at[0], at[1]
					}
					before = at
					continue
				}
			}
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("there is no %s %q; the window shows:\n%s", role, name, w.text())
		}
	}
}

// click clicks on what has this role and name, with the mouse.
func (w *window) click(role, name string) {
	w.t.Helper()
	_, x, y := w.find(role, name)
	w.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, x, y), chromedp.MouseClickXY(x, y))
}

// press clicks on a button.
func (w *window) press(name string) { w.t.Helper(); w.click("button", name) }

// paste puts words where the cursor is, at once.
func (w *window) paste(words string) {
	w.t.Helper()
	command(w, input.InsertText, input.InsertTextParams{Text: words})
}

// fill clicks into a field and puts words into it, in place of what is there.
func (w *window) fill(role, name, words string) {
	w.t.Helper()
	w.click(role, name)
	w.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.select?.()`))
	w.paste(words)
}

// set gives a field of the browser's own, such as a date, a value.
func (w *window) set(selector, value string) {
	w.t.Helper()
	w.until("there is "+selector, fmt.Sprintf(`(e => { if (!e) return false; e.value = %s; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); return true; })([...document.querySelectorAll('dialog[open] ' + %s)].at(-1))`,
		quoted(value), quoted(selector)))
}

// enter presses the key: one event that a page can keep from becoming a new
// line, as the keyboard's is.
func (w *window) enter() {
	w.t.Helper()
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	command(w, input.DispatchKeyEvent, key)
	key.Type, key.Text = input.DispatchKeyEventTypeKeyUp, ""
	command(w, input.DispatchKeyEvent, key)
}

// box is the role of the message box, which completes what one types.
const box = "combobox"

// send writes a line into the message box and sends it.
func (w *window) send(words string) {
	w.t.Helper()
	w.fill(box, "Message ", words)
	w.enter()
}

// pictures is where the tests leave pictures for whoever wants to see what
// they saw; git ignores it.
const pictures = "../../tmp/pictures"

func (w *window) picture(name string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(pictures, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(pictures, name+".png"), png, 0o600)
	}
	if err != nil {
		w.t.Logf("no picture of %s: %v", name, err)
	}
}
