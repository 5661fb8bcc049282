package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

func TestANoticeCostsNoCommand(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil)
	var sent atomic.Int64
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range 150 {
			r.echo(t, fmt.Sprint("n", i))
			sent.Add(1)
		}
	}()
	for _, reason := range []string{"warning", "refresh_requested", "warning", "link_disabled"} {
		before, opened := sent.Load(), 1
		calls := len(r.slack.Journal().Calls("apps.connections.open"))
		if reason == "warning" {
			r.slack.Disconnect(reason) // both sockets at the same moment
			opened = 2
		} else {
			open := r.slack.Sockets()
			open[len(open)-1].Disconnect(reason)
		}
		r.await(t, "commands going on after "+reason, func() bool { return sent.Load() > before+10 || sent.Load() == 150 })
		r.await(t, "two sockets after "+reason, func() bool {
			return r.Connected() == 2 && len(r.slack.Journal().Calls("apps.connections.open")) >= calls+opened
		})
	}
	<-done
	r.await(t, "the log to say that Socket Mode is switched off", func() bool { return strings.Contains(r.log.String(), "Socket Mode is switched off") })
	for _, e := range r.slack.Journal().Entries() {
		if e.Kind == "verdict" && e.Error != "" {
			t.Errorf("a command was lost: %+v", e)
		}
	}
}

func TestADeafSocketIsReplaced(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil, func(o *Options) { o.Sockets.DeafAfter = 900 * time.Millisecond })
	old := r.slack.Sockets()
	r.slack.Deaf()
	r.await(t, "new sockets", func() bool {
		return strings.Count(r.log.String(), "went deaf") == 2 && r.Connected() == 2 && len(r.slack.Sockets()) > 0 && r.slack.Sockets()[0].Number() > old[1].Number()
	})
	r.echo(t, "again")
}

func TestAServerThatNeverPingsIsLeftInPeace(t *testing.T) {
	t.Parallel()
	const deaf = 1500 * time.Millisecond
	r := start(t, slacksim.Options{PingEvery: time.Hour}, nil, func(o *Options) { o.Sockets.DeafAfter = deaf })
	time.Sleep(2 * deaf)
	if n := len(r.slack.Journal().Calls("apps.connections.open")); n != 2 {
		t.Errorf("%d sockets were opened, want 2: it answers our pings", n)
	}
	r.echo(t, "still here")
}

func TestACutInMidCommandStillAnswers(t *testing.T) {
	t.Parallel()
	began, goOn := make(chan struct{}, 1), make(chan struct{})
	r := start(t, slacksim.Options{}, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-goOn
			return chat.Say("done after all"), nil
		})
	})
	reply := make(chan *slacksim.Reply, 1)
	go func() { reply <- r.slack.As("sam").In("#general").Slash("/slow") }()
	<-began
	r.slack.Cut()
	r.await(t, "both sockets again", func() bool {
		return r.Connected() == 2 && len(r.slack.Journal().Calls("apps.connections.open")) == 4
	})
	close(goOn)
	if got := (<-reply).Text(); !strings.Contains(got, "done after all") {
		t.Errorf("answered with %q", got)
	}
}

func TestWhatTakesLongOrIsLongGoesByResponseURL(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 2500)
	r := start(t, slacksim.Options{}, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/long"}, func(context.Context, chat.Command) (chat.Message, error) { return chat.Say(long), nil })
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			time.Sleep(450 * time.Millisecond)
			return chat.Say("here it is"), nil
		})
	}, impatient)
	sam := r.slack.As("sam").In("#general")
	if got := sam.Slash("/long").Text(); !strings.Contains(got, long) {
		t.Errorf("the long answer has %d letters", len(got))
	}
	sam.Slash("/slow")
	sam.WaitFor("One moment")
	sam.WaitFor("here it is")
}

