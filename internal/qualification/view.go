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
		return "does not pass: " + labels(r.RequiredMissing) + " must be confirmed"
	}
	return fmt.Sprintf("does not pass yet: %d confirmed are needed", r.Need)
}

func labels(criteria []playbook.Criterion) string {
	var out []string
	for _, c := range criteria {
		out = append(out, c.Label)
	}
	return strings.Join(out, ", ")
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
	var ask strings.Builder
	for _, c := range counted.Missing {
		question := c.Ask
		if question == "" {
			question = c.Hint
		}
		fmt.Fprintf(&ask, "• *%s*", chat.EscapeInline(c.Label))
		if question != "" {
			ask.WriteString(": " + chat.EscapeInline(question))
		}
		ask.WriteString("\n")
	}
	if ask.Len() > 0 {
		blocks = append(blocks, slack.NewDividerBlock())
		blocks = append(blocks, chat.TextBlocks("*Ask next*\n"+ask.String())...)
	}
	var buttons []slack.BlockElement
	for _, s := range q.Leads.Steps {
		if s.Name != StepName && (of.Status == lead.Open || of.Status == lead.Qualified || of.Status == lead.Returned) {
			b := lead.StepButton(s, of.ID)
			if counted.Pass {
				b.Style = slack.StylePrimary
			}
			buttons = append(buttons, b)
		}
	}
	if len(buttons) > 0 {
		blocks = append(blocks, chat.Actions(buttons...))
	}
	return chat.Modal("", "Scorecard", "", "Close", "", blocks)
}
