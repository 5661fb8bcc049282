package main

import (
	"slices"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim/page"
)

// tourStep is a step of the demo's guided tour, and the command that it needs.
type tourStep struct {
	needs string
	page.Step
}

// tour leads a newcomer through what sopbot does. A step whose command is not
// there stays out; a new one is a literal here, in the place where it is to
// come, and a line of TestTourIsPlayedToItsEnd.
var tour = []tourStep{
	{"/sop", page.Step{
		ID: "ask", Title: "Ask the playbook",
		Words: "Sam is on a call, and the prospect finds it too expensive. “Show me” writes the question, Enter sends it. Nobody else sees the answer.",
		As:    "sam", Room: "#sales", Type: "/sop objection pricing", Done: "You asked:", Where: "message",
	}},
	{"/sop", page.Step{
		ID: "share", Title: "Share the answer",
		Words: "Priya could use it, too. The answer goes to the channel under Sam’s name, without the question.",
		As:    "sam", Room: "#sales", Point: "Share in channel", Done: "Shared from the playbook by", Where: "message",
	}},
	{"/sop", page.Step{
		ID: "rate", Title: "Say whether it helped",
		Words: "Whoever looks after the page reads it: what helps stays, what does not is mended.",
		As:    "sam", Room: "#sales", Point: "Helpful", Done: "You found this helpful", Where: "message",
	}},
}

// tourFor is the tour of what this very bot can do.
func tourFor(steps []tourStep, r *chat.Router) []page.Step {
	var shown []page.Step
	for _, s := range steps {
		if slices.ContainsFunc(r.Commands(), func(c chat.CommandHelp) bool { return c.Name == s.needs }) {
			shown = append(shown, s.Step)
		}
	}
	return shown
}
