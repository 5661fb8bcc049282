package handoff

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// inTheWay says why a lead may not be handed off; latest is the handoff that
// stands in the way. known is false for any other error.
func (h *Handoffs) inTheWay(latest *Handoff, err error) (words string, known bool) {
	if latest == nil {
		return "", false
	}
	on := *latest
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	switch {
	case errors.Is(err, ErrOpen):
		return name + " is handed off already: " + chat.Person(on.Sender) + " sent it to " + chat.Person(on.AE) + ", " + chat.Moment(on.Sent, h.zone()) +
			", and it " + openState(on) + ".", true
	case errors.Is(err, ErrTaken):
		s, _ := on.Status.(Accepted)
		return name + " has an AE already: " + chat.Person(s.By) + " accepted it, " + chat.Moment(s.At, h.zone()) + ".", true
	case errors.Is(err, ErrBounced):
		var b bounced
		errors.As(err, &b)
		return name + " was declined " + often(b.declined) + " and does not go back and forth. Ask " + somebodyOf(b.then) + ": they can hand it off again.", true
	}
	return "", false
}

// often says how often something happened.
func often(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

// somebodyOf is whoever has a role, in words.
func somebodyOf(role string) string {
	if role == string(roster.Manager) {
		return "a manager"
	}
	return "somebody with the role *" + chat.EscapeInline(role) + "*"
}

// inTheWayPlain says the same below a field, where mentions do not work.
func (h *Handoffs) inTheWayPlain(latest *Handoff, err error) (words string, known bool) {
	words, known = h.inTheWay(latest, err)
	if !known {
		return "", false
	}
	words = h.plain(words)
	if errors.Is(err, ErrOpen) {
		words += " Pick another lead, or wait for the answer."
	}
	return words, true
}

var mention = regexp.MustCompile(`<@([UW][A-Z0-9]+)>`)

// plain writes words for where mentions and formatting do not work: people by
// their names.
func (h *Handoffs) plain(words string) string {
	return chat.Plain(mention.ReplaceAllStringFunc(words, func(m string) string { return chat.EscapeInline(h.nameOf(m[2 : len(m)-1])) }))
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
		text += "\n" + chat.Person(s.Question.AskedBy) + " asked:\n" + quoted(s.Question.Question, mostWhole)
	}
	return chat.TextBlocks(text)
}

// sentView takes the form's place when it is on its way.
func (h *Handoffs) sentView(b *playbook.Playbook, on Handoff) slack.ModalViewRequest {
	text := "*" + chat.EscapeInline(on.Context.Lead) + "* is on its way to " + chat.Person(on.AE) + "."
	for _, a := range deadline.Timed(b, playbook.EventHandoffSent) {
		text += "\n" + chat.EscapeInline(a.Label) + ": within " + a.Within.Words() + " of working time."
	}
	text += "\nYou see each step in your direct messages with sopbot."
	if h.Shelf.InForce().Settings.Channels["handoffs"] != "" {
		text += " The team sees it in <#" + h.Shelf.InForce().Settings.Channels["handoffs"] + ">."
	}
	blocks := chat.TextBlocks(text)
	if s := on.Context.Score; s != nil && !s.Scored {
		blocks = append(blocks, chat.Context("This lead has no scorecard yet. `/qualify` fills one in, and the AE starts with more."))
	}
	return chat.Modal("", "Handed off", "", "Close", "", blocks)
}

// mostWords is the longest that Words can be once they are escaped.
const mostWords = MostWords * len("&amp;")

// wholeView shows everything, for what a card had to shorten.
func (h *Handoffs) wholeView(on Handoff, leaf int) slack.ModalViewRequest {
	blocks := append([]slack.Block{chat.Header(on.Context.Lead)}, chat.TextBlocks(h.stateWords(on, mostWords))...)
	var b strings.Builder
	for _, f := range on.Context.Fields {
		if v, ok := on.Answers[f.ID]; ok && f.ID != fieldLead {
			b.WriteString("*" + chat.EscapeInline(f.Label) + "*\n" + chat.Unfenced(v.Mrkdwn(h.zone())) + "\n\n")
		}
	}
	blocks = append(blocks, chat.TextBlocks(b.String())...)
	if s := on.Context.Score; s != nil && s.Scored {
		b.Reset()
		for _, c := range s.Criteria {
			b.WriteString("*" + chat.EscapeInline(c.Label) + "* " + standingMarks[c.Standing])
			if c.Note != "" {
				b.WriteString(": " + chat.Unfenced(chat.Escape(c.Note)))
			}
			b.WriteString("\n")
		}
		blocks = append(blocks, chat.TextBlocks("*Scorecard: "+s.Words+"*\n"+b.String())...)
	}
	if on.Context.Score != nil {
		var ask strings.Builder
		for _, c := range on.Context.Score.Unknown() {
			if c.Ask != "" {
				ask.WriteString("• " + askLine(c, 3000))
			}
		}
		if ask.Len() > 0 {
			blocks = append(blocks, chat.TextBlocks("*Find out in the discovery call*\n"+ask.String())...)
		}
	}
	for _, q := range on.Asked {
		text := chat.Person(q.AskedBy) + " asked, " + chat.Moment(q.AskedAt, h.zone()) + ":\n" + quoted(q.Question, mostWords)
		if q.Answer != nil {
			text += "\n" + chat.Person(q.Answer.By) + " answered, " + chat.Moment(q.Answer.At, h.zone()) + ":\n" + quoted(q.Answer.Text, mostWords)
		}
		blocks = append(blocks, chat.TextBlocks(text)...)
	}
	return chat.Modal("", "Handoff", "", "Close", "", chat.Leaf(blocks, leaf, actionTurn, on.ID))
}

// mostListed is how much of a lead's name a list shows.
const mostListed = 80

// listMessage lists what is open for a person; n is how many there are.
func (h *Handoffs) listMessage(open []Handoff, n int, person string) chat.Message {
	if len(open) == 0 {
		return chat.Say("No handoff waits for you, and none of yours waits for an answer.")
	}
	head := fmt.Sprintf("Open handoffs: %d", n)
	blocks := []slack.Block{chat.Header(head)}
	var said []string
	for _, on := range open {
		name := chat.EscapeInline(chat.Shorten(on.Context.Lead, mostListed))
		line := "*" + name + "* from " + chat.Person(on.Sender) + " to " + chat.Person(on.AE) + ", " + chat.Moment(on.Sent, h.zone()) + ": " + openState(on)
		said = append(said, name+": "+openState(on))
		blocks = append(blocks, chat.TextBlocks(line)...)
		_, asked := on.Status.(Asked)
		switch {
		case on.AE == person:
			blocks = append(blocks, decisions(on))
		case asked:
			blocks = append(blocks, chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer")), chat.Button(actionRead, on.ID, "Read it")))
		default:
			blocks = append(blocks, chat.Actions(chat.Button(actionRead, on.ID, "Read it")))
		}
	}
	if n > len(open) {
		blocks = append(blocks, chat.Context(fmt.Sprintf("The %d that wait longest. The others come up as these are decided.", len(open))))
	}
	return chat.Message{Text: head + ". " + strings.Join(said, "; "), Blocks: blocks}
}
