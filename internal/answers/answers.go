package answers

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
	"sopbot/internal/search"
)

// Answers answers questions from the playbook in force.
type Answers struct {
	DB    *database.DB
	Slack chat.Slack
	Now   func() time.Time
	Log   *slog.Logger
	Help  func() []chat.CommandHelp // every command the bot knows
	// Erased tells when somebody or something was erased last, after a moment, and
	// whether a member of the team was; nil where nothing ever is.
	Erased func(tx *database.Tx, after time.Time) (at time.Time, person bool, err error)

	book     atomic.Pointer[Book]
	recorder *recorder
}

// retireAfter is how long a book that was replaced stays readable: longer than
// any question takes that began with it.
const retireAfter = time.Minute

// Use puts a book into force. A question that is being answered goes on with
// the one it began with.
func (a *Answers) Use(b *Book) {
	old := a.book.Swap(b)
	go b.Warm()
	if old != nil {
		time.AfterFunc(retireAfter, func() {
			if err := old.Index.Close(); err != nil {
				a.Log.Warn("closing an index that was replaced", "error", err)
			}
		})
	}
}

// Book is the book in force.
func (a *Answers) Book() *Book { return a.book.Load() }

// shown is how many pages an answer lists: the one that answers, and four.
const shown = 5

// found is what a question led to.
type found struct {
	search.Answer
	book  *Book
	typed string // as the person typed it, for showing
}

// ask looks a question up.
func (b *Book) ask(typed string) found {
	return found{b.Index.Search(typed, shown), b, typed}
}

// best is the page that answers; ok is false when none does.
func (f found) best() (s *sheet, section int, ok bool) {
	if f.Verdict != search.Answered || len(f.Hits) == 0 {
		return nil, 0, false
	}
	h := f.Hits[0]
	return f.book.byID[h.Page.ID], h.Section, true
}

// atAGlance is how many characters of a page are shown whole, rather than the
// one section that fits.
const atAGlance = 1500

// extent says how much of the page answers: a stage as its checklist, the
// part that was asked for, a short page whole (the script comes first there,
// then why), of a long page the section that fits. from is the section it
// starts at.
func (f found) extent(s *sheet, section int) (e extent, from int) {
	s.write()
	sec := s.Sections[section]
	switch {
	case f.Query.Part != playbook.PartNone && sec.Part == f.Query.Part:
		return s.part(section), section
	case s.Kind == playbook.KindStage && f.Query.Part == playbook.PartNone:
		return s.full(), 0
	case len(s.whole) <= atAGlance:
		return s.full(), 0
	case s.Kind == playbook.KindObjection || s.Kind == playbook.KindTemplate || s.Kind == playbook.KindOpener:
		// The script is what the rep needs, whichever sentence matched.
		return s.full(), 0
	}
	return s.part(section), section
}

// via says how a question came; it is kept with it.
type via string

const (
	viaCommand  via = "command"
	viaMention  via = "mention"
	viaDirect   via = "direct"
	viaShortcut via = "shortcut"
)

// question reads what a person typed as a question: Slack's marks taken away. One
// of which nothing could be shown is none.
func question(text string) string {
	text = strings.TrimSpace(chat.Clean(chat.Unescape(text)))
	if strings.TrimSpace(chat.Escape(text)) == "" {
		return ""
	}
	return text
}

// examples makes commands that find something in this very playbook, for
// people who typed something that does not.
func (b *Book) examples(n int) []string {
	var out []string
	for _, k := range []playbook.Kind{playbook.KindObjection, playbook.KindStage, playbook.KindTemplate, playbook.KindPersona, playbook.KindTool, playbook.KindPage} {
		pages := b.OfKind(k)
		if len(pages) == 0 || len(out) == n {
			continue
		}
		words := strings.ToLower(pages[0].Title)
		if len(pages[0].Aliases) > 0 && len(pages[0].Aliases[0]) < len(words) {
			words = strings.ToLower(pages[0].Aliases[0])
		}
		if k != playbook.KindPage && !strings.Contains(words, string(k)) {
			words = string(k) + " " + words
		}
		out = append(out, chat.Shorten(words, 60))
	}
	for _, p := range b.Pages {
		if len(out) >= n {
			break
		}
		if w := chat.Shorten(strings.ToLower(p.Title), 60); !contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
