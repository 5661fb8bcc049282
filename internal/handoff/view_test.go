package handoff

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/golden"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim/schema"
)

// buttonsOf are the labels of a message's buttons.
func buttonsOf(m chat.Message) (out []string) {
	for _, b := range m.Blocks {
		if row, ok := b.(*slack.ActionBlock); ok {
			for _, e := range row.Elements.ElementSet {
				if button, ok := e.(*slack.ButtonBlockElement); ok {
					out = append(out, button.Text.Text)
				}
			}
		}
	}
	return out
}

// full is a handoff with an answer of each kind and a scorecard.
func full(s Status) Handoff {
	on := Handoff{ID: "H1", Lead: "L1", Sender: "USDR", AE: "UAE", Turn: 1, Status: s, Sent: noon,
		Answers: form.Answers{
			"lead": form.Lead("L1", "Corner shop"), "ae": form.User("UAE"),
			"loaves":  {Type: playbook.FieldNumber, Number: mustDecimal("1200")},
			"tasting": {Type: playbook.FieldDateTime, Time: noon.Add(48 * time.Hour)},
			"site":    {Type: playbook.FieldURL, Text: "https://corner.example/?a=1&b=2"},
			"story":   {Type: playbook.FieldLongText, Text: "They want *rye*.\nAnd <b>soon</b>."},
		},
		Context: Context{Lead: "Corner shop (Jo)",
			Fields:  []Field{{"lead", "Shop"}, {"ae", "Who delivers"}, {"loaves", "Loaves a day"}, {"tasting", "Tasting in the shop"}, {"site", "Their page"}, {"story", "What they said"}},
			Reasons: []Field{{"far", "Too far to drive"}, {"small", "Fewer than twenty loaves"}},
			Score: &Score{Words: "1 of 3", Scored: true, Criteria: []Criterion{
				{Label: "Oven", Standing: form.Confirmed, Note: "Jo showed it, 3 Nov", Ask: "Have you an oven?"},
				{Label: "Shelf", Standing: form.Heard, Ask: "How long is the shelf?"},
				{Label: "Street", Standing: form.Unknown, Ask: "Who walks by?"}}},
		}}
	if asked, ok := s.(Asked); ok {
		on.Asked = []Question{asked.Question}
	}
	return on
}

func mustDecimal(s string) form.Decimal {
	d, err := form.ParseDecimal(s)
	if err != nil {
		panic(err)
	}
	return d
}

func answered(on Handoff, answer Words) Handoff {
	on.Asked = []Question{{Number: 1, AskedBy: "UAE", AskedAt: noon, Question: Words{"Who signs?"}, Answer: &Answer{"USDR", noon.Add(time.Hour), answer}}}
	return on
}

// wireForm is a message as Slack gets it in a channel.
func wireForm(m chat.Message) any {
	return struct {
		Channel string        `json:"channel"`
		Text    string        `json:"text"`
		Blocks  []slack.Block `json:"blocks,omitempty"`
	}{"C0HANDOFF", m.Text, m.Blocks}
}

func checkSchema(t *testing.T, surface string, v any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schema.Errors(surface, raw) {
		t.Errorf("Slack's types: %s", wrong)
	}
}

func TestCardsLookAsPinnedInEveryStateAndForEveryReader(t *testing.T) {
	h, _ := handoffsOn(t, nil)
	readers := map[string]reader{"ae": theAE, "sdr": theSender, "channel": everybody}
	stands := map[string]Handoff{"answered": answered(full(Waiting{}), saying(t, "Jo does"))}
	for name, s := range states(t) {
		if d, ok := s.(Declined); ok {
			d.Reason = "far"
			s = d
		}
		stands[name] = full(s)
	}
	unscored := full(Waiting{})
	unscored.Context.Score.Scored = false
	stands["unscored"] = unscored
	for state, on := range stands {
		for who, reader := range readers {
			t.Run(state+" for "+who, func(t *testing.T) {
				m := h.card(on, reader)
				golden.JSON(t, "card-"+state+"-"+who, wireForm(m))
				checkSchema(t, "message", wireForm(m))
				if m.Text == "" {
					t.Error("there is no text for screen readers")
				}
				if live := len(buttonsOf(m)) > 0; live && !on.Open() {
					t.Errorf("a decided card has buttons: %v", buttonsOf(m))
				}
			})
		}
	}
}

