package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sopbot/internal/answers"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/qualification"
	"sopbot/internal/roster"
)

// Posts are the messages that stand in Slack; the gateway keeps them.
type Posts interface {
	EraseAbout(tx *database.Tx, prefix string) (int, error)
	EraseTo(tx *database.Tx, person string) (int, error)
	Rewrite(tx *database.Tx, change func(key, column, text string) string) (int, error)
}

// Eraser carries out requests to be forgotten.
type Eraser struct {
	DB    *database.DB
	Posts Posts
	Now   func() time.Time
	By    string // who does it, for the audit trail
	// Keep are names that stay in what others wrote: those that are common words.
	Keep []string
}

// Report is what was erased, or would be.
type Report struct {
	Rows     map[string]int // rows of each table that were changed or removed
	Messages int            // that are changed in Slack, or never get there
	Notes    []string       // what to know beside it
	Left     []Left         // what people have to remove from Slack by hand
	Words    []Word         // what is taken out of what others wrote, the most frequent first
}

// Word is a name as it stands in what others wrote.
type Word struct {
	Text   string
	Places int
	Such   string // one of them, with what stands around it
	Small  bool   // it stands in small letters as well, as common words do
}

func (r *Report) note(format string, args ...any) {
	if words := fmt.Sprintf(format, args...); !slices.Contains(r.Notes, words) {
		r.Notes = append(r.Notes, words)
	}
}

// around is how many letters are shown on either side of a name.
const around = 30

// word counts a name that is taken out.
func (r *Report) word(text string, from, to int) {
	name := strings.Join(strings.Fields(text[from:to]), " ")
	small := name == strings.ToLower(name) && name != strings.ToUpper(name)
	for i := range r.Words {
		if w := &r.Words[i]; strings.EqualFold(w.Text, name) {
			w.Places++
			if small && !w.Small { // the place that shows best whether others are meant
				w.Small, w.Such = true, excerpt(text, from, to)
			}
			return
		}
	}
	r.Words = append(r.Words, Word{name, 1, excerpt(text, from, to), small})
}

// excerpt is a place with what stands around it, as one line.
func excerpt(text string, from, to int) string {
	before, after := []rune(text[:from]), []rune(text[to:])
	if len(before) > around {
		before = append([]rune("…"), before[len(before)-around:]...)
	}
	if len(after) > around {
		after = append(after[:around:around], '…')
	}
	return strings.Join(strings.Fields(string(before)+text[from:to]+string(after)), " ")
}

// atMost is how long an erasure may go through what is kept.
const atMost = 20 * time.Minute

var errDry = errors.New("erasure: it was to be looked at alone")

// Erase erases the target, all of it or nothing; dry is only a look at what
// would go. also are further names under which the target stands in what others
// wrote.
func (e *Eraser) Erase(ctx context.Context, t Target, also []string, dry bool) (Report, error) {
	var r Report
	err := e.DB.Write(database.Longer(ctx, atMost), func(tx *database.Tx) error {
		r = Report{Rows: map[string]int{}}
		defer func() {
			slices.SortStableFunc(r.Words, func(a, b Word) int { return b.Places - a.Places })
		}()
		before, err := tx.Counts()
		if err != nil {
			return err
		}
		if err := erasing(tx, t.Kind, e.By, e.Now(), false, func() error { return e.erase(tx, t, also, &r) }); err != nil {
			return err
		}
		after, err := tx.Counts()
		if err != nil {
			return err
		}
		for table, n := range before {
			if gone := n - after[table]; gone > 0 {
				r.Rows[table] += gone
			}
		}
		if dry {
			return errDry
		}
		return nil
	})
	if errors.Is(err, errDry) {
		err = nil
	}
	return r, err
}

// erasing lets events be changed while do runs, and keeps that it did; a silent
// one leaves no trace.
func erasing(tx *database.Tx, kind Kind, by string, at time.Time, silent bool, do func() error) error {
	id := database.NewID()
	if _, err := tx.Exec("INSERT INTO erasures (id, at, person, kind, open) VALUES ($1, $2, $3, $4, 1)", id, database.Millis(at), by, string(kind)); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	end := "UPDATE erasures SET open = 0 WHERE id = $1"
	if silent {
		end = "DELETE FROM erasures WHERE id = $1"
	}
	_, err := tx.Exec(end, id)
	return err
}

