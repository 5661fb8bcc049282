package answers

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/golden"
	"sopbot/internal/playbook"
	"sopbot/internal/search"
	"sopbot/internal/slacksim/schema"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// bakery is another playbook than the one that comes along: nothing here may
// depend on that.
var bakery = fstest.MapFS{
	"playbook.yaml": {Data: []byte("name: Bakery playbook\nsynonyms:\n  - [flour, grain]\n")},
	"objections/stale.md": {Data: []byte(`---
id: stale
kind: objection
title: Your bread is stale by noon
owner: U0BAKER
review: quarterly
reviewed: 2026-11-11
aliases: [not fresh, old bread]
ask: ["When do you sell most?"]
---
## Say
> We bake twice a day, so {{first_name}} gets it *warm* at noon.

## Why it works
It names the second bake. See [the noon bake](../noon.md) & <b>more</b>.
`)},
	"noon.md": {Data: []byte("---\ntitle: The noon bake\nowner: ola@bakery.example\nreviewed: 2026-01-02\nreview: monthly\n---\n# Oven\nThe oven is lit at ten.\n\n## Shelves\n| Shelf | Loaves |\n|---|---|\n| Top | 40 |\n| Low | 60 |\n")},
	"stages/tasting.md": {Data: []byte(`---
id: tasting
kind: stage
title: Tasting
order: 1
owner: baker
entry:
  - {id: invited, label: The shop has invited us, ask: Who invited us?}
actions:
  - {id: samples, label: Send samples, on: stage.entered, who: owner, within: 2h, remind: [30m], done: button}
ask: [Which loaf sells best?]
capture:
  - {id: loaves, label: Loaves a day, type: number, required: true}
exit:
  - {id: liked, label: They liked one loaf, ask: Which one?}
---
Bring a knife.
`)},
	"long.md": {Data: []byte("# Grain ledger\n\n" + strings.Repeat("Every sack of grain is weighed, written down and signed for by two people who did not fetch it. ", 60) + "\n\n## Moisture\n\nGrain over fourteen percent goes back to the mill.\n")},
}

func bakeryBook(t testing.TB) *Book {
	t.Helper()
	return bookOf(t, bakery)
}

func bookOf(t testing.TB, files fstest.MapFS) *Book {
	t.Helper()
	pb, problems, err := playbook.Load(files, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	b, err := NewBook(pb)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func testAnswers(b *Book) *Answers {
	a := &Answers{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)}
	r := chat.NewRouter()
	a.Help = r.Commands
	a.Register(r)
	a.Use(b)
	return a
}

// wireForm is a message as Slack gets it in a channel.
func wireForm(m chat.Message) any {
	return struct {
		Channel string        `json:"channel"`
		Text    string        `json:"text"`
		Blocks  []slack.Block `json:"blocks,omitempty"`
	}{"C0SALES", m.Text, m.Blocks}
}

func TestMessagesLookAsPinned(t *testing.T) {
	b := bakeryBook(t)
	a := testAnswers(b)
	const q = "0190-question"
	answered := func(words string) found {
		f := b.ask(words)
		if f.Verdict != search.Answered {
			t.Errorf("%q is not answered: %v", words, f.Verdict)
		}
		return f
	}
	near := b.ask("who lights the oven")
	near.Verdict = search.NearMisses
	for name, m := range map[string]chat.Message{
		"message-answer":       a.answerMessage(answered("objection not fresh"), q, state{}, true),
		"message-answer-done":  a.answerMessage(answered("objection not fresh"), q, state{rated: true, helpful: true, shared: true}, true),
		"message-typo":         a.answerMessage(answered("objection stlae bread"), q, state{rated: true}, true),
		"message-checklist":    a.answerMessage(answered("stage tasting"), q, state{}, true),
		"message-part":         a.answerMessage(answered("exit tasting"), q, state{}, true),
		"message-long":         a.answerMessage(answered("grain ledger"), q, state{}, true),
		"message-near":         a.answerMessage(near, q, state{}, true),
		"message-nothing":      a.answerMessage(b.ask("quantum chromodynamics <!channel>"), q, state{}, true),
		"message-punctuation":  a.answerMessage(b.ask("?!… 🙃"), q, state{}, true),
		"message-browse":       a.browseMessage(b),
		"message-kind":         a.answerMessage(b.ask("objections"), q, state{}, true),
		"message-part-alone":   a.answerMessage(b.ask("exit"), q, state{}, true),
		"message-help":         a.helpMessage(b),
		"message-shared":       a.sharedMessage(b.byID["stale"].write(), b.byID["stale"].full(), 0, "U0SAM"),
		"message-shared-a-cut": a.sharedMessage(b.byID["long"].write(), b.byID["long"].full(), 0, "U0SAM"),
	} {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, wireForm(m))
			checkSchema(t, "message", wireForm(m))
			if m.Text == "" {
				t.Error("there is no text for screen readers")
			}
		})
	}
}

