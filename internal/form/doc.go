// Package form turns a form or framework of the playbook into a Slack modal,
// and a submitted modal into checked answers, or into sentences at the fields
// that need another look.
//
// A feature opens a form with [View], and gives what comes back to [Submit]. That
// parses the step ([Parse]), checks the playbook's rules ([CheckRules]), and
// gives either sentences for the fields, the view of the next step, or all
// [Answers]. A framework goes the same way: [ScorecardView], [SubmitScorecard],
// and [Score] for what it comes to.
//
// A long form is split over steps. What was typed in earlier steps travels in
// the view's private_metadata while it fits there, else in the caller's
// [Drafts]: see carry.go. The metadata also holds the version of the playbook
// that the form was opened with and a key that is the same however often the
// form is submitted: see [Opened].
//
// There is no SQL and no network here, and no clock: the present moment and the
// person's time zone are handed in.
//
// Read on: element.go says what each type of field becomes, field.go what it
// takes and refuses, money.go how amounts are read.
package form
