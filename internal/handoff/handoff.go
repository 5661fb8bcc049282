package handoff

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"sopbot/internal/form"
	"sopbot/internal/playbook"
)

// Status is how a handoff stands: Waiting, Asked, Accepted or Declined.
type Status interface{ status() string }

// Waiting is a handoff that the AE has not answered; the clock runs.
type Waiting struct{}

// Asked is one whose AE wants to know something first; the clock stands still
// until the SDR has answered.
type Asked struct{ Question Question }

// Accepted is one whose AE took the lead.
type Accepted struct {
	By string
	At time.Time
}

// Declined is one whose AE did not: with a reason, and words that help.
type Declined struct {
	By       string
	At       time.Time
	Reason   string // a value of the form's reasons; "" where the form has none
	Coaching Words
}

func (Waiting) status() string  { return "waiting" }
func (Asked) status() string    { return "asked" }
func (Accepted) status() string { return "accepted" }
func (Declined) status() string { return "declined" }

// Question is what an AE asked before deciding.
type Question struct {
	Number   int // counts a handoff's questions, from 1
	AskedBy  string
	AskedAt  time.Time
	Question Words
	Answer   *Answer // nil until it is answered
}

// Answer is what the SDR said to a question.
type Answer struct {
	By   string
	At   time.Time
	Text Words
}

// Words is something that one person tells another: never empty, and short
// enough for a card.
type Words struct{ text string }

// MostWords is how many letters Words may have.
const MostWords = 2000

// Errors of words.
var (
	ErrNoWords  = errors.New("handoff: there are no words")
	ErrTooMuch  = errors.New("handoff: too many words")
	ErrNoReason = errors.New("handoff: declining takes a reason")
)

// ParseWords is the only way to Words.
func ParseWords(text string) (Words, error) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return Words{}, ErrNoWords
	case n > MostWords:
		return Words{}, ErrTooMuch
	}
	return Words{text}, nil
}

// String gives the words as they were typed.
func (w Words) String() string { return w.text }

// Handoff is a lead on its way from its SDR to an AE.
type Handoff struct {
	ID       string
	Key      string // of the form that it was sent with
	Lead     string
	Sender   string // the SDR's member ID
	AE       string
	Turn     int // counts the AEs that it was given to, from 1
	Status   Status
	Sent     time.Time
	Form     string // id of the form's page
	Playbook string // version that it was sent with
	Answers  form.Answers
	Context  Context
	Asked    []Question // all that was asked, oldest first
}

// Context is what is shown beside the answers, as it was when it was sent.
type Context struct {
	Lead    string  `json:"lead"`   // what the lead is called
	Fields  []Field `json:"fields"` // the form's, in its order
	Score   *Score  `json:"score,omitempty"`
	Reasons []Field `json:"reasons,omitempty"` // to decline
}

// Field is a field of the form, or a reason to decline: its id and its label.
type Field struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Score is what the lead's scorecard said.
type Score struct {
	Words    string      `json:"words"` // "5 of 7"
	Pass     bool        `json:"pass"`
	Scored   bool        `json:"scored"` // false = nobody scored it: all is unknown
	Criteria []Criterion `json:"criteria"`
}

// Criterion is one line of a scorecard.
type Criterion struct {
	Label    string        `json:"label"`
	Standing form.Standing `json:"standing"`
	Note     string        `json:"note,omitempty"`
	Ask      string        `json:"ask,omitempty"` // the question that finds it out
}

// Errors of decisions.
var (
	ErrAnswered  = errors.New("handoff: it is decided already")
	ErrNotYours  = errors.New("handoff: only the AE or a manager may decide")
	ErrNotAsked  = errors.New("handoff: nothing is asked")
	ErrPending   = errors.New("handoff: a question waits for its answer")
	ErrSameAE    = errors.New("handoff: the AE has it already")
	ErrOwnSender = errors.New("handoff: the SDR who sends it cannot be its AE")
	ErrUnsure    = errors.New("handoff: whether it is a manager could not be checked")
)

// What stands in the way of handing a lead off.
var (
	ErrOpen    = errors.New("handoff: the lead has an open one")
	ErrTaken   = errors.New("handoff: an AE has the lead")
	ErrBounced = errors.New("handoff: the lead was declined too often")
)

// bounced is an ErrBounced that says how often, and who alone may hand the lead
// off now.
type bounced struct {
	declined int
	then     string // a role
}

