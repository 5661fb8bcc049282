package digest

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
)

// Names of digests, as people read them.
var titles = map[Kind]string{Daily: "Daily digest", Weekly: "Weekly digest", Team: "The team's week"}

// longest is how many letters the text of a message may have: Slack changes no
// message with more, and its limit is 4,000.
const longest = 3900

// message puts a report into words: with less of each name where long ones would
// make it too long.
func (d *Digests) message(r Report) (m chat.Message) {
	for r.tight = 1; ; r.tight++ {
		if m = d.write(r); utf8.RuneCountInString(m.Text) <= longest || r.tight == 6 {
			return m
		}
	}
}

func (d *Digests) write(r Report) chat.Message {
	p := &page{}
	p.head(titles[r.Kind])
	p.small(r.Period.now(r.zone) + " · compared with " + r.Period.before(r.zone))
	if r.Kind == Daily || r.Kind == Weekly && (r.Wanted || !d.besideDaily()) {
		d.needsWords(p, r)
	}
	d.numbersWords(p, r)
	if r.Kind != Daily {
		d.weekWords(p, r)
	}
	d.readOn(p, r)
	p.small(why(r))
	return p.done()
}

// besideDaily reports whether the weekly digest comes beside a daily one, which
// says already what needs somebody.
func (d *Digests) besideDaily() bool { return d.Shelf.InForce().Settings.Digest.HaveDaily }

func why(r Report) string {
	switch {
	case r.Wanted && r.Kind == Daily:
		return "Only you see this. `/digest weekly` gives the last seven days, with charts."
	case r.Wanted:
		return "Only you see this. `/digest` gives the numbers of today."
	case r.Kind == Team:
		return "The playbook's settings name this channel for the weekly digest."
	case r.Kind == Weekly:
		return "You get this as a manager, once a week. `/digest` gives the numbers of today at any time, `/digest weekly` those of the last seven days."
	}
	return "You get this as a manager, on working days. `/digest` gives the numbers at any time, `/digest weekly` those of the last seven days."
}

// brief keeps what people wrote to a line.
func (r Report) brief(plain string, most int) string {
	return chat.EscapeInline(chat.Shorten(plain, max(10, most/max(1, r.tight))))
}

// most is how many of a list are shown: fewer where shorter names alone do not
// make a message short enough.
func (r Report) most(n int) int {
	switch {
	case r.tight < 3:
		return n
	case r.tight < 5:
		return (n*2 + 2) / 3
	}
	return (n + 1) / 2
}

// numbersWords are a line for each thing that is counted.
func (d *Digests) numbersWords(p *page, r Report) {
	now, before := r.Now, r.Before
	h, hb := now.Handoffs, before.Handoffs
	lines := []string{
		fmt.Sprintf("*Leads*: %d assigned%s", now.Assigned, was(now.Assigned, before.Assigned)),
		fmt.Sprintf("*Handoffs*: %d sent%s, %d accepted%s, %d declined%s", h.Sent, was(h.Sent, hb.Sent), h.Accepted, was(h.Accepted, hb.Accepted), h.Declined, was(h.Declined, hb.Declined)),
	}
	if len(h.Reasons) > 0 {
		lines = append(lines, "Declined because: "+r.reasons())
	}
	lines = append(lines, waitingWords(r))
	p.say(append(lines, d.scoreWords(r))...)
	lines = nil
	for i, a := range now.Actions {
		if i == r.most(mostActions) {
			lines = append(lines, "… and "+count(len(now.Actions)-i, "other timed action", "other timed actions"))
			break
		}
		lines = append(lines, r.actionWords(a, before.find(a)))
	}
	if len(lines) > 0 {
		p.say(lines...)
	}
}

