package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/page"
)

// demoProcess is `sopbot demo` as people run it: a process of its own.
type demoProcess struct {
	cmd     *exec.Cmd
	address string // of the page, with the slash
	dir     string
	said    *spoken
	ended   chan error
}

// spoken collects what a process writes.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// sopbotAs is this very test binary, run as the program: see TestMain.
func sopbotAs(ctx context.Context, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Args = append([]string{"sopbot"}, args...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "SOPBOT_PLAYBOOK=", "DISPLAY=", "WAYLAND_DISPLAY=")
	return cmd
}

// startDemo starts a demo on a folder and waits until it says where it is.
func startDemo(t testing.TB, dir string, args ...string) *demoProcess {
	t.Helper()
	d := &demoProcess{dir: dir, said: &spoken{}, ended: make(chan error, 1)}
	d.cmd = sopbotAs(context.Background(), append([]string{"demo", "--data", dir}, args...)...)
	d.cmd.Stderr = d.said
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.kill()
		if t.Failed() {
			t.Logf("the demo said:\n%s", d.said)
		}
	})
	address := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			fmt.Fprintln(d.said, s.Text())
			if line := strings.TrimSpace(s.Text()); strings.HasPrefix(line, "http://") {
				address <- line
			}
		}
	}()
	go func() { <-read; d.ended <- d.cmd.Wait() }()
	select {
	case d.address = <-address:
	case <-time.After(30 * time.Second):
		t.Fatalf("the demo did not say where it is:\n%s", d.said)
	}
	return d
}

// stop ends the demo as Ctrl-C does.
func (d *demoProcess) stop(t testing.TB) {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-d.ended:
		d.ended <- err
		if err != nil {
			t.Fatalf("after Ctrl-C the demo ended with %v:\n%s", err, d.said)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("after Ctrl-C the demo went on:\n%s", d.said)
	}
}

// kill ends it as a crash does.
func (d *demoProcess) kill() {
	_ = d.cmd.Process.Kill()
	err := <-d.ended
	d.ended <- err
}

// do sends what somebody does to the page's server, as the page does.
func (d *demoProcess) do(t testing.TB, as string, touch slacksim.Touch) slacksim.Touched {
	t.Helper()
	body, err := json.Marshal(touch)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.Post(d.address+"page/do?as="+as, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	var done slacksim.Touched
	if err != nil || reply.StatusCode != http.StatusOK || json.Unmarshal(raw, &done) != nil {
		t.Fatalf("%s: %s %s", touch.Do, reply.Status, raw)
	}
	return done
}

// get reads one of the page's addresses.
func (d *demoProcess) get(t testing.TB, path string) string {
	t.Helper()
	reply, err := http.Get(d.address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s", path, reply.Status, raw)
	}
	return string(raw)
}

func (d *demoProcess) sales(t testing.TB) string {
	t.Helper()
	return d.get(t, "page/history?as=priya&room=C0SALES")
}

func TestTheDemoKeepsWhatWasSaidUntilItIsToBeginAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startDemo(t, dir)
	first.do(t, "sam", slacksim.Touch{Do: "say", Room: "C0SALES", Text: "they want a discount"})
	pushed, err := http.Post(first.address+"page/clock?as=sam", "application/json", strings.NewReader(`{"step":"2h"}`))
	if err != nil || pushed.StatusCode != http.StatusOK {
		t.Fatal(err, pushed)
	}
	pushed.Body.Close()
	first.stop(t)

	again := startDemo(t, dir)
	has(t, "#sales after a start", again.sales(t), "they want a discount")
	if again.address != first.address {
		t.Errorf("a page that is still open is at %s, the demo now at %s", first.address, again.address)
	}
	var start struct{ Now int64 }
	if err := json.Unmarshal([]byte(again.get(t, "page/start")), &start); err != nil {
		t.Fatal(err)
	}
	if ahead := time.Until(time.UnixMilli(start.Now)); ahead < 110*time.Minute {
		t.Errorf("the clock that was pushed by two hours is %s ahead after a start", ahead)
	}
	again.do(t, "sam", slacksim.Touch{Do: "say", Room: "C0SALES", Text: "and a crash"})
	waitUntil(t, "what was said is on disk", func() bool {
		kept, _ := os.ReadFile(filepath.Join(dir, demoWorkspace))
		return bytes.Contains(kept, []byte("and a crash"))
	})
	again.kill()

	has(t, "#sales after a crash", startDemoOnce(t, dir), "they want a discount", "and a crash")
	lacks(t, "#sales after --fresh", startDemoOnce(t, dir, "--fresh"), "they want a discount")
}

