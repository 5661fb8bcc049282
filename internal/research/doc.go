// Package research is an assigned lead's homework: what the rep finds out about
// the company and the contact before the first call, by the playbook's form
// `research`. What was found travels into the scorecard and the handoff.
//
// Read on: chat.go what people click (start at Register), view.go what they
// see.
package research
