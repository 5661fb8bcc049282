package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/slacksim"
)

// opener is a bot that opens a form at a command.
func opener(router *chat.Router, r *rig) {
	router.OnCommand(chat.CommandHelp{Name: "/form"}, func(ctx context.Context, c chat.Command) (chat.Message, error) {
		return chat.Say(""), r.OpenView(ctx, c.Trigger, chat.Modal("form", "A form", "Send", "Close", "", []slack.Block{
			slack.NewInputBlock("in", slack.NewTextBlockObject("plain_text", "Words", false, false), nil, slack.NewPlainTextInputBlockElement(nil, "value"))}))
	})
}

func TestAFormThatSlackRefusesForTheRateOpensAMomentLater(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, opener)
	r.slack.Fault(slacksim.Fault{Method: "views.open", RetryAfter: time.Second})
	sam := r.slack.For(t).As("sam").In("#general")
	sam.Slash("/form")
	r.await(t, "the form", sam.ModalOpen)
	if n := len(r.slack.Journal().Calls("views.open")); n != 2 {
		t.Errorf("%d calls", n)
	}
}

// When Slack wants quiet for longer than a trigger lives, people are told so,
// and Slack hears nothing.
func TestWhileSlackWantsNoFormsOpenedPeopleAreTold(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, opener)
	r.slack.Fault(slacksim.Fault{Method: "views.open", RetryAfter: 20 * time.Second})
	sam := r.slack.For(t).As("sam").In("#general")
	for range 5 {
		if said := sam.Slash("/form").Text(); !strings.Contains(said, "Slack opens no more forms just now") || !strings.Contains(said, "again in 2") {
			t.Errorf("they are told %q", said)
		}
	}
	if n := len(r.slack.Journal().Calls("views.open")); n != 1 {
		t.Errorf("Slack was called %d times", n)
	}
	// Another method is not held up by that.
	if _, err := r.Post(context.Background(), "C0GEN", chat.Say("hello")); err != nil {
		t.Error(err)
	}
}

// An answer that somebody waits for goes before all messages that wait for the
// same channel, and the line behind it makes room.
func TestAnAnswerGoesBeforeTheMessagesThatWait(t *testing.T) {
	t.Parallel()
	p := startPosting(t, file(t), slacksim.Options{StrictRates: true})
	g := New(Options{BotToken: p.slack.BotToken(), AppToken: p.slack.AppToken(), APIURL: p.slack.URL(), Router: chat.NewRouter(), DB: p.db, Now: time.Now})
	// The usual pace is 50 ms above Slack's, which a busy machine may take to bring
	// the first call there and not the fourth. Here it is about who goes first.
	p.posts.Spread(1300 * time.Millisecond)
	g.pace = p.posts.pace
	for i := range 6 {
		p.put(strings.Repeat("x", i+1), "C001", "note")
	}
	p.waitFor("chat.postMessage", 3)
	sent := len(p.slack.Journal().Calls("chat.postMessage")) // 3, where the machine is not too busy
	if sent > 4 {
		t.Skipf("%d of 6 messages were sent before the answer was given: nothing waits any more", sent)
	}
	if _, err := g.Post(forSomebody(context.Background(), time.Now()), "C001", chat.Say("answer")); err != nil {
		t.Fatal(err)
	}
	p.settled(20 * time.Second)
	place := 0
	for i, m := range p.shown("C001") { // the youngest first
		if m.Text == "answer" {
			place = 7 - i
		}
	}
	if place != sent+1 && place != sent+2 {
		t.Errorf("the answer came as number %d of 7, when %d had been sent", place, sent)
	}
	for _, e := range p.slack.Journal().Calls("chat.postMessage") {
		if e.Error != "" {
			t.Errorf("Slack refused a call: %s", e.Error)
		}
	}
}

// Two bots on one database know nothing of each other's messages: whoever is
// refused in a channel keeps quiet, and both become slower there.
func TestTwoBotsShareAChannel(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.Postgres(t))
	p := startPosting(t, db, slacksim.Options{StrictRates: true})
	other, _ := p.bot(time.Now)
	run(t, other)
	const notes = 9
	for i := range notes {
		p.put(fmt.Sprint("note/", i), "C001", fmt.Sprint("note ", i))
	}
	p.settled(time.Minute)
	count := map[string]int{}
	for _, m := range p.shown("C001") {
		count[m.Text]++
	}
	for i := range notes {
		if n := count[fmt.Sprint("note ", i)]; n != 1 {
			t.Errorf("note %d is there %d times", i, n)
		}
	}
	refused := 0
	for _, e := range p.slack.Journal().Calls("chat.postMessage") {
		if e.Error == "ratelimited" {
			refused++
		}
	}
	t.Logf("%d of %d calls were refused", refused, refused+notes)
	if refused > notes/2 {
		t.Errorf("%d messages were refused %d times", notes, refused)
	}
}

// A turn is never later than whoever takes it can wait: a form's trigger dies
// before, and what ends with its time looks as if Slack had not answered.
func TestATurnIsNotLaterThanPatienceReaches(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for range 100 {
		r := newRates(func() time.Time { return now })
		r.refuse("views.open", time.Second)
		const patience = 1300 * time.Millisecond
		if wait, ok := r.take("views.open", true, patience); !ok || wait < time.Second || wait > patience {
			t.Fatalf("the turn comes after %v (%v), of %v", wait, ok, patience)
		}
	}
}