func (b bounced) Error() string        { return ErrBounced.Error() }
func (b bounced) Is(target error) bool { return target == ErrBounced }

// By is somebody who acts on a handoff.
type By struct {
	Person  string
	Manager bool
	Unsure  bool // whether it is a manager could not be checked
}

// stranger is what somebody is told who is not the one that may.
func (b By) stranger() error {
	if b.Unsure {
		return ErrUnsure
	}
	return ErrNotYours
}

// Open reports whether the handoff still waits for a decision.
func (on Handoff) Open() bool {
	switch on.Status.(type) {
	case Accepted, Declined:
		return false
	}
	return true
}

// decidable says whether somebody may decide it now.
func (on Handoff) decidable(by By) error {
	switch {
	case !on.Open():
		return ErrAnswered
	case by.Person != on.AE && !by.Manager:
		return by.stranger()
	}
	return nil
}

// Accept takes the lead.
func (on Handoff) Accept(by By, at time.Time) (Handoff, error) {
	if err := on.decidable(by); err != nil {
		return on, err
	}
	on.Status = Accepted{by.Person, at}
	return on, nil
}

// Decline gives the lead back. Where the form lists reasons, one of them must
// be named.
func (on Handoff) Decline(by By, reason string, coaching Words, at time.Time) (Handoff, error) {
	if err := on.decidable(by); err != nil {
		return on, err
	}
	if coaching == (Words{}) {
		return on, ErrNoWords
	}
	if len(on.Context.Reasons) > 0 && on.Context.reason(reason) == "" {
		return on, ErrNoReason
	}
	on.Status = Declined{by.Person, at, reason, coaching}
	return on, nil
}

// Ask wants to know something first.
func (on Handoff) Ask(by By, question Words, at time.Time) (Handoff, error) {
	if err := on.decidable(by); err != nil {
		return on, err
	}
	if _, pending := on.Status.(Asked); pending {
		return on, ErrPending
	}
	if question == (Words{}) {
		return on, ErrNoWords
	}
	q := Question{Number: len(on.Asked) + 1, AskedBy: by.Person, AskedAt: at, Question: question}
	on.Asked = append(on.Asked[:len(on.Asked):len(on.Asked)], q)
	on.Status = Asked{q}
	return on, nil
}

// Reply answers the question that is open. Its sender may, or a manager.
func (on Handoff) Reply(by By, text Words, at time.Time) (Handoff, error) {
	asked, pending := on.Status.(Asked)
	switch {
	case !on.Open():
		return on, ErrAnswered
	case !pending:
		return on, ErrNotAsked
	case by.Person != on.Sender && !by.Manager:
		return on, by.stranger()
	case text == (Words{}):
		return on, ErrNoWords
	}
	asked.Question.Answer = &Answer{by.Person, at, text}
	on.Asked = append(on.Asked[:len(on.Asked)-1:len(on.Asked)-1], asked.Question)
	on.Status = Waiting{}
	return on, nil
}

// Reassign gives it to another AE.
func (on Handoff) Reassign(by By, ae string) (Handoff, error) {
	if err := on.decidable(by); err != nil {
		return on, err
	}
	switch ae {
	case on.AE:
		return on, ErrSameAE
	case on.Sender:
		return on, ErrOwnSender
	}
	on.AE, on.Turn = ae, on.Turn+1
	return on, nil
}

// comeback is what the playbook says of leads that were declined, and whether
// somebody has the role that alone hands off one that came back too often.
type comeback struct {
	playbook.Declines
	has bool
}

// maySend says whether a lead may be handed off, by its latest handoff (nil =
// none) and by how often it was declined.
func maySend(latest *Handoff, declined int, c comeback) error {
	if latest != nil {
		if latest.Open() {
			return ErrOpen
		}
		if _, taken := latest.Status.(Accepted); taken {
			return ErrTaken
		}
	}
	if c.Spent(declined) && !c.has {
		return bounced{declined, c.Then}
	}
	return nil
}

// reason is the label of a reason to decline.
func (c Context) reason(value string) string {
	for _, r := range c.Reasons {
		if r.ID == value {
			return r.Label
		}
	}
	return ""
}

// Unknown are the criteria of the scorecard that nobody has confirmed.
func (s *Score) Unknown() []Criterion {
	var out []Criterion
	if s == nil {
		return nil
	}
	for _, c := range s.Criteria {
		if c.Standing != form.Confirmed {
			out = append(out, c)
		}
	}
	return out
}
