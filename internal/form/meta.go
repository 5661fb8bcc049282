package form

import (
	"encoding/json"
	"errors"
	"fmt"

	"sopbot/internal/chat"
)

// Meta is what an open modal remembers, in its private_metadata.
type Meta struct {
	Version string // of the playbook that the form was opened with
	Page    string // id of the page
	Key     string // made when the form was opened: the same for every submission and every step of it
	Step    int    // which step is shown, from 0
	Reached int    // the furthest step that was shown
	Round   int    // how often the inputs were filled in anew: see Options.Round
	Only    []string
	Caller  string // the caller's own, as given in Options.Private

	Carried Answers // what earlier steps hold, if it fits
	Drafted bool    // it did not fit: it lies in the Drafts, under Key
	Waiting bool    // the view only stands in for its step: see Outcome.Waiting
}

// wireMeta is Meta with short keys: Slack gives it 3,000 characters.
type wireMeta struct {
	Version string   `json:"v,omitempty"`
	Page    string   `json:"p,omitempty"`
	Key     string   `json:"k,omitempty"`
	Step    int      `json:"s,omitempty"`
	Reached int      `json:"f,omitempty"`
	Round   int      `json:"r,omitempty"`
	Only    []string `json:"o,omitempty"`
	Caller  string   `json:"c,omitempty"`
	Carried Answers  `json:"a,omitempty"`
	Drafted bool     `json:"d,omitempty"`
	Waiting bool     `json:"w,omitempty"`
}

const maxMetadata = 3000

var (
	// ErrTooLong says that the caller's own metadata leaves no room in a view.
	ErrTooLong = errors.New("form: the metadata is longer than the 3,000 characters that Slack takes")
	// ErrNotOurs says that a view was not made by this package, or by a version
	// of it that is long gone.
	ErrNotOurs = errors.New("form: the view has no metadata of a form")
)

// foreign is ErrNotOurs for the person who sent the form.
const foreign = chat.Refusal("This form belongs to another version of sopbot and cannot be sent any more. Please open it anew; copy what you typed first.")

// Foreign is the error of a form whose caller does not know its own metadata
// again: the person is told to open it anew.
func Foreign(err error) error { return fmt.Errorf("%w (%w: %w)", foreign, ErrNotOurs, err) }

func (m Meta) encode() (string, error) {
	raw, err := json.Marshal(wireMeta(m))
	if err != nil {
		return "", fmt.Errorf("write the metadata of a form: %w", err)
	}
	if length(string(raw)) > maxMetadata {
		return "", ErrTooLong
	}
	return string(raw), nil
}

// Opened reads what the view remembers. Keys of a newer version are passed over.
func Opened(v chat.View) (Meta, error) {
	var w wireMeta
	if err := json.Unmarshal([]byte(v.Private), &w); err != nil {
		return Meta{}, Foreign(err)
	}
	if w.Key == "" {
		return Meta{}, fmt.Errorf("%w (%w)", foreign, ErrNotOurs)
	}
	w.Step, w.Round = max(w.Step, 0), max(w.Round, 0)
	w.Reached = max(w.Reached, w.Step)
	return Meta(w), nil
}

// length counts as Slack's limits are counted in this program: in UTF-16 units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
