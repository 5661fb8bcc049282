package form

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// drawer is a place for drafts that counts its use.
type drawer struct {
	kept  map[string]Answers
	saves int
	fail  error
}

func (d *drawer) Save(key string, a Answers) error {
	d.saves++
	if d.fail == nil {
		d.kept[key] = a
	}
	return d.fail
}

func (d *drawer) Load(key string) (Answers, error) { return d.kept[key], d.fail }

// fill is the view as Slack would send it back: with what its inputs start with,
// and with what is typed over it.
func fill(v slack.ModalViewRequest, typed map[string]string) chat.View {
	entries := map[string]chat.Entry{}
	for _, b := range v.Blocks.BlockSet {
		input, ok := b.(*slack.InputBlock)
		if !ok {
			continue
		}
		e := started(input.Element)
		if words, over := typed[input.BlockID]; over {
			e = chat.Entry{Value: words}
		}
		entries[input.BlockID] = e
	}
	return view(v.PrivateMetadata, entries)
}

// started is what an input holds before anybody touches it.
func started(e slack.BlockElement) chat.Entry {
	one := func(o *slack.OptionBlockObject) chat.Entry {
		if o == nil {
			return chat.Entry{}
		}
		return chat.Entry{Value: o.Value, Options: []string{o.Text.Text}}
	}
	many := func(os []*slack.OptionBlockObject) (out chat.Entry) {
		for _, o := range os {
			out.Values, out.Options = append(out.Values, o.Value), append(out.Options, o.Text.Text)
		}
		return out
	}
	switch e := e.(type) {
	case *slack.PlainTextInputBlockElement:
		return chat.Entry{Value: e.InitialValue}
	case *slack.NumberInputBlockElement:
		return chat.Entry{Value: e.InitialValue}
	case *slack.URLTextInputBlockElement:
		return chat.Entry{Value: e.InitialValue}
	case *slack.EmailTextInputBlockElement:
		return chat.Entry{Value: e.InitialValue}
	case *slack.DatePickerBlockElement:
		return chat.Entry{Value: e.InitialDate}
	case *slack.DateTimePickerBlockElement:
		if e.InitialDateTime == 0 {
			return chat.Entry{}
		}
		return chat.Entry{Value: fmt.Sprint(e.InitialDateTime)}
	case *slack.RadioButtonsBlockElement:
		return one(e.InitialOption)
	case *slack.SelectBlockElement:
		if e.InitialUser != "" {
			return chat.Entry{Value: e.InitialUser}
		}
		return one(e.InitialOption)
	case *slack.CheckboxGroupsBlockElement:
		return many(e.InitialOptions)
	case *slack.MultiSelectBlockElement:
		return many(e.InitialOptions)
	}
	panic(fmt.Sprintf("an input of type %T", e))
}

// through goes through all steps of a form, with these words for every text.
func through(t *testing.T, o Options, words string) Answers {
	t.Helper()
	v := mustView(t, o)
	for range 100 {
		typed := map[string]string{}
		for _, f := range FieldsOf(o.Page) {
			if isWords(f.Type) {
				typed[Block(f.ID)] = words + f.ID
			} else if f.Type == playbook.FieldNumber && strings.HasPrefix(f.ID, "q") {
				typed[Block(f.ID)] = strings.TrimLeft(f.ID, "q")
			}
		}
		out, err := Submit(o, fill(v, typed), monday)
		switch {
		case err != nil:
			t.Fatal(err)
		case len(out.Errors) > 0:
			t.Fatal(out.Errors)
		case out.Next == nil:
			return out.Answers
		}
		if out.Waiting != nil {
			checkSchema(t, *out.Waiting)
			if !fitsAcknowledgement(out.Waiting) {
				t.Error("what stands in for a large view is large itself")
			}
			// Should the large one never come, the person asks for it again.
			again, err := Submit(o, fill(*out.Waiting, nil), monday)
			if err != nil || again.Next == nil || again.Next.PrivateMetadata != out.Next.PrivateMetadata {
				t.Fatalf("asked for the step again: %v, %v", again.Next, err)
			}
		} else if !fitsAcknowledgement(out.Next) {
			t.Error("a view that Slack would drop")
		}
		v = *out.Next
		checkSchema(t, v)
	}
	t.Fatal("no end")
	return nil
}

