package form

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// CheckRules holds answers against the form's rules and gives the playbook's own
// words at each field that fails; of several rules the first that fails speaks. A
// field that was left empty fails any rule of its own: what is not known is not
// confirmed. Days count in the person's zone.
func CheckRules(f *playbook.Form, answers Answers, at time.Time, zone *time.Location) chat.FieldErrors {
	var out chat.FieldErrors
	for id, say := range broken(f.Rules, answers, now{at, zoneOf(zone, playbook.Settings{})}) {
		if !slices.ContainsFunc(f.Fields, func(field playbook.Field) bool { return field.ID == id }) {
			continue
		}
		if out == nil {
			out = chat.FieldErrors{}
		}
		out[Block(id)] = say
	}
	return out
}

// broken gives what to say, by field id.
func broken(rules []playbook.Rule, answers Answers, n now) map[string]string {
	out := map[string]string{}
	for _, r := range rules {
		if _, said := out[r.Field]; said {
			continue
		}
		v, given := answers[r.Field]
		ok, past := false, ""
		switch {
		case !given || v.Raw:
		case r.Check == playbook.CheckNotEmpty:
			ok = strings.TrimSpace(v.Show(n.zone)) != ""
		case r.Check == playbook.CheckIs:
			ok = v.is(r.Is)
		case r.Check == playbook.CheckAtLeast:
			ok = v.Type == playbook.FieldMoney && v.Money.Float() >= r.AtLeast || v.Type == playbook.FieldNumber && v.Number.Float() >= r.AtLeast
		case r.Check == playbook.CheckWithin:
			ok, past = within(v, r.Within, n)
		default:
			ok = true // a check of a later version is not ours to fail
		}
		if !ok {
			out[r.Field] = strings.TrimSpace(past + " " + r.Say)
		}
	}
	return out
}

// within tells whether the day or instant lies between now and the span's end.
// past says so where it is over already.
func within(v Value, span playbook.Span, n now) (ok bool, past string) {
	today := n.today()
	switch v.Type {
	case playbook.FieldDate:
		if v.Date.Before(today) {
			return false, showDate(v.Date) + " is in the past."
		}
		return !today.Add(span).Before(v.Date), ""
	case playbook.FieldDateTime:
		if v.Time.Before(n.at) {
			return false, showTime(v.Time, n.zone) + " is in the past."
		}
		if span.Clock == 0 { // in days: to the end of the last
			return !today.Add(span).Before(playbook.DateOf(v.Time.In(n.zone))), ""
		}
		return !v.Time.After(n.at.In(n.zone).AddDate(0, span.Months, span.Days).Add(span.Clock)), ""
	}
	return false, ""
}

// is compares an answer with the words of a rule.
func (v Value) is(want string) bool {
	want = strings.TrimSpace(want)
	switch v.Type {
	case playbook.FieldYesNo:
		return yesNo(v.Yes) == strings.ToLower(want)
	case playbook.FieldChoice:
		return v.Text == want || slices.Contains(v.Labels, want)
	case playbook.FieldChoices:
		return slices.Contains(v.Choices, want) || slices.Contains(v.Labels, want)
	case playbook.FieldNumber:
		n, err := strconv.ParseFloat(want, 64)
		return err == nil && v.Number.Float() == n
	case playbook.FieldMoney:
		m, err := ParseMoney(want, v.Money.Currency)
		return err == nil && m == v.Money
	case playbook.FieldDate:
		return v.Date.String() == want
	}
	return strings.EqualFold(v.Show(time.UTC), want)
}
