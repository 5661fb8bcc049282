package form

import (
	"strings"
	"testing"

	"sopbot/internal/chat"
)

func TestAmountsAreReadAsPeopleTypeThem(t *testing.T) {
	for name, tc := range map[string]struct {
		typed, currency string
		want            string // as ParseMoney's String shows it
	}{
		"digits":                               {"1200", "USD", "USD 1,200"},
		"k":                                    {"12k", "USD", "USD 12,000"},
		"K with a point":                       {"12.5 K", "USD", "USD 12,500"},
		"m":                                    {"1.2m", "USD", "USD 1,200,000"},
		"m with three decimals":                {"1.250m", "USD", "USD 1,250,000"},
		"million":                              {"1.2 million", "USD", "USD 1,200,000"},
		"Mio and euro":                         {"1,2 Mio. €", "EUR", "EUR 1,200,000"},
		"k and euro in one word":               {"12k€", "EUR", "EUR 12,000"},
		"German":                               {"€1.200,50", "EUR", "EUR 1,200.50"},
		"English":                              {"1,200.50", "USD", "USD 1,200.50"},
		"blanks part thousands":                {"1 200", "USD", "USD 1,200"},
		"narrow no-break blanks":               {"1\u202f200\u00a0000", "EUR", "EUR 1,200,000"},
		"Swiss":                                {"CHF 1'200.50", "CHF", "CHF 1,200.50"},
		"typographic apostrophe":               {"1’200", "CHF", "CHF 1,200"},
		"dollar sign":                          {"$1200", "USD", "USD 1,200"},
		"dollar sign in Canada":                {"$1200", "CAD", "CAD 1,200"},
		"code behind":                          {"1200 usd", "USD", "USD 1,200"},
		"code in front":                        {"USD1200", "USD", "USD 1,200"},
		"a point and three digits: thousands":  {"1.200", "USD", "USD 1,200"},
		"a comma and three digits: thousands":  {"1,200", "EUR", "EUR 1,200"},
		"four digits before: decimals":         {"1200.500", "USD", "USD 1,200.50"},
		"nought before: decimals":              {"0.500", "USD", "USD 0.50"},
		"two digits behind: decimals":          {"12,50", "USD", "USD 12.50"},
		"one digit behind: decimals":           {"12.5", "USD", "USD 12.50"},
		"no digit before the point":            {".5", "USD", "USD 0.50"},
		"points part thousands":                {"1.200.000", "EUR", "EUR 1,200,000"},
		"points part thousands before a comma": {"1.200.000,5", "EUR", "EUR 1,200,000.50"},
		"lakhs":                                {"₹1,00,000", "INR", "INR 100,000"},
		"a dash for no cents":                  {"1.200,-", "EUR", "EUR 1,200"},
		"nothing":                              {"0", "USD", "USD 0"},
		"a plus":                               {"+5", "USD", "USD 5"},
		"about":                                {"~12k", "USD", "USD 12,000"},
		"Arabic digits":                        {"١٢٠٠", "USD", "USD 1,200"},
		"wide digits":                          {"１２００", "JPY", "JPY 1,200"},
		"right-to-left marks around it":        {"\u200f1,200\u200f ₪", "ILS", "ILS 1,200"},
		"yen have no decimals":                 {"¥1,200", "JPY", "JPY 1,200"},
		"dinars have three":                    {"1.250", "KWD", "KWD 1.250"},
		"a comma in dinars parts thousands":    {"1,250", "KWD", "KWD 1,250"},
		"no currency anywhere":                 {"1200", "", "1,200"},
		"a currency where the playbook is mum": {"1200 EUR", "", "EUR 1,200"},
		"kroner in Denmark":                    {"1.200 kr.", "DKK", "DKK 1,200"},
		"a word for too much":                  {"10 trn", "USD", "!belong"},
		"another currency":                     {"1200 EUR", "USD", "!Amounts are in USD here, and this one is in EUR."},
		"another currency's sign":              {"€1200", "USD", "!Convert it, and type the amount in USD."},
		"two currencies":                       {"$1200 EUR", "USD", "!does not belong"},
		"below zero":                           {"-1", "USD", "!below zero"},
		"below zero with a real minus":         {"−1", "USD", "!below zero"},
		"below zero as accountants write it":   {"(1200)", "USD", "!below zero"},
		"below zero with the sign in front":    {"-$1", "USD", "!below zero"},
		"a range":                              {"10-12k", "USD", "!more than one number"},
		"words":                                {"a lot", "USD", "!is not an amount"},
		"words behind":                         {"1200 net", "USD", "!“net” does not belong"},
		"nothing but a sign":                   {"$", "USD", "!is not an amount"},
		"three cents digits":                   {"1200.555", "USD", "!more than two decimals"},
		"cents of a yen":                       {"12.5", "JPY", "!has no smaller unit"},
		"too much":                             {"99999999999999999999", "USD", "!more than anybody pays"},
		"groups that are none":                 {"1,2,3", "USD", "!not clear"},
		"two decimal signs":                    {"1.2.3k", "USD", "!not clear"},
		"a mention":                            {"<!channel>", "USD", "!is not an amount"},
		"an emoji":                             {"💰", "USD", "!is not an amount"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseMoney(tc.typed, tc.currency)
			if want, refused := strings.CutPrefix(tc.want, "!"); refused {
				if _, fault := chat.Words(err, ""); err == nil || fault || !strings.Contains(err.Error(), want) {
					t.Errorf("%q: %v, %v; want a sentence with %q", tc.typed, got, err, want)
				}
				return
			}
			if err != nil || got.String() != tc.want {
				t.Errorf("%q is %v, %v; want %s", tc.typed, got, err, tc.want)
			}
			if again, err := ParseMoney(got.typed(tc.currency), tc.currency); err != nil || again != got {
				t.Errorf("%v is typed %q, and that is %v, %v", got, got.typed(tc.currency), again, err)
			}
		})
	}
}

func FuzzMoney(f *testing.F) {
	for _, s := range []string{"12k", "€1.200,50", "-1", "1.2m", "1200 EUR", "1'200", "$", "1,00,000", "٣", "1.200,-"} {
		f.Add(s, "USD")
		f.Add(s, "")
		f.Add(s, "KWD")
	}
	f.Fuzz(func(t *testing.T, typed, currency string) {
		if currency != "" && !strings.Contains(codes, currency+" ") || len(currency) != 3 && currency != "" {
			currency = "EUR"
		}
		m, err := ParseMoney(typed, currency)
		if err != nil {
			if _, fault := chat.Words(err, ""); fault {
				t.Fatalf("%q: not a sentence: %v", typed, err)
			}
			return
		}
		if m.Minor < 0 || m.Minor > maxMinor {
			t.Fatalf("%q is %d", typed, m.Minor)
		}
		again, err := ParseMoney(m.typed(currency), currency)
		if err != nil || again != m {
			t.Fatalf("%q is %v; typed again as %q it is %v, %v", typed, m, m.typed(currency), again, err)
		}
	})
}