func (r Report) reasons() string {
	var parts []string
	h := r.Now.Handoffs
	for i, why := range h.Reasons {
		if i == mostReasons {
			parts = append(parts, count(len(h.Reasons)-mostReasons, "other reason", "other reasons"))
			break
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", r.reason(why.Label), why.N))
	}
	return strings.Join(parts, ", ")
}

func (r Report) reason(label string) string {
	if label == "" {
		return "no reason given"
	}
	return r.brief(label, 75)
}

func waitingWords(r Report) string {
	if r.Waiting+r.Asked == 0 {
		return "No handoff waits for a decision now."
	}
	var parts []string
	if r.Waiting > 0 {
		parts = append(parts, count(r.Waiting, "handoff waits", "handoffs wait")+" for the AE’s decision now")
	}
	if r.Asked > 0 {
		parts = append(parts, count(r.Asked, "handoff waits", "handoffs wait")+" for the SDR’s answer to a question")
	}
	words := strings.Join(parts, ", ")
	if len(r.Oldest) > 0 {
		words += "; the oldest for " + worked(r.OldestFor)
		if r.Kind != Team {
			words += " (" + r.brief(r.Oldest[0].Title, 60) + ", with " + chat.Person(r.Oldest[0].AE) + ")"
		}
	}
	return words + "."
}

func (d *Digests) scoreWords(r Report) string {
	now, before := r.Now.Scored, r.Before.Scored
	if now.Scored == 0 {
		return "*Qualification*: no lead was scored" + none(before.Scored)
	}
	words := fmt.Sprintf("*Qualification*: %s passed%s", share(now.Passed, now.Scored), shareBefore(before.Passed, before.Scored))
	if len(now.Missing) > 0 {
		m := now.Missing[0]
		words += fmt.Sprintf(". Most often missing: %s, %s", r.brief(d.criterion(m.Framework, m.Criterion), 75), share(m.N, now.Scored))
	}
	return words
}

// shareBefore says how many of how many it was in the time before.
func shareBefore(n, of int) string {
	if of == 0 {
		return ""
	}
	return " (" + share(n, of) + " before)"
}

// criterion is how a criterion reads in the playbook in force.
func (d *Digests) criterion(framework, id string) string {
	if page, there := d.Shelf.InForce().Page(framework); there && page.Framework != nil {
		for _, c := range page.Framework.Criteria {
			if c.ID == id {
				return c.Label
			}
		}
	}
	return strings.ReplaceAll(id, "_", " ")
}

// actionWords say how a timed action went, and how it stands.
func (r Report) actionWords(a, before Action) string {
	words := "*" + r.brief(a.Label, 75) + "*: "
	if a.done() == 0 {
		words += "none done" + none(before.done())
	} else {
		words += share(a.OnTime, a.done()) + " on time" + shareBefore(before.OnTime, before.done())
	}
	words += a.standing() + a.missed()
	if a.Missed > 0 {
		words += none(before.Missed)
	}
	return words
}

// standing ends the words about a timed action: how late the latest was, and what
// is still to be done.
func (a Action) standing() (words string) {
	if a.Late > 0 {
		words += ", at worst " + late(a.Lateness)
	}
	switch {
	case a.Overdue > 0 && a.Overdue == a.Open:
		words += fmt.Sprintf("; %d open and overdue", a.Open)
	case a.Overdue > 0:
		words += fmt.Sprintf("; %d open, %d of them overdue", a.Open, a.Overdue)
	case a.Open > 0:
		words += fmt.Sprintf("; %d open", a.Open)
	}
	return words
}

// missed says how often an action of a week was not done in it.
func (a Action) missed() string {
	if a.Missed == 0 {
		return ""
	}
	return fmt.Sprintf("; %d not done in %s week", a.Missed, its(a.Missed))
}

// late says how much working time late something is.
func late(t time.Duration) string {
	if t >= 8*time.Hour {
		t = t.Round(time.Hour)
	}
	return deadline.Length(t) + " late"
}

// readOn is the row of buttons for what does not fit a message.
func (d *Digests) readOn(p *page, r Report) {
	var buttons []slack.BlockElement
	of := fmt.Sprintf(" %d %d", r.Period.Now.From.UnixMilli(), r.Period.Now.To.UnixMilli())
	all := func(what string, n, shown int, label string) {
		if n > shown {
			buttons = append(buttons, chat.Button(actionAll+":"+what, what+of, fmt.Sprintf("Show all %d %s", n, label)))
		}
	}
	// The weekly digest says of each person what went worst.
	more := func(rep Rep) bool { return len(rep.Actions) > 1 }
	if r.Kind == Daily && r.Now.Handoffs.Sent+len(r.Now.Actions) > 0 || len(r.Reps) <= r.most(mostReps) && slices.ContainsFunc(r.Reps, more) {
		buttons = append(buttons, chat.Button(actionAll+":"+listPeople, listPeople+of, "By person"))
	}
	all(listPeople, len(r.Reps), r.most(mostReps), "people")
	all(listActions, len(r.Now.Actions), r.most(mostActions), "timed actions")
	all(listReasons, len(r.Now.Handoffs.Reasons), mostReasons, "reasons")
	all(listReviews, len(r.Reviews), r.most(mostReviews), "pages due")
	if r.Words && len(charts(r)) > 0 {
		buttons = append(buttons, chat.Button(actionCharts, string(r.Kind), "Send me the charts"))
	}
	p.row(buttons...)
}
