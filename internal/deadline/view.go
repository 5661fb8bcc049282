package deadline

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// The messages of a deadline, by the keys that they are posted under. Names that
// are stored: add, don't rename.
func reminderKey(on Deadline) string {
	key := fmt.Sprintf("deadline/%s/reminder/%d", on.ID, on.Turn)
	if on.bell > 1 {
		key += fmt.Sprintf("/%d", on.bell)
	}
	return key
}

func escalationKey(on Deadline, person string) string {
	return fmt.Sprintf("deadline/%s/escalation/%d/%s", on.ID, on.Turn, person)
}

// refresh brings the messages that stand up to date.
func (d *Deadlines) refresh(tx *database.Tx, on Deadline, now time.Time) error {
	list, err := listOf(tx, on)
	if err != nil {
		return err
	}
	if list != "" {
		err = d.refreshList(tx, on, list, now)
	} else {
		_, err = d.Posts.Change(tx, reminderKey(on), d.reminder(on))
	}
	if err != nil || on.Escalated.IsZero() {
		return err
	}
	all, err := told(tx, on)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.list != "" {
			err = d.refreshList(tx, on, t.list, now)
		} else {
			_, err = d.Posts.Change(tx, escalationKey(on, t.person), d.escalation(on, t.person, now))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tellPassed leaves a word in the place of the messages of whoever had it. Lists
// show it by themselves.
func (d *Deadlines) tellPassed(tx *database.Tx, on Deadline, to string, now time.Time) error {
	words := func(reader string) chat.Message {
		return d.message(on.Head()+"\n"+d.passedWords(to, now, reader), nil, "")
	}
	if _, err := d.Posts.Change(tx, reminderKey(on), words(on.Person)); err != nil {
		return err
	}
	all, err := told(tx, on)
	if err != nil {
		return err
	}
	for _, t := range all {
		if _, err := d.Posts.Change(tx, escalationKey(on, t.person), words(t.person)); err != nil {
			return err
		}
	}
	return nil
}

func (d *Deadlines) passedWords(to string, now time.Time, reader string) string {
	return "Is " + chat.Person(to) + "’s now, since " + chat.Moment(now, d.zone(reader)) + "."
}

// mostTitle is how many letters of what a deadline is about are shown.
const mostTitle = 150

// Head names what is to be done, and about what.
func (d Deadline) Head() string {
	head := "*" + chat.EscapeInline(d.Label) + "*"
	if d.Title != "" {
		head += " · " + chat.EscapeInline(chat.Shorten(d.Title, mostTitle))
	}
	return head
}

// span says how long the action may take: "within 2 hours after the lead is
// assigned".
func (d Deadline) span() string { return "within " + d.Within.Words() + " after " + d.On.Words() }

// weekTitle is what a week's action is about.
func weekTitle(first playbook.Date) string {
	return "week of " + first.In(time.UTC).Format("2 January")
}

func (d *Deadlines) message(words string, buttons []slack.BlockElement, why string) chat.Message {
	m := chat.Message{Text: words, Blocks: chat.TextBlocks(words)}
	if len(buttons) > 0 {
		m.Blocks = append(m.Blocks, chat.Actions(buttons...))
	}
	if why != "" {
		m.Blocks = append(m.Blocks, chat.Context(why))
		m.Text += "\n" + why
	}
	return m
}

// reminder is what the person sees of a deadline, from the first reminder on. It
// shows how things stood when they were last reminded: what happens outside their
// hours changes nothing.
func (d *Deadlines) reminder(on Deadline) chat.Message {
	words := on.Head() + "\n" + d.Words(on, on.Person, on.handled)
	if !on.Running() {
		return d.message(words, nil, "")
	}
	why := "You get this because it is yours to do " + on.span() + " (playbook: " + chat.EscapeInline(on.PageTitle) + ")."
	if on.Escalate != "" && on.handled.Before(on.Due) {
		why += " If it is still open at the deadline, the role " + chat.EscapeInline(on.Escalate) + " is told."
	}
	if !on.Escalated.IsZero() && !on.Escalated.After(on.handled) {
		why += " The role " + chat.EscapeInline(on.Escalate) + " was told that its deadline passed."
	}
	return d.message(words, d.Buttons(on), why)
}

// rung takes the place of a reminder that was snoozed and came again.
func (d *Deadlines) rung(on Deadline, now time.Time) chat.Message {
	return d.message(on.Head()+"\nSnoozed, and reminded again "+chat.Moment(now, d.zone(on.Person))+": see below.", nil, "")
}

// escalation is what somebody sees who is told that a deadline passed.
func (d *Deadlines) escalation(on Deadline, reader string, now time.Time) chat.Message {
	words := on.Head() + "\n" + d.escalationWords(on, reader, now)
	if !on.Running() {
		return d.message(words, nil, "")
	}
	return d.message(words, d.bossButtons(on, reader), "You get this because the playbook tells the role "+chat.EscapeInline(on.Escalate)+
		" what was not done "+on.span()+" (page: "+chat.EscapeInline(on.PageTitle)+"). It is kept up to date here.")
}

func (d *Deadlines) escalationWords(on Deadline, reader string, now time.Time) (words string) {
	switch s := on.Status.(type) {
	case Open:
		words += chat.Person(on.Person) + " has not done it in time. It was due " + chat.Moment(on.Due, d.zone(reader)) + "."
	case Missed:
		words += chat.Person(on.Person) + " has not done it in that week. It was due " + chat.Moment(on.Due, d.zone(reader)) + "."
	case Done:
		words += "Was due " + chat.Moment(on.Due, d.zone(reader)) + ", for " + chat.Person(on.Person) + " to do. " + d.doneWords(s, d.zone(reader))
	default:
		words += "For " + chat.Person(on.Person) + " to do. " + d.Words(on, reader, now)
	}
	return words
}

// bossButtons are what somebody can do who is told that a deadline passed.
func (d *Deadlines) bossButtons(on Deadline, reader string) (buttons []slack.BlockElement) {
	if d.Beside != nil {
		buttons = d.Beside(on, reader)
	}
	if o, found := d.passer(on); found {
		buttons = append(buttons, chat.Button(actionPass+":"+on.ID, on.ID, o.Label))
	}
	if _, form := d.opener(on); !form {
		buttons = append(buttons, chat.Button(actionDone+":"+on.ID, on.ID, "Done"))
	}
	return buttons
}

// Words says in a sentence how a deadline stands, for that reader.
func (d *Deadlines) Words(on Deadline, reader string, now time.Time) string {
	zone := d.zone(reader)
	switch s := on.Status.(type) {
	case Done:
		return d.doneWords(s, zone)
	case Closed:
		return "No longer needed."
	case Missed:
		return "Was due " + chat.Moment(on.Due, zone) + " and was not done: its week is over."
	case Paused:
		words := "The clock stands still since " + chat.Moment(s.At, zone)
		if s.Left > 0 {
			return words + ", with " + Length(s.Left) + " of working time left."
		}
		return words + "."
	}
	words := "Due " + chat.Moment(on.Due, zone) + "."
	if !now.Before(on.Due) {
		words = "Was due " + chat.Moment(on.Due, zone) + " and is still open"
		if late := on.Late(now, d.Calendar(on.Person)); late >= on.worthSaying() {
			words += ", " + Length(late) + " late"
		}
		words += "."
	}
	if on.Snoozed.After(now) {
		words += " Snoozed until " + chat.Moment(on.Snoozed, zone) + "."
	}
	return words
}

// worthSaying is from when on lateness is said: seconds count where the whole of it
// is a matter of seconds.
func (d Deadline) worthSaying() time.Duration {
	if d.Within.Days == 0 && d.Within.Months == 0 && d.Within.Clock < 10*time.Minute {
		return time.Second
	}
	return time.Minute
}

func (d *Deadlines) doneWords(s Done, zone *time.Location) string {
	words := chat.Moment(s.At, zone) + ": done, "
	if s.By != "" {
		words = chat.Person(s.By) + ", " + words
	}
	if s.Late <= 0 {
		return words + "on time"
	}
	return words + Length(s.Late) + " late"
}

// Length says working time in words: "40 minutes", "3 hours 5 minutes". From a
// minute on, seconds are left out.
func Length(t time.Duration) string {
	var parts []string
	add := func(n time.Duration, one string) {
		switch {
		case n == 1:
			parts = append(parts, "1 "+one)
		case n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", n, one))
		}
	}
	add(t/time.Hour, "hour")
	add(t%time.Hour/time.Minute, "minute")
	if len(parts) == 0 {
		add(t/time.Second, "second")
	}
	if len(parts) == 0 {
		return "less than a second"
	}
	return strings.Join(parts, " ")
}

// Buttons are what can be done about a deadline that runs: for its reminder, and
// for the card of the feature that it is about.
func (d *Deadlines) Buttons(on Deadline) []slack.BlockElement {
	if !on.Running() {
		return nil
	}
	var end *slack.ButtonBlockElement
	if o, found := d.opener(on); found {
		end = chat.Button(actionOpen+":"+on.ID, on.ID, o.Label)
	} else {
		end = chat.Button(actionDone+":"+on.ID, on.ID, "Done")
	}
	end.Style = slack.StylePrimary
	buttons := []slack.BlockElement{end}
	if _, open := on.Status.(Open); open {
		buttons = append(buttons, snoozeMenu(actionSnooze+":"+on.ID, "Snooze", on.ID, on.Snoozed))
	}
	return buttons
}

// snoozeMenu offers to put off what goes by that name; until is when it is put off
// until already.
func snoozeMenu(action, label, what string, until time.Time) *slack.SelectBlockElement {
	var options []*slack.OptionBlockObject
	for _, s := range snoozes {
		options = append(options, chat.Option(what+" "+s.String(), s.Words(), ""))
	}
	// Another name each time: Slack keeps showing what was picked, and tells of
	// nothing when the same is picked again.
	if !until.IsZero() {
		action += fmt.Sprintf(":%d", until.Unix())
	}
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, slack.NewTextBlockObject(slack.PlainTextType, label, false, false), action, options...)
}

func snoozeWords() string {
	var words []string
	for _, s := range snoozes {
		words = append(words, s.Words())
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// mostOrphans is how many deadlines one message lists, spoken how many of them a
// screen reader reads out: the text of a message is shorter than its blocks.
const mostOrphans, spoken = 20, 6

// orphans lists to an heir what somebody left.
func (d *Deadlines) orphans(person string, open []Deadline, heir string) chat.Message {
	who := chat.Person(person)
	if name := d.Roster.NameOf(person); name != "" { // a mention of who is gone may say nothing
		who = chat.EscapeInline(name)
	}
	if len(open) == 0 {
		return d.message("What "+who+" left is taken care of.", nil, "")
	}
	head := fmt.Sprintf("%s is no longer in this workspace and leaves something to do", who)
	if len(open) > 1 {
		head = fmt.Sprintf("%s is no longer in this workspace and leaves %d things to do", who, len(open))
	}
	blocks, text := chat.TextBlocks(head+":"), head
	for i, on := range open {
		if i == mostOrphans {
			blocks = append(blocks, chat.Context(fmt.Sprintf("… and %d more. They follow here as these are taken care of.", len(open)-mostOrphans)))
			break
		}
		words := d.Words(on, heir, d.Now())
		line := on.Head() + "\n" + words
		if i < spoken {
			text += "\n" + on.Head() + ": " + words
		}
		section := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, line, false, false), nil, nil)
		if o, found := d.passer(on); found {
			section.Accessory = slack.NewAccessory(chat.Button(actionPass+":"+on.ID, on.ID, o.Label))
		} else if _, form := d.opener(on); !form {
			section.Accessory = slack.NewAccessory(chat.Button(actionDone+":"+on.ID, on.ID, "Done"))
		}
		blocks = append(blocks, section)
	}
	return chat.Message{Text: text, Blocks: append(blocks, chat.Context("You get this because nobody else is reminded of them any more."))}
}
