package form

import (
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Slack's limits for inputs (reference/block-kit), in characters or in number.
const (
	maxLabel       = 2000
	maxHint        = 2000
	maxPlaceholder = 150
	maxText        = 3000
	maxOptions     = 100 // of a select, or of one group of it
	maxCheckboxes  = 10
	maxRadios      = 5 // ours: Slack takes 10, but a long list hides what comes below
)

// inputs are the blocks that ask for a field: one, for a lead two.
func (o Options) inputs(f playbook.Field) []slack.Block {
	given, has := o.Given[f.ID]
	if has {
		given = convert(given, f, o.Settings, o.zone())
	}
	hint := f.Hint
	if gone := goneOptions(f, given); gone != "" {
		hint = strings.TrimSpace(hint + " (Before: " + gone + ", which is no longer an option.)")
	}
	input := slack.NewInputBlock(Block(f.ID), label(f, ""), plain(hint, maxHint), o.element(f, given))
	input.Optional = !f.Required
	if f.Type != playbook.FieldLead {
		return []slack.Block{input}
	}
	// Either of two inputs will do, which only we can check.
	input.Optional, input.DispatchAction = true, o.LeadTells
	name := slack.NewPlainTextInputBlockElement(plain("Company, or company and contact", maxPlaceholder), o.action("value"))
	name.MaxLength = maxLeadName
	if given.New != "" {
		name.InitialValue = start(given.New, maxLeadName, false)
	}
	other := slack.NewInputBlock(NewLeadBlock(f.ID), label(f, "… or a new one: "), nil, name)
	other.Optional = true
	return []slack.Block{input, other}
}

// action is the action_id of an input: another one in each round, since Slack
// keeps what stands in an input that stays the same.
func (o Options) action(name string) string {
	if o.Round > 0 {
		return name + ":" + strconv.Itoa(o.Round)
	}
	return name
}

// element is the input itself, with what it starts from.
func (o Options) element(f playbook.Field, given Value) slack.BlockElement {
	hint := plain(f.Placeholder, maxPlaceholder)
	id := o.action("value")
	switch f.Type {
	case playbook.FieldNumber:
		e := slack.NewNumberInputBlockElement(hint, id, true)
		e.MinValue, e.MaxValue = boundText(f.Min), boundText(f.Max)
		e.InitialValue = typed(given, o.Settings)
		if e.InitialValue != "" && given.Raw {
			if _, err := ParseDecimal(e.InitialValue); err != nil {
				e.InitialValue = "" // Slack takes nothing but a number here
			}
		}
		return e
	case playbook.FieldDate:
		e := slack.NewDatePickerBlockElement(id)
		e.Placeholder = hint
		if !given.Date.IsZero() {
			e.InitialDate = given.Date.String()
		}
		return e
	case playbook.FieldDateTime:
		e := slack.NewDateTimePickerBlockElement(id)
		if tenDigits(given.Time) {
			e.InitialDateTime = given.Time.Unix()
		}
		return e
	case playbook.FieldUser:
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeUser, hint, id)
		if memberID.MatchString(given.Text) {
			e.InitialUser = given.Text
		}
		return e
	case playbook.FieldYesNo:
		yesOption, noOption := chat.Option(yes, "Yes", ""), chat.Option(no, "No", "")
		e := slack.NewRadioButtonsBlockElement(id, yesOption, noOption)
		if given.Type == playbook.FieldYesNo && !given.Raw {
			e.InitialOption = noOption
			if given.Yes {
				e.InitialOption = yesOption
			}
		}
		return e
	case playbook.FieldChoice, playbook.FieldChoices:
		if len(f.Options) > 0 {
			return o.choice(f, given, hint, id)
		}
	case playbook.FieldURL:
		e := slack.NewURLTextInputBlockElement(hint, id)
		e.InitialValue = start(typed(given, o.Settings), maxText, false)
		return e
	case playbook.FieldEmail:
		e := slack.NewEmailTextInputBlockElement(hint, id)
		e.InitialValue = start(typed(given, o.Settings), maxText, false)
		return e
	case playbook.FieldLead:
		return o.leadSelect(given, hint)
	case playbook.FieldMoney:
		if hint == nil {
			hint = plain(strings.TrimSpace("Such as 12000 or 12k "+o.Settings.Currency), maxPlaceholder)
		}
	}
	// Words, and what is read out of words: money, phone.
	e := slack.NewPlainTextInputBlockElement(hint, id)
	e.MaxLength = maxText
	if isWords(f.Type) {
		low, high := lengths(f)
		e.MinLength, e.MaxLength = low, high
	}
	e.Multiline = f.Type == playbook.FieldLongText
	e.InitialValue = start(typed(given, o.Settings), e.MaxLength, e.Multiline)
	return e
}

