package answers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
	"sopbot/internal/search"
)

// Book is a playbook made ready for answering: with its index, and with every
// page written as Slack text. Like the playbook it is a value: a change of the
// files makes a new Book.
type Book struct {
	*playbook.Playbook
	Index *search.Index

	byKey map[string]*sheet
	byID  map[string]*sheet
}

// sheet is a page as Slack shows it. It is written when it is first shown, or
// when the book is warmed.
type sheet struct {
	*playbook.Page
	key      string
	book     *Book
	once     sync.Once
	sections []written
	whole    string // every section in order, with headings
	prose    string // without the parts of the front matter
	title    string // kind and title as the first line of an answer
	also     string // title where others are listed

	all  atomic.Pointer[cut] // the whole page or, of a stage, its checklist
	some []atomic.Pointer[cut]
}

// written is one section as Slack text.
type written struct {
	heading string // as a bold line; "" when the page's title says it already
	body    string
	line    string // the section as one more match: kind, title, heading, its first words
	ref     string // see ref
	trail   string // page and heading, owner: the line below an answer
}

// cut is a text as an answer shows it: cut to what fits, and in plain words
// for a screen reader. Cutting takes longer than searching, so it is kept.
type cut struct {
	head   string
	more   bool // the text goes on
	plain  string
	blocks []slack.Block // title and head; nobody changes them
}

// NewBook indexes a playbook.
func NewBook(pb *playbook.Playbook) (*Book, error) {
	index, err := search.Build(pb)
	if err != nil {
		return nil, fmt.Errorf("index the playbook: %w", err)
	}
	b := &Book{Playbook: pb, Index: index, byKey: make(map[string]*sheet, len(pb.Pages)), byID: make(map[string]*sheet, len(pb.Pages))}
	for _, p := range pb.Pages {
		s := &sheet{Page: p, key: short(p.ID, 12), book: b}
		b.byKey[s.key] = s
		b.byID[p.ID] = s
	}
	return b, nil
}

// Warm writes every page for Slack, so that nobody's question waits for it.
func (b *Book) Warm() {
	for _, s := range b.byID {
		s.shown(s.write().full(), 0)
	}
}

// short is a name of fixed length for text of any length: Slack's options
// carry at most 150 characters, a page's path may have more.
func short(text string, n int) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:n]
}

// ref names a page and one of its sections in the value of a button. It still
// finds them after the playbook changed, if the page kept its id and the
// section its heading.
func (s *sheet) ref(section int) string {
	if section < 0 || section >= len(s.Sections) {
		return s.key
	}
	return s.write().sections[section].ref
}

// find reads a ref. section is 0 when the heading is gone; ok is false when
// the page is.
func (b *Book) find(ref string) (s *sheet, section int, ok bool) {
	page, heading, _ := strings.Cut(ref, ".")
	s, ok = b.byKey[page]
	if !ok {
		return nil, 0, false
	}
	for i := range s.Sections {
		if heading != "" && s.ref(i) == ref {
			return s, i, true
		}
	}
	return s, 0, true
}

func (s *sheet) write() *sheet {
	s.once.Do(func() {
		var whole, prose strings.Builder
		for _, sec := range s.Sections {
			w := written{body: chat.Mrkdwn(sec.Markdown, s.link), line: s.matchLine(sec), trail: s.trail(sec), ref: s.key + "." + short(sec.Slug, 8)}
			if t := sec.Title(); t != "" && !strings.EqualFold(t, s.Title) {
				w.heading = "*" + chat.EscapeInline(t) + "*"
			}
			s.sections = append(s.sections, w)
			add(&whole, w)
			if sec.Part == playbook.PartNone {
				add(&prose, w)
			}
		}
		s.whole, s.prose = whole.String(), prose.String()
		s.title, s.also = s.heading(), inline(s.Title, 60)
		s.some = make([]atomic.Pointer[cut], len(s.Sections))
	})
	return s
}

func add(b *strings.Builder, w written) {
	if w.heading == "" && w.body == "" {
		return
	}
	if b.Len() > 0 {
		b.WriteString("\n\n")
	}
	b.WriteString(w.heading)
	if w.heading != "" && w.body != "" {
		b.WriteByte('\n')
	}
	b.WriteString(w.body)
}

// link reports whether a link leads to a page; those pages are offered as
// buttons where the page is read.
func (s *sheet) link(destination string) bool {
	for _, l := range s.Links {
		if l.Destination == destination && l.Page != "" {
			return true
		}
	}
	return false
}

// related lists the pages that this one links to, each once.
func (s *sheet) related() []*sheet {
	var out []*sheet
	seen := map[string]bool{s.ID: true}
	for _, l := range s.Links {
		if t, ok := s.book.byID[l.Page]; ok && !seen[l.Page] {
			seen[l.Page] = true
			out = append(out, t)
		}
	}
	return out
}

// full is the page as it is read from the top: of a stage, its checklist.
func (s *sheet) full() extent {
	if s.Kind == playbook.KindStage {
		return extent{text: s.checklist, all: true}
	}
	return extent{text: func() string { return s.whole }, all: true}
}

// part is the page from a section on.
func (s *sheet) part(section int) extent {
	return extent{text: func() string { return s.from(section) }}
}

// extent is how much of a page an answer takes.
type extent struct {
	text func() string
	all  bool
}

// shown gives an extent, starting at a section, as an answer shows it.
func (s *sheet) shown(e extent, section int) *cut {
	kept := &s.all
	if !e.all {
		kept = &s.some[section]
	}
	if c := kept.Load(); c != nil {
		return c
	}
	limit := answerChars
	if s.Kind == playbook.KindStage {
		limit = listChars
	}
	head, rest := fit(e.text(), limit, answerBytes)
	text := s.title + "\n" + head
	c := &cut{head: head, more: rest != "", plain: chat.Plain(text), blocks: chat.TextBlocks(text)}
	kept.Store(c)
	return c
}

// checklistOrder is how a stage reads on one page.
var checklistOrder = []playbook.Part{playbook.PartEntry, playbook.PartActions, playbook.PartAsk, playbook.PartCapture, playbook.PartExit}

// from gives the text of a section and of those nested below it, or of the
// whole page where that is short enough to be read at a glance.
func (s *sheet) from(section int) string {
	var b strings.Builder
	for i := section; i < len(s.sections); i++ {
		sec := s.Sections[i]
		if i > section && (sec.Level <= s.Sections[section].Level || sec.Part != playbook.PartNone) {
			break
		}
		add(&b, s.sections[i])
	}
	return b.String()
}

// checklist is a stage on one page: what lets a deal in, what is done, asked
// and captured, what lets it out, then the prose.
func (s *sheet) checklist() string {
	var b strings.Builder
	for _, part := range checklistOrder {
		if sec, ok := s.Part(part); ok {
			add(&b, s.sections[sec.N])
		}
	}
	if s.prose != "" {
		b.WriteString("\n\n" + s.prose)
	}
	return strings.TrimSpace(b.String())
}
