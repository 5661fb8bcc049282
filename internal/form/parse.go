package form

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Parse reads a submitted view: the step that it shows, or the whole form where
// it has one step. It gives what is right even where something else is wrong; the
// sentences stand at inputs that the view has. Fields that the view still asked
// for and the page no longer has are kept as text, so that nothing typed is lost.
func Parse(v chat.View, page *playbook.Page, s playbook.Settings, at time.Time, zone *time.Location) (Answers, chat.FieldErrors) {
	m, _ := Opened(v) // without metadata the first step is meant
	_, fields := planOf(page, m.Only).at(m.Step)
	answers, errs := readFields(v, fields, s, now{at, zoneOf(zone, s)})
	keepUnknown(v, FieldsOf(page), answers)
	return answers, land(v, fields, errs)
}

// readFields reads those fields; the errors are by field id.
func readFields(v chat.View, fields []playbook.Field, s playbook.Settings, n now) (Answers, map[string]string) {
	answers, wrong := Answers{}, map[string]string{}
	for _, f := range fields {
		value, err := readField(v, f, s, n)
		var blank blankError
		switch {
		case err == nil:
			answers[f.ID] = value
		case !errors.As(err, &blank):
			wrong[f.ID] = err.Error()
		case isStanding(f.ID): // a criterion that the page won while its scorecard was open
			answers[f.ID] = Unknown.value()
		case f.Required:
			wrong[f.ID] = needed(f)
		}
	}
	return answers, wrong
}

// blankError says that nothing was filled in.
type blankError struct{}

func (blankError) Error() string { return "nothing was filled in" }

func readField(v chat.View, f playbook.Field, s playbook.Settings, n now) (Value, error) {
	e := entryAt(v, Block(f.ID))
	if f.Type == playbook.FieldLead {
		name := oneLine(clean(entryAt(v, NewLeadBlock(f.ID)).Value))
		switch {
		case blank(e) && name == "":
			return Value{}, blankError{}
		case blank(e):
			if length(name) > maxLeadName {
				return Value{}, chat.Refuse("That name is too long. Type the company, or company and contact, in at most %d characters.", maxLeadName)
			}
			return Value{Type: f.Type, New: name}, nil
		case name != "":
			return Value{}, chat.Refuse("You picked a lead and typed a new one. Keep one of the two, and empty the other.")
		}
	}
	if blank(e) {
		return Value{}, blankError{}
	}
	value, err := read(f, e, s, n)
	if err == nil && isWords(f.Type) && value.Text == "" {
		return Value{}, blankError{}
	}
	return value, err
}

// entryAt is what stands in the block. A view of ours has one input in each; of
// several, the first that holds something counts. A client that sends one choice
// as several, or the other way round, is understood.
func entryAt(v chat.View, block string) chat.Entry {
	entries := v.State[block]
	for _, action := range slices.Sorted(maps.Keys(entries)) {
		if e := entries[action]; !blank(e) {
			if e.Value == "" && len(e.Values) == 1 {
				e.Value = e.Values[0]
			}
			return e
		}
	}
	return chat.Entry{}
}

func blank(e chat.Entry) bool {
	return strings.TrimSpace(clean(e.Value)) == "" && !slices.ContainsFunc(e.Values, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// keepUnknown keeps what was typed into fields that the page does not have.
func keepUnknown(v chat.View, fields []playbook.Field, answers Answers) {
	known := map[string]bool{}
	for _, f := range fields {
		known[Block(f.ID)] = true
	}
	for block := range v.State {
		id, ours := strings.CutPrefix(block, "f:")
		if !ours || known[block] {
			continue
		}
		e := entryAt(v, block)
		words := strings.Join(e.Options, ", ")
		if words == "" {
			words = e.Value
		}
		if words == "" {
			words = strings.Join(e.Values, ", ")
		}
		if words = strings.TrimSpace(clean(words)); words != "" {
			answers[id] = Value{Type: playbook.FieldLongText, Text: words}
		}
	}
}

// land puts sentences at inputs. Slack shows only those that name an input of
// the view, and a modal whose errors it cannot show seems dead; so what is said
// of another field goes to the last input there is, with the field's name.
func land(v chat.View, fields []playbook.Field, wrong map[string]string) chat.FieldErrors {
	if len(wrong) == 0 {
		return nil
	}
	out := chat.FieldErrors{}
	var homeless []string
	last := ""
	for _, f := range fields {
		block := Block(f.ID)
		_, there := v.State[block]
		if there {
			last = block
		}
		sentence, bad := wrong[f.ID]
		switch {
		case !bad:
		case there || len(v.State) == 0:
			out[block] = sentence
		default:
			homeless = append(homeless, "“"+f.Label+"”: "+sentence)
		}
	}
	if len(homeless) == 0 {
		return out
	}
	if last == "" {
		last = slices.Min(slices.Collect(maps.Keys(v.State)))
	}
	out[last] = strings.TrimSpace(out[last] + " " + strings.Join(homeless, " "))
	return out
}

// Typed reads what stands in a view without judging it, for building the view
// anew (see Options.Round) or for keeping it as it is. What cannot be read stays
// as it was typed, marked Raw; it goes back into its input, and never into a
// store of answers: that is what Parse is for.
func Typed(v chat.View, page *playbook.Page, s playbook.Settings, at time.Time, zone *time.Location) Answers {
	m, _ := Opened(v)
	_, fields := planOf(page, m.Only).at(m.Step)
	out := Answers{}
	for _, f := range fields {
		loose := f
		loose.Min, loose.Max = "", ""
		value, err := readField(v, loose, s, now{at, zoneOf(zone, s)})
		var empty blankError
		switch {
		case err == nil:
			out[f.ID] = value
		case errors.As(err, &empty):
		case f.Type == playbook.FieldLead:
			e := entryAt(v, Block(f.ID))
			out[f.ID] = Value{Type: f.Type, Text: clean(e.Value), Labels: e.Options, New: oneLine(clean(entryAt(v, NewLeadBlock(f.ID)).Value))}
		default:
			out[f.ID] = Value{Type: f.Type, Text: strings.TrimSpace(clean(entryAt(v, Block(f.ID)).Value)), Raw: true}
		}
	}
	return out
}
