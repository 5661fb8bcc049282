// Package report is what somebody hands in with the form that ends a timed
// action: the review of an own call, a plan for the week. Which form that is says
// the action (`done: …`); forms that a feature has for itself (research, handoff)
// are not its business.
//
// What was handed in is kept, ends the action, and is shown to the role that the
// action escalates to: who is told when something was not done reads it when it
// was.
//
// Read on: chat.go what people click and send (start at Register), view.go what
// they see, store.go the SQL.
package report