func (e *Eraser) erase(tx *database.Tx, t Target, also []string, r *Report) error {
	if t.Kind == Person {
		return e.erasePerson(tx, t, also, r)
	}
	names := slices.Clone(also)
	if t.address != "" {
		names = append(names, t.address)
	}
	for _, id := range t.Leads {
		known, err := e.eraseLead(tx, t.Kind, id, r)
		if err != nil {
			return err
		}
		names = append(names, known...)
	}
	return e.eraseNames(tx, names, r)
}

// eraseLead erases what the features keep of a lead, and gives the names under
// which it may stand elsewhere.
func (e *Eraser) eraseLead(tx *database.Tx, kind Kind, id string, r *Report) (names []string, err error) {
	of, err := lead.ByID(tx, id)
	if err != nil {
		return nil, err
	}
	if names, err = lead.Addresses(tx, id); err != nil {
		return nil, err
	}
	names = append(names, of.Contact, of.Website)
	title := of.Company
	if kind == Lead {
		title = lead.ErasedName
		others, err := lead.Company(tx, of.Company, id)
		switch {
		case err != nil:
			return nil, err
		case others > 0:
			names = append(names, of.String())
			r.note("There are other leads of the same company (%d), so its name stays in what was written elsewhere.", others)
		default:
			names = append(names, of.Company)
		}
	}
	for _, n := range []string{of.Contact, of.Company} {
		if n != "" && tooShort(n) && (n == of.Contact || kind == Lead) {
			r.note("“%s” is too short to be looked for in what others wrote.", n)
		}
	}
	if err := lead.Forget(tx, id, kind == Contact, e.Now()); err != nil {
		return nil, err
	}
	handoffs, err := handoff.Forget(tx, id, title)
	if err != nil {
		return nil, err
	}
	if err := qualification.Forget(tx, id); err != nil {
		return nil, err
	}
	deadlines, err := deadline.Forget(tx, id, title, e.Now())
	if err != nil {
		return nil, err
	}
	if err := blankTheRest(tx, id, deadlines); err != nil {
		return nil, err
	}
	for table, n := range map[string]int{"leads": 1, "handoffs": len(handoffs), "deadlines": len(deadlines)} {
		r.Rows[table] += n
	}
	for prefix, ids := range map[string][]string{"lead/": {id}, "handoff/": handoffs, "deadline/": deadlines} {
		for _, id := range ids {
			n, err := e.Posts.EraseAbout(tx, prefix+id+"/")
			if err != nil {
				return nil, err
			}
			r.Messages += n
		}
	}
	return names, lead.RecordErased(tx, string(kind)+".erased", e.By, id, "lead/"+id, e.Now())
}

// forgotten are the tables whose words about a lead their features erase: these
// leave what is counted.
var forgotten = []string{"lead_facts", "qualifications", "handoffs", "handoff_questions", "deadlines"}

// blankTheRest empties all other words that hang on a lead or on its deadlines,
// in whatever table: one that is new is not forgotten to be forgotten.
func blankTheRest(tx *database.Tx, id string, deadlines []string) error {
	branches, err := tx.Hanging("leads", id)
	if err != nil {
		return err
	}
	for _, d := range deadlines {
		more, err := tx.Hanging("deadlines", d)
		if err != nil {
			return err
		}
		branches = append(branches, more...)
	}
	for _, b := range branches {
		if slices.Contains(forgotten, b.Table.Name) {
			continue
		}
		for _, column := range words[b.Table.Name] {
			if err := tx.Blank(b, column, chat.Erased); err != nil {
				return err
			}
		}
	}
	return nil
}

