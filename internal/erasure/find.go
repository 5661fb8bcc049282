package erasure

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/lead"
	"sopbot/internal/roster"
)

// Kind is what is erased.
type Kind string

// The kinds of what is erased. Names that are stored: add, don't rename.
const (
	Lead    Kind = "lead"    // a company and its contact, with all that is known
	Contact Kind = "contact" // somebody at a company, whose name stays
	Person  Kind = "person"  // a member of the team
)

// Target is whom or what somebody means.
type Target struct {
	Kind  Kind
	Code  string   // names it without doubt: U0123ABC, lead/…, contact/…
	Title string   // what people call it
	Leads []string // of a lead or a contact: the ids

	profile chat.Profile // of a person, as far as it is known
	address string       // that it was named by
}

// ErrUnknown says that nobody and nothing goes by that name.
var ErrUnknown = errors.New("erasure: nobody goes by that name")

// Ambiguous says that a name may mean several.
type Ambiguous struct{ Candidates []Target }

// Error says it without the names.
func (a *Ambiguous) Error() string {
	return fmt.Sprintf("erasure: %d may be meant", len(a.Candidates))
}

var memberID = regexp.MustCompile(`^[UW][A-Z0-9]{2,20}$`)

// Find finds who is meant: by a code, a member's ID, @handle or name, a lead's,
// company's or contact's name, or the e-mail address of a contact.
func (e *Eraser) Find(ctx context.Context, words string) (Target, error) {
	words = strings.TrimSpace(words)
	var found []Target
	err := e.DB.Read(ctx, func(tx *database.Tx) (err error) {
		found, err = find(tx, words)
		return err
	})
	switch {
	case err != nil:
		return Target{}, err
	case len(found) == 0:
		return Target{}, ErrUnknown
	case len(found) > 1:
		return Target{}, &Ambiguous{found}
	}
	return found[0], nil
}

func find(tx *database.Tx, words string) (found []Target, err error) {
	kind, id, coded := strings.Cut(words, "/")
	if coded && (kind == string(Lead) || kind == string(Contact)) {
		of, err := lead.ByID(tx, id)
		if errors.Is(err, lead.ErrGone) {
			return nil, nil
		}
		return []Target{leadTarget(Kind(kind), of)}, err
	}
	if name, host, ok := strings.Cut(words, "@"); ok && name != "" && strings.Contains(host, ".") {
		ids, err := lead.Knowing(tx, words)
		if err != nil || len(ids) == 0 {
			return nil, err
		}
		// One address is one person, at however many companies.
		return []Target{{Kind: Contact, Code: words, Title: words, Leads: ids, address: words}}, nil
	}
	people, err := roster.Called(tx, words)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		found = append(found, Target{Kind: Person, Code: p.ID, Title: roster.Person{Profile: p}.Called() + " (@" + p.Handle + ")", profile: p})
	}
	if len(people) == 0 && memberID.MatchString(words) {
		// Somebody whom Slack has forgotten already may have left traces.
		found = append(found, Target{Kind: Person, Code: words, Title: words, profile: chat.Profile{ID: words}})
	}
	leads, err := lead.Called(tx, words)
	for _, of := range leads {
		as := Lead
		if of.HasContact(words) {
			as = Contact
		}
		found = append(found, leadTarget(as, of))
	}
	return found, err
}

func leadTarget(kind Kind, of lead.Lead) Target {
	t := Target{Kind: kind, Code: string(kind) + "/" + of.ID, Title: of.String(), Leads: []string{of.ID}}
	if kind == Contact {
		t.Title = of.Contact + " of " + of.Company
	}
	return t
}
