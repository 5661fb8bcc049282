package research

import (
	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
)

// aboutBlocks stand above the form.
func aboutBlocks(of lead.Lead) []slack.Block {
	text := "*" + chat.EscapeInline(of.String()) + "*"
	if of.Website != "" {
		text += " · " + form.Value{Type: playbook.FieldURL, Text: of.Website}.Mrkdwn(nil)
	}
	return chat.TextBlocks(text)
}

// doneView takes the form's place.
func (r *Research) doneView(of lead.Lead) slack.ModalViewRequest {
	blocks := chat.TextBlocks("The research about *" + chat.EscapeInline(of.String()) + "* is kept. The scorecard and the handoff start with it.")
	var buttons []slack.BlockElement
	for _, s := range r.Leads.Steps {
		if s.Name != "research" {
			buttons = append(buttons, lead.StepButton(s, of.ID))
		}
	}
	if len(buttons) > 0 {
		blocks = append(blocks, chat.Actions(buttons...))
	}
	return chat.Modal("", "Research", "", "Close", "", blocks)
}
