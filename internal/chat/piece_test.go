package chat

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"
)

func TestTextBlocks(t *testing.T) {
	for name, tc := range map[string]struct {
		text   string
		blocks int
	}{
		"nothing needs no block":             {"", 0},
		"blank text needs no block":          {" \n\t\n", 0},
		"a short text needs one":             {"Hi", 1},
		"the limit fits one":                 {strings.Repeat("a", 3000), 1},
		"one more needs two":                 {strings.Repeat("a", 3001), 2},
		"emoji count twice, to be safe":      {strings.Repeat("😀", 1501), 2},
		"a long page needs as many as it is": {strings.Repeat("A sentence of words. ", 1000), 8},
	} {
		t.Run(name, func(t *testing.T) {
			blocks := TextBlocks(tc.text)
			if len(blocks) != tc.blocks {
				t.Errorf("%d blocks, want %d", len(blocks), tc.blocks)
			}
			for _, b := range blocks {
				text := b.(*slack.SectionBlock).Text
				if n := length(text.Text); n < 1 || n > maxSection || text.Validate() != nil {
					t.Errorf("a section of %d characters: %v", n, text.Validate())
				}
			}
		})
	}
}

// Whatever goes into a piece, what comes out keeps the limits and has text.
func TestPiecesKeepTheLimits(t *testing.T) {
	for name, s := range map[string]string{
		"empty text":    "",
		"blank text":    " \n ",
		"a few words":   "Send it",
		"a long text":   strings.Repeat("word ", 2000),
		"one long word": strings.Repeat("w", 9000),
		"emoji":         strings.Repeat("👨‍👩‍👧", 900),
		"entities":      strings.Repeat("&amp;", 900),
		"code":          fence + "\n" + strings.Repeat("code ", 900) + "\n" + fence,
		"bad bytes":     strings.Repeat("\xff\x00", 900),
	} {
		t.Run(name, func(t *testing.T) {
			plain := func(what string, o *slack.TextBlockObject, max int) {
				t.Helper()
				if n := length(o.Text); n < 1 || n > max || o.Type != slack.PlainTextType || strings.ContainsAny(o.Text, "\n\x00") {
					t.Errorf("%s: %d characters of %s: %q", what, n, o.Type, o.Text)
				}
			}
			plain("header", Header(s).(*slack.HeaderBlock).Text, 150)
			button := Button(s, s, s)
			plain("button", button.Text, 75)
			if length(button.Value) > 2000 || length(button.ActionID) > 255 || button.Value != "" && button.Value != s {
				t.Errorf("button value %q", button.Value)
			}
			option := Option(s, s, s)
			plain("option", option.Text, 75)
			if option.Description != nil {
				plain("description", option.Description, 75)
			}
			if n := length(option.Value); n < 1 || n > 150 {
				t.Errorf("option value of %d", n)
			}
			modal := Modal(s, s, s, s, s, nil)
			plain("title", modal.Title, 24)
			for _, o := range []*slack.TextBlockObject{modal.Submit, modal.Close} {
				if o != nil {
					plain("submit", o, 24)
				}
			}
			if length(modal.PrivateMetadata) > 3000 || length(modal.CallbackID) > 255 || len(modal.Blocks.BlockSet) == 0 {
				t.Errorf("modal: %+v", modal)
			}
			if c, ok := Context(s, s, s, s, s, s, s, s, s, s, s, s).(*slack.ContextBlock); ok {
				if n := len(c.ContextElements.Elements); n > 10 {
					t.Errorf("%d elements in the context", n)
				}
				for _, e := range c.ContextElements.Elements {
					text := e.(*slack.TextBlockObject)
					if n := length(text.Text); n < 1 || n > maxContextText || text.Emoji != nil || strings.Count(text.Text, fence)%2 != 0 {
						t.Errorf("context of %d: %q", n, text.Text)
					}
				}
			}
		})
	}
}

func TestPiecesLeaveOutWhatDoesNotFit(t *testing.T) {
	var options []*slack.OptionBlockObject
	var elements []slack.BlockElement
	var blocks []slack.Block
	for i := range 120 {
		options = append(options, nil, Option(fmt.Sprint(i), "o", ""))
		elements = append(elements, nil, Overflow("none"), (*slack.ButtonBlockElement)(nil), Button(fmt.Sprint("b", i), "", "b"))
		blocks = append(blocks, nil, Header("h"))
	}
	if n := len(Overflow("menu", options...).Options); n != 5 {
		t.Errorf("%d options", n)
	}
	if Overflow("menu") != nil || Overflow("menu", nil) != nil {
		t.Error("a menu of nothing")
	}
	row := Actions(elements...).(*slack.ActionBlock)
	if n := len(row.Elements.ElementSet); n != 25 {
		t.Errorf("%d elements in a row", n)
	}
	view := Modal("m", "Title", "", "", "", blocks)
	if n := len(view.Blocks.BlockSet); n != 100 || view.Submit != nil || view.Close != nil {
		t.Errorf("%d blocks, submit %v", n, view.Submit)
	}
	last, _ := json.Marshal(view.Blocks.BlockSet[99])
	if !strings.Contains(string(last), "… and 21 more") {
		t.Errorf("the last block does not say what is missing: %s", last)
	}
	for _, b := range []slack.Block{Actions(), Actions(nil, Overflow("none")), Context(), Context("", " ")} {
		if b.BlockType() != slack.MBTDivider {
			t.Errorf("an empty %s", b.BlockType())
		}
	}
}

func TestModalWithInputCanBeSubmitted(t *testing.T) {
	input := slack.NewInputBlock("b", plainText("Name", 75), nil, slack.NewPlainTextInputBlockElement(nil, "a"))
	if view := Modal("m", "Title", "", "Cancel", "", []slack.Block{input}); view.Submit == nil || view.Submit.Text != "Submit" {
		t.Errorf("submit is %v", view.Submit)
	}
}

// One value too long must not become another's.
func TestLongValuesStayApart(t *testing.T) {
	long := strings.Repeat("v", 200)
	a, b := Option(long+"a", "A", "").Value, Option(long+"b", "B", "").Value
	if a == b || strings.HasPrefix(long, a) {
		t.Errorf("values %q and %q", a, b)
	}
}

func TestBarsKeepSlacksLimits(t *testing.T) {
	long := strings.Repeat("a very long name ", 10)
	var labels []string
	var series []Series
	for i := range 30 {
		labels = append(labels, long)
		series = append(series, Series{Name: long, Values: []float64{float64(i)}}) // of the other categories nothing is known
	}
	for name, b := range map[string]slack.Block{
		"too much of everything": Bars(long, long, labels, series...),
		"blank names":            Bars("", "", []string{"", " "}, Series{}, Series{Name: " "}),
		"one bar":                Bars("Sent", "", []string{"Mon"}, Series{Name: "Sent", Values: []float64{1, 2, 3}}),
	} {
		t.Run(name, func(t *testing.T) {
			if err := b.(*slack.DataVisualizationBlock).Validate(); err != nil {
				t.Error(err)
			}
		})
	}
	if Bars("t", "", nil, Series{Name: "a"}) != nil || Bars("t", "", []string{"a"}) != nil {
		t.Error("there is a chart of nothing")
	}
}
