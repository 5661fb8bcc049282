package slacksim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// checker judges Block Kit by Slack's published limits and says what is wrong
// in Slack's words, with JSON pointers. Sources: the Block Kit reference pages
// and the error texts in public issue threads of Slack's SDKs.
type checker struct {
	surface  string // message, modal or home
	problems []string
	blockIDs map[string]bool
	submit   bool // the modal has a submit button
	markdown int  // letters in markdown blocks
	cells    int  // letters in tables
	charts   int
	file     func(id string) bool // is there such an uploaded file?
}

func (c *checker) fail(at, format string, args ...any) {
	c.problems = append(c.problems, fmt.Sprintf(format, args...)+" [json-pointer:"+at+"]")
}

func (s *Server) newChecker(surface string) *checker {
	return &checker{surface: surface, blockIDs: map[string]bool{}, file: func(id string) bool {
		f := s.files[id]
		return f != nil && f.complete
	}}
}

func (s *Server) checkMessage(blocks []any) []string {
	c := s.newChecker("message")
	c.blocks("/blocks", blocks, 50)
	return c.problems
}

func (s *Server) checkAttachment(blocks []any, n int) []string {
	c := s.newChecker("message")
	c.blocks(fmt.Sprintf("/attachments/%d/blocks", n), blocks, 50)
	return c.problems
}

func (s *Server) checkView(def obj, kind string) []string {
	c := s.newChecker(text(def, "type"))
	const at = "/view"
	switch c.surface {
	case "modal":
		c.keys(at, def, "title", "submit", "close", "blocks", "private_metadata", "callback_id", "external_id", "clear_on_close", "notify_on_close", "submit_disabled")
		c.words(at, def, "title", 24, plainText, required)
		c.words(at, def, "submit", 24, plainText)
		c.words(at, def, "close", 24, plainText)
		c.submit = object(def, "submit") != nil
	case "home":
		c.keys(at, def, "blocks", "private_metadata", "callback_id", "external_id", "title", "submit", "close", "clear_on_close", "notify_on_close")
	default:
		c.fail(at+"/type", "unsupported type: %s", c.surface)
		return c.problems
	}
	if kind != "" && kind != c.surface {
		c.fail(at+"/type", "must be %s", kind)
	}
	c.size(at, def, "private_metadata", 3000)
	c.size(at, def, "callback_id", 255)
	c.size(at, def, "external_id", 255)
	blocks, ok := def["blocks"].([]any)
	if !ok {
		c.fail(at, "missing required field: blocks")
	}
	c.blocks(at+"/blocks", blocks, 100)
	return c.problems
}

// checkSuggestions judges the answer to a block_suggestion.
func checkSuggestions(payload obj) []string {
	c := &checker{}
	_, plain := payload["options"].([]any)
	_, grouped := payload["option_groups"].([]any)
	if !plain && !grouped {
		c.fail("", "must define either `options` or `option_groups`")
	}
	c.optionLists("", payload, 0, 100)
	return c.problems
}

const (
	plainText = "plain_text"
	anyText   = "any"
	required  = "required"
)

