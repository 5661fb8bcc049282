package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
)

// wireMessage is a message as response URLs and acknowledgements take it.
type wireMessage struct {
	ResponseType    string        `json:"response_type,omitempty"`
	Text            string        `json:"text,omitempty"`
	Blocks          []slack.Block `json:"blocks,omitempty"`
	ThreadTS        string        `json:"thread_ts,omitempty"`
	ReplaceOriginal *bool         `json:"replace_original,omitempty"`
	DeleteOriginal  *bool         `json:"delete_original,omitempty"`
}

func messagePayloadOf(m chat.Message) wireMessage {
	w := wireMessage{ResponseType: "ephemeral", Text: m.Text, Blocks: m.Blocks}
	if m.InChannel {
		w.ResponseType = "in_channel"
	}
	return w
}

// marshal writes JSON without escaping <, > and & a second time: Slack's text
// is full of them, and an acknowledgement has 20 KB.
func marshal(v any) (json.RawMessage, error) { return marshalIn(new(bytes.Buffer), v) }

// marshalIn is marshal on memory that is there already.
func marshalIn(b *bytes.Buffer, v any) (json.RawMessage, error) {
	b.Reset()
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// OpenView opens a modal for whoever the trigger belongs to.
func (g *Gateway) OpenView(ctx context.Context, trigger string, view slack.ModalViewRequest) error {
	return g.notShown(g.slack.call(ctx, "views.open", func() error {
		_, err := g.api.OpenViewContext(ctx, trigger, view)
		return err
	}))
}

// notShown says in words why a form could not be opened, where it is no fault
// of ours: the gesture that it belongs to is too long ago, or Slack is in
// trouble, which the log hears of.
func (g *Gateway) notShown(err error) error {
	if err == nil {
		return nil
	}
	switch v, after := judge(err, true); v {
	case limited:
		g.Log.Warn("a form could not be opened", "error", err)
		return fmt.Errorf("%w (%w)", chat.Refuse("Slack opens no more forms just now: there were too many in a short time. Nothing was changed. Please do it again in %d seconds.",
			int(math.Ceil(after.Seconds()))), err)
	case unknown:
		g.Log.Warn("a form could not be opened", "error", err)
		return fmt.Errorf("%w (%w)", chat.Refuse("Slack did not open the form: it has trouble. Nothing was changed. Please do it again in a moment."), err)
	}
	var refused slack.SlackErrorResponse
	if !errors.As(err, &refused) {
		return err
	}
	switch refused.Err {
	case "expired_trigger_id", "trigger_expired", "exchanged_trigger_id", "trigger_exchanged", "invalid_trigger_id":
		return fmt.Errorf("%w (%w)", chat.Refusal("That took too long, and Slack opens no form any more for that click. Nothing was changed. Please do it again."), err)
	case "push_limit_reached":
		return fmt.Errorf("%w (%w)", chat.Refusal("There are too many windows on top of each other. Close one and try again."), err)
	}
	return err
}

// PushView puts a modal on top of the one the trigger comes from.
func (g *Gateway) PushView(ctx context.Context, trigger string, view slack.ModalViewRequest) error {
	return g.notShown(g.slack.call(ctx, "views.push", func() error {
		_, err := g.api.PushViewContext(ctx, trigger, view)
		return err
	}))
}

// UpdateView puts another view in the place of an open one; the error is
// [chat.ErrStale] where that is another one by now.
func (g *Gateway) UpdateView(ctx context.Context, id, hash string, view slack.ModalViewRequest) error {
	err := g.slack.call(ctx, "views.update", func() error {
		_, err := g.api.UpdateViewContext(ctx, view, "", hash, id)
		return err
	})
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) && (refused.Err == "hash_conflict" || refused.Err == "not_found") {
		return fmt.Errorf("%w: %w", chat.ErrStale, err)
	}
	return err
}

