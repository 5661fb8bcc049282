package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/database"
	"sopbot/internal/outbox"
)

// postEvent is the event_type of a message's metadata; its payload has the
// post's id and nothing else, because every app in the channel can read it.
const postEvent = "sopbot_post"

var (
	errPaced   = errors.New("waiting for its turn")
	errOut     = errors.New("a call is out, or its outcome is not known")
	errOlder   = errors.New("an older message for the same channel comes first")
	errChanged = errors.New("it changed meanwhile")
)

// run brings one version of a message to Slack, or finds that there is
// nothing to do any more: a newer version has its own row, which does what is
// still to be done for this one.
func (p *Posts) run(ctx context.Context, j outbox.Job) error {
	var o order
	if err := json.Unmarshal(j.Payload, &o); err != nil {
		return outbox.Dead(err)
	}
	var m post
	var found bool
	if err := p.db.Read(ctx, func(tx *database.Tx) (err error) {
		m, found, err = load(tx, o.Key)
		return err
	}); err != nil {
		return err
	}
	if !found || m.version != o.Version {
		return nil
	}
	if m.state == "sending" {
		var err error
		if m, err = p.resolve(ctx, m); err != nil || m.version != o.Version {
			return err
		}
	}
	switch {
	case m.state == "dead":
		return outbox.Dead(errors.New(m.err))
	case m.state == "queued":
		return p.send(ctx, j, m)
	case m.sent < m.version:
		return p.update(ctx, j, m)
	}
	return nil
}

// send posts a message that does not stand in Slack.
func (p *Posts) send(ctx context.Context, j outbox.Job, m post) error {
	if wait := p.pace.turn(m.id, m.channel, p.now()); wait > 0 {
		return outbox.Later(wait, errPaced)
	}
	p.out.Store(m.key, true)
	defer p.out.Delete(m.key)
	begun, err := p.begin(ctx, m, func(tx *database.Tx, now time.Time) (bool, error) { return beginPost(tx, m, now) })
	if err != nil {
		wait := p.pace.back(m.id, m.channel, p.now())
		if errors.Is(err, errChanged) && begun.state == "queued" && begun.version == m.version {
			return outbox.Later(wait, errOlder)
		}
		return err
	}
	m = begun
	options, err := m.options(true)
	if err != nil {
		p.pace.over(m.channel, p.now())
		return p.end(ctx, j, m, impossible, 0, err)
	}
	var place, ts string
	err, wrote := p.call(ctx, "chat.postMessage", func(ctx context.Context) (err error) {
		place, ts, err = p.api.PostMessageContext(ctx, m.channel, options...)
		if err == nil && (place == "" || ts == "") {
			return errors.New("the answer does not say where it stands")
		}
		return err
	})
	v, after := judge(err, wrote)
	if v == limited {
		p.pace.limited(m.id, m.channel, after, p.now())
	} else {
		p.pace.over(m.channel, p.now())
	}
	switch v {
	case accepted:
		p.finder.remember(m.channel, place)
		return p.record(ctx, &j, m, "sent", place, ts)
	}
	return p.end(ctx, j, m, v, after, err)
}

// update makes a message that stands in Slack look as it is to. Slack may be
// told twice: the result is the same.
func (p *Posts) update(ctx context.Context, j outbox.Job, m post) error {
	if wait := p.seats.wait(p.slack.rates, "chat.update", m.id, p.now()); wait > 0 {
		return outbox.Later(wait, errPaced)
	}
	// Our clock may be pushed while a call with an older look is out: it is over
	// when it is over, whatever the clock says.
	if _, out := p.out.LoadOrStore(m.key, true); out {
		return outbox.Later(100*time.Millisecond, errOut)
	}
	defer p.out.Delete(m.key)
	// A call with another look has to be over.
	var over call
	if !m.started.IsZero() && p.unsettled(m) <= 0 {
		over = m.begun()
	}
	m, err := p.begin(ctx, m, func(tx *database.Tx, now time.Time) (bool, error) { return beginUpdate(tx, m, now, over) })
	if err != nil {
		return err
	}
	options, err := m.options(false)
	if err != nil {
		return p.end(ctx, j, m, impossible, 0, err)
	}
	err, wrote := p.call(ctx, "chat.update", func(ctx context.Context) error {
		_, _, _, err := p.api.UpdateMessageContext(ctx, m.place, m.ts, options...)
		return err
	})
	v, after := judge(err, wrote)
	switch v {
	case accepted:
		return p.record(ctx, &j, m, "updated", m.place, m.ts)
	case limited:
		p.slack.rates.refuse("chat.update", after)
	}
	return p.end(ctx, j, m, v, after, err)
}

// begin writes down, before a call, that it is about to be made, and gives
// the message as it is then.
func (p *Posts) begin(ctx context.Context, m post, claim func(tx *database.Tx, now time.Time) (bool, error)) (post, error) {
	begun := false
	err := p.db.WriteRows(ctx, func(tx *database.Tx) (err error) {
		if begun, err = claim(tx, p.now()); err != nil {
			return err
		}
		m, _, err = load(tx, m.key)
		return err
	})
	switch {
	case err != nil:
		return m, err
	case begun:
		p.calls.since(m.begun()) // which is from now on
		return m, nil
	case !m.started.IsZero():
		// Whoever made that call brings this row forward when it is over.
		return m, outbox.Later(p.unsettled(m), errOut)
	}
	return m, outbox.Later(100*time.Millisecond, errChanged)
}