func TestMessagesAndViewsLookAsPinned(t *testing.T) {
	h, _ := handoffsOn(t, nil)
	asked := full(states(t)["asked"])
	done := answered(full(Waiting{}), saying(t, "Jo does"))
	for name, m := range map[string]chat.Message{
		"message-question":          h.questionMessage(asked, asked.Asked[0]),
		"message-question-answered": h.questionMessage(done, done.Asked[0]),
		"message-answer":            h.answerMessage(done, done.Asked[0]),
		"message-passed-on":         h.passedOn(full(Waiting{}), func() Handoff { on := full(Waiting{}); on.AE = "UAE2"; return on }()),
		"message-list":              h.listMessage([]Handoff{full(Waiting{}), asked}, 2, "UAE"),
		"message-list-sdr":          h.listMessage([]Handoff{full(Waiting{}), asked}, 12, "USDR"),
		"message-list-empty":        h.listMessage(nil, 0, "USDR"),
	} {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, wireForm(m))
			checkSchema(t, "message", wireForm(m))
		})
	}
	small := func(p *playbook.Page, callback string) slack.ModalViewRequest {
		o := h.small(p, callback)
		o.Private, o.Key, o.Before, o.Version = "H1", "key", h.aboutBlocks(asked), "v1"
		v, err := form.View(o)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, v := range map[string]slack.ModalViewRequest{
		"view-ask":      small(askPage, callbackAsk),
		"view-answer":   small(answerPage, callbackAnswer),
		"view-decline":  small(declinePage(asked), callbackDecline),
		"view-reassign": small(toPage, callbackReassign),
		"view-sent":     h.sentView(h.Shelf.InForce(), full(Waiting{})),
		"view-whole":    h.wholeView(done, 0),
	} {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, v)
			checkSchema(t, "modal", v)
		})
	}
}

func TestTheFormLooksAsPinned(t *testing.T) {
	h, _ := handoffsOn(t, dbtest.Open(t, t.TempDir()+"/db"))
	on := send(t, h, "form-1", "Corner shop, Jo")
	ctx := context.Background()
	show := func(name string) func(slack.ModalViewRequest) error {
		return func(v slack.ModalViewRequest) error {
			v.PrivateMetadata = "" // holds a key of its own
			golden.JSON(t, name, v)
			checkSchema(t, "modal", v)
			return nil
		}
	}
	for name, how := range map[string]lead.Start{
		"form-empty":   {},
		"form-new":     {Of: form.Value{Type: playbook.FieldLead, New: "Other shop"}},
		"form-known":   {Of: form.Lead(on.Lead, "")},
		"form-several": {Note: "Several leads match “shop”: pick one, or type the whole name of a new one."},
	} {
		how.Show = show(name)
		if err := h.open(ctx, map[bool]string{true: "UBOSS", false: "USDR"}[name == "form-known"], how); err != nil {
			t.Error(err)
		}
	}
	if err := h.open(ctx, "USDR", lead.Start{Of: form.Lead("nobody", ""), Show: show("none")}); err == nil || !strings.Contains(err.Error(), "no longer there") {
		t.Errorf("a lead that is gone: %v", err)
	}
}

// hostile is what somebody types who means no good, as long as Slack takes it.
var hostile = map[string]string{
	"plain words":      "bread and butter ",
	"everybody called": "<!channel> <!here> <!everyone> ",
	"mentions":         "<@U0SAM> <#C0SALES> <!subteam^S0AE> ",
	"forged links":     "<https://evil.example|https://bank.example> ",
	"ampersands":       "&",
	"fences":           "```\n*",
	"backticks":        "`code` ",
	"stars":            "*_~ ",
	"quotes":           "> bread\n",
	"new lines":        "a\n\n\n",
	"right to left":    "\u202eלחם וחמאה\u2066 ",
	"emoji":            "🥖👩‍🍳 :tada: ",
	"Chinese":          "面包和黄油",
	"one endless word": "bread",
	"zero width":       "a\u200b\u0000\x07",
}

// monster is a handoff whose every part is as long as it can be.
func monster(unit string, s Status) Handoff {
	long := func(n int) string {
		r := []rune(strings.Repeat(unit, n/len([]rune(unit))+1))
		return string(r[:n])
	}
	on := Handoff{ID: strings.Repeat("H", 36), Lead: "L1", Sender: "USDR", AE: "UAE", Turn: 1, Status: s, Sent: noon, Answers: form.Answers{}, Context: Context{Lead: long(200)}}
	for i := range 100 {
		id := fmt.Sprint("f", i)
		on.Context.Fields = append(on.Context.Fields, Field{id, long(150)})
		on.Answers[id] = form.Value{Type: playbook.FieldLongText, Text: long(3000)}
		if i%20 == 0 {
			on.Answers[id] = form.Value{Type: playbook.FieldDateTime, Time: noon}
		}
	}
	for i := range 60 {
		on.Context.Reasons = append(on.Context.Reasons, Field{fmt.Sprint("r", i), long(75)})
	}
	on.Context.Score = &Score{Words: "3 of 50", Scored: true}
	for i := range 50 {
		on.Context.Score.Criteria = append(on.Context.Score.Criteria, Criterion{Label: long(150), Standing: []form.Standing{form.Confirmed, form.Heard, form.Unknown}[i%3], Note: long(3000), Ask: long(500)})
	}
	on.Asked = []Question{{Number: 1, AskedBy: "UAE", AskedAt: noon, Question: Words{long(MostWords)}, Answer: &Answer{"USDR", noon, Words{long(MostWords)}}}}
	switch s := s.(type) {
	case Asked:
		s.Question.Question = Words{long(MostWords)}
		on.Status, on.Asked = s, append(on.Asked, s.Question)
	case Declined:
		s.Reason, s.Coaching = "r1", Words{long(MostWords)}
		on.Status = s
	}
	return on
}

