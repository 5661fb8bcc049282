package digest

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"sopbot/internal/chat"
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
		words += ", until " + p.Now.To.In(zone).Format("15:04")
	}
	return words
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
		words += ", until " + to.Format("15:04")
	}
	return words
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
