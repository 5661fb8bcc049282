package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/slacksim"
)

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err   error
		wrote bool
		want  verdict
		after time.Duration
	}{
		"no error":                        {nil, true, accepted, 0},
		"429":                             {&slack.RateLimitedError{RetryAfter: 7 * time.Second}, true, limited, 7 * time.Second},
		"429 without a time":              {slack.StatusCodeError{Code: 429}, true, limited, time.Second},
		"the rate in words":               {slack.SlackErrorResponse{Err: "rate_limited"}, true, limited, time.Second},
		"a 503":                           {slack.StatusCodeError{Code: 503}, true, unknown, 0},
		"a proxy's 403":                   {slack.StatusCodeError{Code: 403}, true, refused, 0},
		"no such channel":                 {slack.SlackErrorResponse{Err: "channel_not_found"}, true, impossible, 0},
		"a code that nobody knows":        {slack.SlackErrorResponse{Err: "new_in_2027"}, true, impossible, 0},
		"an error after it may have been": {slack.SlackErrorResponse{Err: "fatal_error"}, true, unknown, 0},
		"a revoked token":                 {slack.SlackErrorResponse{Err: "token_revoked"}, true, refused, time.Minute},
		"no connection":                   {errors.New("connection refused"), false, refused, 0},
		"no answer":                       {io.ErrUnexpectedEOF, true, unknown, 0},
		"wrapped":                         {fmt.Errorf("chat.postMessage: %w", slack.SlackErrorResponse{Err: "is_archived"}), true, impossible, 0},
	} {
		t.Run(name, func(t *testing.T) {
			if v, after := judge(tc.err, tc.wrote); v != tc.want || after != tc.after {
				t.Errorf("judged %v after %s, want %v after %s", v, after, tc.want, tc.after)
			}
		})
	}
}

func TestMessagesAreSpreadOverTime(t *testing.T) {
	t.Parallel()
	start := time.UnixMilli(1_800_000_000_000)
	p := newPacer()
	// turns lets messages come one after the other; each call is answered at once.
	turns := func(channel string, n int, now time.Time) (out []string) {
		for i := range n {
			wait := p.turn(fmt.Sprintf("%s%02d", channel, i), channel, now)
			if wait == 0 {
				p.over(channel, now)
			}
			out = append(out, wait.String())
		}
		return out
	}
	if got, want := fmt.Sprint(turns("C1", 6, start)), "[0s 0s 0s 1.05s 2.1s 3.15s]"; got != want {
		t.Errorf("a burst: %s, want %s", got, want)
	}
	if got := p.turn("other", "C2", start); got != 0 {
		t.Errorf("another channel waits %s", got)
	}
	// One call at a time: the next waits about as long as the last one took.
	if got := p.turn("other2", "C2", start.Add(10*time.Millisecond)); got != 20*time.Millisecond {
		t.Errorf("behind a call that is out the next waits %s", got)
	}
	p.over("C2", start.Add(40*time.Millisecond))
	if got := p.turn("other2", "C2", start.Add(40*time.Millisecond)); got != 0 {
		t.Errorf("after it, %s", got)
	}
	// The first in the line has the turn, and asking early changes nothing.
	now := start.Add(1250 * time.Millisecond)
	for _, tc := range []struct {
		message string
		want    time.Duration
	}{{"C105", 1900 * time.Millisecond}, {"C104", 850 * time.Millisecond}, {"C103", 0}} {
		if got := p.turn(tc.message, "C1", now); got != tc.want {
			t.Errorf("%s waits %s, want %s", tc.message, got, tc.want)
		}
	}
	// An older one comes back: it is the first, whoever asked before.
	if got := p.turn("C100", "C1", now); got != 850*time.Millisecond {
		t.Errorf("an older one waits %s", got)
	}
	if got := p.turn("C104", "C1", now); got != 1900*time.Millisecond {
		t.Errorf("behind it, %s", got)
	}
	// Slack wants quiet in a channel: the line stays as it is.
	p.limited("C103", "C1", 10*time.Second, now)
	for _, tc := range []struct {
		message string
		want    time.Duration
	}{{"C104", 12100 * time.Millisecond}, {"C103", 11050 * time.Millisecond}, {"C100", 10 * time.Second}} {
		if got := p.turn(tc.message, "C1", now); got != tc.want {
			t.Errorf("after a refusal %s waits %s, want %s", tc.message, got, tc.want)
		}
	}
	// Refused again soon, somebody else posts there, too.
	again := now.Add(9500 * time.Millisecond)
	p.lines["C1"].until = again
	p.limited("C103", "C1", time.Second, again)
	p.turn("C100", "C1", again)
	if a, b := p.turn("C103", "C1", again), p.turn("C104", "C1", again); b-a != 2*p.every {
		t.Errorf("after two refusals messages are %s apart", b-a)
	}
	if wait, ok := p.jump("C1", now, time.Second); ok {
		t.Errorf("somebody who waits a second is told to wait %s", wait)
	}
	if got := p.turn("elsewhere", "C3", now); got != 0 {
		t.Errorf("elsewhere waits %s after one channel was refused", got)
	}
	p.limited("x", "C4", 4*time.Second, now)
	if got := p.turn("elsewhere", "C5", now); got != 4*time.Second {
		t.Errorf("elsewhere waits %s after two channels were refused", got)
	}
	// Who does not come when it is their turn loses it.
	if got := p.turn("C105", "C1", now.Add(30*time.Second)); got != 0 {
		t.Errorf("behind those who did not come, %s", got)
	}
	p.turn("x", "C9", now.Add(time.Hour))
	if len(p.lines) != 1 {
		t.Errorf("remembered for ever: %v", p.lines)
	}
}

