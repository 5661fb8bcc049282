package lead

import (
	"slices"

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

// Known is what is known of a lead, by where it came from and by field.
type Known map[Source]form.Answers

// Learn keeps the answers of a form as facts; what was known of these fields
// from that source before is replaced. Answers that name the lead itself say
// nothing of it.
func (l *Leads) Learn(tx *database.Tx, lead, person string, from Source, answers form.Answers) error {
	for field, value := range answers {
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
		own = form.Answers{}
		known[SourceLead] = own
	}
	own["company"] = form.Text(of.Company)
	if of.Contact != "" {
		own["contact"] = form.Text(of.Contact)
	}
	if of.Website != "" {
		own["website"] = form.Value{Type: playbook.FieldURL, Text: of.Website}
	}
	return known, nil
}

// Given is what a form about the lead starts with: each field takes what its
// `from` names; then what was said of the same field anywhere.
func (k Known) Given(of Lead, fields []playbook.Field) form.Answers {
	given := form.Answers{}
	for _, f := range fields {
		if f.Type == playbook.FieldLead {
			given[f.ID] = form.Lead(of.ID, of.String())
			continue
		}
		order := sources
		if f.From != "" {
			order = slices.Concat([]Source{Source(f.From)}, sources)
		}
		for _, s := range order {
			if v, ok := k[s][f.ID]; ok {
				given[f.ID] = v
				break
			}
		}
	}
	return given
}
