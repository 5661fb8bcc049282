package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"

	"sopbot"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/form"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
)

// history is what the demo's team did before: seeds/leads.yaml.
type history struct {
	Leads []pastLead `yaml:"leads"`
}

// pastLead is a lead with what was done about it. Times are hours of work before
// the start, so that nothing happened at night or on a Sunday.
type pastLead struct {
	Company    string            `yaml:"company"`
	Contact    string            `yaml:"contact"`
	Website    string            `yaml:"website"`
	Owner      string            `yaml:"owner"`
	Assigned   float64           `yaml:"assigned"`
	Researched float64           `yaml:"researched"` // zero = not yet, and its clock runs
	Research   map[string]string `yaml:"research"`
	Score      *pastScore        `yaml:"score"`
	Handoff    *pastHandoff      `yaml:"handoff"`
}

type pastScore struct {
	Ago       float64           `yaml:"ago"`
	Pain      string            `yaml:"pain"`
	Confirmed map[string]string `yaml:"confirmed"` // criterion → evidence
	Heard     map[string]string `yaml:"heard"`
}

type pastHandoff struct {
	Ago      float64           `yaml:"ago"`
	AE       string            `yaml:"ae"`
	Answers  map[string]string `yaml:"answers"` // dates in days, instants in hours from when it was sent
	Accepted float64           `yaml:"accepted"`
	Declined *struct {
		Ago      float64 `yaml:"ago"`
		Reason   string  `yaml:"reason"`
		Coaching string  `yaml:"coaching"`
	} `yaml:"declined"`
}

// recall puts the history into a database that has no lead yet, by the same
// ways that people take, on a clock of that time. Only what is still to be done
// is shown in Slack. people turns a handle into a member ID.
func (f *features) recall(ctx context.Context, db *database.DB, people func(handle string) (string, error), now time.Time) error {
	raw, err := fs.ReadFile(sopbot.Seeds(), "leads.yaml")
	if err != nil {
		return err
	}
	var past history
	if err := yaml.UnmarshalWithOptions(raw, &past, yaml.Strict()); err != nil {
		return fmt.Errorf("seeds/leads.yaml: %w", err)
	}
	return db.Write(ctx, func(tx *database.Tx) error {
		var n int
		if _, err := tx.Row("SELECT count(*) FROM leads", nil, &n); err != nil || n > 0 {
			return err
		}
		for _, p := range past.Leads {
			if err := f.recallLead(tx, p, people, now); err != nil {
				return fmt.Errorf("seeds/leads.yaml: %s: %w", p.Company, err)
			}
		}
		return nil
	})
}

func (f *features) recallLead(tx *database.Tx, p pastLead, people func(string) (string, error), now time.Time) error {
	works := f.deadlines.Calendar("")
	ago := func(hours float64) time.Time {
		return works.Before(now, playbook.Span{Clock: time.Duration(hours * float64(time.Hour))})
	}
	owner, err := people(p.Owner)
	if err != nil {
		return err
	}
	assigned := f.leads.Past(ago(p.Assigned))
	of, created, err := assigned.Assign(tx, lead.New{Name: lead.Name{Company: p.Company, Contact: p.Contact}, Website: p.Website, Owner: owner}, owner, lead.FromImport)
	if err != nil {
		return err
	}
	if !created {
		return errors.New("it is there twice")
	}
	if len(p.Research) > 0 {
		facts := form.Answers{}
		for field, text := range p.Research {
			facts[field] = form.Value{Type: playbook.FieldLongText, Text: text}
		}
		if err := f.leads.Past(ago(p.Researched)).Learn(tx, of.ID, owner, lead.SourceResearch, facts); err != nil {
			return err
		}
	}
	if err := f.recallClock(tx, playbook.EventLeadAssigned, of.ID, "lead/"+of.ID, ago(p.Assigned), ago(p.Researched), owner, p.Researched > 0); err != nil {
		return err
	}
	if p.Score != nil {
		if err := f.recallScore(tx, of, owner, *p.Score, ago(p.Score.Ago)); err != nil {
			return err
		}
	}
	if p.Handoff != nil {
		return f.recallHandoff(tx, of, owner, *p.Handoff, people, ago)
	}
	if of, err = lead.ByID(tx, of.ID); err != nil {
		return err
	}
	return f.leads.Show(tx, of)
}

// recallClock starts the clocks of something that happened, and stops them where
// it was done by then.
func (f *features) recallClock(tx *database.Tx, event playbook.Event, of, subject string, at, done time.Time, by string, isDone bool) error {
	if err := f.startClocks(tx, lead.Event{ID: database.NewID(), At: at, Kind: string(event), Lead: of, Subject: subject}); err != nil || !isDone {
		return err
	}
	past := f.deadlines.Past(done, f.leads.Past(done).Posts)
	_, err := past.DoneFor(tx, subject, deadline.Match{Event: event}, by)
	return err
}

