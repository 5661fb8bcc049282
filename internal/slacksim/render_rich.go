package slacksim

import (
	"fmt"
	"strconv"
	"strings"
)

// dateTokens are the forms of <!date^…> that Slack knows, as Go layouts.
var dateTokens = map[string]string{
	"{date_num}": "2006-01-02", "{date}": "January 2, 2006", "{date_short}": "Jan 2, 2006", "{date_long}": "Monday, January 2, 2006",
	"{date_pretty}": "January 2, 2006", "{date_short_pretty}": "Jan 2, 2006", "{date_long_pretty}": "Monday, January 2, 2006",
	"{time}": "3:04 PM", "{time_secs}": "3:04:05 PM", "{day_divider_pretty}": "Monday, January 2",
}

// date shows <!date^1700000000^{date_short} at {time}|fallback> in the reader's zone.
func (r renderer) date(inner, fallback string) string {
	parts := strings.Split(inner, "^")
	if len(parts) < 3 {
		return fallback
	}
	unix, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return fallback
	}
	shown := parts[2]
	for token, layout := range dateTokens {
		shown = strings.ReplaceAll(shown, token, r.at(unix).Format(layout))
	}
	return shown
}

// rich shows the elements of a rich_text block.
func (r renderer) rich(elements []any) string {
	var lines []string
	for _, raw := range elements {
		e, _ := raw.(obj)
		switch text(e, "type") {
		case "rich_text_list":
			for i, item := range objects(e, "elements") {
				mark := "• "
				if text(e, "style") == "ordered" {
					mark = strconv.Itoa(i+1) + ". "
				}
				lines = append(lines, strings.Repeat("  ", indentOf(e))+mark+r.richLine(list(item, "elements")))
			}
		case "rich_text_quote":
			lines = append(lines, "> "+strings.ReplaceAll(r.richLine(list(e, "elements")), "\n", "\n> "))
		default:
			lines = append(lines, strings.TrimSuffix(r.richLine(list(e, "elements")), "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

func indentOf(e obj) int {
	n, _ := strconv.Atoi(text(e, "indent"))
	return n
}

func (r renderer) richLine(elements []any) string {
	var b strings.Builder
	for _, raw := range elements {
		e, _ := raw.(obj)
		switch text(e, "type") {
		case "text":
			b.WriteString(text(e, "text"))
		case "link":
			if shown := text(e, "text"); shown != "" {
				b.WriteString(shown + " (" + text(e, "url") + ")")
			} else {
				b.WriteString(text(e, "url"))
			}
		case "user":
			b.WriteString(r.entity("<@" + text(e, "user_id") + ">"))
		case "channel":
			b.WriteString(r.entity("<#" + text(e, "channel_id") + ">"))
		case "usergroup":
			b.WriteString(r.name(text(e, "usergroup_id")))
		case "broadcast":
			b.WriteString("@" + text(e, "range"))
		case "emoji":
			b.WriteString(":" + text(e, "name") + ":")
		case "date":
			b.WriteString(r.date("!date^"+text(e, "timestamp")+"^"+text(e, "format"), text(e, "fallback")))
		default:
			if inner := list(e, "elements"); inner != nil {
				b.WriteString(r.richLine(inner))
			}
		}
	}
	return b.String()
}

func (r renderer) table(b obj) string {
	lines := []string{}
	if caption := r.anyWords(b["caption"]); caption != "" {
		lines = append(lines, caption)
	}
	for _, raw := range list(b, "rows") {
		row, _ := raw.([]any)
		var cells []string
		for _, cell := range row {
			cells = append(cells, r.cell(cell))
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return strings.Join(lines, "\n")
}

// cell shows one cell of a table: raw_text, raw_number, rich_text or a text object.
func (r renderer) cell(v any) string {
	c, _ := v.(obj)
	if text(c, "type") == "rich_text" {
		return r.rich(list(c, "elements"))
	}
	if words := text(c, "text"); words != "" {
		return words
	}
	return text(c, "value")
}

func (r renderer) chart(b obj) string {
	lines := []string{"(chart: " + r.anyWords(b["title"]) + ")"}
	chart := object(b, "chart")
	for _, s := range objects(chart, "segments") {
		lines = append(lines, fmt.Sprintf("%s: %s", text(s, "label"), text(s, "value")))
	}
	for _, s := range objects(chart, "series") {
		var points []string
		for _, p := range objects(s, "data") {
			points = append(points, text(p, "label")+" "+text(p, "value"))
		}
		lines = append(lines, text(s, "name")+": "+strings.Join(points, ", "))
	}
	return strings.Join(lines, "\n")
}
