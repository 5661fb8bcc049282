package handoff

import (
	"time"

	"sopbot/internal/database"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
)

// Import puts in a handoff of the past: as it was sent at on.Sent, and then as
// it stands. One that is open is shown to everyone whom it concerns.
func (h *Handoffs) Import(tx *database.Tx, on Handoff) error {
	past := h.past(on.Sent)
	sent := on
	sent.ID, sent.Turn, sent.Status, sent.Asked = database.NewID(), 1, Waiting{}, nil
	sent, _, err := past.send(tx, sent, comeback{has: true}, lead.FromImport) // what happened was let
	if err != nil {
		return err
	}
	var after Handoff
	var kind, by string
	var at time.Time
	switch s := on.Status.(type) {
	case Accepted:
		kind, by, at = string(playbook.EventHandoffAccepted), s.By, s.At
		after, err = sent.Accept(By{Person: s.By}, s.At)
	case Declined:
		kind, by, at = "handoff.declined", s.By, s.At
		after, err = sent.Decline(By{Person: s.By}, s.Reason, s.Coaching, s.At)
	default:
		return h.post(tx, sent)
	}
	if err != nil {
		return err
	}
	return h.past(at).put(tx, sent, after, change{person: by, kind: kind, from: lead.FromImport})
}

// past is a Handoffs at a moment that is over, without a voice.
func (h *Handoffs) past(at time.Time) *Handoffs {
	past := *h
	past.Leads = h.Leads.Past(at)
	past.Now, past.Posts = past.Leads.Now, past.Leads.Posts
	return &past
}