func TestFaultsAreSaidWithACodeThatTheLogHas(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, func(router *chat.Router, r *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/panic"}, func(context.Context, chat.Command) (chat.Message, error) { panic("boom") })
		router.OnCommand(chat.CommandHelp{Name: "/error"}, func(context.Context, chat.Command) (chat.Message, error) {
			return chat.Message{}, errors.New("the disk is full of cats")
		})
		router.OnCommand(chat.CommandHelp{Name: "/refuse"}, func(context.Context, chat.Command) (chat.Message, error) {
			return chat.Message{}, chat.Refuse("Not on a *Sunday*.")
		})
	})
	sam := r.slack.As("sam").In("#general")
	for _, command := range []string{"/panic", "/error"} {
		text := sam.Slash(command).Text()
		_, code, ok := strings.Cut(text, "code ")
		code, _, _ = strings.Cut(code, ".")
		if !ok || len(code) < 7 || !strings.Contains(r.log.String(), code) {
			t.Errorf("%s: %q; its code %q is not in the log", command, text, code)
		}
		if strings.Contains(text, "cats") || strings.Contains(text, "boom") {
			t.Errorf("%s tells the person of our insides: %s", command, text)
		}
	}
	if got := sam.Slash("/refuse").Text(); got != "Not on a Sunday." {
		t.Errorf("a refusal reads %q", got)
	}
	if got := sam.Slash("/unknown").Text(); !strings.Contains(got, "does not know the command /unknown") {
		t.Errorf("an unknown command reads %q", got)
	}
	r.echo(t, "alive")
}

func TestADeliveryThatComesTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	var mentions, clicks atomic.Int64
	register := func(router *chat.Router, r *rig) {
		router.OnMention(func(ctx context.Context, m chat.Mention) error {
			mentions.Add(1)
			_, err := r.Post(ctx, m.Place.Channel, chat.Message{Text: "heard " + m.Text, Thread: m.Thread()})
			return err
		})
		router.OnCommand(chat.CommandHelp{Name: "/card"}, func(context.Context, chat.Command) (chat.Message, error) {
			return chat.Message{Text: "card", Blocks: []slack.Block{chat.Actions(chat.Button("press", "v", "Press"))}}, nil
		})
		router.OnClick("press", func(ctx context.Context, c chat.Click) error {
			clicks.Add(1)
			return r.Respond(ctx, c.Response, chat.Say("pressed "+c.Value))
		})
	}
	r := start(t, slacksim.Options{}, register)
	sam := r.slack.As("sam").In("#general")
	r.slack.Quirk(slacksim.Quirk{Envelope: "events_api", Duplicate: true, Times: 3})
	for _, words := range []string{"one", "two", "three"} {
		sam.Mention("#general", words).WaitFor("heard " + words)
	}
	r.slack.Quirk(slacksim.Quirk{Envelope: "interactive", Duplicate: true})
	sam.Slash("/card").Click("Press").WaitFor("pressed v")
	r.await(t, "the repeats", func() bool {
		var m dto.Metric
		return r.metrics.twice.Write(&m) == nil && m.GetCounter().GetValue() == 4
	})
	if mentions.Load() != 3 || clicks.Load() != 1 {
		t.Errorf("%d mentions and %d clicks were answered, want 3 and 1", mentions.Load(), clicks.Load())
	}
	if n := len(r.slack.Journal().Calls("chat.postMessage")); n != 3 {
		t.Errorf("%d messages were posted, want 3", n)
	}
	// After a restart an event that was answered is still known.
	var id string
	for _, e := range r.slack.Journal().Envelopes("events_api") {
		if id == "" {
			id = e.Request.(map[string]any)["payload"].(map[string]any)["event_id"].(string)
		}
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := on(t, r.slack, r.path, register)
	if before, err := again.answeredBefore(context.Background(), "e:"+id); err != nil || !before {
		t.Errorf("event %s is forgotten after a restart: %v", id, err)
	}
}

func TestFramesThatMakeNoSenseAreSurvived(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil)
	for _, q := range []slacksim.Quirk{{Malformed: true}, {Null: true}, {Unknown: true}, {Delay: 50 * time.Millisecond}, {Duplicate: true}} {
		r.slack.Quirk(q)
		r.echo(t, fmt.Sprintf("%+v", q)[:20])
	}
	r.await(t, "the unknown envelope acknowledged", func() bool { return strings.Contains(r.log.String(), "unknown type") })
}

func TestSlackThatRefusesIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, func(router *chat.Router, r *rig) {
		router.OnMention(func(ctx context.Context, m chat.Mention) error {
			_, err := r.Post(ctx, m.Place.Channel, chat.Message{Text: "heard", Thread: m.Thread()})
			return err
		})
	})
	r.slack.Fault(slacksim.Fault{Method: "chat.postMessage", RetryAfter: time.Second})
	r.slack.As("sam").Mention("#general", "hello").WaitFor("heard")

	r.slack.Fault(slacksim.Fault{Method: "apps.connections.open", Status: 503, Times: 2})
	r.slack.Fault(slacksim.Fault{Method: "apps.connections.open", RetryAfter: time.Second})
	r.slack.Cut()
	r.await(t, "sockets after an outage", func() bool {
		return r.Connected() == 2 && len(r.slack.Journal().Calls("apps.connections.open")) >= 2+3+2
	})
	r.echo(t, "back")
}

