package lead

import (
	"maps"
	"slices"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

// Source is the form that a fact came from.
type Source string

// The sources of facts, as `from` in the playbook names them. Names that are
// stored: add, don't rename.
const (
	SourceLead          Source = "lead"
	SourceResearch      Source = "research"
	SourceQualification Source = "qualification"
	SourceHandoff       Source = "handoff"
)

// sources in the order in which they are trusted where a field names none: what
// was asked last is known best.
var sources = []Source{SourceHandoff, SourceQualification, SourceResearch, SourceLead}

// Fact is an answer that is known of a lead, and since when.
type Fact struct {
	form.Value
	At time.Time
}

// Known is what is known of a lead, by where it came from and by field.
type Known map[Source]map[string]Fact

// Learn keeps the answers of a form as facts, in the place of all that was
// known from that source before. What was said again keeps its time. Answers
// that name the lead itself say nothing of it.
func (l *Leads) Learn(tx *database.Tx, lead, person string, from Source, answers form.Answers) error {
	known, err := facts(tx, lead)
	if err != nil {
		return err
	}
	for field := range known[from] {
		if _, again := answers[field]; !again {
			if err := forgetFact(tx, lead, from, field); err != nil {
				return err
			}
		}
	}
	return l.LearnFirst(tx, lead, person, from, answers)
}

// LearnFirst is Learn for a lead of which nothing is known from that source.
func (l *Leads) LearnFirst(tx *database.Tx, lead, person string, from Source, answers form.Answers) error {
	for _, field := range slices.Sorted(maps.Keys(answers)) {
		value := answers[field]
		if value.Type == playbook.FieldLead || value.Raw {
			continue
		}
		if err := putFact(tx, lead, from, field, value, person, l.Now()); err != nil {
			return err
		}
	}
	return nil
}

// Known gives what is known of a lead. Its own name and website count as facts
// of the source "lead".
func (l *Leads) Known(tx *database.Tx, of Lead) (Known, error) {
	known, err := facts(tx, of.ID)
	if err != nil {
		return nil, err
	}
	own := known[SourceLead]
	if own == nil {
		own = map[string]Fact{}
		known[SourceLead] = own
	}
	own["company"] = Fact{form.Text(of.Company), of.CreatedAt}
	if of.Contact != "" {
		own["contact"] = Fact{form.Text(of.Contact), of.CreatedAt}
	}
	if of.Website != "" {
		own["website"] = Fact{form.Value{Type: playbook.FieldURL, Text: of.Website}, of.CreatedAt}
	}
	return known, nil
}

// Given is what a form about the lead starts with: each field takes what its
// `from` names, unless the handoff, which asks last, was told otherwise since;
// then what was said of the same field anywhere.
func (k Known) Given(of Lead, fields []playbook.Field) form.Answers {
	given := form.Answers{}
	for _, f := range fields {
		if f.Type == playbook.FieldLead {
			given[f.ID] = form.Lead(of.ID, of.String())
		} else if v, known := k.best(f); known {
			given[f.ID] = v.Value
		}
	}
	return given
}

func (k Known) best(f playbook.Field) (Fact, bool) {
	if named, known := k[Source(f.From)][f.ID]; known {
		if last, told := k[SourceHandoff][f.ID]; told && last.At.After(named.At) {
			return last, true
		}
		return named, true
	}
	for _, s := range sources {
		if v, known := k[s][f.ID]; known {
			return v, true
		}
	}
	return Fact{}, false
}
