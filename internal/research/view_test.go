package research

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/golden"
	"sopbot/internal/lead"
)

// wireForm is a message as Slack gets it.
func wireForm(m chat.Message) any {
	return struct {
		Channel string        `json:"channel"`
		Text    string        `json:"text"`
		Blocks  []slack.Block `json:"blocks,omitempty"`
	}{"D0SAM", m.Text, m.Blocks}
}

var hostile = "<!channel> *Acme* & <https://evil.example|your bank> `x` \u202eedoc\u202c ```\n@here"

// lists are what a morning may bring.
func lists(t testing.TB) map[string][]deadline.Deadline {
	fifty := []deadline.Deadline{}
	for i := range 50 {
		fifty = append(fifty, due(fmt.Sprintf("Shop %d", i+1), time.Duration(i)*time.Minute))
	}
	long := []deadline.Deadline{}
	for range 12 {
		long = append(long, due(strings.Repeat("Großbäckerei und Konditorei ", 8), time.Hour), due(strings.Repeat("מאפייה ", 25), time.Hour))
	}
	return map[string][]deadline.Deadline{
		"one":           {due("Corner shop (Jo)", time.Hour)},
		"late-and-soon": {due("Old shop", -26*time.Hour), due("Corner shop (Jo)", 3*time.Hour)},
		"right-to-left": {due("מאפיית הרחוב (יעל כהן)", time.Hour), due("مخبز الزاوية", 2*time.Hour)},
		"hostile":       {due(hostile, time.Hour)},
		"fifty":         fifty,
		"long":          long,
	}
}

func TestTheMorningsListLooksAsPinned(t *testing.T) {
	r, _ := researchOn(t, nil)
	for name, today := range lists(t) {
		t.Run(name, func(t *testing.T) {
			m := r.morningMessage(today, map[bool]int{true: 2}[name == "one"], noon, r.Calendar("USDR"))
			golden.JSON(t, "morning-"+name, wireForm(m))
			checkSchema(t, "message", wireForm(m))
			harmless(t, m)
		})
	}
}

func TestAListOfWhichNothingIsLeftLooksAsPinned(t *testing.T) {
	for name, later := range map[string]int{"morning-none-left": 0, "morning-none-left-today": 3} {
		m := nothingLeft(later)
		golden.JSON(t, name, wireForm(m))
		checkSchema(t, "message", wireForm(m))
	}
}

// harmless says what of a message could mention everybody, pose as a link, or is
// more than Slack takes.
func harmless(t *testing.T, m chat.Message) {
	t.Helper()
	raw, err := json.Marshal(m.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{"text": m.Text, "blocks": string(raw)} {
		text = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(text)
		if regexp.MustCompile(`<!(channel|here|everyone)|<https://evil`).MatchString(text) {
			t.Errorf("the %s: %s", what, text)
		}
	}
	if n := len([]rune(m.Text)); n > 4000 || n == 0 {
		t.Errorf("the text has %d letters", n)
	}
	if len(m.Blocks) > 50 {
		t.Errorf("%d blocks", len(m.Blocks))
	}
	for _, b := range m.Blocks {
		if s, ok := b.(*slack.SectionBlock); ok && len([]rune(s.Text.Text)) > 3000 {
			t.Errorf("a section of %d letters: %s", len([]rune(s.Text.Text)), s.Text.Text)
		}
	}
}

func TestAFilesWordsAreAsPinned(t *testing.T) {
	r, _ := researchOn(t, nil)
	for name, about := range lists(t) {
		t.Run(name, func(t *testing.T) {
			value := wholeList
			if len(about) == 1 {
				value = about[0].ID
			}
			a := r.appointment(r.Calendar("USDR"), noon, value, about)
			golden.Text(t, "file-"+name+".ics", string(a.File()))
			for suffix, words := range map[string]string{"file": fileWords(a, berlin(t)), "link": linkWords(a, berlin(t))} {
				golden.Text(t, suffix+"-"+name+".txt", words+"\n")
				harmless(t, chat.Message{Text: words})
				if len([]rune(words)) > 3000 {
					t.Errorf("%d letters", len([]rune(words)))
				}
			}
		})
	}
}

func TestTheViewsLookAsPinned(t *testing.T) {
	r, _ := researchOn(t, nil)
	b := r.Shelf.InForce()
	page, _ := b.Page(FormPage)
	for name, of := range map[string]lead.Lead{
		"plain":         {ID: "L1", Name: lead.Name{Company: "Corner shop", Contact: "Jo"}, Website: "https://corner.example/?a=1&b=2", Owner: "USDR"},
		"right-to-left": {ID: "L1", Name: lead.Name{Company: "מאפיית הרחוב", Contact: "יעל כהן"}, Owner: "USDR"},
		"hostile":       {ID: "L1", Name: lead.Name{Company: hostile, Contact: "<@U0DANA>"}, Owner: "USDR"},
		"long":          {ID: "L1", Name: lead.Name{Company: strings.Repeat("Großbäckerei ", 9), Contact: strings.Repeat("Ж", 75)}, Website: "https://corner.example/" + strings.Repeat("x", 400), Owner: "USDR"},
	} {
		t.Run(name, func(t *testing.T) {
			done := r.doneView(of)
			golden.JSON(t, "done-"+name, done)
			checkSchema(t, "modal", done)
			o := r.flow().Options(b, page)
			o.Key, o.Version, o.Before = "key", "v1", aboutBlocks(of)
			v, err := form.View(o)
			if err != nil {
				t.Fatal(err)
			}
			golden.JSON(t, "form-"+name, v)
			checkSchema(t, "modal", v)
		})
	}
}
