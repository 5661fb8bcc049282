package chat

import (
	"context"
	"time"

	"github.com/slack-go/slack"
)

// Origin is what every gesture of a person has in common.
type Origin struct {
	Team     string // T…
	Person   string // U… or W…
	Channel  string // C…, G… or D…; "" where there is none (App Home, global shortcuts)
	Trigger  string // opens one modal within 3 seconds of the gesture; "" for events
	Response string // response URL: 5 messages within 30 minutes; "" where there is none
	Received time.Time
}

// Command is a slash command. Text is what stands after it, as typed.
type Command struct {
	Origin
	Name string // with its slash: "/sop"
	Text string
}

// Click is one action on a block: a button, an overflow menu, a select.
type Click struct {
	Origin
	Action  string // action_id
	Block   string // block_id
	Value   string // the button's value, or the chosen option's
	Values  []string
	At      string // action_ts: with the action and the person it names the click
	Message Place  // the message it was clicked in; zero in a view
	View    *View  // the view it was clicked in; nil in a message

	acknowledge func()
}

// NewClick makes a click that acknowledges itself by that func.
func NewClick(c Click, acknowledge func()) Click {
	c.acknowledge = acknowledge
	return c
}

// Acknowledge tells Slack at once that the click arrived. The gateway does it
// when the handler returns; a handler that goes on to talk to Slack does it
// as soon as what the click means is stored.
func (c Click) Acknowledge() {
	if c.acknowledge != nil {
		c.acknowledge()
	}
}

// Place is where a message stands.
type Place struct {
	Channel   string
	TS        string // the message's timestamp, which is its id in the channel
	Thread    string // the thread's timestamp, or ""
	Ephemeral bool   // only one person sees it; it can be changed by response URL alone
}

// View is a modal or Home tab as the person saw it.
type View struct {
	ID       string // V…
	Root     string // the first view of its stack
	Callback string
	Hash     string // to refuse an update of what has changed meanwhile
	Private  string // private_metadata, as the bot put it there
	State    State
}

// State is what was filled in, by block_id and action_id.
type State map[string]map[string]Entry

// Entry is one filled-in input. Which fields are set depends on the element.
type Entry struct {
	Type    string
	Value   string   // text, number, date, time, one person or the one chosen option's value
	Values  []string // several chosen options or people
	Options []string // labels of the chosen options
}

// Text is the value of the input in that block, whatever its action_id.
func (s State) Text(block string) string {
	for _, e := range s[block] {
		return e.Value
	}
	return ""
}

// Submission is a submitted modal.
type Submission struct {
	Origin
	View View
}

// Closing is a modal that was closed without submitting; Slack tells of it
// only where the view asked for it.
type Closing struct {
	Origin
	View    View
	Cleared bool // the whole stack was closed
}

// Suggestion asks for the options of a select while somebody types.
type Suggestion struct {
	Origin
	Action string
	Typed  string
	View   *View
}

// Shortcut is a global or message shortcut.
type Shortcut struct {
	Origin
	Callback string
	Message  Place  // zero for a global shortcut
	Text     string // the message's text, as Slack writes it
}

// Mention is a message addressed to the bot: in a channel by its name, or in
// a direct message.
type Mention struct {
	Origin
	Event  string // event_id: the same for every delivery of the same message
	Text   string // without the bot's own mention
	Direct bool
	Place  Place // of the message
}

// Thread is where an answer to the mention belongs: the message's thread, or
// a new one under it.
func (m Mention) Thread() string {
	if m.Place.Thread != "" {
		return m.Place.Thread
	}
	return m.Place.TS
}

// Message is something the bot says.
type Message struct {
	// Text is the whole message for screen readers and notifications; Slack
	// shows the blocks instead where there are any.
	Text   string
	Blocks []slack.Block
	// InChannel shows it to everybody in the channel; otherwise only to the
	// person who asked. Only for answers to a command or by response URL.
	InChannel bool
	// Replace puts it in the place of the message that was clicked. Only by
	// response URL.
	Replace bool
	// Delete takes the clicked message away. Only by response URL.
	Delete bool
	// Thread puts it into that thread.
	Thread string
}

// Say makes a message of text alone, in Slack's mrkdwn.
func Say(mrkdwn string) Message { return Message{Text: mrkdwn} }

// File is something that the bot gives somebody to keep.
type File struct {
	Name  string // with its ending: "block.ics"
	Title string
	Data  []byte // never empty
}

// Answer is what happens to a modal that was submitted. The zero Answer
// closes it.
type Answer struct {
	Errors FieldErrors             // shown at their inputs; nothing else happens
	Update *slack.ModalViewRequest // takes the view's place
	Push   *slack.ModalViewRequest // goes on top of it
	// Meanwhile stands in for an Update that does not fit the acknowledgement,
	// until that has taken its place; without it, a few words do.
	Meanwhile *slack.ModalViewRequest
	Clear     bool // closes the whole stack
}

// Slack is what a handler may do at once, while somebody waits: open a modal,
// or answer by a response URL. The gateway is it.
type Slack interface {
	// OpenView opens a modal; the trigger lives 3 seconds and opens one.
	OpenView(ctx context.Context, trigger string, view slack.ModalViewRequest) error
	// PushView puts a modal on top of the one the trigger comes from; a stack
	// holds three.
	PushView(ctx context.Context, trigger string, view slack.ModalViewRequest) error
	// UpdateView puts another view in the place of an open one; with a hash
	// only if it has not changed since.
	UpdateView(ctx context.Context, id, hash string, view slack.ModalViewRequest) error
	// Respond answers by a response URL.
	Respond(ctx context.Context, url string, m Message) error
	// Post says something in a channel, or to a person (U…). It gives the
	// message's timestamp.
	Post(ctx context.Context, channel string, m Message) (ts string, err error)
}

// Show opens a modal by a click, on top of the one that was clicked in.
func Show(ctx context.Context, s Slack, c Click, view slack.ModalViewRequest) error {
	if c.View == nil {
		return s.OpenView(ctx, c.Trigger, view)
	}
	return s.PushView(ctx, c.Trigger, view)
}
