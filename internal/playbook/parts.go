package playbook

import (
	"fmt"
	"strings"
	"unicode"
)

// Headings of the sections that are made from front matter.
var partHeadings = map[Part]string{
	PartEntry:    "Entry criteria",
	PartActions:  "Actions",
	PartAsk:      "Must-ask questions",
	PartCapture:  "Data to capture",
	PartExit:     "Exit criteria",
	PartCriteria: "Criteria",
	PartFields:   "Fields",
	PartReasons:  "Reasons to decline",
	PartTasks:    "Tasks",
}

// eventWords say what starts a clock.
var eventWords = map[Event]string{
	EventLeadAssigned:    "the lead is assigned",
	EventLeadQualified:   "the lead is qualified",
	EventHandoffSent:     "the handoff is sent",
	EventHandoffAccepted: "the handoff is accepted",
	EventCallHeld:        "the call",
	EventStageEntered:    "the deal enters the stage",
	EventWeekStarted:     "the week begins",
}

// Words says what the event is, as the end of "within 2 hours after …".
func (e Event) Words() string { return eventWords[e] }

// partSections writes a page's front matter out as sections, so that what
// the bot runs can also be found and read.
func partSections(p *Page, line func(key string) int) []Section {
	var out []Section
	add := func(part Part, heading, key string, lines []string) {
		if len(lines) == 0 {
			return
		}
		if heading == "" {
			heading = partHeadings[part]
		}
		text := strings.Join(lines, "\n")
		plain := strings.NewReplacer("**", "", "- ", "").Replace(text)
		out = append(out, Section{Level: 2, Heading: []string{heading}, Part: part, Markdown: text, Plain: plain, Line: line(key)})
	}
	switch {
	case p.Stage != nil:
		s := p.Stage
		add(PartEntry, "", "entry", itemLines(s.Entry))
		add(PartActions, "", "actions", actionLines(s.Actions))
		add(PartAsk, "", "ask", bullets(s.Ask))
		add(PartCapture, "", "capture", fieldLines(s.Capture))
		add(PartExit, "", "exit", itemLines(s.Exit))
	case p.Objection != nil:
		add(PartAsk, "Follow-up questions", "ask", bullets(p.Objection.Ask))
	case p.Framework != nil:
		var lines []string
		for _, c := range p.Framework.Criteria {
			l := "- **" + escapeMarkdown(c.Label) + "**"
			if c.Required {
				l += " (required)"
			}
			l += dash(c.Ask) + dash(c.Hint)
			lines = append(lines, l)
		}
		if len(lines) > 0 {
			lines = append(lines, "", fmt.Sprintf("At least %d of %d confirmed to pass.", p.Framework.Need, len(p.Framework.Criteria)))
		}
		add(PartCriteria, "", "criteria", lines)
	case p.Form != nil:
		add(PartFields, "", "fields", fieldLines(p.Form.Fields))
		var reasons []string
		for _, r := range p.Form.Reasons {
			reasons = append(reasons, r.Label)
		}
		add(PartReasons, "", "reasons", bullets(reasons))
	case p.Tool != nil:
		add(PartActions, "", "actions", actionLines(p.Tool.Actions))
	case p.Onboarding != nil:
		var tasks []string
		for _, t := range p.Onboarding.Tasks {
			tasks = append(tasks, t.Label)
		}
		add(PartTasks, "", "tasks", bullets(tasks))
	}
	return out
}

func dash(s string) string {
	if s == "" {
		return ""
	}
	return " — " + escapeMarkdown(s)
}

func bullets(texts []string) []string {
	var out []string
	for _, t := range texts {
		out = append(out, "- "+escapeMarkdown(t))
	}
	return out
}

func itemLines(items []Item) []string {
	var out []string
	for _, i := range items {
		out = append(out, "- **"+escapeMarkdown(i.Label)+"**"+dash(i.Ask))
	}
	return out
}

func fieldLines(fields []Field) []string {
	var out []string
	for _, f := range fields {
		l := "- **" + escapeMarkdown(f.Label) + "**"
		if f.Required {
			l += " (required)"
		}
		var options []string
		for _, o := range f.Options {
			options = append(options, o.Label)
		}
		if len(options) > 0 && len(options) <= 12 {
			l += ": " + escapeMarkdown(strings.Join(options, ", "))
		}
		out = append(out, l+dash(f.Hint))
	}
	return out
}

func actionLines(actions []Action) []string {
	var out []string
	for _, a := range actions {
		l := "- **" + escapeMarkdown(a.Label) + "**"
		if a.Timed() {
			l += " — within " + a.Within.Words() + " after " + a.On.Words()
		}
		out = append(out, l)
	}
	return out
}

// escapeMarkdown keeps text of the front matter plain inside Markdown. An
// underscore inside a word means nothing there, and stays: {{first_name}}.
func escapeMarkdown(s string) string {
	if !strings.ContainsAny(s, "\\`*_[]<>#|~\n") {
		return s
	}
	var b strings.Builder
	var before rune
	runes := []rune(s)
	for i, r := range runes {
		switch r {
		case '\\', '`', '*', '[', ']', '<', '>', '#', '|', '~':
			b.WriteByte('\\')
		case '_':
			if !isWord(before) || i+1 == len(runes) || !isWord(runes[i+1]) {
				b.WriteByte('\\')
			}
		case '\n':
			r = ' '
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
