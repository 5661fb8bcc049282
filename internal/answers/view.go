package answers

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
	"sopbot/internal/search"
)

// What an answer may weigh. Slack drops an acknowledgement of 20 KB without a
// word, and refuses a message whose blocks pass about 12,000 characters; the
// text goes twice, as blocks and as what a screen reader reads.
const (
	answerChars = 2900
	answerBytes = 5500 // as JSON
	listChars   = 5500 // a stage on one page
)

// Names of what is clicked. They leave the house in messages that stay for
// years: add, don't rename.
const (
	actionView      = "sop.view"
	actionMore      = "sop.more"
	actionShare     = "sop.share"
	actionHelpful   = "sop.helpful"
	actionUnhelpful = "sop.unhelpful"
	actionKind      = "sop.kind"
	actionBrowse    = "sop.browse"
	actionTurn      = "sop.turn" // to another part of a long page or list
	callbackWhy     = "sop.why"
	callbackPage    = "sop.page"
	callbackFind    = "sop.find"
)

var kindNames = map[playbook.Kind]struct{ one, many string }{
	playbook.KindPage:       {"Page", "Pages"},
	playbook.KindObjection:  {"Objection", "Objections"},
	playbook.KindTemplate:   {"Template", "Templates"},
	playbook.KindOpener:     {"Opener", "Openers"},
	playbook.KindPersona:    {"Persona", "Personas"},
	playbook.KindStage:      {"Stage", "Stages"},
	playbook.KindFramework:  {"Framework", "Frameworks"},
	playbook.KindForm:       {"Form", "Forms"},
	playbook.KindTool:       {"Tool", "Tools"},
	playbook.KindOnboarding: {"Onboarding", "Onboarding"},
}

// answerMessage is the answer to a question. share says whether it may be
// shared: it may not where everybody sees it already.
func (a *Answers) answerMessage(f found, question string, st state, share bool) chat.Message {
	if len(f.Query.Words) == 0 && (f.Query.Kind != "" || f.Query.Part != playbook.PartNone) {
		return f.kindMessage(question)
	}
	s, section, ok := f.best()
	if !ok {
		return f.nothingMessage(question)
	}
	extent, from := f.extent(s, section)
	shown := s.shown(extent, from)
	trail := a.trail(s, from)

	blocks := make([]slack.Block, 0, 16)
	blocks = append(blocks, chat.Context(f.understood()))
	blocks = append(blocks, shown.blocks...)
	blocks = append(blocks, chat.Context(trail))
	ref := question + " " + s.ref(from)
	blocks = append(blocks, chat.Actions(answerButtons(ref, st, share, shown.more || from > 0)...))
	if note := stateNote(st); note != "" {
		blocks = append(blocks, chat.Context(note))
	}
	also := ""
	if others := f.Hits[1:]; len(others) > 0 {
		list, words := f.list(others, question)
		blocks = append(blocks, slack.NewDividerBlock())
		blocks = append(blocks, list...)
		also = "\nAlso: " + words
	}
	return chat.Message{Text: shown.plain + "\n" + trail + also, Blocks: blocks}
}

func answerButtons(ref string, st state, share, more bool) []slack.BlockElement {
	var out []slack.BlockElement
	if share && !st.shared {
		b := chat.Button(actionShare, ref, "Share in channel")
		b.Style = slack.StylePrimary
		out = append(out, b)
	}
	if !st.rated {
		out = append(out, chat.Button(actionHelpful, ref, "Helpful"), chat.Button(actionUnhelpful, ref, "Not helpful"))
	}
	label := "Open page"
	if more {
		label = "More"
	}
	return append(out, chat.Button(actionMore, ref, label))
}

func stateNote(st state) string {
	var notes []string
	if st.shared {
		notes = append(notes, "✓ Shared in this channel")
	}
	switch {
	case st.rated && st.helpful:
		notes = append(notes, "✓ You found this helpful")
	case st.rated:
		notes = append(notes, "✓ You found this not helpful; the page's owner will see it")
	}
	return strings.Join(notes, " · ")
}