func (p *Posts) call(ctx context.Context, method string, do func(ctx context.Context) error) (err error, wrote bool) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	ctx, left := traced(ctx)
	err = p.slack.once(method, func() error { return do(ctx) })
	return err, left.Load()
}

// ask makes a call that changes nothing, when its turn has come.
func (p *Posts) ask(ctx context.Context, method string, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	return p.slack.call(ctx, method, func() error { return do(ctx) })
}

// options are the arguments of the call that sends the message.
func (m post) options(first bool) ([]slack.MsgOption, error) {
	var b body
	if err := json.Unmarshal([]byte(m.body), &b); err != nil {
		return nil, err
	}
	var options []slack.MsgOption
	if b.Text != "" {
		options = append(options, slack.MsgOptionText(b.Text, false))
	}
	if len(b.Blocks) > 0 {
		blocks := make([]slack.Block, len(b.Blocks))
		for i, raw := range b.Blocks {
			var err error
			// Blocks go out as they were stored: what slack-go does not know of
			// a block would be lost if it read it.
			if blocks[i], err = slack.BlockFromJSON(string(raw)); err != nil {
				return nil, err
			}
		}
		options = append(options, slack.MsgOptionBlocks(blocks...))
	}
	if !first {
		return options, nil
	}
	if b.Thread != "" {
		options = append(options, slack.MsgOptionTS(b.Thread))
	}
	return append(options, slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: postEvent, EventPayload: map[string]any{"id": m.id}})), nil
}

// record writes down that the version that was sent stands in Slack. j is the
// row whose call it was and is completed with it; nil for a call of the past,
// whose message was found.
func (p *Posts) record(ctx context.Context, j *outbox.Job, m post, fate, place, ts string) error {
	// Whatever ends meanwhile: this is known now and must not be forgotten.
	write := p.db.WriteRows
	if p.OnSent != nil {
		write = p.db.Write // what it does is anybody's
	}
	err := write(context.WithoutCancel(ctx), func(tx *database.Tx) error {
		ours, err := stands(tx, m, place, ts)
		if err != nil || !ours {
			return err
		}
		if m.ts == "" && p.OnSent != nil {
			if err := p.OnSent(tx, m.key, place, ts); err != nil {
				return err
			}
		}
		if j == nil {
			return nil
		}
		if err := p.next(tx, m); err != nil {
			return err
		}
		// The row may have been brought forward meanwhile: it will find
		// nothing to do.
		if err := j.Done(tx); !errors.Is(err, outbox.ErrLost) {
			return err
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("record that %s stands in Slack: %w", m.key, err)
	}
	p.calls.over(m.begun())
	p.fates.WithLabelValues(fate).Inc()
	return nil
}

// end writes down that a call was over without success, and tells the outbox
// what to do with the row.
func (p *Posts) end(ctx context.Context, j outbox.Job, m post, v verdict, after time.Duration, why error) error {
	if v == unknown {
		p.fates.WithLabelValues("unknown").Inc()
		p.log.Warn("nobody knows what became of a message", "key", m.key, "first", m.ts == "", "error", why)
		if m.ts == "" {
			return outbox.Later(p.unsettled(m), why)
		}
		return outbox.Later(patience(m.attempt), why)
	}
	if v == impossible {
		if done, again := p.instead(ctx, m, why); done {
			return again
		}
	}
	change, fate := waits, "refused"
	switch v {
	case limited:
		fate = "limited"
	case impossible:
		change, fate = gaveUp, "dead"
	}
	err := p.db.WriteRows(context.WithoutCancel(ctx), func(tx *database.Tx) error {
		ours, err := change(tx, m, why.Error())
		if err != nil || !ours {
			return err
		}
		return p.next(tx, m)
	})
	if err != nil {
		return err
	}
	p.calls.over(m.begun())
	p.fates.WithLabelValues(fate).Inc()
	switch v {
	case impossible:
		p.log.Error("a message cannot be sent", "key", m.key, "channel", m.channel, "error", why)
		return outbox.Dead(why)
	case limited:
		return outbox.Later(after, why)
	}
	return outbox.Later(max(after, patience(m.attempt)), why)
}

// next brings the row of a newer version forward, which may be waiting for
// the outcome of this call.
func (p *Posts) next(tx *database.Tx, m post) error {
	now, found, err := load(tx, m.key)
	if err != nil || !found || now.version == m.sending {
		return err
	}
	_, err = p.outbox.Move(tx, order{m.key, now.version}.row(), p.now())
	return err
}

// patience is how long to wait after that many tries: doubling to half a
// minute, with chance in it.
func patience(attempt int) time.Duration {
	return min(time.Second<<min(attempt, 5), 30*time.Second)/2 + chance(time.Second<<min(attempt, 4))
}

func chance(most time.Duration) time.Duration { return rand.N(most) }
