package digest

import (
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/answers"
	"sopbot/internal/chat"
)

// weekWords are what only the weekly digest tells.
func (d *Digests) weekWords(p *page, r Report) {
	// Stage conversion, cycle length and deal size come here once there are deals.
	if drawn := charts(r); !r.Words {
		p.Blocks = append(p.Blocks, drawn...)
	}
	p.hear(byDay(r))
	p.hear(byWeek(r))
	if r.Kind == Weekly && len(r.Reps) > 0 {
		lines := []string{"*By person*, who may need help first"}
		for i, rep := range r.Reps {
			if i == r.most(mostReps) {
				lines = append(lines, "… and "+count(len(r.Reps)-i, "other", "others"))
				break
			}
			lines = append(lines, r.repWords(rep, 1))
		}
		p.say(lines...)
	}
	q, qb := r.Now.Questions, r.Before.Questions
	lines := []string{fmt.Sprintf("*Questions to the playbook*: %d asked%s, %d without an answer%s", q.Asked, was(q.Asked, qb.Asked), q.Unanswered, was(q.Unanswered, qb.Unanswered))}
	if len(q.Most) > 0 {
		lines = append(lines, "Most asked: "+r.asked(q.Most))
	}
	if len(q.Missing) > 0 {
		lines = append(lines, "The playbook has nothing about: "+r.asked(q.Missing))
	}
	p.say(lines...)
	if len(r.Reviews) == 0 {
		return
	}
	lines = []string{"*Pages due for review*"}
	for i, v := range r.Reviews {
		if i == r.most(mostReviews) {
			lines = append(lines, "… and "+count(len(r.Reviews)-i, "other page", "other pages"))
			break
		}
		lines = append(lines, r.reviewWords(v))
	}
	p.say(lines...)
}

func (r Report) asked(list []answers.Asked) string {
	var words []string
	for _, a := range list {
		words = append(words, fmt.Sprintf("“%s” (%d)", r.brief(a.Words, 60), a.Times))
	}
	return strings.Join(words, ", ")
}

func (r Report) reviewWords(v Review) string {
	line := r.brief(v.Title, 75) + ", since " + date(v.Due)
	if v.Owner != "" {
		line += " (" + r.brief(v.Owner, 40) + ")"
	}
	return line
}

// repWords say in a line how somebody's work went, with at most so many actions.
func (r Report) repWords(rep Rep, most int) string {
	return chat.Person(rep.Person) + ": " + strings.Join(r.repParts(rep, most, 40), " · ")
}

// repLines say the same in a list, where there is room for it.
func (r Report) repLines(rep Rep) string {
	return chat.Person(rep.Person) + "\n• " + strings.Join(r.repParts(rep, mostActions, 75), "\n• ")
}

func (r Report) repParts(rep Rep, most, letters int) (parts []string) {
	for i, a := range rep.Actions {
		if i == most {
			parts = append(parts, count(len(rep.Actions)-most, "other timed action", "other timed actions"))
			break
		}
		words := r.brief(a.Label, letters) + " – "
		if a.done() == 0 {
			words += "none done"
		} else {
			words += share(a.OnTime, a.done()) + " on time"
		}
		parts = append(parts, words+a.standing()+a.missed())
	}
	if rep.Sent > 0 {
		parts = append(parts, fmt.Sprintf("%s sent, %d accepted, %d declined", count(rep.Sent, "handoff", "handoffs"), rep.Accepted, rep.Declined))
	}
	return parts
}

// shownDays are the days that the chart shows, and the words say: none where
// nothing happened and nothing waits, no day of a weekend that was one.
func (r Report) shownDays() (days []int) {
	something := false
	for i, c := range r.ByDay {
		n := c.Sent + c.Accepted + c.Declined
		something = something || n+c.Waiting > 0
		if day := r.Period.Days[i].In(time.UTC).Weekday(); n > 0 || day != time.Saturday && day != time.Sunday {
			days = append(days, i)
		}
	}
	if !something {
		return nil
	}
	return days
}

