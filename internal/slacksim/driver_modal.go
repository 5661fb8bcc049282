package slacksim

import (
	"context"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Modal is one open view of a person. After a push, take the new one with
// [Person.Modal]; when that is closed, this one is on top again.
type Modal struct {
	Surface
	id string
}

// Modal waits until a modal is open for this person and gives the one on top.
func (p *Person) Modal() *Modal {
	p.t.Helper()
	return must(p, p.ModalE)
}

// ModalE is Modal for use outside tests.
func (p *Person) ModalE(ctx context.Context) (*Modal, error) {
	v, err := await(ctx, p.s, func() (*view, bool) { v := p.s.top(p.id); return v, v != nil })
	if err != nil {
		return nil, fmt.Errorf("no modal opened: %w\n%s", err, p.Screen())
	}
	m := &Modal{id: v.id}
	m.Surface = Surface{p: p, name: "modal", at: func(context.Context) (place, error) {
		p.s.mu.Lock()
		defer p.s.mu.Unlock()
		return m.find()
	}}
	return m, nil
}

// ModalOpen tells whether a modal is open, without waiting.
func (p *Person) ModalOpen() bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.s.top(p.id) != nil
}

// WaitNoModal waits until every modal of this person is closed.
func (p *Person) WaitNoModal() {
	p.t.Helper()
	must(p, func(ctx context.Context) (struct{}, error) {
		_, err := await(ctx, p.s, func() (struct{}, bool) { return struct{}{}, p.s.top(p.id) == nil })
		if err != nil {
			err = fmt.Errorf("the modal stays open: %w\n%s", err, p.Screen())
		}
		return struct{}{}, err
	})
}

// find looks the view up among the open ones. The caller holds s.mu.
func (m *Modal) find() (place, error) {
	for _, v := range m.p.s.stacks[m.p.id] {
		if v.id == m.id {
			return place{view: v}, nil
		}
	}
	return place{}, fmt.Errorf("the modal is closed")
}

// onTop is find, but only for the view that the person looks at.
func (m *Modal) onTop() (place, error) {
	at, err := m.find()
	if err == nil && m.p.s.top(m.p.id) != at.view {
		return place{}, fmt.Errorf("another view lies on top of this modal")
	}
	return at, err
}

// Open tells whether this view is still open.
func (m *Modal) Open() bool {
	m.p.s.mu.Lock()
	defer m.p.s.mu.Unlock()
	_, err := m.find()
	return err == nil
}

// Title is the modal's title.
func (m *Modal) Title() string {
	m.p.s.mu.Lock()
	defer m.p.s.mu.Unlock()
	at, err := m.find()
	if err != nil {
		return ""
	}
	return label(at.view.def, "title")
}

// field finds an input, or a picker in a section, by its visible label.
func (m *Modal) field(at place, name string) (block, element obj, err error) {
	var labels []string
	eachElement(at.blocks(), func(b, e obj) {
		if key, _ := valueKey(text(e, "type")); key == "" {
			return
		}
		known := []string{label(b, "label"), label(e, "placeholder"), text(e, "action_id"), text(b, "block_id"), renderer{s: m.p.s}.words(object(b, "text"))}
		labels = append(labels, joined(" / ", known[:2]))
		if element == nil && slices.Contains(known, name) {
			block, element = b, e
		}
	})
	if element == nil {
		return nil, nil, fmt.Errorf("no field %q in the modal; there are %q", name, labels)
	}
	return block, element, nil
}

// Fill types into a text field or sets a date ("2026-12-01"), time ("09:30") or
// both ("2026-12-01 09:30", in the person's zone). "" empties the field.
func (m *Modal) Fill(name, value string) *Modal {
	m.p.t.Helper()
	return must(m.p, func(ctx context.Context) (*Modal, error) { return m, m.FillE(ctx, name, value) })
}

// FillE is Fill for use outside tests.
func (m *Modal) FillE(ctx context.Context, name, value string) error {
	_, err := m.p.do(ctx, func() (*gesture, error) {
		at, err := m.onTop()
		if err != nil {
			return nil, err
		}
		block, e, err := m.field(at, name)
		if err != nil {
			return nil, err
		}
		chosen, err := m.typed(e, value)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", name, err)
		}
		return m.p.enter(at, block, e, chosen), nil
	})
	return err
}

func (m *Modal) typed(e obj, value string) (obj, error) {
	kind := text(e, "type")
	key, _ := valueKey(kind)
	if value == "" && key != "rich_text_value" && !strings.HasPrefix(key, "selected_option") {
		return obj{key: nil}, nil
	}
	switch kind {
	case "plain_text_input", "email_text_input", "url_text_input", "number_input":
		if most, err := strconv.Atoi(text(e, "max_length")); err == nil && utf8.RuneCountInString(value) > most {
			return nil, fmt.Errorf("takes no more than %d letters", most)
		}
		if strings.Contains(value, "\n") && !truth(e, "multiline") {
			return nil, fmt.Errorf("takes one line only")
		}
	case "datepicker":
		if _, err := time.Parse("2006-01-02", value); err != nil {
			return nil, err
		}
	case "timepicker":
		if _, err := time.Parse("15:04", value); err != nil {
			return nil, err
		}
	case "datetimepicker":
		at, err := time.ParseInLocation("2006-01-02 15:04", value, m.p.zone())
		if err != nil {
			return nil, err
		}
		return obj{key: at.Unix()}, nil
	case "rich_text_input":
		return obj{key: m.p.s.richText(value)}, nil
	default:
		return nil, fmt.Errorf("is a %s: use Pick", kind)
	}
	return obj{key: value}, nil
}

