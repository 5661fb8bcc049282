package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sopbot"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/slacksim"
	"sopbot/internal/slacksim/schema"
)

// notebook takes the gateway's place and writes down what would be shown.
type notebook struct {
	views    []slack.ModalViewRequest
	messages []chat.Message
}

func (n *notebook) OpenView(_ context.Context, _ string, v slack.ModalViewRequest) error {
	n.views = append(n.views, v)
	return nil
}
func (n *notebook) PushView(_ context.Context, _ string, v slack.ModalViewRequest) error {
	n.views = append(n.views, v)
	return nil
}
func (n *notebook) UpdateView(_ context.Context, _, _ string, v slack.ModalViewRequest) error {
	n.views = append(n.views, v)
	return nil
}
func (n *notebook) Respond(_ context.Context, _ string, m chat.Message) error {
	n.messages = append(n.messages, m)
	return nil
}
func (n *notebook) Post(_ context.Context, _ string, m chat.Message) (string, error) {
	n.messages = append(n.messages, m)
	return "1.5", nil
}

// stageOf is the real bot on the local Slack's directory, whose features write
// into a notebook what they would show.
type stageOf struct {
	*bot
	slack *slacksim.Slack
	notes *notebook
	known map[string]slack.ModalViewRequest // callback → a view as somebody has it open
	names map[string][]string               // kind of gesture → what is registered
	posts int64                             // rows of posts that were judged
}

func newStage(t testing.TB) *stageOf {
	t.Helper()
	team, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(team)
	if err != nil {
		t.Fatal(err)
	}
	sim := slacksim.Open(t, slacksim.Options{World: world})
	s := &stageOf{slack: sim, notes: &notebook{}, known: map[string]slack.ModalViewRequest{}, names: map[string][]string{}}
	s.bot = &bot{
		Config: Config{BotToken: sim.BotToken(), AppToken: sim.AppToken(), APIURL: sim.URL(), Database: filepath.Join(dbtest.Swift(t), "sopbot.db")},
		log:    slog.New(slog.DiscardHandler), now: time.Now,
	}
	if s.settings, err = demoSettings(); err != nil {
		t.Fatal(err)
	}
	if err := s.open(context.Background()); err != nil {
		t.Fatal(err)
	}
	s.bot.answers.Start()
	t.Cleanup(func() { s.bot.answers.Stop(); s.bot.close() })
	s.features.roster.Refresh(context.Background())
	f := s.features
	f.answers.Slack, f.leads.Slack, f.research.Slack, f.qualifications.Slack, f.handoffs.Slack, f.digests.Slack = s.notes, s.notes, s.notes, s.notes, s.notes, s.notes
	for _, g := range s.router.Gestures() {
		kind, name, _ := strings.Cut(g, " ")
		s.names[kind] = append(s.names[kind], name)
	}
	return s
}

// remember keeps the views that were just shown, as somebody has them open.
func (s *stageOf) remember() {
	for _, v := range s.notes.views {
		if v.CallbackID != "" {
			s.known[v.CallbackID] = v
		}
	}
}

