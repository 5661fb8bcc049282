package playbook

import "strings"

func readForm(m *mapping, id string) *Form {
	f := &Form{Fields: readFields(m, "fields"), Submit: m.text("submit")}
	if len(f.Fields) == 0 {
		m.r.errorf(m.spot("fields"), "a form needs \"fields\"")
	}
	m.shorter("submit", f.Submit, maxButtonLabel)
	f.Reasons = readOptions(m, "reasons")
	var names []string
	types := map[string]FieldType{}
	for _, field := range f.Fields {
		names = append(names, field.ID)
		types[field.ID] = field.Type
	}
	m.each("rules", "each of rules", func(rm *mapping) {
		f.Rules = append(f.Rules, readRule(rm, names, types))
	})
	// The program's own workflows ask these of the reserved form.
	if id == "handoff" {
		for name, want := range map[string]FieldType{"lead": FieldLead, "ae": FieldUser} {
			if got, ok := types[name]; !ok || got != want {
				m.r.errorf(m.spot("fields"), "the form handoff needs the field %q of type %s", name, want)
			}
		}
		f.Declines = readDeclines(m)
	} else if m.has("declines") {
		m.r.errorf(m.spot("declines"), "only the form handoff has \"declines\": nothing else is handed off")
		m.see("declines")
	}
	return f
}

// mostAgain is how often a lead may be handed off again at the most.
const mostAgain = 20

func readDeclines(m *mapping) Declines {
	d := DefaultDeclines
	n, _, ok := m.see("declines")
	if !ok {
		return d
	}
	dm, ok := m.r.mapping(n, "declines")
	if !ok {
		return d
	}
	if again, ok := dm.number("again"); ok {
		d.Again = again
		if again > mostAgain {
			dm.r.errorf(dm.spot("again"), "again: a lead that was declined %d times is none; at most %d", again, mostAgain)
		}
	}
	if dm.has("then") {
		d.Then = dm.required("then")
	}
	dm.end()
	return d
}

func readRule(m *mapping, fields []string, types map[string]FieldType) Rule {
	r := Rule{Field: m.required("field"), Say: m.required("say")}
	if _, ok := types[r.Field]; r.Field != "" && !ok {
		m.r.errorf(m.r.at(m.values["field"]), "there is no field %q%s", r.Field, didYouMean(r.Field, fields))
	}
	var checks []string
	for _, c := range []Check{CheckIs, CheckNotEmpty, CheckWithin, CheckAtLeast} {
		if m.has(string(c)) {
			checks = append(checks, string(c))
			r.Check = c
		}
	}
	r.Is = m.text("is")
	notEmpty := m.yesNo("not_empty")
	r.Within = m.span("within")
	r.AtLeast = m.amount("at_least")
	switch {
	case len(checks) == 0:
		m.r.errorf(m.at, "a rule needs one of is, not_empty, within, at_least")
	case len(checks) > 1:
		m.r.errorf(m.at, "a rule has one check, not %s", strings.Join(checks, " and "))
	case r.Check == CheckNotEmpty && !notEmpty:
		m.r.errorf(m.spot("not_empty"), "not_empty: false checks nothing")
	case r.Check == CheckIs && types[r.Field] == FieldYesNo:
		// YAML writers leave yes unquoted, and mean the same.
		switch strings.ToLower(r.Is) {
		case "true", "yes":
			r.Is = "yes"
		case "false", "no":
			r.Is = "no"
		default:
			m.r.errorf(m.spot("is"), "field %q takes yes or no, never %q", r.Field, r.Is)
		}
	case r.Check == CheckWithin && types[r.Field] != "" && types[r.Field] != FieldDate && types[r.Field] != FieldDateTime:
		m.r.errorf(m.spot("within"), "within is for dates; field %q is a %s", r.Field, types[r.Field])
	case r.Check == CheckAtLeast && types[r.Field] != "" && types[r.Field] != FieldNumber && types[r.Field] != FieldMoney:
		m.r.errorf(m.spot("at_least"), "at_least is for numbers; field %q is a %s", r.Field, types[r.Field])
	}
	return r
}
