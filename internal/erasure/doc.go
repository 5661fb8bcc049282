// Package erasure forgets: a lead, its contact or a member of the team when
// they ask to be forgotten, and what is older than the playbook wants it kept.
//
// A request ([Eraser]) goes through everything in one transaction: what was
// written is erased, what counts goes on counting under a pseudonym, messages
// in Slack are changed by the outbox. What a feature keeps in its tables it
// forgets itself (its forget.go); what is left of a name or an ID anywhere else
// is found by its spelling, in every text of every table (names.go). The audit
// trail says that something was erased, when and by whom, and not what.
//
// Retention ([Keeper], retention.go) runs once a day as a row of the outbox, in
// small batches, and never touches what is still worked on.
package erasure
