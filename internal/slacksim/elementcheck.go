package slacksim

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Where each element may stand, besides in the surfaces of its block.
var (
	inputElements   = "plain_text_input email_text_input url_text_input number_input rich_text_input file_input checkboxes radio_buttons datepicker timepicker datetimepicker static_select external_select users_select conversations_select channels_select multi_static_select multi_external_select multi_users_select multi_conversations_select multi_channels_select"
	elementsAllowed = map[string]string{
		"section":         "button image checkboxes radio_buttons overflow datepicker timepicker static_select external_select users_select conversations_select channels_select multi_static_select multi_external_select multi_users_select multi_conversations_select multi_channels_select workflow_button",
		"actions":         "button checkboxes radio_buttons overflow datepicker timepicker datetimepicker static_select external_select users_select conversations_select channels_select multi_static_select multi_external_select multi_users_select multi_conversations_select multi_channels_select rich_text_input workflow_button",
		"context_actions": "feedback_buttons icon_button",
		"input":           inputElements,
	}
	dateShape = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	timeShape = regexp.MustCompile(`^\d{2}:\d{2}$`)
)

func (c *checker) element(at string, e obj, block string) {
	kind := text(e, "type")
	if !slices.Contains(strings.Fields(elementsAllowed[block]), kind) {
		c.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	if kind == "file_input" && c.surface != "modal" {
		c.fail(at+"/type", "unsupported type: %s", kind)
	}
	c.size(at, e, "action_id", 255)
	if t := object(e, "confirm"); t != nil {
		c.confirm(at+"/confirm", t)
	}
	c.words(at, e, "placeholder", 150, plainText)
	pick := []string{"action_id", "confirm", "focus_on_load", "placeholder"}
	typed := []string{"action_id", "dispatch_action_config", "focus_on_load", "initial_value", "placeholder"}
	switch kind {
	case "image":
		c.keys(at, e, "image_url", "slack_file", "alt_text")
		c.picture(at, e)
	case "button":
		c.keys(at, e, "action_id", "text", "url", "value", "style", "confirm", "accessibility_label")
		c.words(at, e, "text", 75, plainText, required)
		c.size(at, e, "value", 2000)
		c.size(at, e, "url", 3000)
		c.size(at, e, "accessibility_label", 75)
		if style := text(e, "style"); e["style"] != nil && style != "primary" && style != "danger" {
			c.fail(at+"/style", "must be one of primary, danger")
		}
	case "plain_text_input":
		c.keys(at, e, append(typed, "multiline", "min_length", "max_length")...)
		c.between(at, e, "min_length", 0, 3000)
		c.between(at, e, "max_length", 1, 3000)
		c.size(at, e, "initial_value", 3000)
	case "email_text_input", "url_text_input":
		c.keys(at, e, typed...)
	case "number_input":
		c.keys(at, e, append(typed, "is_decimal_allowed", "min_value", "max_value")...)
		c.need(at, e, "is_decimal_allowed")
		for _, key := range []string{"min_value", "max_value", "initial_value"} {
			if v, given := e[key]; given {
				if _, isText := v.(string); !isText {
					c.fail(at+"/"+key, "must be a string")
				}
			}
		}
	case "rich_text_input":
		c.keys(at, e, append(typed, "min_lines", "max_lines")...)
	case "file_input":
		c.keys(at, e, "action_id", "filetypes", "max_files")
		c.between(at, e, "max_files", 1, 10)
	case "datepicker":
		c.keys(at, e, append(pick, "initial_date")...)
		c.shaped(at, e, "initial_date", dateShape)
	case "timepicker":
		c.keys(at, e, append(pick, "initial_time", "timezone")...)
		c.shaped(at, e, "initial_time", timeShape)
	case "datetimepicker":
		c.keys(at, e, "action_id", "confirm", "focus_on_load", "initial_date_time")
		if raw := text(e, "initial_date_time"); raw != "" && len(raw) != 10 {
			c.fail(at+"/initial_date_time", "must be a number of 10 digits")
		}
	case "feedback_buttons", "icon_button", "workflow_button":
	default:
		c.choice(at, e, kind, pick)
	}
}

// choice checks everything that offers options or people or channels.
func (c *checker) choice(at string, e obj, kind string, pick []string) {
	multi := strings.HasPrefix(kind, "multi_")
	if multi {
		pick = append(pick, "max_selected_items")
		c.between(at, e, "max_selected_items", 1, 100)
	}
	switch strings.TrimPrefix(kind, "multi_") {
	case "static_select":
		c.keys(at, e, append(pick, "options", "option_groups", "initial_option", "initial_options")...)
		if (e["options"] == nil) == (e["option_groups"] == nil) {
			c.fail(at, "must define either `options` or `option_groups`")
		}
		c.optionLists(at, e, 1, 100)
		c.initial(at, e)
	case "external_select":
		c.keys(at, e, append(pick, "min_query_length", "initial_option", "initial_options")...)
	case "users_select":
		c.keys(at, e, append(pick, "initial_user", "initial_users")...)
	case "channels_select":
		c.keys(at, e, append(pick, "initial_channel", "initial_channels", "response_url_enabled")...)
	case "conversations_select":
		c.keys(at, e, append(pick, "initial_conversation", "initial_conversations", "default_to_current_conversation", "response_url_enabled", "filter")...)
	case "overflow":
		c.keys(at, e, "action_id", "options", "confirm")
		c.optionList(at, e, 1, 5, true)
	case "checkboxes", "radio_buttons":
		c.keys(at, e, "action_id", "options", "initial_options", "initial_option", "confirm", "focus_on_load")
		c.optionList(at, e, 1, 10, false)
		c.initial(at, e)
	}
	if truth(e, "response_url_enabled") && (c.surface != "modal" || multi) {
		c.fail(at+"/response_url_enabled", "only allowed in modals")
	}
}

func (c *checker) optionLists(at string, e obj, least, most int) {
	if e["options"] != nil {
		c.optionList(at, e, least, most, false)
	}
	c.items(at, e, "option_groups", 0, 100, func(at string, g obj) {
		c.keys(at, g, "label", "options")
		c.words(at, g, "label", 75, plainText, required)
		c.optionList(at, g, least, most, false)
	})
}

func (c *checker) optionList(at string, e obj, least, most int, overflow bool) {
	kind := text(e, "type")
	marked := kind == "checkboxes" || kind == "radio_buttons"
	c.items(at, e, "options", least, most, func(at string, o obj) { c.option(at, o, marked, overflow) })
}

func (c *checker) option(at string, o obj, marked, overflow bool) {
	kind := plainText
	if marked {
		kind = anyText // checkboxes and radio buttons may use mrkdwn
	}
	c.keys(at, o, "text", "value", "description", "url")
	c.words(at, o, "text", 75, kind, required)
	c.words(at, o, "description", 75, kind)
	c.size(at, o, "value", 150)
	if text(o, "value") == "" && !(overflow && text(o, "url") != "") {
		c.fail(at, "missing required field: value")
	}
	c.size(at, o, "url", 3000)
	if o["url"] != nil && !overflow {
		c.fail(at, "invalid additional property: url")
	}
}

// initial refuses an initial option that is not among the options.
func (c *checker) initial(at string, e obj) {
	var offered []string
	collect := func(options []obj) {
		for _, o := range options {
			offered = append(offered, text(o, "value")+"\x00"+label(o, "text"))
		}
	}
	collect(objects(e, "options"))
	for _, g := range objects(e, "option_groups") {
		collect(objects(g, "options"))
	}
	check := func(at string, v any) {
		o, ok := v.(obj)
		switch {
		case !ok:
			c.fail(at, "must provide an object")
		case !slices.Contains(offered, text(o, "value")+"\x00"+label(o, "text")):
			c.fail(at, "initial option must be one of the options")
		}
	}
	if v, given := e["initial_option"]; given {
		check(at+"/initial_option", v)
	}
	if v, given := e["initial_options"]; given {
		l, ok := v.([]any)
		if !ok || len(l) == 0 {
			c.fail(at+"/initial_options", "no fewer than 1 items allowed")
		}
		for i, o := range l {
			check(at+"/initial_options/"+strconv.Itoa(i), o)
		}
	}
}

func (c *checker) confirm(at string, t obj) {
	c.keys(at, t, "title", "text", "confirm", "deny", "style")
	c.words(at, t, "title", 100, plainText, required)
	c.words(at, t, "text", 300, anyText, required)
	c.words(at, t, "confirm", 30, plainText, required)
	c.words(at, t, "deny", 30, plainText, required)
}

func (c *checker) between(at string, o obj, key string, low, high int) {
	raw, given := o[key]
	if !given {
		return
	}
	n, err := strconv.Atoi(text(o, key))
	if _, isText := raw.(string); isText || err != nil || n < low || n > high {
		c.fail(at+"/"+key, "must be a number between %d and %d", low, high)
	}
}

func (c *checker) shaped(at string, o obj, key string, shape *regexp.Regexp) {
	if v := text(o, key); o[key] != nil && !shape.MatchString(v) {
		c.fail(at+"/"+key, "does not match the format %s", shape)
	}
}

// richBlock checks tables, charts, cards and containers.
func (c *checker) richBlock(kind, at string, b obj) {
	switch kind {
	case "table", "data_table":
		c.table(kind, at, b)
	case "data_visualization":
		if c.charts++; c.charts > 2 {
			c.fail(at, "no more than 2 data_visualization blocks allowed")
		}
		c.chart(at, b)
	case "card":
		c.words(at, b, "title", 150, anyText)
		c.words(at, b, "subtitle", 150, anyText)
		c.words(at, b, "body", 200, anyText)
		c.words(at, b, "subtext", 200, anyText)
		c.items(at, b, "actions", 0, 3, func(at string, e obj) { c.element(at, e, "actions") })
		if b["icon"] != nil && b["slack_icon"] != nil {
			c.fail(at, "must define either `icon` or `slack_icon`")
		}
	case "carousel":
		c.items(at, b, "elements", 1, 10, func(at string, card obj) { c.block(at, card) })
	case "container":
		c.words(at, b, "title", 150, plainText)
		c.words(at, b, "subtitle", 150, plainText)
		c.items(at, b, "child_blocks", 1, 10, func(at string, child obj) {
			if !slices.Contains(strings.Fields("actions context divider file header image input rich_text section table video"), text(child, "type")) {
				c.fail(at+"/type", "unsupported type: %s", text(child, "type"))
				return
			}
			c.block(at, child)
		})
	}
}

func (c *checker) table(kind, at string, b obj) {
	least, mostRows, mostCells, mostText := 1, 100, 20, 10000
	if kind == "data_table" {
		least, mostRows, mostText = 2, 201, 20000
		c.need(at, b, "caption")
		c.between(at, b, "page_size", 1, 100)
	} else if n := len(list(b, "column_settings")); n > 20 {
		c.fail(at+"/column_settings", "no more than 20 items allowed")
	}
	rows := list(b, "rows")
	switch {
	case len(rows) < least:
		c.fail(at+"/rows", "no fewer than %d items allowed", least)
	case len(rows) > mostRows:
		c.fail(at+"/rows", "no more than %d items allowed", mostRows)
	}
	for i, raw := range rows {
		row, ok := raw.([]any)
		here := at + "/rows/" + strconv.Itoa(i)
		switch {
		case !ok:
			c.fail(here, "must provide an array")
		case len(row) > mostCells:
			c.fail(here, "no more than %d items allowed", mostCells)
		}
		for _, cell := range row {
			c.cells += utf8.RuneCountInString((renderer{plain: true}).cell(cell))
		}
	}
	if c.cells > mostText {
		c.fail(at, "must be less than %d characters", mostText+1)
	}
}

func (c *checker) chart(at string, b obj) {
	c.size(at, b, "title", 50)
	if v := b["title"]; v == nil {
		c.fail(at, "missing required field: title")
	}
	chart := object(b, "chart")
	if chart == nil {
		c.fail(at, "missing required field: chart")
		return
	}
	at += "/chart"
	switch kind := text(chart, "type"); kind {
	case "pie":
		c.items(at, chart, "segments", 1, 12, func(at string, s obj) { c.size(at, s, "label", 20); c.need(at, s, "label", "value") })
	case "line", "bar", "area":
		names := map[string]bool{}
		axis := object(chart, "axis_config")
		categories := stringsOf(list(axis, "categories"))
		c.size(at+"/axis_config", axis, "x_label", 50)
		c.size(at+"/axis_config", axis, "y_label", 50)
		c.items(at, chart, "series", 1, 12, func(at string, s obj) {
			c.size(at, s, "name", 20)
			if names[text(s, "name")] {
				c.fail(at+"/name", "must be unique")
			}
			names[text(s, "name")] = true
			var labels []string
			c.items(at, s, "data", 1, 20, func(at string, p obj) { c.size(at, p, "label", 20); labels = append(labels, text(p, "label")) })
			if len(categories) > 0 && !slices.Equal(labels, categories) {
				c.fail(at+"/data", "labels must equal the categories")
			}
		})
	default:
		c.fail(at+"/type", "unsupported type: %s", kind)
	}
}

// blocksTextLength counts the letters of all blocks together: Slack refuses
// messages from about 13,200 on.
func blocksTextLength(blocks []any) int {
	total := 0
	var count func(v any)
	count = func(v any) {
		switch v := v.(type) {
		case obj:
			if words, ok := v["text"].(string); ok {
				total += utf8.RuneCountInString(words)
			}
			for _, inner := range v {
				count(inner)
			}
		case []any:
			for _, inner := range v {
				count(inner)
			}
		}
	}
	count(blocks)
	return total
}
