package chat

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slack-go/slack"
)

// Router knows who answers what. Features register with it before the bot is
// connected; afterwards it only reads. Registering a name twice is a mistake
// of ours and panics at start.
type Router struct {
	commands    map[string]*commandEntry
	order       []*commandEntry
	clicks      map[string]func(context.Context, Click) error
	submissions map[string]func(context.Context, Submission) (Answer, error)
	closings    map[string]func(context.Context, Closing) error
	suggestions map[string]func(context.Context, Suggestion) ([]*slack.OptionBlockObject, error)
	shortcuts   map[string]*shortcutEntry
	scOrder     []*shortcutEntry
	mention     func(context.Context, Mention) error
	sent        func(context.Context, Submission) error
}

// CommandHelp describes a slash command for help and for the app's manifest.
type CommandHelp struct {
	Name     string    // "/sop"
	Does     string    // one sentence
	Usage    string    // hint behind the command while typing: "[what you need]"
	Examples []Example // for help
}

// Example is a command as somebody would type it, and what it gives.
type Example struct {
	Typed string
	Gives string
}

// ShortcutHelp describes a shortcut for the app's manifest.
type ShortcutHelp struct {
	Callback string
	Name     string // at most 24 letters
	Does     string // at most 150 letters
	Message  bool   // in a message's menu; otherwise global
}

type commandEntry struct {
	CommandHelp
	run func(context.Context, Command) (Message, error)
}

type shortcutEntry struct {
	ShortcutHelp
	run func(context.Context, Shortcut) error
}

// NewRouter makes an empty router.
func NewRouter() *Router {
	return &Router{
		commands:    map[string]*commandEntry{},
		clicks:      map[string]func(context.Context, Click) error{},
		submissions: map[string]func(context.Context, Submission) (Answer, error){},
		closings:    map[string]func(context.Context, Closing) error{},
		suggestions: map[string]func(context.Context, Suggestion) ([]*slack.OptionBlockObject, error){},
		shortcuts:   map[string]*shortcutEntry{},
	}
}

func taken(what, name string) { panic(fmt.Sprintf("chat: %s %q is registered twice", what, name)) }

// OnCommand registers a slash command. Its message travels in the
// acknowledgement, which Slack awaits for 3 seconds.
func (r *Router) OnCommand(help CommandHelp, run func(context.Context, Command) (Message, error)) {
	if r.commands[help.Name] != nil {
		taken("command", help.Name)
	}
	e := &commandEntry{help, run}
	r.commands[help.Name] = e
	r.order = append(r.order, e)
}

// OnClick registers the actions of that id, and of ids that continue it with
// a colon: "sop.view" answers "sop.view:3" too, because Slack wants the ids
// within one block to differ.
func (r *Router) OnClick(action string, run func(context.Context, Click) error) {
	if r.clicks[action] != nil {
		taken("click", action)
	}
	r.clicks[action] = run
}

// OnSubmission registers the modals of that callback id.
func (r *Router) OnSubmission(callback string, run func(context.Context, Submission) (Answer, error)) {
	if r.submissions[callback] != nil {
		taken("submission", callback)
	}
	r.submissions[callback] = run
}

// AfterSubmission registers who is told of each modal that was sent and went
// through, once Slack knows that it did: what lies beneath may show something else
// now.
func (r *Router) AfterSubmission(run func(context.Context, Submission) error) {
	if r.sent != nil {
		taken("after submission", "")
	}
	r.sent = run
}

// OnClosing registers what happens when a modal is closed without submitting.
func (r *Router) OnClosing(callback string, run func(context.Context, Closing) error) {
	if r.closings[callback] != nil {
		taken("closing", callback)
	}
	r.closings[callback] = run
}

// OnSuggestion registers who gives the options of a select while typing.
func (r *Router) OnSuggestion(action string, run func(context.Context, Suggestion) ([]*slack.OptionBlockObject, error)) {
	if r.suggestions[action] != nil {
		taken("suggestion", action)
	}
	r.suggestions[action] = run
}

// OnShortcut registers a global or message shortcut.
func (r *Router) OnShortcut(help ShortcutHelp, run func(context.Context, Shortcut) error) {
	if r.shortcuts[help.Callback] != nil {
		taken("shortcut", help.Callback)
	}
	e := &shortcutEntry{help, run}
	r.shortcuts[help.Callback] = e
	r.scOrder = append(r.scOrder, e)
}

