package slacksim

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// renderer turns messages and views into plain text, as a person would read
// them aloud: markup and IDs become what they show, [Buttons] stand in
// brackets.
type renderer struct {
	s     *Server // for names; nil = IDs stay
	zone  *time.Location
	state stateValues       // what is picked or typed, in views
	wrong map[string]string // errors at fields
	plain bool              // words only: no marks for buttons and fields
}

// RenderMessage turns a message, given as JSON ({text, blocks, attachments}),
// into plain text with [Button] marks. Names come from the server's people;
// dates are shown in zone (nil = UTC).
func (s *Server) RenderMessage(message []byte, zone *time.Location) (string, error) {
	v, err := decode(message)
	o, ok := v.(obj)
	switch {
	case err != nil:
		return "", fmt.Errorf("render message: %w", err)
	case !ok:
		return "", fmt.Errorf("render message: not a JSON object")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return renderer{s: s, zone: zone}.message(text(o, "text"), list(o, "blocks"), list(o, "attachments")), nil
}

// RenderView does the same for a modal or Home tab, given as the JSON of
// views.open, with what its fields start with.
func (s *Server) RenderView(view []byte, zone *time.Location) (string, error) {
	v, err := decode(view)
	o, ok := v.(obj)
	switch {
	case err != nil:
		return "", fmt.Errorf("render view: %w", err)
	case !ok:
		return "", fmt.Errorf("render view: not a JSON object")
	}
	o["blocks"] = settleBlocks(list(o, "blocks"))
	s.mu.Lock()
	defer s.mu.Unlock()
	return renderer{s: s, zone: zone, state: stateOf(list(o, "blocks"))}.view(o), nil
}

// message is what one sees: the blocks if there are any, else the text.
func (r renderer) message(words string, blocks, attachments []any) string {
	var parts []string
	if len(blocks) > 0 {
		parts = append(parts, r.blocks(blocks))
	} else if words != "" {
		parts = append(parts, r.mrkdwn(words))
	}
	for _, raw := range attachments {
		a, _ := raw.(obj)
		if inner := list(a, "blocks"); len(inner) > 0 {
			parts = append(parts, r.blocks(inner))
			continue
		}
		for _, key := range []string{"pretext", "title", "text"} {
			if t := text(a, key); t != "" {
				parts = append(parts, r.mrkdwn(t))
			}
		}
	}
	return strings.Join(parts, "\n")
}

func (r renderer) view(def obj) string {
	var b strings.Builder
	if title := label(def, "title"); title != "" {
		b.WriteString("== " + title + " ==\n")
	}
	b.WriteString(r.blocks(list(def, "blocks")))
	var buttons []string
	for _, key := range []string{"close", "submit"} {
		if words := label(def, key); words != "" {
			buttons = append(buttons, "["+words+"]")
		}
	}
	if len(buttons) > 0 {
		b.WriteString("\n" + strings.Join(buttons, " "))
	}
	return b.String()
}

func (r renderer) blocks(blocks []any) string {
	var lines []string
	for _, raw := range blocks {
		block, ok := raw.(obj)
		if !ok {
			continue
		}
		if shown := r.block(block); shown != "" {
			lines = append(lines, shown)
		}
	}
	return strings.Join(lines, "\n")
}

func (r renderer) block(b obj) string {
	switch text(b, "type") {
	case "section":
		parts := []string{r.words(object(b, "text"))}
		for _, f := range objects(b, "fields") {
			parts = append(parts, r.words(f))
		}
		if e := object(b, "accessory"); e != nil {
			parts = append(parts, r.element(b, e))
		}
		return joined("\n", parts)
	case "header", "alert":
		return r.words(object(b, "text"))
	case "divider":
		if r.plain {
			return ""
		}
		return "---"
	case "image":
		return joined("\n", []string{r.words(object(b, "title")), "(image: " + text(b, "alt_text") + ")"})
	case "context":
		var parts []string
		for _, e := range objects(b, "elements") {
			if text(e, "type") == "image" {
				parts = append(parts, "("+text(e, "alt_text")+")")
			} else {
				parts = append(parts, r.words(e))
			}
		}
		return joined(" · ", parts)
	case "actions", "context_actions":
		var parts []string
		for _, e := range objects(b, "elements") {
			parts = append(parts, r.element(b, e))
		}
		return joined(" ", parts)
	case "input":
		return r.input(b)
	case "markdown":
		return text(b, "text")
	case "rich_text":
		return r.rich(list(b, "elements"))
	case "table", "data_table":
		return r.table(b)
	case "data_visualization":
		return r.chart(b)
	case "card":
		parts := []string{r.anyWords(b["title"]), r.anyWords(b["subtitle"]), r.anyWords(b["body"]), r.anyWords(b["subtext"])}
		for _, e := range objects(b, "actions") {
			parts = append(parts, r.element(b, e))
		}
		return joined("\n", parts)
	case "carousel":
		return r.blocks(list(b, "elements"))
	case "container":
		return joined("\n", []string{r.anyWords(b["title"]), r.anyWords(b["subtitle"]), r.blocks(list(b, "child_blocks"))})
	case "video":
		return joined("\n", []string{r.words(object(b, "title")), "(video: " + text(b, "alt_text") + ")"})
	}
	return r.anyWords(b["title"])
}

func joined(by string, parts []string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, by)
}

func (r renderer) words(t obj) string {
	if text(t, "type") == "mrkdwn" {
		return r.mrkdwn(text(t, "text"))
	}
	return text(t, "text")
}

func (r renderer) anyWords(v any) string {
	switch v := v.(type) {
	case obj:
		return r.words(v)
	case string:
		return v
	}
	return ""
}

