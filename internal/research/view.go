package research

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
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

// mostListed is how many leads a morning's list shows with their buttons,
// mostTitle how many letters of a lead's name.
const mostListed, mostTitle = 10, 150

// morningMessage lists what is due today, and offers the time to do it in.
func (r *Research) morningMessage(today []deadline.Deadline, later int, now time.Time, c deadline.Calendar) chat.Message {
	head := fmt.Sprintf("Research for today: %d leads", len(today))
	if len(today) == 1 {
		head = "Research for today: 1 lead"
	}
	zone := c.Zone()
	a := r.appointment(c, now, wholeList, today)
	offer := "Your block for it: " + blockWords(a, zone) + "."
	blocks := []slack.Block{chat.Header(head)}
	when := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, offer+" "+googleLink(a), false, false), nil, nil)
	when.Accessory = slack.NewAccessory(chat.Button(actionCalendar+":list", wholeList, "Calendar file"))
	blocks = append(blocks, when)
	text := head + ". " + offer
	for _, d := range today[:min(len(today), mostListed)] {
		words := "*" + chat.EscapeInline(chat.Shorten(d.Title, mostTitle)) + "*: " + dueWords(d, now, zone)
		text += "\n" + words
		b := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, words, false, false), nil, nil)
		b.Accessory = slack.NewAccessory(lead.StepButton(r.Step(), d.Lead))
		blocks = append(blocks, b)
	}
	var rest []string
	if n := len(today) - mostListed; n > 0 {
		rest = append(rest, fmt.Sprintf("… and %d more: `/lead` lists them.", n))
	}
	if later > 0 {
		rest = append(rest, fmt.Sprintf("%d more are due later.", later))
	}
	if len(rest) > 0 {
		text += "\n" + strings.Join(rest, " ")
	}
	rest = append(rest, "You get this on working mornings when research of yours is due.")
	return chat.Message{Text: text, Blocks: append(blocks, chat.Context(strings.Join(rest, " ")))}
}

// nothingLeft takes the list's place when all of it is done.
func nothingLeft(later int) chat.Message {
	words := ":white_check_mark: Research for today: nothing is left."
	if later > 0 {
		words += fmt.Sprintf(" %d more are due later.", later)
	}
	return chat.Message{Text: words, Blocks: chat.TextBlocks(words)}
}

func dueWords(d deadline.Deadline, now time.Time, zone *time.Location) string {
	if d.Due.Before(now) {
		return "was due " + chat.Moment(d.Due, zone)
	}
	return "due " + chat.Moment(d.Due, zone)
}