// erasePerson erases what a member of the team wrote and is called. What they
// did stays, under a pseudonym.
func (e *Eraser) erasePerson(tx *database.Tx, t Target, also []string, r *Report) error {
	id, pseudonym := t.Code, chat.Pseudonym()
	var err error
	if r.Left, err = leftBy(tx, id); err != nil {
		return err
	}
	for _, forget := range []func(*database.Tx, string) error{answers.ForgetWordsOf, roster.Forget,
		func(tx *database.Tx, id string) error { return deadline.ForgetPerson(tx, id, e.Now()) }} {
		if err := forget(tx, id); err != nil {
			return err
		}
	}
	said, err := handoff.ForgetWordsOf(tx, id)
	if err != nil {
		return err
	}
	n, err := e.Posts.EraseTo(tx, id)
	if err != nil {
		return err
	}
	quoted, err := e.Posts.Rewrite(tx, func(key, column, text string) string {
		parts := strings.Split(key, "/")
		if column != "body" || parts[0] != "handoff" || len(parts) < 2 || len(said[parts[1]]) == 0 {
			return text
		}
		return inside(text, func(s string) string { return handoff.WithoutQuotes(s, said[parts[1]]) })
	})
	if err != nil {
		return err
	}
	r.Messages += n + quoted
	m := replaceMember(id, pseudonym)
	if err := e.rewrite(tx, r, func(_, _, text string) string {
		if !strings.Contains(text, m.id) {
			return text
		}
		return inside(text, m.erase)
	}); err != nil {
		return err
	}
	total := r.Messages
	for _, n := range r.Rows {
		total += n
	}
	if total == 0 && t.profile.Name == "" {
		return ErrUnknown
	}
	names := slices.Clone(also)
	if t.profile.Handle != "" {
		names = append(names, "@"+t.profile.Handle)
	}
	if strings.Contains(strings.TrimSpace(t.profile.Name), " ") {
		names = append(names, t.profile.Name)
	} else if t.profile.Name != "" {
		r.note("“%s” alone is not looked for in what others wrote: it may mean others, too. Name what is to go with --also.", t.profile.Name)
	}
	var owned int
	if _, err := tx.Row("SELECT count(*) FROM leads WHERE owner = $1 AND erased_at IS NULL AND status IN ('open', 'qualified', 'returned')", []any{pseudonym}, &owned); err != nil {
		return err
	}
	if owned > 0 {
		r.note("They still own leads that are worked on (%d); a manager can reassign these afterwards.", owned)
	}
	r.note("While they are in a user group or role that the playbook names, Slack tells the bot of them again: take them out first.")
	if err := e.eraseNames(tx, names, r); err != nil {
		return err
	}
	return lead.RecordErased(tx, "person.erased", e.By, "", "person/"+pseudonym, e.Now())
}

// eraseNames takes names out of what others wrote.
func (e *Eraser) eraseNames(tx *database.Tx, names []string, r *Report) error {
	s := spell(slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(e.Keep, func(k string) bool { return strings.EqualFold(strings.TrimSpace(k), strings.TrimSpace(name)) })
	}))
	left, err := leftWith(tx, s)
	if err != nil {
		return err
	}
	for _, l := range left {
		if !slices.Contains(r.Left, l) {
			r.Left = append(r.Left, l)
		}
	}
	// The newest first: those are looked for, and found.
	slices.SortStableFunc(r.Left, func(a, b Left) int { return b.At.Compare(a.At) })
	s.found = r.word
	return e.rewrite(tx, r, func(table, column, text string) string {
		if !slices.Contains(words[table], column) || !s.mayHold(text) {
			return text
		}
		return inside(text, s.erase)
	})
}

// rewrite reaches every text there is; messages have their own way, because
// Slack is to show what changed.
func (e *Eraser) rewrite(tx *database.Tx, r *Report, change func(table, column, text string) string) error {
	rows, err := tx.Rewrite([]string{"posts", "erasures"}, change)
	if err != nil {
		return err
	}
	for table, n := range rows {
		r.Rows[table] += n
	}
	n, err := e.Posts.Rewrite(tx, func(_, column, text string) string { return change("posts", column, text) })
	r.Messages += n
	return err
}