// element shows something usable: [Button], [Menu: first | second].
func (r renderer) element(b, e obj) string {
	if r.plain {
		return ""
	}
	switch kind := text(e, "type"); kind {
	case "image":
		return "(image: " + text(e, "alt_text") + ")"
	case "button", "workflow_button", "icon_button":
		return "[" + label(e, "text") + "]"
	case "feedback_buttons":
		return "[" + label(object(e, "positive_button"), "text") + "] [" + label(object(e, "negative_button"), "text") + "]"
	case "overflow":
		return "[… " + strings.Join(optionLabels(e), " | ") + "]"
	default:
		shown := r.value(r.state[text(b, "block_id")][text(e, "action_id")], kind)
		if shown == "" {
			shown = label(e, "placeholder")
		}
		if options := optionLabels(e); len(options) > 0 {
			return "[" + joined(": ", []string{shown, strings.Join(options, " | ")}) + "]"
		}
		return "[" + shown + "]"
	}
}

func optionLabels(e obj) []string {
	var labels []string
	for _, o := range allOptions(e) {
		labels = append(labels, label(o, "text"))
	}
	return labels
}

// allOptions are the options of an element, those in groups too.
func allOptions(e obj) []obj {
	options := objects(e, "options")
	for _, g := range objects(e, "option_groups") {
		options = append(options, objects(g, "options")...)
	}
	return options
}

func (r renderer) input(b obj) string {
	e := object(b, "element")
	line := label(b, "label")
	if r.plain {
		return line
	}
	if !truth(b, "optional") {
		line += " *"
	}
	value := r.value(r.state[text(b, "block_id")][text(e, "action_id")], text(e, "type"))
	line += ": " + value
	if value == "" {
		line += "[" + joined(": ", []string{label(e, "placeholder"), strings.Join(optionLabels(e), " | ")}) + "]"
	}
	if hint := label(b, "hint"); hint != "" {
		line += "\n  (" + hint + ")"
	}
	if wrong := r.wrong[text(b, "block_id")]; wrong != "" {
		line += "\n  ! " + wrong
	}
	return line
}

// value shows what is typed or picked.
func (r renderer) value(v obj, kind string) string {
	key, _ := valueKey(kind)
	switch got := v[key].(type) {
	case obj:
		if key == "rich_text_value" {
			return r.rich(list(got, "elements"))
		}
		return label(got, "text")
	case []any:
		var names []string
		for _, item := range got {
			if o, ok := item.(obj); ok {
				names = append(names, label(o, "text"))
			} else {
				names = append(names, r.name(fmt.Sprint(item)))
			}
		}
		return strings.Join(names, ", ")
	case string:
		if strings.HasPrefix(key, "selected_") {
			return r.name(got)
		}
		return got
	}
	if key == "selected_date_time" {
		if at, err := strconv.ParseInt(text(v, key), 10, 64); err == nil {
			return r.at(at).Format("2006-01-02 15:04")
		}
	}
	return text(v, key)
}

func (r renderer) at(unix int64) time.Time {
	if r.zone == nil {
		return time.Unix(unix, 0).UTC()
	}
	return time.Unix(unix, 0).In(r.zone)
}

// name shows an ID as @handle or #channel.
func (r renderer) name(id string) string {
	if r.s == nil {
		return id
	}
	if m := r.s.members[id]; m != nil {
		return "@" + m.Handle
	}
	if room := r.s.rooms[id]; room != nil && room.Name != "" {
		return "#" + room.Name
	}
	for _, g := range r.s.groups {
		if g.ID == id {
			return "@" + g.Handle
		}
	}
	return id
}

var (
	anyEntity = regexp.MustCompile(`<[@#!]?[^<>\s][^<>]*>`)
	emphasis  = []*regexp.Regexp{
		regexp.MustCompile(`(^|[\s(\[{"'>.,:;/-])\*([^\s*](?:[^*\n]*[^\s*])?)\*($|[\s)\]}"'<.,:;!?/-])`),
		regexp.MustCompile(`(^|[\s(\[{"'>.,:;/-])_([^\s_](?:[^_\n]*[^\s_])?)_($|[\s)\]}"'<.,:;!?/-])`),
		regexp.MustCompile(`(^|[\s(\[{"'>.,:;/-])~([^\s~](?:[^~\n]*[^\s~])?)~($|[\s)\]}"'<.,:;!?/-])`),
	}
)

// mrkdwn shows Slack's markup as text: entities become names, marks of
// emphasis go away.
func (r renderer) mrkdwn(words string) string {
	// Neighbouring spans share the letter between them, hence twice.
	for range 2 {
		for _, mark := range emphasis {
			words = mark.ReplaceAllString(words, "$1$2$3")
		}
	}
	words = anyEntity.ReplaceAllStringFunc(words, r.entity)
	words = strings.ReplaceAll(words, "```", "")
	return unescape(words)
}

func unescape(words string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(words)
}

func (r renderer) entity(e string) string {
	inner, shown, labelled := strings.Cut(strings.Trim(e, "<>"), "|")
	switch {
	case strings.HasPrefix(inner, "@"), strings.HasPrefix(inner, "#"):
		if name := r.name(inner[1:]); name != inner[1:] {
			return name
		}
		if labelled {
			return inner[:1] + strings.TrimLeft(shown, "@#")
		}
		return inner
	case strings.HasPrefix(inner, "!subteam^"):
		return r.name(strings.TrimPrefix(inner, "!subteam^"))
	case strings.HasPrefix(inner, "!date^"):
		return r.date(inner, shown)
	case strings.HasPrefix(inner, "!"):
		return "@" + inner[1:]
	case labelled:
		return shown + " (" + inner + ")"
	}
	return inner
}
