package form

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Value is one checked answer. Its type decides which other fields are set.
type Value struct {
	Type    playbook.FieldType
	Text    string        // text, long_text, url, email, phone; the member ID of a user; the id of a known lead; the option of a choice
	Number  Decimal       // number
	Money   Money         // money
	Date    playbook.Date // date
	Time    time.Time     // datetime: an instant, in UTC
	Choices []string      // choices: the options' values, in the playbook's order
	Labels  []string      // choice, choices and a known lead: what people saw, so that it can be shown when the option is gone
	Yes     bool          // yes_no
	New     string        // lead: the name of a new one; then Text is empty
	Raw     bool          // Text is what somebody typed, not checked: only in drafts (see Typed)
}

// Answers are the checked answers by field id. What was left empty is not in it.
type Answers map[string]Value

// Text makes an answer of words, such as a prefill.
func Text(words string) Value { return Value{Type: playbook.FieldText, Text: words} }

// User makes an answer that names a member.
func User(id string) Value { return Value{Type: playbook.FieldUser, Text: id} }

// Lead makes an answer that names a known lead; the label is what people see.
func Lead(id, label string) Value {
	return Value{Type: playbook.FieldLead, Text: id, Labels: []string{label}}
}

// wireValue is a Value as JSON: the type, and what is set.
type wireValue struct {
	Type     playbook.FieldType `json:"type"`
	Text     string             `json:"text,omitempty"`
	Number   *Decimal           `json:"number,omitempty"`
	Minor    int64              `json:"minor,omitempty"`
	Currency string             `json:"currency,omitempty"`
	Date     string             `json:"date,omitempty"`
	Time     string             `json:"time,omitempty"`
	Choices  []string           `json:"choices,omitempty"`
	Labels   []string           `json:"labels,omitempty"`
	Yes      string             `json:"yes,omitempty"`
	New      string             `json:"new,omitempty"`
	Raw      bool               `json:"raw,omitempty"`
}

// MarshalJSON writes the answer as it is stored and exported.
func (v Value) MarshalJSON() ([]byte, error) {
	w := wireValue{Type: v.Type, Text: v.Text, Minor: v.Money.Minor, Currency: v.Money.Currency, Choices: v.Choices, Labels: v.Labels, New: v.New, Raw: v.Raw}
	if !v.Raw {
		switch v.Type {
		case playbook.FieldNumber:
			w.Number = &v.Number
		case playbook.FieldYesNo:
			w.Yes = yesNo(v.Yes)
		}
	}
	if !v.Date.IsZero() {
		w.Date = v.Date.String()
	}
	if !v.Time.IsZero() {
		w.Time = v.Time.UTC().Format(time.RFC3339)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads what MarshalJSON wrote; keys it does not know are left out.
func (v *Value) UnmarshalJSON(raw []byte) error {
	var w wireValue
	if err := json.Unmarshal(raw, &w); err != nil {
		return err
	}
	*v = Value{Type: w.Type, Text: w.Text, Money: Money{w.Minor, w.Currency}, Choices: w.Choices, Labels: w.Labels, New: w.New, Raw: w.Raw}
	v.Yes = w.Yes == yes && w.Type == playbook.FieldYesNo && !w.Raw
	if w.Number != nil && w.Type == playbook.FieldNumber && !w.Raw {
		v.Number = *w.Number
	}
	if w.Date != "" {
		d, err := playbook.ParseDate(w.Date)
		if err != nil {
			return err
		}
		v.Date = d
	}
	if w.Time != "" {
		t, err := time.Parse(time.RFC3339, w.Time)
		if err != nil {
			return fmt.Errorf("a stored time: %w", err)
		}
		v.Time = t.UTC().Truncate(time.Second)
	}
	return nil
}

// What a yes_no field sends and stores.
const (
	yes = "yes"
	no  = "no"
)

func yesNo(b bool) string {
	if b {
		return yes
	}
	return no
}

// Show gives the answer in words, as plain text that is not escaped: for
// exports, the terminal, and what is searched. A user is the bare member ID. For
// messages take Mrkdwn.
func (v Value) Show(loc *time.Location) string {
	if v.Raw {
		return v.Text
	}
	switch v.Type {
	case playbook.FieldNumber:
		return v.Number.Grouped()
	case playbook.FieldMoney:
		return v.Money.String()
	case playbook.FieldDate:
		return showDate(v.Date)
	case playbook.FieldDateTime:
		return showTime(v.Time, loc)
	case playbook.FieldYesNo:
		if v.Yes {
			return "Yes"
		}
		return "No"
	case playbook.FieldChoice, playbook.FieldChoices, playbook.FieldLead:
		if v.New != "" {
			return v.New
		}
		if words := strings.Join(v.Labels, ", "); words != "" {
			return words
		}
		if v.Type == playbook.FieldChoices {
			return strings.Join(v.Choices, ", ")
		}
	}
	return v.Text
}

// Mrkdwn gives the answer for a message or a card: escaped, so that nothing in
// it mentions anybody or poses as a link; a user as a mention; an instant so
// that each reader sees it in their own zone.
func (v Value) Mrkdwn(loc *time.Location) string {
	if v.Raw {
		return chat.Escape(v.Text)
	}
	switch v.Type {
	case playbook.FieldUser:
		if memberID.MatchString(v.Text) {
			return "<@" + v.Text + ">"
		}
	case playbook.FieldDateTime:
		if !v.Time.IsZero() {
			return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", v.Time.Unix(), showTime(v.Time, loc))
		}
	case playbook.FieldURL:
		if u, err := url.Parse(v.Text); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			return "<" + chat.Escape(linkSafe.Replace(v.Text)) + ">"
		}
	}
	return chat.Escape(v.Show(loc))
}

// Equal tells whether two answers say the same; the labels that people saw do not
// matter.
func (v Value) Equal(o Value) bool {
	return v.Type == o.Type && v.Text == o.Text && v.Number == o.Number && v.Money == o.Money && v.Date == o.Date && v.Time.Equal(o.Time) &&
		slices.Equal(v.Choices, o.Choices) && v.Yes == o.Yes && v.New == o.New && v.Raw == o.Raw
}

// showDate writes a day so that no country reads it as another one.
func showDate(d playbook.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.In(time.UTC).Format("Mon 2 Jan 2006")
}

func showTime(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return ""
	}
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format("Mon 2 Jan 2006, 15:04 MST")
}
