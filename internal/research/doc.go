// Package research is an assigned lead's homework: what the rep finds out about
// the company and the contact before the first call, by the playbook's form
// `research`. What was found travels into the scorecard and the handoff.
//
// Every working morning each rep with research that is due gets one list of it,
// oldest first, with a block of time to do it in, which goes into their calendar
// at a click.
//
// Read on: chat.go what people click (start at Register), morning.go the list,
// block.go how time is found, calendar.go how it is brought, view.go what they
// see.
package research
