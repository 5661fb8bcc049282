package handoff

import (
	"context"
	"errors"

	"sopbot/internal/database"
)

// A form whose answer was lost on the way is sent again, by Slack or by the
// person. What it did the first time is not done twice, nor is anybody told off
// for it.

// sentBefore finds the handoff that a form has become already: its answer was
// lost on the way, or it was delivered again.
func (h *Handoffs) sentBefore(ctx context.Context, key string) (old Handoff, sent bool, err error) {
	err = h.DB.Read(ctx, func(tx *database.Tx) error {
		old, err = byKey(tx, key)
		return err
	})
	if errors.Is(err, ErrGone) {
		return old, false, nil
	}
	return old, err == nil, err
}

// did says whether a handoff stands as the same form, sent before, left it.
func (h *Handoffs) did(ctx context.Context, id string, so func(Handoff) bool) bool {
	on, err := h.load(ctx, id)
	return err == nil && so(on)
}

// asked is a question of that person in these words as the last one.
func (on Handoff) asked(person string, question Words) bool {
	n := len(on.Asked)
	return n > 0 && on.Asked[n-1].AskedBy == person && on.Asked[n-1].Question == question
}

// answered is the last question with an answer of that person in these words.
func (on Handoff) answered(person string, text Words) bool {
	n := len(on.Asked)
	return n > 0 && on.Asked[n-1].Answer != nil && on.Asked[n-1].Answer.By == person && on.Asked[n-1].Answer.Text == text
}

// declined is a decline of that person for this reason and in these words.
func (on Handoff) declined(person, reason string, coaching Words) bool {
	s, is := on.Status.(Declined)
	return is && s.By == person && s.Reason == reason && s.Coaching == coaching
}
