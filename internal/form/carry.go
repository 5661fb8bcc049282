package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Drafts keeps what was typed in the steps of a form that is still open, where it
// does not fit into the view's metadata. Save replaces what the key holds. What a
// draft is no longer needed for, the caller may forget: after the submission is
// stored, or when days have gone by.
type Drafts interface {
	Save(key string, a Answers) error
	Load(key string) (Answers, error)
}

// ErrDraftGone says that the Drafts no longer hold what was typed in the earlier
// steps. Going on without it would be a silent loss.
var ErrDraftGone = errors.New("form: what was typed in the earlier steps is no longer kept")

// ErrNoDrafts says that a form is too long to be carried in metadata and the
// caller gave no place to keep it.
var ErrNoDrafts = errors.New("form: what was typed does not fit into the view, and there are no Drafts to keep it")

// Outcome is what a submission leads to: exactly one of Errors, Next and Answers
// is there.
type Outcome struct {
	Meta    Meta
	Errors  chat.FieldErrors        // sentences at the inputs; nothing else happens
	Next    *slack.ModalViewRequest // the next step
	Answers Answers                 // all of them, checked by the rules too; may be empty, never nil

	// Waiting is there beside Next where Next does not fit into an
	// acknowledgement (20 KB): acknowledge with an update to Waiting, then
	// put Next in its place by views.update. Should that fail, the person
	// submits Waiting, and is led to Next again.
	Waiting *slack.ModalViewRequest
}

// Submit judges a submitted view and says what comes next. The options are those
// that the form was opened with; Page must be of the version in the view's
// metadata (see Opened), and what is in the metadata comes from there: key, step,
// version, the caller's own, which fields were asked for.
//
// An error is a fault, not the person's: the metadata cannot be read, or the
// Drafts failed. The view should stay as it is then, so that nothing is lost.
func Submit(o Options, v chat.View, at time.Time) (Outcome, error) {
	m, err := Opened(v)
	if err != nil {
		return Outcome{}, err
	}
	o = o.resume(m)
	p := planOf(o.Page, m.Only)
	step, fields := p.at(m.Step)
	carried, err := o.carried(m)
	if err != nil {
		return Outcome{}, err
	}
	if m.Waiting {
		return o.next(p, m, step, carried)
	}
	n := now{at, o.zone()}
	answers, wrong := readFields(v, fields, o.Settings, n)
	keepUnknown(v, FieldsOf(o.Page), answers)
	all := maps.Clone(carried)
	for _, f := range fields {
		delete(all, f.ID)
	}
	maps.Copy(all, answers)
	last := step >= len(p.steps)-1
	said := fields
	if last {
		said = p.fields() // days may have gone by since an earlier step
	}
	for id, say := range broken(p.rules, all, n) {
		if _, bad := wrong[id]; !bad && hasField(said, id) {
			wrong[id] = say
		}
	}
	if last {
		for _, f := range p.fields() {
			if v, ok := all[f.ID]; f.Required && wrong[f.ID] == "" && (!ok || v.Raw) {
				wrong[f.ID] = needed(f)
			}
		}
	}
	if len(wrong) > 0 {
		return Outcome{Meta: m, Errors: land(v, said, wrong)}, nil
	}
	if last {
		return Outcome{Meta: m, Answers: all}, nil
	}
	return o.next(p, m, step+1, all)
}

// Earlier gives what was typed in the steps before the one that the view shows;
// never nil.
func Earlier(o Options, v chat.View) (Answers, error) {
	m, err := Opened(v)
	if err != nil {
		return nil, err
	}
	return o.carried(m)
}

// Back builds the step before the one that the view shows, for a click on the
// button of Options.BackAction. What stands in the view is kept, right or not.
func Back(o Options, v chat.View, at time.Time) (slack.ModalViewRequest, error) {
	m, err := Opened(v)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	o = o.resume(m)
	p := planOf(o.Page, m.Only)
	step, fields := p.at(m.Step)
	carried, err := o.carried(m)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	all := maps.Clone(carried)
	for _, f := range fields {
		delete(all, f.ID)
	}
	maps.Copy(all, Typed(v, o.Page, o.Settings, at, o.zone()))
	out, err := o.next(p, m, step-1, all)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	return *out.Next, nil
}

