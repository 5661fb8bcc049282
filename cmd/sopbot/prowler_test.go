package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"sopbot/internal/slacksim"
)

// prowler goes through the bot by itself: it types every command, fills every
// field of every form that opens, and presses every button that it sees, with
// hostile text wherever text fits.
type prowler struct {
	t       *testing.T
	slack   *slacksim.Slack
	bot     *bot
	person  *slacksim.Person
	turn    int
	round   int
	seen    map[string]int       // person and action → how often pressed
	refused map[string]int       // field of the view at hand → how often
	cards   map[string][]element // person and message → what stood on it
	people  []string
}

// words are the next hostile ones that fit a field.
func (p *prowler) words(most int, lines bool) string {
	p.turn++
	text := hostile[p.turn%len(hostile)]
	if !lines {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " ")
	}
	if most > 0 && utf8.RuneCountInString(text) > most {
		text = string([]rune(text)[:most])
	}
	return text
}

func (p *prowler) try(do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return do(ctx)
}

func (p *prowler) slash(line string) {
	_ = p.try(func(ctx context.Context) error { _, err := p.person.SlashE(ctx, line); return err })
	p.modals()
}

// element is an input or a button as it stands in a block.
type element struct {
	block, label, action, kind string
	most                       int
	lines, optional            bool
	options                    int
}

func elements(blocks []map[string]any) (all []element) {
	add := func(block map[string]any, e map[string]any) {
		if e == nil {
			return
		}
		text := func(m map[string]any, key string) string { s, _ := m[key].(string); return s }
		number := func(v any) int { n, _ := v.(float64); i, _ := v.(int); return int(n) + i }
		title, _ := block["label"].(map[string]any)
		one := element{block: text(block, "block_id"), label: text(title, "text"), action: text(e, "action_id"), kind: text(e, "type"), most: number(e["max_length"])}
		one.lines, _ = e["multiline"].(bool)
		one.optional, _ = block["optional"].(bool)
		options, _ := e["options"].([]any)
		one.options = len(options)
		all = append(all, one)
	}
	for _, b := range blocks {
		for _, key := range []string{"element", "accessory"} {
			e, _ := b[key].(map[string]any)
			add(b, e)
		}
		list, _ := b["elements"].([]any)
		for _, e := range list {
			m, _ := e.(map[string]any)
			if m["action_id"] != nil {
				add(b, m)
			}
		}
	}
	return all
}

// fill fills one field. After so many refusals what it fills in gets saner: other
// words, an amount, nothing.
func (p *prowler) fill(m *slacksim.Modal, e element, refused int) {
	fill := func(words string) {
		_ = p.try(func(ctx context.Context) error { return m.FillE(ctx, e.block, words) })
	}
	pick := func(options ...string) {
		for _, o := range options {
			if p.try(func(ctx context.Context) error { return m.PickE(ctx, e.block, o) }) == nil {
				return
			}
		}
	}
	day := p.bot.now().AddDate(0, 0, 30)
	switch e.kind {
	case "plain_text_input":
		switch {
		case refused == 0:
			fill(p.words(e.most, e.lines))
		case refused%2 == 1 && e.optional:
			fill("")
		case refused%2 == 1:
			p.turn++
			fill(fmt.Sprint("Sane ", p.turn))
		default:
			fill("100")
		}
	case "email_text_input":
		fill("a&b@site.example")
	case "url_text_input":
		fill("https://site.example/?a=<!channel>&b=|click>")
	case "number_input":
		fill("1")
	case "datepicker":
		fill(day.Format("2006-01-02"))
	case "datetimepicker":
		fill(day.Format("2006-01-02 15:04"))
	case "timepicker":
		fill("10:00")
	case "users_select", "multi_users_select":
		who := []string{"@alex", "@sam", "@lena"}
		n := refused % len(who)
		pick(append(who[n:], who[:n]...)...)
	case "external_select":
		var found []string
		for _, typed := range []string{p.words(40, false), ""} {
			_ = p.try(func(ctx context.Context) (err error) { found, err = m.TypeE(ctx, e.block, typed); return err })
		}
		if len(found) > 0 && (refused > 0 || !e.optional || p.turn%3 == 0) {
			_ = p.try(func(ctx context.Context) error { return m.PickE(ctx, e.block, found[p.turn%len(found)]) })
		}
	case "static_select", "radio_buttons", "multi_static_select", "checkboxes":
		options := p.optionsOf(m, e.block)
		if len(options) > 0 {
			pick(options[(p.turn+refused)%len(options)], options[0])
		}
	}
}

func (p *prowler) optionsOf(m *slacksim.Modal, block string) (labels []string) {
	for _, b := range m.Blocks() {
		if b["block_id"] != block {
			continue
		}
		for _, key := range []string{"element", "accessory"} {
			e, _ := b[key].(map[string]any)
			list, _ := e["options"].([]any)
			for _, o := range list {
				m, _ := o.(map[string]any)
				if v, ok := m["value"].(string); ok {
					labels = append(labels, v)
				}
			}
		}
	}
	return labels
}

