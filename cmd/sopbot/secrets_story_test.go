package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// heard is what a process said, for reading while it still speaks.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// A bot goes through all that can go wrong, as loud as it can be; neither it,
// nor its pages, nor what it keeps, nor any other subcommand says a secret.
func TestSecretsAreNeverSaid(t *testing.T) {
	t.Parallel()
	const password = `p@ss%word/"secret`
	slack := openSlack(t, 2)
	address, err := url.Parse(dbtest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword(address.User.Username(), password)
	target := address.String()

	secrets := map[string]string{"the bot token": slack.BotToken(), "the app token": slack.AppToken(),
		"the password": password, "the password, in an address": url.QueryEscape(password), "the password, as it was set": strings.TrimPrefix(address.User.String(), "sopbot:")}
	var all []string // everything that anybody said, for the test of the test
	check := func(what, said string) {
		t.Helper()
		all = append(all, said)
		for name, secret := range secrets {
			if i := strings.Index(said, secret); i >= 0 {
				t.Errorf("%s holds %s: …%s…", what, name, said[max(0, i-80):min(len(said), i+80)])
			}
		}
		if m := regexp.MustCompile(`ticket=[^…&\s"]+|wss?://[^\s"]*ticket|hooks\.slack\.com/[a-z]+/[A-Z0-9]`).FindString(said); m != "" {
			t.Errorf("%s holds %s", what, m)
		}
	}

	dir, web := t.TempDir(), freeAddress(t)
	file := filepath.Join(dir, "app-token")
	if err := os.WriteFile(file, []byte(slack.AppToken()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := []string{"SLACK_BOT_TOKEN=" + slack.BotToken(), "SLACK_APP_TOKEN=", "SLACK_APP_TOKEN_FILE=" + file, "SLACK_API_URL=" + slack.URL(),
		"SOPBOT_DATABASE=" + target, "SOPBOT_LOG=debug", "SOPBOT_HTTP=" + web, "GOTRACEBACK=all"}
	run := func(extra []string, args ...string) string {
		cmd := exec.Command("sopbot", args...)
		cmd.Env = append(append(os.Environ(), environment...), extra...)
		cmd.Dir = dir
		said, _ := cmd.CombinedOutput() // most of these fail, and are to
		return string(said)
	}

	// It is served, and everything fails that can.
	var said heard
	cmd := exec.Command("sopbot", "serve")
	cmd.Env = append(os.Environ(), environment...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	within := func(what string, done func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s never came:\n%s", what, said.String())
			}
		}
	}
	within("the sockets", func() bool { return len(slack.Sockets()) >= 2 })
	get := func(page string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+web+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	within("readiness", func() bool { return strings.Contains(get("/readyz"), "ready") })
	for _, method := range []string{"chat.postMessage", "views.open", "users.info", "usergroups.users.list"} {
		for _, f := range []slacksim.Fault{{Status: 500}, {Error: "invalid_auth"}, {Error: "missing_scope"}, {DropReply: true}, {RetryAfter: time.Second}} {
			f.Method = method
			slack.Fault(f)
		}
	}
	slack.Fault(slacksim.Fault{Method: "response_url", Status: 500, Times: 3})
	slack.Fault(slacksim.Fault{Method: "apps.connections.open", Status: 503, Times: 2})
	slack.Fault(slacksim.Fault{Method: "apps.connections.open", DropReply: true, Times: 2})
	slack.Quirk(slacksim.Quirk{Malformed: true})
	slack.Quirk(slacksim.Quirk{Null: true})
	sdr := slack.As("sdr0").In("#sales")
	for range 6 {
		_, _ = sdr.SlashE(context.Background(), "/lead assign @ae0 Northwind Freight, Kim Lee https://northwind.example")
		_, _ = sdr.SlashE(context.Background(), "/handoff")
		_, _ = sdr.SlashE(context.Background(), "/sop how do I hand off a lead")
	}
	for _, s := range slack.Sockets() {
		s.Cut()
	}
	within("words of it", func() bool { return strings.Contains(said.String(), `"level":"WARN"`) && len(slack.Sockets()) >= 2 })
	check("/metrics", get("/metrics"))
	check("/readyz", get("/readyz"))
	check("/healthz", get("/healthz"))
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	check("its command line", string(line))
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`Max core file size +0 +0 `).Match(limits) {
		t.Errorf("it may leave a core dump:\n%s", limits)
	}
	// What it keeps, errors of calls among it.
	check("the database", run(nil, "export", "--format", "json", "-"))
	check("the outbox", run(nil, "export", "--format", "json", "--table", "outbox", "--table", "posts", "-"))

	// Everything else, with what is right and with what is wrong.
	wrong := strings.Replace(target, "/test_", "/gone_", 1)
	for _, args := range [][]string{{"doctor"}, {"doctor", "--json"}, {"ask", "handoff"}, {"lint"}, {"backup", "copy.db"}, {"export", "out"}, {"copy", "none.db"}, {"serve", "--token"}, {"version"}} {
		what := strings.Join(args, " ")
		check(what, run(nil, args...))
		check(what+", with a database that is gone", run([]string{"SOPBOT_DATABASE=" + wrong}, args...))
		check(what+", with a broken address", run([]string{"SOPBOT_DATABASE=" + strings.Replace(target, "/test_", ":x/%zz", 1)}, args...))
		check(what+", with an address without a database", run([]string{"SOPBOT_DATABASE=postgres://sopbot:" + url.QueryEscape(password) + "@127.0.0.1:1/none"}, args...))
		check(what+", swapped", run([]string{"SLACK_APP_TOKEN_FILE=", "SLACK_BOT_TOKEN=" + slack.AppToken(), "SLACK_APP_TOKEN=" + slack.BotToken()}, args...))
		check(what+", with a Slack that is none", run([]string{"SLACK_API_URL=http://127.0.0.1:1/" + slack.BotToken() + "/"}, args...))
		check(what+", with a token in every place", run([]string{"SOPBOT_LOG=" + slack.BotToken(), "SOPBOT_HTTP=" + slack.AppToken(), "SOPBOT_PLAYBOOK=" + slack.AppToken(), "SOPBOT_CORE_DUMPS=" + slack.BotToken()}, args...))
	}

	// A panic shows every goroutine.
	_ = cmd.Process.Signal(syscall.SIGQUIT)
	<-ended
	check("what it said", said.String())
	for _, want := range []string{"SIGQUIT", "goroutine 1 ", `"level":"DEBUG"`, "chat.postMessage", "users.info", "Socket"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("the test does not go far enough: it never said %q", want)
		}
	}
	if whole := strings.Join(all, ""); !strings.Contains(whole, "xoxb-…") || len(whole) < 50_000 {
		t.Errorf("the test does not go far enough: %d bytes were said", len(whole))
	}
}

func TestWhatIsSaidHoldsNoSecret(t *testing.T) {
	for name, tc := range map[string]struct{ in, want string }{
		"plain words stay":      {"the bot has 3 sockets; ticket 7 is open", "the bot has 3 sockets; ticket 7 is open"},
		"a bot token":           {"auth xoxb-12-34-AbC failed", "auth xoxb-… failed"},
		"a token that rotates":  {`"xoxe.xoxb-1-Mi0y"`, `"xoxe.xoxb-…"`},
		"an app token":          {"xapp-1-A0-99-ff,", "xapp-…,"},
		"a socket's ticket":     {`dial "wss://wss-primary.slack.com/link/?ticket=1f-2a&app_id=77": EOF`, `dial "wss://wss-primary.slack.com/link/?ticket=…&app_id=77": EOF`},
		"a response address":    {"POST https://hooks.slack.com/commands/T1/22/abc: 404", "POST https://hooks.slack.com/commands/…: 404"},
		"an upload's address":   {`Post "https://files.slack.com/upload/v1/ABC123": EOF`, `Post "https://files.slack.com/upload/…": EOF`},
		"a database's address":  {"open postgres://sopbot:pw:x@db.example/sopbot failed", "open postgres://sopbot:…@db.example/sopbot failed"},
		"its own, however told": {"pw is hush%hush, hush%25hush", "pw is …, …"},
	} {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			d := newDiscreet(&b, "hush%hush")
			n, err := d.Write([]byte(tc.in))
			if err != nil || n != len(tc.in) {
				t.Errorf("Write = %d, %v", n, err)
			}
			if b.String() != tc.want {
				t.Errorf("said %q, want %q", b.String(), tc.want)
			}
		})
	}
}

