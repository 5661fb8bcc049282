package lead

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

// line says in one line how a lead stands.
func (l *Leads) line(lead Lead, person string) string {
	parts := []string{lead.Status.Words()}
	if lead.Owner != person {
		parts = append(parts, chat.Person(lead.Owner))
	}
	return strings.Join(append(parts, "last change "+chat.Moment(lead.ChangedAt, l.zone())), " · ")
}

func (l *Leads) zone() *time.Location { return l.Shelf.InForce().Settings.Timezone }

// mostListed is how much of a lead's name a list shows: it has to fit into an
// acknowledgement.
const mostListed = 60

func listName(lead Lead) string { return chat.EscapeInline(chat.Shorten(lead.String(), mostListed)) }

// listBlocks shows leads, each with its menu.
func (l *Leads) listBlocks(leads []Lead, person string) []slack.Block {
	var blocks []slack.Block
	for _, lead := range leads {
		b := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "*"+listName(lead)+"*\n"+l.line(lead, person), false, false), nil, nil)
		if menu := l.menuOf(lead); menu != nil {
			b.Accessory = slack.NewAccessory(menu)
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func (l *Leads) menuOf(lead Lead) *slack.OverflowBlockElement {
	options := []*slack.OptionBlockObject{chat.Option("open "+lead.ID, "What is known", "")}
	for _, s := range l.Steps {
		if !s.Early || lead.Status != HandedOff && lead.Status != Accepted {
			options = append(options, chat.Option(s.Name+" "+lead.ID, s.Label, ""))
		}
	}
	if l.callsCount() && len(options) < mostOptions-1 { // else it stands in what is known
		options = append(options, chat.Option("call "+lead.ID, callLabel, ""))
	}
	options = append(options, chat.Option("reassign "+lead.ID, "Reassign", ""))
	return chat.Overflow(actionMenu+":"+lead.ID, options...)
}

// mostOptions is how many lines a menu ⋯ has in Slack.
const mostOptions = 5

func listText(leads []Lead) string {
	var names []string
	for _, lead := range leads {
		names = append(names, listName(lead)+": "+lead.Status.Words())
	}
	return strings.Join(names, "; ")
}

func newButton() slack.BlockElement { return chat.Button(actionNew, "", "New lead") }

func (l *Leads) ownMessage(leads []Lead, n int, others ...Clock) chat.Message {
	m := l.ownLeads(leads, n)
	if len(others) == 0 {
		return m
	}
	m.Text += "\nAlso yours to do:"
	m.Blocks = append(m.Blocks, slack.NewDividerBlock())
	m.Blocks = append(m.Blocks, chat.TextBlocks("*Also yours to do*")...)
	for _, c := range others[:min(len(others), mostOthers)] {
		m.Text += "\n" + c.Words
		m.Blocks = append(m.Blocks, chat.TextBlocks(c.Words)...)
		m.Blocks = append(m.Blocks, chat.Actions(c.Buttons...))
	}
	if more := len(others) - mostOthers; more > 0 {
		m.Blocks = append(m.Blocks, chat.Context(fmt.Sprintf("… and %d more. You are reminded of each.", more)))
	}
	return m
}

// mostOthers is how much else a list of leads shows: all of it has to fit into an
// acknowledgement.
const mostOthers = 2

func (l *Leads) ownLeads(leads []Lead, n int) chat.Message {
	if n == 0 {
		words := "You have no leads yet. Record one with `/lead assign Company, Contact https://…`, or here:"
		return chat.Message{Text: "You have no leads yet.", Blocks: append(chat.TextBlocks(words), chat.Actions(newButton()))}
	}
	head := fmt.Sprintf("Your leads: %d", n)
	blocks := append([]slack.Block{chat.Header(head)}, l.listBlocks(leads, leads[0].Owner)...)
	if n > len(leads) {
		blocks = append(blocks, chat.Context(fmt.Sprintf("The %d that changed last. `/lead NAME` finds the others.", len(leads))))
	}
	return chat.Message{Text: head + ". " + listText(leads), Blocks: append(blocks, chat.Actions(newButton()))}
}

func (l *Leads) foundMessage(words string, found []Lead) chat.Message {
	said := chat.EscapeInline(chat.Shorten(words, 80))
	if len(found) == 0 {
		text := "There is no lead called “" + said + "”."
		return chat.Message{Text: text, Blocks: append(chat.TextBlocks(text+" `/lead` lists yours, and this records a new one:"),
			chat.Actions(chat.Button(actionNew, chat.Shorten(words, 150), "New lead")))}
	}
	more := len(found) > listed
	found = found[:min(len(found), listed)]
	head := "Leads that match “" + said + "”"
	blocks := append(chat.TextBlocks("*"+head+"*"), l.listBlocks(found, "")...)
	if more {
		blocks = append(blocks, chat.Context("… and more. Type another word of the name."))
	}
	return chat.Message{Text: head + ": " + listText(found), Blocks: blocks}
}

func helpMessage() chat.Message {
	return chat.Say("`/lead` your leads · `/lead assign @rep Company, Contact https://…` records one and gives it to a rep; without a name it is yours · `/lead assign` the same as a form · `/lead NAME` finds one")
}

func (l *Leads) existsWords(lead Lead) string {
	return fmt.Sprintf("%s is there already: %s, %s. Same company and contact is the same lead; name another contact to record one beside it.",
		lead, l.ownerName(lead), lead.Status.Words())
}

// ownerName is for plain text, where mentions do not work.
func (l *Leads) ownerName(lead Lead) string {
	if name := l.Roster.NameOf(lead.Owner); name != "" {
		return "owned by " + name
	}
	return "owned by somebody else"
}

func (l *Leads) existsMessage(lead Lead) chat.Message {
	text := "*" + chat.EscapeInline(lead.String()) + "* is there already: " + l.line(lead, "") + ". Nothing was changed."
	return chat.Message{Text: text, Blocks: append(chat.TextBlocks(text), chat.Actions(
		chat.Button(actionOpen, lead.ID, "What is known"), chat.Button(actionReassign, lead.ID, "Reassign")))}
}

func (l *Leads) assignedMessage(lead Lead, by string) chat.Message {
	text := "*" + chat.EscapeInline(lead.String()) + "* is recorded and assigned to " + chat.Person(lead.Owner) + ", who gets a card in a direct message."
	if lead.Owner == by {
		text = "*" + chat.EscapeInline(lead.String()) + "* is recorded and yours. The card is in your direct messages with sopbot."
	}
	return chat.Message{Text: text, Blocks: chat.TextBlocks(text)}
}

// Clock is something about a lead that is to be done by a certain time, as its
// card shows it.
type Clock struct {
	Words   string // what, and by when: mrkdwn
	Buttons []slack.BlockElement
	Step    string // the name of the step that ends it, whose button it takes the place of; or ""
}

// card is the owner's card with the clocks that run.
func (l *Leads) card(tx *database.Tx, lead Lead, by string) (chat.Message, error) {
	var clocks []Clock
	if l.Clocks != nil && lead.Status != HandedOff && lead.Status != Accepted {
		var err error
		if clocks, err = l.Clocks(tx, lead); err != nil {
			return chat.Message{}, err
		}
	}
	knowing, err := l.knowing(tx, lead)
	return knowing.cardMessage(lead, by, clocks...), err
}

// knowing labels the steps by what is known of a lead: what was done once can be
// done again.
func (l *Leads) knowing(tx *database.Tx, lead Lead) (*Leads, error) {
	known, err := sourcesOf(tx, lead.ID)
	labelled := *l
	labelled.Steps = slices.Clone(l.Steps)
	for i, s := range labelled.Steps {
		if s.Again != "" && slices.Contains(known, s.From) {
			labelled.Steps[i].Label = s.Again
		}
	}
	return &labelled, err
}

// mostClocks is how many clocks a card shows; whoever has more sees them in
// their reminders.
const mostClocks = 5

// cardMessage is the owner's card; by is who assigned it, or "" where that is
// long ago.
func (l *Leads) cardMessage(lead Lead, by string, clocks ...Clock) chat.Message {
	name := "*" + chat.EscapeInline(lead.String()) + "*"
	head := "Your lead " + name
	switch {
	case by == lead.Owner:
		head = "You took on the lead " + name
	case by != "":
		head = chat.Person(by) + " gave you the lead " + name
	}
	facts := []string{lead.Status.Words(), "since " + chat.Moment(lead.CreatedAt, l.zone())}
	if lead.Website != "" {
		facts = append(facts, form.Value{Type: playbook.FieldURL, Text: lead.Website}.Mrkdwn(nil))
	}
	blocks := append(chat.TextBlocks(head), chat.Context(strings.Join(facts, " · ")))
	text := head + " (" + lead.Status.Words() + ")"
	ends := map[string]bool{}
	for _, c := range clocks[:min(len(clocks), mostClocks)] {
		text += "\n" + c.Words
		blocks = append(blocks, chat.TextBlocks(c.Words)...)
		blocks = append(blocks, chat.Actions(c.Buttons...))
		ends[c.Step] = true
	}
	buttons := []slack.BlockElement{chat.Button(actionOpen, lead.ID, "What is known")}
	if lead.Status != HandedOff && lead.Status != Accepted {
		for _, s := range l.Steps {
			if !ends[s.Name] {
				buttons = append(buttons, StepButton(s, lead.ID))
			}
		}
		buttons = append(buttons, l.CallButton(lead.ID), chat.Button(actionReassign, lead.ID, "Reassign"))
	}
	blocks = append(blocks, chat.Actions(buttons...))
	return chat.Message{Text: text, Blocks: blocks}
}

// passedOnMessage tells an owner who has it no longer, and takes the place of
// their card.
func (l *Leads) passedOnMessage(lead Lead, to, by string) chat.Message {
	text := "*" + chat.EscapeInline(lead.String()) + "* is " + chat.Person(to) + "’s now: reassigned by " + chat.Person(by) + ", " + chat.Moment(l.Now(), l.zone()) + "."
	return chat.Message{Text: text, Blocks: chat.TextBlocks(text)}
}

// optionWords describes a lead below its name in a select: plain text.
func (l *Leads) optionWords(lead Lead, person string) string {
	if lead.Owner == person {
		return "yours · " + lead.Status.Words()
	}
	return l.ownerName(lead) + " · " + lead.Status.Words()
}

var sourceWords = map[Source]string{SourceResearch: "From research", SourceQualification: "From qualification", SourceHandoff: "From the handoff"}

// leadView shows what is known of a lead, and what happened to it.
func (l *Leads) leadView(lead Lead, known Known, trail []entry, page int) slack.ModalViewRequest {
	blocks := []slack.Block{chat.Header(lead.String())}
	facts := []string{lead.Status.Words(), "owned by " + chat.Person(lead.Owner), "since " + chat.Moment(lead.CreatedAt, l.zone())}
	if lead.Website != "" {
		facts = append(facts, form.Value{Type: playbook.FieldURL, Text: lead.Website}.Mrkdwn(nil))
	}
	blocks = append(blocks, chat.Context(strings.Join(facts, " · ")))
	blocks = append(blocks, chat.Actions(l.CallButton(lead.ID), chat.Button(actionReassign, lead.ID, "Reassign")))
	labels := l.labels()
	for _, s := range []Source{SourceResearch, SourceQualification, SourceHandoff} {
		if len(known[s]) == 0 {
			continue
		}
		var text strings.Builder
		fmt.Fprintf(&text, "*%s*\n", sourceWords[s])
		for _, id := range inOrder(known[s], labels) {
			fmt.Fprintf(&text, "_%s_: %s\n", chat.EscapeInline(nameOf(id, labels)), chat.Unfenced(known[s][id].Value.Mrkdwn(l.zone())))
		}
		blocks = append(blocks, chat.TextBlocks(text.String())...)
	}
	if len(trail) > 0 {
		var text strings.Builder
		text.WriteString("*What happened*\n")
		for _, e := range trail {
			fmt.Fprintf(&text, "%s · %s · %s", chat.Moment(e.at, l.zone()), e.words(), chat.Person(e.person))
			if how := originWords[e.origin]; how != "" {
				text.WriteString(" · " + how)
			}
			text.WriteString("\n")
		}
		blocks = append(blocks, slack.NewDividerBlock())
		blocks = append(blocks, chat.TextBlocks(text.String())...)
	}
	return chat.Modal("", "Lead", "", "Close", "", chat.Leaf(blocks, page, actionTurn, lead.ID))
}

// inOrder are the fields of some facts as the playbook's pages have them.
func inOrder(facts map[string]Fact, labels map[string]label) []string {
	ids := slices.Sorted(maps.Keys(facts))
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(labels[a].at, labels[b].at) })
	return ids
}

