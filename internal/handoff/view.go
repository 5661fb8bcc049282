package handoff

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// openWords says that a lead is on its way already.
func (h *Handoffs) openWords(on Handoff) string {
	return "*" + chat.EscapeInline(on.Context.Lead) + "* is handed off already: " + chat.Person(on.Sender) + " sent it to " + chat.Person(on.AE) + ", " +
		chat.Moment(on.Sent, h.zone()) + ", and it " + openState(on) + "."
}

// openPlain says the same below a field, where mentions do not work.
func (h *Handoffs) openPlain(on Handoff) string {
	return fmt.Sprintf("%s is handed off already: %s sent it to %s on %s, and it %s. Pick another lead, or wait for the answer.", on.Context.Lead,
		h.nameOf(on.Sender), h.nameOf(on.AE), chat.MomentText(on.Sent, h.zone()), openState(on))
}

func (h *Handoffs) nameOf(id string) string {
	if name := h.Roster.NameOf(id); name != "" {
		return name
	}
	return "a colleague"
}

func openState(on Handoff) string {
	if _, asked := on.Status.(Asked); asked {
		return "waits for an answer to the AE's question"
	}
	return "waits for the AE's answer"
}

// decidedWords ends the sentence "This handoff …".
func (h *Handoffs) decidedWords(on Handoff) string {
	switch s := on.Status.(type) {
	case Accepted:
		return fmt.Sprintf("is decided already: %s accepted it, %s.", chat.Person(s.By), chat.Moment(s.At, h.zone()))
	case Declined:
		return fmt.Sprintf("is decided already: %s declined it, %s.", chat.Person(s.By), chat.Moment(s.At, h.zone()))
	}
	return "changed a moment ago. Look at the card again before you decide."
}

// aboutBlocks stand above the small forms.
func (h *Handoffs) aboutBlocks(on Handoff) []slack.Block {
	text := "*" + chat.EscapeInline(on.Context.Lead) + "* · from " + chat.Person(on.Sender) + " to " + chat.Person(on.AE)
	if s, asked := on.Status.(Asked); asked {
		text += "\n" + chat.Person(s.Question.AskedBy) + " asked:\n" + quoted(s.Question.Question)
	}
	return chat.TextBlocks(text)
}

// sentView takes the form's place when it is on its way.
func (h *Handoffs) sentView(b *playbook.Playbook, on Handoff) slack.ModalViewRequest {
	text := "*" + chat.EscapeInline(on.Context.Lead) + "* is on its way to " + chat.Person(on.AE) + "."
	for _, a := range answerActions(b) {
		text += "\n" + chat.EscapeInline(a.Label) + ": within " + a.Within.Words() + " of working time."
	}
	text += "\nYou see each step in your direct messages with sopbot."
	if h.Shelf.InForce().Settings.Channels["handoffs"] != "" {
		text += " The team sees it in <#" + h.Shelf.InForce().Settings.Channels["handoffs"] + ">."
	}
	blocks := chat.TextBlocks(text)
	if s := on.Context.Score; s == nil || !s.Scored {
		blocks = append(blocks, chat.Context("This lead has no scorecard yet. `/qualify` fills one in, and the AE starts with more."))
	}
	return chat.Modal("", "Handed off", "", "Close", "", blocks)
}

// answerActions are the playbook's timed actions that a sent handoff starts.
func answerActions(b *playbook.Playbook) []playbook.Action {
	var out []playbook.Action
	for _, p := range b.Pages {
		var actions []playbook.Action
		switch {
		case p.Stage != nil:
			actions = p.Stage.Actions
		case p.Tool != nil:
			actions = p.Tool.Actions
		}
		for _, a := range actions {
			if a.On == playbook.EventHandoffSent && a.Timed() {
				out = append(out, a)
			}
		}
	}
	return out
}

// wholeView shows everything, for what a card had to shorten.
func (h *Handoffs) wholeView(on Handoff) slack.ModalViewRequest {
	blocks := append([]slack.Block{chat.Header(on.Context.Lead)}, chat.TextBlocks(h.stateWords(on))...)
	var b strings.Builder
	for _, f := range on.Context.Fields {
		if v, ok := on.Answers[f.ID]; ok && f.ID != fieldLead {
			b.WriteString("*" + chat.EscapeInline(f.Label) + "*\n" + v.Mrkdwn(h.zone()) + "\n\n")
		}
	}
	blocks = append(blocks, chat.TextBlocks(b.String())...)
	if s := on.Context.Score; s != nil && s.Scored {
		b.Reset()
		for _, c := range s.Criteria {
			b.WriteString("*" + chat.EscapeInline(c.Label) + "* " + standingMarks[c.Standing])
			if c.Note != "" {
				b.WriteString(": " + chat.Escape(c.Note))
			}
			b.WriteString("\n")
		}
		blocks = append(blocks, chat.TextBlocks("*Scorecard: "+s.Words+"*\n"+b.String())...)
	}
	for _, q := range on.Asked {
		text := chat.Person(q.AskedBy) + " asked, " + chat.Moment(q.AskedAt, h.zone()) + ":\n" + quoted(q.Question)
		if q.Answer != nil {
			text += "\n" + chat.Person(q.Answer.By) + " answered, " + chat.Moment(q.Answer.At, h.zone()) + ":\n" + quoted(q.Answer.Text)
		}
		blocks = append(blocks, chat.TextBlocks(text)...)
	}
	return chat.Modal("", "Handoff", "", "Close", "", blocks)
}

// listMessage lists what is open for a person.
func (h *Handoffs) listMessage(open []Handoff, person string) chat.Message {
	if len(open) == 0 {
		return chat.Say("No handoff waits for you, and none of yours waits for an answer.")
	}
	head := fmt.Sprintf("Open handoffs: %d", len(open))
	blocks := []slack.Block{chat.Header(head)}
	var said []string
	for _, on := range open {
		line := "*" + chat.EscapeInline(on.Context.Lead) + "* from " + chat.Person(on.Sender) + " to " + chat.Person(on.AE) + ", " + chat.Moment(on.Sent, h.zone()) + ": " + openState(on)
		said = append(said, line)
		blocks = append(blocks, chat.TextBlocks(line)...)
		_, asked := on.Status.(Asked)
		switch {
		case on.AE == person:
			row := decisions(on).(*slack.ActionBlock)
			row.BlockID = "handoff:" + on.ID
			blocks = append(blocks, row)
		case asked:
			blocks = append(blocks, chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer"))))
		}
	}
	return chat.Message{Text: head + ". " + strings.Join(said, "; "), Blocks: blocks}
}