// No child of ours needs a secret.
func TestTheBrowserGetsNoSecret(t *testing.T) {
	got := withoutSecrets([]string{"HOME=/home/x", "SLACK_BOT_TOKEN=xoxb-1", "SLACK_APP_TOKEN=xapp-1", "SOPBOT_DATABASE=postgres://a:b@c/d", "PGPASSWORD=b", "DISPLAY=:0"})
	if want := "HOME=/home/x DISPLAY=:0"; strings.Join(got, " ") != want {
		t.Errorf("the environment is %q, want %q", got, want)
	}
}

func TestTokensInTheClearAreWarnedOf(t *testing.T) {
	for address, want := range map[string]bool{"https://slack.com/api/": false, "http://127.0.0.1:80/api/": false, "http://[::1]/": false, "http://localhost:3000/": false,
		"http://slack.example/api/": true, "http://10.0.0.1/": true} {
		if c := (Config{APIURL: address}); c.unencrypted() != want {
			t.Errorf("%s: unencrypted is %v", address, !want)
		}
	}
}

// The page for operators has no password: it is open to this machine alone
// unless it is told otherwise.
func TestAnAddressWithoutAHostIsThisMachine(t *testing.T) {
	for given, want := range map[string]string{":8080": "127.0.0.1:8080", "0.0.0.0:8080": "0.0.0.0:8080", "[::]:8080": "[::]:8080", "localhost:1": "localhost:1"} {
		c := Config{BotToken: "xoxb-1", AppToken: "xapp-1", APIURL: "https://slack.com/api/", Database: "a.db", HTTP: given, Log: "info"}
		if err := c.validate(); err != nil || c.HTTP != want {
			t.Errorf("%s becomes %s, %v; want %s", given, c.HTTP, err, want)
		}
	}
}

// Nobody fills the memory by the operators' page.
func TestTheOperatorsPageTakesNoLargeHeader(t *testing.T) {
	address := freeAddress(t)
	startBot(t, func(b *bot) { b.HTTP = address })
	for letters, want := range map[int]int{100: http.StatusOK, 64 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/healthz", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Much", strings.Repeat("x", letters))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%d letters: %s, want %d", letters, res.Status, want)
		}
	}
}
