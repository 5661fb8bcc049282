package slacksim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Surface is something that a person reads and clicks: a message, a modal, the
// Home tab. It is live: each method looks at what is shown at that moment.
type Surface struct {
	p    *Person
	name string // for error messages
	// at finds the surface, waiting for it where it is still to come.
	at func(ctx context.Context) (place, error)
}

// Card is a message as one person sees it.
type Card struct {
	Surface
	room, ts string
}

// Reply is what a person is shown for something they did: the message that
// answers it, once it is there. A gesture that opens a modal has none: see
// [Person.Modal].
type Reply struct {
	Surface
	g    *gesture
	said *Card
}

func (p *Person) card(room, ts string) *Card {
	c := &Card{room: room, ts: ts}
	c.Surface = Surface{p: p, name: "message", at: func(context.Context) (place, error) {
		p.s.mu.Lock()
		defer p.s.mu.Unlock()
		return c.find()
	}}
	return c
}

// find looks the message up. The caller holds s.mu.
func (c *Card) find() (place, error) {
	r := c.p.s.rooms[c.room]
	if m := r.find(c.ts); m != nil {
		return place{room: r, message: m}, nil
	}
	return place{}, errGone
}

var errGone = errors.New("the message is gone")

// Gone tells whether the message was deleted.
func (c *Card) Gone() bool {
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	_, err := c.find()
	return err != nil
}

// Channel is the ID of the conversation.
func (c *Card) Channel() string { return c.room }

// TS is the message's timestamp.
func (c *Card) TS() string { return c.ts }

// root is the timestamp of the thread that the message starts or is in.
func (c *Card) root() string {
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	if at, err := c.find(); err == nil && at.message.thread != "" {
		return at.message.thread
	}
	return c.ts
}

// Ephemeral tells whether only this person sees the message.
func (c *Card) Ephemeral() bool {
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	at, err := c.find()
	return err == nil && at.message.onlyFor != ""
}

// Notification is the top-level text: what notifications and screen readers say.
func (c *Card) Notification() string {
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	at, err := c.find()
	if err != nil {
		return ""
	}
	return renderer{s: c.p.s, zone: c.p.zone()}.mrkdwn(at.message.text)
}

// From is the user ID of the sender.
func (c *Card) From() string {
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	at, err := c.find()
	if err != nil {
		return ""
	}
	return at.message.user
}

// Thread are the replies that this person sees, oldest first.
func (c *Card) Thread() []*Card {
	root := c.root()
	c.p.s.mu.Lock()
	defer c.p.s.mu.Unlock()
	var cards []*Card
	r := c.p.s.rooms[c.room]
	for _, m := range r.messages {
		if m.thread == root && r.seenBy(c.p.id, m) {
			cards = append(cards, c.p.card(c.room, m.ts))
		}
	}
	return cards
}

// reply waits for what answers a gesture: a message that the app put there by
// the ack or the response URL; else one that is new or changed in the same
// conversation; else, when nothing more comes, one anywhere.
func (p *Person) reply(g *gesture, name string) *Reply {
	r := &Reply{g: g}
	var found *Card
	r.Surface = Surface{p: p, name: "reply to " + name, at: func(ctx context.Context) (place, error) {
		if found == nil {
			card, err := p.answer(ctx, g)
			if err != nil {
				return place{}, fmt.Errorf("no reply to %q: %w\n%s", name, err, p.Screen())
			}
			found = card
		}
		p.s.mu.Lock()
		defer p.s.mu.Unlock()
		return found.find()
	}}
	return r
}

func (p *Person) answer(ctx context.Context, g *gesture) (*Card, error) {
	look := func(anywhere bool) (*Card, bool) {
		var near, far, exact *message
		var at [3]string
		for _, id := range p.s.roomList {
			r := p.s.rooms[id]
			for _, m := range r.messages {
				if m.seq <= g.since || !r.seenBy(p.id, m) || (!m.byApp && m.user != slackbot) {
					continue
				}
				if m.origin != "" && m.origin != g.origin {
					continue // answers something else
				}
				switch {
				case m.origin == g.origin && g.origin != "":
					exact, at[0] = m, id
				case id == g.room && near == nil:
					near, at[1] = m, id
				case r.has(p.id) && far == nil:
					far, at[2] = m, id
				}
			}
		}
		switch {
		case exact != nil:
			return p.card(at[0], exact.ts), true
		case near != nil:
			return p.card(at[1], near.ts), true
		case far != nil && anywhere:
			return p.card(at[2], far.ts), true
		}
		return nil, false
	}
	// Most replies stand where the person is; only then look elsewhere.
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	card, err := await(short, p.s, func() (*Card, bool) { return look(false) })
	cancel()
	if err == nil {
		return card, nil
	}
	return await(ctx, p.s, func() (*Card, bool) { return look(true) })
}

// Card is the message that answers, waited for.
func (r *Reply) Card() *Card {
	r.p.t.Helper()
	return must(r.p, r.CardE)
}