func TestNothingTypedIntoAHundredFieldsIsLost(t *testing.T) {
	p := pageOf(t, bakery(t), "census")
	if n := Steps(p.Form); n != 13 {
		t.Errorf("%d steps", n)
	}
	for name, words := range map[string]string{"little": "a", "much": strings.Repeat("é🎉 <&\"> ", 300)} {
		t.Run(name, func(t *testing.T) {
			drafts := &drawer{kept: map[string]Answers{}}
			got := through(t, Options{Page: p, Key: "K1", Drafts: drafts}, words)
			if len(got) != 100 {
				t.Fatalf("%d answers", len(got))
			}
			for id, v := range got {
				want := strings.TrimSpace(words) + id
				if strings.Contains(words, " ") {
					want = words + id
				}
				if v.Type == playbook.FieldText || v.Type == playbook.FieldLongText {
					if v.Text != want {
						t.Errorf("%s is %q", id, excerpt(v.Text))
					}
				} else if "q"+v.Number.String() != id {
					t.Errorf("%s is %v", id, v.Number)
				}
			}
			if drafts.saves == 0 {
				t.Error("a hundred answers cannot fit into 3,000 characters")
			}
		})
	}
}

func TestAShortFormNeedsNoDrafts(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings, Given: full()}
	got := through(t, o, "x")
	for id, want := range full() {
		if id != "name" && id != "notes" && !got[id].Equal(want) {
			t.Errorf("%s: %+v, want %+v", id, got[id], want)
		}
	}
}

func TestWithoutDraftsALongFormSaysSoInsteadOfForgetting(t *testing.T) {
	o := Options{Page: pageOf(t, bakery(t), "census")}
	v := mustView(t, o)
	if _, err := Submit(o, fill(v, map[string]string{Block("q0"): strings.Repeat("a", 2999)}), monday); !errors.Is(err, ErrNoDrafts) {
		t.Errorf("err = %v", err)
	}
	full := errors.New("disk full")
	o.Drafts = &drawer{fail: full}
	if _, err := Submit(o, fill(v, map[string]string{Block("q0"): strings.Repeat("a", 2999)}), monday); !errors.Is(err, full) {
		t.Errorf("err = %v", err)
	}
}

func TestAStepIsJudgedBeforeTheNextIsShown(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings}
	v := mustView(t, o)
	out, err := Submit(o, fill(v, map[string]string{Block("fresh"): "no"}), monday)
	if err != nil || out.Next != nil {
		t.Fatal(out, err)
	}
	want := chat.FieldErrors{Block("shop"): "This is needed. Pick a lead, or type the name of a new one below.", Block("loaf"): "This is needed. Pick one."}
	for block, words := range want {
		if out.Errors[block] != words {
			t.Errorf("%s: %q", block, out.Errors[block])
		}
	}
	for block := range out.Errors {
		if _, shown := fill(v, nil).State[block]; !shown {
			t.Errorf("%s is not in this step", block)
		}
	}
}

func TestGoingBackKeepsWhatWasTypedRightOrWrong(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings, Given: full(), BackAction: "back"}
	first, err := Submit(o, fill(mustView(t, o), map[string]string{Block("baker"): ""}), monday)
	if err != nil || first.Next == nil {
		t.Fatal(first.Errors, err)
	}
	second := fill(*first.Next, map[string]string{Block("price"): "lots", Block("loaves"): "7"})
	back, err := Back(o, second, monday)
	if err != nil {
		t.Fatal(err)
	}
	checkSchema(t, back)
	again := fill(back, nil)
	if got := again.State.Text(Block("baker")); got != "" {
		t.Errorf("what was emptied is %q again", got)
	}
	if got := again.State.Text(Block("shop")); got != "L7" {
		t.Errorf("the lead is %q", got)
	}
	forth, err := Submit(o, again, monday)
	if err != nil || forth.Next == nil {
		t.Fatal(forth.Errors, err)
	}
	now := fill(*forth.Next, nil)
	if price, loaves := now.State.Text(Block("price")), now.State.Text(Block("loaves")); price != "lots" || loaves != "7" {
		t.Errorf("price %q, loaves %q", price, loaves)
	}
	out, err := Submit(o, now, monday)
	if err != nil || !strings.Contains(out.Errors[Block("price")], "“lots” is not an amount") {
		t.Errorf("%v, %v", out.Errors, err)
	}
}

func TestSentencesLandWhereTheyCanBeRead(t *testing.T) {
	need := field("text", func(f *playbook.Field) { f.ID, f.Label, f.Required = "added", "Added since", true })
	v := view("", map[string]chat.Entry{Block("x"): {Value: "here"}})
	answers, errs := Parse(v, page(field("text"), need), usd, monday, nil)
	if answers["x"].Text != "here" || !strings.Contains(errs[Block("x")], "“Added since”: This is needed.") || len(errs) != 1 {
		t.Errorf("%v, %v", answers, errs)
	}
}