// recallScore fills in the framework in force; a criterion that it does not
// have is left out.
func (f *features) recallScore(tx *database.Tx, of lead.Lead, by string, p pastScore, at time.Time) error {
	b := f.handoffs.Shelf.InForce()
	page, err := qualification.Framework(b)
	if err != nil {
		return nil //nolint:nilerr // another playbook may have none
	}
	scores := form.Scores{Lead: form.Lead(of.ID, of.String()), MainPain: p.Pain, Criteria: map[string]form.Criterion{}}
	for _, c := range page.Framework.Criteria {
		scored := form.Criterion{Standing: form.Unknown}
		if note, ok := p.Heard[c.ID]; ok {
			scored = form.Criterion{Standing: form.Heard, Note: note}
		}
		if note, ok := p.Confirmed[c.ID]; ok {
			scored = form.Criterion{Standing: form.Confirmed, Note: note}
		}
		scores.Criteria[c.ID] = scored
	}
	_, err = f.qualifications.Import(tx, qualification.Revision{Key: "history/" + of.ID, Person: by, At: at, Framework: page.ID, Playbook: b.Version,
		Scores: scores, Result: form.Score(page.Framework, scores)})
	return err
}

// recallHandoff fills in the form in force; a field that it does not have is
// left out.
func (f *features) recallHandoff(tx *database.Tx, of lead.Lead, sender string, p pastHandoff, people func(string) (string, error), ago func(float64) time.Time) error {
	b := f.handoffs.Shelf.InForce()
	page, ok := b.Page(handoff.FormPage)
	if !ok || page.Form == nil {
		return nil
	}
	ae, err := people(p.AE)
	if err != nil {
		return err
	}
	on := handoff.Handoff{Key: "history/" + of.ID, Sender: sender, AE: ae, Sent: ago(p.Ago), Status: handoff.Waiting{}, Answers: form.Answers{}}
	for _, field := range page.Form.Fields {
		switch field.Type {
		case playbook.FieldLead:
			on.Answers[field.ID] = form.Lead(of.ID, of.String())
		case playbook.FieldUser:
			on.Answers[field.ID] = form.User(ae)
		default:
			text, ok := p.Answers[field.ID]
			if !ok {
				continue
			}
			value, err := pastAnswer(field, text, b.Settings, on.Sent)
			if err != nil {
				return fmt.Errorf("%s: %w", field.ID, err)
			}
			on.Answers[field.ID] = value
		}
	}
	switch {
	case p.Accepted > 0:
		on.Status = handoff.Accepted{By: ae, At: ago(p.Accepted)}
	case p.Declined != nil:
		coaching, err := handoff.ParseWords(p.Declined.Coaching)
		if err != nil {
			return err
		}
		reason := p.Declined.Reason
		if len(page.Form.Reasons) > 0 && !hasReason(page.Form.Reasons, reason) {
			reason = page.Form.Reasons[0].Value
		}
		on.Status = handoff.Declined{By: ae, At: ago(p.Declined.Ago), Reason: reason, Coaching: coaching}
	}
	on.Form, on.Playbook, on.Context = handoff.About(b, page)
	if err := f.handoffs.Import(tx, on); err != nil {
		return err
	}
	var id string
	if _, err := tx.Row("SELECT id FROM handoffs WHERE key = $1", []any{on.Key}, &id); err != nil {
		return err
	}
	decided, is := decidedAt(on.Status)
	return f.recallClock(tx, playbook.EventHandoffSent, of.ID, "handoff/"+id, on.Sent, decided, ae, is)
}

// decidedAt is when a handoff was decided, if it was.
func decidedAt(s handoff.Status) (at time.Time, is bool) {
	switch s := s.(type) {
	case handoff.Accepted:
		return s.At, true
	case handoff.Declined:
		return s.At, true
	}
	return at, false
}

func hasReason(reasons []playbook.Option, value string) bool {
	for _, r := range reasons {
		if r.Value == value {
			return true
		}
	}
	return false
}

// pastAnswer reads an answer of the history.
func pastAnswer(f playbook.Field, text string, s playbook.Settings, sent time.Time) (form.Value, error) {
	v := form.Value{Type: f.Type}
	switch f.Type {
	case playbook.FieldYesNo:
		v.Yes = text == "yes"
	case playbook.FieldMoney:
		m, err := form.ParseMoney(text, s.Currency)
		v.Money = m
		return v, err
	case playbook.FieldDate, playbook.FieldDateTime:
		n, err := strconv.Atoi(text)
		if err != nil {
			return v, err
		}
		if f.Type == playbook.FieldDateTime {
			v.Time = sent.Add(time.Duration(n) * time.Hour).Truncate(30 * time.Minute).UTC()
			return v, nil
		}
		v.Date, err = playbook.ParseDate(sent.AddDate(0, 0, n).Format("2006-01-02"))
		return v, err
	default:
		v.Text = text
	}
	return v, nil
}

// shown waits until what the history has left to do stands in Slack: cards that
// come while somebody types would be taken for answers.
func (d *demo) shown(ctx context.Context) {
	for ctx.Err() == nil {
		b, open := d.keeper.now(), 1
		if b == nil || b.db.Read(ctx, func(tx *database.Tx) error {
			_, err := tx.Row("SELECT count(*) FROM posts WHERE state IN ('queued', 'sending')", nil, &open)
			return err
		}) != nil || open == 0 {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Millisecond):
		}
	}
}
