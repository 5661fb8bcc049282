package lead

import (
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Status is how far a lead has come.
type Status string

// The states of a lead. Names that are stored: add, don't rename.
const (
	Open      Status = "open"       // somebody works on it
	Qualified Status = "qualified"  // passed the scorecard
	HandedOff Status = "handed_off" // an AE was asked to take it
	Accepted  Status = "accepted"   // an AE took it
	Returned  Status = "returned"   // an AE declined it: back with its owner
)

// Words says the state to people.
func (s Status) Words() string {
	switch s {
	case Qualified:
		return "qualified"
	case HandedOff:
		return "handed off, waiting for the AE"
	case Accepted:
		return "accepted by the AE"
	case Returned:
		return "declined by the AE"
	}
	return "open"
}

// Name is who the lead is: a company, and perhaps somebody there.
type Name struct {
	Company string // never empty
	Contact string // "" if not known
}

// Lead is a company and contact that somebody works on.
type Lead struct {
	ID string
	Name
	Website   string // an http or https address, or ""
	Owner     string // member ID of whoever works on it
	Turn      int    // counts its owners, from 1
	Status    Status
	CreatedBy string
	CreatedAt time.Time
	ChangedAt time.Time
}

// String is the lead as people call it: "Acme" or "Acme (Jane Doe)".
func (n Name) String() string {
	if n.Contact == "" {
		return n.Company
	}
	return n.Company + " (" + n.Contact + ")"
}

// Errors of names and of changes to leads.
var (
	ErrNoName  = errors.New("lead: the name has no letter and no digit")
	ErrTooLong = errors.New("lead: the name is too long")
	ErrGone    = errors.New("lead: there is no such lead")
	ErrTaken   = errors.New("lead: it belongs to somebody else by now")
)

// MaxName is how many letters company and contact may have together.
const MaxName = 200

// ParseName reads a lead as somebody types it: the company, or company and
// contact parted by a comma, a dash between blanks, or the contact in brackets.
// A comma before a legal form ("Acme, Inc.") parts nothing.
func ParseName(text string) (Name, error) {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) > MaxName {
		return Name{}, ErrTooLong
	}
	n := Name{Company: text}
	if open := strings.LastIndex(text, "("); open > 0 && strings.HasSuffix(text, ")") {
		n = Name{text[:open], text[open+1 : len(text)-1]}
	} else {
		for _, sign := range []string{" – ", " — ", " - ", ", ", "; "} {
			company, contact, found := strings.Cut(text, sign)
			if !found {
				continue
			}
			if legal, rest, more := strings.Cut(contact, sign); legalForms[folded(legal)] && sign == ", " {
				company, contact = company+sign+legal, rest
				if !more {
					contact = ""
				}
			}
			n = Name{company, contact}
			break
		}
	}
	n.Company, n.Contact = strings.Trim(n.Company, " ,;"), strings.Trim(n.Contact, " ,;")
	if folded(n.Company) == "" {
		return Name{}, ErrNoName
	}
	return n, nil
}

// legalForms say nothing of who a company is.
var legalForms = map[string]bool{"inc": true, "incorporated": true, "llc": true, "ltd": true, "limited": true, "plc": true, "corp": true,
	"corporation": true, "co": true, "company": true, "gmbh": true, "ag": true, "kg": true, "ug": true, "se": true, "sa": true, "sas": true, "sarl": true,
	"srl": true, "spa": true, "bv": true, "nv": true, "ab": true, "as": true, "oy": true, "oyj": true, "aps": true, "pty": true, "pte": true, "sl": true, "sro": true, "spzoo": true}

// Identity is what makes two leads the same: company and contact without case,
// signs, blanks and the company's legal form.
func (n Name) Identity() string {
	words := strings.FieldsFunc(n.Company, unicode.IsSpace)
	for len(words) > 1 && legalForms[folded(words[len(words)-1])] {
		words = words[:len(words)-1]
	}
	return folded(strings.Join(words, " ")) + "|" + folded(n.Contact)
}

// search is what type-ahead looks through.
func (n Name) search() string { return strings.ToLower(n.String()) }

// folded leaves the letters and digits, in lower case.
func folded(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
