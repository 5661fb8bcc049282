package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// PostKind is the outbox's kind of the rows that bring a message to Slack.
const PostKind = "slack.post"

// Messages is what Posts needs of Slack's Web API; slack-go's client is it.
// It must not try again by itself: it cannot know what became of a try.
type Messages interface {
	PostMessageContext(ctx context.Context, channel string, options ...slack.MsgOption) (place, ts string, err error)
	UpdateMessageContext(ctx context.Context, place, ts string, options ...slack.MsgOption) (string, string, string, error)
	GetConversationHistoryContext(ctx context.Context, of *slack.GetConversationHistoryParameters) (*slack.GetConversationHistoryResponse, error)
	GetConversationRepliesContext(ctx context.Context, of *slack.GetConversationRepliesParameters) (messages []slack.Message, more bool, cursor string, err error)
	OpenConversationContext(ctx context.Context, with *slack.OpenConversationParameters) (*slack.Channel, bool, bool, error)
	GetPermalinkContext(ctx context.Context, of *slack.PermalinkParameters) (string, error)
}

// Posts are messages that are in Slack as they are to look: whoever decides
// puts down, in the transaction of the decision, how the message of a key is
// to look now ([Posts.Put]), and the outbox sees to it that it stands in Slack
// once and looks like that.
//
// Slack has no key against doubles. So a message that is being sent is on disk
// as such before the call, and it carries an id of ours as metadata. When no
// answer came, nobody knows whether it was posted: after a time in which Slack
// may still be at it (Settle) it is looked for by that id, and only sent again
// if it is not there.
//
// Read on: post_send.go is what happens to a message, post_verdict.go what an
// answer of Slack means, post_calls.go when a call is surely over, post_find.go the
// search for a lost message, post_chart.go charts that Slack does not show, post_pace.go the rates, post_store.go the SQL.
type Posts struct {
	// Timeout is what one call may take, Settle how long after that Slack may
	// still post what it never answered.
	Timeout, Settle time.Duration
	// OnSent, if set, is told of a message that now stands in Slack, in the
	// transaction that records it: once per key.
	OnSent func(tx *database.Tx, key, channel, ts string) error
	// Draw, if set, makes the pictures for a Slack that shows no charts.
	Draw Draw

	db     *database.DB
	outbox *outbox.Outbox
	api    Messages
	now    func() time.Time
	log    *slog.Logger
	slack  caller
	fates  *prometheus.CounterVec
	pace   *pacer
	seats  seats
	finder *finder
	calls  calls
	// out are the keys of messages that a call of this process is bringing to
	// Slack now.
	out sync.Map
}

// NewPosts makes the keeper of messages and tells the outbox of it.
func NewPosts(db *database.DB, o *outbox.Outbox, api Messages, now func() time.Time, log *slog.Logger) *Posts {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	p := &Posts{
		Timeout: 10 * time.Second, Settle: 20 * time.Second,
		db: db, outbox: o, api: api, now: now, log: log,
		slack: caller{rates: newRates(now), count: func(_ string, do func() error) error { return do() }, done: func(string, string) {}},
		fates: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sopbot_posts_total",
			Help: "What became of messages: sent, updated, refused, limited, unknown, found (after no answer came), absent (and sent again), unsearchable (and sent again, perhaps doubled), plainer (refused with its charts, and sent without them), dead."}, []string{"fate"}),
		pace: newPacer(), finder: newFinder(),
	}
	o.Handle(PostKind, p.run)
	return p
}

// Spread sets how far apart messages in one channel are, after a short burst.
// The usual is as close as Slack allows. It is for before the outbox runs.
func (p *Posts) Spread(every time.Duration) { p.pace.every = every }

// Posts makes the keeper of messages over the gateway's own client.
func (g *Gateway) Posts(o *outbox.Outbox) *Posts {
	p := NewPosts(g.DB, o, g.api, g.Now, g.Log)
	p.Timeout = g.http.Timeout
	p.slack, p.pace = g.slack, g.pace
	if g.Metrics != nil {
		g.Metrics.MustRegister(p.fates)
	}
	return p
}

// body is a message as it is stored, and sent.
type body struct {
	Text   string            `json:"text,omitempty"`
	Blocks []json.RawMessage `json:"blocks,omitempty"`
	Thread string            `json:"thread,omitempty"`
	Charts string            `json:"charts,omitempty"` // how they are shown, see post_chart.go
	Tries  int               `json:"tries,omitempty"`  // of the pictures, but for the first
}

// order is the payload of an outbox row: bring that version to Slack.
type order struct {
	Key     string `json:"key"`
	Version int64  `json:"version"`
}

func (o order) row() string { return "post/" + o.Key + "/" + strconv.FormatInt(o.Version, 10) }

// A message can only be changed as long as its text has so many letters;
// what changes must fit from the start.
const longestText = 4000

