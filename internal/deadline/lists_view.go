package deadline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// mostRows is how many things of a list are shown with their buttons: two blocks
// each, and a few more, of the fifty that a message bears.
const mostRows = 22

// row is a thing in a list: what it says, and what can be done about it.
type listRow struct {
	words   string
	buttons []slack.BlockElement
	waits   bool      // its reminder can be put off
	snoozed time.Time // until when it was; zero = it was not
}

// rows says what stands in a list, what is still to be done first, and how much
// that is.
func (d *Deadlines) rows(tx *database.Tx, list string, now time.Time) (rows []listRow, open int, err error) {
	reader, _ := readerOf(list)
	told := strings.HasPrefix(list, toldPrefix)
	var all []listed
	if told {
		all, err = toldIn(tx, list)
	} else {
		all, err = inList(tx, list)
	}
	if err != nil {
		return nil, 0, err
	}
	slices.SortStableFunc(all, func(a, b listed) int { return b.rank() - a.rank() })
	for _, on := range all {
		heir := ""
		if _, closed := on.Status.(Closed); closed && !on.moved {
			if heir, err = successor(tx, on.Deadline); err != nil {
				return nil, 0, err
			}
		}
		row := listRow{words: on.Head() + "\n", waits: !told && on.canWait(), snoozed: on.Snoozed}
		switch {
		case heir != "":
			row.words += "Is " + chat.Person(heir) + "’s now."
		case on.moved && (told || on.Person != reader):
			row.words += "Is " + chat.Person(on.Person) + "’s now."
		case on.moved:
			row.words += "Reminded again: see below."
		case told:
			row.words += d.escalationWords(on.Deadline, reader, now)
		default:
			row.words += d.Words(on.Deadline, reader, on.handled)
		}
		if on.rank() > 0 {
			open++
			if row.buttons = d.Buttons(on.Deadline); told {
				row.buttons = d.bossButtons(on.Deadline, reader)
			}
		}
		rows = append(rows, row)
	}
	return rows, open, nil
}

// canWait reports whether the reminder of a row can be put off from its list.
func (l listed) canWait() bool {
	_, open := l.Status.(Open)
	return open && !l.moved && l.Abandoned.IsZero()
}

// rank is 1 for what is still to be done in a list, else 0.
func (l listed) rank() int {
	if l.moved || !l.Running() {
		return 0
	}
	return 1
}

func (d *Deadlines) listHead(list string, open int) string {
	things, are := "things", "are"
	if open == 1 {
		things, are = "thing", "is"
	}
	switch told := strings.HasPrefix(list, toldPrefix); {
	case told && open == 0:
		return "*What was not done in time is settled*"
	case told:
		return fmt.Sprintf("*%d %s %s not done in time*", open, things, strings.Replace(strings.Replace(are, "are", "were", 1), "is", "was", 1))
	case open == 0:
		return "*All of this is settled*"
	}
	return fmt.Sprintf("*%d %s %s yours to do*", open, things, are)
}

// listTop is the head of a list; where there are several reminders that can be put
// off, with the menu that does so for all of them.
func (d *Deadlines) listTop(head, list string, rows []listRow) *slack.SectionBlock {
	top := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, head, false, false), nil, nil)
	waiting, last := 0, time.Time{}
	for _, row := range rows {
		if !row.waits {
			continue
		}
		waiting++
		if row.snoozed.After(last) {
			last = row.snoozed
		}
	}
	if waiting > 1 {
		top.Accessory = slack.NewAccessory(snoozeMenu(actionSnoozeAll, "Snooze all", list, last))
	}
	return top
}

// list is the message of a list.
func (d *Deadlines) list(tx *database.Tx, list string, now time.Time) (chat.Message, error) {
	rows, open, err := d.rows(tx, list, now)
	if err != nil {
		return chat.Message{}, err
	}
	head := d.listHead(list, open)
	m := chat.Message{Text: head, Blocks: []slack.Block{d.listTop(head, list, rows)}}
	for i, row := range rows {
		if i == mostRows {
			m.Blocks = append(m.Blocks, chat.Context(fmt.Sprintf("… and %d more. They follow here as these are done.", len(rows)-mostRows)),
				chat.Actions(chat.Button(actionAll, list, "Show all")))
			break
		}
		if i < spoken {
			m.Text += "\n" + strings.Replace(row.words, "\n", ": ", 1)
		}
		m.Blocks = append(m.Blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, row.words, false, false), nil, nil))
		if len(row.buttons) > 0 {
			m.Blocks = append(m.Blocks, chat.Actions(row.buttons...))
		}
	}
	if len(rows) > spoken {
		m.Text += fmt.Sprintf("\n… and %d more.", len(rows)-spoken)
	}
	if open == 0 {
		return m, nil
	}
	why := "You get these in one message because they came due at the same moment. It is kept up to date here."
	if strings.HasPrefix(list, toldPrefix) {
		why = "You get these in one message because they passed at the same moment, and the playbook tells you of them. It is kept up to date here."
	}
	m.Blocks = append(m.Blocks, chat.Context(why))
	return m, nil
}

// whole shows everything in a list, as text: a modal bears more than a message.
func (d *Deadlines) whole(tx *database.Tx, list string, now time.Time) (slack.ModalViewRequest, error) {
	rows, open, err := d.rows(tx, list, now)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var all strings.Builder
	for _, row := range rows {
		all.WriteString(row.words + "\n\n")
	}
	return chat.Modal("", "All of it", "", "Close", "", append(chat.TextBlocks(d.listHead(list, open)), chat.TextBlocks(all.String())...)), nil
}
