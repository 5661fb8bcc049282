package lead

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sopbot/internal/database"
	"sopbot/internal/form"
)

const columns = "id, company, contact, website, owner, turn, status, created_by, created_at, changed_at"

func (l *Lead) dest(created, changed *int64) []any {
	return []any{&l.ID, &l.Company, &l.Contact, &l.Website, &l.Owner, &l.Turn, &l.Status, &l.CreatedBy, created, changed}
}

// insert gives ok false where a lead of the same identity is there, or of the
// same id.
func insert(tx *database.Tx, l Lead) (ok bool, err error) {
	n, err := tx.Exec(`INSERT INTO leads (id, company, contact, identity, search, website, owner, turn, status, created_by, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT DO NOTHING`,
		l.ID, l.Company, l.Contact, l.Identity(), l.search(), l.Website, l.Owner, l.Turn, string(l.Status), l.CreatedBy,
		database.Millis(l.CreatedAt), database.Millis(l.ChangedAt))
	return n == 1, err
}

func one(tx *database.Tx, query string, args ...any) (Lead, error) {
	var l Lead
	var created, changed int64
	found, err := tx.Row(query, args, l.dest(&created, &changed)...)
	if err == nil && !found {
		err = ErrGone
	}
	l.CreatedAt, l.ChangedAt = time.UnixMilli(created), time.UnixMilli(changed)
	return l, err
}

// ByID loads a lead; ErrGone where there is none.
func ByID(tx *database.Tx, id string) (Lead, error) {
	return one(tx, "SELECT "+columns+" FROM leads WHERE id = $1", id)
}

// Named loads the lead of that name, in whatever spelling Identity takes for
// the same; ErrGone where there is none.
func Named(tx *database.Tx, n Name) (Lead, error) {
	return one(tx, "SELECT "+columns+" FROM leads WHERE identity = $1", n.Identity())
}

func many(tx *database.Tx, query string, args ...any) ([]Lead, error) {
	var out []Lead
	err := tx.Each(query, args, func(rows *sql.Rows) error {
		var l Lead
		var created, changed int64
		if err := rows.Scan(l.dest(&created, &changed)...); err != nil {
			return err
		}
		l.CreatedAt, l.ChangedAt = time.UnixMilli(created), time.UnixMilli(changed)
		out = append(out, l)
		return nil
	})
	return out, err
}

// ofOwner lists a person's leads, the latest change first.
func ofOwner(tx *database.Tx, owner string, most int) ([]Lead, error) {
	return many(tx, "SELECT "+columns+" FROM leads WHERE owner = $1 AND erased_at IS NULL ORDER BY changed_at DESC, id LIMIT $2", owner, most)
}

func countOfOwner(tx *database.Tx, owner string) (n int, err error) {
	_, err = tx.Row("SELECT count(*) FROM leads WHERE owner = $1 AND erased_at IS NULL", []any{owner}, &n)
	return n, err
}

// likeEscape makes people's words mean themselves in a LIKE pattern.
var likeEscape = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// words are what somebody typed to find leads, as patterns: all of them must be
// there, in any order.
type words struct {
	begin, end string // a name that begins with what was typed lies between
	like       [3]string
}

func parseWords(typed string) (w words, some bool) {
	text := searched(typed)
	if text == "" {
		return w, false
	}
	w.begin, w.end = text, text+string(utf8.MaxRune)
	parts := strings.Fields(likeEscape.Replace(text))
	if len(parts) > 3 { // more words are rarely typed; the last ones go together
		parts = append(parts[:2:2], strings.Join(parts[2:], " "))
	}
	for i, p := range parts {
		w.like[i] = "%" + p + "%"
	}
	return w, true
}

