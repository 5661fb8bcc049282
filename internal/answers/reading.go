package answers

import (
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/search"
)

// Reading is an answer outside Slack: for a terminal or another program.
type Reading struct {
	Hits   []search.Hit // best first; empty when nothing answers
	Title  string       // kind and title of the page that answers; "" when none does
	Text   string       // the words that answer, as mrkdwn; "" when none do
	Trail  string       // page › heading, owner, last review
	Others []OtherPage
}

// OtherPage is one more page that may help.
type OtherPage struct {
	Title string
	Where string // its heading and file
}

// Read answers a question as `/sop` does.
func (b *Book) Read(typed string, limit int, now time.Time) Reading {
	f := found{b.Index.Search(question(typed), limit), b, typed}
	r := Reading{Hits: f.Hits}
	others := f.Hits
	if len(others) == 0 {
		others = f.Nearest[:min(len(f.Nearest), 4)]
	}
	if s, section, ok := f.best(); ok {
		a := &Answers{Now: func() time.Time { return now }}
		e, from := f.extent(s, section)
		r.Title = strings.ReplaceAll(chat.Unescape(s.heading()), "*", "")
		r.Text = e.text()
		r.Trail = chat.Unescape(a.trail(s, from)) + "  ·  " + s.File
		others = f.Hits[1:]
	}
	for _, h := range others {
		s := b.byID[h.Page.ID]
		where := h.Page.File
		if t := h.Page.Sections[h.Section].Title(); t != "" && !strings.EqualFold(t, s.Title) {
			where = t + " · " + where
		}
		r.Others = append(r.Others, OtherPage{Title: strings.ReplaceAll(chat.Unescape(s.heading()), "*", ""), Where: where})
	}
	return r
}
