package slacksim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// view is an open modal or a person's App Home.
type view struct {
	id       string
	person   string
	kind     string // modal or home
	def      obj    // title, blocks, private_metadata … as the app sent them, settled
	hash     string
	root     string
	previous string
	state    stateValues
	errors   map[string]string // block_id → what the app said is wrong
	channel  string            // where the person was when it opened
	pending  bool              // submitted, not yet answered
}

// stateValues are the values of a surface: block_id → action_id → value.
type stateValues map[string]map[string]obj

func (v stateValues) set(block, action string, value obj) {
	if v[block] == nil {
		v[block] = map[string]obj{}
	}
	v[block][action] = value
}

func (v stateValues) json() obj {
	o := obj{}
	for block, actions := range v {
		inner := obj{}
		for action, value := range actions {
			inner[action] = clone(value)
		}
		o[block] = inner
	}
	return o
}

// trigger is the right to open a modal: for one person, 3 seconds, once.
type trigger struct {
	person  string
	at      time.Time
	used    bool
	channel string
}

// newTrigger hands one out. The caller holds s.mu.
func (s *Server) newTrigger(person, channel string) string {
	id := fmt.Sprintf("%s.%s.%s", randomText(13, "123456789"), randomText(10, "123456789"), randomText(32, "0123456789abcdef"))
	s.triggers[id] = &trigger{person: person, at: s.instant(), channel: channel}
	return id
}

