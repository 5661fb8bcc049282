package playbook

import (
	"strconv"
	"strings"
)

// bound reads a field's min or max as something that can be compared: a
// number, a length, or a date as days. complaint is empty when it is right.
func bound(f Field, text string) (value float64, complaint string) {
	if text == "" {
		return 0, ""
	}
	switch f.Type {
	case FieldDate, FieldDateTime:
		if s, err := ParseSpan(text); err == nil { // from today: "6mo"
			return s.rough().Hours() / 8, ""
		}
		d, err := ParseDate(text)
		if err != nil {
			return 0, err.Error()
		}
		return float64(Date{1970, 1, 1}.DaysUntil(d)), ""
	case FieldText, FieldLongText, FieldURL, FieldEmail, FieldPhone:
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > 3000 {
			return 0, strconv.Quote(text) + " is not a length between 0 and 3000 letters"
		}
		return float64(n), ""
	case FieldNumber, FieldMoney, "":
		n, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		if err != nil {
			return 0, strconv.Quote(text) + " is not a number"
		}
		return n, ""
	}
	return 0, "a field of type " + string(f.Type) + " has no bounds"
}
