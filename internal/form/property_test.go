package form

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// invent makes a form of any fields, and answers that belong to it.
func invent(r *rand.Rand) (*playbook.Page, playbook.Settings, Answers) {
	s := playbook.Settings{Currency: []string{"", "USD", "JPY", "KWD"}[r.IntN(4)], Timezone: newYork}
	given := Answers{}
	var fields []playbook.Field
	for i := range 1 + r.IntN(20) {
		f := playbook.Field{ID: fmt.Sprint("f", i), Label: "Field", Type: playbook.FieldTypes[r.IntN(len(playbook.FieldTypes))], Required: r.IntN(2) == 0}
		if f.Type == playbook.FieldChoice || f.Type == playbook.FieldChoices {
			for o := range 1 + r.IntN(130) {
				f.Options = append(f.Options, playbook.Option{Value: fmt.Sprint(o, words(r, 1)), Label: words(r, 1)})
			}
		}
		fields = append(fields, f)
		if f.Required || r.IntN(3) > 0 {
			given[f.ID] = inventAnswer(r, f, s)
		}
	}
	return page(fields...), s, given
}

func inventAnswer(r *rand.Rand, f playbook.Field, s playbook.Settings) Value {
	v := Value{Type: f.Type}
	switch f.Type {
	case playbook.FieldText:
		v.Text = oneLine(words(r, 300))
	case playbook.FieldLongText:
		v.Text = strings.TrimSpace(words(r, 1000))
	case playbook.FieldNumber:
		v.Number, _ = ParseDecimal(fmt.Sprintf("%d.%d", r.IntN(2_000_000)-1_000_000, r.IntN(10_000)))
	case playbook.FieldMoney:
		v.Money = Money{r.Int64N(1_000_000_000_000), s.Currency}
	case playbook.FieldDate:
		v.Date = playbook.Date{Year: 2026, Month: 1, Day: 1}.Add(playbook.Span{Days: r.IntN(9000)})
	case playbook.FieldDateTime:
		v.Time = time.Unix(1_000_000_000+r.Int64N(8_000_000_000), 0).UTC()
	case playbook.FieldUser:
		v.Text = fmt.Sprintf("U%07d", r.IntN(10_000_000))
	case playbook.FieldChoice:
		o := f.Options[r.IntN(len(f.Options))]
		v.Text, v.Labels = o.Value, []string{o.Label}
	case playbook.FieldChoices:
		for i, o := range f.Options {
			if i == 0 || r.IntN(4) == 0 {
				v.Choices, v.Labels = append(v.Choices, o.Value), append(v.Labels, o.Label)
			}
		}
	case playbook.FieldYesNo:
		v.Yes = r.IntN(2) == 0
	case playbook.FieldURL:
		v.Text = fmt.Sprintf("https://example%d.com/a?b=%d&c=é", r.IntN(99), r.IntN(99))
	case playbook.FieldEmail:
		v.Text = fmt.Sprintf("dana.%d@example.com", r.IntN(99))
	case playbook.FieldPhone:
		v.Text = fmt.Sprintf("+%d", 10_000+r.Int64N(1_000_000_000))
	case playbook.FieldLead:
		if r.IntN(2) == 0 {
			return Value{Type: f.Type, New: oneLine(words(r, 60)) + "x"}
		}
		return Lead(fmt.Sprint("L", r.IntN(99)), "Acme")
	}
	return v
}

func words(r *rand.Rand, most int) string {
	const letters = "abc é ש שלום 🎉 👩‍👩‍👧 <!channel> & \" \\ {{x}} \u200f 日本 \n \t"
	all := []rune(letters)
	out := make([]rune, 1+r.IntN(most))
	for i := range out {
		out[i] = all[r.IntN(len(all))]
	}
	return "x" + string(out) + "x"
}

