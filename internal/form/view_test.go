package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slack-go/slack"

	"sopbot"
	"sopbot/internal/chat"
	"sopbot/internal/golden"
	"sopbot/internal/playbook"
	"sopbot/internal/slacksim/schema"
)

// bakery is another company's playbook: nothing here may depend on ours.
const bakeryForm = `---
id: tasting
kind: form
title: A tasting at the shop of a customer
owner: U0BAKER
submit: Book the tasting
fields:
  - {id: shop, label: Shop, type: lead, required: true}
  - {id: baker, label: Who goes, type: user}
  - {id: loaf, label: Which loaf?, type: choice, required: true, options: [rye, wheat, {value: spelt, label: Spelt & oat}]}
  - {id: oven, label: Which oven?, type: choice, options: [one, two]}
  - {id: extras, label: Extras, type: choices, options: [butter, salt, jam]}
  - {id: shelves, label: Shelves, type: choices, options: [s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11]}
  - {id: fresh, label: Baked today?, type: yes_no, required: true}
  - {id: loaves, label: Loaves a day, type: number, min: 1, max: 500, hint: Ask the shop}
  - {id: price, label: What they pay today, type: money, min: 100}
  - {id: day, label: First day, type: date, max: 6mo}
  - {id: hour, label: The tasting, type: datetime}
  - {id: site, label: Web site, type: url, from: research}
  - {id: mail, label: E-mail, type: email}
  - {id: phone, label: Phone, type: phone}
  - {id: name, label: Contact, type: text, max: 80, placeholder: Name and role}
  - {id: notes, label: Notes, type: long_text}
rules:
  - {field: fresh, is: yes, say: Bring bread of today.}
  - {field: day, within: 2w, say: Start within two weeks.}
  - {field: price, at_least: 1000, say: Too small for us.}
---
Bring a knife.
`

func bakery(t testing.TB) *playbook.Playbook {
	t.Helper()
	var hundred strings.Builder
	hundred.WriteString("---\nid: census\nkind: form\ntitle: The great census\nowner: U0BAKER\nfields:\n")
	for i := range 100 {
		fmt.Fprintf(&hundred, "  - {id: q%d, label: Question %d, type: %s}\n", i, i, []string{"long_text", "text", "number"}[i%3])
	}
	hundred.WriteString("---\nAsk everything.\n")
	return load(t, fstest.MapFS{
		"playbook.yaml": {Data: []byte("currency: EUR\ntimezone: Europe/Berlin\n")},
		"tasting.md":    {Data: []byte(bakeryForm)},
		"census.md":     {Data: []byte(hundred.String())},
		"crumb.md": {Data: []byte("---\nid: crumb\nkind: framework\ntitle: CRUMB\nowner: U0BAKER\nneed: 3\ncriteria:\n" +
			"  - {id: cash, label: Cash, ask: Who pays?, required: true}\n  - {id: reason, label: Reason, ask: Why now?}\n" +
			"  - {id: user, label: User, ask: Who eats?}\n  - {id: month, label: Month, ask: When?}\n  - {id: baker, label: Baker, ask: Who bakes today?}\n---\nScore.\n")},
	})
}

func load(t testing.TB, files fs.FS) *playbook.Playbook {
	t.Helper()
	pb, problems, err := playbook.Load(files, monday)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	return pb
}

func pageOf(t testing.TB, pb *playbook.Playbook, id string) *playbook.Page {
	t.Helper()
	p, ok := pb.Page(id)
	if !ok {
		t.Fatalf("no page %s", id)
	}
	return p
}

