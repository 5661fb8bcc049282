package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/form"
)

// A submission that Slack delivers three times changes nothing the second and
// the third time, whichever form it is of.
func TestASubmissionDeliveredThreeTimesIsOne(t *testing.T) {
	slack, b := startBot(t, nil)
	ctx := context.Background()
	thrice := func(view func() *chat.View, person string) (answers []chat.Answer, errs []error) {
		var wg sync.WaitGroup
		answers, errs = make([]chat.Answer, 3), make([]error, 3)
		for i := range 3 {
			wg.Go(func() {
				answers[i], errs[i] = b.router.Submission(ctx, chat.Submission{Origin: chat.Origin{Person: person}, View: *view()})
			})
		}
		wg.Wait()
		return answers, errs
	}
	input := func(fields ...string) chat.State {
		s := chat.State{}
		for i := 0; i < len(fields); i += 2 {
			s[form.Block(fields[i])] = map[string]chat.Entry{"value": {Value: fields[i+1]}}
		}
		return s
	}
	good := func(what string, answers []chat.Answer, errs []error) {
		t.Helper()
		for i := range answers {
			if errs[i] != nil || len(answers[i].Errors) > 0 {
				t.Errorf("%s, delivery %d: %v %v", what, i, answers[i].Errors, errs[i])
			}
		}
	}
	count := func(what, query string, want int) {
		t.Helper()
		if n := one[int](t, b, query); n != want {
			t.Errorf("%s: %d rows, want %d", what, n, want)
		}
	}
	answers, errs := thrice(func() *chat.View {
		return opened("lead.assign", "lead.assign", `{"Company":"Thrice"}`, input("owner", "U0SAM"))
	}, "U0SAM")
	good("a new lead", answers, errs)
	count("leads", "SELECT count(*) FROM leads", 1)
	slack.As("sam").WaitFor("You took on the lead Thrice")

	state := func() chat.State {
		s := input("main_pain", "Stale")
		s[form.NewLeadBlock("lead")] = map[string]chat.Entry{"value": {Value: "Thrice scored"}}
		s[form.Block("lead")] = map[string]chat.Entry{}
		return s
	}
	answers, errs = thrice(func() *chat.View { return opened("qualify", "meddpicc", "q", state()) }, "U0SAM")
	good("a scorecard", answers, errs)
	count("scorecards", "SELECT count(*) FROM qualifications", 1)

	whole := func() chat.State { // the second step; the first one travels in the metadata
		return input("discovery_call", fmt.Sprint(time.Now().Add(48*time.Hour).Unix()))
	}
	handoffView := func() *chat.View {
		v := opened("handoff", "handoff", "h", whole())
		v.Private = fmt.Sprintf(`{"k":"one form","p":"handoff","s":1,"f":1,"a":{"lead":{"type":"lead","new":"Thrice handed"},"ae":{"type":"user","text":"U0ALEX"},"main_pain":{"type":"long_text","text":"x"},
			"budget_authority":{"type":"yes_no","yes":"yes"},"need":{"type":"long_text","text":"x"},"timeline":{"type":"date","date":%q}}}`, time.Now().AddDate(0, 0, 30).Format("2006-01-02"))
		return v
	}
	answers, errs = thrice(handoffView, "U0SAM")
	good("a handoff", answers, errs)
	count("handoffs", "SELECT count(*) FROM handoffs", 1)
	slack.As("alex").WaitFor("hands Thrice handed over to you")

	on := one[string](t, b, "SELECT id FROM handoffs")
	for _, step := range []struct{ callback, person, field, events string }{
		{"handoff.ask", "U0ALEX", "question", "handoff.asked"}, {"handoff.answer", "U0SAM", "answer", "handoff.answered"}, {"handoff.reassign", "U0DANA", "ae", "handoff.reassigned"},
	} {
		words := map[string]string{"ae": "U0LENA"}[step.field]
		if words == "" {
			words = "words"
		}
		_, errs := thrice(func() *chat.View { return opened(step.callback, step.callback, on, input(step.field, words)) }, step.person)
		for _, err := range errs { // the later ones are told that it is done
			if _, fault := chat.Words(err, ""); err != nil && fault {
				t.Errorf("%s: %v", step.callback, err)
			}
		}
		count(step.callback, "SELECT count(*) FROM events WHERE kind = '"+step.events+"'", 1)
	}
	count("events of the trail", "SELECT count(*) FROM events", 9)
	posted := map[string]int{}
	slack.As("alex").WaitFor("went from @alex to @lena")
	slack.As("lena").WaitFor("hands Thrice handed over to you")
	for _, call := range slack.Journal().Calls("chat.postMessage") {
		if request, ok := call.Request.(map[string]any); ok && call.Error == "" {
			posted[fmt.Sprint(request["channel"], request["text"])]++
		}
	}
	if len(posted) < 5 {
		t.Errorf("only %d messages were looked at: %v", len(posted), posted)
	}
	for message, n := range posted {
		if n > 1 {
			t.Errorf("posted %d times: %.200s", n, message)
		}
	}
}