// What a form starts with is what it gives when nothing is touched, through all
// its steps, and through JSON.
func holds(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 1))
	p, s, given := invent(r)
	raw, err := json.Marshal(given)
	var stored Answers
	if err != nil || json.Unmarshal(raw, &stored) != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, raw)
	}
	for id, v := range given {
		if !v.Equal(stored[id]) {
			t.Fatalf("seed %d: %+v is stored as %+v", seed, v, stored[id])
		}
		_, _ = v.Show(tokyo), v.Mrkdwn(tokyo)
	}
	o := Options{Page: p, Settings: s, Given: stored, Key: "K", Drafts: &drawer{kept: map[string]Answers{}}}
	v, err := View(o)
	if err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for {
		if len(v.Blocks.BlockSet) > maxBlocks || length(v.PrivateMetadata) > maxMetadata {
			t.Fatalf("seed %d: a view that Slack refuses", seed)
		}
		out, err := Submit(o, fill(v, nil), monday)
		if err != nil || out.Errors != nil {
			t.Fatalf("seed %d: %v, %q", seed, err, map[string]string(out.Errors))
		}
		if out.Next != nil {
			v = *out.Next
			continue
		}
		if len(out.Answers) != len(given) {
			t.Fatalf("seed %d: %d answers, %d were given", seed, len(out.Answers), len(given))
		}
		for id, want := range given {
			if got := out.Answers[id]; !got.Equal(want) {
				t.Fatalf("seed %d: %s is %+v, and was %+v", seed, id, got, want)
			}
		}
		return
	}
}

func TestWhatIsGivenComesBackUntouched(t *testing.T) {
	for seed := range uint64(400) {
		holds(t, seed)
	}
}

func FuzzWhatIsGivenComesBack(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { holds(t, seed) })
}

// Whatever a client sends: no panic, sentences only, and all at inputs of the view.
func FuzzParse(f *testing.F) {
	f.Add("f:x", "12k", "a", `{"k":"K"}`, uint8(3))
	f.Add("new:x", "Acme", "", `{"k":"K","s":9,"o":["x"]}`, uint8(13))
	f.Add("f:c:x", "confirmed", "b", `{"k":"K","r":-1,"d":true}`, uint8(7))
	f.Fuzz(func(t *testing.T, block, value, other, private string, kind uint8) {
		// JSON holds no broken UTF-8, and neither does a playbook that was loaded.
		value, other = strings.ToValidUTF8(value, "?"), strings.ToValidUTF8(other, "?")
		types := append(slices.Clone(playbook.FieldTypes), "colour")
		x := playbook.Field{ID: "x", Label: "X", Type: types[int(kind)%len(types)], Required: kind&16 > 0, Min: other, Max: value, Options: []playbook.Option{{Value: "a", Label: other}, {Value: value, Label: "V"}}}
		y := x
		y.ID, y.Required = "y", true
		p := page(x, y)
		p.Form.Rules = []playbook.Rule{{Field: "x", Check: playbook.CheckIs, Is: other, Say: "no"}, {Field: "y", Check: playbook.CheckAtLeast, AtLeast: 3, Say: "more"}}
		in := chat.View{Private: private, State: chat.State{block: {"value": {Value: value, Options: []string{other}}, "b": {Values: []string{other, value}}}, Block("y"): {"": {Value: other, Values: []string{value}}}}}
		answers, errs := Parse(in, p, usd, monday, nil)
		for b := range errs {
			if _, shown := in.State[b]; !shown {
				t.Fatalf("a sentence at %q, which is not there", b)
			}
		}
		for id, v := range answers {
			_, _ = v.Show(nil), v.Mrkdwn(nil)
			raw, err := json.Marshal(v)
			var again Value
			if err != nil || json.Unmarshal(raw, &again) != nil || !again.Equal(v) {
				t.Fatalf("%s: %+v is stored as %s, and read as %+v", id, v, raw, again)
			}
		}
		CheckRules(p.Form, answers, monday, tokyo)
		Typed(in, p, usd, monday, nil)
		o := Options{Page: p, Settings: usd, Drafts: &drawer{kept: map[string]Answers{}}}
		_, _ = Submit(o, in, monday)
		_, _ = Back(o, in, monday)
		fw := &playbook.Page{ID: "fw", Title: "FW", Framework: &playbook.Framework{Need: 1, Criteria: []playbook.Criterion{{ID: "x", Label: other, Required: true}}}}
		scores, _ := ParseScorecard(in, fw, usd, monday, nil)
		Score(fw.Framework, scores)
		o.Page = fw
		_, _, _ = SubmitScorecard(o, in, monday)
	})
}