func TestViewsLookAsPinned(t *testing.T) {
	b := bakeryBook(t)
	a := testAnswers(b)
	const q = "0190-question"
	long := b.byID["long"]
	for name, v := range map[string]slack.ModalViewRequest{
		"modal-page":         a.pageView(b.byID["stale"], 0, place{Question: q, Ref: b.byID["stale"].ref(0)}),
		"modal-table":        a.pageView(b.byID["noon"], 0, place{Question: "-"}),
		"modal-checklist":    a.pageView(b.byID["tasting"], 0, place{Question: "-"}),
		"modal-from-section": a.pageView(long, 1, place{Question: q, Ref: long.ref(1)}),
		"modal-kind":         a.kindView(b, playbook.KindPage, place{Question: "-"}),
		"modal-kind-gone":    a.kindView(b, playbook.KindTool, place{Question: "-"}),
		"modal-found":        a.answerView(b.ask("not fresh"), q),
		"modal-why":          whyView(q, b.byID["stale"].ref(0), "Your bread is stale by noon"),
		"modal-gone":         goneView(),
	} {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, v)
			checkSchema(t, "modal", v)
		})
	}
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

// An acknowledgement of 20 KB is dropped by Slack without a word, so whatever
// a playbook holds, an answer must stay below.
func TestNoPageMakesAnAnswerTooLong(t *testing.T) {
	for name, unit := range map[string]string{
		"plain words":         "bread and butter ",
		"Chinese":             "面包和黄油",
		"emoji":               "🥖👩‍🍳 ",
		"angles":              "<&> ",
		"quotes":              `"\" `,
		"line separators":     "a\u2028b ",
		"one endless word":    "bread",
		"a list":              "- bread\n",
		"a quote":             "> bread\n",
		"code":                "    bread & <butter>\n",
		"right to left":       "לחם וחמאה ",
		"placeholders":        "{{first_name}} {{b}} ",
		"a table":             "| bread | butter |\n|---|---|\n| 1 | <2> |\n\n",
		"headings":            "\n## bread\nand\n",
		"zero-width and bold": "**bread**\u200b ",
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			for i := range 18 {
				front := fmt.Sprintf("---\nkind: objection\ntitle: %q\naliases: [bread]\n---\n", strings.Repeat("bread <&> 面 ", 20))
				if i%2 == 0 {
					front = "# bread " + strings.Repeat(strings.ReplaceAll(unit, "\n", " "), 30) + "\n\n"
				}
				files[fmt.Sprintf("bread-%d.md", i)] = &fstest.MapFile{Data: []byte(front + strings.Repeat(unit, 2000))}
			}
			stage := "---\nkind: stage\ntitle: bread\norder: 1\nask:\n"
			for range 60 {
				stage += "  - " + fmt.Sprintf("%q", strings.Repeat("bread <&> 面包 🥖 ", 10)) + "\n"
			}
			files["stage.md"] = &fstest.MapFile{Data: []byte(stage + "exit: [{id: a, label: bread}]\n---\n" + strings.Repeat(unit, 500))}
			b := bookOf(t, files)
			a := testAnswers(b)
			for _, words := range []string{"objections", "pages", "bread", "stage bread", "exit bread", strings.Repeat("bread<&>面 ", 800), "objection bread", "qqq " + unit} {
				m := a.answerMessage(b.ask(words), "0190c5b4-4e5f-7a3b-8c2d-1e0f9a8b7c6d", state{rated: true, shared: true}, true)
				raw, err := json.Marshal(map[string]any{"envelope_id": "0190c5b4-4e5f-7a3b-8c2d-1e0f9a8b7c6d", "payload": map[string]any{"response_type": "ephemeral", "text": m.Text, "blocks": m.Blocks}})
				if err != nil {
					t.Fatal(err)
				}
				if len(raw) >= 20<<10 {
					t.Errorf("the answer to %.20q has %d bytes", words, len(raw))
				}
				if len(m.Blocks) > 50 {
					t.Errorf("the answer to %.20q has %d blocks", words, len(m.Blocks))
				}
				checkSchema(t, "message", wireForm(m))
			}
			for _, p := range b.Pages {
				s := b.byID[p.ID]
				for i := range s.Sections[:min(len(s.Sections), 3)] {
					raw, err := json.Marshal(a.pageView(s, i, place{Ref: s.ref(i)}))
					if err != nil {
						t.Fatal(err)
					}
					if len(raw) >= 250_000 {
						t.Errorf("%s has a view of %d bytes", p.ID, len(raw))
					}
				}
			}
		})
	}
}

