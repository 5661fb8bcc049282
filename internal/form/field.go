package form

import (
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// now is the moment at which a form is judged, with the zone of its person.
type now struct {
	at   time.Time
	zone *time.Location
}

func (n now) today() playbook.Date { return playbook.DateOf(n.at.In(n.zone)) }

const maxLeadName = 200

var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// linkSafe writes what would end a link in Slack's text as a browser does.
var linkSafe = strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", `"`, "%22", "`", "%60")

// read makes an answer out of what an input held; what is not right is a
// [chat.Refusal]. The text is not blank.
func read(f playbook.Field, e chat.Entry, s playbook.Settings, n now) (Value, error) {
	v := Value{Type: f.Type}
	text := strings.TrimSpace(clean(e.Value))
	var err error
	switch f.Type {
	case playbook.FieldNumber:
		v.Number, err = readNumber(f, text)
	case playbook.FieldMoney:
		v.Money, err = readMoney(f, text, s.Currency)
	case playbook.FieldDate:
		if v.Date, err = playbook.ParseDate(text); err != nil || v.Date.Year < 1 {
			return Value{}, chat.Refuse("“%s” is not a date. Pick a day in the calendar, or type it like %s.", excerpt(text), n.today())
		}
		err = between(f, v.Date, n)
	case playbook.FieldDateTime:
		sec, bad := strconv.ParseInt(text, 10, 64)
		v.Time = time.Unix(sec, 0).UTC()
		if bad != nil || !tenDigits(v.Time) {
			return Value{}, chat.Refuse("“%s” is not a date and time. Pick a day and a time.", excerpt(text))
		}
		err = between(f, playbook.DateOf(v.Time.In(n.zone)), n)
	case playbook.FieldUser:
		v.Text = text
		if !memberID.MatchString(text) {
			return Value{}, chat.Refuse("“%s” is not somebody in this workspace. Pick a person from the list.", excerpt(text))
		}
	case playbook.FieldYesNo:
		switch strings.ToLower(text) {
		case yes, "true":
			v.Yes = true
		case no, "false":
		default:
			return Value{}, chat.Refuse("“%s” is neither yes nor no. Pick one of the two.", excerpt(text))
		}
	case playbook.FieldChoice, playbook.FieldChoices:
		return readChoice(f, e)
	case playbook.FieldURL:
		v.Text, err = ParseLink(text)
		if err == nil {
			err = longEnough(f, v.Text)
		}
	case playbook.FieldEmail:
		v.Text, err = readEmail(text)
		if err == nil {
			err = longEnough(f, v.Text)
		}
	case playbook.FieldPhone:
		v.Text, err = readPhone(text)
		if err == nil {
			err = longEnough(f, v.Text)
		}
	case playbook.FieldLead:
		v.Text = text
		if len(e.Options) > 0 {
			v.Labels = []string{clean(e.Options[0])}
		}
		if length(text) > maxText {
			err = chat.Refuse("That is not a lead from the list. Pick one, or type the name of a new one below.")
		}
	case playbook.FieldLongText:
		v.Text, err = text, longEnough(f, text)
	default:
		v.Text = oneLine(text)
		err = longEnough(f, v.Text)
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// longEnough holds a text against its bounds. Slack's client does so too; which
// of them counts an emoji as two is not known, so the kinder count decides.
func longEnough(f playbook.Field, text string) error {
	low, high := lengths(f)
	letters, units := utf8.RuneCountInString(text), length(text)
	switch {
	case letters > high:
		return chat.Refuse("This is too long: it has %s characters, and %s fit here. Shorten it by %s.", count(letters), count(high), count(letters-high))
	case units < low:
		return chat.Refuse("This is too short: it has %s of at least %s characters. Say a little more.", count(units), count(low))
	}
	return nil
}

func count(n int) string { return grouped(strconv.Itoa(n), ",") }

func readNumber(f playbook.Field, text string) (Decimal, error) {
	bad := chat.Refuse("“%s” is not a number. Type digits, such as 12 or 12.5.", excerpt(text))
	t := strings.TrimSpace(latinDigits(text))
	digits, negative := strings.CutPrefix(t, "-")
	digits = strings.TrimPrefix(digits, "+")
	whole, fraction, ok := readDigits(digits, !strings.ContainsAny(digits, ", '"), false)
	if !ok || digits == "" {
		return Decimal{}, bad
	}
	if negative {
		whole = "-" + whole
	}
	d, err := ParseDecimal(whole + "." + fraction)
	if err != nil {
		if strings.Trim(digits, "0123456789.,' ") == "" {
			return Decimal{}, chat.Refuse("“%s” has too many digits. Round it to 15 digits, 9 of them after the point.", excerpt(text))
		}
		return Decimal{}, bad
	}
	if low, ok := boundNumber(f.Min); ok && d.Float() < low {
		return Decimal{}, chat.Refuse("%s is too little. Type a number of at least %s.", d.Grouped(), bare(low))
	}
	if high, ok := boundNumber(f.Max); ok && d.Float() > high {
		return Decimal{}, chat.Refuse("%s is too much. Type a number of at most %s.", d.Grouped(), bare(high))
	}
	return d, nil
}

func readMoney(f playbook.Field, text, currency string) (Money, error) {
	m, err := ParseMoney(text, currency)
	if err != nil {
		return Money{}, err
	}
	if low, ok := boundNumber(f.Min); ok && m.Float() < low {
		return Money{}, chat.Refuse("%s is too little. Type an amount of at least %s.", m, strings.TrimSpace(m.Currency+" "+bare(low)))
	}
	if high, ok := boundNumber(f.Max); ok && m.Float() > high {
		return Money{}, chat.Refuse("%s is too much. Type an amount of at most %s.", m, strings.TrimSpace(m.Currency+" "+bare(high)))
	}
	return m, nil
}

// between holds a day against bounds that are days, or spans from today.
func between(f playbook.Field, d playbook.Date, n now) error {
	if low, ok := boundDate(f.Min, n); ok && d.Before(low) {
		return chat.Refuse("%s is too early. Pick %s or a later day.", showDate(d), showDate(low))
	}
	if high, ok := boundDate(f.Max, n); ok && high.Before(d) {
		return chat.Refuse("%s is too late. Pick %s or an earlier day.", showDate(d), showDate(high))
	}
	return nil
}

func boundDate(s string, n now) (playbook.Date, bool) {
	if s == "" {
		return playbook.Date{}, false
	}
	if span, err := playbook.ParseSpan(s); err == nil {
		return n.today().Add(span), true
	}
	d, err := playbook.ParseDate(s)
	return d, err == nil
}

// readChoice finds the chosen options on the page, and keeps their words.
func readChoice(f playbook.Field, e chat.Entry) (Value, error) {
	chosen := e.Values
	if len(chosen) == 0 || f.Type == playbook.FieldChoice && e.Value != "" {
		chosen = []string{e.Value}
	}
	v := Value{Type: f.Type}
	picked := make([]string, 0, len(chosen))
	for i, c := range chosen {
		opt, ok := optionOf(f, c)
		if !ok {
			name := c
			if i < len(e.Options) && e.Options[i] != "" {
				name = e.Options[i]
			}
			return Value{}, chat.Refuse("“%s” is no longer among the options. Pick %s.", excerpt(name), offered(f))
		}
		picked = append(picked, opt.Value)
	}
	for _, opt := range f.Options {
		if slices.Contains(picked, opt.Value) {
			v.Choices, v.Labels = append(v.Choices, opt.Value), append(v.Labels, opt.Label)
		}
	}
	if f.Type == playbook.FieldChoice {
		if len(v.Choices) > 1 {
			return Value{}, chat.Refuse("Only one can be picked here. Pick %s.", offered(f))
		}
		v.Text, v.Choices = v.Choices[0], nil
	}
	return v, nil
}

// optionOf finds the option that a value from Slack means.
func optionOf(f playbook.Field, value string) (playbook.Option, bool) {
	for _, opt := range f.Options {
		if opt.Value == value || chat.Option(opt.Value, opt.Label, "").Value == value {
			return opt, true
		}
	}
	return playbook.Option{}, false
}

func offered(f playbook.Field) string {
	var labels []string
	for _, opt := range f.Options {
		labels = append(labels, "“"+opt.Label+"”")
	}
	switch n := len(labels); {
	case n == 0:
		return "nothing: close the form and open it again"
	case n == 1:
		return labels[0]
	case n <= 4:
		return strings.Join(labels[:n-1], ", ") + " or " + labels[n-1]
	}
	return "another one; if you do not see the new ones, close the form and open it again"
}

var domain = regexp.MustCompile(`^(?i:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,}\.?$`)

// ParseLink reads a web address as somebody types it; without a scheme it is an
// https one. What is none is a [chat.Refusal].
func ParseLink(text string) (string, error) {
	bad := chat.Refuse("“%s” is not a web address. Paste the whole link, such as https://example.com/page.", excerpt(text))
	if inner, bracketed := strings.CutPrefix(text, "<"); bracketed { // as mail programs write links
		text = strings.TrimSuffix(inner, ">")
	}
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
		return "", bad
	}
	if !strings.Contains(text, "://") {
		if host, _, _ := strings.Cut(text, "/"); !domain.MatchString(host) {
			return "", bad
		}
		text = "https://" + text
	}
	text = linkSafe.Replace(text)
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "", u.Hostname() == "":
		return "", bad
	case !strings.EqualFold(u.Scheme, "https") && !strings.EqualFold(u.Scheme, "http"):
		return "", chat.Refuse("A link that starts with “%s:” cannot be opened here. Paste one that starts with https://.", excerpt(u.Scheme))
	case u.User != nil:
		return "", chat.Refuse("This link holds a name or a password before the @. Paste it without them.")
	}
	// A scheme in capitals is legal, and yet no reader of ours expects it.
	return strings.ToLower(u.Scheme) + text[len(u.Scheme):], nil
}

func readEmail(text string) (string, error) {
	text = strings.TrimPrefix(strings.TrimPrefix(text, "mailto:"), "MAILTO:")
	if !strings.Contains(text, "@") {
		return "", chat.Refuse("“%s” has no @. Type the whole e-mail address, such as dana@example.com.", excerpt(text))
	}
	a, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsAny(a.Address, "<>\" ") {
		if strings.ContainsAny(text, ",;") {
			return "", chat.Refuse("Only one e-mail address fits here. Type one, such as dana@example.com.")
		}
		return "", chat.Refuse("“%s” is not an e-mail address. Type it like dana@example.com.", excerpt(text))
	}
	name, host, _ := cutLast(a.Address, "@")
	if name == "" || !domain.MatchString(host) || strings.HasSuffix(host, ".") {
		return "", chat.Refuse("“%s” is not a place that gets e-mail. What stands behind the @ should be like example.com.", excerpt(host))
	}
	return name + "@" + strings.ToLower(host), nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

var extension = regexp.MustCompile(`(?i)[\s,;]*(?:ext\.?|extension|x|#)\s*(\d{1,7})$`)

// readPhone keeps the digits, a plus for the country, and an extension:
// "+49 (0)151 123-456" becomes "+49151123456". 00 in front means plus.
func readPhone(text string) (string, error) {
	shown := excerpt(text)
	t := strings.TrimSpace(latinDigits(text))
	t = strings.TrimSpace(strings.TrimPrefix(strings.ToLower(t), "tel:"))
	ext := ""
	if m := extension.FindStringSubmatchIndex(t); m != nil && m[0] > 0 {
		ext, t = " x"+t[m[2]:m[3]], t[:m[0]]
	}
	plus := strings.HasPrefix(t, "+") || strings.HasPrefix(t, "(+")
	if plus {
		t = strings.ReplaceAll(t, "(0)", "")
		t = strings.Replace(t, "+", "", 1)
	}
	var digits strings.Builder
	for _, r := range t {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == ' ' || r == '-' || r == '.' || r == '(' || r == ')' || r == '/' || r == '\'':
		default:
			return "", chat.Refuse("“%s” is not a phone number: “%c” does not belong in one. Type it like +1 555 010 9999.", shown, r)
		}
	}
	n := digits.String()
	if rest, abroad := strings.CutPrefix(n, "00"); abroad && !plus {
		n, plus = rest, true
	}
	switch {
	case len(n) == 0:
		return "", chat.Refuse("“%s” is not a phone number. Type it like +1 555 010 9999.", shown)
	case len(n) < 5:
		return "", chat.Refuse("“%s” is too short for a phone number. Type it with its area code, like +1 555 010 9999.", shown)
	case len(n) > 15:
		return "", chat.Refuse("“%s” has %d digits, and a phone number has 15 at most. Type one number.", shown, len(n))
	}
	if plus {
		n = "+" + n
	}
	return n + ext, nil
}

// needed says what to do about a required field that is empty.
func needed(f playbook.Field) string {
	switch f.Type {
	case playbook.FieldChoice, playbook.FieldYesNo:
		return "This is needed. Pick one."
	case playbook.FieldChoices:
		return "This is needed. Pick at least one."
	case playbook.FieldDate:
		return "This is needed. Pick a day."
	case playbook.FieldDateTime:
		return "This is needed. Pick a day and a time."
	case playbook.FieldUser:
		return "This is needed. Pick a person."
	case playbook.FieldLead:
		return "This is needed. Pick a lead, or type the name of a new one below."
	case playbook.FieldMoney:
		return "This is needed. Type an amount, such as 12000 or 12k."
	case playbook.FieldNumber:
		return "This is needed. Type a number."
	case playbook.FieldURL:
		return "This is needed. Paste a link, such as https://example.com."
	case playbook.FieldEmail:
		return "This is needed. Type an e-mail address, such as dana@example.com."
	case playbook.FieldPhone:
		return "This is needed. Type a phone number, such as +1 555 010 9999."
	}
	return "This is needed. Type a few words."
}

// convert makes a prefill fit the field's type, where it is of another one: what
// research kept as text may be a link in the handoff. What cannot be read as the
// new type stays as it was typed.
func convert(v Value, f playbook.Field, s playbook.Settings, zone *time.Location) Value {
	if v.Type == f.Type && !v.Raw || isWords(v.Type) && isWords(f.Type) {
		return v
	}
	text := v.Show(zone)
	if v.Type == playbook.FieldMoney && !v.Raw {
		text = v.Money.typed(s.Currency)
	}
	if isWords(f.Type) {
		return Value{Type: f.Type, Text: text}
	}
	entry := chat.Entry{Value: text, Values: v.Choices}
	switch {
	case v.Raw:
	case v.Type == playbook.FieldDate && f.Type == playbook.FieldDateTime, v.Type == playbook.FieldDateTime && f.Type == playbook.FieldDate:
		// A day has no hour, and an hour's day depends on the zone.
		if f.Type == playbook.FieldDate && !v.Time.IsZero() {
			return Value{Type: f.Type, Date: playbook.DateOf(v.Time.In(zone))}
		}
		return Value{Type: f.Type}
	case v.Type == playbook.FieldLead || v.Type == playbook.FieldUser || f.Type == playbook.FieldLead || f.Type == playbook.FieldUser:
		if f.Type == playbook.FieldLead && isWords(v.Type) {
			return Value{Type: f.Type, New: oneLine(text)}
		}
		if f.Type == playbook.FieldUser && isWords(v.Type) {
			return Value{Type: f.Type, Text: text}
		}
		return Value{Type: f.Type}
	case v.Type == playbook.FieldYesNo:
		entry.Value = yesNo(v.Yes)
	case v.Type == playbook.FieldChoice:
		entry.Value = v.Text
	}
	bare := f
	bare.Min, bare.Max = "", ""
	if strings.TrimSpace(entry.Value) == "" && len(entry.Values) == 0 {
		return Value{Type: f.Type}
	}
	if out, err := read(bare, entry, s, now{time.Time{}, zone}); err == nil {
		return out
	}
	return Value{Type: f.Type, Text: fmt.Sprint(text), Raw: true}
}
