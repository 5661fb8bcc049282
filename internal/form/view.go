package form

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/playbook"
)

// Options say what modal to build. A zero field has its usual meaning.
type Options struct {
	Page     *playbook.Page // a form, or a stage whose data is to be captured
	Version  string         // of the playbook the page is from
	Settings playbook.Settings
	Zone     *time.Location // the person's; nil = the playbook's

	Callback string // callback_id
	Title    string // "" = the page's
	Submit   string // "" = the form's own, or "Submit"
	Close    string // "" = "Cancel"
	Private  string // the caller's own metadata, given back in Meta.Caller
	Key      string // "" = a new one is made

	Given  Answers       // what the inputs start with
	Only   []string      // ids of the fields to ask for; empty = all
	Step   int           // which step to show; Submit goes on by itself
	Before []slack.Block // stands above the first step's inputs

	// LeadAction is the action_id of the select for leads, which the caller
	// answers with suggestions ("" = "lead"). With LeadTells, picking a lead
	// is also a Click with that action.
	LeadAction string
	LeadTells  bool
	// BackAction is the action_id of a button that leads to the step before:
	// see Back. Without it there is no such button.
	BackAction string

	// Round counts how often an open view has been filled in anew. Slack keeps
	// what stands in an input whose action_id stays the same; another round
	// lets Given appear.
	Round int
	// ReadOnly shows the answers as text, without inputs.
	ReadOnly bool
	// Drafts holds what does not fit into the metadata. See carry.go.
	Drafts Drafts
}

// ErrNoFields says that the page asks for nothing.
var ErrNoFields = errors.New("form: the page has no fields to ask for")

const (
	maxBlocks = 100
	// maxBefore leaves room for the inputs of any step.
	maxBefore = maxBlocks - scorecardAStep - 5
	// laterSteps is what the metadata of a later step is longer by.
	laterSteps = 60
)

// Block is the block_id of a field's input: where a sentence about the field is
// shown.
func Block(field string) string { return blockID("f:", field) }

// NewLeadBlock is the block_id of the input for a new lead's name.
func NewLeadBlock(field string) string { return blockID("new:", field) }

const maxBlockID = 255

func blockID(prefix, field string) string {
	if length(prefix+field) > maxBlockID {
		// Ids that long are told apart by their checksum.
		return prefix + checksum(field)
	}
	return prefix + field
}

// View builds the modal of a form page, or one step of it. It fails where the
// page asks for nothing, and where the caller's metadata is too long.
func View(o Options) (slack.ModalViewRequest, error) {
	p := planOf(o.Page, o.Only)
	v, err := o.view(p, Meta{Reached: o.Step})
	if err == nil && len(p.steps) > 1 && length(v.PrivateMetadata) > maxMetadata-laterSteps {
		// It would fail in a later step, with the first one filled in.
		return slack.ModalViewRequest{}, ErrTooLong
	}
	return v, err
}

// view builds a step; m brings what earlier steps hold.
func (o Options) view(p plan, m Meta) (slack.ModalViewRequest, error) {
	switch {
	case len(p.steps) > 0:
	case len(o.Only) > 0 && len(planOf(o.Page, nil).steps) > 0: // the page asks for something, and for none of these
		return slack.ModalViewRequest{}, Foreign(ErrNoFields)
	default:
		return slack.ModalViewRequest{}, ErrNoFields
	}
	if o.ReadOnly {
		return o.readOnly(p)
	}
	if o.Key == "" {
		o.Key = rand.Text()
	}
	step, fields := p.at(o.Step)
	m.Version, m.Page, m.Key, m.Step, m.Round, m.Only, m.Caller = o.Version, o.Page.ID, o.Key, step, max(o.Round, 0), o.Only, o.Private
	m.Reached = max(m.Reached, step)
	private, err := m.encode()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}

	var blocks []slack.Block
	if step == 0 {
		blocks = append(blocks, o.above()...)
	}
	if len(p.steps) > 1 {
		blocks = append(blocks, chat.Context(fmt.Sprintf("Step %d of %d", step+1, len(p.steps))))
		if step > 0 && o.BackAction != "" {
			blocks = append(blocks, chat.Actions(chat.Button(o.BackAction, "", "← Back")))
		}
	}
	for _, f := range fields {
		blocks = append(blocks, o.inputs(f)...)
	}
	submit := o.Submit
	if submit == "" && o.Page.Form != nil {
		submit = o.Page.Form.Submit
	}
	if submit == "" {
		submit = "Submit"
	}
	if step < len(p.steps)-1 {
		submit = "Next"
	}
	title, closing := o.Title, o.Close
	if title == "" {
		title = o.Page.Title
	}
	if closing == "" {
		closing = "Cancel"
	}
	return chat.Modal(o.Callback, title, submit, closing, private, blocks), nil
}

// above is Before, without the nil ones, and never so long that an input would
// not fit below.
func (o Options) above() []slack.Block {
	before := slices.DeleteFunc(slices.Clone(o.Before), func(b slack.Block) bool { return b == nil })
	if len(before) > maxBefore {
		before = append(before[:maxBefore-1:maxBefore-1], chat.Context("_… and more that does not fit here_"))
	}
	return before
}

// readOnly lists the answers of all steps.
func (o Options) readOnly(p plan) (slack.ModalViewRequest, error) {
	var text strings.Builder
	for _, f := range p.fields() {
		words := "_left empty_"
		if v, ok := o.Given[f.ID]; ok && v.Show(o.zone()) != "" {
			words = v.Mrkdwn(o.zone())
		}
		fmt.Fprintf(&text, "*%s*\n%s\n\n", chat.EscapeInline(f.Label), words)
	}
	title := o.Title
	if title == "" {
		title = o.Page.Title
	}
	closing := o.Close
	if closing == "" {
		closing = "Close"
	}
	private, err := Meta{Version: o.Version, Page: o.Page.ID, Key: o.Key, Caller: o.Private}.encode()
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	return chat.Modal(o.Callback, title, "", closing, private, append(o.above(), chat.TextBlocks(text.String())...)), nil
}

func (o Options) zone() *time.Location { return zoneOf(o.Zone, o.Settings) }

// zoneOf is the person's zone, or else the playbook's.
func zoneOf(person *time.Location, s playbook.Settings) *time.Location {
	switch {
	case person != nil:
		return person
	case s.Timezone != nil:
		return s.Timezone
	}
	return time.UTC
}
