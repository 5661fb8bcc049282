package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Button is one button of a surface.
type Button struct {
	Label    string
	ActionID string
	Value    string
	URL      string
	Style    string // primary, danger or ""
	at       *Surface
}

// Click clicks it.
func (b *Button) Click() *Reply {
	b.at.p.t.Helper()
	return b.at.Click(b.Label)
}

// buttonsOf are the buttons of blocks with the blocks they stand in.
func buttonsOf(blocks []any) (blockOf, elements []obj) {
	eachElement(blocks, func(block, e obj) {
		switch text(e, "type") {
		case "button", "icon_button", "workflow_button":
			blockOf, elements = append(blockOf, block), append(elements, e)
		case "feedback_buttons":
			for _, side := range []string{"positive_button", "negative_button"} {
				half := clone(object(e, side))
				half["type"], half["action_id"] = "feedback_buttons", e["action_id"]
				blockOf, elements = append(blockOf, block), append(elements, half)
			}
		}
	})
	return blockOf, elements
}

// Buttons are the labels of all buttons, in order.
func (v *Surface) Buttons() []string {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) ([]string, error) {
		at, err := v.at(ctx)
		if err != nil {
			return nil, err
		}
		v.p.s.mu.Lock()
		defer v.p.s.mu.Unlock()
		var labels []string
		_, elements := buttonsOf(at.blocks())
		for _, e := range elements {
			labels = append(labels, label(e, "text"))
		}
		return labels, nil
	})
}

// Button is the button with this label; the test ends if there is none.
func (v *Surface) Button(name string) *Button {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) (*Button, error) {
		at, err := v.at(ctx)
		if err != nil {
			return nil, err
		}
		v.p.s.mu.Lock()
		defer v.p.s.mu.Unlock()
		_, e, err := v.button(at, name)
		if err != nil {
			return nil, err
		}
		return &Button{label(e, "text"), text(e, "action_id"), text(e, "value"), text(e, "url"), text(e, "style"), v}, nil
	})
}

func (v *Surface) button(at place, name string) (block, element obj, err error) {
	blocks, elements := buttonsOf(at.blocks())
	for i, e := range elements {
		if label(e, "text") == name || text(e, "action_id") == name {
			return blocks[i], e, nil
		}
	}
	return nil, nil, fmt.Errorf("no button %q in the %s:\n%s", name, v.name, v.p.showPlace(at))
}

// Click clicks the button with this label (or action ID), saying yes if it asks
// for confirmation.
func (v *Surface) Click(name string) *Reply {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) (*Reply, error) { return v.ClickE(ctx, name) })
}

// ClickE is Click for use outside tests. It waits for the app's ack.
func (v *Surface) ClickE(ctx context.Context, name string) (*Reply, error) {
	at, err := v.at(ctx)
	if err != nil {
		return nil, err
	}
	g, err := v.p.do(ctx, func() (*gesture, error) {
		block, e, err := v.button(at, name)
		if err != nil {
			return nil, err
		}
		chosen := obj{"text": clone(object(e, "text"))}
		for _, key := range []string{"value", "url", "icon"} {
			if e[key] != nil {
				chosen[key] = e[key]
			}
		}
		return v.p.s.act(v.p.id, at, block, e, chosen), nil
	})
	if err != nil {
		return nil, err
	}
	return v.p.reply(g, name), nil
}

// Choose picks an option of a menu, both by what one reads: an overflow menu
// goes by any name, a select by its placeholder, its label, what it shows, or
// the text beside it. People are named @handle or by name, channels #name.
func (v *Surface) Choose(menu, option string) *Reply {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) (*Reply, error) { return v.ChooseE(ctx, menu, option) })
}

// ChooseE is Choose for use outside tests. It waits for the app's ack.
func (v *Surface) ChooseE(ctx context.Context, menu, option string) (*Reply, error) {
	at, err := v.at(ctx)
	if err != nil {
		return nil, err
	}
	v.p.s.mu.Lock()
	block, e, err := v.menu(at, menu, option)
	v.p.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	g, err := v.p.pick(ctx, at, block, e, []string{option})
	if err != nil {
		return nil, err
	}
	return v.p.reply(g, option), nil
}

func (v *Surface) menu(at place, menu, option string) (block, element obj, err error) {
	eachElement(at.blocks(), func(b, e obj) {
		kind := text(e, "type")
		key, _ := valueKey(kind)
		if element != nil || (kind != "overflow" && !strings.HasPrefix(key, "selected_")) {
			return
		}
		beside := renderer{s: v.p.s, zone: v.p.zone()}.words(object(b, "text"))
		shown := renderer{s: v.p.s}.value(at.stateFor(v.p.id)[text(b, "block_id")][text(e, "action_id")], kind)
		named := menu == label(e, "placeholder") || menu == label(b, "label") || menu == text(e, "action_id") ||
			(menu != "" && (menu == shown || strings.Contains(beside, menu)))
		if kind == "overflow" {
			named = slices.Contains(optionLabels(e), option)
		}
		if named {
			block, element = b, e
		}
	})
	if element == nil {
		return nil, nil, fmt.Errorf("no menu %q with %q in the %s:\n%s", menu, option, v.name, v.p.showPlace(at))
	}
	return block, element, nil
}