// OnMention registers who answers when the bot is addressed in a channel or a
// direct message.
func (r *Router) OnMention(run func(context.Context, Mention) error) {
	if r.mention != nil {
		taken("mention", "")
	}
	r.mention = run
}

// Commands lists the registered commands in the order of registration.
func (r *Router) Commands() []CommandHelp {
	out := make([]CommandHelp, 0, len(r.order))
	for _, e := range r.order {
		out = append(out, e.CommandHelp)
	}
	return out
}

// Shortcuts lists the registered shortcuts in the order of registration.
func (r *Router) Shortcuts() []ShortcutHelp {
	out := make([]ShortcutHelp, 0, len(r.scOrder))
	for _, e := range r.scOrder {
		out = append(out, e.ShortcutHelp)
	}
	return out
}

// Gestures names everything that is registered but mentions: "command /sop",
// "click sop.view", "submission …", "suggestion …", "shortcut …", sorted. It is
// for whoever has to look at each of them.
func (r *Router) Gestures() []string {
	var out []string
	for _, names := range []struct {
		kind string
		all  []string
	}{
		{"command", slices.Collect(maps.Keys(r.commands))}, {"click", slices.Collect(maps.Keys(r.clicks))}, {"submission", slices.Collect(maps.Keys(r.submissions))},
		{"suggestion", slices.Collect(maps.Keys(r.suggestions))}, {"shortcut", slices.Collect(maps.Keys(r.shortcuts))},
	} {
		for _, name := range names.all {
			out = append(out, names.kind+" "+name)
		}
	}
	slices.Sort(out)
	return out
}

// Mentions reports whether anybody answers mentions and direct messages.
func (r *Router) Mentions() bool { return r.mention != nil }

// Command runs a slash command.
func (r *Router) Command(ctx context.Context, c Command) (Message, error) {
	e := r.commands[c.Name]
	if e == nil {
		var names []string
		for _, e := range r.order {
			names = append(names, e.Name)
		}
		return Message{}, Refuse("sopbot does not know the command %s. It knows %s.", EscapeInline(Shorten(c.Name, 40)), strings.Join(names, ", "))
	}
	return e.run(ctx, c)
}

// Click runs a click.
func (r *Router) Click(ctx context.Context, c Click) error {
	action, _, _ := strings.Cut(c.Action, ":")
	run := r.clicks[action]
	if run == nil {
		// Links open by themselves; Slack tells of them all the same.
		if action == "" || strings.HasPrefix(action, "link") {
			return nil
		}
		return Refuse("This button belongs to another version of sopbot and does nothing any more. Ask again to get a fresh one.")
	}
	return run(ctx, c)
}

// Submission runs a submitted modal.
func (r *Router) Submission(ctx context.Context, s Submission) (Answer, error) {
	run := r.submissions[s.View.Callback]
	if run == nil {
		return Answer{}, Refuse("This form belongs to another version of sopbot and cannot be sent any more. Please open it anew; copy what you typed first.")
	}
	return run(ctx, s)
}

// Submitted tells whoever wants to know of a modal that went through.
func (r *Router) Submitted(ctx context.Context, s Submission) error {
	if r.sent == nil {
		return nil
	}
	return r.sent(ctx, s)
}

// Closing runs the closing of a modal; nobody has to care.
func (r *Router) Closing(ctx context.Context, c Closing) error {
	if run := r.closings[c.View.Callback]; run != nil {
		return run(ctx, c)
	}
	return nil
}

// Suggestion gives the options for what was typed so far, at most 100.
func (r *Router) Suggestion(ctx context.Context, s Suggestion) ([]*slack.OptionBlockObject, error) {
	action, _, _ := strings.Cut(s.Action, ":")
	run := r.suggestions[action]
	if run == nil {
		return nil, nil
	}
	options, err := run(ctx, s)
	return slices.Clip(options[:min(len(options), 100)]), err
}

// Shortcut runs a shortcut.
func (r *Router) Shortcut(ctx context.Context, s Shortcut) error {
	e := r.shortcuts[s.Callback]
	if e == nil {
		return Refuse("This shortcut belongs to another version of sopbot.")
	}
	return e.run(ctx, s)
}

// Mention runs a mention or direct message.
func (r *Router) Mention(ctx context.Context, m Mention) error {
	if r.mention == nil {
		return nil
	}
	return r.mention(ctx, m)
}