// In the whole workspace Slack takes several hundred messages a minute.
func TestAFloodToEverybodyIsSpread(t *testing.T) {
	t.Parallel()
	start := time.UnixMilli(1_800_000_000_000)
	p := newPacer()
	var waits []time.Duration
	for i := range paceFlood + 8 {
		waits = append(waits, p.turn("m", fmt.Sprint("U", i), start))
	}
	if waits[paceFlood-1] != 0 || waits[paceFlood] == 0 || waits[paceFlood+7] != 8*p.every/paceShare {
		t.Errorf("they wait %v", waits[paceFlood-1:])
	}
	// Who had to wait has the turn then, and the place was not lost.
	if got := p.turn("m", fmt.Sprint("U", paceFlood+7), start.Add(8*p.every/paceShare)); got != 0 {
		t.Errorf("at its time it waits %s", got)
	}
	if wait, ok := p.jump("U7", start, 0); !ok {
		t.Errorf("somebody who waits for it waits %s behind the flood", wait)
	}
}

func TestAMethodThatIsRefusedIsLeftAlone(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(1_800_000_000_000)
	r := newRates(func() time.Time { return now })
	take := func(urgent bool) time.Duration {
		wait, ok := r.take("chat.update", urgent, time.Hour)
		if !ok {
			t.Error("no turn")
		}
		return wait
	}
	r.refuse("chat.update", 3*time.Second)
	if wait := take(false); wait < 3*time.Second || wait > 4*time.Second {
		t.Errorf("after a refusal a call waits %s", wait)
	}
	now = now.Add(5 * time.Minute) // it may have been another's fault
	for range 40 {
		if wait := take(false); wait != 0 {
			t.Fatalf("five minutes after it a call waits %s", wait)
		}
		r.note("chat.update")
	}
	r.refuse("chat.update", 3*time.Second)
	r.refuse("chat.update", 3*time.Second) // that were under way together
	near := func(got, want time.Duration) bool { return got >= want && got < want+time.Second/4 }
	for i := range 5 {
		if got, want := take(false), 3*time.Second+time.Duration(i)*1200*time.Millisecond; !near(got, want) {
			t.Errorf("call %d waits %s, want %s", i, got, want)
		}
	}
	if got := take(true); !near(got, 3*time.Second) {
		t.Errorf("somebody who waits for it is behind those who do not: %s", got)
	}
	if got := take(true); !near(got, 4200*time.Millisecond) {
		t.Errorf("and the second: %s", got)
	}
	if wait, ok := r.take("chat.update", true, 2*time.Second); ok {
		t.Errorf("who has two seconds is told to wait %s", wait)
	}
	if wait, _ := r.take("views.open", true, 0); wait != 0 {
		t.Errorf("another method waits %s", wait)
	}
	// A refusal while calls are spaced: somebody else calls, too.
	now = now.Add(20 * time.Second)
	r.refuse("chat.update", time.Second)
	if first, second := take(false), take(false); second-first != 1800*time.Millisecond {
		t.Errorf("after another refusal calls are %s apart", second-first)
	}
	// It is forgotten in the end.
	now = now.Add(10 * time.Minute)
	if a, b := take(false), take(false); a != 0 || b != 0 {
		t.Errorf("ten minutes later they wait %s and %s", a, b)
	}
}

// BenchmarkPost is from the commit of a message to its call at Slack, at a
// quiet moment.
func BenchmarkPost(b *testing.B) {
	p := &posting{t: b, slack: slacksim.Open(b, slacksim.Options{World: postWorld(), Events: []string{}}), db: file(b)}
	p.outbox, p.posts = p.bot(time.Now)
	heard := make(chan time.Time)
	p.posts.api = listener{p.posts.api, heard}
	run(b, p.outbox)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		p.put(fmt.Sprint(i), fmt.Sprintf("U%03d", i%people), "hello")
		committed := time.Now()
		took = append(took, (<-heard).Sub(committed))
		time.Sleep(25 * time.Millisecond) // no more than the rate lets through
	}
	slices.Sort(took)
	for name, at := range map[string]int{"p50-ms": 50, "p95-ms": 95, "p99-ms": 99} {
		b.ReportMetric(float64(took[len(took)*at/100].Microseconds())/1000, name)
	}
}

type listener struct {
	Messages
	heard chan time.Time
}

func (l listener) PostMessageContext(ctx context.Context, channel string, options ...slack.MsgOption) (string, string, error) {
	l.heard <- time.Now()
	return l.Messages.PostMessageContext(ctx, channel, options...)
}