func TestALongPageIsReadToItsEndByTurning(t *testing.T) {
	var text strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&text, "Line %d of the handbook says one thing and then another one.\n\n", i)
	}
	b := bookOf(t, fstest.MapFS{"handbook.md": {Data: []byte(text.String())}})
	a := testAnswers(b)
	s := b.byID["handbook"]
	at := place{Question: "-", Ref: s.ref(-1)}
	seen := ""
	for range 100 {
		v := a.pageView(s, 0, at)
		raw, _ := json.Marshal(v)
		seen += string(raw)
		next := ""
		for _, block := range v.Blocks.BlockSet {
			if row, ok := block.(*slack.ActionBlock); ok {
				for _, e := range row.Elements.ElementSet {
					if button, ok := e.(*slack.ButtonBlockElement); ok && button.ActionID == actionTurn+":next" {
						next = button.Value
					}
				}
			}
		}
		if next == "" {
			break
		}
		at, _ = parsePlace(next)
	}
	for _, want := range []string{"Line 0 ", "Line 1500 ", "Line 2999 "} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q cannot be reached", want)
		}
	}
}

func TestAButtonFindsItsPageAfterTheBookChanged(t *testing.T) {
	b := bakeryBook(t)
	ref := b.byID["stale"].ref(1)
	s, section, ok := bakeryBook(t).find(ref)
	if !ok || s.ID != "stale" || section != 1 {
		t.Errorf("find(%q) = %v, %d, %v", ref, s, section, ok)
	}
	without := fstest.MapFS{"noon.md": bakery["noon.md"]}
	if _, _, ok := bookOf(t, without).find(ref); ok {
		t.Error("a page that is gone is found")
	}
	if _, _, ok := b.find(""); ok {
		t.Error("an empty value finds a page")
	}
}

func TestReviewedIsSaidAsPeopleSayIt(t *testing.T) {
	for days, want := range map[int]string{0: "reviewed today", 1: "reviewed yesterday", 12: "reviewed 12 days ago", 61: "reviewed 2 months ago", 800: "reviewed 2 years ago", -3: "reviewed today"} {
		p := &playbook.Page{Reviewed: playbook.DateOf(noon.AddDate(0, 0, -days))}
		if got := reviewed(p, noon); got != want {
			t.Errorf("%d days: %q, want %q", days, got, want)
		}
	}
}

func TestJSONBytesCountsAsTheEncoderDoes(t *testing.T) {
	for _, s := range []string{"", "plain", "<&>", "\"\\\n\t\r\x01", "面包🥖", "a\u2028b\u2029"} {
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := jsonBytes(s); got < len(raw)-2 {
			t.Errorf("jsonBytes(%q) = %d, but it takes %d", s, got, len(raw)-2)
		}
	}
}
