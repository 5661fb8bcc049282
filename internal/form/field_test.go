package form

import (
	"strings"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// monday is when everything in these tests happens: 9 o'clock in New York.
var (
	monday  = time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	newYork = zone("America/New_York")
	tokyo   = zone("Asia/Tokyo")
	usd     = playbook.Settings{Currency: "USD", Timezone: newYork}
)

func zone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func field(t playbook.FieldType, more ...func(*playbook.Field)) playbook.Field {
	f := playbook.Field{ID: "x", Label: "X", Type: t}
	for _, m := range more {
		m(&f)
	}
	return f
}

func bounds(low, high string) func(*playbook.Field) {
	return func(f *playbook.Field) { f.Min, f.Max = low, high }
}

func options(values ...string) func(*playbook.Field) {
	return func(f *playbook.Field) {
		for _, v := range values {
			f.Options = append(f.Options, playbook.Option{Value: v, Label: strings.ToUpper(v)})
		}
	}
}

func page(fields ...playbook.Field) *playbook.Page {
	return &playbook.Page{ID: "test", Kind: playbook.KindForm, Title: "Test", Form: &playbook.Form{Fields: fields}}
}

// view is what Slack would send of these entries, by block.
func view(private string, entries map[string]chat.Entry) chat.View {
	s := chat.State{}
	for block, e := range entries {
		s[block] = map[string]chat.Entry{"value": e}
	}
	return chat.View{ID: "V1", Private: private, State: s}
}

func TestWhatFieldsTakeAndWhatTheyRefuse(t *testing.T) {
	required := func(f *playbook.Field) { f.Required = true }
	one := func(v string) chat.Entry { return chat.Entry{Value: v} }
	for name, tc := range map[string]struct {
		field playbook.Field
		entry chat.Entry
		want  string // as Show says; "" = left out; "!words" = a sentence with them
	}{
		"text is one line":                          {field("text"), one("  two \n words\t"), "two words"},
		"text keeps emoji and right-to-left":        {field("text"), one("شكرا 👩‍👩‍👧 :tada:"), "شكرا 👩‍👩‍👧 :tada:"},
		"text keeps a broadcast as typed":           {field("text"), one("<!channel> <https://x|y>"), "<!channel> <https://x|y>"},
		"text without NUL, which no database takes": {field("text"), one("a\x00b\xff"), "ab"},
		"blanks are nothing":                        {field("text"), one(" \u00a0\n"), ""},
		"nothing where something is needed":         {field("text", required), one(" "), "!Type a few words"},
		"long text keeps its lines":                 {field("long_text"), one(" a\r\n\n b "), "a\n\n b"},
		"3,000 characters fit":                      {field("long_text"), one(strings.Repeat("é", 3000)), strings.Repeat("é", 3000)},
		"3,001 do not":                              {field("long_text"), one(strings.Repeat("é", 3001)), "!3,001 characters, and 3,000 fit here. Shorten it by 1."},
		"3,000 emoji fit, however Slack counts":     {field("long_text"), one(strings.Repeat("🎉", 3000)), strings.Repeat("🎉", 3000)},
		"shorter than the playbook wants":           {field("text", bounds("5", "")), one("abc"), "!3 of at least 5"},
		"longer than the playbook wants":            {field("text", bounds("", "5")), one("abcdefg"), "!Shorten it by 2."},
		"a number":                                  {field("number"), one("12.50"), "12.5"},
		"a number with thousands":                   {field("number"), one("1,200"), "1,200"},
		"a number with a decimal comma":             {field("number"), one("12,5"), "12.5"},
		"a point in a number is the decimal point":  {field("number"), one("1.200"), "1.2"},
		"a number below zero":                       {field("number"), one("-3"), "-3"},
		"not a number":                              {field("number"), one("twelve"), "!“twelve” is not a number"},
		"not a number either":                       {field("number"), one("NaN"), "!not a number"},
		"a number too long":                         {field("number"), one("1234567890123456"), "!too many digits"},
		"a number too small":                        {field("number", bounds("10", "")), one("9.99"), "!at least 10"},
		"a number too great":                        {field("number", bounds("", "1_000")), one("1001"), "!at most 1,000"},
		"money":                                     {field("money"), one("12k"), "USD 12,000"},
		"money too little":                          {field("money", bounds("1000", "")), one("999.99"), "!USD 999.99 is too little. Type an amount of at least USD 1,000."},
		"money too much":                            {field("money", bounds("", "1000")), one("1k1"), "!more than one number"},
		"a date":                                    {field("date"), one("2026-12-25"), "Fri 25 Dec 2026"},
		"a date out of the calendar":                {field("date"), one("2026-02-30"), "!“2026-02-30” is not a date"},
		"a date of another kind":                    {field("date"), one("25.12.2026"), "!type it like 2026-11-23"},
		"a date too early":                          {field("date", bounds("2026-12-01", "")), one("2026-11-30"), "!Pick Tue 1 Dec 2026 or a later day"},
		"a date later than so long from today":      {field("date", bounds("", "2w")), one("2026-12-08"), "!Pick Mon 7 Dec 2026 or an earlier day"},
		"a date as late as may be":                  {field("date", bounds("", "2w")), one("2026-12-07"), "Mon 7 Dec 2026"},
		"an instant":                                {field("datetime"), one("1795446000"), "Mon 23 Nov 2026, 10:00 EST"},
		"an instant that is none":                   {field("datetime"), one("tomorrow"), "!Pick a day and a time"},
		"an instant of another age":                 {field("datetime"), one("99999999999"), "!not a date and time"},
		"an instant too late":                       {field("datetime", bounds("", "1d")), one("1796000000"), "!too late"},
		"a person":                                  {field("user"), one("U0ALEX"), "U0ALEX"},
		"a person from a client that sends several": {field("user"), chat.Entry{Values: []string{"U0ALEX"}}, "U0ALEX"},
		"nobody":                         {field("user"), one("alex> <!channel"), "!Pick a person from the list"},
		"a choice":                       {field("choice", options("a", "b")), one("b"), "B"},
		"a choice that is gone":          {field("choice", options("a", "b")), chat.Entry{Value: "c", Options: []string{"Sea"}}, "!“Sea” is no longer among the options. Pick “A” or “B”."},
		"several where one is asked for": {field("choice", options("a", "b")), chat.Entry{Values: []string{"a", "b"}}, "!Only one"},
		"a choice whose value is too long for Slack":    {field("choice", options(strings.Repeat("v", 200))), one(chat.Option(strings.Repeat("v", 200), "", "").Value), strings.Repeat("V", 200)},
		"choices in the playbook's order":               {field("choices", options("a", "b", "c")), chat.Entry{Values: []string{"c", "a"}}, "A, C"},
		"choices from a client that sends one":          {field("choices", options("a", "b")), one("a"), "A"},
		"choices of which one is gone":                  {field("choices", options("a", "b")), chat.Entry{Values: []string{"a", "z"}}, "!“z” is no longer"},
		"no choices where some are needed":              {field("choices", options("a"), required), chat.Entry{}, "!Pick at least one"},
		"yes":                                           {field("yes_no"), one("yes"), "Yes"},
		"no is an answer":                               {field("yes_no", required), one("no"), "No"},
		"maybe":                                         {field("yes_no"), one("maybe"), "!neither yes nor no"},
		"a link":                                        {field("url"), one("https://acme.com/a?b=c#d"), "https://acme.com/a?b=c#d"},
		"a link without its beginning":                  {field("url"), one("www.linkedin.com/in/dana"), "https://www.linkedin.com/in/dana"},
		"a link that would break out":                   {field("url"), one("https://a.com/x|<!channel>"), "https://a.com/x%7C%3C!channel%3E"},
		"a script":                                      {field("url"), one("javascript:alert(1)"), "!is not a web address"},
		"a file":                                        {field("url"), one("file:///etc/passwd"), "!is not a web address"},
		"ftp":                                           {field("url"), one("ftp://a.com/x"), "!Paste one that starts with https://"},
		"a password in a link":                          {field("url"), one("https://bank.com@evil.com/"), "!without them"},
		"words for a link":                              {field("url"), one("see my mail"), "!Paste the whole link"},
		"an e-mail address":                             {field("email"), one("Dana.Fox@Example.COM"), "Dana.Fox@example.com"},
		"an e-mail address with its name":               {field("email"), one("Dana Fox <dana@example.com>"), "dana@example.com"},
		"an e-mail without @":                           {field("email"), one("dana.example.com"), "!“dana.example.com” has no @."},
		"an e-mail without a domain":                    {field("email"), one("dana@localhost"), "!behind the @"},
		"two e-mail addresses":                          {field("email"), one("a@b.com, c@d.com"), "!Only one e-mail address"},
		"a phone number":                                {field("phone"), one("+49 (0)151 123-456"), "+49151123456"},
		"a phone number from abroad":                    {field("phone"), one("0049 151/123456"), "+49151123456"},
		"a phone number with an extension":              {field("phone"), one("(555) 010-9999 ext. 12"), "5550109999 x12"},
		"a phone number too short":                      {field("phone"), one("911"), "!too short"},
		"a phone number too long":                       {field("phone"), one("1234567890123456"), "!has 16 digits"},
		"a phone number with a name":                    {field("phone"), one("call dana"), "!“c” does not belong"},
		"a lead":                                        {field("lead"), chat.Entry{Value: "L7", Options: []string{"Acme"}}, "Acme"},
		"no lead where one is needed":                   {field("lead", required), chat.Entry{}, "!Pick a lead, or type the name of a new one below."},
		"a type of a later version is taken as text":    {field("colour"), one("red"), "red"},
		"a choice without options keeps what was typed": {field("choice"), one("red"), "!is no longer"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, errs := Parse(view("", map[string]chat.Entry{Block("x"): tc.entry}), page(tc.field), usd, monday, newYork)
			if want, refused := strings.CutPrefix(tc.want, "!"); refused {
				if _, kept := answers["x"]; kept || !strings.Contains(errs[Block("x")], want) {
					t.Errorf("errors %q, answers %v; want a sentence with %q", errs, answers, want)
				}
				return
			}
			got, ok := answers["x"]
			if len(errs) > 0 || ok != (tc.want != "") || got.Show(newYork) != tc.want {
				t.Errorf("answer %q, errors %q; want %q", got.Show(newYork), errs, tc.want)
			}
		})
	}
}