// Put says how the message of that key is to look, from the moment the
// transaction is committed on. The first time it is posted in the channel, or
// to the person (U…); from then on the same message is changed. The same look
// again is nothing new.
//
// InChannel, Replace and Delete of the message mean nothing here, and Thread
// counts the first time only.
func (p *Posts) Put(tx *database.Tx, key, channel string, m chat.Message) error {
	if err := p.put(tx, key, channel, m); err != nil {
		return fmt.Errorf("put message %s: %w", key, err)
	}
	return nil
}

func (p *Posts) put(tx *database.Tx, key, channel string, m chat.Message) error {
	if key == "" || channel == "" {
		return fmt.Errorf("a message needs a key and a channel, not %q", channel)
	}
	text, err := p.encode(key, m)
	if err != nil {
		return err
	}
	// To somebody who is erased nothing new goes: nobody is there to read it.
	if !chat.WasErased(channel) {
		made, err := insertPost(tx, key, channel, text, p.now())
		if err != nil {
			return err
		}
		if made {
			return p.order(tx, order{key, 1})
		}
	}
	old, found, err := load(tx, key)
	if err == nil && !found {
		if chat.WasErased(channel) {
			return nil
		}
		err = errors.New("it is there, and it is not")
	}
	if err != nil {
		return err
	}
	return p.change(tx, old, channel, m)
}

// change puts another look in the place of the one that a message has.
func (p *Posts) change(tx *database.Tx, old post, channel string, m chat.Message) error {
	key := old.key
	if old.channel == channel {
		// It may be on its way, and is looked for in the thread it went to.
		var b body
		if err := json.Unmarshal([]byte(old.body), &b); err != nil {
			return err
		}
		m.Thread = b.Thread
	}
	text, err := p.encode(key, m)
	if err != nil {
		return err
	}
	switch {
	case old.channel != channel && (old.ts != "" || old.state == "sending"):
		return fmt.Errorf("it stands in %s and cannot go to %s", old.channel, channel)
	case old.channel == channel && old.body == text:
		return nil
	default:
		err = changePost(tx, key, channel, text, p.now())
	}
	if err != nil {
		return err
	}
	return p.order(tx, order{key, old.version + 1})
}

// order has a version of a message brought to Slack. No other order is for it.
func (p *Posts) order(tx *database.Tx, next order) error {
	return p.outbox.Queue(tx, outbox.Row{Kind: PostKind, Key: next.row(), Payload: next})
}

func (p *Posts) encode(key string, m chat.Message) (string, error) {
	b := body{Text: m.Text, Thread: m.Thread}
	if head, rest := chat.Cut(b.Text, longestText-2); rest != "" {
		p.log.Warn("a message is too long to be changed and is cut", "key", key)
		b.Text = head + " …"
	}
	for _, block := range m.Blocks {
		raw, err := marshal(block)
		if err != nil {
			return "", err
		}
		b.Blocks = append(b.Blocks, raw)
	}
	if b.Text == "" && len(b.Blocks) == 0 {
		return "", errors.New("it says nothing")
	}
	raw, err := marshal(b)
	return string(raw), err
}

// Where tells in which channel (D… for a person) the message of that key
// stands, and by which timestamp; sent is false while it stands nowhere.
func (p *Posts) Where(tx *database.Tx, key string) (channel, ts string, sent bool) {
	m, found, err := load(tx, key)
	if err != nil {
		// The transaction is lost anyway, and will say so.
		p.log.Error("where a message stands", "key", key, "error", err)
	}
	return m.place, m.ts, err == nil && found && m.ts != ""
}

// Undelivered tells of a row that the outbox gave up which message it was to
// bring, and to which channel or person; isMessage is false for a row of
// another kind.
func (p *Posts) Undelivered(tx *database.Tx, row outbox.Buried) (key, channel string, isMessage bool, err error) {
	if row.Kind != PostKind {
		return "", "", false, nil
	}
	key = strings.TrimPrefix(row.Key, "post/")
	if version := strings.LastIndexByte(key, '/'); version >= 0 {
		key = key[:version]
	}
	m, _, err := load(tx, key)
	return key, m.channel, true, err
}

// ErrNotSent is Permalink's answer for what does not stand in Slack.
var ErrNotSent = errors.New("the message does not stand in Slack yet")

// Permalink asks Slack for the address of a message.
func (p *Posts) Permalink(ctx context.Context, key string) (url string, err error) {
	var place, ts string
	var sent bool
	if err := p.db.Read(ctx, func(tx *database.Tx) error {
		place, ts, sent = p.Where(tx, key)
		return nil
	}); err != nil {
		return "", err
	}
	if !sent {
		return "", ErrNotSent
	}
	err = p.slack.call(ctx, "chat.getPermalink", func() error {
		url, err = p.api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: place, Ts: ts})
		return err
	})
	return url, err
}

// Revive tries a dead message again, after whatever stood in its way was
// removed; revived is false when it is not dead.
func (p *Posts) Revive(tx *database.Tx, key string) (revived bool, err error) {
	m, found, err := load(tx, key)
	if err != nil || !found || m.state != "dead" {
		return false, err
	}
	if err := revivePost(tx, key, p.now()); err != nil {
		return false, fmt.Errorf("revive message %s: %w", key, err)
	}
	return p.outbox.Revive(tx, order{key, m.version}.row())
}
