package form

import (
	"slices"

	"sopbot/internal/playbook"
)

// How many inputs a step has at most. A scorecard's come in pairs of which one
// is short, and it is filled in during a call, so it is not parted as soon.
const (
	inputsAStep    = 8
	scorecardAStep = 40
)

// Steps tells over how many views the form is spread.
func Steps(f *playbook.Form) int { return len(split(f.Fields, inputsAStep)) }

// FieldsOf are the fields that a page asks for: a form's fields, a stage's data
// to capture. Of a framework they are what its scorecard asks for.
func FieldsOf(p *playbook.Page) []playbook.Field {
	switch {
	case p == nil:
		return nil
	case p.Form != nil:
		return p.Form.Fields
	case p.Stage != nil:
		return p.Stage.Capture
	case p.Framework != nil:
		return scorecardFields(p.Framework)
	}
	return nil
}

// plan is a form as it is gone through: which fields in which step.
type plan struct {
	steps [][]playbook.Field
	rules []playbook.Rule
}

// planOf lays the page out; with only, just those of its fields.
func planOf(p *playbook.Page, only []string) plan {
	fields, most := FieldsOf(p), inputsAStep
	if len(only) > 0 {
		fields = slices.DeleteFunc(slices.Clone(fields), func(f playbook.Field) bool { return !slices.Contains(only, f.ID) })
	}
	var out plan
	if p != nil && p.Framework != nil {
		most = scorecardAStep
	}
	if p != nil && p.Form != nil {
		out.rules = p.Form.Rules
	}
	out.steps = split(fields, most)
	return out
}

// at is the step of that number, or the nearest there is.
func (p plan) at(step int) (n int, fields []playbook.Field) {
	if len(p.steps) == 0 {
		return 0, nil
	}
	n = min(max(step, 0), len(p.steps)-1)
	return n, p.steps[n]
}

func (p plan) fields() []playbook.Field { return slices.Concat(p.steps...) }

// split spreads the fields evenly, so that no step is left with a single one.
func split(fields []playbook.Field, most int) [][]playbook.Field {
	total := 0
	for _, f := range fields {
		total += inputs(f)
	}
	if total == 0 {
		return nil
	}
	parts := (total + most - 1) / most
	var out [][]playbook.Field
	var step []playbook.Field
	in, done := 0, 0
	for _, f := range fields {
		// The step is full when the next field would pass its even share.
		share := (total*(len(out)+1) + parts - 1) / parts
		if in > 0 && (in+inputs(f) > most || done+in+inputs(f) > share) {
			out, done = append(out, step), done+in
			step, in = nil, 0
		}
		step, in = append(step, f), in+inputs(f)
	}
	return append(out, step)
}

// inputs counts what a field takes up: a lead is picked, or named anew.
func inputs(f playbook.Field) int {
	if f.Type == playbook.FieldLead {
		return 2
	}
	return 1
}