// byDay says what the chart of the days shows.
func byDay(r Report) string {
	var parts []string
	for _, i := range r.shownDays() {
		c := r.ByDay[i]
		parts = append(parts, fmt.Sprintf("%s %d, %d, %d, %d", date(r.Period.Days[i]), c.Sent, c.Accepted, c.Declined, c.Waiting))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Handoffs by day (sent, accepted, declined, waiting at its end): " + strings.Join(parts, "; ")
}

// byWeek says what the chart of the weeks shows.
func byWeek(r Report) string {
	if len(r.Weeks) < fewWeeks {
		return ""
	}
	var parts []string
	for _, w := range r.Weeks {
		parts = append(parts, fmt.Sprintf("%s %d, %d, %d, %d", day(w), w.Sent, w.Accepted, w.Declined, w.Late))
	}
	return "By week (handoffs sent, accepted, declined; actions done late): " + strings.Join(parts, "; ")
}

// fewWeeks are too few to be a line.
const fewWeeks = 3

// day names a week by the day on which it begins.
func day(w Week) string { return w.Begins.In(time.UTC).Format("2 Jan") }

// charts show what the words say; what did not happen has none. A message bears
// two: the days of the week, and how it has been for weeks; while there is no such
// past, what was done on time.
func charts(r Report) []slack.Block {
	var out []slack.Block
	if c := daysChart(r); c != nil {
		out = append(out, c)
	}
	if c := weeksChart(r); c != nil {
		out = append(out, c)
	} else if c := actionsChart(r); c != nil {
		out = append(out, c)
	}
	return out
}

func daysChart(r Report) slack.Block {
	sent, accepted, declined, waiting := chat.Series{Name: "Sent"}, chat.Series{Name: "Accepted"}, chat.Series{Name: "Declined"}, chat.Series{Name: "Waiting at day's end"}
	var shown []string
	for _, i := range r.shownDays() {
		c := r.ByDay[i]
		shown = append(shown, date(r.Period.Days[i]))
		sent.Values, accepted.Values = append(sent.Values, float64(c.Sent)), append(accepted.Values, float64(c.Accepted))
		declined.Values, waiting.Values = append(declined.Values, float64(c.Declined)), append(waiting.Values, float64(c.Waiting))
	}
	return chat.Bars("Handoffs by day", "Handoffs", shown, sent, accepted, declined, waiting)
}

func weeksChart(r Report) slack.Block {
	if len(r.Weeks) < fewWeeks {
		return nil
	}
	sent, accepted, declined, late := chat.Series{Name: "Sent"}, chat.Series{Name: "Accepted"}, chat.Series{Name: "Declined"}, chat.Series{Name: "Actions done late"}
	var begins []string
	for _, w := range r.Weeks {
		begins = append(begins, day(w))
		sent.Values, accepted.Values = append(sent.Values, float64(w.Sent)), append(accepted.Values, float64(w.Accepted))
		declined.Values, late.Values = append(declined.Values, float64(w.Declined)), append(late.Values, float64(w.Late))
	}
	return chat.Lines(fmt.Sprintf("Handoffs and lateness, last %d weeks", len(r.Weeks)), "Per week", begins, sent, accepted, declined, late)
}

func actionsChart(r Report) slack.Block {
	onTime, late := chat.Series{Name: "On time"}, chat.Series{Name: "Late"}
	var labels []string
	for _, a := range r.Now.Actions {
		if a.done() > 0 && len(labels) < mostActions {
			labels = append(labels, a.Label)
			onTime.Values, late.Values = append(onTime.Values, float64(a.OnTime)), append(late.Values, float64(a.Late))
		}
	}
	if len(labels) == 0 {
		return nil
	}
	return chat.Bars("Done on time, and late", "Times", labels, onTime, late)
}