// understood repeats the question as it was looked up.
func (f found) understood() string {
	out := "You asked: " + inline(f.typed, 150)
	if len(f.Query.Corrected) > 0 {
		for _, w := range strings.Fields(strings.ToLower(f.typed)) {
			w = strings.Trim(w, ".,;:!?\"'()")
			if to, ok := f.Query.Corrected[w]; ok {
				out += fmt.Sprintf(" · _%s_ read as *%s*", inline(w, 30), inline(to, 30))
			}
		}
	}
	return out
}

// heading is a page's kind and title as the first line of an answer.
func (s *sheet) heading() string {
	title := inline(s.Title, 150)
	// Some playbooks say the kind in every title already.
	if s.Kind == playbook.KindPage || strings.HasPrefix(strings.ToLower(s.Title), strings.ToLower(kindNames[s.Kind].one)) {
		return "*" + title + "*"
	}
	return kindNames[s.Kind].one + " · *" + title + "*"
}

// trail says where an answer stands, who looks after it and when they last
// did.
func (a *Answers) trail(s *sheet, section int) string {
	trail := s.write().sections[section].trail
	if r := reviewed(s.Page, a.Now()); r != "" {
		trail += apart + r
	}
	return trail
}

// apart stands between what a trail tells.
const apart = "  ·  "

// trail is what can be said of a section below it once and for all.
func (s *sheet) trail(section playbook.Section) string {
	where := inline(s.Title, 80)
	if t := section.Title(); t != "" && !strings.EqualFold(t, s.Title) {
		where += " › " + inline(t, 80)
	}
	if where != "" {
		where += apart
	}
	return where + owner(s.Owner)
}

func owner(o string) string {
	switch {
	case o == "":
		return "nobody owns this page"
	case len(o) > 2 && (o[0] == 'U' || o[0] == 'W') && strings.ToUpper(o) == o && !strings.ContainsAny(o, "@. -"):
		return "owner <@" + chat.Escape(o) + ">"
	}
	return "owner " + inline(o, 60)
}

func reviewed(p *playbook.Page, now time.Time) string {
	if p.Reviewed.IsZero() {
		return "never reviewed"
	}
	days := p.Reviewed.DaysUntil(playbook.DateOf(now))
	text := "reviewed "
	switch {
	case days <= 0:
		text += "today"
	case days == 1:
		text += "yesterday"
	case days < 60:
		text += fmt.Sprintf("%d days ago", days)
	case days < 730:
		text += fmt.Sprintf("%d months ago", days/30)
	default:
		text += fmt.Sprintf("%d years ago", days/365)
	}
	if due, ok := p.ReviewDue(); ok && due.Before(playbook.DateOf(now)) {
		text += " (review overdue)"
	}
	return text
}

// list shows pages a line each with a button to open them.
func (f found) list(hits []search.Hit, question string) (blocks []slack.Block, words string) {
	var titles []string
	for i, h := range hits {
		s := f.book.byID[h.Page.ID].write()
		line := s.sections[h.Section].line
		button := chat.Button(actionView+":"+strconv.Itoa(i), question+" "+s.ref(h.Section), "View")
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, line, false, false), nil, slack.NewAccessory(button)))
		titles = append(titles, s.also)
	}
	return blocks, strings.Join(titles, "; ")
}

// matchLine shows a section as one more match.
func (s *sheet) matchLine(sec playbook.Section) string {
	line := s.heading()
	if t := sec.Title(); t != "" && !strings.EqualFold(t, s.Title) {
		line += " › " + inline(t, 80)
	}
	if first := snippet(sec); first != "" {
		line += "\n" + first
	}
	return line
}

// snippet is the beginning of a section in one line.
func snippet(s playbook.Section) string {
	return inline(s.Plain, 110)
}

// listed is how many pages of a kind a message lists; the rest is a click away.
const listed = 15

