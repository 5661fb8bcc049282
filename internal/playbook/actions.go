package playbook

import "slices"

func readActions(m *mapping) []Action {
	var out []Action
	ids := map[string]bool{}
	m.r.actionAt = map[string]spot{}
	for _, n := range m.nodes("actions") {
		if s, ok := m.r.scalar(n); ok && s != "" {
			a := Action{ID: slugOf(s), Label: s}
			m.r.uniqueID(ids, a.ID, m.r.at(n), "actions")
			m.r.actionAt[a.ID] = m.r.at(n)
			out = append(out, a)
			continue
		}
		am, ok := m.r.mapping(n, "each of actions")
		if !ok {
			continue
		}
		a := Action{
			Label:    am.required("label"),
			On:       oneOf(am, "on", Events),
			Within:   am.span("within"),
			Escalate: am.text("escalate"),
			Done:     am.text("done"),
		}
		a.readWho(am)
		a.ID = am.id(ids, a.Label, "actions")
		m.r.actionAt[a.ID] = am.at
		a.Repeat, _ = am.number("repeat")
		if a.Repeat > mostRepeats {
			am.r.errorf(am.spot("repeat"), "repeat: %d reminders are more than anybody reads; at most %d", a.Repeat, mostRepeats)
		}
		am.shorter("label", a.Label, maxOptionLabel)
		for _, rn := range am.nodes("remind") {
			text, _ := am.r.scalar(rn)
			s, err := ParseSpan(text)
			switch {
			case err != nil:
				am.r.errorf(am.r.at(rn), "remind: %v", err)
			case !a.Within.IsZero() && s.alike(a.Within) && !s.less(a.Within):
				am.r.errorf(am.r.at(rn), "remind: %s before the deadline would be before the clock starts, or just then, for it runs for %s; name less", s, a.Within)
			default:
				a.Remind = append(a.Remind, s)
			}
		}
		if a.Within.Months > 0 {
			am.r.errorf(am.spot("within"), "within: %s cannot be counted in working time; use days or hours", a.Within)
		}
		switch timed := am.has("on") || am.has("within"); {
		case timed && !am.has("on"):
			am.r.errorf(am.at, "a timed action needs \"on\", the event that starts its clock")
		case timed && !am.has("within"):
			am.r.errorf(am.at, "a timed action needs \"within\", the time it may take")
		case !timed && (am.has("remind") || am.has("escalate") || am.has("repeat")):
			am.r.errorf(am.at, "only an action with \"on\" and \"within\" can remind or escalate")
		}
		am.end()
		out = append(out, a)
	}
	return out
}

// readWho reads who has to do an action. A week belongs to nobody's lead or
// handoff: there it is everybody of some roles.
func (a *Action) readWho(m *mapping) {
	if a.On != EventWeekStarted {
		a.Who = oneOf(m, "who", []string{"owner", "ae", "sdr"})
		return
	}
	a.Roles = m.texts("who")
	for i, role := range a.Roles {
		if slices.Contains(a.Roles[:i], role) {
			m.r.errorf(m.spot("who"), "who: the role %q is named twice", role)
		}
	}
	if len(a.Roles) == 0 {
		m.r.errorf(m.at, "an action on %s needs \"who\": the roles whose people do it each week", EventWeekStarted)
	}
}
