package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"sopbot"
	"sopbot/internal/slacksim"
)

// hostile is what somebody types who means harm. Each has a word that is to be
// readable still, where the text comes out.
var hostile = []string{
	"<!channel> <!here|x> <!everyone> Readable0",
	"<@U0EVIL> <@U0EVIL|dana> <!subteam^S0EVIL|@all> <#C0EVIL|x> Readable1",
	"<https://evil.example|click me> <mailto:x@evil.example|mail> Readable2",
	"*_~`Readable3`~_* ```fence Readable3 > quote :tada:",
	"&lt;!channel&gt; &amp;lt;@U0EVIL&amp;gt; & < > Readable4",
	"Read\u200bable5 \u202egnp.exe\u202c \u2066x\u2069 \u061c \ufeff Readable5",
	"{{placeholder}} {{first_name}} {{ Readable6 }} {{",
	"=HYPERLINK(\"https://evil.example\",\"x\") Readable7",
	"+1+1 Readable8", "@SUM(1) Readable9", "-2+3 Readable10", "\u00a0=1+1 Readable11",
	"Readable12 " + strings.Repeat("👩‍👩‍👧‍👦🏳️‍🌈", 230), // 3,000 characters
	"\x00\x1b[31m\x07 Readable13 \ufffd",
	"Readable14\n> quote\n<!channel>\n```\n=1+1\n<@U0EVIL>",
}

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
	seen    map[string]int // person and action → how often pressed
	refused map[string]int // field of the view at hand → how often
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
		pick("@alex", "@sam", "@lena")
	case "external_select":
		var found []string
		for _, typed := range []string{p.words(40, false), ""} {
			_ = p.try(func(ctx context.Context) (err error) { found, err = m.TypeE(ctx, e.block, typed); return err })
		}
		if len(found) > 0 && refused == 0 && (!e.optional || p.turn%3 == 0) {
			_ = p.try(func(ctx context.Context) error { return m.PickE(ctx, e.block, found[p.turn%len(found)]) })
		}
	case "static_select", "radio_buttons", "multi_static_select", "checkboxes":
		options := p.optionsOf(m, e.block)
		if len(options) > 0 {
			pick(options[p.turn%len(options)], options[0])
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
	for _, e := range all {
		if said := wrong[e.label]; len(wrong) > 0 && said == "" {
			continue // it is fine as it is
		}
		if len(wrong) > 0 {
			p.refused[e.label]++
		}
		p.fill(m, e, p.refused[e.label])
		if !m.Open() {
			return true
		}
	}
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

// press presses a button, or chooses from a menu, that was not often pressed
// before.
func (p *prowler) press(on *slacksim.Surface, e element) bool {
	name, _, _ := strings.Cut(e.action, ":")
	key := p.nameOf(e)
	if strings.HasPrefix(name, "link") || p.seen[key] >= 3+2*p.round {
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
		p.buttons()
	}
}

// buttons presses what stands on the messages that the person sees.
func (p *prowler) buttons() {
	for _, room := range []string{"DM", "#sales", "#handoffs"} {
		cards := p.person.Messages(room)
		slices.Reverse(cards)
		for i, c := range cards {
			if i > 200 || c.Gone() {
				continue
			}
			// What was pressed least comes first, and one button of each card: the
			// next may be of no use any more.
			all := elements(c.Blocks())
			slices.SortStableFunc(all, func(a, b element) int { return p.seen[p.nameOf(a)] - p.seen[p.nameOf(b)] })
			for _, e := range all {
				if p.press(&c.Surface, e) {
					p.modals()
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

var (
	tokens   = regexp.MustCompile(`<[^<>]*>`)
	ampers   = regexp.MustCompile(`&(?:amp;|lt;|gt;)|&`)
	invisble = regexp.MustCompile("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]")
)

// outrages are what is wrong with a text that the bot sent.
func outrages(text string, mrkdwn bool) (wrong []string) {
	if m := invisble.FindString(text); m != "" {
		wrong = append(wrong, fmt.Sprintf("%U", []rune(m)[0]))
	}
	if !mrkdwn {
		return wrong
	}
	for _, token := range tokens.FindAllString(text, -1) {
		switch {
		case strings.HasPrefix(token, "<https://calendar.google.com/calendar/render?"): // words are in it, as its query
		case strings.Contains(token, "EVIL"), strings.Contains(token, "evil.example"), strings.HasPrefix(token, "<!") && !strings.HasPrefix(token, "<!date^"):
			wrong = append(wrong, token)
		case strings.HasPrefix(token, "<@"), strings.HasPrefix(token, "<!date^"), strings.HasPrefix(token, "<#C"):
		case strings.HasPrefix(token, "<http"), strings.HasPrefix(token, "<mailto:"):
		default:
			wrong = append(wrong, token)
		}
	}
	for _, e := range ampers.FindAllString(text, -1) {
		if e == "&" {
			wrong = append(wrong, "a bare &")
			break
		}
	}
	if bare := tokens.ReplaceAllString(text, ""); strings.ContainsAny(bare, "<>") && !onlyQuotes(bare) {
		wrong = append(wrong, "a bare < or >")
	}
	return wrong
}

// onlyQuotes reports whether every > begins a line, as ours do for a quote.
func onlyQuotes(text string) bool {
	for line := range strings.Lines(text) {
		if strings.ContainsAny(strings.TrimLeft(line, "> "), "<>") {
			return false
		}
	}
	return true
}

// judge looks at everything in what the bot sent; which texts are mrkdwn Slack
// decides by their type, and by their key.
func judge(v any, key string, mrkdwn bool, complain func(text string, wrong []string)) {
	switch v := v.(type) {
	case string:
		// Blocks and views may come as JSON in a text.
		if (key == "blocks" || key == "view" || key == "attachments") && strings.HasPrefix(v, "{") || key == "blocks" && strings.HasPrefix(v, "[") {
			var inner any
			if json.Unmarshal([]byte(v), &inner) == nil {
				judge(inner, "", false, complain)
				return
			}
		}
		if key == "private_metadata" || key == "value" || key == "metadata" {
			return // nobody sees it
		}
		if wrong := outrages(v, mrkdwn && key == "text"); len(wrong) > 0 {
			complain(v, wrong)
		}
	case []any:
		for _, x := range v {
			judge(x, key, mrkdwn, complain)
		}
	case map[string]any:
		is := v["type"] == "mrkdwn" || v["type"] == nil // a message itself has no type
		for k, x := range v {
			judge(x, k, is, complain)
		}
	}
}

// beyond are the gestures that nobody gets to with the playbook that comes
// along and texts of a few hundred letters; other tests make them.
var beyond = map[string]string{
	"click sop.turn":      "turns a page that is longer than a modal: it shows the playbook's words alone",
	"click lead.turn":     "turns what is longer than a modal: TestRolesAreCheckedOnEachAction, TestALargeStepComesThroughAlthoughSlackFails",
	"click handoff.turn":  "the same",
	"click qualify.back":  "a scorecard of several steps",
	"click research.back": "a research form of several steps",
}

// hostileWorld is the demo's team, whose people call themselves hostile names.
func hostileWorld(t *testing.T) slacksim.World {
	t.Helper()
	raw, err := fs.ReadFile(sopbot.Seeds(), "team.yaml")
	if err != nil {
		t.Fatal(err)
	}
	world, err := slacksim.ParseWorld(raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range world.People {
		world.People[i].Name = strings.ReplaceAll(hostile[i%len(hostile)], "\n", " ")
		world.People[i].RealName = world.People[i].Name
		if r := []rune(world.People[i].Name); len(r) > 80 {
			world.People[i].Name = string(r[:80])
		}
	}
	return world
}

// hostilePlaybook is the one that comes along, with pages of an author who
// means harm.
func hostilePlaybook(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{}
	source := sopbot.Playbook()
	if err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(source, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	files["evil.md"] = &fstest.MapFile{Data: []byte("---\nid: evil\ntitle: \"<!channel> Evil & <@U0EVIL> how do I hand off\"\nowner: \"<!here>\"\nreview: 90d\nreviewed: 2026-11-01\n" +
		"aliases: [\"<!everyone> readable\"]\ntags: [evil]\n---\n# <!channel> heading\n\nText <!here|x> <@U0EVIL> \\<https://evil.example|click\\> `code <!channel>` and &lt;!channel&gt;.\n\n" +
		"> quote <!everyone>\n\n```\nfence <!channel>\n```\n\n| a <!here> | b |\n| --- | --- |\n| <@U0EVIL> | {{first_name}} |\n\n## \u202eRight to left\n\n- Readable item <!subteam^S0EVIL>\n\n[<!channel>](https://site.example/?a=1&b=<!here>)\n")}
	settings := strings.Replace(string(files["playbook.yaml"].Data), "name: Sales playbook", "name: \"<!channel> Book & Co\"", 1)
	files["playbook.yaml"] = &fstest.MapFile{Data: []byte(settings)}
	form := strings.Replace(string(files["forms/handoff.md"].Data), "    label: Link to the booked call", "    label: \"<!channel> Link & call\"", 1)
	form = strings.Replace(form, "    hint: The invitation made with the AE's booking link", "    hint: \"<@U0EVIL> & hint\"", 1)
	files["forms/handoff.md"] = &fstest.MapFile{Data: []byte(form)}
	return files
}

// Hostile text goes in through everything that takes text, and comes out
// nowhere as anything but text.
func TestHostileTextStaysText(t *testing.T) {
	clock := &demoClock{}
	clock.Push(time.Until(time.Date(2026, 12, 1, 15, 0, 0, 0, time.UTC)))
	manifest, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	slack := slacksim.Open(t, slacksim.Options{World: hostileWorld(t), Manifest: manifest, Now: clock.Now, AckTimeout: 20 * time.Second, TriggerLife: 20 * time.Second})
	b := runBot(t, slack, func(b *bot) {
		b.now, b.playbook, b.delays = clock.Now, hostilePlaybook(t), calmDelays
	})
	p := &prowler{t: t, slack: slack, bot: b, seen: map[string]int{}}
	push := func(by time.Duration) {
		settled(t, b.db, 20*time.Second) // a response address is no more after half an hour
		clock.Push(by)
		slack.Wake()
		b.wake()
		time.Sleep(200 * time.Millisecond)
	}
	missing := func() (none []string) {
		there := made(slack)
		for _, g := range b.router.Gestures() {
			if why, known := beyond[g]; !there[g] && (!known || why == "") {
				none = append(none, g)
			}
		}
		return none
	}
	for p.round = 0; p.round < 5 && (p.round < 1 || len(missing()) > 0); p.round++ {
		p.everything("dana", "sam", "alex")
		for range 2 { // reminders, and what is overdue
			push(4 * time.Hour)
			for _, who := range []string{"sam", "alex", "dana"} {
				p.person = slack.As(who).In("#sales")
				p.buttons()
			}
		}
		push(12 * time.Hour)
	}
	settled(t, b.db, 20*time.Second)
	if none := missing(); len(none) > 0 {
		t.Errorf("nobody got as far as %q: how does one get there? Teach the prowler", none)
	}

	n, readable := 0, map[string]bool{}
	complained := map[string]bool{}
	for _, e := range slack.Journal().Entries() {
		if e.Kind != "call" && e.Kind != "ack" && e.Kind != "response_url" {
			if e.Kind == "verdict" && e.Error != "" && !strings.Contains(e.Error, "no such command") {
				t.Errorf("Slack refuses: %s %s", e.Name, e.Error)
			}
			continue
		}
		if strings.HasPrefix(e.Error, "invalid_") && e.Error != "invalid_trigger_id" || e.Error == "msg_too_long" || e.Error == "no_text" {
			t.Errorf("Slack refuses %s: %s\n%v", e.Name, e.Error, e.Request)
		}
		raw, err := json.Marshal(e.Request)
		if err != nil {
			t.Fatal(err)
		}
		var sent any
		if err := json.Unmarshal(raw, &sent); err != nil {
			t.Fatal(err)
		}
		n++
		judge(sent, "", e.Name == "chat.postMessage" || e.Kind != "call", func(text string, wrong []string) {
			if key := fmt.Sprint(e.Name, wrong); !complained[key] {
				complained[key] = true
				t.Errorf("%s %s: %q in %q", e.Kind, e.Name, wrong, text[:min(len(text), 400)])
			}
		})
		if args, _ := sent.(map[string]any); (e.Name == "chat.postMessage" || e.Name == "chat.update") && args["text"] == nil && e.Error == "" {
			t.Errorf("%s without a text for notifications: %s", e.Name, raw)
		}
		if strings.Contains(string(raw), "Something went wrong on our side") {
			t.Errorf("a fault of ours: %s", raw)
		}
		for i := range hostile {
			word := fmt.Sprint("Readable", i)
			if strings.Contains(strings.ReplaceAll(string(raw), "\u200b", ""), word) {
				readable[word] = true
			}
		}
	}
	for i := range hostile {
		if !readable[fmt.Sprint("Readable", i)] {
			t.Errorf("%q came out nowhere", hostile[i])
		}
	}
	t.Logf("%d messages, answers and views were looked at; %d gestures made", n, len(made(slack)))

	// What is exported runs nowhere.
	dir := filepath.Join(t.TempDir(), "out")
	if said, err := cli(b.Database, "export", dir); err != nil {
		t.Fatal(said)
	}
	files, err := filepath.Glob(dir + "/*.csv")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	formulas := 0
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		_ = f.Close()
		if err != nil {
			t.Fatal(file, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if strings.HasPrefix(cell, "'") {
					formulas++
				}
				if first := strings.TrimLeft(cell, " \t\r\n\u00a0\ufeff\u200b"); first != "" && strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(first)[0]) {
					t.Errorf("%s: a spreadsheet runs %q", filepath.Base(file), cell)
				}
			}
		}
	}
	if formulas == 0 {
		t.Error("no formula came so far: the test does not go far enough")
	}
}
