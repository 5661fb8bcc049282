package slacksim

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Touch is one gesture at a client, as a page sends it. Things are named by
// their IDs, because the page has them at hand; a test speaks through [Slack]
// by what one reads.
type Touch struct {
	// Do says what: slash, say, act, fill, suggest, submit, close, close-all,
	// shortcut, home, messages, react or join.
	Do     string `json:"do"`
	Room   string `json:"room"`   // where it is done
	TS     string `json:"ts"`     // the message it is done to
	Thread string `json:"thread"` // of say: the message that is answered
	View   string `json:"view"`   // the modal or Home it is done in
	Block  string `json:"block"`  // the element of act and suggest
	Action string `json:"action"`
	Text   string `json:"text"` // the command line, the words, what was typed, the shortcut's callback ID, the emoji's name
	// Value is what was picked or typed in the element of act: a text, a list
	// of texts (option values, IDs), options as they were suggested, a number,
	// or files as [{"name":…, "data":base64}].
	Value any `json:"value"`
	// Values are what stands in the fields of the view, block → action → value.
	// Every gesture in a view carries those that changed.
	Values map[string]map[string]any `json:"values"`
}

// Touched is what a page needs to know of a gesture beyond what changes.
type Touched struct {
	TS      string            `json:"ts,omitempty"`      // of the message that was written
	Options json.RawMessage   `json:"options,omitempty"` // the suggestions, as the app gave them
	Errors  map[string]string `json:"errors,omitempty"`  // what the client itself finds wrong, by block
}

// MostTyped is how long a message may be, as at Slack.
const MostTyped = 40000

