package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// sound are settings with which the demo's team has nothing to mend.
const sound = "roles:\n  sdr: [S0SDR]\n  ae: [S0AE]\n  manager: [U0DANA]\n  owner: [U0OLA]\nchannels: {handoffs: C0HANDOFF, digest: C0SALES}\n"

// patient is a sopbot to be looked at: its Slack, its folder, its environment.
type patient struct {
	t     *testing.T
	slack *slacksim.Slack
	dir   string
	env   map[string]string
	flags doctorCommand
	in    string
	late  time.Duration // the doctor's clock goes so much ahead
	calls time.Duration // a call to Slack has so long; 5 s without it
}

// newPatient opens a Slack with the demo's team, for an app of that manifest.
func newPatient(t *testing.T, settings string, world func(*slacksim.World), app func(*manifest), options func(*slacksim.Options)) *patient {
	t.Helper()
	m := makeManifest(newFeatures().router(), "sopbot")
	if app != nil {
		app(&m)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	o, err := demoSlack()
	if err != nil {
		t.Fatal(err)
	}
	o.Manifest = raw
	if world != nil {
		world(&o.World)
	}
	if options != nil {
		options(&o)
	}
	p := &patient{t: t, slack: slacksim.Open(t, o), dir: t.TempDir(), env: map[string]string{}, flags: doctorCommand{Timeout: time.Minute}}
	p.write("playbook/playbook.yaml", settings)
	p.write("playbook/page.md", "---\ntitle: A page\nowner: ola\nreviewed: 2026-11-01\n---\nWords.\n")
	for key, value := range map[string]string{"SLACK_BOT_TOKEN": p.slack.BotToken(), "SLACK_APP_TOKEN": p.slack.AppToken(), "SLACK_API_URL": p.slack.URL(),
		"SOPBOT_PLAYBOOK": p.path("playbook"), "SOPBOT_DATABASE": p.path("sopbot.db"), "SOPBOT_HTTP": "", "SOPBOT_BACKUPS": ""} {
		p.env[key] = value
	}
	return p
}

func (p *patient) path(name string) string { return filepath.Join(p.dir, name) }

func (p *patient) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o700); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// database makes the patient's database, and gives it to change before it is
// closed.
func (p *patient) database(change func(*database.DB)) {
	p.t.Helper()
	db, err := database.Open(p.t.Context(), p.env["SOPBOT_DATABASE"])
	if err != nil {
		p.t.Fatal(err)
	}
	if change != nil {
		change(db)
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
}

// look lets the doctor look, and gives what was found and how it ended.
func (p *patient) look() (found []finding, text string, code int) {
	p.t.Helper()
	for key, value := range p.env {
		p.t.Setenv(key, value)
	}
	d := &doctor{now: func() time.Time { return time.Now().Add(p.late) }, client: &http.Client{Timeout: cmp.Or(p.calls, 5*time.Second)}, patience: p.flags.Timeout, manifest: p.flags.Manifest}
	d.in = strings.NewReader(p.in)
	d.look(p.t.Context())
	var lines, words bytes.Buffer
	err := d.print(&lines, true, p.flags.Strict)
	if again := d.print(&words, false, p.flags.Strict); fmt.Sprint(again) != fmt.Sprint(err) {
		p.t.Errorf("as JSON it ends with %v, in words with %v", err, again)
	}
	var ends exit
	if err != nil && !errors.As(err, &ends) {
		p.t.Fatal(err)
	}
	for line := range strings.Lines(lines.String()) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		if f.State != fine && f.State != skipped && (f.Says == "" || f.Do == "") {
			p.t.Errorf("%s says not what is wrong and what to do: %+v", f.Check, f)
		}
		found = append(found, f)
	}
	for _, secret := range []string{p.slack.BotToken(), p.slack.AppToken()} {
		if strings.Contains(lines.String()+words.String(), secret) {
			p.t.Error("a token is shown")
		}
	}
	return found, words.String(), int(ends)
}

// ailment is a case of the doctor's: what is done to a sound patient, and what
// is to be found: "state check", and behind a colon words of the finding.
type ailment struct {
	settings string
	world    func(*slacksim.World)
	app      func(*manifest)
	options  func(*slacksim.Options)
	prepare  func(*patient)
	want     []string
	code     int
}

