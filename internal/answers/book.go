package answers

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

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
}

// written is one section as Slack text.
type written struct {
	key     string
	heading string // as a bold line; "" when the page's title says it already
	body    string
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
		s.write()
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
	return s.key + "." + short(s.Sections[section].Slug, 8)
}

// find reads a ref. section is 0 when the heading is gone; ok is false when
// the page is.
func (b *Book) find(ref string) (s *sheet, section int, ok bool) {
	page, heading, _ := strings.Cut(ref, ".")
	s, ok = b.byKey[page]
	if !ok {
		return nil, 0, false
	}
	for i, sec := range s.Sections {
		if heading != "" && short(sec.Slug, 8) == heading {
			return s, i, true
		}
	}
	return s, 0, true
}

func (s *sheet) write() *sheet {
	s.once.Do(func() {
		var whole, prose strings.Builder
		for _, sec := range s.Sections {
			w := written{key: s.ref(sec.N), body: chat.Mrkdwn(sec.Markdown, s.link)}
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

// link writes a link to another page: its title, because Slack has no link
// that would open it. The pages linked to are offered as buttons.
func (s *sheet) link(destination string) (string, bool) {
	for _, l := range s.Links {
		if l.Destination != destination || l.Page == "" {
			continue
		}
		if p, ok := s.book.Page(l.Page); ok {
			return "_" + chat.EscapeInline(p.Title) + "_", true
		}
	}
	return "", false
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

// checklistOrder is how a stage reads on one page.
var checklistOrder = []playbook.Part{playbook.PartEntry, playbook.PartActions, playbook.PartAsk, playbook.PartCapture, playbook.PartExit}

// from gives the text of a section and of those nested below it, or of the
// whole page where that is short enough to be read at a glance.
func (s *sheet) from(section int) string {
	s.write()
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
	s.write()
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
