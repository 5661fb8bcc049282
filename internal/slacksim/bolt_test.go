package slacksim

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// needBolt installs Slack's own JavaScript framework outside of the repository,
// once per version, and gives the folder.
func needBolt(t *testing.T) string {
	t.Helper()
	missing := func(format string, args ...any) {
		t.Helper()
		why := fmt.Sprintf(format, args...)
		if os.Getenv("CI") == "true" {
			t.Fatalf("the proof with @slack/bolt is demanded in CI: %s", why)
		}
		t.Skipf("SKIPPED: the simulator was NOT proved with @slack/bolt: %s", why)
	}
	out, err := exec.Command("node", "--version").Output()
	if err != nil {
		missing("no Node: %v", err)
	}
	major, _, _ := strings.Cut(strings.TrimPrefix(string(out), "v"), ".")
	if n, _ := strconv.Atoi(major); n < 20 {
		missing("Node %s is older than 20", strings.TrimSpace(string(out)))
	}
	pins, err := os.ReadFile("testdata/bolt/package.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, fmt.Sprintf("slacksim-bolt-%x", sha256.Sum256(pins))[:30])
	if _, err := os.Stat(filepath.Join(dir, "installed")); err == nil {
		return dir
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		missing("%v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "package.json"), pins, 0o644); err != nil {
		missing("%v", err)
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		missing("npm install: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "installed"), nil, 0o644); err != nil {
		missing("%v", err)
	}
	return dir
}

// lines collects a program's output for a failing test.
type lines struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// An app of Slack's own framework cannot tell the difference.
func TestABoltAppRunsUnchanged(t *testing.T) {
	dir := needBolt(t)
	s := open(t, Options{Commands: []Command{{Name: "/deal", ShouldEscape: true}}})
	s.Patience = 10 * time.Second
	source, err := filepath.Abs("testdata/bolt/app.js")
	if err != nil {
		t.Fatal(err)
	}
	app := exec.CommandContext(t.Context(), "node", source)
	app.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(dir, "node_modules"), "SLACK_BOT_TOKEN="+s.BotToken(),
		"SLACK_APP_TOKEN="+s.AppToken(), "SLACK_API_URL="+s.URL())
	said := &lines{}
	app.Stdout, app.Stderr = said, said
	if err := app.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = app.Process.Kill()
		_ = app.Wait()
		if t.Failed() {
			t.Logf("the app said:\n%s", said)
		}
	}()
	s.WaitConnected(1)

	sam := s.As("sam").In("#sales")
	reply := sam.Slash("/deal Globex")
	contains(t, reply.Text(), "Deal Globex", "[Edit]")
	reply.Click("Edit")
	modal := sam.Modal()
	modal.Fill("Amount", "much").Submit()
	if got := modal.Errors()["Amount"]; got != "Digits only." {
		t.Errorf("error at Amount = %q", got)
	}
	contains(t, modal.Fill("Amount", "1200").Submit().Text(), "Saved 1200")
	sam.WaitNoModal()
	contains(t, sam.Shortcut("Find in playbook", sam.Say("#sales", "budget?")).Text(), "Found: budget?")
	contains(t, sam.Mention("#sales", "hello").Text(), "Heard @sam")
	contains(t, sam.OpenHome().Text(), "Bolt at home")
	for _, e := range s.Journal().Refusals() {
		t.Errorf("refused: %s %s: %s", e.Kind, e.Name, e.Error)
	}
}