// kindMessage lists the pages of the kind, or the stages with the part, that
// somebody named without saying more.
func (f found) kindMessage(question string) chat.Message {
	kind, name := f.Query.Kind, ""
	if f.Query.Part != playbook.PartNone {
		kind = playbook.KindStage
		for _, p := range f.book.Stages() {
			if sec, ok := p.Part(f.Query.Part); ok {
				name = sec.Title() + " by stage"
				break
			}
		}
	}
	if name == "" {
		name = kindNames[kind].many
	}
	var hits []search.Hit
	for _, p := range f.book.OfKind(kind) {
		h := search.Hit{Page: p}
		if sec, ok := p.Part(f.Query.Part); ok && f.Query.Part != playbook.PartNone {
			h.Section = sec.N
		}
		hits = append(hits, h)
	}
	if len(hits) == 0 {
		return f.nothingMessage(question)
	}
	lead := fmt.Sprintf("*%s* (%d). Add a word to find the right one: %s", name, len(hits), typed([]string{strings.ToLower(inline(f.typed, 30)) + " …"}))
	blocks := chat.TextBlocks(lead)
	list, words := f.list(hits[:min(len(hits), listed)], question)
	blocks = append(blocks, list...)
	if len(hits) > listed {
		blocks = append(blocks, chat.Actions(chat.Button(actionKind, string(kind), fmt.Sprintf("All %d", len(hits)))))
	}
	return chat.Message{Text: chat.Plain(lead + "\n" + words), Blocks: blocks}
}

// nothingMessage says that nothing answers, and what comes nearest.
func (f found) nothingMessage(question string) chat.Message {
	words := inline(f.typed, 150)
	near := f.Nearest
	if len(near) == 0 {
		near = f.Hits
	}
	lead := "The playbook has no answer to *" + words + "*."
	if f.Verdict == search.NearMisses {
		lead = "The playbook does not quite answer *" + words + "*."
	}
	if len(f.Query.Words) == 0 {
		lead = "There are no words in *" + words + "* that could be looked for."
	}
	text := lead
	var blocks []slack.Block
	if len(near) > 0 {
		text += " Nearest are:"
		blocks = append(blocks, chat.TextBlocks(text)...)
		list, titles := f.list(near[:min(len(near), 4)], question)
		blocks = append(blocks, list...)
		text += " " + titles
	} else {
		blocks = append(blocks, chat.TextBlocks(text)...)
	}
	tips := "Your question is kept for whoever looks after the playbook. What can be asked, for example: " + typed(f.book.examples(3))
	blocks = append(blocks, chat.Context(tips), chat.Actions(chat.Button(actionBrowse, question, "Browse the playbook")))
	return chat.Message{Text: chat.Plain(text + "\n" + tips), Blocks: blocks}
}

// typed writes examples as they would be typed.
func typed(examples []string) string {
	var out []string
	for _, e := range examples {
		out = append(out, "`/sop "+strings.ReplaceAll(chat.EscapeInline(e), "`", "'")+"`")
	}
	return strings.Join(out, ", ")
}

// sharedMessage is an answer for everybody, under the sharer's name and
// without the question.
func (a *Answers) sharedMessage(s *sheet, e extent, section int, person string) chat.Message {
	shown := s.shown(e, section)
	head := shown.head
	if shown.more {
		head += "\n_… the page goes on: `/sop " + strings.ReplaceAll(inline(strings.ToLower(s.Title), 60), "`", "'") + "`_"
	}
	by := "Shared from the playbook by <@" + chat.Escape(person) + ">"
	trail := a.trail(s, section)
	blocks := append(chat.TextBlocks(s.title+"\n"+head), chat.Context(by+"  ·  "+trail))
	return chat.Message{Text: chat.Plain(s.title + "\n" + head + "\n" + by + " · " + trail), Blocks: blocks, InChannel: true}
}

