package digest

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

// few is below what percentages say nothing: of four leads one is no quarter.
const few = 10

// share says how many of how many.
func share(n, of int) string {
	if of < few {
		return fmt.Sprintf("%d of %d", n, of)
	}
	return fmt.Sprintf("%d of %d = %d%%", n, of, (n*100+of/2)/of)
}

// count says how many there are: "1 page", "3 pages".
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// date writes a date as people say it.
func date(d playbook.Date) string { return d.In(time.UTC).Format("Mon 2 Jan") }

// now says what a digest is about: a day, days, or today so far.
func (p Period) now(zone *time.Location) string {
	first, last := p.Days[0], p.Days[len(p.Days)-1]
	words := date(first)
	if first != last {
		words += " to " + date(last)
	}
	if p.SoFar {
		words += ", until " + hour(p.Now.To, zone)
	}
	return words
}

// hour is a time of the day, as each reader's Slack writes it.
func hour(t time.Time, zone *time.Location) string {
	return fmt.Sprintf("<!date^%d^{time}|%s>", t.Unix(), t.In(zone).Format("15:04"))
}

// before says what it is compared with.
func (p Period) before(zone *time.Location) string {
	from, to := p.Before.From.In(zone), p.Before.To.In(zone)
	words := date(playbook.DateOf(from))
	last := playbook.DateOf(to)
	if !p.SoFar {
		last = playbook.DateOf(to.Add(-time.Minute))
	}
	if last != playbook.DateOf(from) {
		words += " to " + date(last)
	}
	if p.SoFar {
		words += ", until " + hour(to, zone)
	}
	return words
}

// was says after a number what it was in the time before; nothing of what did not
// happen in either.
func was(now, before int) string {
	switch {
	case now > before:
		return fmt.Sprintf(" (up from %d)", before)
	case now < before:
		return fmt.Sprintf(" (down from %d)", before)
	case now == 0:
		return ""
	}
	return " (as before)"
}

// none says of what did not happen how often it did in the time before.
func none(before int) string {
	if before == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d before)", before)
}

// its is whose something is, of one or of several.
func its(n int) string {
	if n == 1 {
		return "its"
	}
	return "their"
}

// worked says how much working time something took: minutes say nothing of what
// takes a day.
func worked(t time.Duration) string {
	if t < 8*time.Hour {
		return deadline.Length(t) + " of working time"
	}
	return fmt.Sprintf("%d hours of working time", int(t.Round(time.Hour)/time.Hour))
}

// page is a message while it is written: blocks for the eye, and the same words
// for the ear.
type page struct {
	chat.Message
	said []string
}

func (p *page) head(plain string) {
	p.Blocks = append(p.Blocks, chat.Header(plain))
	p.said = append(p.said, chat.Escape(plain))
}

func (p *page) say(mrkdwn ...string) {
	words := strings.Join(mrkdwn, "\n")
	p.Blocks = append(p.Blocks, chat.TextBlocks(words)...)
	p.said = append(p.said, words)
}

// mark says something behind a sign that is for the eye alone.
func (p *page) mark(sign, mrkdwn string) {
	p.Blocks = append(p.Blocks, chat.TextBlocks(":"+sign+": "+mrkdwn)...)
	p.said = append(p.said, mrkdwn)
}

// row is a row of buttons; none where there are none.
func (p *page) row(buttons ...slack.BlockElement) {
	if len(buttons) > 0 {
		p.Blocks = append(p.Blocks, chat.Actions(buttons...))
	}
}

func (p *page) small(mrkdwn string) {
	p.Blocks = append(p.Blocks, chat.Context(mrkdwn))
	p.said = append(p.said, mrkdwn)
}

// hear adds what the eye sees otherwise.
func (p *page) hear(mrkdwn string) {
	if mrkdwn != "" {
		p.said = append(p.said, mrkdwn)
	}
}

// moment is an instant for the eye; the ear has what stands in it.
var moment = regexp.MustCompile(`<!date\^[^|>]*\|([^>]*)>`)

func (p *page) done() chat.Message {
	p.Text = moment.ReplaceAllString(strings.Join(p.said, "\n"), "$1")
	return p.Message
}
