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
	turns := func(channel string, n int, now time.Time) (out []string) {
		for i := range n {
			out = append(out, p.turn(fmt.Sprint(channel, i), channel, now).String())
		}
		return out
	}
	if got, want := fmt.Sprint(turns("C1", 6, start)), "[0s 0s 0s 1.05s 2.1s 3.15s]"; got != want {
		t.Errorf("a burst: %s, want %s", got, want)
	}
	if got := p.turn("other", "C2", start); got != 0 {
		t.Errorf("another channel waits %s", got)
	}
	// Who waited has their turn, and asking early changes nothing.
	now := start.Add(1500 * time.Millisecond)
	for message, want := range map[string]time.Duration{"C13": 0, "C14": 600 * time.Millisecond, "C15": 1650 * time.Millisecond} {
		if got := p.turn(message, "C1", now); got != want {
			t.Errorf("%s waits %s, want %s", message, got, want)
		}
	}
	// Slack wants quiet in a channel: its line forms anew, one a second.
	p.refused("C1", 10*time.Second, now)
	if got, want := fmt.Sprint(turns("C1", 3, now)), "[10s 11.05s 12.1s]"; got != want {
		t.Errorf("after a refusal: %s, want %s", got, want)
	}
	if got := p.turn("elsewhere", "C3", now); got != 0 {
		t.Errorf("elsewhere waits %s after one channel was refused", got)
	}
	p.refused("C4", 4*time.Second, now)
	if got := p.turn("elsewhere", "C5", now); got != 4*time.Second {
		t.Errorf("elsewhere waits %s after two channels were refused", got)
	}
	p.hush("chat.update", 3*time.Second, now)
	if got := p.quiet("chat.update", now.Add(time.Second)); got != 2*time.Second {
		t.Errorf("updates wait %s", got)
	}
	p.turn("x", "C9", now.Add(time.Hour))
	if len(p.slots) != 0 || len(p.full) > 1 || len(p.until) != 0 {
		t.Errorf("remembered for ever: %v %v %v", p.slots, p.full, p.until)
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
