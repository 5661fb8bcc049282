package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// longestReply is what one answer of Slack may have. Two hundred messages
	// with their blocks have a few megabytes.
	longestReply = 32 << 20
	// longestQuiet is how long Slack's Retry-After is believed: it asks for
	// seconds, and whoever stands in between may ask for years.
	longestQuiet = 10 * time.Minute
)

// reader reads Slack's answers before slack-go does, which takes an answer
// without ok and error for success, one of any size, and a Retry-After of any
// number; one that is no number it does not take for a refusal at all.
type reader struct {
	next http.RoundTripper
	api  string // addresses that answer in JSON begin with it
}

func (r reader) RoundTrip(q *http.Request) (*http.Response, error) {
	res, err := r.next.RoundTrip(q)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusTooManyRequests {
		res.Header.Set("Retry-After", strconv.Itoa(int(quiet(res.Header.Get("Retry-After"))/time.Second)))
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(q.URL.String(), r.api) {
		return res, nil
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, longestReply+1))
	_ = res.Body.Close() // it was read as far as it will be
	switch {
	case err != nil:
		return nil, fmt.Errorf("Slack's answer broke off: %w", err)
	case len(raw) > longestReply:
		return nil, fmt.Errorf("Slack's answer has more than %d MB", longestReply>>20)
	}
	if err := verdictGiven(raw); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(raw))
	return res, nil
}

// verdictGiven fails for an answer that says neither that a call was done nor
// why it was not.
func verdictGiven(raw []byte) error {
	var said struct {
		OK    *bool   `json:"ok"`
		Error *string `json:"error"`
	}
	err := json.Unmarshal(raw, &said)
	switch {
	case err != nil:
		return fmt.Errorf("Slack's answer cannot be read: %w", err)
	case said.OK == nil, !*said.OK && (said.Error == nil || strings.TrimSpace(*said.Error) == ""):
		return errors.New("Slack's answer does not say what became of the call")
	}
	return nil
}

// quiet is how long Slack wants no more of the same.
func quiet(retryAfter string) time.Duration {
	seconds, err := strconv.ParseInt(strings.TrimSpace(retryAfter), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) && seconds > 0, seconds > int64(longestQuiet/time.Second):
		return longestQuiet
	case err != nil, seconds < 1:
		return time.Second
	}
	return time.Duration(seconds) * time.Second
}
