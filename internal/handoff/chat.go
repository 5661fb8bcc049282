package handoff

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionLead     = "handoff.lead" // the select of a lead, and what it offers
	actionBack     = "handoff.back"
	actionAccept   = "handoff.accept"
	actionAsk      = "handoff.ask"
	actionAnswer   = "handoff.answer"
	actionDecline  = "handoff.decline"
	actionReassign = "handoff.reassign"
	actionRead     = "handoff.read"
	actionTurn     = "handoff.turn"

	callbackForm     = "handoff"
	callbackAsk      = "handoff.ask"
	callbackAnswer   = "handoff.answer"
	callbackDecline  = "handoff.decline"
	callbackReassign = "handoff.reassign"

	shortcutForm = "handoff"

	// FormPage is the id of the playbook's form for handoffs. Its fields lead
	// and ae are the bot's, all others the company's.
	FormPage  = "handoff"
	fieldLead = "lead"
	fieldAE   = "ae"
)

// Handoffs passes leads on. Its fields are set before the bot serves.
type Handoffs struct {
	DB     *database.DB
	Roster *roster.Roster
	Leads  *lead.Leads
	Posts  lead.Posts
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// Scored gives a lead's scorecard; nil where it was never scored.
	Scored func(tx *database.Tx, lead string) (*Score, error)
	// OnAccepted, if set, is told of an accepted handoff, in its transaction.
	OnAccepted func(tx *database.Tx, h Handoff) error
}

// Register is the table of contents: what people may type and click.
func (h *Handoffs) Register(r *chat.Router) {
	r.OnCommand(chat.CommandHelp{
		Name: "/handoff", Does: "hands a lead over to an AE", Usage: "[lead] or list",
		Examples: []chat.Example{
			{Typed: "/handoff", Gives: "the form, filled in with what is known"},
			{Typed: "/handoff northwind", Gives: "the form for that lead"},
			{Typed: "/handoff list", Gives: "what waits for you, or for an answer to you"},
		},
	}, h.command)
	r.OnShortcut(chat.ShortcutHelp{Callback: shortcutForm, Name: "Hand off a lead", Does: "Hands a qualified lead over to an AE"}, h.shortcut)
	r.OnSuggestion(actionLead, h.Leads.Suggest)
	r.OnClick(actionLead, h.picked)
	r.OnClick(actionBack, h.back)
	r.OnClick(actionAccept, h.accept)
	r.OnClick(actionAsk, h.openAsk)
	r.OnClick(actionAnswer, h.openAnswer)
	r.OnClick(actionDecline, h.openDecline)
	r.OnClick(actionReassign, h.openReassign)
	r.OnClick(actionRead, h.read)
	r.OnClick(actionTurn, h.turn)
	r.OnSubmission(callbackForm, h.submit)
	r.OnSubmission(callbackAsk, h.ask)
	r.OnSubmission(callbackAnswer, h.answer)
	r.OnSubmission(callbackDecline, h.decline)
	r.OnSubmission(callbackReassign, h.reassign)
}

// StepName is the step that hands a lead off: see [lead.Step].
const StepName = "handoff"

// Step is the button that hands a lead off.
func (h *Handoffs) Step() lead.Step {
	return lead.Step{Name: StepName, Label: "Hand off", Early: true, Run: func(ctx context.Context, c chat.Click, id string) error {
		if err := h.admitSender(ctx, c.Person); err != nil {
			return err
		}
		answer := form.Lead(id, "")
		if said, err := h.hindrance(ctx, c.Person, h.Shelf.InForce(), answer); err != nil {
			return err
		} else if said != "" {
			return chat.Refusal(said)
		}
		return h.open(ctx, c.Person, lead.Start{Of: answer, Show: h.Leads.ByClick(ctx, c)})
	}}
}

// admitSender lets whoever may hand leads off: SDRs, managers, and whoever
// decides about those that came back too often.
func (h *Handoffs) admitSender(ctx context.Context, person string) error {
	who := []roster.Role{roster.SDR, roster.Manager}
	if then := roster.Role(Declines(h.Shelf.InForce()).Then); !slices.Contains(who, then) {
		who = append(who, then)
	}
	return h.Roster.Admit(ctx, person, "hand leads off", who...)
}

func (h *Handoffs) command(ctx context.Context, c chat.Command) (chat.Message, error) {
	words := strings.TrimSpace(chat.Unescape(c.Text))
	switch strings.ToLower(words) {
	case "help", "?":
		return chat.Say("`/handoff` opens the form · `/handoff LEAD` opens it for that lead · `/handoff list` shows what waits for you"), nil
	case "list", "open", "waiting":
		return h.list(ctx, c.Person)
	}
	if err := h.admitSender(ctx, c.Person); err != nil {
		return chat.Message{}, err
	}
	answer, note, err := h.Leads.Meant(ctx, c.Person, words)
	if err != nil {
		return chat.Message{}, err
	}
	if said, err := h.hindrance(ctx, c.Person, h.Shelf.InForce(), answer); err != nil || said != "" {
		return chat.Say(said), err
	}
	return chat.Message{}, h.open(ctx, c.Person, lead.Start{Of: answer, Note: note, Show: h.Leads.ByCommand(ctx, c.Trigger)})
}

func (h *Handoffs) shortcut(ctx context.Context, s chat.Shortcut) error {
	if err := h.admitSender(ctx, s.Person); err != nil {
		return err
	}
	return h.open(ctx, s.Person, lead.Start{From: lead.FromShortcut, Show: h.Leads.ByCommand(ctx, s.Trigger)})
}

// listed is how many handoffs one message shows.
const listed = 10

func (h *Handoffs) list(ctx context.Context, person string) (chat.Message, error) {
	if err := h.Roster.Admit(ctx, person, "see handoffs", roster.SDR, roster.AE, roster.Manager); err != nil {
		return chat.Message{}, err
	}
	var open []Handoff
	var n int
	if err := h.DB.Read(ctx, func(tx *database.Tx) (err error) {
		if open, err = openFor(tx, person, listed); err != nil {
			return err
		}
		n, err = countOpenFor(tx, person)
		return err
	}); err != nil {
		return chat.Message{}, err
	}
	return h.listMessage(open, n, person), nil
}
