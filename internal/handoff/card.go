package handoff

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
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
// that changes makes no sound. by is who did it.
func (h *Handoffs) repost(tx *database.Tx, before, on Handoff, by string) error {
	if before.Turn != on.Turn {
		if _, err := h.Posts.Change(tx, before.aeKey(), h.passedOn(before, on)); err != nil {
			return err
		}
		if err := h.Posts.Put(tx, on.aeKey(), on.AE, h.card(on, theAE)); err != nil {
			return err
		}
	}
	looks := map[string]chat.Message{on.aeKey(): h.card(on, theAE), on.senderKey(): h.card(on, theSender), on.channelKey(): h.card(on, everybody)}
	for _, q := range on.Asked { // their buttons live as long as they would do something
		looks[on.newsKey("question", q.Number)] = h.questionMessage(on, q)
		if q.Answer != nil {
			looks[on.newsKey("answer", q.Number)] = h.answerMessage(on, q)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(looks)) {
		if _, err := h.Posts.Change(tx, key, looks[key]); err != nil {
			return err
		}
	}
	return h.news(tx, before, on, by)
}

// news are the messages of their own.
func (h *Handoffs) news(tx *database.Tx, before, on Handoff, by string) error {
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	if before.Turn != on.Turn && by != on.Sender {
		if err := h.Posts.Put(tx, on.newsKey("reassigned", on.Turn), on.Sender,
			say(chat.Person(by)+" gave your handoff of "+name+" to "+chat.Person(on.AE)+"; before, it was "+chat.Person(before.AE)+"’s.")); err != nil {
			return err
		}
	}
	switch s := on.Status.(type) {
	case Accepted:
		return h.Posts.Put(tx, on.newsKey("accepted", 1), on.Sender, say(chat.Person(s.By)+" accepted your handoff of "+name+"."))
	case Declined:
		return h.declinedNews(tx, on, s)
	case Asked:
		if len(on.Asked) > len(before.Asked) {
			return h.Posts.Put(tx, on.newsKey("question", s.Question.Number), on.Sender, h.questionMessage(on, s.Question))
		}
	case Waiting:
		n := len(on.Asked)
		if n == 0 || on.Asked[n-1].Answer == nil || before.Asked[n-1].Answer != nil {
			return nil
		}
		q := on.Asked[n-1]
		if err := h.Posts.Put(tx, on.newsKey("answer", q.Number), q.AskedBy, h.answerMessage(on, q)); err != nil || q.AskedBy == on.AE {
			return err
		}
		// A manager asked, or the AE who had it before: the AE reads it too.
		return h.Posts.Put(tx, on.newsKey("answered", q.Number), on.AE, say(answeredWords(on, q)))
	}
	return nil
}

// declinedNews tells the SDR, and where the lead was declined too often, the
// role that decides.
func (h *Handoffs) declinedNews(tx *database.Tx, on Handoff, s Declined) error {
	n, err := declinedOf(tx, on.Lead)
	if err != nil {
		return err
	}
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	words := chat.Person(s.By) + " declined your handoff of " + name + because(on, s, mostWhole)
	rule := Declines(h.Shelf.InForce())
	bounced := rule.Spent(n)
	if bounced {
		words += "\nIt was declined " + often(n) + " and does not go back and forth: " + somebodyOf(rule.Then) + " decides what becomes of it."
	}
	m := say(words)
	var own, all []slack.BlockElement
	for _, step := range h.Leads.Steps {
		all = append(all, lead.StepButton(step, on.Lead))
		if !bounced || step.Name != StepName {
			own = append(own, lead.StepButton(step, on.Lead))
		}
	}
	if len(own) > 0 {
		m.Blocks = append(m.Blocks, chat.Actions(own...))
	}
	if err := h.Posts.Put(tx, on.newsKey("declined", 1), on.Sender, m); err != nil || !bounced {
		return err
	}
	for _, manager := range h.Roster.Heard(roster.Role(rule.Then)) {
		m := say(name + ", handed off by " + chat.Person(on.Sender) + ", was declined " + often(n) + "; this time by " + chat.Person(s.By) + because(on, s, mostWhole) +
			"\nYou decide what becomes of it: hand it off again, or leave it with " + chat.Person(on.Sender) + ".")
		if len(all) > 0 {
			m.Blocks = append(m.Blocks, chat.Actions(all...))
		}
		if err := h.Posts.Put(tx, on.newsKey("bounced", 1)+"/"+manager, manager, m); err != nil {
			return err
		}
	}
	return nil
}

func say(mrkdwn string) chat.Message {
	return chat.Message{Text: mrkdwn, Blocks: chat.TextBlocks(mrkdwn)}
}

// because says why it was declined.
func because(on Handoff, s Declined, most int) string {
	reason := on.Context.reason(s.Reason)
	if reason == "" {
		return ".\n" + quoted(s.Coaching, most)
	}
	return ": *" + chat.EscapeInline(reason) + "*\n" + quoted(s.Coaching, most)
}

// quoted shows words of somebody as a quote, shortened to so many characters.
func quoted(w Words, most int) string {
	text, _ := shortened(chat.Unfenced(chat.Escape(w.String())), most)
	return "> " + strings.Join(strings.Split(text, "\n"), "\n> ")
}

// shortened is mrkdwn of at most so many characters; cut says that some is gone.
func shortened(mrkdwn string, most int) (text string, cut bool) {
	text, rest := chat.Cut(mrkdwn, most)
	if rest == "" {
		return text, false
	}
	return text + " …", true
}

func (h *Handoffs) questionMessage(on Handoff, q Question) chat.Message {
	m := say(chat.Person(q.AskedBy) + " asks about *" + chat.EscapeInline(on.Context.Lead) + "* before deciding:\n" + quoted(q.Question, mostWhole))
	if q.Answer != nil {
		return say(m.Text + "\nAnswered by " + chat.Person(q.Answer.By) + ", " + chat.Moment(q.Answer.At, h.zone()) + ":\n" + quoted(q.Answer.Text, mostWhole))
	}
	if !on.Open() {
		return say(m.Text + "\n" + h.stateWords(on, mostQuote))
	}
	m.Blocks = append(m.Blocks, chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer"))))
	return m
}

func answeredWords(on Handoff, q Question) string {
	whose := "your"
	if q.AskedBy != on.AE {
		whose = chat.Person(q.AskedBy) + "’s"
	}
	return chat.Person(q.Answer.By) + " answered " + whose + " question about *" + chat.EscapeInline(on.Context.Lead) + "*:\n" + quoted(q.Answer.Text, mostWhole)
}

// answerMessage is what whoever asked reads: with buttons as long as it is theirs
// to decide, and nothing newer was asked.
func (h *Handoffs) answerMessage(on Handoff, q Question) chat.Message {
	m := say(chat.Person(q.Answer.By) + " answered your question about *" + chat.EscapeInline(on.Context.Lead) + "*:\n" + quoted(q.Answer.Text, mostWhole))
	switch {
	case !on.Open():
		return say(m.Text + "\n" + h.stateWords(on, mostQuote))
	case q.AskedBy == on.AE && q.Number == len(on.Asked):
		m.Blocks = append(m.Blocks, decisions(on))
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

// How long a card may be, in characters: Slack takes about 12,000 of all blocks
// together (slack.md 2.1), and nobody reads them. What is left out can be read
// in a view of its own.
const (
	mostQuote   = 700  // of what somebody said
	mostWhole   = 2500 // of the same, in a message of its own
	mostValue   = 500  // of one answer
	mostCalls   = 600  // of the appointments
	mostAnswers = 3000 // of all answers
	mostNote    = 150  // of one criterion's evidence
	mostAsk     = 250  // of one question
	mostScore   = 1800 // of the scorecard
	mostAsks    = 1400 // of the questions
)

// lines gathers lines up to a length.
type lines struct {
	strings.Builder
	most int
	cut  bool // some did not fit
}

func (l *lines) add(line string) {
	if l.cut || utf16Len(l.String())+utf16Len(line) > l.most {
		l.cut = true
		return
	}
	l.WriteString(line)
}

// utf16Len counts as Slack does.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// card is a handoff as one reader sees it: in every copy the present state,
// and buttons only while they would do something.
func (h *Handoffs) card(on Handoff, who reader) chat.Message {
	name := "*" + chat.EscapeInline(on.Context.Lead) + "*"
	head := chat.Person(on.Sender) + " hands " + name + " over to you"
	switch who {
	case theSender:
		head = "Your handoff of " + name + " to " + chat.Person(on.AE)
	case everybody:
		head = "Handoff: " + name + " from " + chat.Person(on.Sender) + " to " + chat.Person(on.AE)
	}
	state := h.stateWords(on, mostQuote)
	calls, more := callText(on, h.zone())
	answers, cut := answerText(on, h.zone())
	score, cutScore := scoreText(on.Context.Score)
	parts := []string{head, state, calls, answers, score}
	cut = cut || more || cutScore || h.stateWords(on, mostWords) != state
	if on.Open() && who != theSender {
		ask, left := askText(on.Context.Score)
		parts, cut = append(parts, ask), cut || left
	}
	var blocks []slack.Block
	for _, p := range parts {
		blocks = append(blocks, chat.TextBlocks(p)...)
	}
	_, pending := on.Status.(Asked)
	_, accepted := on.Status.(Accepted)
	switch {
	case on.Open() && who != theSender:
		blocks = append(blocks, decisions(on))
	case pending && who == theSender:
		blocks = append(blocks, chat.Actions(primary(chat.Button(actionAnswer, on.ID, "Answer"))))
	case accepted && who == theAE: // who holds the calls from here on
		if call := h.Leads.CallButton(on.Lead); call != nil {
			blocks = append(blocks, chat.Actions(call))
		}
	}
	if cut {
		blocks = append(blocks, chat.Actions(chat.Button(actionRead, on.ID, "Read it all")))
	}
	return chat.Message{Text: head + ". " + state + "\n" + calls + answers, Blocks: blocks}
}

// stateWords says how it stands: who, when, and what was said, each shortened
// to so many characters.
func (h *Handoffs) stateWords(on Handoff, most int) string {
	switch s := on.Status.(type) {
	case Accepted:
		return ":white_check_mark: *Accepted* by " + chat.Person(s.By) + ", " + chat.Moment(s.At, h.zone()) + "."
	case Declined:
		return ":leftwards_arrow_with_hook: *Declined* by " + chat.Person(s.By) + ", " + chat.Moment(s.At, h.zone()) + because(on, s, most)
	case Asked:
		return ":question: " + chat.Person(s.Question.AskedBy) + " asked, " + chat.Moment(s.Question.AskedAt, h.zone()) + "; the clock stands still until " +
			chat.Person(on.Sender) + " answers:\n" + quoted(s.Question.Question, most)
	}
	text := ":hourglass_flowing_sand: *Waiting* for " + chat.Person(on.AE) + " since " + chat.Moment(on.Sent, h.zone()) + "."
	if n := len(on.Asked); n > 0 && on.Asked[n-1].Answer != nil {
		q := on.Asked[n-1]
		text += "\n" + chat.Person(q.AskedBy) + " asked:\n" + quoted(q.Question, most) + "\n" + chat.Person(q.Answer.By) + " answered:\n" + quoted(q.Answer.Text, most)
	}
	return text
}

// callText shows the appointments that the form asks for: what the AE has to
// be at comes before what they have to know.
func callText(on Handoff, zone *time.Location) (text string, cut bool) {
	b := lines{most: mostCalls}
	for _, f := range on.Context.Fields {
		if v := on.Answers[f.ID]; v.Type == playbook.FieldDateTime {
			b.add(":calendar: *" + label(f) + "*: " + v.Mrkdwn(zone) + "\n")
		}
	}
	return b.String(), b.cut
}

func label(f Field) string { return chat.EscapeInline(chat.Shorten(f.Label, 150)) }

// answerText lists the other answers in the form's order; cut says that
// something is shortened or missing.
func answerText(on Handoff, zone *time.Location) (text string, cut bool) {
	b := lines{most: mostAnswers}
	for _, f := range on.Context.Fields {
		v, ok := on.Answers[f.ID]
		if !ok || f.ID == fieldLead || f.ID == fieldAE || v.Type == playbook.FieldDateTime {
			continue
		}
		value, some := shortened(chat.Unfenced(v.Mrkdwn(zone)), mostValue)
		cut = cut || some
		b.add("*" + label(f) + "*\n" + value + "\n")
	}
	return b.String(), cut || b.cut
}

var standingMarks = map[form.Standing]string{form.Confirmed: ":large_green_circle: confirmed", form.Heard: ":large_yellow_circle: heard", form.Unknown: ":white_circle: unknown"}

// scoreText shows the scorecard: a line for each criterion.
func scoreText(s *Score) (text string, cut bool) {
	if s == nil || !s.Scored {
		return "", false
	}
	pass := "does not pass"
	if s.Pass {
		pass = "passes"
	}
	b := lines{most: mostScore}
	b.add(fmt.Sprintf("*Scorecard: %s, %s*\n", s.Words, pass))
	for _, c := range s.Criteria {
		line := "*" + chat.EscapeInline(chat.Shorten(c.Label, 100)) + "* " + standingMarks[c.Standing]
		if c.Note != "" {
			note, some := shortened(chat.EscapeInline(c.Note), mostNote)
			line, cut = line+": "+note, cut || some
		}
		b.add(line + "\n")
	}
	return b.String(), cut || b.cut
}

// askText are the discovery questions for what is not confirmed.
func askText(s *Score) (text string, cut bool) {
	b := lines{most: mostAsks}
	for _, c := range s.Unknown() {
		if c.Ask != "" {
			b.add("• " + askLine(c, mostAsk))
		}
	}
	if b.Len() == 0 {
		return "", b.cut
	}
	return "*Find out in the discovery call*\n" + b.String(), b.cut
}

func askLine(c Criterion, most int) string {
	return "*" + chat.EscapeInline(chat.Shorten(c.Label, 100)) + "*: " + chat.EscapeInline(chat.Shorten(c.Ask, most)) + "\n"
}
