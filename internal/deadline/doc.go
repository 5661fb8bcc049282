// Package deadline runs the playbook's timed actions: what somebody has to do
// within so much working time after something happened.
//
// An event starts the clocks that wait for it, in its own transaction
// ([Deadlines.Happened]). A [Deadline] is an action as the playbook had it at
// that moment, what it is about (its subject), and whoever has to do it. When it
// is due says a [Calendar]: the playbook's hours and holidays, on the clock of the
// person's zone. Before the deadline the person is reminded; at it, a role is
// told; after it a few reminders follow, and how late it is goes on being measured
// until it is done. A clock can be paused, put off, given to somebody else,
// closed.
//
// One row of the outbox at a time looks at a deadline. It reads the state anew,
// asks the plan what is to be said now ([Deadline] has it in pure code), says it,
// and adds the next row, all in one transaction. So a crash loses nothing and
// doubles nothing, and what came due while nobody was there is said once.
// Nobody is told anything outside their working hours: it waits for their next
// opening, and is not said at all when its reason is gone by then.
//
// What everybody of a role does each week starts by itself, with each person's own
// week, and ends with it: done, or missed.
//
// There is one message for each person and deadline, which is posted once and
// then changed. Only who snoozed a reminder gets another one, because a message
// that changes makes no sound.
//
// A feature says what happened, and what was done about it:
//
//	err := d.Happened(tx, deadline.Happening{Event: playbook.EventHandoffSent, Subject: "handoff/" + id,
//		Lead: lead, Title: "Acme (Jane Doe)", Who: map[string]string{"owner": sdr, "ae": ae}})
//	…
//	d.Pause(tx, "handoff/"+id, playbook.EventHandoffSent)   // the AE asks
//	d.Resume(tx, "handoff/"+id, playbook.EventHandoffSent)  // the SDR has answered
//	d.Reassign(tx, "handoff/"+id, other)                    // another AE
//	d.DoneFor(tx, "handoff/"+id, deadline.Match{Event: playbook.EventHandoffSent}, ae)
//	d.Close(tx, "handoff/"+id)                              // nobody needs it any more
//	open, err := deadline.OpenFor(tx, "handoff/"+id)        // for its card, with d.Words and d.Buttons
//
// Whoever puts the bot together calls Register and Work before it serves, Start
// once the roster has started, Recompute when another playbook is in force, and
// has the roster tell PersonChanged.
//
// Read on: worktime.go is working time, week.go a week of it and deadline.go the
// rules, all pure; deadlines.go is what features use, later.go what the outbox does,
// weeks.go what starts each week, lists.go what comes due together, leaving.go what
// becomes of the work of people who left, chat.go what people click, view.go and
// lists_view.go what they see, tally.go what digests count, store.go and
// lists_store.go the SQL.
package deadline
