// Package qualification scores leads by the playbook's framework: each
// criterion confirmed, heard or unknown, with the evidence, and the prospect's
// main pain. Enough of them confirmed make a lead a qualified opportunity; how
// many, and which, stands in the framework's page.
//
// Scoring again starts from the last answers, and every revision is kept. What
// was noted becomes facts of the lead, which the handoff starts with.
//
// Read on: chat.go what people type and click (start at Register), view.go
// what they see, store.go the SQL. The counting itself is form.Score.
package qualification
