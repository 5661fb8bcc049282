package qualification

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
)

// verdictWords says what a scorecard comes to.
func verdictWords(r form.Result) string {
	switch {
	case r.Pass:
		return "passes: a qualified opportunity"
	case len(r.RequiredMissing) > 0 && r.Confirmed >= r.Need:
		return "does not pass yet: " + labels(r.RequiredMissing) + " must be confirmed"
	case len(r.RequiredMissing) > 0:
		return fmt.Sprintf("does not pass yet: %d confirmed are needed, and %s among them", r.Need, labels(r.RequiredMissing))
	}
	return fmt.Sprintf("does not pass yet: %d confirmed are needed", r.Need)
}

// A result travels in an acknowledgement, so a long framework is not told to
// its end; the scorecard itself shows each question.
const (
	mostLabel  = 100
	mostAsk    = 300
	mostAsks   = 3500
	mostLabels = 5
)

func labels(criteria []playbook.Criterion) string {
	var out []string
	for i, c := range criteria {
		if i == mostLabels {
			out = append(out, fmt.Sprintf("%d more", len(criteria)-i))
			break
		}
		out = append(out, chat.Shorten(c.Label, mostLabel))
	}
	return strings.Join(out, ", ")
}

// askLines are the questions for what is missing.
func askLines(missing []playbook.Criterion) string {
	var b strings.Builder
	for i, c := range missing {
		line := "• *" + chat.EscapeInline(chat.Shorten(c.Label, mostLabel)) + "*"
		question := c.Ask
		if question == "" {
			question = c.Hint
		}
		if question != "" {
			line += ": " + chat.EscapeInline(chat.Shorten(question, mostAsk))
		}
		if b.Len()+len(line) > mostAsks {
			fmt.Fprintf(&b, "… and %d more; `/qualify` shows the question beside each criterion.", len(missing)-i)
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// resultView takes the form's place: the score, the weakest, and what to ask
// next.
func (q *Qualifications) resultView(of lead.Lead, r Revision, counted form.Result, last Revision, again bool) slack.ModalViewRequest {
	blocks := []slack.Block{chat.Header(fmt.Sprintf("%s · %s", of, r.Result))}
	text := fmt.Sprintf("*%s confirmed* – %s.", r.Result, chat.EscapeInline(verdictWords(counted)))
	if again {
		text += fmt.Sprintf(" Last time it was %s.", last.Result)
	}
	if len(counted.Weakest) > 0 {
		text += "\nWeakest: " + chat.EscapeInline(labels(counted.Weakest)) + "."
	}
	blocks = append(blocks, chat.TextBlocks(text)...)
	if ask := askLines(counted.Missing); ask != "" {
		blocks = append(blocks, slack.NewDividerBlock())
		blocks = append(blocks, chat.TextBlocks("*Ask next*\n"+ask)...)
	}
	var buttons []*slack.ButtonBlockElement
	for _, s := range q.Leads.Steps {
		if s.Name != StepName && (of.Status == lead.Open || of.Status == lead.Qualified || of.Status == lead.Returned) {
			buttons = append(buttons, lead.StepButton(s, of.ID))
		}
	}
	if len(buttons) > 0 {
		if counted.Pass { // what comes last is where it leads to
			buttons[len(buttons)-1].Style = slack.StylePrimary
		}
		blocks = append(blocks, chat.Actions(elements(buttons)...))
	}
	return chat.Modal("", "Scorecard", "", "Close", "", blocks)
}

func elements(buttons []*slack.ButtonBlockElement) (out []slack.BlockElement) {
	for _, b := range buttons {
		out = append(out, b)
	}
	return out
}
