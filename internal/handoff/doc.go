// Package handoff passes a lead from the rep who found it (the SDR) to the rep
// who will close it (the AE). The form, its rules and the reasons to decline are
// the playbook's. Until the AE answers, it waits; asking a question stops the
// clock until the SDR has answered it. Accepting and declining are final. A
// declined lead comes back to the SDR with the reason; when that happened twice,
// a manager decides what becomes of it.
//
// A handoff is shown in several places: the AE's and the SDR's direct messages
// and the channel for handoffs. Every change brings all of them up to date, in
// the transaction of the change.
//
// Read on: handoff.go is the rules, chat.go what people type and click (start at
// Register), decide.go what the AE does, view.go and card.go what they see,
// store.go the SQL.
package handoff