// modals fills in and sends whatever is open, until nothing is.
func (p *prowler) modals() {
	for step := 0; p.person.ModalOpen() && step < 14; step++ {
		var m *slacksim.Modal
		if p.try(func(ctx context.Context) (err error) { m, err = p.person.ModalE(ctx); return err }) != nil {
			return
		}
		if !p.modal(m, step) {
			break
		}
	}
	if p.person.ModalOpen() {
		_ = p.try(func(ctx context.Context) error {
			m, err := p.person.ModalE(ctx)
			if err != nil {
				return err
			}
			return m.CloseE(ctx, true)
		})
	}
}

// modal does something with one view; more is that there may be another.
func (p *prowler) modal(m *slacksim.Modal, step int) (more bool) {
	if !m.Open() {
		return true
	}
	all := elements(m.Blocks())
	wrong := m.Errors()
	if len(wrong) == 0 {
		p.refused = map[string]int{}
	} else if step > 8 {
		return false
	}
	for i, e := range all {
		if said := wrong[e.label]; len(wrong) > 0 && said == "" {
			continue // it is fine as it is
		}
		if len(wrong) > 0 {
			p.refused[e.label]++
		}
		p.fill(m, e, p.refused[e.label])
		// What is picked from a list can be typed below it instead: not both.
		if next := i + 1; len(wrong) > 0 && e.kind == "external_select" && next < len(all) && all[next].kind == "plain_text_input" && all[next].optional {
			p.fill(m, all[next], p.refused[e.label])
		}
		if !m.Open() {
			return true
		}
	}
	p.leastPressed(all)
	for _, e := range all {
		if len(wrong) > 0 || e.kind == "static_select" {
			continue // an input, which was filled in
		}
		if p.press(&m.Surface, e) {
			return true
		}
	}
	var view struct {
		Submit any `json:"submit"`
	}
	if !m.Open() || json.Unmarshal(m.JSON(), &view) != nil || view.Submit == nil {
		return false
	}
	return p.try(func(ctx context.Context) error { _, err := m.SubmitE(ctx); return err }) == nil
}

func (p *prowler) nameOf(e element) string {
	name, _, _ := strings.Cut(e.action, ":")
	return p.person.ID() + " " + name
}

// newcomers lets everybody else press at once what they never had before: a
// question, say, that is answered before the one who asked goes on.
func (p *prowler) newcomers() {
	settled(p.t, p.bot.db, time.Minute)
	self := p.person
	defer func() { p.person = self }()
	for _, who := range p.people {
		if p.person = p.slack.As(who).In("#sales"); p.person.ID() == self.ID() {
			continue
		}
		cards := p.person.Messages("DM")
		for _, c := range cards[max(0, len(cards)-4):] {
			if c.Gone() {
				continue
			}
			for _, e := range elements(c.Blocks()) {
				if p.seen[p.nameOf(e)] == 0 && p.press(&c.Surface, e) {
					p.modals()
					break
				}
			}
		}
	}
}

// leastPressed puts first what was pressed least: of a long list's buttons those
// that stand on every row would take every turn.
func (p *prowler) leastPressed(all []element) {
	slices.SortStableFunc(all, func(a, b element) int { return p.seen[p.nameOf(a)] - p.seen[p.nameOf(b)] })
}

// wanted reports whether something was not pressed often enough yet.
func (p *prowler) wanted(e element) bool {
	name, _, _ := strings.Cut(e.action, ":")
	return slices.Contains([]string{"button", "overflow", "static_select"}, e.kind) && !strings.HasPrefix(name, "link") && p.seen[p.nameOf(e)] < 3+p.round
}

// press presses a button, or chooses from a menu, that was not often pressed
// before.
func (p *prowler) press(on *slacksim.Surface, e element) bool {
	key := p.nameOf(e)
	if !p.wanted(e) {
		return false
	}
	switch e.kind {
	case "button":
		p.seen[key]++
		return p.try(func(ctx context.Context) error { _, err := on.ClickE(ctx, e.action); return err }) == nil
	case "overflow", "static_select":
		p.seen[key]++
		options := overflowOf(on, e.action)
		if len(options) == 0 {
			return false
		}
		return p.try(func(ctx context.Context) error {
			_, err := on.ChooseE(ctx, e.action, options[p.seen[key]%len(options)])
			return err
		}) == nil
	}
	return false
}

func overflowOf(on *slacksim.Surface, action string) (labels []string) {
	for _, b := range on.Blocks() {
		beside, _ := b["elements"].([]any)
		for _, one := range append(beside, b["accessory"]) {
			e, _ := one.(map[string]any)
			if e["action_id"] != action {
				continue
			}
			list, _ := e["options"].([]any)
			for _, o := range list {
				m, _ := o.(map[string]any)
				t, _ := m["text"].(map[string]any)
				if s, ok := t["text"].(string); ok {
					labels = append(labels, s)
				}
			}
		}
	}
	return labels
}