// browseMessage shows what there is to read: stages in order, then the kinds.
func (a *Answers) browseMessage(b *Book) chat.Message {
	lead := fmt.Sprintf("*%s* — %s. Ask in your own words:", inline(b.Settings.Name, 100), count(len(b.Pages), "page", "pages"))
	lead += "\n" + typed(b.examples(3))
	blocks := chat.TextBlocks(lead)
	text := lead
	if stages := b.Stages(); len(stages) > 0 {
		var row []slack.BlockElement
		var names []string
		for i, p := range stages[:min(len(stages), 25)] {
			row = append(row, chat.Button(actionView+":stage"+strconv.Itoa(i), "- "+b.byID[p.ID].ref(-1), strconv.Itoa(i+1)+" "+p.Title))
			names = append(names, p.Title)
		}
		blocks = append(blocks, chat.Context("*The sales cycle, stage by stage*"), chat.Actions(row...))
		text += "\nStages: " + chat.Escape(strings.Join(names, ", "))
	}
	var row []slack.BlockElement
	var names []string
	for _, k := range playbook.Kinds {
		n := len(b.OfKind(k))
		if n == 0 || k == playbook.KindStage {
			continue
		}
		row = append(row, chat.Button(actionKind+":"+string(k), string(k), fmt.Sprintf("%s (%d)", kindNames[k].many, n)))
		names = append(names, kindNames[k].many)
	}
	if len(row) > 0 {
		blocks = append(blocks, chat.Context("*Everything else*"), chat.Actions(row...))
		text += "\nKinds: " + strings.Join(names, ", ")
	}
	tail := "`/sop help` shows every command."
	blocks = append(blocks, chat.Context(tail))
	return chat.Message{Text: chat.Plain(text + "\n" + tail), Blocks: blocks}
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// helpMessage lists every command with examples.
func (a *Answers) helpMessage(b *Book) chat.Message {
	var text strings.Builder
	for _, c := range a.Help() {
		if text.Len() > 0 {
			text.WriteString("\n\n")
		}
		fmt.Fprintf(&text, "*%s* %s — %s", c.Name, chat.Escape(c.Usage), chat.Escape(c.Does))
		for _, e := range c.Examples {
			fmt.Fprintf(&text, "\n• `%s` %s", e.Typed, chat.Escape(e.Gives))
		}
	}
	fmt.Fprintf(&text, "\n\nIn this playbook, for example: %s.\nIn a thread, or in a direct message, write to me by name instead; Slack has no commands there.", typed(b.examples(3)))
	return chat.Message{Text: chat.Plain(text.String()), Blocks: append(chat.TextBlocks(text.String()), chat.Actions(chat.Button(actionBrowse, "-", "Browse the playbook")))}
}

// inline writes text of people or pages into a line of ours: at most so many
// letters, and not much more as JSON, in which one letter may take nine bytes.
func inline(text string, letters int) string {
	text = strings.Join(strings.Fields(text), " ")
	for n := letters; ; n = n * 3 / 4 {
		out := chat.EscapeInline(chat.Shorten(text, n))
		if jsonBytes(out) <= 2*letters+20 || n < 8 {
			return out
		}
	}
}

// fit cuts a text to so many characters and so many bytes of JSON.
func fit(mrkdwn string, chars, bytes int) (head, rest string) {
	for {
		head, rest = chat.Cut(mrkdwn, chars)
		n := jsonBytes(head)
		if n <= bytes || chars < 200 {
			return head, rest
		}
		chars = min(chars-100, chars*bytes/n)
	}
}

// jsonBytes is how long a text gets as JSON, the way Go and slack-go write it.
func jsonBytes(s string) int {
	n := len(s)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '<' || c == '>' || c == '&':
			n += 5
		case c == '"' || c == '\\' || c == '\n' || c == '\t':
			n++
		case c < ' ':
			n += 5
		case c >= utf8.RuneSelf && c == 0xe2 && strings.HasPrefix(s[i:], "\u2028"), c == 0xe2 && strings.HasPrefix(s[i:], "\u2029"):
			n += 3
		}
	}
	return n
}