// pick sets the value of a select, radio button, checkbox or picker and tells
// the app, where Slack would.
func (p *Person) pick(ctx context.Context, at place, block, e obj, options []string) (*gesture, error) {
	kind := text(e, "type")
	var offered []obj
	if strings.HasSuffix(kind, "external_select") {
		for _, typed := range options {
			found, err := p.suggestions(ctx, at, block, e, typed)
			if err != nil {
				return nil, err
			}
			offered = append(offered, found...)
		}
	} else {
		offered = allOptions(e)
	}
	return p.do(ctx, func() (*gesture, error) {
		chosen, err := p.chosenValue(kind, offered, options)
		if err != nil {
			return nil, err
		}
		if kind == "overflow" {
			return p.s.act(p.id, at, block, e, chosen), nil
		}
		return p.enter(at, block, e, chosen), nil
	})
}

// enter puts a value into a field; the app hears of it if the field is not a
// mere input, or says dispatch_action.
func (p *Person) enter(at place, block, e, chosen obj) *gesture {
	value := clone(chosen)
	value["type"] = text(e, "type")
	at.stateFor(p.id).set(text(block, "block_id"), text(e, "action_id"), value)
	if at.view != nil {
		delete(at.view.errors, text(block, "block_id"))
		p.s.tell(Change{Kind: at.view.kind, Person: p.id})
	}
	if text(block, "type") == "input" && !truth(block, "dispatch_action") {
		return &gesture{person: p.id, since: p.s.news.seq}
	}
	return p.s.act(p.id, at, block, e, chosen)
}

// chosenValue turns labels into the value that payloads carry. The caller holds s.mu.
func (p *Person) chosenValue(kind string, offered []obj, options []string) (obj, error) {
	key, _ := valueKey(kind)
	if kind == "overflow" {
		key = "selected_option"
	}
	var picked []any
	for _, name := range options {
		var one any
		switch {
		case strings.HasSuffix(kind, "users_select"):
			one = p.s.personID(name)
		case strings.HasSuffix(kind, "channels_select"), strings.HasSuffix(kind, "conversations_select"):
			if r, err := p.locate(name); err == nil {
				one = r.ID
			} else if id := p.s.personID(name); id != nil {
				one = id
			}
		default:
			for _, o := range offered {
				if label(o, "text") == name || renderText(o) == name || text(o, "value") == name {
					one = chosenOption(o, kind)
					break
				}
			}
			if one == nil && strings.HasSuffix(kind, "external_select") && len(offered) == 1 {
				one = chosenOption(offered[0], kind)
			}
		}
		if one == nil || one == "" {
			var labels []string
			for _, o := range offered {
				labels = append(labels, label(o, "text"))
			}
			return nil, fmt.Errorf("no option %q; there are %q", name, labels)
		}
		picked = append(picked, one)
	}
	if strings.HasPrefix(kind, "multi_") || kind == "checkboxes" {
		if picked == nil {
			picked = []any{}
		}
		return obj{key: picked}, nil
	}
	if len(picked) != 1 {
		return nil, fmt.Errorf("%s takes one choice, not %d", kind, len(picked))
	}
	return obj{key: picked[0]}, nil
}

func renderText(option obj) string { return renderer{}.words(object(option, "text")) }

func (s *Server) personID(name string) any {
	name = strings.TrimPrefix(name, "@")
	for id, m := range s.members {
		if m.Handle == name || m.Name == name || m.RealName == name || id == name {
			return id
		}
	}
	return nil
}

// suggestions asks the app for options while somebody types.
func (p *Person) suggestions(ctx context.Context, at place, block, e obj, typed string) ([]obj, error) {
	g, err := p.do(ctx, func() (*gesture, error) { return p.s.suggest(p.id, at, block, e, typed) })
	if err != nil {
		return nil, err
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	o := g.delivery.outcome
	if o.failure != "" {
		return nil, fmt.Errorf("no suggestions for %q: %s", typed, o.failure)
	}
	if problems := checkSuggestions(o.payload); len(problems) > 0 {
		return nil, fmt.Errorf("suggestions for %q refused: %s", typed, strings.Join(problems, "; "))
	}
	return allOptions(o.payload), nil
}
