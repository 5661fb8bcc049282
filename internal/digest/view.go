package digest

import (
	"fmt"
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
	p.small(r.Period.now(r.zone) + " · in brackets: " + r.Period.before(r.zone))
	// The weekly digest that comes by itself comes beside a daily one, which says
	// it already.
	if r.Kind == Daily || r.Kind == Weekly && (r.Wanted || !d.Shelf.InForce().Settings.Digest.HaveDaily) {
		d.needsWords(p, r)
	}
	p.say(d.numbersWords(r)...)
	if r.Kind != Daily {
		d.weekWords(p, r)
	}
	p.small(why(r))
	return p.done()
}

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

// needsWords are what comes first: what only a manager can move on.
func (d *Digests) needsWords(p *page, r Report) {
	if len(r.Needs) == 0 {
		p.say("*Needs you today*: nothing. No deadline has passed, and none ends today.")
		return
	}
	p.say("*Needs you today*")
	for i, n := range r.Needs {
		p.say(needWords(n, r))
		var buttons []slack.BlockElement
		kind, _, _ := strings.Cut(n.Subject, "/")
		if d.Opens[kind] != nil {
			buttons = append(buttons, chat.Button(fmt.Sprintf("%s:%d", actionOpen, i), n.Subject, "Open"))
		}
		if d.Passes[kind] != nil {
			buttons = append(buttons, chat.Button(fmt.Sprintf("%s:%d", actionPass, i), n.Subject, "Reassign"))
		}
		if n.Done != nil {
			buttons = append(buttons, n.Done)
		}
		if len(buttons) > 0 {
			p.Blocks = append(p.Blocks, chat.Actions(buttons...))
		}
	}
	if r.MoreNeeds > 0 {
		p.small(fmt.Sprintf("… and %d more. `/digest` shows the next ones once these are settled.", r.MoreNeeds))
	}
}

// brief keeps what people wrote to a line.
func (r Report) brief(plain string, most int) string {
	return chat.EscapeInline(chat.Shorten(plain, max(10, most/r.tight)))
}

func needWords(n Need, r Report) string {
	if n.Bounced > 0 {
		return fmt.Sprintf("*%s* was declined %s, last %s. It is %s’s lead; only a manager can hand it off again.", r.brief(n.Title, 60),
			count(n.Bounced, "time", "times"), chat.Moment(n.Due, r.zone), chat.Person(n.Person))
	}
	words := "*" + r.brief(n.What, 80) + "*"
	if n.Title != "" {
		words += " · " + r.brief(n.Title, 60)
	}
	if r.At.Before(n.Due) {
		return words + "\nDue " + chat.Moment(n.Due, r.zone) + ", for " + chat.Person(n.Person) + " to do."
	}
	return words + "\nWas due " + chat.Moment(n.Due, r.zone) + ", for " + chat.Person(n.Person) + " to do."
}

// numbersWords are a line for each thing that is counted.
func (d *Digests) numbersWords(r Report) []string {
	now, before := r.Now, r.Before
	h, hb := now.Handoffs, before.Handoffs
	lines := []string{
		fmt.Sprintf("*Leads*: %d assigned (%d)", now.Assigned, before.Assigned),
		fmt.Sprintf("*Handoffs*: %d sent (%d), %d accepted (%d), %d declined (%d)", h.Sent, hb.Sent, h.Accepted, hb.Accepted, h.Declined, hb.Declined),
	}
	if len(h.Reasons) > 0 {
		lines = append(lines, "Declined because: "+r.reasons())
	}
	if words := waitingWords(r); words != "" {
		lines = append(lines, words)
	}
	lines = append(lines, d.scoreWords(r))
	for i, a := range now.Actions {
		if i == mostActions {
			lines = append(lines, "… and "+count(len(now.Actions)-mostActions, "other timed action", "other timed actions"))
			break
		}
		lines = append(lines, r.actionWords(a, before.find(a)))
	}
	return lines
}

func (r Report) reasons() string {
	var parts []string
	h := r.Now.Handoffs
	for i, why := range h.Reasons {
		if i == mostReasons {
			parts = append(parts, count(len(h.Reasons)-mostReasons, "other reason", "other reasons"))
			break
		}
		label := "no reason given"
		if why.Label != "" {
			label = r.brief(why.Label, 75)
		}
		parts = append(parts, fmt.Sprintf("%s (%d)", label, why.N))
	}
	return strings.Join(parts, ", ")
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
		words += "; the oldest for " + deadline.Length(r.OldestFor) + " of working time"
		if r.Kind != Team {
			words += " (" + r.brief(r.Oldest[0].Title, 60) + ", with " + chat.Person(r.Oldest[0].AE) + ")"
		}
	}
	return words + "."
}

