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
	{"/qualify", page.Step{
		ID: "qualify", Title: "Score a lead",
		Words: "Sam knows three of the criteria of Oakline for sure. Open the scorecard, set one more to Confirmed, and score: the form starts with what he noted last time.",
		As:    "sam", Room: "#sales", Type: "/qualify oakline", Done: " confirmed – ", Where: "modal",
	}},
	{"/handoff", page.Step{
		ID: "handoff", Title: "Hand it over",
		Words: "The form is filled in with what is known. Pick Alex as the account executive and answer what is still open: the playbook’s rules are checked when you send it.",
		As:    "sam", Room: "#sales", Type: "/handoff oakline", Done: "is on its way to", Where: "modal",
	}},
	{"/handoff", page.Step{
		ID: "accept", Title: "Accept it",
		Words: "Alex has the whole story in one card, and the questions that nobody has asked yet. Accept, ask or decline: Sam and the channel see it at once.",
		As:    "alex", Room: "DM", Point: "Accept", Done: "Accepted by", Where: "message",
	}},
	{"/lead", page.Step{
		ID: "clock", Title: "Let two hours pass",
		Words: "Sam got the lead Paloma Ceramics this morning, and has two hours to look into it. Open the clock and push it by two hours: Sam is reminded, and Dana, who manages the team, is told what was not done in time.",
		As:    "dana", Room: "DM", Point: "clock", Done: "Sam has not done it in time", Where: "message",
	}},
	{"/digest", page.Step{
		ID: "digest", Title: "Read the digest",
		Words: "What needs Dana today comes first, with its buttons: open it, nudge whoever has it, give it to somebody else. Then the numbers against the day before. It comes by itself every working morning.",
		As:    "dana", Room: "DM", Type: "/digest", Done: "Only you see this", Where: "message",
	}},
	{"/digest", page.Step{
		ID: "week", Title: "See the week in charts",
		Words: "Push the clock to next Monday: Dana gets the week against the one before, with charts, and who may need help. The team reads it in #sales, without names.",
		As:    "dana", Room: "DM", Point: "clock", Done: "You get this as a manager, once a week", Where: "message",
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