// Pick chooses in a select, radio buttons, checkboxes or a picker of people or
// channels, by the labels one reads. Several options replace what was chosen
// before; none empties a field of several.
func (m *Modal) Pick(name string, options ...string) *Modal {
	m.p.t.Helper()
	return must(m.p, func(ctx context.Context) (*Modal, error) { return m, m.PickE(ctx, name, options...) })
}

// PickE is Pick for use outside tests.
func (m *Modal) PickE(ctx context.Context, name string, options ...string) error {
	m.p.s.mu.Lock()
	at, err := m.onTop()
	var block, e obj
	if err == nil {
		block, e, err = m.field(at, name)
	}
	m.p.s.mu.Unlock()
	if err != nil {
		return err
	}
	if _, err = m.p.pick(ctx, at, block, e, options); err != nil {
		return fmt.Errorf("field %q: %w", name, err)
	}
	return nil
}

// Type types into an external select and gives the options that the app
// suggests, by label.
func (m *Modal) Type(name, typed string) []string {
	m.p.t.Helper()
	return must(m.p, func(ctx context.Context) ([]string, error) { return m.TypeE(ctx, name, typed) })
}

// TypeE is Type for use outside tests.
func (m *Modal) TypeE(ctx context.Context, name, typed string) ([]string, error) {
	m.p.s.mu.Lock()
	at, err := m.onTop()
	var block, e obj
	if err == nil {
		block, e, err = m.field(at, name)
	}
	m.p.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	if !strings.HasSuffix(text(e, "type"), "external_select") {
		return nil, fmt.Errorf("field %q suggests nothing: it is a %s", name, text(e, "type"))
	}
	found, err := m.p.suggestions(ctx, at, block, e, typed)
	if err != nil {
		return nil, err
	}
	labels := []string{}
	for _, o := range found {
		labels = append(labels, label(o, "text"))
	}
	return labels, nil
}

// Options are the labels that a select, radio buttons or checkboxes offer.
func (m *Modal) Options(name string) []string {
	m.p.t.Helper()
	m.p.s.mu.Lock()
	defer m.p.s.mu.Unlock()
	at, err := m.find()
	if err == nil {
		var e obj
		if _, e, err = m.field(at, name); err == nil {
			return optionLabels(e)
		}
	}
	m.p.t.Fatalf("%v", err)
	return nil
}

// Value is what a field holds, as one reads it.
func (m *Modal) Value(name string) string {
	m.p.t.Helper()
	m.p.s.mu.Lock()
	defer m.p.s.mu.Unlock()
	at, err := m.find()
	if err == nil {
		var block, e obj
		if block, e, err = m.field(at, name); err == nil {
			return renderer{s: m.p.s, zone: m.p.zone()}.value(at.view.state[text(block, "block_id")][text(e, "action_id")], text(e, "type"))
		}
	}
	m.p.t.Fatalf("%v", err)
	return ""
}

// Errors are the complaints that stand at fields, by the field's label: the
// client's own (a required field left empty) or those the app answered with.
func (m *Modal) Errors() map[string]string {
	m.p.s.mu.Lock()
	defer m.p.s.mu.Unlock()
	found := map[string]string{}
	if at, err := m.find(); err == nil {
		for id, words := range at.view.errors {
			found[label(m.p.s.inputBlock(at.view, id), "label")] = words
		}
	}
	return found
}

// Submit presses the submit button. If the client itself finds a field wrong,
// nothing is sent and [Modal.Errors] says so; else it waits for the app's
// answer, which closes the modal, changes it, or puts errors at its fields.
func (m *Modal) Submit() *Reply {
	m.p.t.Helper()
	return must(m.p, m.SubmitE)
}

// SubmitE is Submit for use outside tests.
func (m *Modal) SubmitE(ctx context.Context) (*Reply, error) {
	g, err := m.p.do(ctx, func() (*gesture, error) {
		at, err := m.onTop()
		if err != nil {
			return nil, err
		}
		if object(at.view.def, "submit") == nil {
			return nil, fmt.Errorf("the modal has no submit button:\n%s", m.p.showPlace(at))
		}
		if at.view.errors = clientErrors(at.view); len(at.view.errors) > 0 {
			m.p.s.modalChanged(m.p.id)
			return &gesture{person: m.p.id, since: m.p.s.news.seq}, nil
		}
		return m.p.s.submit(at.view), nil
	})
	if err != nil {
		return nil, err
	}
	return m.p.reply(g, "submitting "+m.id), nil
}