func (a ailment) run(t *testing.T) {
	t.Helper()
	if a.settings == "" {
		a.settings = sound
	}
	p := newPatient(t, a.settings, a.world, a.app, a.options)
	if a.prepare != nil {
		a.prepare(p)
	}
	found, text, code := p.look()
	if code != a.code {
		t.Errorf("exit code %d, want %d", code, a.code)
	}
	for _, wish := range a.want {
		head, words, _ := strings.Cut(wish, ": ")
		state, check, _ := strings.Cut(head, " ")
		if !slices.ContainsFunc(found, func(f finding) bool {
			return string(f.State) == state && f.Check == check && strings.Contains(f.Says+" → "+f.Do, words)
		}) {
			t.Errorf("not found: %s", wish)
		}
	}
	if t.Failed() {
		t.Log("\n" + text)
	}
}

func TestTheDoctorFindsASoundBotSound(t *testing.T) {
	p := newPatient(t, sound, nil, nil, nil)
	p.database(nil)
	at := p.path("backups")
	p.write("backups/.keep", "")
	p.env["SOPBOT_BACKUPS"] = at
	db, err := database.OpenForReading(t.Context(), p.env["SOPBOT_DATABASE"])
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Backup(t.Context(), filepath.Join(at, time.Now().UTC().Add(-time.Hour).Format(backupShape))); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(makeManifest(newFeatures().router(), "Acme's playbook"))
	if err != nil {
		t.Fatal(err)
	}
	p.write("manifest.json", string(raw))
	p.flags.Manifest = p.path("manifest.json")
	p.env["SOPBOT_HTTP"] = "127.0.0.1:0"
	found, text, code := p.look()
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, f := range found {
		if f.State != fine && f.Check != "backup.same-disk" && f.Check != "playbook.warnings" && f.Check != "disk.scant" {
			t.Errorf("found %+v", f)
		}
	}
	has(t, "the doctor", text, "✓ settings    the environment is complete", "✓ bot token   sopbot in the workspace Acme (T0ACME)", "✓ scopes      all 12",
		"✓ app         both tokens are of the app A0LOCALAPP", "✓ socket      Socket Mode is on, and Slack says hello", "✓ manifest", "✓ role        sdr: 3 people",
		"✓ channel     handoffs: sopbot is in #handoffs (C0HANDOFF)", "no bot works with it now", "✓ backup      1 in ", "✓ outbox      nothing was given up", "✓ http        127.0.0.1:0 is free",
		"✓ clock       agrees with Slack's")
	if strings.Contains(text, "\x1b") {
		t.Error("it is coloured, though nobody looks at a terminal")
	}
}

