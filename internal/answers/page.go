package answers

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// place is where in a modal somebody reads: kept in its private_metadata, and
// in the value of the buttons that turn pages.
type place struct {
	Question string `json:"q,omitempty"` // id of the question that led here, or "-"
	Ref      string `json:"r,omitempty"` // the page and section it starts at
	Kind     string `json:"k,omitempty"` // of a list
	Sheet    int    `json:"n,omitempty"` // which part of a long page or list
}

func (p place) String() string {
	raw, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings and a number
	}
	return string(raw)
}

func parsePlace(s string) (place, bool) {
	var p place
	return p, json.Unmarshal([]byte(s), &p) == nil
}

const (
	// A modal holds 100 blocks and 250 KB; these many chunks of text leave
	// room for the buttons.
	chunksAView = 12
	chunkChars  = 2900
	pagesAView  = 30
	// A page of that many kilobytes of text is turned, not scrolled for ever.
	relatedMost = 5
)

// pageView is a page in a modal: from a section on, or from the top.
func (a *Answers) pageView(s *sheet, section int, at place) slack.ModalViewRequest {
	s.write()
	text := s.whole
	if s.Kind == playbook.KindStage {
		text = s.checklist()
	}
	if section > 0 && len(text) > chunkChars {
		text = s.onwards(section)
	} else {
		section = 0
	}
	chunks := chat.Chunks(text, chunkChars)
	views := max(1, (len(chunks)+chunksAView-1)/chunksAView)
	at.Sheet = min(max(at.Sheet, 0), views-1)
	show := chunks[min(at.Sheet*chunksAView, len(chunks)):min((at.Sheet+1)*chunksAView, len(chunks))]

	blocks := []slack.Block{chat.Header(s.Title), chat.Context(kindNames[s.Kind].one + "  ·  " + a.trail(s, section))}
	for _, c := range show {
		blocks = append(blocks, chat.TextBlocks(c)...)
	}
	if len(chunks) == 0 {
		blocks = append(blocks, chat.TextBlocks("_This page is empty._")...)
	}
	var row []slack.BlockElement
	if section > 0 {
		row = append(row, chat.Button(actionTurn+":top", place{Question: at.Question, Ref: s.ref(-1)}.String(), "From the top"))
	}
	row = append(row, turnButtons(at, views)...)
	if len(row) > 0 {
		blocks = append(blocks, chat.Actions(row...))
	}
	if views > 1 {
		blocks = append(blocks, chat.Context(fmt.Sprintf("Part %d of %d", at.Sheet+1, views)))
	}
	if related := s.related(); len(related) > 0 {
		var row []slack.BlockElement
		for i, r := range related[:min(len(related), relatedMost)] {
			row = append(row, chat.Button(actionView+":see"+strconv.Itoa(i), at.Question+" "+r.ref(-1), r.Title))
		}
		blocks = append(blocks, chat.Context("*See also*"), chat.Actions(row...))
	}
	return chat.Modal(callbackPage, kindNames[s.Kind].one, "", "Close", at.String(), blocks)
}

func turnButtons(at place, views int) []slack.BlockElement {
	var row []slack.BlockElement
	if at.Sheet > 0 {
		back := at
		back.Sheet--
		row = append(row, chat.Button(actionTurn+":back", back.String(), "← Back"))
	}
	if at.Sheet < views-1 {
		next := at
		next.Sheet++
		row = append(row, chat.Button(actionTurn+":next", next.String(), "More →"))
	}
	return row
}

// onwards is the page's text from a section to its end.
func (s *sheet) onwards(section int) string {
	var b strings.Builder
	for i := section; i < len(s.sections); i++ {
		add(&b, s.sections[i])
	}
	return b.String()
}

// kindView lists the pages of a kind in a modal.
func (a *Answers) kindView(b *Book, kind playbook.Kind, at place) slack.ModalViewRequest {
	pages := b.OfKind(kind)
	views := max(1, (len(pages)+pagesAView-1)/pagesAView)
	at.Kind, at.Sheet = string(kind), min(max(at.Sheet, 0), views-1)
	blocks := []slack.Block{chat.Header(kindNames[kind].many)}
	group := ""
	for i, p := range pages {
		if i < at.Sheet*pagesAView || i >= (at.Sheet+1)*pagesAView {
			continue
		}
		if g := groupOf(p); g != group {
			group = g
			blocks = append(blocks, chat.Context("*"+inline(g, 100)+"*"))
		}
		s := b.byID[p.ID]
		line := "*" + inline(p.Title, 150) + "*"
		for _, sec := range p.Sections {
			if t := snippet(sec); t != "" {
				line += "\n" + t
				break
			}
		}
		button := chat.Button(actionView+":"+strconv.Itoa(i), "- "+s.ref(-1), "View")
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, line, false, false), nil, slack.NewAccessory(button)))
	}
	if len(pages) == 0 {
		blocks = append(blocks, chat.TextBlocks("There are none of these in the playbook any more.")...)
	}
	if row := turnButtons(at, views); len(row) > 0 {
		blocks = append(blocks, chat.Actions(row...), chat.Context(fmt.Sprintf("Part %d of %d", at.Sheet+1, views)))
	}
	return chat.Modal(callbackPage, kindNames[kind].many, "", "Close", at.String(), blocks)
}

// groupOf is what pages of a kind are listed under.
func groupOf(p *playbook.Page) string {
	switch {
	case p.Template != nil && p.Template.Cadence != "":
		return "Cadence " + p.Template.Cadence
	case p.Template != nil:
		return "On their own"
	case p.Onboarding != nil:
		return "Week " + strconv.Itoa(p.Onboarding.Week)
	case p.Kind == playbook.KindPage:
		if dir := path.Dir(p.File); dir != "." {
			return dir
		}
	}
	return ""
}

// answerView is an answer in a modal, for the message shortcut.
func (a *Answers) answerView(f found, question string) slack.ModalViewRequest {
	m := a.answerMessage(f, question, state{}, false)
	return chat.Modal(callbackFind, "Playbook", "", "Close", place{Question: question}.String(), m.Blocks)
}

// goneView says that a page is no longer there.
func goneView() slack.ModalViewRequest {
	return chat.Modal(callbackPage, "Playbook", "", "Close", "", chat.TextBlocks("This page is no longer in the playbook. Ask again with `/sop` to find what took its place."))
}

// whyView asks what was missing in an answer.
func whyView(question, ref, title string) slack.ModalViewRequest {
	input := slack.NewInputBlock("why", slack.NewTextBlockObject(slack.PlainTextType, "What did you need instead?", false, false),
		slack.NewTextBlockObject(slack.PlainTextType, "Whoever looks after the page reads it with your question.", false, false),
		slack.NewPlainTextInputBlockElement(slack.NewTextBlockObject(slack.PlainTextType, "It was about …, but I needed …", false, false), "text"))
	input.Optional = true
	input.Element.(*slack.PlainTextInputBlockElement).Multiline = true
	input.Element.(*slack.PlainTextInputBlockElement).MaxLength = 1000
	blocks := append(chat.TextBlocks("Noted: *"+inline(title, 100)+"* did not help."), input)
	return chat.Modal(callbackWhy, "Not helpful", "Send", "Skip", place{Question: question, Ref: ref}.String(), blocks)
}
