package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slack-go/slack"

	"sopbot"
	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// pressed are the buttons and menus of something that is shown, as they are
// clicked.
func pressed(t testing.TB, shown any) (all []chat.Click) {
	t.Helper()
	raw, err := json.Marshal(shown)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			action, _ := v["action_id"].(string)
			value, _ := v["value"].(string)
			options, _ := v["options"].([]any)
			switch {
			case action != "" && v["type"] == "button":
				all = append(all, chat.Click{Action: action, Value: value})
			case action != "" && v["type"] == "overflow":
				for _, o := range options {
					value, _ := o.(map[string]any)["value"].(string)
					all = append(all, chat.Click{Action: action, Value: value})
				}
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(tree)
	return all
}

var linked = regexp.MustCompile(`\]\([^)\s]*\.md[^)\s]*\)`)

// FuzzBook serves a playbook with a page that anybody may have written. If it
// lints, everything that can be read of it, and every button below that, is
// something that Slack takes, and calls nobody.
func FuzzBook(f *testing.F) {
	s := newStage(f)
	if err := fs.WalkDir(sopbot.Playbook(), ".", func(name string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".md") {
			raw, err := fs.ReadFile(sopbot.Playbook(), name)
			if err != nil {
				return err
			}
			f.Add(linked.ReplaceAllString(string(raw), "](https://a.test)")) // the other pages are not there
		}
		return err
	}); err != nil {
		f.Fatal(err)
	}
	for _, page := range []string{"# <!channel> *x* `y`\n<!here> <@U1> [a](<https://x.test/|>)\n", "---\ntitle: " + strings.Repeat("long ", 600) + "\n---\nx\n",
		"---\ntitle: \"\\u202e<!here>&amp;\"\naliases: [\"<@U1>\", \"*\"]\ntags: ['`']\nowner: \"<!channel>\"\n---\n" + strings.Repeat("# H\nx\n", 200),
		"---\nid: handoff\nkind: form\nfields:\n  - {id: lead, label: \"<!here>\", type: lead, required: true}\n  - {id: ae, label: \"" + strings.Repeat("é", 75) + "\", type: user, required: true, hint: \"" + strings.Repeat("h", 150) + "\"}\n  - {id: c, label: \"*C*\", type: choice, options: [\"*a*\", \"<b>\", \"" + strings.Repeat("o", 75) + "\"]}\n---\n<!here>\n",
		"---\nid: research\nkind: form\nsubmit: \"<!here> " + strings.Repeat("s", 15) + "\"\nfields:\n  - {id: a, label: \"<@U1>\", type: long_text, placeholder: \"" + strings.Repeat("p", 150) + "\"}\n---\nx\n",
		"---\nkind: stage\norder: 1\nentry: [\"<!here>\"]\nask: [\"*\"]\ncapture: [\"_\"]\nexit: [\"" + strings.Repeat("x", 5000) + "\"]\nactions:\n  - {id: a, label: \"<!channel> `x`\", on: lead.assigned, who: owner, within: 2h}\n---\n# S\nx\n",
		"---\nid: f\nkind: framework\nneed: 1\ncriteria:\n  - {id: a, label: \"<!here>\", ask: [\"<@U1>\"]}\n  - {id: b, label: \"" + strings.Repeat("b", 75) + "\", required: true}\n---\n# F\nx\n",
		strings.Repeat("| a | b |\n|---|---|\n| <!here> | `x` |\n\n", 300), strings.Repeat("- ", 400) + "deep\n", "```\n" + strings.Repeat("<!channel>", 2000), "![<!here>](x) {{<!here>}} <https://a.test>\n"} {
		f.Add(page)
	}
	f.Fuzz(func(t *testing.T, page string) {
		pb, problems, err := playbook.Load(fstest.MapFS{"page.md": {Data: []byte(page)}}, s.now())
		if err != nil || problems.Err() != nil {
			return
		}
		book, err := s.book(pb)
		if err != nil {
			t.Fatalf("it lints, and cannot be served: %v", err)
		}
		s.use(book)
		defer func() { *s.notes = notebook{} }()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		o := chat.Origin{Team: "T0ACME", Person: "U0DANA", Channel: "C0SALES", Trigger: "t", Response: "r", Received: time.Now()}
		fault := func(what string, err error) {
			if err == nil {
				return
			}
			words, fault := chat.Words(err, "E-X")
			if fault {
				t.Errorf("%s is a fault: %v", what, err)
			}
			s.judgeMessage(t, "the refusal", chat.Say(words))
		}
		var clicks []chat.Click
		for _, line := range []string{"/sop", "/sop help", "/sop " + pb.Pages[0].Title, "/sop " + chat.Shorten(pb.Pages[0].Sections[0].Plain, 200), "/sop exit " + pb.Pages[0].Title, "/handoff Acme", "/qualify Acme", "/research Acme", "/digest"} {
			name, rest, _ := strings.Cut(line, " ")
			m, err := s.router.Command(ctx, chat.Command{Origin: o, Name: name, Text: rest})
			fault(line, err)
			if err == nil && (m.Text != "" || len(m.Blocks) > 0) {
				s.judgeMessage(t, line, m)
				clicks = append(clicks, pressed(t, m.Blocks)...)
			}
		}
		clicked := map[string]bool{} // most answers have the same buttons: one of each tells as much
		for range 2 {                // what opens has buttons, too
			var below []chat.Click
			for _, c := range clicks {
				once := c.Action + "\x1f" + c.Value
				if clicked[once] || len(clicked) >= 60 {
					continue
				}
				clicked[once] = true
				*s.notes = notebook{}
				c.Origin, c.Message = o, chat.Place{Channel: "C0SALES", TS: "1.5", Ephemeral: true}
				fault("click "+c.Action, s.router.Click(ctx, c))
				for _, v := range s.notes.views {
					s.judge(t, "the view of "+c.Action, v)
					below = append(below, pressed(t, []slack.Block(v.Blocks.BlockSet))...)
				}
				for _, m := range s.notes.messages {
					s.judgeMessage(t, "the message of "+c.Action, m)
				}
			}
			clicks = below
		}
	})
}
