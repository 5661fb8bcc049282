package lead

import (
	"errors"
	"time"
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
