package research

import (
	"fmt"
	"net/url"
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

// mostListed is how many leads a morning's list shows with their buttons.
const mostListed = 10

// morningMessage lists what is due today, and offers the time to do it in.
func (r *Research) morningMessage(today []deadline.Deadline, later int, now time.Time, zone *time.Location) chat.Message {
	head := fmt.Sprintf("Research for today: %d leads", len(today))
	if len(today) == 1 {
		head = "Research for today: 1 lead"
	}
	// The next quarter of an hour, or the one that has just begun.
	from := now.Add(-5 * time.Minute).Truncate(15 * time.Minute).Add(15 * time.Minute)
	until := from.Add(block)
	offer := "Your block for it: " + chat.Moment(from, zone) + " to " + chat.Moment(until, zone) + ". <" + chat.Escape(calendarURL(head, today, from, until)) + "|Put it into your calendar>"
	blocks := []slack.Block{chat.Header(head)}
	blocks = append(blocks, chat.TextBlocks(offer)...)
	text := head + ". " + offer
	for i, d := range today {
		words := "*" + chat.EscapeInline(d.Title) + "*: " + dueWords(d, now, zone)
		text += "\n" + words
		if i >= mostListed {
			continue
		}
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
	rest = append(rest, "You get this on working mornings when research of yours is due.")
	return chat.Message{Text: text, Blocks: append(blocks, chat.Context(strings.Join(rest, " ")))}
}

func dueWords(d deadline.Deadline, now time.Time, zone *time.Location) string {
	if d.Due.Before(now) {
		return "was due " + chat.Moment(d.Due, zone)
	}
	return "due " + chat.Moment(d.Due, zone)
}

// calendarURL opens a calendar with the block filled in. The form of the address
// is Google's event template, which Outlook's people can import by hand.
func calendarURL(title string, today []deadline.Deadline, from, until time.Time) string {
	const stamp = "20060102T150405Z"
	var names []string
	for _, d := range today[:min(len(today), mostListed)] {
		names = append(names, d.Title)
	}
	q := url.Values{"action": {"TEMPLATE"}, "text": {title}, "details": {strings.Join(names, "\n")},
		"dates": {from.UTC().Format(stamp) + "/" + until.UTC().Format(stamp)}}
	return "https://calendar.google.com/calendar/render?" + q.Encode()
}
