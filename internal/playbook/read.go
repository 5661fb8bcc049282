package playbook

import (
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What Slack shows of these, in letters (Slack's Block Kit reference).
const (
	maxOptionLabel = 75
	maxButtonLabel = 24
	maxOptions     = 100
)

// idPattern is what an id may look like: it becomes part of links, callback
// IDs and columns of exports.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_./-]*$`)

// draft is a page that is being read, with what lint needs to know of it.
type draft struct {
	*Page
	reader
	head  *mapping // its front matter; nil without
	links []proseLink
	body  spot
}

// readPage reads one file. It never fails: what is wrong stands in the
// draft's problems.
func readPage(file string, raw []byte) *draft {
	source, changed := cleanText(raw)
	yamlText, body, bodyLine, found := splitFrontMatter(source)
	d := &draft{
		Page:   &Page{File: file, ID: strings.TrimSuffix(file, path.Ext(file)), Kind: KindPage, Body: body, FrontMatter: found},
		reader: reader{file: file, shift: 1},
		body:   spot{bodyLine, 1},
	}
	if changed {
		d.warnf(spot{1, 1}, "the file is not UTF-8; letters that could not be read are shown as \uFFFD")
	}
	if found {
		if m, ok := d.document(yamlText); ok {
			m.what = "front matter"
			d.head = m
			d.readHead(m)
			m.end()
		}
	}
	d.Sections, d.links = cutSections(body, bodyLine)
	if d.Title == "" {
		d.Title = firstHeading(d.Sections)
	}
	if d.Title == "" {
		d.Title = titleOfFile(file)
	}
	taken := map[string]int{}
	for _, s := range d.Sections {
		taken[s.Slug]++
	}
	for _, s := range partSections(d.Page, d.lineOfKey) {
		s.N = len(d.Sections)
		s.Slug = uniqueSlug(s.Title(), taken)
		d.Sections = append(d.Sections, s)
	}
	if len(d.Sections) == 0 {
		d.Sections = []Section{{Line: bodyLine}}
	}
	return d
}

func (d *draft) lineOfKey(key string) int {
	if d.head == nil {
		return 1
	}
	return d.head.spot(key).line
}

func firstHeading(sections []Section) string {
	for _, s := range sections {
		if t := s.Title(); t != "" {
			return t
		}
	}
	return ""
}

// titleOfFile makes "how-we-sell.md" into "How we sell".
func titleOfFile(file string) string {
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if l := strings.ToLower(base); (l == "readme" || l == "index" || l == "_index") && path.Dir(file) != "." {
		base = path.Base(path.Dir(file))
	}
	t := strings.Join(strings.FieldsFunc(base, func(r rune) bool { return r == '-' || r == '_' || unicode.IsSpace(r) }), " ")
	if t == "" {
		return file
	}
	r, n := utf8.DecodeRuneInString(t)
	return string(unicode.ToUpper(r)) + t[n:]
}

func (d *draft) readHead(m *mapping) {
	if m.has("id") {
		if id := m.required("id"); id != "" {
			if !idPattern.MatchString(id) {
				d.errorf(m.r.at(m.values["id"]), "id %q must be letters, digits, hyphens and slashes", id)
			} else {
				d.ID = id
			}
		}
	} else {
		m.text("id")
	}
	if k := oneOf(m, "kind", Kinds); k != "" {
		d.Kind = k
	}
	d.Title = strings.Join(strings.Fields(m.text("title")), " ")
	d.Owner = m.text("owner")
	if t := m.text("review"); t != "" {
		i, err := ParseInterval(t)
		if err != nil {
			d.errorf(m.r.at(m.values["review"]), "review: %v", err)
		}
		d.Review = i
	}
	d.Reviewed = m.date("reviewed")
	d.Tags = m.texts("tags")
	d.Aliases = m.texts("aliases")
	d.Audience = m.texts("audience")
	switch d.Kind {
	case KindObjection:
		d.Objection = &Objection{Ask: m.texts("ask")}
	case KindTemplate:
		t := &Template{Channel: m.text("channel"), Cadence: m.text("cadence")}
		t.Step, _ = m.number("step")
		t.Day, _ = m.number("day")
		d.Template = t
	case KindStage:
		d.Stage = readStage(m)
	case KindFramework:
		d.Framework = readFramework(m)
	case KindForm:
		d.Form = readForm(m, d.ID)
	case KindTool:
		d.Tool = &Tool{Actions: readActions(m)}
	case KindOnboarding:
		d.Onboarding = readOnboarding(m)
	}
}

func readStage(m *mapping) *Stage {
	s := &Stage{}
	var ok bool
	if s.Order, ok = m.number("order"); !ok && !m.has("order") {
		m.r.errorf(m.at, "a stage needs \"order\", its place in the sales cycle")
	}
	s.Entry = readItems(m, "entry")
	s.Actions = readActions(m)
	s.Ask = m.texts("ask")
	s.Capture = readFields(m, "capture")
	s.Exit = readItems(m, "exit")
	if len(s.Exit) == 0 {
		m.r.errorf(m.spot("exit"), "a stage needs exit criteria, or no deal could ever be told to be done with it")
	}
	return s
}

// readItems reads entry or exit criteria; a bare text is an item whose id is
// made from its label.
func readItems(m *mapping, key string) []Item {
	var out []Item
	ids := map[string]bool{}
	for _, n := range m.nodes(key) {
		if s, ok := m.r.scalar(n); ok && s != "" {
			i := Item{ID: slugOf(s), Label: s}
			m.r.uniqueID(ids, i.ID, m.r.at(n), key)
			out = append(out, i)
			continue
		}
		im, ok := m.r.mapping(n, "each of "+key)
		if !ok {
			continue
		}
		i := Item{Label: im.required("label"), Ask: im.text("ask"), From: im.text("from")}
		i.ID = im.id(ids, i.Label, key)
		im.shorter("label", i.Label, maxOptionLabel)
		im.end()
		out = append(out, i)
	}
	return out
}

// id reads an id; it must be unique among its list.
func (m *mapping) id(taken map[string]bool, label, list string) string {
	id := m.text("id")
	at := m.spot("id")
	switch {
	case id == "" && label == "":
		return ""
	case id == "":
		m.r.errorf(m.at, "%s needs \"id\"", m.what)
		id = slugOf(label)
	case !idPattern.MatchString(id):
		m.r.errorf(at, "id %q must be letters, digits, hyphens and underscores", id)
	}
	m.r.uniqueID(taken, id, at, list)
	return id
}

func (r *reader) uniqueID(taken map[string]bool, id string, at spot, list string) {
	if taken[id] {
		r.errorf(at, "id %q stands twice in %s", id, list)
	}
	taken[id] = true
}

// shorter complains of a label that Slack would not show whole.
func (m *mapping) shorter(key, text string, limit int) {
	if n := utf8.RuneCountInString(text); n > limit {
		m.r.errorf(m.spot(key), "%s has %d letters; Slack shows %d", key, n, limit)
	}
}

// mostRepeats is how many reminders after its deadline an action may have.
const mostRepeats = 20

func readFields(m *mapping, key string) []Field {
	var out []Field
	ids := map[string]bool{}
	m.each(key, "each of "+key, func(fm *mapping) {
		f := Field{
			Label:       fm.required("label"),
			Type:        oneOf(fm, "type", FieldTypes),
			Required:    fm.yesNo("required"),
			Hint:        fm.text("hint"),
			Placeholder: fm.text("placeholder"),
			Min:         fm.text("min"),
			Max:         fm.text("max"),
			From:        oneOf(fm, "from", []string{"research", "qualification", "lead"}),
		}
		f.ID = fm.id(ids, f.Label, key)
		f.Options = readOptions(fm, "options")
		if f.Type == "" {
			if !fm.has("type") {
				fm.r.errorf(fm.at, "field %q needs \"type\"", f.ID)
			}
			f.Type = FieldText
		}
		chosen := f.Type == FieldChoice || f.Type == FieldChoices
		if chosen && len(f.Options) == 0 {
			fm.r.errorf(fm.spot("options"), "field %q is a %s and needs \"options\"", f.ID, f.Type)
		}
		if !chosen && fm.has("options") {
			fm.r.errorf(fm.spot("options"), "field %q is a %s, which has no options; did you mean choice?", f.ID, f.Type)
		}
		fm.shorter("label", f.Label, maxOptionLabel)
		checkBounds(fm, f)
		out = append(out, f)
	})
	return out
}

func checkBounds(m *mapping, f Field) {
	low, lowErr := bound(f, f.Min)
	high, highErr := bound(f, f.Max)
	if lowErr != "" {
		m.r.errorf(m.spot("min"), "min: %s", lowErr)
	}
	if highErr != "" {
		m.r.errorf(m.spot("max"), "max: %s", highErr)
	}
	if lowErr == "" && highErr == "" && f.Min != "" && f.Max != "" && low > high {
		m.r.errorf(m.spot("max"), "max %s is below min %s", f.Max, f.Min)
	}
}

func readOptions(m *mapping, key string) []Option {
	var out []Option
	values := map[string]bool{}
	nodes := m.nodes(key)
	for _, n := range nodes {
		at := m.r.at(n)
		o := Option{}
		if s, ok := m.r.scalar(n); ok {
			o = Option{Value: s, Label: s}
			if s == "" {
				m.r.errorf(at, "one of %s is empty", key)
				continue
			}
		} else {
			om, ok := m.r.mapping(n, "each of "+key)
			if !ok {
				continue
			}
			o = Option{Value: om.required("value"), Label: om.text("label")}
			if o.Label == "" {
				o.Label = o.Value
			}
			om.end()
		}
		if l := utf8.RuneCountInString(o.Label); l > maxOptionLabel {
			m.r.errorf(at, "option %q has %d letters; Slack shows %d", o.Label, l, maxOptionLabel)
		}
		if values[o.Value] {
			m.r.errorf(at, "option %q stands twice in %s", o.Value, key)
		}
		values[o.Value] = true
		out = append(out, o)
	}
	if len(out) > maxOptions {
		m.r.errorf(m.spot(key), "%s has %d options; Slack allows %d", key, len(out), maxOptions)
	}
	return out
}

func readFramework(m *mapping) *Framework {
	f := &Framework{}
	ids := map[string]bool{}
	m.each("criteria", "each of criteria", func(cm *mapping) {
		c := Criterion{Label: cm.required("label"), Ask: strings.Join(cm.texts("ask"), " "), Hint: cm.text("hint"), Required: cm.yesNo("required")}
		c.ID = cm.id(ids, c.Label, "criteria")
		cm.shorter("label", c.Label, maxOptionLabel)
		f.Criteria = append(f.Criteria, c)
	})
	if len(f.Criteria) == 0 {
		m.r.errorf(m.spot("criteria"), "a framework needs \"criteria\"")
	}
	need, ok := m.number("need")
	switch {
	case !ok && !m.has("need"):
		m.r.errorf(m.at, "a framework needs \"need\", how many criteria make a pass")
	case ok && need > len(f.Criteria) && len(f.Criteria) > 0:
		m.r.errorf(m.spot("need"), "need is %d, but there are only %d criteria", need, len(f.Criteria))
	case ok && need == 0:
		m.r.errorf(m.spot("need"), "need is 0: everything would pass")
	}
	f.Need = need
	return f
}

func readOnboarding(m *mapping) *Onboarding {
	o := &Onboarding{}
	var ok bool
	if o.Week, ok = m.number("week"); !ok && !m.has("week") {
		m.r.errorf(m.at, "a step of onboarding needs \"week\"")
	}
	o.Order, _ = m.number("order")
	ids := map[string]bool{}
	for _, n := range m.nodes("tasks") {
		if s, ok := m.r.scalar(n); ok && s != "" {
			t := Task{ID: slugOf(s), Label: s}
			m.r.uniqueID(ids, t.ID, m.r.at(n), "tasks")
			o.Tasks = append(o.Tasks, t)
			continue
		}
		if tm, ok := m.r.mapping(n, "each of tasks"); ok {
			t := Task{Label: tm.required("label")}
			t.ID = tm.id(ids, t.Label, "tasks")
			tm.end()
			o.Tasks = append(o.Tasks, t)
		}
	}
	m.each("quiz", "each of quiz", func(qm *mapping) {
		q := Question{Ask: qm.required("ask"), Options: qm.texts("options"), Answer: qm.required("answer")}
		found := false
		for _, opt := range q.Options {
			found = found || opt == q.Answer
		}
		switch {
		case len(q.Options) < 2:
			qm.r.errorf(qm.spot("options"), "a question needs at least two options")
		case len(q.Options) > 10:
			qm.r.errorf(qm.spot("options"), "a question has %d options; Slack shows 10", len(q.Options))
		case !found && q.Answer != "":
			qm.r.errorf(qm.spot("answer"), "the answer %q is not one of the options", q.Answer)
		}
		o.Quiz = append(o.Quiz, q)
	})
	return o
}
