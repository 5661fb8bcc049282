package appointment

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"pgregory.net/rapid"

	"sopbot/internal/golden"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func TestAFileLooksAsPinned(t *testing.T) {
	lisbon := time.FixedZone("WET", 3600)
	for name, a := range map[string]Appointment{
		"plain": {UID: "D1@sopbot", Stamp: noon, From: time.Date(2026, 11, 26, 9, 0, 0, 0, lisbon), Until: time.Date(2026, 11, 26, 11, 0, 0, 0, lisbon), Title: "Research: Tern Hotels"},
		"odd": {UID: "D2@sopbot", Stamp: noon, From: noon, Until: noon.Add(time.Hour), Title: "Research: a\\b; c, d: \"e\"",
			Notes: "Tern Hotels (Sofie Brandt)\r\nבית מלון בע״מ, תל אביב\nПекарня «Ромашка» и сыновья, Санкт-Петербург\n👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦 family\rEND:VEVENT\nBEGIN:VALARM"},
	} {
		t.Run(name, func(t *testing.T) { golden.Text(t, name+".ics", string(a.File())) })
	}
}

// sound says what is wrong with a file by the letter of RFC 5545, 3.1.
func sound(file []byte) (wrong string) {
	if !utf8.Valid(file) {
		return "not UTF-8"
	}
	if !bytes.HasSuffix(file, []byte("\r\n")) {
		return "the last line has no end"
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(file), "\r\n"), "\r\n") {
		if len(line) > 75 {
			return "a line of more than 75 octets: " + line
		}
		if line == "" || line == " " {
			return "an empty line"
		}
		for _, r := range line {
			if r < ' ' || r == 0x7f {
				return "a control character in " + line
			}
		}
	}
	return ""
}

// failer is a test, or a case of rapid's.
type failer interface {
	Fatalf(format string, args ...any)
}

// read is the one event of a file, as somebody else's reader understands it.
func read(t failer, file []byte) *ics.VEvent {
	c, err := ics.ParseCalendar(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("%v:\n%s", err, file)
	}
	if len(c.Events()) != 1 || len(c.Components) != 1 {
		t.Fatalf("%d events among %d parts:\n%s", len(c.Events()), len(c.Components), file)
	}
	return c.Events()[0]
}

func same(t failer, a Appointment) {
	file := a.File()
	if wrong := sound(file); wrong != "" {
		t.Fatalf("%s:\n%q", wrong, file)
	}
	e := read(t, file)
	for name, want := range map[ics.ComponentProperty]string{ics.ComponentPropertySummary: a.Title, ics.ComponentPropertyDescription: a.Notes, ics.ComponentPropertyUniqueId: a.UID} {
		got := ""
		if p := e.GetProperty(name); p != nil {
			got = p.Value
		}
		if got != legible(want) {
			t.Fatalf("%s reads %q, was %q:\n%q", name, got, legible(want), file)
		}
	}
	from, err := e.GetStartAt()
	if err != nil || !from.Equal(a.From.Truncate(time.Second)) {
		t.Fatalf("from %s, %v, was %s", from, err, a.From)
	}
	until, err := e.GetEndAt()
	if err != nil || !until.Equal(a.Until.Truncate(time.Second)) {
		t.Fatalf("until %s, %v, was %s", until, err, a.Until)
	}
}

// legible is what of some words can stand in a file.
func legible(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\v", "\n", "\f", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\t", " ").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && (r < ' ' || r >= 0x7f && r < 0xa0) || strings.ContainsRune("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069", r) {
			return -1
		}
		return r
	}, s)
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	hostile := rapid.SampledFrom([]string{"\\", ";", ",", ":", "\"", "\r", "\n", "\r\n", "\x00", "\x1b", "\x7f", "\t", "é", "א", "\u202e", "\u2028", "👩‍👩‍👧", "\\n", "END:VEVENT", "BEGIN:VALARM", " ", "a", strings.Repeat("x", 74), strings.Repeat("ж", 40)})
	words := rapid.OneOf(rapid.String(), rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOf(hostile).Draw(t, "parts"), "") }))
	rapid.Check(t, func(t *rapid.T) {
		from := noon.Add(time.Duration(rapid.Int64Range(-1e18, 1e18).Draw(t, "from"))).In(time.FixedZone("", rapid.IntRange(-50_000, 50_000).Draw(t, "zone")))
		same(t, Appointment{UID: "D1@sopbot", Stamp: noon, From: from, Until: from.Add(2 * time.Hour), Title: words.Draw(t, "title"), Notes: words.Draw(t, "notes")})
	})
}

func FuzzFile(f *testing.F) {
	f.Add("Research: Tern", "a\r\nb", "D1")
	f.Add("\\;,:\"", "\xff\xfe\x00\r", "")
	f.Add(strings.Repeat("ж", 200), strings.Repeat("\\", 200), "x;y")
	f.Fuzz(func(t *testing.T, title, notes, uid string) {
		if utf8.ValidString(title) && utf8.ValidString(notes) && utf8.ValidString(uid) {
			same(t, Appointment{UID: uid, Stamp: noon, From: noon, Until: noon.Add(time.Hour), Title: title, Notes: notes})
		} else if wrong := sound(Appointment{UID: uid, Stamp: noon, From: noon, Until: noon, Title: title, Notes: notes}.File()); wrong != "" {
			t.Fatal(wrong)
		}
	})
}

func TestGooglesAddressHoldsTheSame(t *testing.T) {
	a := Appointment{From: noon, Until: noon.Add(2 * time.Hour), Title: "Research & more?", Notes: "a\nb#c"}
	u, err := url.Parse(a.Google(1000))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != "calendar.google.com" || q.Get("text") != a.Title || q.Get("details") != a.Notes || q.Get("dates") != "20261125T120000Z/20261125T140000Z" || q.Get("action") != "TEMPLATE" {
		t.Errorf("%s", u)
	}
}

func TestGooglesAddressIsAsShortAsItHasToBe(t *testing.T) {
	long := Appointment{From: noon, Until: noon.Add(2 * time.Hour), Title: strings.Repeat("א", 150), Notes: strings.Repeat("חברה\n", 50)}
	for most, kept := range map[int][2]bool{5000: {true, true}, 1030: {true, false}, 500: {false, false}} {
		u, err := url.Parse(long.Google(most))
		if err != nil || len(u.String()) > most {
			t.Fatalf("%d letters, at most %d: %v", len(u.String()), most, err)
		}
		q := u.Query()
		if got := [2]bool{q.Get("text") == long.Title, q.Get("details") != ""}; got != kept {
			t.Errorf("of at most %d: title and notes are kept: %v, want %v", most, got, kept)
		}
		if !utf8.ValidString(q.Get("text")) || q.Get("text") == "" || !strings.HasPrefix(long.Notes, q.Get("details")) {
			t.Errorf("of at most %d: %q", most, q.Get("text"))
		}
	}
}