// Touch does what a page says and waits for the app's acknowledgement, or
// until Slack would give up. An app that fails is no error: the person is shown
// what Slack shows. Errors are gestures that no client would allow.
func (p *Person) Touch(ctx context.Context, t Touch) (Touched, error) {
	var done Touched
	p.s.mu.Lock()
	g, err := p.touch(t, &done)
	p.s.mu.Unlock()
	if err != nil || g == nil || g.delivery == nil {
		return done, err
	}
	if err := p.settled(ctx, g); err != nil || t.Do != "suggest" {
		return done, err
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	o := g.delivery.outcome
	if o.failure != "" {
		return done, errors.New("no suggestions: the app did not answer")
	}
	if problems := checkSuggestions(o.payload); len(problems) > 0 {
		return done, errors.New("the app's suggestions were refused; the inspector says why")
	}
	done.Options = encode(o.payload)
	return done, nil
}

func (p *Person) touch(t Touch, done *Touched) (*gesture, error) {
	switch t.Do {
	case "home", "messages":
		return p.s.openHome(p.id, t.Do), nil
	case "act", "fill", "suggest", "submit", "close", "close-all":
		return p.touchSurface(t, done)
	}
	if utf8.RuneCountInString(t.Text) > MostTyped {
		return nil, fmt.Errorf("that is too long: a message takes %d letters at most", MostTyped)
	}
	if sc, known := p.s.features.shortcut(t.Text, false); t.Do == "shortcut" && t.TS == "" {
		if !known {
			return nil, fmt.Errorf("the app has no shortcut %q", t.Text)
		}
		return p.s.globalShortcut(p.id, sc), nil
	}
	r, err := p.open(t.Room)
	if err != nil {
		return nil, err
	}
	switch t.Do {
	case "slash":
		return p.s.slash(p.id, r, t.Text)
	case "say":
		if strings.TrimSpace(t.Text) == "" {
			return nil, errors.New("there is nothing to send")
		}
		g, m, err := p.s.say(p.id, r, t.Text, t.Thread)
		if err == nil {
			done.TS = m.ts
		}
		return g, err
	case "join":
		if r.Archived || r.kind != "channel" {
			return nil, errors.New("nobody can join this conversation")
		}
		if !r.has(p.id) {
			r.Members = append(r.Members, p.id)
			p.s.tell(Change{Kind: "room", Channel: r.ID})
		}
		return nil, nil
	}
	m := r.find(t.TS)
	if m == nil || !r.seenBy(p.id, m) {
		return nil, errors.New("the message is gone")
	}
	switch t.Do {
	case "shortcut":
		sc, known := p.s.features.shortcut(t.Text, true)
		switch {
		case !known:
			return nil, fmt.Errorf("the app has no message shortcut %q", t.Text)
		case m.onlyFor != "":
			return nil, errors.New("a message that only you see has no shortcuts")
		}
		return p.s.messageShortcut(p.id, r, m, sc), nil
	case "react":
		p.react(r, m, t.Text)
		return nil, nil
	}
	return nil, fmt.Errorf("%q is no gesture", t.Do)
}

func (p *Person) react(r *room, m *message, emoji string) {
	if p.s.react(r, m, p.id, emoji) {
		p.s.event("reaction_added", obj{
			"type": "reaction_added", "user": p.id, "reaction": emoji, "item_user": m.user, "event_ts": p.s.stamp(),
			"item": obj{"type": "message", "channel": r.ID, "ts": m.ts},
		}, r.ID)
	}
}

// surface is where a touch is done: a message, the modal on top, or the Home.
func (p *Person) surface(t Touch) (place, error) {
	if t.View != "" {
		if v := p.s.top(p.id); v != nil && v.id == t.View {
			return place{view: v}, nil
		}
		if v := p.s.homes[p.id]; v != nil && v.id == t.View {
			return place{view: v}, nil
		}
		return place{}, errors.New("the form is closed")
	}
	r, err := p.open(t.Room)
	if err != nil {
		return place{}, err
	}
	m := r.find(t.TS)
	if m == nil || !r.seenBy(p.id, m) {
		return place{}, errors.New("the message is gone")
	}
	return place{room: r, message: m}, nil
}

func (p *Person) touchSurface(t Touch, done *Touched) (*gesture, error) {
	at, err := p.surface(t)
	if err != nil {
		return nil, err
	}
	if err := p.fill(at, t.Values); err != nil {
		return nil, err
	}
	switch t.Do {
	case "fill":
		return nil, nil
	case "submit", "close", "close-all":
		v := at.view
		switch {
		case v == nil || v.kind != "modal":
			return nil, errors.New("only a form can be submitted or closed")
		case t.Do != "submit":
			return p.s.dismiss(v, t.Do == "close-all"), nil
		case object(v.def, "submit") == nil:
			return nil, errors.New("this form cannot be submitted")
		case v.pending:
			return nil, nil // a second click while the first is on its way
		}
		if v.errors = clientErrors(v); len(v.errors) > 0 {
			done.Errors = maps.Clone(v.errors)
			p.s.modalChanged(p.id)
			return nil, nil
		}
		g := p.s.submit(v)
		p.s.modalChanged(p.id)
		return g, nil
	}
	block, e := elementAt(at.blocks(), t.Block, t.Action)
	if e == nil {
		return nil, errors.New("that is no longer there")
	}
	if t.Do == "suggest" {
		return p.s.suggest(p.id, at, block, e, t.Text)
	}
	chosen, err := p.touchedValue(block, e, t.Value)
	if err != nil {
		return nil, err
	}
	if key, _ := valueKey(text(e, "type")); key == "" {
		return p.s.act(p.id, at, block, e, chosen), nil
	}
	return p.enter(at, block, e, chosen), nil
}

// fill enters what stands in the fields; the app hears nothing of it yet.
func (p *Person) fill(at place, values map[string]map[string]any) error {
	for _, blockID := range slices.Sorted(maps.Keys(values)) {
		for action, typed := range values[blockID] {
			block, e := elementAt(at.blocks(), blockID, action)
			if e == nil {
				continue // the view has changed under the person's hands
			}
			value, err := p.touchedValue(block, e, typed)
			if err != nil {
				return err
			}
			value["type"] = text(e, "type")
			at.stateFor(p.id).set(blockID, action, value)
		}
	}
	return nil
}

func elementAt(blocks []any, blockID, action string) (block, element obj) {
	eachElement(blocks, func(b, e obj) {
		if element == nil && text(b, "block_id") == blockID && text(e, "action_id") == action {
			block, element = b, e
		}
	})
	return block, element
}

// touchedValue turns what a page sends into the fields that payloads carry.
func (p *Person) touchedValue(block, e obj, typed any) (obj, error) {
	kind := text(e, "type")
	key, _ := valueKey(kind)
	switch kind {
	case "button", "icon_button", "workflow_button":
		chosen := obj{"text": clone(object(e, "text"))}
		for _, k := range []string{"value", "url", "icon"} {
			if e[k] != nil {
				chosen[k] = e[k]
			}
		}
		return chosen, nil
	case "feedback_buttons":
		side := "positive_button"
		if half := object(e, "negative_button"); half != nil && typed == text(half, "value") {
			side = "negative_button"
		}
		half := object(e, side)
		return obj{"text": clone(object(half, "text")), "value": text(half, "value")}, nil
	case "overflow":
		key = "selected_option"
	case "rich_text_input":
		words, _ := typed.(string)
		if strings.TrimSpace(words) == "" {
			return obj{}, nil
		}
		return obj{key: p.s.richText(p.s.escape(words))}, nil
	case "file_input":
		return p.chosenFiles(typed)
	}
	several := strings.HasPrefix(kind, "multi_") || kind == "checkboxes"
	picked := []any{}
	items, isList := typed.([]any)
	if !isList && typed != nil && typed != "" {
		items = []any{typed}
	}
	for _, item := range items {
		one, err := p.chosenItem(kind, e, item)
		if err != nil {
			return nil, err
		}
		picked = append(picked, one)
	}
	switch {
	case several:
		return obj{key: picked}, nil
	case len(picked) > 1:
		return nil, fmt.Errorf("%s takes one choice, not %d", kind, len(picked))
	case len(picked) == 0:
		return obj{key: nil}, nil
	}
	return obj{key: picked[0]}, nil
}

func (p *Person) chosenItem(kind string, e obj, item any) (any, error) {
	switch {
	case strings.HasSuffix(kind, "external_select"):
		option, _ := item.(obj)
		if text(option, "value") == "" {
			return nil, errors.New("pick one of the suggestions")
		}
		return chosenOption(option, kind), nil
	case strings.HasSuffix(kind, "static_select"), kind == "radio_buttons", kind == "checkboxes", kind == "overflow":
		for _, o := range allOptions(e) {
			if text(o, "value") == item {
				return chosenOption(o, kind), nil
			}
		}
		return nil, errors.New("that option is no longer there")
	case strings.HasSuffix(kind, "users_select"):
		if id, _ := item.(string); p.s.members[id] == nil {
			return nil, errors.New("there is no such person")
		}
	case strings.HasSuffix(kind, "channels_select"), strings.HasSuffix(kind, "conversations_select"):
		if id, _ := item.(string); p.s.rooms[id] == nil && p.s.members[id] == nil {
			return nil, errors.New("there is no such conversation")
		}
	case kind == "datetimepicker":
		var unix int64
		if _, err := fmt.Sscan(fmt.Sprint(item), &unix); err != nil {
			return nil, errors.New("that is no time")
		}
		return unix, nil
	}
	return item, nil
}

// chosenFiles uploads what a person picked in a file input.
func (p *Person) chosenFiles(typed any) (obj, error) {
	items, _ := typed.([]any)
	files := []any{}
	for _, raw := range items {
		item, _ := raw.(obj)
		if id := text(item, "id"); id != "" && p.s.files[id] != nil {
			files = append(files, p.s.fileObject(p.s.files[id]))
			continue
		}
		data, err := base64.StdEncoding.DecodeString(text(item, "data"))
		if err != nil || text(item, "name") == "" {
			return nil, errors.New("the file could not be read")
		}
		f := &file{id: newID("F"), name: text(item, "name"), title: text(item, "name"), length: len(data), data: data,
			arrived: true, complete: true, created: p.s.Now(), shares: map[string][]string{}}
		p.s.files[f.id] = f
		files = append(files, p.s.fileObject(f))
	}
	return obj{"files": files}, nil
}
