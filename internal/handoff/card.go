package handoff

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
)

// The messages of a handoff, by the keys that they are posted under. Names
// that are stored: add, don't rename.
func (on Handoff) aeKey() string      { return fmt.Sprintf("handoff/%s/ae/%d", on.ID, on.Turn) }
func (on Handoff) channelKey() string { return "handoff/" + on.ID + "/channel" }
func (on Handoff) senderKey() string  { return "handoff/" + on.ID + "/sdr" }
func (on Handoff) newsKey(what string, n int) string {
	return fmt.Sprintf("handoff/%s/%s/%d", on.ID, what, n)
}

// reader is whose copy of the card it is.
type reader int

const (
	theAE reader = iota
	theSender
	everybody
)

// post puts every copy of a new handoff on its way.
func (h *Handoffs) post(tx *database.Tx, on Handoff) error {
	if err := h.Posts.Put(tx, on.aeKey(), on.AE, h.card(on, theAE)); err != nil {
		return err
	}
	if err := h.Posts.Put(tx, on.senderKey(), on.Sender, h.card(on, theSender)); err != nil {
		return err
	}
	if channel := h.Shelf.InForce().Settings.Channels["handoffs"]; channel != "" {
		return h.Posts.Put(tx, on.channelKey(), channel, h.card(on, everybody))
	}
	return nil
}

// repost brings every copy up to date, and tells whoever has to know: a card
// that changes makes no sound.
func (h *Handoffs) repost(tx *database.Tx, before, on Handoff) error {
	if before.Turn != on.Turn {
		if _, err := h.Posts.Change(tx, before.aeKey(), h.passedOn(before, on)); err != nil {
			return err
		}
		if err := h.Posts.Put(tx, on.aeKey(), on.AE, h.card(on, theAE)); err != nil {
			return err
		}
	}
	for key, who := range map[string]reader{on.aeKey(): theAE, on.senderKey(): theSender, on.channelKey(): everybody} {
		if _, err := h.Posts.Change(tx, key, h.card(on, who)); err != nil {
			return err
		}
	}
	return h.news(tx, before, on)
}

// news are the messages of their own.
func (h *Handoffs) news(tx *database.Tx, before, on Handoff) error {
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	switch s := on.Status.(type) {
	case Accepted:
		return h.Posts.Put(tx, on.newsKey("accepted", 1), on.Sender, say(chat.Person(s.By)+" accepted your handoff of "+name+"."))
	case Declined:
		text := chat.Person(s.By) + " declined your handoff of " + name + h.because(on, s)
		m := say(text)
		var buttons []slack.BlockElement
		for _, step := range h.Leads.Steps {
			buttons = append(buttons, lead.StepButton(step, on.Lead))
		}
		if len(buttons) > 0 {
			m.Blocks = append(m.Blocks, chat.Actions(buttons...))
		}
		return h.Posts.Put(tx, on.newsKey("declined", 1), on.Sender, m)
	case Asked:
		if len(on.Asked) == len(before.Asked) {
			return nil
		}
		return h.Posts.Put(tx, on.newsKey("question", s.Question.Number), on.Sender, h.questionMessage(on, s.Question))
	case Waiting:
		if n := len(on.Asked); n > 0 && on.Asked[n-1].Answer != nil && before.Asked[n-1].Answer == nil {
			q := on.Asked[n-1]
			if _, err := h.Posts.Change(tx, on.newsKey("question", q.Number), h.questionMessage(on, q)); err != nil {
				return err
			}
			m := say(chat.Person(q.Answer.By) + " answered your question about " + name + ":\n" + quoted(q.Answer.Text))
			m.Blocks = append(m.Blocks, decisions(on))
			return h.Posts.Put(tx, on.newsKey("answer", q.Number), on.AE, m)
		}
	}
	return nil
}

func say(mrkdwn string) chat.Message {
	return chat.Message{Text: mrkdwn, Blocks: chat.TextBlocks(mrkdwn)}
}

// because says why it was declined.
func (h *Handoffs) because(on Handoff, s Declined) string {
	reason := on.Context.reason(s.Reason)
	if reason == "" {
		return ".\n" + quoted(s.Coaching)
	}
	return ": *" + chat.EscapeInline(reason) + "*\n" + quoted(s.Coaching)
}

// quoted shows words of somebody as a quote.
func quoted(w Words) string {
	lines := strings.Split(chat.Escape(w.String()), "\n")
	return "> " + strings.Join(lines, "\n> ")
}

