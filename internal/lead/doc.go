// Package lead is the noun that the features around a sale share: a company,
// perhaps with a contact there, that somebody in the team works on, and what is
// known of it.
//
// Everything that happens to a lead is recorded as an [Event], in the
// transaction of the change: clocks start from events, and they are the audit
// trail. What people found out is kept as facts, by the form that it came from,
// so that the next form starts with them and nothing is typed twice.
//
// Read on: lead.go is the rules, event.go and facts.go what features record,
// chat.go what people type and click (start at Register), flow.go the way
// through a form about a lead, view.go what they see, store.go the SQL.
package lead