// keys refuses properties that the thing does not have.
func (c *checker) keys(at string, o obj, allowed ...string) {
	for _, k := range sortedKeys(o) {
		if k != "type" && !slices.Contains(allowed, k) {
			c.fail(at, "invalid additional property: %s", k)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	var ks []string
	for k := range m {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	return ks
}

func (c *checker) size(at string, o obj, key string, most int) {
	v, given := o[key]
	if !given || v == nil {
		return
	}
	t, ok := v.(string)
	if !ok {
		c.fail(at+"/"+key, "must be a string")
		return
	}
	if utf8.RuneCountInString(t) > most {
		c.fail(at+"/"+key, "must be less than %d characters", most+1)
	}
}

func (c *checker) need(at string, o obj, keys ...string) {
	for _, key := range keys {
		if o[key] == nil {
			c.fail(at, "missing required field: %s", key)
		}
	}
}

// words checks a text object: its kind, and 1 to most characters.
func (c *checker) words(at string, o obj, key string, most int, kind string, flags ...string) {
	v, given := o[key]
	if !given || v == nil {
		if slices.Contains(flags, required) {
			c.fail(at, "missing required field: %s", key)
		}
		return
	}
	t, ok := v.(obj)
	if !ok {
		c.fail(at+"/"+key, "must provide an object")
		return
	}
	c.wordsObject(at+"/"+key, t, most, kind)
}

func (c *checker) wordsObject(at string, t obj, most int, kind string) {
	switch is := text(t, "type"); {
	case is == "plain_text":
		c.keys(at, t, "text", "emoji")
	case is == "mrkdwn" && kind == anyText:
		c.keys(at, t, "text", "verbatim")
	case is == "mrkdwn":
		c.fail(at+"/type", "must be plain_text")
	default:
		c.fail(at+"/type", "unsupported type: %s", is)
	}
	words, ok := t["text"].(string)
	switch n := utf8.RuneCountInString(words); {
	case !ok:
		c.fail(at, "missing required field: text")
	case n == 0:
		c.fail(at+"/text", "must be more than 0 characters")
	case n > most:
		c.fail(at+"/text", "must be less than %d characters", most+1)
	}
}

// items checks a list's length and gives its objects with their pointers.
func (c *checker) items(at string, o obj, key string, least, most int, each func(at string, item obj)) {
	v, given := o[key]
	if !given {
		if least > 0 {
			c.fail(at, "missing required field: %s", key)
		}
		return
	}
	l, ok := v.([]any)
	at += "/" + key
	switch {
	case !ok:
		c.fail(at, "must provide an array")
		return
	case len(l) > most:
		c.fail(at, "no more than %d items allowed", most)
		return
	case len(l) < least:
		c.fail(at, "no fewer than %d items allowed", least)
	}
	for i, item := range l {
		here := fmt.Sprintf("%s/%d", at, i)
		m, ok := item.(obj)
		if !ok {
			c.fail(here, "must provide an object")
			continue
		}
		if each != nil {
			each(here, m)
		}
	}
}

func (c *checker) blocks(at string, blocks []any, most int) {
	if len(blocks) > most {
		c.fail(at, "no more than %d items allowed", most)
		return
	}
	for i, raw := range blocks {
		here := fmt.Sprintf("%s/%d", at, i)
		block, ok := raw.(obj)
		if !ok {
			c.fail(here, "must provide an object")
			continue
		}
		c.block(here, block)
	}
}

// surfaces are where each block may stand.
var surfaces = map[string]string{
	"section": "message modal home", "divider": "message modal home", "header": "message modal home", "image": "message modal home",
	"context": "message modal home", "actions": "message modal home", "input": "message modal home", "rich_text": "message modal home",
	"video": "message modal home", "file": "message", "markdown": "message", "table": "message home", "data_table": "message home",
	"data_visualization": "message home", "card": "message", "carousel": "message", "container": "message home", "alert": "modal",
	"context_actions": "message", "task_card": "message", "plan": "message", "layout": "message home",
}

func (c *checker) block(at string, b obj) {
	kind := text(b, "type")
	if !slices.Contains(strings.Fields(surfaces[kind]), c.surface) {
		c.fail(at+"/type", "unsupported type: %s", kind)
		return
	}
	c.size(at, b, "block_id", 255)
	if id := text(b, "block_id"); id != "" {
		if c.blockIDs[id] {
			c.fail(at+"/block_id", "`block_id` %q already exists", id)
		}
		c.blockIDs[id] = true
	}
	c.blockOf(kind, at, b)
	seen := map[string]bool{}
	for _, e := range elementsOf(b) {
		if id := text(e, "action_id"); id != "" {
			if seen[id] {
				c.fail(at, "`action_id` %q already exists for block_id %q", id, text(b, "block_id"))
			}
			seen[id] = true
		}
	}
}

func (c *checker) blockOf(kind, at string, b obj) {
	switch kind {
	case "section":
		c.keys(at, b, "block_id", "text", "fields", "accessory", "expand")
		if b["text"] == nil && len(list(b, "fields")) == 0 {
			c.fail(at, "must define either `text` or `fields`")
		}
		c.words(at, b, "text", 3000, anyText)
		c.items(at, b, "fields", 0, 10, func(at string, f obj) { c.wordsObject(at, f, 2000, anyText) })
		if e := object(b, "accessory"); e != nil {
			c.element(at+"/accessory", e, "section")
		}
	case "divider":
		c.keys(at, b, "block_id")
	case "header":
		c.keys(at, b, "block_id", "text", "level")
		c.words(at, b, "text", 150, plainText, required)
	case "image":
		c.keys(at, b, "block_id", "image_url", "slack_file", "alt_text", "title")
		c.words(at, b, "title", 2000, plainText)
		c.picture(at, b)
	case "context":
		c.keys(at, b, "block_id", "elements")
		c.items(at, b, "elements", 1, 10, func(at string, e obj) {
			if text(e, "type") == "image" {
				c.keys(at, e, "image_url", "slack_file", "alt_text")
				c.picture(at, e)
				return
			}
			c.wordsObject(at, e, 3000, anyText)
		})
	case "actions", "context_actions":
		c.keys(at, b, "block_id", "elements")
		most := 25
		if kind == "context_actions" {
			most = 5
		}
		c.items(at, b, "elements", 1, most, func(at string, e obj) { c.element(at, e, kind) })
	case "input":
		c.input(at, b)
	case "markdown":
		c.keys(at, b, "block_id", "text")
		c.need(at, b, "text")
		c.markdown += utf8.RuneCountInString(text(b, "text"))
		if c.markdown > 12000 {
			c.fail(at+"/text", "must be less than 12001 characters")
		}
	case "rich_text":
		c.keys(at, b, "block_id", "elements")
		c.items(at, b, "elements", 0, 10000, func(at string, e obj) {
			if !slices.Contains([]string{"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}, text(e, "type")) {
				c.fail(at+"/type", "unsupported type: %s", text(e, "type"))
			}
		})
	case "video":
		c.keys(at, b, "block_id", "alt_text", "author_name", "description", "provider_icon_url", "provider_name", "title", "title_url", "thumbnail_url", "video_url")
		c.need(at, b, "alt_text", "thumbnail_url", "video_url")
		c.words(at, b, "title", 199, plainText, required)
		c.words(at, b, "description", 199, plainText)
		c.size(at, b, "author_name", 49)
	case "file":
		c.keys(at, b, "block_id", "external_id", "source", "file_id", "file")
	case "alert":
		c.keys(at, b, "block_id", "text", "level")
		c.words(at, b, "text", 200, anyText, required)
	case "task_card", "plan":
		c.need(at, b, "title")
	default:
		c.richBlock(kind, at, b)
	}
}

func (c *checker) picture(at string, b obj) {
	c.need(at, b, "alt_text")
	c.size(at, b, "alt_text", 2000)
	c.size(at, b, "image_url", 3000)
	slackFile := object(b, "slack_file")
	url := text(b, "image_url")
	switch {
	case (url == "") == (slackFile == nil):
		c.fail(at, "must define either `image_url` or `slack_file`")
	case slackFile != nil:
		if id := text(slackFile, "id"); id == "" && text(slackFile, "url") == "" || id != "" && c.file != nil && !c.file(id) {
			c.fail(at+"/slack_file", "invalid slack file")
		}
	case !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://"), strings.Contains(url, "://127."), strings.Contains(url, "://localhost"):
		c.fail(at+"/image_url", "downloading image failed") // Slack fetches it itself, from outside
	}
}

func (c *checker) input(at string, b obj) {
	c.keys(at, b, "block_id", "label", "element", "hint", "optional", "dispatch_action")
	if c.surface == "modal" && !c.submit {
		c.fail(at, "must define `submit` to use an `input` block in modals")
	}
	c.words(at, b, "label", 2000, plainText, required)
	c.words(at, b, "hint", 2000, plainText)
	e := object(b, "element")
	if e == nil {
		c.fail(at, "missing required field: element")
		return
	}
	c.element(at+"/element", e, "input")
}

// Judge says what Slack would find wrong with a view, or with a message: for
// tests that make more of them than can be sent.
func (s *Server) Judge(raw []byte) []string {
	v, err := decode(raw)
	def, isObject := v.(obj)
	if err != nil || !isObject {
		return []string{fmt.Sprintf("no JSON object: %v", err)}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind := text(def, "type"); kind == "modal" || kind == "home" {
		_, err = s.judgeView(def, kind)
	} else {
		_, err = s.contentOf(def)
	}
	if err != nil {
		return []string{err.Error() + detail(err)}
	}
	return nil
}
