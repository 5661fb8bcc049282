package report

import (
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

// above says what a form ends.
func above(on deadline.Deadline) []slack.Block {
	return chat.TextBlocks(on.Head())
}

// What a card shows of a report: the rest is a click away.
const (
	mostAnswer = 1200
	mostCard   = 2800
)

// card shows a report to whom it was handed in.
func (r *Reports) card(rep Report, on deadline.Deadline, page *playbook.Page, reader string) chat.Message {
	zone := r.Deadlines.Calendar(reader).Zone()
	words := chat.Person(rep.Person) + " has done it, " + chat.Moment(rep.At, zone) + "."
	switch s := on.Status.(type) {
	case deadline.Done:
		if s.Late > 0 {
			words += " It was " + deadline.Length(s.Late) + " late."
		}
	case deadline.Missed:
		words += " The week was over by then."
	}
	top := on.Head() + "\n" + words
	var all strings.Builder
	cut := false
	for _, f := range page.Form.Fields {
		v, there := rep.Answers[f.ID]
		if !there {
			continue
		}
		said, rest := chat.Cut(v.Mrkdwn(zone), mostAnswer)
		if rest != "" {
			said, cut = said+" …", true
		}
		all.WriteString("*" + chat.EscapeInline(f.Label) + "*\n" + said + "\n\n")
	}
	body, rest := chat.Cut(strings.TrimSpace(all.String()), mostCard)
	cut = cut || rest != ""
	m := chat.Message{Text: top + "\n" + body, Blocks: append(chat.TextBlocks(top), chat.TextBlocks(body)...)}
	if cut {
		m.Blocks = append(m.Blocks, chat.Actions(chat.Button(actionRead, rep.ID, "Read it whole")))
	}
	why := "You get this because the playbook tells the role " + chat.EscapeInline(on.Escalate) + " how this goes (page: " + chat.EscapeInline(on.PageTitle) + ")."
	m.Blocks = append(m.Blocks, chat.Context(why))
	return m
}

// doneView takes the form's place.
func doneView(on deadline.Deadline, readers []string) slack.ModalViewRequest {
	words := on.Head() + "\nIs kept."
	if s, done := on.Status.(deadline.Done); done {
		words = on.Head() + "\nIs done and kept."
		if s.Late > time.Second {
			words = on.Head() + "\nIs done, " + deadline.Length(s.Late) + " late, and kept."
		}
	}
	if _, missed := on.Status.(deadline.Missed); missed {
		words += " Its week is over, so it does not count for it."
	}
	var names []string
	for i, id := range readers {
		if i == 5 {
			names = append(names, "others")
			break
		}
		names = append(names, chat.Person(id))
	}
	if len(names) > 0 {
		words += " " + strings.Join(names, ", ") + " can read it now."
	}
	return chat.Modal("", "Handed in", "", "Close", "", chat.TextBlocks(words))
}