// matching lists leads that have all the words: a person's own first, then those
// whose name begins with what was typed, then the latest change. Each part stops
// at an index as soon as there are enough: over 50,000 leads one sorted query
// took too long for a letter that most names have.
func matching(tx *database.Tx, typed, person string, most int) ([]Lead, error) {
	w, some := parseWords(typed)
	if !some {
		own, err := ofOwner(tx, person, most)
		if err != nil || len(own) >= most {
			return own, err
		}
		latest, err := many(tx, "SELECT "+columns+" FROM leads WHERE erased_at IS NULL ORDER BY changed_at DESC LIMIT $1", most)
		return joined(most, own, latest), err
	}
	own, err := many(tx, "SELECT "+columns+` FROM leads WHERE owner = $1 AND search LIKE $2 ESCAPE '\' AND ($3 = '' OR search LIKE $3 ESCAPE '\') AND ($4 = '' OR search LIKE $4 ESCAPE '\')
		ORDER BY changed_at DESC, id LIMIT $5`, person, w.like[0], w.like[1], w.like[2], most)
	if err != nil || len(own) >= most {
		return own, err
	}
	begin, err := many(tx, "SELECT "+columns+" FROM leads WHERE search >= $1 AND search < $2 ORDER BY search, id LIMIT $3", w.begin, w.end, most)
	found := joined(most, own, begin)
	if err != nil || len(found) >= most {
		return found, err
	}
	// The inner query reads an index alone.
	other, err := many(tx, "SELECT "+columns+` FROM leads WHERE id IN (SELECT id FROM leads WHERE search LIKE $1 ESCAPE '\' AND ($2 = '' OR search LIKE $2 ESCAPE '\')
		AND ($3 = '' OR search LIKE $3 ESCAPE '\') ORDER BY changed_at DESC LIMIT $4) ORDER BY changed_at DESC`, w.like[0], w.like[1], w.like[2], most)
	return joined(most, found, other), err
}

// joined puts lists together, each lead once.
func joined(most int, lists ...[]Lead) []Lead {
	var out []Lead
	there := map[string]bool{}
	for _, l := range slices.Concat(lists...) {
		if !there[l.ID] && len(out) < most {
			there[l.ID] = true
			out = append(out, l)
		}
	}
	return out
}

// setStatus moves a lead on.
func setStatus(tx *database.Tx, id string, s Status, at time.Time) error {
	n, err := tx.Exec("UPDATE leads SET status = $1, changed_at = $2 WHERE id = $3", string(s), database.Millis(at), id)
	if err == nil && n == 0 {
		err = ErrGone
	}
	return err
}

// setOwner gives a lead to somebody; the turn keeps the first of two quick
// clicks.
func setOwner(tx *database.Tx, l Lead, to string, at time.Time) error {
	n, err := tx.Exec("UPDATE leads SET owner = $1, turn = turn + 1, changed_at = $2 WHERE id = $3 AND turn = $4", to, database.Millis(at), l.ID, l.Turn)
	if err == nil && n == 0 {
		err = ErrTaken
	}
	return err
}

func insertEvent(tx *database.Tx, e Event, detail string) error {
	return tx.Queue("INSERT INTO events (id, at, kind, person, origin, lead, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		e.ID, database.Millis(e.At), e.Kind, e.Person, string(e.Origin), e.Lead, e.Subject, detail)
}

func putFact(tx *database.Tx, lead string, from Source, field string, value form.Value, person string, at time.Time) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("fact %s: %w", field, err)
	}
	return tx.Queue(`INSERT INTO lead_facts (lead, source, field, value, person, at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (lead, source, field) DO UPDATE SET value = excluded.value, person = excluded.person, at = excluded.at
		WHERE lead_facts.value <> excluded.value`,
		lead, string(from), field, string(raw), person, database.Millis(at))
}

func forgetFact(tx *database.Tx, lead string, from Source, field string) error {
	return tx.Queue("DELETE FROM lead_facts WHERE lead = $1 AND source = $2 AND field = $3", lead, string(from), field)
}

// sourcesOf are the forms that something is known of a lead from.
func sourcesOf(tx *database.Tx, lead string) (out []Source, err error) {
	err = tx.Each("SELECT DISTINCT source FROM lead_facts WHERE lead = $1 ORDER BY source", []any{lead}, func(rows *sql.Rows) error {
		var s Source
		if err := rows.Scan(&s); err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

func facts(tx *database.Tx, lead string) (Known, error) {
	known := Known{}
	err := tx.Each("SELECT source, field, value, at FROM lead_facts WHERE lead = $1 ORDER BY source, field", []any{lead}, func(rows *sql.Rows) error {
		var from Source
		var field, raw string
		var at int64
		if err := rows.Scan(&from, &field, &raw, &at); err != nil {
			return err
		}
		fact := Fact{At: time.UnixMilli(at)}
		if err := json.Unmarshal([]byte(raw), &fact.Value); err != nil {
			return fmt.Errorf("fact %s of lead %s: %w", field, lead, err)
		}
		if known[from] == nil {
			known[from] = map[string]Fact{}
		}
		known[from][field] = fact
		return nil
	})
	return known, err
}
