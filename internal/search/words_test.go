package search

import (
	"strings"
	"testing"
)

// TestWordPairs holds which words find each other's pages, and which do not.
func TestWordPairs(t *testing.T) {
	for _, group := range []string{
		"qualify qualifies qualified qualifying qualification qualifications",
		"disqualify disqualification", "notify notification", "specify specification", "verify verification",
		"handoff hand-off hand_off", "followup follow-up follow_up follow-ups", "email e-mail e_mail emails", "setup set-up set_up",
		"onboarding on-boarding", "crosssell cross-sell", "objection objections", "objective objectives", "customer customers customer's",
		"sell sold", "decide decision", "competitor competition", "deliver delivery", "compare comparison", "negotiate negotiation negotiating negotiator",
		"reply replies replied", "price prices pricing priced", "organise organize organising", "cancelled canceled cancellation", "people person",
		"criterion criteria", "pay payment paid", "submit submission", "approve approval", "renew renewal",
	} {
		all := strings.Fields(group)
		for _, a := range all {
			for _, b := range all {
				if !finds(t, a, b) {
					t.Errorf("%q does not find %q", a, b)
				}
			}
		}
	}
	for _, pair := range [][2]string{
		{"objection", "objective"}, {"customer", "custom"}, {"customers", "customs"}, {"conversation", "conversion"}, {"authority", "author"},
		{"executive", "execute"}, {"responsible", "response"}, {"expense", "expensive"}, {"import", "important"}, {"internal", "international"},
		{"intern", "international"}, {"university", "universal"}, {"community", "communication"}, {"policy", "police"}, {"marketing", "market"},
		{"news", "new"}, {"past", "paste"}, {"organ", "organization"}, {"engine", "engineering"}, {"general", "generate"}, {"object", "objective"},
		{"referral", "reference"}, {"business", "busy"}, {"operator", "operation"}, {"terminal", "termination"},
	} {
		if finds(t, pair[0], pair[1]) || finds(t, pair[1], pair[0]) {
			t.Errorf("%q and %q are taken for one word", pair[0], pair[1])
		}
	}
}

// finds reports whether a question of one word finds a page by another word.
// An underline stands for a blank.
func finds(t *testing.T, asked, written string) bool {
	t.Helper()
	pb := book("One: alpha "+strings.ReplaceAll(written, "_", " ")+" omega", "Two: something else", "Three: entirely other things")
	x := build(t, pb)
	defer x.Close()
	// The blank at the end says that the last word is finished.
	got := x.Search(strings.ReplaceAll(asked, "_", " ")+" ", 1)
	for _, h := range append(got.Hits, got.Nearest...) {
		return h.Page.ID == "one" && len(got.Query.Corrected) == 0
	}
	return false
}

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Hand-off, e-mail & more":       "hand +off e +mail more",
		"a:b first_name {{company}}":    "a b first name company",
		"It's Bob's; don't. O’Reilly’s": "its bob dont oreilly",
		"café Äpfel naïve":              "cafe apfel naive",
		"1,000.50 v2.0 30-60-90 Q&A":    "1000.50 v2.0 30 +60 +90 q +a",
		"入札の手順 abc":                     "入 札 の 手 順 abc",
		strings.Repeat("x", 99):         strings.Repeat("x", 30),
	} {
		var got []string
		words(text, func(tk token) bool {
			if tk.glued {
				tk.text = "+" + tk.text
			}
			got = append(got, tk.text)
			return true
		})
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q\n got %s\nwant %s", text, g, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"price", "price", 0}, {"prcie", "price", 1}, {"pric", "price", 1}, {"pricee", "price", 1}, {"prise", "price", 1},
		{"prsice", "price", 1}, {"negotiatoin", "negotiation", 1}, {"ngotiatoin", "negotiation", 2}, {"abc", "xyz", 3}, {"größe", "grösse", 2},
	} {
		if got := distance(tc.a, tc.b, 2); got != tc.want {
			t.Errorf("%s, %s: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}
