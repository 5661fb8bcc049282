package form

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"sopbot/internal/chat"
)

// Money is an amount in the smallest unit of its currency: 1200.50 USD is
// 120050 with "USD". The currency is "" where the playbook names none.
type Money struct {
	Minor    int64
	Currency string
}

// maxMinor keeps sums of many amounts inside an int64.
const maxMinor = 1_000_000_000_000_000

// decimalsOf lists the currencies that have not two decimals (ISO 4217).
var decimalsOf = map[string]int{"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3}

func decimals(currency string) int {
	if n, ok := decimalsOf[currency]; ok {
		return n
	}
	return 2
}

// signs are ways to write a currency; several currencies share some of them. The
// first is meant where the playbook names no currency.
var signs = map[string][]string{
	"$": {"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"}, "us$": {"USD"}, "a$": {"AUD"}, "c$": {"CAD"}, "ca$": {"CAD"},
	"dollar": {"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD"}, "dollars": {"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD"},
	"€": {"EUR"}, "euro": {"EUR"}, "euros": {"EUR"}, "£": {"GBP", "EGP"}, "pound": {"GBP", "EGP"}, "pounds": {"GBP", "EGP"},
	"¥": {"JPY", "CNY"}, "円": {"JPY"}, "元": {"CNY"}, "yen": {"JPY"}, "₹": {"INR"}, "rs": {"INR", "PKR", "LKR"}, "rs.": {"INR", "PKR", "LKR"}, "₩": {"KRW"}, "₽": {"RUB"}, "₺": {"TRY"},
	"₪": {"ILS"}, "₴": {"UAH"}, "₫": {"VND"}, "₱": {"PHP"}, "₦": {"NGN"}, "zł": {"PLN"}, "kč": {"CZK"}, "ft": {"HUF"}, "kr": {"SEK", "NOK", "DKK", "ISK"},
	"kr.": {"DKK", "SEK", "NOK", "ISK"}, "fr": {"CHF"}, "fr.": {"CHF"}, "sfr": {"CHF"}, "r$": {"BRL"}, "r": {"ZAR"},
}

// codes are the currencies in use (ISO 4217), each with a blank behind it.
const codes = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP CRC " +
	"CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES " +
	"KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR " +
	"PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD " +
	"TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG "

// powers are the words that multiply: how many zeros each stands for.
var powers = map[string]int{"k": 3, "tsd": 3, "tsd.": 3, "thousand": 3, "lakh": 5, "m": 6, "mn": 6, "mm": 6, "mio": 6, "mio.": 6, "mil": 6, "million": 6, "millions": 6,
	"crore": 7, "b": 9, "bn": 9, "mrd": 9, "mrd.": 9, "billion": 9}

// String gives the amount with its currency, as people read it: "USD 1,200.50",
// "USD 12,000".
func (m Money) String() string {
	whole, fraction, negative := m.parts()
	out := grouped(whole, ",")
	if strings.Trim(fraction, "0") != "" {
		out += "." + fraction
	}
	if negative {
		out = "-" + out
	}
	if m.Currency == "" {
		return out
	}
	return m.Currency + " " + out
}

// Float is the amount in whole units of the currency.
func (m Money) Float() float64 {
	f := float64(m.Minor)
	for range decimals(m.Currency) {
		f /= 10
	}
	return f
}

// typed is the amount as it can be typed again where the playbook's currency is
// that one.
func (m Money) typed(currency string) string {
	whole, fraction, negative := m.parts()
	if strings.Trim(fraction, "0") != "" {
		whole += "." + fraction
	}
	if negative {
		whole = "-" + whole
	}
	if m.Currency != currency && m.Currency != "" {
		whole += " " + m.Currency
	}
	return whole
}

func (m Money) parts() (whole, fraction string, negative bool) {
	n := strconv.FormatInt(m.Minor, 10)
	n, negative = strings.CutPrefix(n, "-")
	places := decimals(m.Currency)
	if missing := places + 1 - len(n); missing > 0 {
		n = strings.Repeat("0", missing) + n
	}
	return n[:len(n)-places], n[len(n)-places:], negative
}

// ParseMoney reads an amount as people type it: 12k, 1.2m, €1.200,50, 1,200.50,
// 1 200, 1'200, $1200, 1200 usd. The error is a [chat.Refusal]: a sentence that
// says what to type instead.
//
// A point or comma is decided so:
//   - Of both kinds, the last is the decimal sign: 1.200,50 and 1,200.50.
//   - One kind alone, several times, parts thousands: 1.200.000.
//   - Once, with exactly three digits behind it and one to three before it (not
//     0), it parts thousands: 1.200 and 1,200 are twelve hundred, because
//     nobody estimates a deal in tenths of a cent. In a currency with three
//     decimals (KWD) that is so for the comma only.
//   - Else, and always before k, m or a word like it, it is the decimal sign:
//     12.5, 1.250m.
func ParseMoney(text, currency string) (Money, error) {
	shown := excerpt(text)
	before, number, after := splitAmount(text)
	if number == "" {
		return Money{}, chat.Refuse("“%s” is not an amount. Type a number, such as 12000, 12k or 1,200.50.", shown)
	}
	if strings.ContainsAny(before, "-(") {
		return Money{}, chat.Refuse("An amount cannot be below zero. Type it without the minus, or 0 if there is none.")
	}
	if strings.IndexFunc(after, unicode.IsDigit) >= 0 {
		return Money{}, chat.Refuse("“%s” has more than one number in it. Type one amount, such as 12000 or 12k; of a range, the lower end.", shown)
	}
	words := append(strings.Fields(strings.TrimLeft(before, "~≈ ")), strings.Fields(after)...)
	power, named := 0, ""
	for _, w := range words {
		p, c, ok := readWord(w, currency)
		switch {
		case !ok, p > 0 && power > 0, c != "" && named != "" && c != named: // 12 k m, $ 12 €
			return Money{}, chat.Refuse("“%s” is not an amount: “%s” does not belong to it. Type a number, such as 12000, 12k or 1,200.50.", shown, excerpt(w))
		}
		power, named = max(power, p), cmp.Or(c, named)
	}
	if named != "" && currency != "" && named != currency {
		return Money{}, chat.Refuse("Amounts are in %s here, and this one is in %s. Convert it, and type the amount in %s.", currency, named, currency)
	}
	if currency == "" {
		currency = named
	}
	places := decimals(currency)
	whole, fraction, ok := readDigits(number, power > 0, places == 3)
	if !ok {
		return Money{}, chat.Refuse("It is not clear how much “%s” is. Type it with at most one point or comma, such as 1200.50 or 12k.", shown)
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > places+power {
		if places == 0 {
			return Money{}, chat.Refuse("%s has no smaller unit. Type a whole number, such as 1200.", currency)
		}
		return Money{}, chat.Refuse("“%s” has more than %s decimals. Round it, such as 1200.50.", shown, []string{"no", "one", "two", "three"}[min(places, 3)])
	}
	digits := strings.TrimLeft(whole+fraction+strings.Repeat("0", places+power-len(fraction)), "0")
	if len(digits) > 15 {
		return Money{}, chat.Refuse("That is more than anybody pays. Check the zeros of “%s”.", shown)
	}
	if digits == "" {
		return Money{0, currency}, nil
	}
	minor, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || minor > maxMinor {
		return Money{}, chat.Refuse("“%s” is not an amount. Type a number, such as 12000, 12k or 1,200.50.", shown)
	}
	return Money{minor, currency}, nil
}

// splitAmount parts what stands before the number, the number with the signs in
// it, and what stands after it.
func splitAmount(text string) (before, number, after string) {
	text = strings.ToLower(latinDigits(text))
	start := strings.IndexAny(text, "0123456789")
	if start < 0 {
		return text, "", ""
	}
	// ".50" has no digit before its point.
	if start > 0 && (text[start-1] == '.' || text[start-1] == ',') && (start == 1 || text[start-2] == ' ' || !isLetter(text[:start-1])) {
		start--
	}
	end := start
	for i, r := range text[start:] {
		if r >= '0' && r <= '9' {
			end = start + i + 1
		} else if r != '.' && r != ',' && r != ' ' && r != '\'' && r != '_' {
			break
		}
	}
	after = strings.TrimSpace(text[end:])
	// "1.200,-" and "12000.–" are whole amounts; so is a point that ends a sentence.
	after = strings.TrimSpace(strings.TrimPrefix(strings.TrimLeft(after, ".,"), "-"))
	before = strings.TrimSpace(text[:start])
	if rest, signed := strings.CutPrefix(before, "+"); signed {
		before = strings.TrimSpace(rest)
	}
	return before, text[start:end], after
}

func isLetter(s string) bool {
	r := []rune(s)
	return len(r) > 0 && unicode.IsLetter(r[len(r)-1])
}

// readWord reads a multiplier, a currency, or both in one: "k", "usd", "k€".
func readWord(w, currency string) (power int, named string, ok bool) {
	if p, known := powers[w]; known {
		return p, "", true
	}
	if list, known := signs[w]; known {
		if slices.Contains(list, currency) {
			return 0, currency, true
		}
		return 0, list[0], true
	}
	if code := strings.ToUpper(w); len(code) == 3 && strings.Contains(codes, code+" ") {
		return 0, code, true
	}
	for _, n := range []int{1, 2, 3} { // k€, mnusd, mio€
		if len(w) <= n {
			break
		}
		p, known := powers[w[:n]]
		_, again := powers[w[n:]]
		if !known || again {
			continue
		}
		if _, c, ok := readWord(w[n:], currency); ok && c != "" {
			return p, c, true
		}
	}
	return 0, "", false
}

// readDigits tells whole units from decimals: see ParseMoney.
func readDigits(s string, multiplied, thousandths bool) (whole, fraction string, ok bool) {
	s = strings.NewReplacer("'", " ", "_", " ").Replace(s)
	s = strings.Join(strings.Fields(s), " ")
	point := max(strings.LastIndexByte(s, '.'), strings.LastIndexByte(s, ','))
	if point < 0 {
		whole, ok = joined(s, " ")
		return whole, "", ok
	}
	sign := s[point : point+1]
	other := strings.NewReplacer(".", ",", ",", ".").Replace(sign)
	head, tail := s[:point], s[point+1:]
	switch {
	case strings.Contains(tail, " "):
		return "", "", false
	case strings.Contains(head, sign): // several of one kind: all part thousands
		if strings.Contains(head, other) || strings.Contains(head, " ") || multiplied {
			return "", "", false
		}
		whole, ok = joined(s, sign)
		return whole, "", ok
	case strings.Contains(head, other):
		if strings.Contains(head, " ") {
			return "", "", false
		}
		whole, ok = joined(head, other)
		return whole, tail, ok
	case len(tail) == 3 && len(head) >= 1 && len(head) <= 3 && head[0] != '0' && !multiplied && !(thousandths && sign == "."):
		return head + tail, "", true
	}
	if head == "" {
		return "0", tail, tail != ""
	}
	whole, ok = joined(head, " ")
	return whole, tail, ok
}

// joined puts groups of digits together, if they are groups: three digits each
// but the first, or two but for the last, as in India.
func joined(s, sep string) (string, bool) {
	groups := strings.Split(s, sep)
	for i, g := range groups {
		last := i == len(groups)-1
		switch {
		case strings.Trim(g, "0123456789") != "" || g == "":
			return "", false
		case i == 0 && (len(groups) == 1 || len(g) <= 3):
		case last && len(g) == 3, !last && (len(g) == 3 || len(g) == 2):
		default:
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// latinDigits writes the digits and signs of other scripts as ours, and drops
// the marks that only say in which direction to write.
func latinDigits(s string) string {
	return strings.Map(func(r rune) rune {
		for _, zero := range []rune{0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10} {
			if r >= zero && r <= zero+9 {
				return '0' + r - zero
			}
		}
		switch {
		case r == '٫' || r == '，':
			return ','
		case r == '٬' || r == '’' || r == '‘' || r == '`' || r == '´':
			return '\''
		case r == '．':
			return '.'
		case r == '−' || r == '–' || r == '—' || r == '‐' || r == '‑':
			return '-'
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r), unicode.IsControl(r), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)
}

// excerpt is what somebody typed, short enough to be quoted back to them.
func excerpt(s string) string {
	return chat.Shorten(strings.Join(strings.Fields(clean(s)), " "), 60)
}

// clean drops what no database and no reader can do anything with, and what
// would turn the direction of the words after it.
func clean(s string) string {
	return chat.Clean(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s))
}

// bare is a number of the playbook as a sentence shows it.
func bare(f float64) string {
	if d, err := ParseDecimal(strconv.FormatFloat(f, 'f', -1, 64)); err == nil {
		return d.Grouped()
	}
	return fmt.Sprint(f)
}
