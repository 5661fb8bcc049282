package lead

import (
	"encoding/json"
	"strings"
	"time"

	"sopbot/internal/form"
)

// Opening is what an open form about a lead remembers: the gesture that it came
// from, and which lead it was last filled in for. It travels in
// [form.Options.Private].
type Opening struct {
	From Origin `json:"f,omitempty"`
	Lead string `json:"l,omitempty"`
}

// String writes it for Options.Private.
func (o Opening) String() string {
	raw, _ := json.Marshal(o)
	return string(raw)
}

// ParseOpening reads what String wrote; anything else is a form that was opened
// in the usual way.
func ParseOpening(private string) Opening {
	var o Opening
	if json.Unmarshal([]byte(private), &o) != nil {
		o = Opening{}
	}
	if o.From != FromShortcut {
		o.From = FromForm
	}
	return o
}

// Refilled is what a form goes on with after another lead was picked in it: what
// is known of that lead, below what was typed. What only stands there because
// it was known of the lead before goes with that lead.
func Refilled(typed, before, known form.Answers, zone *time.Location) form.Answers {
	out := form.Answers{}
	for id, v := range known {
		out[id] = v
	}
	for id, v := range typed {
		if old, filled := before[id]; filled && sameWords(old.Show(zone), v.Show(zone)) {
			continue
		}
		out[id] = v
	}
	return out
}

// sameWords compares as an input shows words: a line of text has no breaks.
func sameWords(a, b string) bool {
	return strings.Join(strings.Fields(a), " ") == strings.Join(strings.Fields(b), " ")
}