// CardE is Card for use outside tests.
func (r *Reply) CardE(ctx context.Context) (*Card, error) {
	at, err := r.at(ctx)
	if err != nil {
		return nil, err
	}
	return r.p.card(at.room.ID, at.message.ts), nil
}

// Said is what the person wrote, where the gesture was a message.
func (r *Reply) Said() *Card { return r.said }

// Failed says how the delivery ended, if not well: operation_timeout,
// dispatch_failed; "" otherwise.
func (r *Reply) Failed() string {
	if r.g.delivery == nil {
		return ""
	}
	r.p.s.mu.Lock()
	defer r.p.s.mu.Unlock()
	return r.g.delivery.outcome.failure
}

// Text is everything one reads there, as plain text with [Buttons].
func (v *Surface) Text() string {
	v.p.t.Helper()
	return must(v.p, v.TextE)
}

// TextE is Text for use outside tests.
func (v *Surface) TextE(ctx context.Context) (string, error) {
	at, err := v.at(ctx)
	if err != nil {
		return "", err
	}
	v.p.s.mu.Lock()
	defer v.p.s.mu.Unlock()
	return v.p.showPlace(at), nil
}

// show renders a message for this person. The caller holds s.mu.
func (p *Person) show(m *message) string {
	shown := renderer{s: p.s, zone: p.zone(), state: m.chosen[p.id]}.message(m.text, m.blocks, m.attachments)
	for _, id := range m.files {
		if f := p.s.files[id]; f != nil {
			shown = joined("\n", []string{shown, "(file: " + f.title + ")"})
		}
	}
	if m.warned[p.id] {
		shown += "\n⚠ The app did not respond."
	}
	return shown
}

func (p *Person) showPlace(at place) string {
	if at.message != nil {
		return p.show(at.message)
	}
	shown := renderer{s: p.s, zone: p.zone(), state: at.view.state, wrong: at.view.errors}.view(at.view.def)
	if notice := p.s.notices[p.id]; notice != "" {
		shown += "\n⚠ " + notice
	}
	return shown
}

// Blocks are the Block Kit blocks as Slack keeps them.
func (v *Surface) Blocks() []map[string]any {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) ([]map[string]any, error) {
		at, err := v.at(ctx)
		if err != nil {
			return nil, err
		}
		v.p.s.mu.Lock()
		defer v.p.s.mu.Unlock()
		return objects(obj{"blocks": clone(at.blocks())}, "blocks"), nil
	})
}

// JSON is the message or view as the API shows it.
func (v *Surface) JSON() []byte {
	v.p.t.Helper()
	return must(v.p, func(ctx context.Context) ([]byte, error) {
		at, err := v.at(ctx)
		if err != nil {
			return nil, err
		}
		v.p.s.mu.Lock()
		defer v.p.s.mu.Unlock()
		if at.view != nil {
			return encode(v.p.s.viewObject(at.view)), nil
		}
		shown := v.p.s.wire(at.room, at.message)
		if at.message.metadata != nil {
			shown["metadata"] = at.message.metadata
		}
		return encode(shown), nil
	})
}

// WaitFor waits until the surface shows the words.
func (v *Surface) WaitFor(words string) {
	v.p.t.Helper()
	must(v.p, func(ctx context.Context) (struct{}, error) { return struct{}{}, v.WaitForE(ctx, words) })
}

// WaitForE is WaitFor for use outside tests.
func (v *Surface) WaitForE(ctx context.Context, words string) error {
	if _, err := v.at(ctx); err != nil {
		return err
	}
	for {
		v.p.s.mu.Lock()
		stirred := v.p.s.stirred()
		v.p.s.mu.Unlock()
		shown, err := v.TextE(ctx)
		if err == nil && strings.Contains(shown, words) {
			return nil
		}
		select {
		case <-stirred:
		case <-ctx.Done():
			return fmt.Errorf("the %s does not show %q: %w; it shows\n%s", v.name, words, ctx.Err(), shown)
		}
	}
}

// Screen is what the person sees at the moment, for messages of failed waits
// and for terminals: the last messages of each conversation and the open modal.
func (p *Person) Screen() string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "what @%s sees:\n", p.s.members[p.id].Handle)
	for _, id := range p.s.roomList {
		r := p.s.rooms[id]
		if !r.has(p.id) {
			continue
		}
		var seen []*message
		for _, m := range r.messages {
			if r.seenBy(p.id, m) {
				seen = append(seen, m)
			}
		}
		if len(seen) == 0 {
			continue
		}
		title := "#" + r.Name
		if r.kind == "im" {
			title = "direct messages with " + p.s.app.Name
		}
		fmt.Fprintf(&b, "-- %s\n", title)
		for _, m := range seen[max(0, len(seen)-8):] {
			from := p.s.members[m.user].Name
			if m.onlyFor != "" {
				from += " (only to you)"
			}
			fmt.Fprintf(&b, "%s: %s\n", from, strings.ReplaceAll(p.show(m), "\n", "\n    "))
		}
	}
	if v := p.s.top(p.id); v != nil {
		fmt.Fprintf(&b, "-- modal\n%s\n", p.showPlace(place{view: v}))
	}
	return b.String()
}