func TestWhatThePageNoLongerAsksForIsKept(t *testing.T) {
	v := view("", map[string]chat.Entry{Block("x"): {Value: "1"}, Block("gone"): {Value: "typed"}, Block("pick"): {Value: "v", Options: []string{"Label"}}, Block("empty"): {}})
	answers, errs := Parse(v, page(field("number")), usd, monday, nil)
	if len(errs) > 0 || answers["gone"].Text != "typed" || answers["pick"].Text != "Label" || len(answers) != 3 {
		t.Errorf("%v, %v", answers, errs)
	}
}

func TestTheHandoffKeepsItsRulesToTheEnd(t *testing.T) {
	pb := load(t, ourFiles())
	o := Options{Page: pageOf(t, pb, "handoff"), Settings: pb.Settings, Zone: newYork}
	v := mustView(t, o)
	typed := map[string]string{Block("lead"): "L7", Block("ae"): "U0ALEX", Block("main_pain"): "reports", Block("budget_authority"): "yes",
		Block("need"): "faster", Block("timeline"): "2026-11-23", Block("discovery_call"): "1795532400"}
	first, err := Submit(o, fill(v, typed), monday)
	if err != nil || first.Next == nil {
		t.Fatal(first.Errors, err)
	}
	// The second step is sent a day later, when the timeline is in the past.
	out, err := Submit(o, fill(*first.Next, typed), monday.AddDate(0, 0, 1))
	if err != nil || out.Answers != nil || !strings.Contains(fmt.Sprint(map[string]string(out.Errors)), "“When does the project start?”: Mon 23 Nov 2026 is in the past.") {
		t.Errorf("%+v, %v", out, err)
	}
	for block := range out.Errors {
		if _, shown := fill(*first.Next, nil).State[block]; !shown {
			t.Errorf("%s is not in this step", block)
		}
	}
}

func TestADraftThatIsGoneIsAFaultAndNoLoss(t *testing.T) {
	drafts := &drawer{kept: map[string]Answers{}}
	o := Options{Page: pageOf(t, bakery(t), "census"), Drafts: drafts}
	first, err := Submit(o, fill(mustView(t, o), map[string]string{Block("q0"): strings.Repeat("a", 2999)}), monday)
	if err != nil || first.Next == nil || drafts.saves != 1 {
		t.Fatal(first, err)
	}
	clear(drafts.kept)
	if _, err := Submit(o, fill(*first.Next, nil), monday); !errors.Is(err, ErrDraftGone) {
		t.Errorf("err = %v", err)
	}
	if _, err := Submit(Options{Page: o.Page}, fill(*first.Next, nil), monday); !errors.Is(err, ErrNoDrafts) {
		t.Errorf("err = %v", err)
	}
}

func TestMetadataThatWouldNotFitLaterIsRefusedAtOnce(t *testing.T) {
	p := pageOf(t, bakery(t), "census")
	for _, n := range []int{2800, 2870, 2880, 2900, 2920, 2940, 2960} {
		o := Options{Page: p, Key: "K", Private: strings.Repeat("x", n), Drafts: &drawer{kept: map[string]Answers{}}}
		v, err := View(o)
		if errors.Is(err, ErrTooLong) {
			continue
		}
		for err == nil {
			var out Outcome
			if out, err = Submit(o, fill(v, map[string]string{Block("q0"): "x"}), monday); err != nil {
				t.Fatalf("%d: %v", n, err)
			}
			if out.Next == nil {
				break
			}
			v = *out.Next
		}
	}
}

func TestAFormIsFilledInAnewWithoutLosingWhatWasTyped(t *testing.T) {
	pb := bakery(t)
	o := Options{Page: pageOf(t, pb, "tasting"), Settings: pb.Settings, LeadTells: true}
	open := fill(mustView(t, o), map[string]string{Block("shop"): "L7", Block("baker"): "U0ALEX", Block("extras"): "jam"})
	m, err := Opened(open)
	if err != nil {
		t.Fatal(err)
	}
	// Picking the lead tells who goes there usually, and which loaf.
	o.Given = Answers{"baker": User("U0USUAL"), "loaf": {Type: playbook.FieldChoice, Text: "rye"}}
	maps.Copy(o.Given, Typed(open, o.Page, o.Settings, monday, nil))
	o.Key, o.Round = m.Key, m.Round+1
	again := fill(mustView(t, o), nil)
	if a, b, c := again.State.Text(Block("baker")), again.State.Text(Block("loaf")), again.State.Text(Block("shop")); a != "U0ALEX" || b != "rye" || c != "L7" {
		t.Errorf("%q %q %q", a, b, c)
	}
	if n, _ := Opened(again); n.Key != m.Key || n.Round != 1 {
		t.Errorf("%+v", n)
	}
}
