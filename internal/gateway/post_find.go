package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

const (
	// clockMargin is by how much our clock may be ahead of Slack's.
	clockMargin = 5 * time.Minute
	// A look into a channel reads at most so much of it.
	findPages, findPage = 20, 200
	findMemory          = time.Minute
)

// errUnsearchable: the app may not read where the message would stand, or
// there is too much to read.
var errUnsearchable = errors.New("it cannot be looked for")

// finder remembers what was seen in channels: after an outage many messages
// of one channel are looked for, and Slack allows some fifty looks a minute.
type finder struct {
	turns chan struct{} // looks at a time
	mu    sync.Mutex
	dm    map[string]string  // person → their direct messages, D…
	seen  map[string]glimpse // channel and thread → what stood there
}

// glimpse is what stood in a channel since from, when it was looked at, by the id in
// its metadata.
type glimpse struct {
	from time.Time // by Slack's clock
	at   time.Time // by ours, which nobody turns
	ts   map[string]string
}

func newFinder() *finder {
	return &finder{turns: make(chan struct{}, 2), dm: map[string]string{}, seen: map[string]glimpse{}}
}

func (s *finder) remember(channel, place string) {
	if channel == place {
		return
	}
	s.mu.Lock()
	s.dm[channel] = place
	s.mu.Unlock()
}

// resolve finds out what became of a message that was being sent: it gives
// the message as sent or as queued again, or an error that says when to ask
// again.
func (p *Posts) resolve(ctx context.Context, m post) (post, error) {
	if wait := p.unsettled(m); wait > 0 {
		return m, outbox.Later(wait, errOut)
	}
	if _, out := p.out.Load(m.key); out {
		return m, outbox.Later(time.Second, errOut)
	}
	place, ts, err := p.find(ctx, m)
	switch {
	case err == nil && ts != "":
		if err := p.record(ctx, nil, m, "found", place, ts); err != nil {
			return m, err
		}
	case err == nil || errors.Is(err, errUnsearchable):
		fate := "absent"
		if err != nil {
			fate = "unsearchable"
			p.log.Warn("a message whose fate is not known cannot be looked for; it is sent again and may be there twice", "key", m.key, "error", err)
		}
		if err := p.db.WriteRows(ctx, func(tx *database.Tx) error {
			_, err := waits(tx, m, "no answer came, and it is not there")
			return err
		}); err != nil {
			return m, err
		}
		p.calls.over(m.begun())
		p.fates.WithLabelValues(fate).Inc()
	default:
		after := patience(2)
		var rate *slack.RateLimitedError
		if errors.As(err, &rate) {
			after = max(after, rate.RetryAfter+chance(time.Second))
		}
		return m, outbox.Later(after, fmt.Errorf("look for it: %w", err))
	}
	err = p.db.Read(ctx, func(tx *database.Tx) (err error) {
		m, _, err = load(tx, m.key)
		return err
	})
	return m, err
}

// find looks for a message in Slack; ts is empty if it is not there.
func (p *Posts) find(ctx context.Context, m post) (place, ts string, err error) {
	var b body
	if err := json.Unmarshal([]byte(m.body), &b); err != nil {
		return "", "", err
	}
	select {
	case p.finder.turns <- struct{}{}:
		defer func() { <-p.finder.turns }()
	case <-ctx.Done():
		return "", "", ctx.Err()
	}
	if place, err = p.placeOf(ctx, m.channel); err != nil {
		return "", "", searchable(err)
	}
	began := m.started // by the clock of whoever called
	if known := p.calls.since(m.begun()); known.Before(began) {
		began = known
	}
	key, need := place+" "+b.Thread, began.Add(-clockMargin)
	p.finder.mu.Lock()
	v, ok := p.finder.seen[key]
	p.finder.mu.Unlock()
	if !ok || v.from.After(need) || v.at.Before(p.settled(m)) {
		if wait := p.seats.wait(p.slack.rates, historyMethod(b.Thread), m.id, p.now()); wait > 0 {
			return "", "", &slack.RateLimitedError{RetryAfter: wait}
		}
		// Wider than needed: it serves those that were sent a little before.
		if v, err = p.look(ctx, place, b.Thread, need.Add(-clockMargin)); err != nil {
			return "", "", searchable(err)
		}
		p.finder.keep(key, v)
	}
	return place, v.ts[m.id], nil
}

