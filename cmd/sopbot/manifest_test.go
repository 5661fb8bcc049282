package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sopbot/internal/gateway"
	"sopbot/internal/slacksim"
)

// The manifest names every command, shortcut and event that somebody answers,
// and no other.
func TestTheManifestHoldsWhatIsAnsweredAndNothingElse(t *testing.T) {
	r := newFeatures().router()
	m := makeManifest(r, "sopbot")
	var commands, shortcuts, needed []string
	for _, c := range r.Commands() {
		commands = append(commands, c.Name)
	}
	for _, s := range r.Shortcuts() {
		shortcuts = append(shortcuts, s.Callback)
	}
	for _, s := range gateway.Scopes {
		needed = append(needed, s.Name)
	}
	for what, pair := range map[string][2][]string{
		"commands": {m.commandNames(), commands}, "shortcuts": {m.shortcutNames(), shortcuts}, "scopes": {m.OAuth.Scopes.Bot, needed},
	} {
		if !slices.Equal(pair[0], pair[1]) || len(pair[1]) == 0 {
			t.Errorf("%s: the manifest has %v, the bot %v", what, pair[0], pair[1])
		}
	}
	// What the gateway hands on of events stands in its code alone.
	var events []string
	for name := range wordsIn(t, "../../internal/gateway", "") {
		if slices.Contains([]string{"app_mention", "message", "app_home_opened", "reaction_added"}, name) {
			events = append(events, strings.Replace(name, "message", "message.im", 1))
		}
	}
	slices.Sort(events)
	if got := slices.Sorted(slices.Values(m.eventNames())); !slices.Equal(got, events) {
		t.Errorf("the manifest has the events %v, the gateway reads %v", got, events)
	}
	for _, c := range m.Features.Commands {
		if !c.Escape {
			t.Errorf("%s does not escape names", c.Command)
		}
	}
	if !m.Settings.SocketMode || !m.Settings.Interactivity.Enabled || m.Settings.Rotation || !m.Features.AppHome.Messages || m.Features.AppHome.ReadOnly {
		t.Errorf("the settings are %+v, the tabs %+v", m.Settings, m.Features.AppHome)
	}
}

// wordsIn gives the string literals of a folder's code, without its tests and
// the file that is left out, and where each stands.
func wordsIn(t *testing.T, folder, leftOut string) map[string]string {
	t.Helper()
	words := map[string]string{}
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no code in %s: %v", folder, err)
	}
	set := token.NewFileSet()
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || filepath.Base(file) == leftOut {
			continue
		}
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if word, err := strconv.Unquote(l.Value); err == nil {
					words[word] = set.Position(l.Pos()).String()
				}
			}
			return true
		})
	}
	return words
}

// free are the methods that need no scope.
var free = []string{"auth.test", "apps.connections.open", "chat.getPermalink", "views.open", "views.push", "views.update"}

var methodShape = regexp.MustCompile(`^(apps|auth|bots|chat|conversations|files|reactions|team|usergroups|users|views)\.[a-zA-Z]+(\.[a-zA-Z]+)?$`)

// Each scope has a method that is called, or an event that is answered; and
// each method that is called has its scopes.
func TestEachScopeHasItsReasonInTheCode(t *testing.T) {
	called := map[string]string{}
	for _, folder := range []string{"../../internal/gateway", "."} {
		for word, where := range wordsIn(t, folder, "scopes.go") {
			if methodShape.MatchString(word) && filepath.Ext(word) != ".yaml" {
				called[word] = where
			}
		}
	}
	if called["files.completeUploadExternal"] != "" { // one call of slack-go's makes both
		called["files.getUploadURLExternal"] = called["files.completeUploadExternal"]
	}
	events := makeManifest(newFeatures().router(), "sopbot").eventNames()
	explained := slices.Clone(free)
	for _, s := range gateway.Scopes {
		if s.Without == "" || len(s.Methods)+len(s.Events) == 0 && s.Name != "commands" {
			t.Errorf("%s has no reason", s.Name)
		}
		for _, m := range s.Methods {
			explained = append(explained, m)
			if called[m] == "" {
				t.Errorf("%s is asked for because of %s, which nobody calls", s.Name, m)
			}
		}
		for _, e := range s.Events {
			if !slices.Contains(events, e) {
				t.Errorf("%s is asked for because of the event %s, which nobody answers", s.Name, e)
			}
		}
	}
	for m, where := range called {
		if !slices.Contains(explained, m) {
			t.Errorf("%s: %s is called, and no scope is asked for it", where, m)
		}
	}
	for _, m := range free {
		if called[m] == "" {
			t.Errorf("%s is said to need no scope, and nobody calls it", m)
		}
	}
}

