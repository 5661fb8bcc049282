package lead

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALeadIsReadAsPeopleTypeIt(t *testing.T) {
	for name, tc := range map[string]struct{ typed, company, contact string }{
		"a company alone":                        {"Acme", "Acme", ""},
		"a comma parts company and contact":      {"Acme, Jane Doe", "Acme", "Jane Doe"},
		"a comma without a blank does too":       {"Acme,Jane Doe", "Acme", "Jane Doe"},
		"a semicolon does":                       {"Acme; Jane Doe", "Acme", "Jane Doe"},
		"a dash between blanks does":             {"Acme - Jane Doe", "Acme", "Jane Doe"},
		"a long dash does":                       {"Acme – Jane Doe", "Acme", "Jane Doe"},
		"a hyphen within a name does not":        {"Coca-Cola", "Coca-Cola", ""},
		"the first sign counts":                  {"Acme, Jane Doe - CFO", "Acme", "Jane Doe - CFO"},
		"brackets hold the contact":              {"Acme (Jane Doe)", "Acme", "Jane Doe"},
		"brackets in the contact are its own":    {"Acme (Jane (CFO))", "Acme", "Jane (CFO)"},
		"brackets that do not close part none":   {"Acme (Jane", "Acme (Jane", ""},
		"brackets around everything part none":   {"(Acme)", "(Acme)", ""},
		"empty brackets hold nobody":             {"Acme ()", "Acme", ""},
		"a legal form belongs to the company":    {"Acme, Inc.", "Acme, Inc.", ""},
		"… and the contact comes after it":       {"Acme, Inc., Jane Doe", "Acme, Inc.", "Jane Doe"},
		"… or after a dash":                      {"Acme, Inc. - Jane Doe", "Acme, Inc.", "Jane Doe"},
		"a legal form of two words":              {"Acme, Pty Ltd, Jane", "Acme, Pty Ltd", "Jane"},
		"a comma in a number parts nothing":      {"1,000 Ideas", "1,000 Ideas", ""},
		"signs at the ends are left out":         {" Acme, ", "Acme", ""},
		"a missing company is the rest":          {", Acme", "Acme", ""},
		"blanks of all kinds are one":            {"Acme\t\n Labs", "Acme Labs", ""},
		"emoji stay":                             {"Acme 🚀, Jane 👩‍🍳", "Acme 🚀", "Jane 👩‍🍳"},
		"a contact of emoji alone is none":       {"Acme (🙃)", "Acme", ""},
		"right to left":                          {"מאפיית השחר, דנה לוי", "מאפיית השחר", "דנה לוי"},
		"Arabic with its own comma":              {"مخبز الفجر، ليلى", "مخبز الفجر", "ليلى"},
		"what turns the direction is dropped":    {"Acme\u202e evil", "Acme evil", ""},
		"what nobody sees is dropped":            {"Ac\u200bme", "Acme", ""},
		"Chinese with wide signs":                {"晨光面包（王芳）", "晨光面包", "王芳"},
		"Japanese with a wide comma":             {"東京パン、佐藤", "東京パン", "佐藤"},
		"letters put together are as one letter": {"Cafe\u0301", "Café", ""},
		"bytes that are no letters are dropped":  {"Ac\xffme", "Acme", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := ParseName(tc.typed)
			if err != nil || n != (Name{tc.company, tc.contact}) {
				t.Errorf("ParseName(%q) = %q, %q, %v; want %q, %q", tc.typed, n.Company, n.Contact, err, tc.company, tc.contact)
			}
		})
	}
}

func TestWhatNamesNobodyIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		typed string
		want  error
	}{
		"nothing":           {"", ErrNoName},
		"blanks":            {" \n\t ", ErrNoName},
		"signs alone":       {"!?, --", ErrNoName},
		"emoji alone":       {"🙃 🚀", ErrNoName},
		"200 letters, fine": {strings.Repeat("é", 200), nil},
		"201 letters":       {strings.Repeat("é", 201), ErrTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseName(tc.typed); !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
}

func TestTheSameLeadInOtherWords(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b string
		same bool
	}{
		"case does not matter":                 {"ACME, jane doe", "Acme, Jane Doe", true},
		"signs and blanks do not":              {"A.C.M.E.", "Acme", true},
		"the legal form does not":              {"Acme", "Acme, Inc.", true},
		"nor does one in another country":      {"Acme GmbH & Co. KG", "Acme", true},
		"nor one of several words":             {"Acme Sp. z o.o.", "acme", true},
		"nor a Russian one":                    {"Рога и копыта ООО", "рога и копыта", true},
		"a company called like a legal form":   {"AG", "Acme", false},
		"another contact is another lead":      {"Acme, Jane", "Acme, Kim", false},
		"a contact is not part of the company": {"Acme Jane", "Acme, Jane", false},
		"composed or not":                      {"Café", "Cafe\u0301", true},
		"wide letters":                         {"ＡＣＭＥ", "acme", true},
		"accents do matter":                    {"Café", "Cafe", false},
		"a sharp s is two":                     {"Großbäckerei", "GROSSBÄCKEREI", true},
		"a Greek word's last letter":           {"ΦΟΥΡΝΟΣ", "Φούρνος", false}, // its accent
		"Greek in capitals":                    {"ΑΘΗΝΑΣ", "Αθηνας", true},
		"Hindi vowel signs matter":             {"राम", "रम", false},
		"a heart drawn in two ways":            {"We ❤️ Bread", "We ❤ Bread", true},
		"signs beside a legal form":            {"! & Co", "? Ltd", false},
	} {
		t.Run(name, func(t *testing.T) {
			a, errA := ParseName(tc.a)
			b, errB := ParseName(tc.b)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			if got := a.Identity() == b.Identity(); got != tc.same {
				t.Errorf("%q and %q: the same = %v (%q, %q)", tc.a, tc.b, got, a.Identity(), b.Identity())
			}
		})
	}
}

// What people are shown of a lead is what they type to name it again.
func TestALeadIsNamedAsItIsShown(t *testing.T) {
	for _, n := range []Name{{"Acme", ""}, {"Acme, Inc.", "Jane Doe"}, {"Acme (UK) Ltd", "Jane (CFO)"}, {"晨光面包", "王芳"}} {
		again, err := ParseName(n.String())
		if err != nil || again.Identity() != n.Identity() {
			t.Errorf("%v is read as %v, %v", n, again, err)
		}
	}
}

// However a lead is typed, it is read as something that reads as itself.
func FuzzName(f *testing.F) {
	for _, text := range []string{"Acme", "Acme, Jane Doe", "Acme (Jane (JD) Doe)", "Acme, Inc., Jane", ", Acme", "1,000 Ideas - Kim", "GmbH & Co. KG", "(", ")", "a)(", "\u202e<!here>\x00", "株式会社、山田", "👩\u200d👩", "ß ς", strings.Repeat("x", 201)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseName(text)
		if err != nil {
			if why := Trouble(err); why == "" {
				t.Errorf("%q: %v has no words", text, err)
			}
			return
		}
		shown := n.String()
		if n.Company == "" || utf8.RuneCountInString(n.Company)+utf8.RuneCountInString(n.Contact) > MaxName || strings.ContainsAny(shown, "\n\t\x00\u202e") || n.Identity() == "|" {
			t.Fatalf("%q is read as %+v", text, n)
		}
		if spaced, err := ParseName("  " + text + " \t"); err != nil || spaced.Identity() != n.Identity() {
			t.Errorf("%q is %q, and with blanks around it %q, %v", text, n.Identity(), spaced.Identity(), err)
		}
		if again, err := ParseName(text); err != nil || again != n {
			t.Errorf("%q is %+v once and %+v twice", text, n, again)
		}
	})
}
