package lead

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/form"
	"sopbot/internal/golden"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim/schema"
)

// wireForm is a message as Slack gets it.
func wireForm(m chat.Message) any {
	return struct {
		Channel string        `json:"channel"`
		Text    string        `json:"text"`
		Blocks  []slack.Block `json:"blocks,omitempty"`
	}{"D0SAM", m.Text, m.Blocks}
}

func wireBytes(t *testing.T, v any) []byte {
	t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return []byte(b.String())
}

func checkSchema(t *testing.T, surface string, v any) {
	t.Helper()
	for _, wrong := range schema.Errors(surface, wireBytes(t, v)) {
		t.Errorf("Slack's types: %s", wrong)
	}
}

func leadIn(s Status) Lead {
	return Lead{ID: "L1", Name: Name{"Corner shop", "Jo"}, Website: "https://corner.example/?a=1&b=2", Owner: "USDR", Turn: 1, Status: s, CreatedBy: "UBOSS", CreatedAt: noon, ChangedAt: noon.Add(time.Hour)}
}

// weekly are things to do that are about no lead, as the clocks have them.
func weekly(n int, what string) (all []Clock) {
	for i := range n {
		id := fmt.Sprint("D", i)
		all = append(all, Clock{Words: "*" + chat.EscapeInline(what) + "* · week of 30 November\nDue Fri 4 Dec 2026, 09:00 EST.", Buttons: []slack.BlockElement{
			chat.Button("deadline.done:"+id, id, "Done"),
			slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, slack.NewTextBlockObject(slack.PlainTextType, "Snooze", false, false), "deadline.snooze:"+id,
				chat.Option(id+" 30m", "30 minutes", ""), chat.Option(id+" 1h", "1 hour", ""), chat.Option(id+" 2h", "2 hours", ""))}})
	}
	return all
}

func withSteps(t testing.TB) *Leads {
	l, _ := leadsOn(t, nil)
	l.Steps = []Step{{Name: "qualify", Label: "Qualify"}, {Name: "handoff", Label: "Hand off"}}
	return l
}

func TestMessagesAndViewsLookAsPinned(t *testing.T) {
	l := withSteps(t)
	messages := map[string]chat.Message{
		"message-own":       l.ownMessage([]Lead{leadIn(Open), leadIn(Returned)}, 2),
		"message-own-many":  l.ownMessage([]Lead{leadIn(Open)}, 31),
		"message-own-none":  l.ownMessage(nil, 0),
		"message-own-also":  l.ownMessage([]Lead{leadIn(Open)}, 1, weekly(6, "Walk your round")...),
		"message-found":     l.foundMessage("corner", []Lead{leadIn(Open)}),
		"message-not-found": l.foundMessage("corner <!channel>", nil),
		"message-exists":    l.existsMessage(leadIn(Qualified)),
		"message-assigned":  l.assignedMessage(leadIn(Open), "UBOSS"),
		"message-own-new":   l.assignedMessage(leadIn(Open), "USDR"),
		"message-passed-on": l.passedOnMessage(leadIn(Open), "USDR2", "UBOSS"),
		"message-help":      helpMessage(),
		"card-given":        l.cardMessage(leadIn(Open), "UBOSS"),
		"card-taken":        l.cardMessage(leadIn(Open), "USDR"),
	}
	for _, s := range []Status{Open, Qualified, HandedOff, Accepted, Returned} {
		messages["card-"+string(s)] = l.cardMessage(leadIn(s), "")
	}
	messages["message-passed-on"] = chat.Message{Text: strings.ReplaceAll(messages["message-passed-on"].Text, fmt.Sprint(noon.Unix()+1), "NOW")}
	for name, m := range messages {
		t.Run(name, func(t *testing.T) {
			golden.JSON(t, name, wireForm(m))
			checkSchema(t, "message", wireForm(m))
			if m.Text == "" {
				t.Error("there is no text for screen readers")
			}
		})
	}
	known := Known{SourceResearch: {"icp_fit": {Value: form.Text("Yes")}}, SourceHandoff: {"story": {Value: form.Text("Rye <b>")}}}
	trail := []entry{{noon, "handoff.sent", "USDR", FromShortcut}, {noon, "lead.assigned", "UBOSS", FromCommand}, {noon, "something.new", "UBOSS", FromImport}}
	golden.JSON(t, "view-lead", l.leadView(leadIn(HandedOff), known, trail, 0))
	checkSchema(t, "modal", l.leadView(leadIn(HandedOff), known, trail, 0))
}