// exchange uses a trigger up. Source of the three codes: reference page of views.open.
func (s *Server) exchange(id string) (*trigger, error) {
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, no("invalid_trigger_id")
	case t.used:
		return nil, no("exchanged_trigger_id")
	case s.instant().Sub(t.at) > s.opts.TriggerLife:
		return nil, no("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// mostViews is how high views stack: one opened and two pushed.
const mostViews = 3

// newView makes a view of a checked definition.
func (s *Server) newView(person, kind string, def obj) *view {
	v := &view{id: newID("V"), person: person, kind: kind}
	v.root = v.id
	s.define(v, def)
	return v
}

// define gives a view its (new) content. What a person typed stays where block
// and action have kept their IDs, as at Slack.
func (s *Server) define(v *view, def obj) {
	def = clone(def)
	def["blocks"] = settleBlocks(list(def, "blocks"))
	fresh := stateOf(list(def, "blocks"))
	for block, actions := range fresh {
		for action, value := range actions {
			if old, kept := v.state[block][action]; kept && text(old, "type") == text(value, "type") {
				fresh[block][action] = old
			}
		}
	}
	v.def, v.state, v.errors = def, fresh, nil
	v.hash = fmt.Sprintf("%d.%s", s.Now().Unix(), randomText(8, idLetters+"abcdefghijklmnopqrstuvwxyz"))
}

// viewObject is a view as payloads and replies show it.
func (s *Server) viewObject(v *view) obj {
	o := obj{
		"id": v.id, "team_id": s.team.ID, "type": v.kind, "blocks": clone(list(v.def, "blocks")),
		"private_metadata": text(v.def, "private_metadata"), "callback_id": text(v.def, "callback_id"),
		"external_id": text(v.def, "external_id"), "state": obj{"values": v.state.json()}, "hash": v.hash,
		"title": obj{"type": "plain_text", "text": "View Title", "emoji": true}, "submit": nil, "close": nil,
		"clear_on_close": truth(v.def, "clear_on_close"), "notify_on_close": truth(v.def, "notify_on_close"),
		"root_view_id": v.root, "previous_view_id": nil, "app_id": s.app.ID, "app_installed_team_id": s.team.ID, "bot_id": s.app.BotID,
	}
	for _, key := range []string{"title", "submit", "close"} {
		if t := object(v.def, key); t != nil {
			t = clone(t)
			if _, said := t["emoji"]; !said {
				t["emoji"] = true
			}
			o[key] = t
		}
	}
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	return o
}

// top is the modal a person looks at; nil if none is open.
func (s *Server) top(person string) *view {
	if stack := s.stacks[person]; len(stack) > 0 {
		return stack[len(stack)-1]
	}
	return nil
}

func (s *Server) modalChanged(person string) { s.tell(Change{Kind: "modal", Person: person}) }

// pushOn lays a new view on a person's stack.
func (s *Server) pushOn(person string, def obj) *view {
	below := s.top(person)
	v := s.newView(person, "modal", def)
	if below != nil {
		v.root, v.previous, v.channel = below.root, below.id, below.channel
	}
	s.stacks[person] = append(s.stacks[person], v)
	delete(s.notices, person)
	s.modalChanged(person)
	return v
}

// openedView finds an open modal or a Home by its ID or the app's external_id.
func (s *Server) openedView(id, external string) *view {
	for _, stack := range s.stacks {
		for _, v := range stack {
			if (id != "" && v.id == id) || (external != "" && text(v.def, "external_id") == external) {
				return v
			}
		}
	}
	for _, v := range s.homes {
		if (id != "" && v.id == id) || (external != "" && text(v.def, "external_id") == external) {
			return v
		}
	}
	return nil
}

// shut closes the top view after a submission, showing what is below.
func (s *Server) shut(v *view) {
	s.stacks[v.person] = slices.DeleteFunc(s.stacks[v.person], func(other *view) bool { return other == v })
	delete(s.notices, v.person)
	s.modalChanged(v.person)
}

// settleBlocks gives every block and every element the IDs that Slack makes up
// where the app gave none.
func settleBlocks(blocks []any) []any {
	for _, raw := range blocks {
		block, ok := raw.(obj)
		if !ok {
			continue
		}
		if text(block, "block_id") == "" {
			block["block_id"] = randomText(5, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
		}
		for _, e := range elementsOf(block) {
			if interactiveTypes[text(e, "type")] && text(e, "action_id") == "" {
				e["action_id"] = randomText(5, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
			}
		}
		settleBlocks(list(block, "child_blocks"))
	}
	return blocks
}

// elementsOf are the things in a block that a person can use.
func elementsOf(block obj) []obj {
	var found []obj
	switch text(block, "type") {
	case "input":
		if e := object(block, "element"); e != nil {
			found = append(found, e)
		}
	case "section":
		if e := object(block, "accessory"); e != nil {
			found = append(found, e)
		}
	case "actions", "context_actions":
		found = append(found, objects(block, "elements")...)
	case "card":
		found = append(found, objects(block, "actions")...)
	case "carousel":
		for _, card := range objects(block, "elements") {
			found = append(found, objects(card, "actions")...)
		}
	}
	return found
}

// eachElement visits the usable elements of a surface with their blocks, those
// in containers too.
func eachElement(blocks []any, visit func(block, element obj)) {
	for _, raw := range blocks {
		block, _ := raw.(obj)
		for _, e := range elementsOf(block) {
			visit(block, e)
		}
		eachElement(list(block, "child_blocks"), visit)
	}
}

var interactiveTypes = map[string]bool{
	"button": true, "checkboxes": true, "radio_buttons": true, "overflow": true, "datepicker": true, "timepicker": true,
	"datetimepicker": true, "static_select": true, "external_select": true, "users_select": true, "conversations_select": true,
	"channels_select": true, "multi_static_select": true, "multi_external_select": true, "multi_users_select": true,
	"multi_conversations_select": true, "multi_channels_select": true, "plain_text_input": true, "email_text_input": true,
	"url_text_input": true, "number_input": true, "rich_text_input": true, "file_input": true, "feedback_buttons": true,
	"icon_button": true, "workflow_button": true,
}

// stateOf is the state of a surface before anybody touched it.
func stateOf(blocks []any) stateValues {
	state := stateValues{}
	eachElement(blocks, func(block, e obj) {
		if value := initialValue(e); value != nil {
			state.set(text(block, "block_id"), text(e, "action_id"), value)
		}
	})
	return state
}

// valueKey names the field of a value that says what was chosen, and the
// element's field that it starts from.
func valueKey(kind string) (key, initial string) {
	switch kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		return "value", "initial_value"
	case "static_select", "external_select", "radio_buttons":
		return "selected_option", "initial_option"
	case "multi_static_select", "multi_external_select", "checkboxes":
		return "selected_options", "initial_options"
	case "users_select", "channels_select", "conversations_select":
		noun := strings.TrimSuffix(strings.TrimSuffix(kind, "_select"), "s")
		return "selected_" + noun, "initial_" + noun
	case "multi_users_select", "multi_channels_select", "multi_conversations_select":
		noun := strings.TrimPrefix(strings.TrimSuffix(kind, "_select"), "multi_")
		return "selected_" + noun, "initial_" + noun
	case "datepicker":
		return "selected_date", "initial_date"
	case "timepicker":
		return "selected_time", "initial_time"
	case "datetimepicker":
		return "selected_date_time", "initial_date_time"
	case "rich_text_input":
		return "rich_text_value", "initial_value"
	case "file_input":
		return "files", ""
	}
	return "", ""
}

func initialValue(e obj) obj {
	kind := text(e, "type")
	key, initial := valueKey(kind)
	if key == "" {
		return nil
	}
	value := obj{"type": kind}
	switch start := e[initial].(type) {
	case nil:
		switch {
		case key == "files" || strings.HasSuffix(key, "s") && strings.HasPrefix(key, "selected_"):
			value[key] = []any{}
		case key == "rich_text_value": // left out while empty
		default:
			value[key] = nil
		}
	case obj:
		value[key] = chosenOption(start, kind)
	case []any:
		chosen := []any{}
		for _, o := range start {
			if option, ok := o.(obj); ok {
				chosen = append(chosen, chosenOption(option, kind))
			} else {
				chosen = append(chosen, o)
			}
		}
		value[key] = chosen
	default:
		value[key] = start
	}
	return value
}

// chosenOption is an option as a payload repeats it: text and value.
func chosenOption(option obj, kind string) any {
	if kind == "rich_text_input" {
		return clone(option)
	}
	shown := clone(object(option, "text"))
	if text(shown, "type") == "plain_text" {
		if _, said := shown["emoji"]; !said {
			shown["emoji"] = true
		}
	}
	return obj{"text": shown, "value": text(option, "value")}
}