// Post says something in a channel, or to a person in their direct messages, before
// all that waits there. A refusal for the rate is waited out; an answer that never came is not sent
// again, because it may have been posted.
func (g *Gateway) Post(ctx context.Context, channel string, m chat.Message) (ts string, err error) {
	options := []slack.MsgOption{slack.MsgOptionText(m.Text, false), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl()}
	if len(m.Blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(m.Blocks...))
	}
	if m.Thread != "" {
		options = append(options, slack.MsgOptionTS(m.Thread))
	}
	until := g.Now().Add(patienceFor(ctx, "chat.postMessage"))
	for {
		hold, ok := g.pace.jump(channel, g.Now(), until.Sub(g.Now()))
		if !ok {
			g.slack.done("chat.postMessage", "held")
			return "", fmt.Errorf("chat.postMessage: %w", &slack.RateLimitedError{RetryAfter: hold})
		}
		if err := wait(ctx, hold); err != nil {
			return "", err
		}
		err = g.count("chat.postMessage", func() error {
			_, ts, err = g.api.PostMessageContext(ctx, channel, options...)
			if err == nil && ts == "" {
				err = errors.New("Slack did not say what became of the message")
			}
			return err
		})
		v, after := judge(err, true)
		if v != limited {
			return ts, err
		}
		g.pace.limited("", channel, after, g.Now())
	}
}

// Respond answers by a response URL.
func (g *Gateway) Respond(ctx context.Context, url string, m chat.Message) error {
	if url == "" {
		return errors.New("there is no response URL")
	}
	w := messagePayloadOf(m)
	w.ThreadTS = m.Thread
	// Slack replaces the clicked message unless it is told not to.
	w.ReplaceOriginal = &m.Replace
	if m.Delete {
		w = wireMessage{DeleteOriginal: &m.Delete}
	}
	body, err := marshal(w)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		var again bool
		err := g.slack.call(ctx, "response_url", func() error {
			var err error
			again, err = g.respondOnce(ctx, url, body, m.InChannel)
			return err
		})
		if !again || try == 4 {
			return err
		}
		if err := wait(ctx, time.Second); err != nil {
			return err
		}
	}
}

func (g *Gateway) respondOnce(ctx context.Context, url string, body []byte, inChannel bool) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false, errors.New("the response URL is not an address")
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := g.http.Do(r)
	if err != nil {
		// The URL is a key to the channel; it must not reach a log.
		var inner interface{ Unwrap() error }
		if errors.As(err, &inner) && inner.Unwrap() != nil {
			err = inner.Unwrap()
		}
		return false, fmt.Errorf("response URL: %w", err)
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if res.StatusCode == http.StatusTooManyRequests {
		seconds, err := strconv.Atoi(res.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			seconds = 1
		}
		return false, fmt.Errorf("response URL: %w", &slack.RateLimitedError{RetryAfter: time.Duration(seconds) * time.Second})
	}
	var refusal struct {
		OK    *bool  `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(said, &refusal) == nil && refusal.OK != nil && !*refusal.OK {
		return false, fmt.Errorf("response URL: %s", refusal.Error)
	}
	if res.StatusCode >= 500 && !inChannel {
		// It may have been taken; twice is better than never for one person.
		return true, fmt.Errorf("response URL: HTTP %d", res.StatusCode)
	}
	if res.StatusCode/100 != 2 {
		return false, fmt.Errorf("response URL: HTTP %d %s", res.StatusCode, bytes.TrimSpace(said))
	}
	return false, nil
}

// count counts a call by its outcome, and writes Slack's own words into the
// error.
func (g *Gateway) count(method string, do func() error) error {
	err := do()
	outcome := "ok"
	if err != nil {
		outcome = "error"
		var refused slack.SlackErrorResponse
		var limited *slack.RateLimitedError
		switch {
		case errors.As(err, &limited):
			outcome = "ratelimited"
		case errors.As(err, &refused):
			outcome = "refused"
			if words := refused.ResponseMetadata.Messages; len(words) > 0 {
				err = fmt.Errorf("%w %q", err, words)
			}
		}
		err = fmt.Errorf("%s: %w", method, withoutPath(err))
	}
	g.metrics.calls.WithLabelValues(method, outcome).Inc()
	return err
}

// withoutPath leaves of the address in an error what tells where it went wrong:
// the rest may be a key, as that of an upload is, and errors are kept and shown.
func withoutPath(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		if u, parse := url.Parse(failed.URL); parse == nil && u.Host != "" {
			failed.URL = u.Scheme + "://" + u.Host
		} else {
			failed.URL = "…"
		}
	}
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