// resume takes over what the view remembers.
func (o Options) resume(m Meta) Options {
	o.Key, o.Version, o.Private, o.Only, o.Round, o.Step = m.Key, m.Version, m.Caller, m.Only, m.Round, m.Step
	o.ReadOnly = false
	return o
}

// carried is what the steps before hold; never nil.
func (o Options) carried(m Meta) (Answers, error) {
	out := Answers{}
	if m.Drafted {
		if o.Drafts == nil {
			return nil, ErrNoDrafts
		}
		saved, err := o.Drafts.Load(m.Key)
		if err != nil {
			return nil, fmt.Errorf("load what was typed in a form's earlier steps: %w", err)
		}
		if len(saved) == 0 { // Drafted is only set after something was saved
			return nil, ErrDraftGone
		}
		maps.Copy(out, saved)
	}
	maps.Copy(out, m.Carried)
	return out, nil
}

// next builds a step and sees that everything typed so far goes with it.
func (o Options) next(p plan, m Meta, step int, all Answers) (Outcome, error) {
	reached := max(m.Reached, step)
	// What was emptied on purpose must not be filled in again, so only steps
	// that were never shown start with what the caller knows.
	given := maps.Clone(all)
	for i := m.Reached + 1; i < len(p.steps); i++ {
		for _, f := range p.steps[i] {
			if v, known := o.Given[f.ID]; known {
				if _, typed := given[f.ID]; !typed {
					given[f.ID] = v
				}
			}
		}
	}
	o.Given, o.Step = given, step
	build := func(m Meta) (*slack.ModalViewRequest, error) {
		v, err := o.view(p, m)
		return &v, err
	}
	meta := Meta{Reached: reached, Carried: all}
	if len(all) == 0 {
		meta.Carried = nil
	}
	view, err := build(meta)
	if errors.Is(err, ErrTooLong) && o.Drafts != nil || err == nil && o.Drafts != nil && !fitsAcknowledgement(view) && len(all) > 0 {
		if err := o.Drafts.Save(m.Key, all); err != nil {
			return Outcome{}, fmt.Errorf("keep what was typed in a form's step: %w", err)
		}
		meta.Carried, meta.Drafted = nil, true
		view, err = build(meta)
	} else if errors.Is(err, ErrTooLong) {
		err = ErrNoDrafts
	}
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Meta: m, Next: view}
	if !fitsAcknowledgement(view) {
		waiting, err := o.waiting(view)
		if err != nil {
			return Outcome{}, err
		}
		out.Waiting = &waiting
	}
	return out, nil
}

// maxAcknowledgement is below the 20,480 bytes from which on Slack drops an
// acknowledgement without a word, by what stands around the view.
const maxAcknowledgement = 20_000

func fitsAcknowledgement(v *slack.ModalViewRequest) bool {
	raw, err := json.Marshal(v)
	return err == nil && len(raw) <= maxAcknowledgement
}

// waiting is a small view in the place of a large one that is on its way.
func (o Options) waiting(view *slack.ModalViewRequest) (slack.ModalViewRequest, error) {
	m, err := Opened(chat.View{Private: view.PrivateMetadata})
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	m.Waiting = true
	private, err := m.encode()
	if errors.Is(err, ErrTooLong) && o.Drafts != nil && !m.Drafted {
		if err := o.Drafts.Save(m.Key, m.Carried); err != nil {
			return slack.ModalViewRequest{}, fmt.Errorf("keep what was typed in a form's step: %w", err)
		}
		m.Carried, m.Drafted = nil, true
		private, err = m.encode()
	}
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	return chat.Modal(view.CallbackID, view.Title.Text, "Show it", "Cancel", private,
		chat.TextBlocks("_One moment: the next step is on its way._ What you typed is kept. If nothing comes, press *Show it*.")), nil
}

func hasField(fields []playbook.Field, id string) bool {
	for _, f := range fields {
		if f.ID == id {
			return true
		}
	}
	return false
}