// rehearse makes every form be open somewhere, about a lead and handoffs that
// are there.
func (s *stageOf) rehearse(t testing.TB) {
	t.Helper()
	ctx := context.Background()
	on, of := imported(t, s.bot, "form-1")
	asked, _ := imported(t, s.bot, "form-2")
	by := func(who string) chat.Origin {
		return chat.Origin{Person: who, Channel: "C0SALES", Trigger: "t", Response: "r"}
	}
	for _, line := range []string{"/lead assign", "/lead assign @sam Ridge Foods, Kim", "/lead reassign Ridge Foods", "/qualify Ridge Foods", "/handoff Ridge Foods", "/research Ridge Foods"} {
		name, rest, _ := strings.Cut(line, " ")
		_, _ = s.router.Command(ctx, chat.Command{Origin: by("U0SAM"), Name: name, Text: rest}) // what a playbook has not, is not rehearsed
	}
	_, _ = s.router.Submission(ctx, chat.Submission{Origin: by("U0ALEX"), View: *opened("handoff.ask", "handoff.ask", asked,
		chat.State{form.Block("question"): {"value": {Type: "plain_text_input", Value: "Who signs?"}}})})
	for _, c := range s.names["click"] {
		for _, value := range []string{on, of, asked, "handoff", "objection-pricing", ""} {
			for _, who := range []string{"U0SAM", "U0ALEX", "U0DANA"} {
				if !strings.HasSuffix(c, ".accept") { // which leaves nothing to be done
					_ = s.router.Click(ctx, chat.Click{Origin: by(who), Action: c, Value: value, Message: chat.Place{Channel: "C0SALES", TS: "1.5"}})
				}
			}
		}
	}
	for _, sc := range s.names["shortcut"] {
		_ = s.router.Shortcut(ctx, chat.Shortcut{Origin: by("U0SAM"), Callback: sc, Text: "too expensive"})
	}
	s.remember()
}

