package slacksim

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// A page sends whatever its window holds, also what is long gone. Every gesture
// that no client would allow is refused in a sentence, and changes nothing.
func TestTouchRefusals(t *testing.T) {
	s := open(t, Options{})
	b := &bot{}
	b.slash = func(b *bot, e socketmode.Event, c slack.SlashCommand) {
		b.ack(e)
		_, _ = b.api.OpenView(c.TriggerID, leadForm())
	}
	b.start(t, s)
	sam, alex := s.As("sam"), s.As("alex")
	_, ts, err := b.api.PostMessage("C0SALES", slack.MsgOptionBlocks(
		slack.NewActionBlock("row", button("Take", "take", "1"),
			slack.NewOptionsSelectBlockElement("static_select", plain("Stage"), "stage", slack.NewOptionBlockObject("disc", plain("Discovery"), nil)),
			slack.NewOptionsSelectBlockElement("users_select", plain("Who"), "who"),
			slack.NewOptionsSelectBlockElement("channels_select", plain("Where"), "where"))))
	if err != nil {
		t.Fatal(err)
	}
	sam.Slash("/lead")
	sam.Modal()
	view := sam.Views()[0]
	id := struct{ ID string }{}
	if err := json.Unmarshal(view, &id); err != nil {
		t.Fatal(err)
	}
	act := func(action string, value any) Touch {
		return Touch{Do: "act", Room: "C0SALES", TS: ts, Block: "row", Action: action, Value: value}
	}
	for name, tc := range map[string]struct {
		by    *Person
		touch Touch
		want  string
	}{
		"no gesture":                {sam, Touch{Do: "dance", Room: "C0SALES", TS: ts}, `"dance" is no gesture`},
		"a room they cannot see":    {sam, Touch{Do: "say", Room: "C0LEADS", Text: "hi"}, "@sam sees no conversation C0LEADS"},
		"nothing to say":            {sam, Touch{Do: "say", Room: "C0SALES", Text: " \n"}, "there is nothing to send"},
		"too much to say":           {sam, Touch{Do: "say", Room: "C0SALES", Text: strings.Repeat("ä", MostTyped+1)}, "a message takes 40000 letters at most"},
		"no command":                {sam, Touch{Do: "slash", Room: "C0SALES", Text: "hello"}, "is no slash command"},
		"a room that is archived":   {sam, Touch{Do: "slash", Room: "C0OLD", Text: "/lead"}, "is archived"},
		"a message that is gone":    {sam, Touch{Do: "act", Room: "C0SALES", TS: "1.2", Block: "row", Action: "take"}, "the message is gone"},
		"a button that is gone":     {sam, act("gone", nil), "that is no longer there"},
		"an option that is gone":    {sam, act("stage", "demo"), "that option is no longer there"},
		"two where one may be":      {sam, act("stage", []any{"disc", "disc"}), "static_select takes one choice, not 2"},
		"nobody":                    {sam, act("who", "U0NOBODY"), "there is no such person"},
		"nowhere":                   {sam, act("where", "C0NOWHERE"), "there is no such conversation"},
		"a shortcut that is not":    {sam, Touch{Do: "shortcut", Text: "nothing"}, `the app has no shortcut "nothing"`},
		"a global one on a message": {sam, Touch{Do: "shortcut", Room: "C0SALES", TS: ts, Text: "handoff"}, `no message shortcut "handoff"`},
		"somebody else's form":      {alex, Touch{Do: "submit", View: id.ID}, "the form is closed"},
		"too few letters":           {sam, Touch{Do: "suggest", View: id.ID, Block: "lead", Action: "lead", Text: "a"}, "from 2 letters on"},
		"a message is no form":      {sam, Touch{Do: "submit", Room: "C0SALES", TS: ts}, "only a form can be submitted or closed"},
		"joining what is closed":    {sam, Touch{Do: "join", Room: "C0OLD"}, "nobody can join this conversation"},
	} {
		t.Run(name, func(t *testing.T) {
			before := s.Seen()
			_, err := tc.by.Touch(t.Context(), tc.touch)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q in it", err, tc.want)
			}
			if after := s.Seen(); after != before {
				t.Errorf("%d things changed", after-before)
			}
		})
	}
}

// What Save writes, Restore brings back: messages with their threads, marks and
// pictures, the Home, and what is still to be posted, at its time.
func TestSaveAndRestore(t *testing.T) {
	day := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	now := day
	first := open(t, Options{Now: func() time.Time { return now }})
	b := (&bot{}).start(t, first)
	sam := first.As("sam")
	said := sam.Say("#sales", "who takes this?")
	if _, err := sam.Touch(t.Context(), Touch{Do: "react", Room: "C0SALES", TS: said.TS(), Text: "eyes"}); err != nil {
		t.Fatal(err)
	}
	_, ts, err := b.api.PostMessage("C0SALES", slack.MsgOptionText("I do", false), slack.MsgOptionTS(said.TS()))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := b.api.UpdateMessage("C0SALES", ts, slack.MsgOptionText("I will", false)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.api.PostEphemeral("C0SALES", "U0SAM", slack.MsgOptionText("only you", false)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.api.PublishView("U0SAM", slack.HomeTabViewRequest{Type: "home", Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewHeaderBlock(plain("Good day"))}}}, ""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.api.ScheduleMessage("C0SALES", "1795647600", slack.MsgOptionText("later", false)); err != nil { // 23:00 of that day
		t.Fatal(err)
	}
	kept, err := first.Save()
	if err != nil {
		t.Fatal(err)
	}
	shown := func(s *Slack, who string) string {
		messages, _, err := s.As(who).History("C0SALES", "", 50)
		if err != nil {
			t.Fatal(err)
		}
		thread, err := s.As(who).Thread("C0SALES", said.TS())
		if err != nil {
			t.Fatal(err)
		}
		var all []map[string]any
		for _, raw := range append(messages, thread...) {
			var o map[string]any
			if err := json.Unmarshal(raw, &o); err != nil {
				t.Fatal(err)
			}
			delete(o, "seq") // counts from one again
			all = append(all, o)
		}
		data, _ := json.Marshal(all)
		return string(data)
	}

	second := open(t, Options{Now: func() time.Time { return now }})
	if err := second.Restore(kept); err != nil {
		t.Fatal(err)
	}
	for _, who := range []string{"sam", "alex"} {
		if got, want := shown(second, who), shown(first, who); got != want {
			t.Errorf("%s sees\n%s\nand saw\n%s", who, got, want)
		}
	}
	for _, want := range []string{"I will", `"edited"`, "only you", `"eyes"`} {
		if !strings.Contains(shown(second, "sam"), want) {
			t.Errorf("%s is gone", want)
		}
	}
	if !strings.Contains(string(second.As("sam").PublishedHome()), "Good day") {
		t.Error("the Home is gone")
	}
	second.Advance(12 * time.Hour)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := second.As("alex").WaitForE(ctx, "later"); err != nil {
		t.Errorf("the scheduled message was not posted: %v", err)
	}

	for name, tc := range map[string]struct{ data, want string }{
		"nonsense":        {"{", "restore the workspace: unexpected"},
		"another version": {`{"version":2}`, "written by another version (2)"},
	} {
		if err := second.Restore([]byte(tc.data)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: err = %v, want %q in it", name, err, tc.want)
		}
	}
}