func startDemoOnce(t *testing.T, dir string, args ...string) string {
	t.Helper()
	d := startDemo(t, dir, args...)
	defer d.stop(t)
	return d.sales(t)
}

// The port of the last time is only a wish.
func TestADemoGoesElsewhereWhenItsPortIsTaken(t *testing.T) {
	first := startDemo(t, t.TempDir())
	first.do(t, "sam", slacksim.Touch{Do: "say", Room: "C0SALES", Text: "hello"})
	waitUntil(t, "it is on disk", func() bool { return strings.Contains(readFile(first.dir, demoWorkspace), "hello") })
	copied := t.TempDir()
	if err := os.WriteFile(filepath.Join(copied, demoWorkspace), []byte(readFile(first.dir, demoWorkspace)), 0o600); err != nil {
		t.Fatal(err)
	}
	second := startDemo(t, copied)
	if second.address == first.address {
		t.Errorf("both demos are at %s", first.address)
	}
	has(t, "#sales of the copy", second.sales(t), "hello")
}

func waitUntil(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come to pass that %s", what)
		}
	}
}

func TestFreshTakesNothingAwayButTheDemosOwn(t *testing.T) {
	dir := t.TempDir()
	mine := filepath.Join(dir, "my-notes.txt")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	startDemo(t, dir, "--fresh").stop(t)
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestASecondDemoIsToldOfTheFirst(t *testing.T) {
	first := startDemo(t, t.TempDir())
	port := strings.TrimSuffix(strings.TrimPrefix(first.address, "http://"), "/")
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, demoWorkspace), []byte(`{"slack":`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"on the same folder":                {[]string{"--data", first.dir}, []string{"already running", first.address, "--data DIR"}},
		"on the same port":                  {[]string{"--data", t.TempDir(), "--listen", port}, []string{port + " is taken", "another demo"}},
		"on a folder whose data is damaged": {[]string{"--data", broken}, []string{"cannot be read", "--fresh"}},
		"as somebody who is not there":      {[]string{"--data", t.TempDir(), "--as", "zoe"}, []string{"--as", "no zoe"}},
		"where the folder is a file":        {[]string{"--data", filepath.Join(broken, demoWorkspace)}, []string{"needs a folder", "--data DIR"}},
		"with a playbook that is not there": {[]string{"--data", t.TempDir(), "--playbook", "nowhere"}, []string{"no folder nowhere"}},
		"on an address that others reach":   {[]string{"--listen", "0.0.0.0:7788"}, []string{"this machine alone", "127.0.0.1:7788"}},
		"with a level that there is not":    {[]string{"--log", "loud"}, []string{"not a level"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			out, err := sopbotAs(ctx, append([]string{"demo"}, tc.args...)...).CombinedOutput()
			if err == nil || ctx.Err() != nil {
				t.Fatalf("it started:\n%s", out)
			}
			has(t, "what it says", string(out), tc.want...)
			lacks(t, "what it says", string(out), "goroutine", "panic")
		})
	}
	has(t, "the first, meanwhile", first.get(t, "page/start"), `"connected":`)
}

