package lead

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxName is how many letters company and contact may have together.
const MaxName = 200

// ParseName reads a lead as somebody types it: the company, or company and
// contact parted by a comma or semicolon, by a dash between blanks, or with the
// contact in brackets. A comma before a legal form ("Acme, Inc.") or within a
// number ("1,000 Ideas") parts nothing.
func ParseName(text string) (Name, error) {
	text = tidy(text)
	if utf8.RuneCountInString(text) > MaxName {
		return Name{}, ErrTooLong
	}
	n := Name{Company: text}
	if company, contact, ok := bracketed(text); ok {
		n = Name{company, contact}
	} else if company, contact, ok := parted(text); ok {
		n = Name{company, contact}
	}
	n.Company, n.Contact = trimmed(n.Company), trimmed(n.Contact)
	if folded(n.Company) == "" { // such as ", Acme"
		n = Name{Company: trimmed(text)}
	}
	if folded(n.Company) == "" {
		return Name{}, ErrNoName
	}
	if folded(n.Contact) == "" {
		n.Contact = ""
	}
	return n, nil
}

// tidy makes one line of what was typed, and drops what nobody sees: control
// characters, and those that turn the direction of what follows. What joins
// letters and emoji stays.
func tidy(text string) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, ""))
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == 0x200c || r == 0x200d:
			return r
		case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

func trimmed(s string) string { return strings.Trim(s, " ,;，；、،؛") }

// bracketed parts "Acme (Jane Doe)"; brackets within the contact's are its own.
func bracketed(text string) (company, contact string, ok bool) {
	last, width := utf8.DecodeLastRuneInString(text)
	if last != ')' && last != '）' {
		return "", "", false
	}
	depth := 0
	for i := len(text); i > 0; {
		r, n := utf8.DecodeLastRuneInString(text[:i])
		i -= n
		switch r {
		case ')', '）':
			depth++
		case '(', '（':
			depth--
		}
		if depth == 0 {
			return text[:i], text[i+n : len(text)-width], folded(text[:i]) != ""
		}
	}
	return "", "", false
}

// parted cuts at the first sign that parts company and contact.
func parted(text string) (company, contact string, ok bool) {
	for i := 0; i < len(text); {
		n, comma := separator(text, i)
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		rest := text[i+n:]
		if !comma || !isLegalForm(piece(rest)) {
			return text[:i], rest, true
		}
		i += n
	}
	return "", "", false
}

// separator is the length of the sign at i that parts, 0 where there is none.
func separator(text string, i int) (n int, comma bool) {
	r, size := utf8.DecodeRuneInString(text[i:])
	switch r {
	case ',':
		if i > 0 && i+1 < len(text) && isDigit(text[i-1]) && isDigit(text[i+1]) {
			return 0, false
		}
		return size, true
	case ';', '，', '；', '、', '،', '؛':
		return size, true
	case ' ':
		dash, width := utf8.DecodeRuneInString(text[i+size:])
		if (dash == '-' || dash == '–' || dash == '—') && strings.HasPrefix(text[i+size+width:], " ") {
			return size + width + 1, false
		}
	}
	return 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// piece is the text up to the next sign that parts.
func piece(text string) string {
	for i := range text {
		if n, _ := separator(text, i); n > 0 {
			return text[:i]
		}
	}
	return text
}

// legalForms say nothing of who a company is.
var legalForms = map[string]bool{"inc": true, "incorporated": true, "llc": true, "llp": true, "lp": true, "ltd": true, "limited": true, "plc": true,
	"corp": true, "corporation": true, "co": true, "company": true, "gmbh": true, "mbh": true, "ag": true, "kg": true, "kgaa": true, "ohg": true, "ug": true,
	"ev": true, "eg": true, "se": true, "sa": true, "sadecv": true, "sderl": true, "sas": true, "sarl": true, "srl": true, "spa": true, "bv": true, "nv": true,
	"ab": true, "as": true, "oy": true, "oyj": true, "aps": true, "pty": true, "pte": true, "sl": true, "slu": true, "sro": true, "doo": true, "spzoo": true,
	"kft": true, "zrt": true, "ооо": true, "зао": true, "оао": true, "пао": true, "株式会社": true, "有限公司": true, "有限责任公司": true}

// legalTail is how many of the last words are a legal form together.
func legalTail(words []string) int {
	for n := min(3, len(words)); n > 0; n-- {
		if legalForms[folded(strings.Join(words[len(words)-n:], ""))] {
			return n
		}
	}
	return 0
}

func isLegalForm(text string) bool {
	words, _ := withoutLegalForm(strings.Fields(text), 0)
	return text != "" && len(words) == 0
}

// withoutLegalForm drops legal forms and lone signs ("GmbH & Co. KG") from the
// end, and leaves at least so many words.
func withoutLegalForm(words []string, least int) (rest []string, dropped bool) {
	for {
		n := legalTail(words)
		if n == 0 && dropped && len(words) > 0 && folded(words[len(words)-1]) == "" {
			n = 1
		}
		if n == 0 || len(words)-n < least {
			return words, dropped
		}
		words, dropped = words[:len(words)-n], true
	}
}

// Identity is what makes two leads the same: company and contact without case,
// signs, blanks and the company's legal form.
func (n Name) Identity() string {
	words, _ := withoutLegalForm(strings.Fields(n.Company), 1)
	company := folded(strings.Join(words, " "))
	if company == "" { // "! & Co" is called by nothing else
		company = folded(n.Company)
	}
	return company + "|" + folded(n.Contact)
}

// search is what type-ahead looks through.
func (n Name) search() string { return searched(n.String()) }

func searched(s string) string { return strings.ToLower(tidy(s)) }

// folded leaves the letters, their marks and the digits, in lower case; however
// they were typed: composed or not, wide or narrow.
func folded(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 0xfe00 && r <= 0xfe0f: // how an emoji is drawn
			return -1
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			return -1
		case r == 'ς':
			return 'σ'
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
	return strings.ReplaceAll(s, "ß", "ss")
}