// full answers every field of the bakery's form.
func full() Answers {
	return Answers{
		"shop": Lead("L7", "Corner shop"), "baker": User("U0ALEX"), "loaf": {Type: "choice", Text: "spelt", Labels: []string{"Spelt & oat"}},
		"oven": {Type: "choice", Text: "two", Labels: []string{"two"}}, "extras": {Type: "choices", Choices: []string{"butter", "jam"}, Labels: []string{"butter", "jam"}},
		"shelves": {Type: "choices", Choices: []string{"s2", "s11"}, Labels: []string{"s2", "s11"}}, "fresh": {Type: "yes_no", Yes: true},
		"loaves": {Type: "number", Number: Decimal{125, 1}}, "price": {Type: "money", Money: Money{120050, "EUR"}},
		"day": {Type: "date", Date: playbook.Date{Year: 2026, Month: 12, Day: 1}}, "hour": {Type: "datetime", Time: monday.Add(48 * time.Hour)},
		"site": {Type: "url", Text: "https://shop.example/a?b=1&c=2"}, "mail": {Type: "email", Text: "dana@shop.example"},
		"phone": {Type: "phone", Text: "+49301234567"}, "name": {Type: "text", Text: "Dana شكرا 👩‍👩‍👧 <!channel>"},
		"notes": {Type: "long_text", Text: "one\n\ntwo & three"},
	}
}

func mustView(t testing.TB, o Options) slack.ModalViewRequest {
	t.Helper()
	build := View
	if o.Page.Framework != nil {
		build = ScorecardView
	}
	v, err := build(o)
	if err != nil {
		t.Fatal(err)
	}
	checkSchema(t, v)
	return v
}

func checkSchema(t testing.TB, v slack.ModalViewRequest) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range schema.Errors("modal", raw) {
		t.Errorf("Slack's types: %s", wrong)
	}
}