// whatFor are arguments with which a method gets as far as its scope's kind of
// conversation.
func whatFor(scope string) url.Values {
	place := "C0SALES"
	switch {
	case strings.HasPrefix(scope, "groups:"):
		place = "C0LEADS"
	case strings.HasPrefix(scope, "im:"):
		place = "D0SAM"
	}
	return url.Values{"channel": {place}, "user": {"U0SAM"}, "users": {"U0SAM"}, "usergroup": {"S0SDR"}, "ts": {"1.000001"}, "text": {"x"},
		"filename": {"x"}, "length": {"1"}, "files": {`[{"id":"F1"}]`}}
}

// A strict Slack takes the manifest; with it no call lacks a scope, and without
// any one of its scopes something does not work.
func TestNoScopeIsMissingAndNoneIsTooMuch(t *testing.T) {
	open := func(t *testing.T, lacks string) (*slacksim.Server, error) {
		m := makeManifest(newFeatures().router(), "sopbot")
		m.OAuth.Scopes.Bot = without(m.OAuth.Scopes.Bot, lacks)
		o, err := demoSlack()
		if err != nil {
			t.Fatal(err)
		}
		if o.Manifest, err = json.Marshal(m); err != nil {
			t.Fatal(err)
		}
		s, err := slacksim.Start(o)
		if err == nil {
			t.Cleanup(func() { _ = s.Close() })
		}
		return s, err
	}
	ask := func(t *testing.T, s *slacksim.Server, method string, args url.Values) string {
		d := &doctor{config: Config{APIURL: s.URL()}, client: http.DefaultClient}
		_, err := d.ask(t.Context(), method, s.BotToken(), args, nil)
		return refusal(err)
	}
	whole, err := open(t, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range gateway.Scopes {
		t.Run(scope.Name, func(t *testing.T) {
			s, err := open(t, scope.Name)
			if len(scope.Events) > 0 || scope.Name == "commands" {
				if err == nil || !strings.Contains(err.Error(), "need") {
					t.Errorf("Slack takes a manifest without it: %v", err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			for _, method := range scope.Methods {
				args := whatFor(scope.Name)
				if method == "conversations.open" {
					args.Del("channel")
				} else if args.Get("channel") == "D0SAM" {
					ask(t, whole, "conversations.open", url.Values{"users": {"U0SAM"}})
				}
				if got := ask(t, whole, method, args); got == "missing_scope" || got == "unknown_method" || got == "channel_not_found" {
					t.Errorf("with all scopes %s answers %s", method, got)
				}
				if s == nil {
					continue
				}
				if got := ask(t, s, method, args); got != "missing_scope" {
					t.Errorf("without it %s answers %q", method, got)
				}
			}
		})
	}
}

// JSON and YAML are the same manifest, with whatever name, and Slack takes both.
func TestTheManifestIsTakenAsJSONAndAsYAML(t *testing.T) {
	names := []string{"sopbot", "Åse's \"playbook\": sales & more", strings.Repeat("n", 35), "yes", "null"}
	for _, name := range names {
		for _, yes := range []bool{false, true} {
			var out strings.Builder
			if err := (manifestCommand{Name: name, YAML: yes}).Run(streams{out: &out}); err != nil {
				t.Fatal(err)
			}
			o, err := demoSlack()
			if err != nil {
				t.Fatal(err)
			}
			o.Manifest = []byte(out.String())
			s, err := slacksim.Start(o)
			if err != nil {
				t.Errorf("%q, YAML %v: %v\n%s", name, yes, err, out.String())
				continue
			}
			if got := s.App().Name; got != name {
				t.Errorf("the app is called %q, want %q", got, name)
			}
			_ = s.Close()
			file := filepath.Join(t.TempDir(), "manifest")
			if err := os.WriteFile(file, []byte(out.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			m, err := (&doctor{manifest: file}).readManifest()
			if err != nil {
				t.Fatal(err)
			}
			if differs := m.differs(makeManifest(newFeatures().router(), name)); len(differs) > 0 {
				t.Errorf("%q, YAML %v, read back: %v", name, yes, differs)
			}
		}
	}
}