func TestFormsLookAsPinned(t *testing.T) {
	l := withSteps(t)
	for name, page := range map[string]*playbook.Page{"form-name": namePage, "form-new": newPage, "form-reassign": reassignPage} {
		o := l.formOptions(page, page.ID)
		o.Key, o.Version = "key", "v1"
		v, err := form.View(o)
		if err != nil {
			t.Fatal(err)
		}
		golden.JSON(t, name, v)
		checkSchema(t, "modal", v)
	}
}

func TestNothingThatPeopleTypeMakesAMessageTooLong(t *testing.T) {
	l := withSteps(t)
	for name, unit := range map[string]string{"plain words": "bread ", "everybody": "<!channel> ", "forged links": "<https://evil.example|x> ", "ampersands": "&", "fences": "```\n", "stars": "*_~",
		"right to left": "\u202eלחם ", "emoji": "🥖 :tada: ", "Chinese": "面包"} {
		t.Run(name, func(t *testing.T) {
			long := func(n int) string { return string([]rune(strings.Repeat(unit, n))[:n]) }
			lead := leadIn(Open)
			lead.ID, lead.Name, lead.Website = strings.Repeat("L", 36), Name{tidy(long(120)), tidy(long(79))}, "https://x.example/"+strings.Repeat("a&", 900)
			var many []Lead
			for range listed + 1 {
				many = append(many, lead)
			}
			known, trail := Known{SourceQualification: {}, SourceHandoff: {}}, []entry{}
			for i := range 100 {
				known[SourceHandoff][fmt.Sprint("f", i)] = Fact{Value: form.Text(long(3000))}
			}
			for range trailShown {
				trail = append(trail, entry{noon, "handoff.reassigned", "USDR", FromForm})
			}
			for i, m := range []chat.Message{l.ownMessage(many[:listed], 99, weekly(9, long(75))...), l.foundMessage(long(4000), many), l.foundMessage(long(4000), nil), l.existsMessage(lead), l.assignedMessage(lead, "U1"),
				l.cardMessage(lead, "U1"), l.passedOnMessage(lead, "U1", "U2")} {
				if n := len(wireBytes(t, wireForm(m))); n >= 20_000 {
					t.Errorf("message %d has %d bytes", i, n)
				}
				if len(m.Blocks) >= 50 {
					t.Errorf("message %d has %d blocks", i, len(m.Blocks))
				}
				checkSchema(t, "message", wireForm(m))
				for _, loud := range []string{"<!channel", "<https://evil"} {
					if strings.Contains(m.Text, loud) {
						t.Errorf("message %d: %q got through", i, loud)
					}
				}
			}
			for _, leaf := range []int{0, 1, 9999} {
				v := l.leadView(lead, known, trail, leaf)
				if n := len(wireBytes(t, v)); n > 250_000 || len(v.Blocks.BlockSet) > 100 {
					t.Errorf("part %d has %d bytes and %d blocks", leaf, n, len(v.Blocks.BlockSet))
				}
				checkSchema(t, "modal", v)
				for _, b := range v.Blocks.BlockSet {
					if section, ok := b.(*slack.SectionBlock); ok && (strings.Contains(section.Text.Text, "```") || strings.Contains(section.Text.Text, "<!channel")) {
						t.Errorf("part %d: something got through: %.200s", leaf, section.Text.Text)
					}
				}
			}
		})
	}
}

func TestWhatResearchFoundStandsAboveAFormInAFewLines(t *testing.T) {
	l := withSteps(t)
	found := map[string]Fact{"asked": {Value: form.Text("no")}, "who": {Value: form.User("UAE")},
		"hostile": {Value: form.Text("<!channel> *x* <https://evil.example|y>\n" + strings.Repeat("long ", 100))}}
	for i := range 10 {
		found[fmt.Sprintf("zz_%02d", i)] = Fact{Value: form.Text(strings.Repeat("מילה ", 50))}
	}
	blocks := l.foundBlocks(found, []playbook.Field{{ID: "asked"}})
	view := chat.Modal("x", "Found", "", "Close", "", blocks)
	golden.JSON(t, "view-found", view)
	checkSchema(t, "modal", view)
	if len(blocks) != 1 {
		t.Errorf("%d blocks", len(blocks))
	}
	if got := l.foundBlocks(map[string]Fact{"asked": {Value: form.Text("no")}}, []playbook.Field{{ID: "asked"}}); got != nil {
		t.Errorf("where all is asked for, above it stands %v", got)
	}
}