func TestALeadIsPickedOrNamedAnew(t *testing.T) {
	f := field("lead")
	for name, tc := range map[string]struct {
		picked, typed string
		want          Value
		sentence      string
	}{
		"picked":      {picked: "L7", want: Value{Type: "lead", Text: "L7"}},
		"named":       {typed: " Acme \n Corp ", want: Value{Type: "lead", New: "Acme Corp"}},
		"both":        {picked: "L7", typed: "Acme", sentence: "Keep one of the two"},
		"a long name": {typed: strings.Repeat("a", 201), sentence: "at most 200"},
	} {
		t.Run(name, func(t *testing.T) {
			answers, errs := Parse(view("", map[string]chat.Entry{Block("x"): {Value: tc.picked}, NewLeadBlock("x"): {Value: tc.typed}}), page(f), usd, monday, nil)
			if got := answers["x"]; !got.Equal(tc.want) || !strings.Contains(errs[Block("x")], tc.sentence) || (tc.sentence == "") != (len(errs) == 0) {
				t.Errorf("answer %+v, errors %q", got, errs)
			}
		})
	}
}

func TestAnswersInMessagesMentionNobodyAndForgeNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		value Value
		want  string
	}{
		"a broadcast":           {Text("<!channel> & co"), "&lt;!channel&gt; &amp; co"},
		"a forged link":         {Text("<https://evil|bank>"), "&lt;https://evil|bank&gt;"},
		"a link":                {Value{Type: "url", Text: "https://a.com/?a=1&b=2"}, "<https://a.com/?a=1&amp;b=2>"},
		"a person":              {User("U0ALEX"), "<@U0ALEX>"},
		"somebody who is none":  {User("U1> <!here"), "U1&gt; &lt;!here"},
		"a new lead's name":     {Value{Type: "lead", New: "<!here>"}, "&lt;!here&gt;"},
		"an option's old label": {Value{Type: "choice", Text: "a", Labels: []string{"A & B"}}, "A &amp; B"},
		"an instant":            {Value{Type: "datetime", Time: monday}, "<!date^1795442400^{date_short_pretty} {time}|Mon 23 Nov 2026, 23:00 JST>"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.value.Mrkdwn(tokyo); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+49 (0)151 123-456", "0049151123456", "(555) 010-9999 ext. 12", "tel:+1555", "٠١٢٣٤٥", "x12", "+(0)12345 x1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		got, err := readPhone(typed)
		if err != nil {
			if _, fault := chat.Words(err, ""); fault {
				t.Fatalf("%q: not a sentence: %v", typed, err)
			}
			return
		}
		if again, err := readPhone(got); err != nil || again != got {
			t.Fatalf("%q is %q; read again it is %q, %v", typed, got, again, err)
		}
	})
}