func (s *finder) keep(key string, v glimpse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for other, old := range s.seen {
		if v.at.Sub(old.at) > findMemory {
			delete(s.seen, other)
		}
	}
	s.seen[key] = v
}

// placeOf is the channel in which a message to that channel or person stands.
func (p *Posts) placeOf(ctx context.Context, channel string) (string, error) {
	if channel[0] != 'U' && channel[0] != 'W' {
		return channel, nil
	}
	p.finder.mu.Lock()
	place := p.finder.dm[channel]
	p.finder.mu.Unlock()
	if place != "" {
		return place, nil
	}
	err := p.ask(ctx, "conversations.open", func(ctx context.Context) error {
		c, _, _, err := p.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{channel}})
		switch {
		case err != nil:
			return err
		case c == nil || c.ID == "":
			return errors.New("the answer does not say which conversation was opened")
		}
		place = c.ID
		return nil
	})
	if err == nil {
		p.finder.remember(channel, place)
	}
	return place, err
}

// look reads what stands in a channel since then, or all of a thread. Of a channel,
// which comes the latest first, one page is read in any case: a clock of ours that
// is far ahead of Slack's would look for nothing but the future.
func (p *Posts) look(ctx context.Context, place, thread string, from time.Time) (glimpse, error) {
	v := glimpse{from: from, at: time.Now(), ts: map[string]string{}}
	oldest := fmt.Sprintf("%d.%06d", from.Unix(), from.Nanosecond()/1000)
	cursor, method := "", historyMethod(thread)
	for page := range findPages {
		var messages []slack.Message
		read := func(ctx context.Context) (err error) {
			messages, cursor, err = p.read(ctx, place, thread, cursor)
			return err
		}
		var err error
		if page == 0 {
			// It has had to wait for its turn already.
			err, _ = p.call(ctx, method, read)
			if v, after := judge(err, true); v == limited {
				p.slack.rates.refuse(method, after)
			}
		} else {
			err = p.ask(ctx, method, read)
		}
		var said slack.SlackErrorResponse
		switch {
		case errors.As(err, &said) && said.Err == "thread_not_found":
			return v, nil
		case err != nil:
			return v, err
		}
		for _, m := range messages {
			if id, _ := m.Metadata.EventPayload["id"].(string); m.Metadata.EventType == postEvent && id != "" {
				v.ts[id] = m.Timestamp
			}
		}
		if cursor == "" || thread == "" && len(messages) > 0 && messages[len(messages)-1].Timestamp < oldest {
			return v, nil
		}
	}
	return v, fmt.Errorf("%w: too much was said there since", errUnsearchable)
}

func historyMethod(thread string) string {
	if thread != "" {
		return "conversations.replies"
	}
	return "conversations.history"
}

func (p *Posts) read(ctx context.Context, place, thread, cursor string) (_ []slack.Message, next string, _ error) {
	if thread != "" {
		messages, _, next, err := p.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
			ChannelID: place, Timestamp: thread, Cursor: cursor, Limit: findPage, IncludeAllMetadata: true})
		return messages, next, err
	}
	r, err := p.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
		ChannelID: place, Cursor: cursor, Limit: findPage, IncludeAllMetadata: true})
	if err != nil {
		return nil, "", err
	}
	return r.Messages, r.ResponseMetaData.NextCursor, nil
}

// searchable tells a refusal that will not change from one that a later look
// may not meet.
func searchable(err error) error {
	v, _ := judge(err, true)
	var said slack.SlackErrorResponse
	// What stands there may be nothing that slack-go can read; it will not be later, either.
	var strange *json.UnmarshalTypeError
	if errors.As(err, &strange) || v == impossible || errors.As(err, &said) && said.Err == "missing_scope" {
		return fmt.Errorf("%w: %w", errUnsearchable, err)
	}
	return err
}