func TestTheDoctorLooksAtTokensAndScopes(t *testing.T) {
	env := func(pairs ...string) func(*patient) {
		return func(p *patient) {
			for i := 0; i < len(pairs); i += 2 {
				p.env[pairs[i]] = pairs[i+1]
			}
		}
	}
	for name, tc := range map[string]ailment{
		"no tokens at all": {prepare: env("SLACK_BOT_TOKEN", "", "SLACK_APP_TOKEN", ""), code: 1,
			want: []string{"problem settings.wrong: SLACK_BOT_TOKEN is not set → copy the Bot User OAuth Token", "problem settings.wrong: SLACK_APP_TOKEN is not set", "skipped bot-token.accepted", "skipped app-token.accepted",
				"skipped role.filled", "skipped channel.ready", "ok database.none"}},
		"tokens that are swapped": {prepare: func(p *patient) {
			p.env["SLACK_BOT_TOKEN"], p.env["SLACK_APP_TOKEN"] = p.slack.AppToken(), p.slack.BotToken()
		}, code: 1, want: []string{"problem settings.wrong: are swapped", "ok bot-token.accepted", "ok app-token.accepted", "ok socket.hello"}},
		"a bot token that is malformed": {prepare: env("SLACK_BOT_TOKEN", "hello"), code: 1,
			want: []string{"problem settings.wrong: does not start with xoxb-", "skipped bot-token.accepted", "ok app-token.accepted", "ok socket.hello"}},
		"tokens that Slack does not know": {prepare: env("SLACK_BOT_TOKEN", "xoxb-wrong", "SLACK_APP_TOKEN", "xapp-wrong"), code: 1,
			want: []string{"problem bot-token.refused: does not know it (invalid_auth)", "problem app-token.refused: does not know it (invalid_auth)", "skipped role.filled: no bot token that Slack takes"}},
		"a bot token that was revoked": {prepare: func(p *patient) { p.slack.RevokeBotToken("") }, code: 1,
			want: []string{"problem bot-token.refused: it was revoked", "problem bot-token.refused: install the app again"}},
		"an app that was removed": {prepare: func(p *patient) { p.slack.RevokeBotToken("account_inactive") }, code: 1,
			want: []string{"problem bot-token.refused: the app was removed from the workspace"}},
		"a token that expired": {prepare: func(p *patient) { p.slack.RevokeBotToken("token_expired") }, code: 1,
			want: []string{"problem bot-token.refused: token rotation"}},
		"a code that nobody knows": {prepare: func(p *patient) { p.slack.RevokeBotToken("brand_new_error") }, code: 1,
			want: []string{"problem bot-token.refused: Slack refuses it (brand_new_error)"}},
		"an app token that was revoked": {prepare: func(p *patient) { p.slack.RevokeAppToken("") }, code: 1,
			want: []string{"problem app-token.refused: it was revoked", "problem app-token.refused: Basic Information, App-Level Tokens"}},
		"an app token without its scope": {prepare: func(p *patient) {
			p.slack.Fault(slacksim.Fault{Method: "apps.connections.open", Error: "missing_scope", Times: -1})
		}, code: 1, want: []string{"problem app-token.refused: lacks the scope connections:write"}},
		"tokens of two apps": {prepare: func(p *patient) {
			// The other app's token is taken by its own Slack alone, so this one is
			// told to take it.
			p.env["SLACK_APP_TOKEN"] = strings.Replace(p.slack.AppToken(), "A0LOCALAPP", "A0OTHERAPP", 1)
			p.between("apps.connections.open", p.slack.AppToken(), "")
		}, code: 1, want: []string{"problem app.differs: the bot token is of the app A0LOCALAPP, the app token of A0OTHERAPP", "problem app.differs: take both tokens from the pages of one app"}},
		"Socket Mode off": {prepare: func(p *patient) { p.slack.SwitchSocketMode(false) }, code: 1,
			want: []string{"problem socket.off: Socket Mode is off", "problem socket.off: the app's page, Socket Mode, Enable Socket Mode"}},
		"a person's token": {prepare: func(p *patient) {
			p.between("auth.test", "", `{"ok":true,"team":"Acme","team_id":"T0ACME","user":"sam","user_id":"U0SAM"}`)
		}, code: 1, want: []string{"problem bot-token.person: a person's token, not the bot's"}},
		"a firewall that lets no socket pass": {prepare: func(p *patient) {
			p.between("apps.connections.open", "", `{"ok":true,"url":"ws://127.0.0.1:1/link/?ticket=secret-ticket"}`)
		}, code: 1, want: []string{"ok app-token.accepted", "problem socket.closed: its socket does not open", "problem socket.closed: wss://*.slack.com, port 443"}},
		"a proxy that answers in the socket's place": {prepare: func(p *patient) {
			p.between("apps.connections.open", "", `{"ok":true,"url":"ws`+strings.TrimPrefix(p.slack.URL(), "http")+`nothing"}`)
		}, code: 1, want: []string{"problem socket.closed: HTTP "}},
		"another bot with the same tokens": {prepare: func(p *patient) { p.sockets(2) },
			want: []string{"warning socket.others: 2 more of the app's sockets are open", "warning socket.others: end the other bot"}},
		"ten sockets of other bots": {prepare: func(p *patient) { p.sockets(10) }, code: 1, want: []string{"problem socket.many: ten sockets"}},
		"scopes that are missing": {app: func(m *manifest) { m.OAuth.Scopes.Bot = without(m.OAuth.Scopes.Bot, "im:write", "files:write") }, code: 1,
			want: []string{"problem scopes.missing: im:write is missing: ", "warning scopes.missing: files:write is missing: a digest comes without its charts", "problem scopes.missing: install the app again"}},
		"a scope too many": {app: func(m *manifest) { m.OAuth.Scopes.Bot = append(m.OAuth.Scopes.Bot, "chat:write.public") },
			want: []string{"warning scopes.superfluous: chat:write.public is not needed"}},
		"a scope without which the people cannot be seen": {app: func(m *manifest) { m.OAuth.Scopes.Bot = without(m.OAuth.Scopes.Bot, "users:read", "usergroups:read") }, code: 1,
			want: []string{"problem scopes.missing: users:read", "skipped role.filled: lacks a scope"}},
		"no Slack at all": {prepare: env("SLACK_API_URL", "http://127.0.0.1:1/api/"), code: 1,
			want: []string{"problem slack.silent: Slack does not answer", "problem slack.silent: check the network", "skipped role.filled: Slack does not answer", "skipped channel.ready: Slack does not answer", "ok database.none"}},
		"something that is not Slack": {prepare: func(p *patient) {
			p.slack.Fault(slacksim.Fault{Times: -1, Status: 503})
		}, code: 1, want: []string{"problem slack.silent: not Slack, or Slack is in trouble (HTTP 503)"}},
		"a Slack that takes for ever": {prepare: func(p *patient) {
			p.calls = 200 * time.Millisecond
			p.slack.Fault(slacksim.Fault{Times: -1, Delay: time.Minute})
		}, code: 1, want: []string{"problem slack.silent: Slack does not answer", "skipped role.filled: Slack does not answer", "ok database.none"}},
		"a Slack that goes silent in between": {prepare: func(p *patient) {
			p.calls = 200 * time.Millisecond
			p.slack.Fault(slacksim.Fault{Method: "users.info", Times: -1, Delay: time.Minute})
		}, want: []string{"ok bot-token.accepted", "skipped role.filled: not looked at", "skipped channel.ready: Slack does not answer", "ok database.none"}},
		"a Slack that takes longer than the doctor": {prepare: func(p *patient) {
			p.flags.Timeout = 200 * time.Millisecond
			p.slack.Fault(slacksim.Fault{Method: "usergroups.list", Times: -1, Delay: time.Minute})
			p.database(nil)
		}, want: []string{"ok bot-token.accepted", "skipped role.filled: not looked at", "skipped channel.ready", "ok database.sound"}},
		"a Slack that asks to wait": {prepare: func(p *patient) {
			p.slack.Fault(slacksim.Fault{Method: "auth.test", RetryAfter: time.Second})
		}, want: []string{"ok bot-token.accepted"}},
		"a clock that goes wrong": {prepare: func(p *patient) { p.late = 90 * time.Second }, want: []string{"warning clock.differs: this machine's clock is 1m3"}},
	} {
		t.Run(name, tc.run)
	}
}