func (o Options) choice(f playbook.Field, given Value, hint *slack.TextBlockObject, id string) slack.BlockElement {
	options := make([]*slack.OptionBlockObject, len(f.Options))
	var chosen []*slack.OptionBlockObject
	for i, opt := range f.Options {
		options[i] = chat.Option(opt.Value, opt.Label, "")
		if chose(given, opt.Value) {
			chosen = append(chosen, options[i])
		}
	}
	var groups []*slack.OptionGroupBlockObject
	if len(options) > maxOptions {
		for i := 0; i < len(options) && len(groups) < maxOptions; i += maxOptions {
			part := options[i:min(i+maxOptions, len(options))]
			label := strconv.Itoa(i+1) + "–" + strconv.Itoa(i+len(part))
			groups = append(groups, slack.NewOptionGroupBlockElement(plain(label, maxPlaceholder), part...))
		}
		options = nil
	}
	if f.Type == playbook.FieldChoices {
		if groups == nil && len(options) <= maxCheckboxes {
			e := slack.NewCheckboxGroupsBlockElement(id, options...)
			e.InitialOptions = chosen
			return e
		}
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, hint, id, options...)
		e.OptionGroups, e.InitialOptions = groups, chosen
		return e
	}
	// A radio button cannot be let go again, so an optional choice is a menu.
	if f.Required && groups == nil && len(options) <= maxRadios && !isStanding(f.ID) {
		e := slack.NewRadioButtonsBlockElement(id, options...)
		if len(chosen) > 0 {
			e.InitialOption = chosen[0]
		}
		return e
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, hint, id, options...)
	e.OptionGroups = groups
	if len(chosen) > 0 {
		e.InitialOption = chosen[0]
	}
	return e
}

func (o Options) leadSelect(given Value, hint *slack.TextBlockObject) slack.BlockElement {
	if hint == nil {
		hint = plain("Type a company or a name", maxPlaceholder)
	}
	action := o.LeadAction
	if action == "" {
		action = "lead"
	}
	e := slack.NewOptionsSelectBlockElement(slack.OptTypeExternal, hint, o.action(action))
	atOnce := 0 // show the latest leads before a letter is typed
	e.MinQueryLength = &atOnce
	if given.Type == playbook.FieldLead && given.Text != "" && !given.Raw {
		label := given.Text
		if len(given.Labels) > 0 {
			label = given.Labels[0]
		}
		e.InitialOption = chat.Option(given.Text, label, "")
	}
	return e
}

// chose tells whether the answer names the option.
func chose(v Value, option string) bool {
	if v.Type == playbook.FieldChoice {
		return v.Text == option
	}
	for _, c := range v.Choices {
		if c == option {
			return true
		}
	}
	return false
}

// goneOptions names what was answered before and is no longer offered.
func goneOptions(f playbook.Field, given Value) string {
	var chosen []string
	switch {
	case f.Type == playbook.FieldChoice && given.Text != "":
		chosen = []string{given.Text}
	case f.Type == playbook.FieldChoices:
		chosen = given.Choices
	default:
		return ""
	}
	var gone []string
	for i, c := range chosen {
		if _, there := optionOf(f, c); there {
			continue
		}
		if i < len(given.Labels) && given.Labels[i] != "" {
			c = given.Labels[i]
		}
		gone = append(gone, "“"+excerpt(c)+"”")
	}
	return strings.Join(gone, ", ")
}

// typed is the answer as somebody would type it.
func typed(v Value, s playbook.Settings) string {
	switch {
	case v.Type == playbook.FieldMoney && !v.Raw:
		return v.Money.typed(s.Currency)
	case v.Type == playbook.FieldNumber && !v.Raw:
		return v.Number.String()
	}
	return v.Text
}

// start is text as an input may start with: as long as it may be, on one line
// unless there are several.
func start(s string, most int, multiline bool) string {
	s = clean(s)
	if !multiline {
		s = oneLine(s)
	}
	return chat.Shorten(s, most)
}

// lengths are the bounds of a text, as Slack takes them.
func lengths(f playbook.Field) (low, high int) {
	low, _ = strconv.Atoi(f.Min)
	high, err := strconv.Atoi(f.Max)
	if err != nil || high < 1 || high > maxText {
		high = maxText
	}
	if low < 0 || low > high {
		low = 0
	}
	return low, high
}

// boundText writes a bound of the playbook as Slack takes it, "" if it is none.
func boundText(s string) string {
	n, ok := boundNumber(s)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func boundNumber(s string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	return n, err == nil && !math.IsInf(n, 0) && !math.IsNaN(n)
}

func isWords(t playbook.FieldType) bool {
	return t == playbook.FieldText || t == playbook.FieldLongText
}

// tenDigits: Slack takes instants of ten digits, from 2001 to 2286.
func tenDigits(t time.Time) bool { return t.Unix() >= 1_000_000_000 && t.Unix() <= 9_999_999_999 }

// plain is a label: one line, not too long; nil if there is nothing to say.
func plain(s string, most int) *slack.TextBlockObject {
	s = chat.Shorten(oneLine(clean(s)), most)
	if s == "" {
		return nil
	}
	return slack.NewTextBlockObject(slack.PlainTextType, s, true, false)
}

// label is what stands above the input; Slack refuses an empty one.
func label(f playbook.Field, before string) *slack.TextBlockObject {
	for _, words := range []string{f.Label, f.ID, "…"} {
		if oneLine(clean(words)) != "" {
			return plain(before+words, maxLabel)
		}
	}
	return nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func checksum(s string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s))
	return strconv.FormatUint(h.Sum64(), 16)
}
