package digest

import (
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
)

// signs are for the eye that runs over a list; the words say the same.
var signs = map[Why]string{Passed: "red_circle", Stalled: "hourglass_flowing_sand", Unanswered: "speech_balloon", Returned: "leftwards_arrow_with_hook", Today: "alarm_clock"}

// needsWords are what comes first: what a manager can move on.
func (d *Digests) needsWords(p *page, r Report) {
	if r.AllNeeds == 0 {
		p.say("*Needs you today*: nothing. No deadline has passed, none ends today, and no handoff is stuck.")
		return
	}
	p.say(fmt.Sprintf("*Needs you today*: %d", r.AllNeeds))
	shown := r.Needs[:min(len(r.Needs), r.most(mostNeeds))]
	for i, n := range shown {
		d.need(p, n, r, i)
	}
	if more := r.AllNeeds - len(shown); more > 0 {
		p.hear(fmt.Sprintf("… and %d more.", more))
		p.row(chat.Button(actionAll+":"+listNeeds, listNeeds, fmt.Sprintf("Show all %d", r.AllNeeds)))
	}
}

// need is one thing with its buttons; i tells it from the others of its message.
func (d *Digests) need(p *page, n Need, r Report, i int) {
	p.mark(signs[n.Why], needWords(n, r))
	var buttons []slack.BlockElement
	button := func(action, value, label string) {
		buttons = append(buttons, chat.Button(fmt.Sprintf("%s:%d", action, i), value, label))
	}
	kind, _, _ := strings.Cut(n.Subject, "/")
	if opens := d.opened(n.Subject, n.Lead); opens != "" {
		button(actionOpen, opens, "Open")
	}
	if n.Key != "" && n.Person != r.Reader {
		button(actionNudge, n.Key, "Nudge")
	}
	if n.Why == Returned && d.Again != nil {
		button(actionAgain, n.Subject, "Hand off again")
	}
	if d.Passes[kind] != nil {
		button(actionPass, n.Subject, "Reassign")
	}
	if n.Ends != "" {
		button(actionDone, n.Ends, "Done")
	}
	p.row(buttons...)
}

func needWords(n Need, r Report) string {
	title, since := r.brief(n.Title, 60), chat.Moment(n.Since, r.zone)
	if n.What != "" {
		if title = "*" + r.brief(n.What, 80) + "*"; n.Title != "" {
			title += " · " + r.brief(n.Title, 60)
		}
	}
	switch n.Why {
	case Stalled:
		return fmt.Sprintf("*Handoff waits for a decision* · %s\n%s has it since %s, for %s. No deadline runs for it.", title, chat.Person(n.Person), since, worked(n.Late))
	case Unanswered:
		return fmt.Sprintf("*A question has no answer* · %s\n%s asked %s, and the clock of the handoff stands still until %s answers.", title, chat.Person(n.Asker), since, chat.Person(n.Person))
	case Returned:
		return fmt.Sprintf("*Declined %s* · %s\nLast %s. It is %s’s lead; only a manager can hand it off again.", count(n.Times, "time", "times"), title, since, chat.Person(n.Person))
	case Today:
		return title + "\nDue " + since + ", for " + chat.Person(n.Person) + " to do."
	}
	words := title + "\nWas due " + since + ", for " + chat.Person(n.Person) + " to do"
	if n.Late > 0 {
		words += ": " + late(n.Late)
	}
	if n.Told {
		words += ", and escalated"
	}
	return words + "."
}