// between puts a Slack of other habits between the doctor and the patient's:
// one that takes another token for a method, or answers it by itself.
func (p *patient) between(method, token, answer string) {
	target := p.slack.URL()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/api/")
		if name == method && answer != "" {
			w.Header().Set("X-OAuth-Scopes", "chat:write")
			_, _ = w.Write([]byte(answer))
			return
		}
		out, err := http.NewRequestWithContext(r.Context(), r.Method, target+name, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		out.Header = r.Header.Clone()
		if name == method {
			out.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(out)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	p.t.Cleanup(server.Close)
	p.env["SLACK_API_URL"] = server.URL + "/api/"
}

// sockets opens so many of the app's sockets, as other bots do.
func (p *patient) sockets(n int) {
	for range n {
		d := &doctor{config: Config{APIURL: p.slack.URL()}, client: http.DefaultClient}
		var opened struct {
			URL string `json:"url"`
		}
		if _, err := d.ask(p.t.Context(), "apps.connections.open", p.slack.AppToken(), nil, &opened); err != nil {
			p.t.Fatal(err)
		}
		conn, _, err := websocket.DefaultDialer.Dial(opened.URL, nil)
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { _ = conn.Close() })
		if _, _, err := conn.ReadMessage(); err != nil { // hello
			p.t.Fatal(err)
		}
	}
}

func without(all []string, those ...string) (out []string) {
	for _, s := range all {
		if !slices.Contains(those, s) {
			out = append(out, s)
		}
	}
	return out
}