func nameOf(field string, labels map[string]label) string {
	if name := labels[field].name; name != "" {
		return name
	}
	return strings.ReplaceAll(field, "_", " ")
}

// How much of research stands above a form: it must not push the form out of
// sight.
const mostFound, mostFoundValue = 8, 160

// foundBlocks shows what was found out, but for what is asked anyway.
func (l *Leads) foundBlocks(found map[string]Fact, asked []playbook.Field) []slack.Block {
	labels := l.labels()
	lines := []string{"*" + sourceWords[SourceResearch] + "*"}
	more := 0
	for _, id := range inOrder(found, labels) {
		if slices.ContainsFunc(asked, func(f playbook.Field) bool { return f.ID == id }) {
			continue
		}
		if len(lines) > mostFound {
			more++
			continue
		}
		value := chat.EscapeInline(chat.Shorten(strings.Join(strings.Fields(found[id].Show(l.zone())), " "), mostFoundValue))
		if found[id].Type == playbook.FieldUser {
			value = found[id].Mrkdwn(nil)
		}
		lines = append(lines, "_"+chat.EscapeInline(chat.Shorten(nameOf(id, labels), 75))+"_: "+value)
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more: see what is known of the lead.", more))
	}
	if len(lines) == 1 {
		return nil
	}
	return chat.TextBlocks(strings.Join(lines, "\n"))
}

// label is what a field is called, and where it stands among all.
type label struct {
	name string
	at   int
}

// labels are those of the playbook's forms and frameworks, by field.
func (l *Leads) labels() map[string]label {
	out := map[string]label{}
	put := func(id, name string) { out[id] = label{name, len(out) + 1} }
	for _, p := range l.Shelf.InForce().Pages {
		switch {
		case p.Form != nil:
			for _, f := range p.Form.Fields {
				put(f.ID, f.Label)
			}
		case p.Framework != nil:
			for _, c := range p.Framework.Criteria {
				put(c.ID, c.Label)
			}
			put(form.ScorecardPain, "Main pain")
		}
	}
	return out
}

// StepButton is the button of a step, for a lead.
func StepButton(s Step, lead string) *slack.ButtonBlockElement {
	return chat.Button(actionStep+":"+s.Name, lead, s.Label)
}