func (h *Handoffs) questionMessage(on Handoff, q Question) chat.Message {
	m := say(chat.Person(q.AskedBy) + " asks about *" + chat.EscapeInline(on.Context.Lead) + "* before deciding:\n" + quoted(q.Question))
	if q.Answer == nil {
		m.Blocks = append(m.Blocks, chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer"))))
	} else {
		m = say(m.Text + "\nAnswered by " + chat.Person(q.Answer.By) + ", " + chat.Moment(q.Answer.At, h.zone()) + ":\n" + quoted(q.Answer.Text))
	}
	return m
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	b.Style = slack.StylePrimary
	return b
}

// decisions is the row of buttons of an open handoff.
func decisions(on Handoff) slack.Block {
	var ask slack.BlockElement
	if _, asked := on.Status.(Asked); !asked {
		ask = chat.Button(actionAsk, on.ID, "Ask")
	}
	return chat.Actions(primary(chat.Button(actionAccept, on.ID, "Accept")), ask,
		chat.Button(actionDecline, on.ID, "Decline"), chat.Button(actionReassign, on.ID, "Reassign"))
}

func (h *Handoffs) zone() *time.Location { return h.Shelf.InForce().Settings.Timezone }

// passedOn takes the place of the card of an AE who has it no longer.
func (h *Handoffs) passedOn(before, on Handoff) chat.Message {
	return say("The handoff of *" + chat.EscapeInline(on.Context.Lead) + "* from " + chat.Person(on.Sender) + " went from " + chat.Person(before.AE) +
		" to " + chat.Person(on.AE) + ", " + chat.Moment(h.Now(), h.zone()) + ".")
}

// How long a card may be: Slack takes about 12,000 characters of all blocks
// together (slack.md 2.1), and nobody reads them.
const (
	mostValue   = 500  // of one answer
	mostAnswers = 5000 // of all
	mostNote    = 200  // of one criterion's evidence
	mostScore   = 2500 // of the scorecard
)

// card is a handoff as one reader sees it: in every copy the present state,
// and buttons only while they would do something.
func (h *Handoffs) card(on Handoff, who reader) chat.Message {
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	head := chat.Person(on.Sender) + " hands " + name + " over to you"
	switch {
	case who == theSender:
		head = "Your handoff of " + name + " to " + chat.Person(on.AE)
	case who == everybody:
		head = "Handoff: " + name + " from " + chat.Person(on.Sender) + " to " + chat.Person(on.AE)
	}
	state := h.stateWords(on)
	answers, cut := answerText(on, h.zone())
	blocks := append(chat.TextBlocks(head), chat.TextBlocks(state)...)
	blocks = append(blocks, chat.TextBlocks(answers)...)
	if score := scoreText(on.Context.Score); score != "" {
		blocks = append(blocks, chat.TextBlocks(score)...)
	}
	if on.Open() && who != theSender {
		if ask := askText(on.Context.Score); ask != "" {
			blocks = append(blocks, chat.TextBlocks(ask)...)
		}
	}
	var row slack.Block
	_, pending := on.Status.(Asked)
	switch {
	case on.Open() && who != theSender:
		row = decisions(on)
	case pending && who == theSender:
		row = chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer")))
	}
	if row != nil {
		blocks = append(blocks, row)
	}
	if cut {
		blocks = append(blocks, chat.Actions(chat.Button(actionRead, on.ID, "Read it all")))
	}
	text := head + ". " + state + "\n" + answers
	return chat.Message{Text: text, Blocks: blocks}
}

// stateWords says how it stands: who, when, and what was said.
func (h *Handoffs) stateWords(on Handoff) string {
	switch s := on.Status.(type) {
	case Accepted:
		return ":white_check_mark: *Accepted* by " + chat.Person(s.By) + ", " + chat.Moment(s.At, h.zone()) + "."
	case Declined:
		return ":leftwards_arrow_with_hook: *Declined* by " + chat.Person(s.By) + ", " + chat.Moment(s.At, h.zone()) + h.because(on, s)
	case Asked:
		return ":question: " + chat.Person(s.Question.AskedBy) + " asked, " + chat.Moment(s.Question.AskedAt, h.zone()) + "; the clock stands still until " +
			chat.Person(on.Sender) + " answers:\n" + quoted(s.Question.Question)
	}
	text := ":hourglass_flowing_sand: *Waiting* for " + chat.Person(on.AE) + " since " + chat.Moment(on.Sent, h.zone()) + "."
	if n := len(on.Asked); n > 0 && on.Asked[n-1].Answer != nil {
		q := on.Asked[n-1]
		text += "\n" + chat.Person(q.AskedBy) + " asked:\n" + quoted(q.Question) + "\n" + chat.Person(q.Answer.By) + " answered:\n" + quoted(q.Answer.Text)
	}
	return text
}

// answerText lists the answers in the form's order; cut says that something is
// shortened or missing.
func answerText(on Handoff, zone *time.Location) (text string, cut bool) {
	var b strings.Builder
	for _, f := range on.Context.Fields {
		v, ok := on.Answers[f.ID]
		if !ok || f.ID == fieldLead || f.ID == fieldAE {
			continue
		}
		value, rest := chat.Cut(v.Mrkdwn(zone), mostValue)
		if rest != "" {
			value, cut = value+" …", true
		}
		line := "*" + chat.EscapeInline(f.Label) + "*\n" + value + "\n"
		if b.Len()+len(line) > mostAnswers {
			cut = true
			break
		}
		b.WriteString(line)
	}
	return b.String(), cut
}

var standingMarks = map[form.Standing]string{form.Confirmed: ":large_green_circle: confirmed", form.Heard: ":large_yellow_circle: heard", form.Unknown: ":white_circle: unknown"}

// scoreText shows the scorecard: a line for each criterion.
func scoreText(s *Score) string {
	if s == nil || !s.Scored {
		return ""
	}
	pass := "does not pass"
	if s.Pass {
		pass = "passes"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*Scorecard: %s, %s*\n", s.Words, pass)
	for _, c := range s.Criteria {
		line := "*" + chat.EscapeInline(c.Label) + "* " + standingMarks[c.Standing]
		if c.Note != "" {
			note, rest := chat.Cut(chat.EscapeInline(c.Note), mostNote)
			if rest != "" {
				note += " …"
			}
			line += ": " + note
		}
		if b.Len()+len(line) > mostScore {
			b.WriteString("…")
			break
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

// askText are the discovery questions for what is not confirmed.
func askText(s *Score) string {
	var b strings.Builder
	for _, c := range s.Unknown() {
		if c.Ask != "" && b.Len() < mostScore {
			b.WriteString("• *" + chat.EscapeInline(c.Label) + "*: " + chat.EscapeInline(c.Ask) + "\n")
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "*Find out in the discovery call*\n" + b.String()
}