// counted is how much of everything is kept that a team works with.
func (s *stageOf) counted(t testing.TB) (rows string) {
	t.Helper()
	if err := s.db.Read(context.Background(), func(tx *database.Tx) error {
		for _, table := range []string{"leads", "lead_facts", "events", "handoffs", "deadlines", "posts", "outbox"} {
			n := 0
			if _, err := tx.Row("SELECT count(*) FROM "+table, nil, &n); err != nil {
				return err
			}
			rows += fmt.Sprintf("%s %d ", table, n)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return rows
}

var (
	addressed = regexp.MustCompile(`<!(channel|here|everyone|subteam\^)|<@([UW][A-Z0-9]*)`)
)

// judge fails the test for what Slack would refuse, and for what would call
// people who are not in it.
func (s *stageOf) judge(t testing.TB, what string, v any) {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	raw := []byte(b.String())
	for _, wrong := range s.slack.Judge(raw) {
		t.Errorf("%s: Slack refuses it: %s\n%s", what, wrong, raw)
	}
	surface := "modal"
	if _, isView := v.(slack.ModalViewRequest); !isView {
		surface = "message"
	}
	for _, wrong := range schema.Errors(surface, raw) {
		t.Errorf("%s: not of Slack's shape: %s\n%s", what, wrong, raw)
	}
	for _, call := range addressed.FindAllStringSubmatch(b.String(), -1) {
		if call[1] != "" {
			t.Errorf("%s calls %s: %s", what, call[0], raw)
		} else if _, err := s.slack.Person(call[2]); err != nil && call[2] != "U0SOPBOT" {
			t.Errorf("%s names %q, who is nobody: %s", what, call[0], raw)
		}
	}
}

// outgoing is a message as the schema knows it.
type outgoing struct {
	Channel string        `json:"channel"`
	Text    string        `json:"text,omitempty"`
	Blocks  []slack.Block `json:"blocks,omitempty"`
}

func (s *stageOf) judgeMessage(t testing.TB, what string, m chat.Message) {
	t.Helper()
	if m.Delete {
		return
	}
	if strings.TrimSpace(m.Text) == "" {
		t.Errorf("%s: a message without words: %+v", what, m)
	}
	s.judge(t, what, outgoing{"C0SALES", m.Text, m.Blocks})
}

// judgePosts judges what was put down to be posted since.
func (s *stageOf) judgePosts(t testing.TB) {
	t.Helper()
	var bodies []string
	if err := s.db.Read(context.Background(), func(tx *database.Tx) error {
		bodies = nil
		return tx.Each("SELECT body FROM posts WHERE changed_at >= $1", []any{s.posts}, func(rows *sql.Rows) error {
			var b string
			err := rows.Scan(&b)
			bodies = append(bodies, b)
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	for _, b := range bodies {
		var m map[string]any
		if err := json.Unmarshal([]byte(b), &m); err != nil {
			t.Fatal(err)
		}
		m["channel"] = "C0SALES"
		s.judge(t, "a post", m)
	}
}

// filled is the state of a view with that text in its fields, as far as a
// hostile client cares for what the fields are.
func filled(v slack.ModalViewRequest, parts []string, how uint8) chat.State {
	state, n := chat.State{}, 0
	for _, b := range v.Blocks.BlockSet {
		in, ok := b.(*slack.InputBlock)
		if !ok {
			continue
		}
		part := parts[n%len(parts)]
		n++
		e := chat.Entry{Type: "plain_text_input", Value: part}
		switch (int(how) + n) % 5 {
		case 0:
			e = chat.Entry{Type: "multi_static_select", Values: parts, Options: parts}
		case 1:
			e = chat.Entry{}
		case 2:
			e.Options = []string{part}
		}
		raw, _ := json.Marshal(in.Element)
		var el struct {
			Action  string `json:"action_id"`
			Options []struct {
				Value string `json:"value"`
			} `json:"options"`
		}
		_ = json.Unmarshal(raw, &el)
		if len(el.Options) > 0 && how&64 > 0 {
			e.Value = el.Options[len(part)%len(el.Options)].Value
		}
		state[in.BlockID] = map[string]chat.Entry{el.Action: e}
	}
	if how&128 > 0 {
		state["not-there"] = map[string]chat.Entry{"": {Value: parts[0]}}
	}
	return state
}

// FuzzGesture makes whatever Slack, or somebody in its place, can bring of
// people's gestures: any command, click, form, suggestion, shortcut or mention,
// with any text, in any form that is open or none, with private_metadata that
// was tampered with. Nobody's nonsense is a fault of ours; what is refused
// changes nothing; what is shown is what Slack takes, and calls nobody.
func FuzzGesture(f *testing.F) {
	s := newStage(f)
	s.rehearse(f)
	hostile := []string{"", "Ridge Foods, Kim", "@sam Acme", "<@U0SAM> <!channel> <https://x.test|y>", "x\x1f2026-12-24\x1f12k\x1f@alex\x1fhigh", "\u202e\x00\xff", "🎉🎉", "*_~`", strings.Repeat("long ", 900),
		"1\x1f-1\x1f1e999\x1f€1.200,50", "confirmed\x1funknown\x1fpartial", "null", "U0ALEX\x1fU0RICK\x1fU0GABE\x1fUNOBODY", "list", "assign", "call", "reassign x", "week", "https://a.example https://b.example", "&amp;lt;!here&gt;", "' OR 1=1 --", "%s%n{{x}}"}
	privates := []string{"", "", "", "{", "null", "L7", `{"k":"K"}`, `{"k":"K","p":"handoff","s":-9,"a":{"lead":{"type":"lead","new":"<!here>"}}}`, `{"k":"K","p":"handoff","s":99,"c":"x","r":-5,"o":["x","x"]}`, `{"k":7}`, `{"page":"x","n":-1}`, `{"k":"K","p":"../../etc","v":"none"}`}
	for kind := range uint8(8) {
		for which := range uint8(48) {
			f.Add(kind, kind+which, which, which*7+kind, hostile[(int(which)+int(kind)*5)%len(hostile)], privates[(int(which)+int(kind))%len(privates)])
		}
	}
	people := []string{"U0SAM", "U0ALEX", "U0DANA", "U0OLA", "U0GABE", "U0RICK", "UNOBODY", ""}
	f.Fuzz(func(t *testing.T, kind, who, which, how uint8, text, private string) {
		// JSON has no broken UTF-8, and Slack no longer text.
		text, private = strings.ToValidUTF8(text, "?"), strings.ToValidUTF8(private, "?")
		if utf8.RuneCountInString(text) > 40_000 || utf8.RuneCountInString(private) > 3000 {
			return
		}
		*s.notes = notebook{}
		s.posts = time.Now().UnixMilli()
		before := s.counted(t)
		parts := strings.Split(text, "\x1f")
		ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
		defer cancel()
		o := chat.Origin{Team: "T0ACME", Person: people[int(who)%len(people)], Channel: "C0SALES", Trigger: "t", Response: "https://slack.test/r", Received: time.Now()}
		pick := func(names []string) string { return names[int(which)%len(names)] }
		callbacks := slices.Sorted(maps.Keys(s.known))
		view := func(callback string) chat.View {
			open := s.known[callback]
			v := chat.View{ID: "V1", Callback: callback, Private: open.PrivateMetadata, Hash: "h", State: filled(open, parts, how)}
			if private != "" {
				v.Private = private
			}
			return v
		}
		var err error
		var blocks []string // of the form that was sent
		switch kind % 8 {
		case 0, 1:
			var m chat.Message
			if m, err = s.router.Command(ctx, chat.Command{Origin: o, Name: pick(s.names["command"]), Text: text}); err == nil && (m.Text != "" || len(m.Blocks) > 0) {
				s.judgeMessage(t, "the answer", m)
			}
		case 2, 3:
			c := chat.Click{Origin: o, Action: pick(s.names["click"]), Block: parts[0], Value: parts[len(parts)-1], Values: parts, Message: chat.Place{Channel: "C0SALES", TS: "1.5", Ephemeral: how&1 > 0}}
			if how&2 > 0 {
				c.Action += ":" + parts[0]
			}
			if how&4 > 0 {
				v := view(callbacks[int(how)%len(callbacks)])
				c.View = &v
			}
			err = s.router.Click(ctx, c)
		case 4, 5:
			v := view(pick(callbacks))
			if how&32 > 0 {
				v.Callback = pick(s.names["submission"])
			}
			blocks = slices.Collect(maps.Keys(v.State))
			var a chat.Answer
			a, err = s.router.Submission(ctx, chat.Submission{Origin: o, View: v})
			for _, next := range []*slack.ModalViewRequest{a.Update, a.Push, a.Meanwhile} {
				if next != nil {
					s.notes.views = append(s.notes.views, *next)
				}
			}
			if len(a.Errors) > 0 {
				err = a.Errors
			}
		case 6:
			v := view(pick(callbacks))
			var options []*slack.OptionBlockObject
			options, err = s.router.Suggestion(ctx, chat.Suggestion{Origin: o, Action: pick(s.names["suggestion"]), Typed: text, View: &v})
			if len(options) > 0 {
				s.judge(t, "the suggestions", chat.Modal("", "x", "", "Close", "", []slack.Block{
					slack.NewActionBlock("", slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "a", options...))}))
			}
		case 7:
			if how&1 > 0 {
				err = s.router.Shortcut(ctx, chat.Shortcut{Origin: o, Callback: pick(s.names["shortcut"]), Text: text})
			} else {
				err = s.router.Mention(ctx, chat.Mention{Origin: o, Text: text, Direct: how&2 > 0, Place: chat.Place{Channel: "C0SALES", TS: "1.5"}})
			}
		}
		for _, v := range s.notes.views {
			s.judge(t, "a view", v)
		}
		for _, m := range s.notes.messages {
			s.judgeMessage(t, "a message", m)
		}
		s.judgePosts(t)
		if err == nil {
			s.remember()
			return
		}
		var fields chat.FieldErrors
		if errors.As(err, &fields) {
			for b, words := range fields {
				if !slices.Contains(blocks, b) && private == "" && how&32 == 0 { // of a view that is nobody's the gateway finds another place
					t.Errorf("a sentence at %q, which is not there: %s", b, words)
				}
				if n := utf8.RuneCountInString(words); n == 0 || n > 2000 {
					t.Errorf("a sentence of %d letters", n)
				}
			}
		} else if words, fault := chat.Words(err, "E-X"); fault {
			t.Errorf("a fault: %v", err)
		} else {
			s.judgeMessage(t, "the refusal", chat.Say(words))
		}
		if after := s.counted(t); after != before {
			t.Errorf("refused with %v, and yet\n%s became\n%s", err, before, after)
		}
	})
}
