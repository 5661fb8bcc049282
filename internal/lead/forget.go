package lead

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

// ErasedName is what a lead is called whose company was erased.
const ErasedName = "Erased lead"

// Forget erases who a lead is, and all that is known of it. What is left is a
// number with its owner and its dates; the company's name stays where that is
// said. What the features above know of it they forget themselves.
func Forget(tx *database.Tx, id string, keepCompany bool, at time.Time) error {
	of, err := ByID(tx, id)
	if err != nil {
		return err
	}
	company := ErasedName
	if keepCompany {
		company = of.Company
	}
	// No name that somebody types comes to an identity with a stroke in it.
	if _, err := tx.Exec("UPDATE leads SET company = $2, contact = '', website = '', search = '', identity = $3, erased_at = $4 WHERE id = $1",
		id, company, "erased/"+id, database.Millis(at)); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM lead_facts WHERE lead = $1", id); err != nil {
		return err
	}
	return forgetDetails(tx, id)
}

// forgetDetails leaves of a lead's history what happened when, and by whom.
func forgetDetails(tx *database.Tx, id string) error {
	_, err := tx.Exec("UPDATE events SET detail = '{}' WHERE lead = $1 AND detail <> '{}'", id)
	return err
}

// Remove takes a lead out altogether, with what hangs on it in whatever table.
// Its history stays, without what was said in it, for as long as the
// audit trail is kept.
func Remove(tx *database.Tx, id string) error {
	if err := forgetDetails(tx, id); err != nil {
		return err
	}
	return tx.Fell("leads", id)
}

// RecordErased writes into the history that something was erased, and not what.
func RecordErased(tx *database.Tx, kind, by, lead, subject string, at time.Time) error {
	return insertEvent(tx, Event{ID: database.NewID(), At: at, Kind: kind, Person: by, Origin: FromCommand, Lead: lead, Subject: subject}, "{}")
}

// Called lists the leads that somebody may mean by a name: the lead's, its
// company's or its contact's, in whatever spelling Identity takes for the same.
// Those that were erased have no name.
func Called(tx *database.Tx, name string) ([]Lead, error) {
	wanted := folded(name)
	if wanted == "" {
		return nil, nil
	}
	all, err := many(tx, "SELECT "+columns+" FROM leads WHERE erased_at IS NULL ORDER BY company, contact, id")
	if err != nil {
		return nil, err
	}
	meant, parse := ParseName(name)
	var out []Lead
	for _, l := range all {
		company, contact, _ := strings.Cut(l.Identity(), "|")
		switch {
		case parse == nil && l.Identity() == meant.Identity(), company == wanted, contact == wanted, folded(l.Company) == wanted, folded(l.String()) == wanted:
			out = append(out, l)
		}
	}
	return out, nil
}

// HasContact reports whether the lead's contact goes by that name.
func (l Lead) HasContact(name string) bool {
	return l.Contact != "" && folded(l.Contact) == folded(name)
}

// Knowing lists the leads of which that e-mail address is known.
func Knowing(tx *database.Tx, address string) (ids []string, err error) {
	found := map[string]bool{}
	err = eachAddress(tx, "", func(lead, known string) {
		if strings.EqualFold(known, address) && !found[lead] {
			found[lead] = true
			ids = append(ids, lead)
		}
	})
	return ids, err
}

// Addresses are the e-mail addresses, telephone numbers and links that are
// known of a lead: they tell who it is wherever they stand.
func Addresses(tx *database.Tx, id string) (out []string, err error) {
	err = eachAddress(tx, id, func(_, known string) { out = append(out, known) })
	return out, err
}

func eachAddress(tx *database.Tx, id string, each func(lead, address string)) error {
	return tx.Each("SELECT lead, value FROM lead_facts WHERE ($1 = '' OR lead = $1) ORDER BY lead, source, field", []any{id}, func(rows *sql.Rows) error {
		var lead, raw string
		if err := rows.Scan(&lead, &raw); err != nil {
			return err
		}
		var v form.Value
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			return fmt.Errorf("a fact of lead %s: %w", lead, err)
		}
		switch v.Type {
		case playbook.FieldEmail, playbook.FieldPhone, playbook.FieldURL:
			each(lead, v.Text)
		}
		return nil
	})
}

// Company counts the leads of a company that were not erased, but for one.
func Company(tx *database.Tx, name, but string) (n int, err error) {
	err = tx.Each("SELECT company FROM leads WHERE erased_at IS NULL AND id <> $1", []any{but}, func(rows *sql.Rows) error {
		var company string
		err := rows.Scan(&company)
		if strings.EqualFold(company, name) {
			n++
		}
		return err
	})
	return n, err
}

// ForgetDrafts removes what was typed into forms that nobody sent.
func ForgetDrafts(tx *database.Tx, now time.Time) error {
	_, err := tx.Exec("DELETE FROM drafts WHERE at < $1", database.Millis(now.Add(-draftsKept)))
	return err
}

// Over lists leads that nothing is to be done about any more and that did not
// change since then, the oldest first. What runs about a lead the features
// above know: their tables are asked here, because only the database can ask
// all of them at once.
func Over(tx *database.Tx, before time.Time, most int) (ids []string, err error) {
	err = tx.Each(`SELECT id FROM leads WHERE changed_at < $1 AND (status IN ('accepted', 'returned') OR erased_at IS NOT NULL)
		AND NOT EXISTS (SELECT 1 FROM handoffs h WHERE h.lead = leads.id AND h.status IN ('waiting', 'asked') AND leads.erased_at IS NULL)
		AND NOT EXISTS (SELECT 1 FROM deadlines d WHERE d.lead = leads.id AND d.state IN ('open', 'paused'))
		ORDER BY changed_at, id LIMIT $2`, []any{database.Millis(before), most}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// ForgetEvents removes some of the history from before then, but for that of
// leads that are still worked on, and tells how many entries went.
func ForgetEvents(tx *database.Tx, before time.Time, most int) (int64, error) {
	return tx.Exec(`DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at < $1
		AND NOT EXISTS (SELECT 1 FROM leads l WHERE l.id = events.lead AND l.erased_at IS NULL AND l.status IN ('open', 'qualified', 'handed_off')) ORDER BY at LIMIT $2)`,
		database.Millis(before), most)
}
