package gateway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"
)

// verdict is what an answer, or none, says of a call.
type verdict int

const (
	accepted   verdict = iota
	limited            // nothing was done; the rate was too high
	refused            // nothing was done; a later try may succeed
	impossible         // nothing was done, and no try of the same can succeed
	unknown            // it may have been done
)

// judge reads the error of a call that posts or changes something. wrote says
// whether the request left us. after is Slack's Retry-After, where it gave one.
func judge(err error, wrote bool) (v verdict, after time.Duration) {
	var rate *slack.RateLimitedError
	var status slack.StatusCodeError
	var said slack.SlackErrorResponse
	switch {
	case err == nil:
		return accepted, 0
	case errors.As(err, &rate):
		return limited, max(rate.RetryAfter, time.Second)
	case errors.As(err, &said):
		return judgeCode(said.Err)
	case errors.As(err, &status):
		switch {
		case status.Code == http.StatusTooManyRequests:
			return limited, time.Second
		case status.Code >= 500 || status.Code == http.StatusRequestTimeout:
			return unknown, 0
		}
		return refused, 0
	case !wrote:
		return refused, 0
	}
	return unknown, 0
}

func judgeCode(code string) (v verdict, after time.Duration) {
	switch code {
	case "ratelimited", "rate_limited":
		return limited, time.Second
	case "message_limit_exceeded":
		return limited, time.Minute
	case "internal_error", "fatal_error", "service_unavailable", "request_timeout":
		// "It's possible some aspect of the operation succeeded before the
		// error was raised", says Slack of these.
		return unknown, 0
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope", "not_allowed_token_type",
		"no_permission", "org_login_required", "ekm_access_denied", "access_denied", "team_access_not_granted", "team_added_to_org", "team_not_found":
		// The app's trouble and no fault of the message: it waits for somebody
		// to mend it.
		return refused, time.Minute
	case "streaming_state_conflict", "update_failed":
		return refused, 0
	}
	return impossible, 0
}

// traced gives a context that notices whether a request left us: one that
// found no server cannot have been done.
func traced(ctx context.Context) (context.Context, *atomic.Bool) {
	wrote := &atomic.Bool{}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }}), wrote
}
