package page_test

import (
	"time"

	"github.com/chromedp/chromedp"

	"sopbot/internal/slacksim/page"
)

func pageOptions() page.Options {
	return page.Options{As: "sam", Push: func(time.Duration) {}, Tour: []page.Step{
		{ID: "ask", Title: "Ask the playbook", Words: "Type a question as you would ask a colleague. Typos are fine.", As: "sam", Room: "#sales", Type: "/toy say objection pricing", Done: "objection", Where: "message"},
		{ID: "qualify", Title: "Qualify a lead", Words: "Fill in the scorecard; the bot counts.", As: "sam", Room: "DM", Type: "/toy form", Done: "Every input", Where: "modal"},
		{ID: "hand", Title: "Hand it over", Words: "Alex gets a card to accept.", As: "alex", Room: "DM", Point: "Accept", Done: "accepted"},
	}}
}
func evaluate(s string) chromedp.Action[chromedp.Void] { return chromedp.Evaluate[chromedp.Void](s) }
func pause()                                           { time.Sleep(150 * time.Millisecond) }