func TestNothingThatPeopleTypeMakesACardTooLongOrTooLoud(t *testing.T) {
	h, _ := handoffsOn(t, nil)
	for name, unit := range hostile {
		for state, s := range states(t) {
			if name != "plain words" && (state == "waiting" || state == "accepted") {
				continue // shorter than the others
			}
			t.Run(name+", "+state, func(t *testing.T) {
				on := monster(unit, s)
				messages := []chat.Message{h.card(on, theAE), h.card(on, theSender), h.card(on, everybody), h.questionMessage(on, on.Asked[0]), h.answerMessage(on, on.Asked[0]),
					h.passedOn(on, on), say(answeredWords(on, on.Asked[0])), h.listMessage([]Handoff{on, on, on, on, on, on, on, on, on, on}, 99, "UAE")}
				for i, m := range messages {
					raw, err := json.Marshal(wireForm(m))
					if err != nil {
						t.Fatal(err)
					}
					if n := shown(m.Blocks); n > 10_500 {
						t.Errorf("message %d shows %d characters", i, n)
					}
					if len(m.Blocks) >= 50 {
						t.Errorf("message %d has %d blocks", i, len(m.Blocks))
					}
					checkSchema(t, "message", wireForm(m))
					quiet(t, string(raw))
				}
				if list := messages[len(messages)-1]; len(wireBytes(t, list)) >= 20_000 {
					t.Errorf("the list takes %d bytes", len(wireBytes(t, list)))
				}
				if read := strings.Join(buttonsOf(h.card(on, theAE)), " "); !strings.Contains(read, "Read it all") {
					t.Errorf("there is no way to read on: %s", read)
				}
				if state != "asked" {
					return // the views are the same
				}
				views := []slack.ModalViewRequest{h.sentView(h.Shelf.InForce(), on)}
				for _, p := range []*playbook.Page{askPage, answerPage, declinePage(on), toPage} {
					o := h.small(p, "x")
					o.Private, o.Before = on.ID, h.aboutBlocks(on)
					v, err := form.View(o)
					if err != nil {
						t.Fatal(err)
					}
					views = append(views, v)
				}
				last := h.wholeView(on, 9999)
				if raw, _ := json.Marshal(last); strings.Contains(string(raw), "Read on") || !strings.Contains(string(raw), "Part ") {
					t.Error("the whole has no end")
				}
				views = append(views, h.wholeView(on, 0), h.wholeView(on, 1), last)
				for i, v := range views {
					raw, err := json.Marshal(v)
					if err != nil {
						t.Fatal(err)
					}
					if len(raw) > 250_000 || len(v.Blocks.BlockSet) > 100 {
						t.Errorf("view %d has %d bytes and %d blocks", i, len(raw), len(v.Blocks.BlockSet))
					}
					checkSchema(t, "modal", v)
					quiet(t, string(raw))
				}
			})
		}
	}
}

// wireBytes is what an acknowledgement takes.
func wireBytes(t *testing.T, m chat.Message) []byte {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(wireForm(m)); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

// shown counts the characters of all texts.
func shown(blocks []slack.Block) (n int) {
	for _, b := range blocks {
		switch b := b.(type) {
		case *slack.SectionBlock:
			n += utf16Len(b.Text.Text)
		case *slack.HeaderBlock:
			n += utf16Len(b.Text.Text)
		case *slack.ContextBlock:
			for _, e := range b.ContextElements.Elements {
				if text, ok := e.(*slack.TextBlockObject); ok {
					n += utf16Len(text.Text)
				}
			}
		}
	}
	return n
}

// quiet fails the test where text that a person typed calls somebody or poses
// as a link. Plain text does neither, whatever stands in it.
func quiet(t *testing.T, raw string) {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	var walk func(v any, mrkdwn bool)
	walk = func(v any, mrkdwn bool) {
		switch v := v.(type) {
		case string:
			for _, loud := range []string{"<!channel", "<!here", "<!everyone", "<!subteam", "<@U0SAM", "<#C0SALES>", "<https://evil", "```", "\u202e", "\u2066"} {
				if i := strings.Index(v, loud); i >= 0 && mrkdwn {
					t.Errorf("%q got through: %s", loud, v[max(0, i-100):min(len(v), i+50)])
				}
			}
		case []any:
			for _, e := range v {
				walk(e, false)
			}
		case map[string]any:
			for key, e := range v {
				_, isMessage := v["channel"]
				walk(e, key == "text" && (v["type"] == "mrkdwn" || isMessage))
			}
		}
	}
	walk(v, false)
}