func TestModalsLookAsInTheFiles(t *testing.T) {
	ours, theirs := load(t, sopbot.Playbook()), bakery(t)
	for name, o := range map[string]Options{
		"modal-handoff-1":    {Page: pageOf(t, ours, "handoff"), Settings: ours.Settings, Given: Answers{"lead": Lead("L7", "Acme"), "contact": Text("Dana Fox, CFO"), "ae": User("U0ALEX")}},
		"modal-handoff-2":    {Page: pageOf(t, ours, "handoff"), Settings: ours.Settings, Step: 1, BackAction: "handoff.back", Given: Answers{"amount": {Type: "money", Money: Money{1200000, "USD"}}}},
		"modal-research":     {Page: pageOf(t, ours, "research"), Settings: ours.Settings, Before: chat.TextBlocks("*Acme*")},
		"modal-scorecard":    {Page: pageOf(t, ours, "meddpicc"), Settings: ours.Settings},
		"modal-all-types-1":  {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Given: full()},
		"modal-all-types-2":  {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Given: full(), Step: 1},
		"modal-all-types-3":  {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Given: full(), Step: 2},
		"modal-read-only":    {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Given: full(), ReadOnly: true},
		"modal-stage":        {Page: pageOf(t, ours, "discovery-call"), Settings: ours.Settings},
		"modal-one-field":    {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Only: []string{"price"}, Title: "One thing is missing"},
		"modal-other-round":  {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Only: []string{"shop", "name"}, Round: 2, LeadAction: "tasting.lead", LeadTells: true},
		"modal-gone-options": {Page: pageOf(t, theirs, "tasting"), Settings: theirs.Settings, Only: []string{"loaf"}, Given: Answers{"loaf": {Type: "choice", Text: "corn", Labels: []string{"Corn"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Callback, o.Key, o.Version, o.Private = "test", "K1", "v1", "mine"
			golden.JSON(t, name, mustView(t, o))
		})
	}
}

func TestEveryFormAndFrameworkOfOurPlaybookMakesModalsThatSlackTakes(t *testing.T) {
	pb := load(t, sopbot.Playbook())
	for _, p := range pb.Pages {
		if len(FieldsOf(p)) == 0 {
			continue
		}
		for step := range planOf(p, nil).steps {
			mustView(t, Options{Page: p, Settings: pb.Settings, Step: step, Version: pb.Version})
		}
	}
}

func TestHostileLabelsAndPrefillsMakeModalsThatSlackTakes(t *testing.T) {
	long := strings.Repeat("🎉 <!channel> \x00\u202e ", 900)
	var fields []playbook.Field
	given := Answers{}
	var many []playbook.Option
	for i := range 250 {
		many = append(many, playbook.Option{Value: fmt.Sprint(i, long), Label: fmt.Sprint(i, long)})
	}
	for i, kind := range append(playbook.FieldTypes, "colour") {
		f := playbook.Field{ID: fmt.Sprint(kind, strings.Repeat("x", 300)), Label: long, Type: kind, Hint: long, Placeholder: long, Min: "-1e400", Max: "0", Required: i%2 == 0, Options: many}
		fields, given[f.ID] = append(fields, f), Text(long)
	}
	fields = append(fields, playbook.Field{ID: "none", Type: "choices"}, playbook.Field{ID: "", Type: "text"})
	p := page(fields...)
	p.Title, p.Form.Submit = long, long
	var before []slack.Block
	for range 150 {
		before = append(before, slack.NewDividerBlock(), nil)
	}
	for step := range planOf(p, nil).steps {
		v := mustView(t, Options{Page: p, Step: step, Given: given, Before: before, Callback: long})
		if n := len(v.Blocks.BlockSet); n > maxBlocks {
			t.Errorf("%d blocks", n)
		}
	}
	mustView(t, Options{Page: p, Given: given, ReadOnly: true})
}

func TestAViewIsNotMadeWithoutItsMetadata(t *testing.T) {
	if _, err := View(Options{Page: page(field("text")), Private: strings.Repeat("x", 3000)}); !errors.Is(err, ErrTooLong) {
		t.Errorf("err = %v", err)
	}
	if _, err := View(Options{Page: page()}); !errors.Is(err, ErrNoFields) {
		t.Errorf("err = %v", err)
	}
	if _, err := View(Options{}); !errors.Is(err, ErrNoFields) {
		t.Errorf("err = %v", err)
	}
	// A form that comes back and asks for none of what the page has is not ours.
	if _, err := View(Options{Page: page(field("text")), Only: []string{"gone"}}); !errors.Is(err, ErrNoFields) || !errors.Is(err, ErrNotOurs) {
		t.Errorf("err = %v", err)
	} else if _, fault := chat.Words(err, "E-X"); fault {
		t.Errorf("they read a code: %v", err)
	}
}

func TestMetadataTellsWhatTheFormWasOpenedWith(t *testing.T) {
	v := mustView(t, Options{Page: page(field("text")), Version: "abc", Private: `{"lead":"L7"}`})
	m, err := Opened(chat.View{Private: v.PrivateMetadata})
	if err != nil || m.Version != "abc" || m.Page != "test" || m.Caller != `{"lead":"L7"}` || len(m.Key) < 20 {
		t.Errorf("%+v, %v", m, err)
	}
	other := mustView(t, Options{Page: page(field("text"))})
	if o, _ := Opened(chat.View{Private: other.PrivateMetadata}); o.Key == m.Key {
		t.Error("two openings have one key")
	}
	if m, err := Opened(chat.View{Private: `{"k":"K","later":{"x":[1]},"s":-4}`}); err != nil || m.Key != "K" || m.Step != 0 {
		t.Errorf("a key of a later version: %+v, %v", m, err)
	}
	for _, private := range []string{"", "{}", "null", "[]", "{", `{"k":7}`, "L7"} {
		if _, err := Opened(chat.View{Private: private}); !errors.Is(err, ErrNotOurs) {
			t.Errorf("%q: %v", private, err)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add(`{"v":"1","p":"handoff","k":"K","s":1,"c":"x","a":{"q":{"type":"text","text":"y"}}}`)
	f.Add(`{"k":"K","a":{"n":{"type":"number","number":1.5},"d":{"type":"date","date":"2026-01-01"},"t":{"type":"datetime","time":"2026-01-01T00:00:00Z"}}}`)
	f.Add(`{"k":"K","a":{"n":{"type":"number","number":-0}}}`)
	f.Fuzz(func(t *testing.T, private string) {
		m, err := Opened(chat.View{Private: private})
		if err != nil {
			return
		}
		text, err := m.encode()
		if errors.Is(err, ErrTooLong) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := Opened(chat.View{Private: text})
		if err != nil || again.Key != m.Key || again.Step != m.Step || len(again.Carried) != len(m.Carried) {
			t.Fatalf("%q became %+v, %v", private, again, err)
		}
		for id, v := range m.Carried {
			_ = v.Mrkdwn(newYork)
			if !v.Equal(again.Carried[id]) && !strings.ContainsRune(private, '\ufffd') {
				t.Fatalf("%q: %+v became %+v", id, v, again.Carried[id])
			}
		}
	})
}