// A page of another web site, and a name of somebody else's that leads to this
// machine, must not reach in.
func TestStrangersAreRefused(t *testing.T) {
	d := startDemo(t, t.TempDir())
	say := `{"do":"say","room":"C0SALES","text":"forged"}`
	for name, tc := range map[string]struct {
		method, path, body string
		change             func(*http.Request)
	}{
		"a name that leads here":             {"GET", "", "", func(r *http.Request) { r.Host = "evil.example" }},
		"... with the right port":            {"GET", "page/start", "", func(r *http.Request) { r.Host = "evil.example:" + r.URL.Port() }},
		"a form of another site":             {"POST", "page/do?as=sam", say, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }},
		"a form of no site":                  {"POST", "page/do?as=sam", say, func(r *http.Request) { r.Header.Set("Origin", "null") }},
		"a form as browsers can send it":     {"POST", "page/do?as=sam", say, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }},
		"another port of this machine":       {"POST", "page/do?as=sam", say, func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:1") }},
		"a picture on another site":          {"GET", "page/start", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }},
		"another site listening":             {"GET", "page/live?as=sam", "", func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }},
		"the journal under another name":     {"GET", "page/journal", "", func(r *http.Request) { r.Host = "evil.example" }},
		"the clock, pushed by another site":  {"POST", "page/clock?as=sam", `{"step":"2h"}`, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }},
		"a trouble, switched by another one": {"POST", "page/fault?as=sam", `{"name":"slow","on":true}`, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), tc.method, d.address+tc.path, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			tc.change(r)
			reply, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			raw, _ := io.ReadAll(io.LimitReader(reply.Body, 4096))
			if reply.StatusCode < 400 || reply.StatusCode > 499 {
				t.Errorf("%s: %s", reply.Status, raw)
			}
		})
	}
	lacks(t, "#sales", d.sales(t), "forged")
	byName := &demoProcess{address: strings.Replace(d.address, "127.0.0.1", "localhost", 1)}
	has(t, "the page under this machine's own name", byName.get(t, "page/start"), `"connected":`)
	// The Web API at the same address takes a token that no page knows.
	reply, err := http.Post(d.address+"api/conversations.history?channel=C0SALES", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, _ := io.ReadAll(reply.Body)
	has(t, "the API without a token", string(raw), "not_authed")
}

func TestTheDemoListensOnThisMachineAlone(t *testing.T) {
	for listen, want := range map[string]string{
		"": "", "8080": "127.0.0.1:8080", "127.0.0.1:8080": "127.0.0.1:8080", "localhost:0": "localhost:0", "[::1]:8080": "[::1]:8080", "127.1.2.3:80": "127.1.2.3:80",
	} {
		if got, err := loopback(listen); err != nil || got != want {
			t.Errorf("%q: %q, %v", listen, got, err)
		}
	}
	for _, listen := range []string{":8080", "0.0.0.0:8080", "[::]:80", "192.0.2.1:80", "acme.example:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "nonsense", "1:2:3"} {
		if got, err := loopback(listen); err == nil {
			t.Errorf("%q is taken as %q", listen, got)
		}
	}
}

func TestABrowserIsOpenedOnlyWhereThereIsADesktop(t *testing.T) {
	for name, tc := range map[string]struct {
		system string
		env    map[string]string
		want   string
	}{
		"a server":  {"linux", nil, ""},
		"X":         {"linux", map[string]string{"DISPLAY": ":0"}, "xdg-open"},
		"Wayland":   {"freebsd", map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, "xdg-open"},
		"a Mac":     {"darwin", nil, "open"},
		"Microsoft": {"windows", nil, "rundll32 url.dll,FileProtocolHandler"},
	} {
		got := browserCommand(tc.system, func(name string) string { return tc.env[name] })
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	t.Setenv("PATH", "")
	t.Setenv("DISPLAY", ":0")
	openBrowser(t.Context(), "http://127.0.0.1:1/") // none to be found: nothing happens
}

func TestStepsOfTheTourNeedTheirCommands(t *testing.T) {
	r := chat.NewRouter()
	r.OnCommand(chat.CommandHelp{Name: "/there"}, nil)
	got := tourFor([]tourStep{{"/there", page.Step{ID: "one"}}, {"/missing", page.Step{ID: "two"}}, {"/there", page.Step{ID: "three"}}}, r)
	if len(got) != 2 || got[0].ID != "one" || got[1].ID != "three" {
		t.Errorf("the tour is %v", got)
	}
	seen := map[string]bool{}
	for _, s := range tour {
		if s.ID == "" || s.Title == "" || s.Words == "" || s.Done == "" || s.needs == "" || seen[s.ID] {
			t.Errorf("the step %q lacks something, or is there twice", s.ID)
		}
		seen[s.ID] = true
	}
}

func readFile(dir, name string) string {
	data, _ := os.ReadFile(filepath.Join(dir, name)) // what is not there yet is empty
	return string(data)
}