func TestATokenThatIsRefusedEndsInPlainWords(t *testing.T) {
	t.Parallel()
	r := start(t, slacksim.Options{}, nil)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ bot, app, want string }{
		"the bot token": {"xoxb-wrong", r.slack.AppToken(), "SLACK_BOT_TOKEN"},
		"the app token": {r.slack.BotToken(), "xapp-wrong", "SLACK_APP_TOKEN"},
	} {
		t.Run(name, func(t *testing.T) {
			g := New(Options{BotToken: tc.bot, AppToken: tc.app, APIURL: r.slack.URL(), Router: chat.NewRouter(), Log: slog.New(slog.DiscardHandler), Now: time.Now})
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			_, err := g.Hello(ctx)
			if err == nil {
				err = g.Run(ctx)
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "wrong") {
				t.Errorf("ended with %v", err)
			}
		})
	}
}

func TestStoppingFinishesWhatWasBegunAndAnotherTakesOver(t *testing.T) {
	t.Parallel()
	began := make(chan struct{}, 1)
	register := func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			time.Sleep(300 * time.Millisecond)
			return chat.Say("finished"), nil
		})
	}
	r := start(t, slacksim.Options{}, register)
	other := on(t, r.slack, filepath.Join(t.TempDir(), "db"), register)
	reply := make(chan *slacksim.Reply, 1)
	go func() { reply <- r.slack.As("sam").In("#general").Slash("/slow") }()
	<-began
	stopped := make(chan error, 1)
	crossed := 0
	// Whichever of the two has the command finishes it; the first one stops.
	go func() { stopped <- r.stop() }()
	for i := range 40 {
		sam := r.slack.As("sam").In("#general")
		text := sam.Slash(fmt.Sprint("/echo ", i)).Text()
		switch {
		case strings.Contains(text, fmt.Sprint("you said ", i)):
		case strings.Contains(text, "operation_timeout") && crossed == 0:
			// It crossed the good-bye of the last socket: nothing can be
			// acknowledged after that, but the response URL brings the answer.
			crossed++
			sam.WaitFor(fmt.Sprint("you said ", i))
		default:
			t.Errorf("command %d was answered with %q", i, text)
		}
	}
	if got := (<-reply).Text(); !strings.Contains(got, "finished") {
		t.Errorf("what was begun ended with %q", got)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if n := other.Connected(); n != 2 {
		t.Errorf("the other has %d sockets", n)
	}
	for _, e := range r.slack.Journal().Entries() {
		if e.Kind == "verdict" && e.Error != "" {
			if crossed--; crossed < 0 {
				t.Errorf("a command was lost: %+v", e)
			}
		}
	}
}

func TestTwoThousandAtOnceAreAllAnswered(t *testing.T) {
	r := start(t, slacksim.Options{}, nil)
	var wg sync.WaitGroup
	var answered, refused atomic.Int64
	for i := range 64 {
		wg.Go(func() {
			for n := range 30 {
				text := r.slack.As("sam").In("#general").Slash(fmt.Sprintf("/echo %d-%d", i, n)).Text()
				switch {
				case strings.Contains(text, fmt.Sprintf("you said %d-%d", i, n)):
					answered.Add(1)
				case strings.Contains(text, "more to do than it can"):
					refused.Add(1)
				default:
					t.Errorf("%d-%d got %q", i, n, text)
				}
			}
		})
	}
	wg.Wait()
	if answered.Load()+refused.Load() != 64*30 || answered.Load() == 0 {
		t.Errorf("%d answered, %d refused", answered.Load(), refused.Load())
	}
}

func TestASlowAnswerHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	began, goOn := make(chan struct{}), make(chan struct{})
	r := start(t, slacksim.Options{}, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/stuck"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-goOn
			return chat.Say("free"), nil
		})
	})
	var stuck sync.WaitGroup
	for range 5 {
		stuck.Go(func() { r.slack.As("sam").In("#general").Slash("/stuck") })
		<-began
		start := time.Now()
		r.echo(t, "me")
		if took := time.Since(start); took > time.Second {
			t.Errorf("waited %v behind others", took)
		}
	}
	close(goOn)
	stuck.Wait()
}