// everything does everything once, as each of these people.
func (p *prowler) everything(people ...string) {
	p.people = people
	for _, who := range people {
		p.person = p.slack.As(who).In("#sales")
		for _, c := range p.bot.router.Commands() {
			p.slash(c.Name)
			p.slash(c.Name + " " + p.words(0, true))
			for i, e := range c.Examples {
				if p.round == 0 || (p.round+i)%4 == 0 {
					p.slash(e.Typed + " " + p.words(0, true))
				}
				if p.round == 0 && who == people[0] {
					p.slash(e.Typed)
				}
			}
		}
		for _, s := range p.bot.router.Shortcuts() {
			_ = p.try(func(ctx context.Context) error {
				if !s.Message {
					_, err := p.person.GlobalShortcutE(ctx, s.Name)
					return err
				}
				said, err := p.person.SayE(ctx, "#sales", p.words(0, true))
				if err == nil {
					_, err = p.person.ShortcutE(ctx, s.Name, said)
				}
				return err
			})
			p.modals()
		}
		_ = p.try(func(ctx context.Context) error {
			_, err := p.person.MentionE(ctx, "#sales", p.words(0, true)+" how do I hand off")
			return err
		})
		_ = p.try(func(ctx context.Context) error { _, err := p.person.DME(ctx, p.words(0, true)); return err })
		p.report()
		p.buttons()
	}
}

// report hands in what ends one of the person's weekly actions. The button that
// opens it opens every form that ends an action, and is pressed often elsewhere
// before its turn comes here.
func (p *prowler) report() {
	for _, c := range p.person.Messages("DM") {
		if c.Gone() {
			continue
		}
		for _, e := range elements(c.Blocks()) {
			if !strings.HasPrefix(e.action, "deadline.open") {
				continue
			}
			if p.try(func(ctx context.Context) error { _, err := c.ClickE(ctx, e.action); return err }) != nil || !p.person.ModalOpen() {
				continue
			}
			var m *slacksim.Modal
			if p.try(func(ctx context.Context) (err error) { m, err = p.person.ModalE(ctx); return err }) != nil {
				continue
			}
			if strings.Contains(m.Title(), "Report") { // of the page that hostileWeek adds
				p.modals()
				return
			}
			_ = p.try(func(ctx context.Context) error { return m.CloseE(ctx, true) })
		}
	}
}

// home presses what stands on the person's Home tab, where the app has one.
func (p *prowler) home() {
	if there, _, _ := p.slack.Tabs(); !there {
		return
	}
	var home *slacksim.Home
	if p.try(func(ctx context.Context) (err error) { home, err = p.person.OpenHomeE(ctx); return err }) != nil {
		return
	}
	for _, e := range elements(home.Blocks()) {
		if p.press(&home.Surface, e) {
			p.modals()
		}
	}
}

// buttons presses what stands on the messages that the person sees.
func (p *prowler) buttons() {
	p.home()
	for _, room := range []string{"DM", "#sales", "#handoffs"} {
		cards := p.person.Messages(room)
		slices.Reverse(cards)
		for i, c := range cards {
			if i > 200 || c.Gone() {
				continue
			}
			// Reading a card takes time: one that has nothing to press that was not
			// pressed often is passed over.
			known := p.person.ID() + c.TS()
			if all, read := p.cards[known]; read && !slices.ContainsFunc(all, p.wanted) {
				continue
			}
			// One button of each card: the next may be of no use any more.
			all := elements(c.Blocks())
			p.cards[known] = all
			p.leastPressed(all)
			for _, e := range all {
				if p.press(&c.Surface, e) {
					p.modals()
					if p.seen[p.nameOf(e)] <= 2 {
						p.newcomers()
					}
					break
				}
			}
		}
	}
}

// made are the gestures that arrived at the bot.
func made(slack *slacksim.Slack) map[string]bool {
	out := map[string]bool{}
	text := func(v any, path ...string) string {
		for _, key := range path {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		s, _ := v.(string)
		return s
	}
	for _, e := range slack.Journal().Envelopes("") {
		raw, _ := json.Marshal(e.Request)
		var envelope map[string]any
		if json.Unmarshal(raw, &envelope) != nil {
			continue
		}
		payload := envelope["payload"]
		switch text(payload, "type") {
		case "block_actions":
			list, _ := payload.(map[string]any)["actions"].([]any)
			for _, a := range list {
				name, _, _ := strings.Cut(text(a, "action_id"), ":")
				out["click "+name] = true
			}
		case "view_submission":
			out["submission "+text(payload, "view", "callback_id")] = true
		case "block_suggestion":
			out["suggestion "+text(payload, "action_id")] = true
		case "shortcut", "message_action":
			out["shortcut "+text(payload, "callback_id")] = true
		default:
			if c := text(payload, "command"); c != "" {
				out["command "+c] = true
			}
		}
	}
	return out
}