// clientErrors are what Slack's client refuses before it sends anything.
func clientErrors(v *view) map[string]string {
	wrong := map[string]string{}
	for _, b := range objects(v.def, "blocks") {
		if text(b, "type") != "input" {
			continue
		}
		e := object(b, "element")
		kind := text(e, "type")
		id := text(b, "block_id")
		value := v.state[id][text(e, "action_id")]
		key, _ := valueKey(kind)
		chosen, isList := value[key].([]any)
		typed, isText := value[key].(string)
		least, _ := strconv.Atoi(text(e, "min_length"))
		most, _ := strconv.Atoi(text(e, "max_length"))
		switch empty := value[key] == nil || (isList && len(chosen) == 0) || (isText && strings.TrimSpace(typed) == ""); {
		case empty && !truth(b, "optional"):
			wrong[id] = "Please complete this required field."
		case empty:
		case isText && utf8.RuneCountInString(typed) < least:
			wrong[id] = fmt.Sprintf("Please enter at least %d characters.", least)
		case isText && most > 0 && utf8.RuneCountInString(typed) > most:
			wrong[id] = fmt.Sprintf("Please enter at most %d characters; these are %d.", most, utf8.RuneCountInString(typed))
		case kind == "email_text_input" && !isAddress(typed):
			wrong[id] = "Enter a valid email address."
		case kind == "url_text_input" && !isURL(typed):
			wrong[id] = "Enter a valid URL."
		case kind == "number_input":
			if words := numberError(e, typed); words != "" {
				wrong[id] = words
			}
		}
		if most, err := strconv.Atoi(text(e, "max_selected_items")); err == nil && len(chosen) > most {
			wrong[id] = fmt.Sprintf("Choose at most %d.", most)
		}
	}
	return wrong
}

func isAddress(typed string) bool {
	a, err := mail.ParseAddress(typed)
	return err == nil && a.Address == typed && strings.Contains(typed[strings.LastIndex(typed, "@"):], ".")
}

func isURL(typed string) bool {
	u, err := url.Parse(typed)
	return err == nil && u.Scheme != "" && u.Host != ""
}

func numberError(e obj, typed string) string {
	n, err := strconv.ParseFloat(typed, 64)
	if err != nil {
		return "Enter a number."
	}
	if !truth(e, "is_decimal_allowed") && strings.ContainsAny(typed, ".eE") {
		return "Enter a whole number."
	}
	if low, err := strconv.ParseFloat(text(e, "min_value"), 64); err == nil && n < low {
		return "Must be at least " + text(e, "min_value") + "."
	}
	if high, err := strconv.ParseFloat(text(e, "max_value"), 64); err == nil && n > high {
		return "Must be at most " + text(e, "max_value") + "."
	}
	return ""
}

// Close closes this view as its X does; what lies below comes up again.
func (m *Modal) Close() {
	m.p.t.Helper()
	must(m.p, func(ctx context.Context) (struct{}, error) { return struct{}{}, m.CloseE(ctx, false) })
}

// CloseAll closes the whole stack.
func (m *Modal) CloseAll() {
	m.p.t.Helper()
	must(m.p, func(ctx context.Context) (struct{}, error) { return struct{}{}, m.CloseE(ctx, true) })
}

// CloseE is Close, or with everything CloseAll, for use outside tests.
func (m *Modal) CloseE(ctx context.Context, everything bool) error {
	_, err := m.p.do(ctx, func() (*gesture, error) {
		at, err := m.onTop()
		if err != nil {
			return nil, err
		}
		return m.p.s.dismiss(at.view, everything), nil
	})
	return err
}

// Home is a person's App Home.
type Home struct{ Surface }

// OpenHome goes to the app's Home tab: the app is told, and the Home is shown
// once it is published.
func (p *Person) OpenHome() *Home {
	p.t.Helper()
	return must(p, p.OpenHomeE)
}

// OpenHomeE is OpenHome for use outside tests.
func (p *Person) OpenHomeE(ctx context.Context) (*Home, error) {
	if _, err := p.do(ctx, func() (*gesture, error) { return p.s.openHome(p.id, "home"), nil }); err != nil {
		return nil, err
	}
	return p.Home(), nil
}

// OpenMessages goes to the app's Messages tab; the app is told.
func (p *Person) OpenMessages() {
	p.t.Helper()
	must(p, func(ctx context.Context) (*gesture, error) {
		return p.do(ctx, func() (*gesture, error) { return p.s.openHome(p.id, "messages"), nil })
	})
}

// Home is the Home tab as published last, without telling the app that
// somebody looks. Reading it waits until something is published.
func (p *Person) Home() *Home {
	return &Home{Surface{p: p, name: "Home tab", at: func(ctx context.Context) (place, error) {
		v, err := await(ctx, p.s, func() (*view, bool) { v := p.s.homes[p.id]; return v, v != nil })
		if err != nil {
			return place{}, fmt.Errorf("no Home was published for @%s: %w", p.s.members[p.id].Handle, err)
		}
		return place{view: v}, nil
	}}}
}