func (d *Digests) scoreWords(r Report) string {
	now, before := r.Now.Scored, r.Before.Scored
	if now.Scored == 0 {
		return fmt.Sprintf("*Qualification*: no lead was scored (%d)", before.Scored)
	}
	words := fmt.Sprintf("*Qualification*: %s passed (%s)", share(now.Passed, now.Scored), share(before.Passed, before.Scored))
	if len(now.Missing) > 0 {
		m := now.Missing[0]
		words += fmt.Sprintf(". Most often missing: %s, %s", r.brief(d.criterion(m.Framework, m.Criterion), 75), share(m.N, now.Scored))
	}
	return words
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

func (r Report) actionWords(a, before Action) string {
	words := "*" + r.brief(a.Label, 75) + "*: "
	switch {
	case a.done() == 0:
		words += fmt.Sprintf("none done (%d)", before.done())
	default:
		words += fmt.Sprintf("%s on time (%s)", share(a.OnTime, a.done()), share(before.OnTime, before.done()))
	}
	if a.Late > 0 {
		words += ", the latest " + deadline.Length(a.Lateness) + " late"
	}
	if a.Missed > 0 {
		words += fmt.Sprintf("; %d not done in its week (%d)", a.Missed, before.Missed)
	}
	if a.Open > 0 {
		words += fmt.Sprintf("; %d open", a.Open)
		if a.Overdue > 0 {
			words += fmt.Sprintf(", %d of them overdue", a.Overdue)
		}
	}
	return words
}

// weekWords are what only the weekly digest tells.
func (d *Digests) weekWords(p *page, r Report) {
	// Stage conversion, cycle length and deal size come here once there are deals.
	if drawn := charts(r); !r.Words {
		p.Blocks = append(p.Blocks, drawn...)
		p.hear(byDay(r)) // the numbers of the other chart stand above
	} else if len(drawn) > 0 {
		p.Blocks = append(p.Blocks, chat.Actions(chat.Button(actionCharts, string(r.Kind), "Send me the charts")))
	}
	if r.Kind == Weekly && len(r.Reps) > 0 {
		lines := []string{"*Handoffs by rep*, sent in these days"}
		for _, rep := range r.Reps {
			lines = append(lines, fmt.Sprintf("%s: %d sent, %d accepted, %d declined", chat.Person(rep.Person), rep.Sent, rep.Accepted, rep.Declined))
		}
		if r.MoreReps > 0 {
			lines = append(lines, "… and "+count(r.MoreReps, "other rep", "other reps"))
		}
		p.say(lines...)
	}
	q := r.Now.Questions
	lines := []string{fmt.Sprintf("*Questions to the playbook*: %d asked (%d), %d without an answer (%d)", q.Asked, r.Before.Questions.Asked, q.Unanswered, r.Before.Questions.Unanswered)}
	if len(q.Most) > 0 {
		var most []string
		for _, a := range q.Most {
			most = append(most, fmt.Sprintf("“%s” (%d)", r.brief(a.Words, 60), a.Times))
		}
		lines = append(lines, "Most asked: "+strings.Join(most, ", "))
	}
	if len(q.Missing) > 0 {
		var missing []string
		for _, a := range q.Missing {
			missing = append(missing, fmt.Sprintf("“%s” (%d)", r.brief(a.Words, 60), a.Times))
		}
		lines = append(lines, "The playbook has nothing about: "+strings.Join(missing, ", "))
	}
	p.say(lines...)
	if len(r.Reviews) == 0 {
		return
	}
	lines = []string{"*Pages due for review*"}
	for _, v := range r.Reviews {
		line := r.brief(v.Title, 75) + ", since " + date(v.Due)
		if v.Owner != "" {
			line += " (" + r.brief(v.Owner, 40) + ")"
		}
		lines = append(lines, line)
	}
	if r.MoreDue > 0 {
		lines = append(lines, "… and "+count(r.MoreDue, "other page", "other pages"))
	}
	p.say(lines...)
}

// byDay says what the chart of the days shows.
func byDay(r Report) string {
	var parts []string
	for i, c := range r.ByDay {
		if c.Sent+c.Accepted+c.Declined > 0 {
			parts = append(parts, fmt.Sprintf("%s %d, %d, %d", date(r.Period.Days[i]), c.Sent, c.Accepted, c.Declined))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Handoffs by day (sent, accepted, declined): " + strings.Join(parts, "; ")
}

// charts show what the words say; what did not happen has none.
func charts(r Report) []slack.Block {
	var out []slack.Block
	sent, accepted, declined := chat.Series{Name: "Sent"}, chat.Series{Name: "Accepted"}, chat.Series{Name: "Declined"}
	var shown []string
	something := 0
	for i, c := range r.ByDay {
		n := c.Sent + c.Accepted + c.Declined
		something += n
		if day := r.Period.Days[i].In(time.UTC).Weekday(); n == 0 && (day == 0 || day == 6) {
			continue
		}
		shown = append(shown, date(r.Period.Days[i]))
		sent.Values, accepted.Values, declined.Values = append(sent.Values, float64(c.Sent)), append(accepted.Values, float64(c.Accepted)), append(declined.Values, float64(c.Declined))
	}
	if something > 0 {
		out = append(out, chat.Bars("Handoffs by day", "Handoffs", shown, sent, accepted, declined))
	}
	onTime, late := chat.Series{Name: "On time"}, chat.Series{Name: "Late"}
	var labels []string
	for _, a := range r.Now.Actions {
		if a.done() > 0 {
			labels = append(labels, a.Label)
			onTime.Values, late.Values = append(onTime.Values, float64(a.OnTime)), append(late.Values, float64(a.Late))
		}
	}
	if len(labels) > 0 {
		out = append(out, chat.Bars("Done on time, and late", "Times", labels[:min(len(labels), mostActions)], onTime, late))
	}
	return out
}
