package slacksim

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// TB is the part of testing.TB that the driver needs.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
	Failed() bool
}

// Slack is a running [Server] seen from a test: its people speak and click, and
// whatever goes wrong ends the test with what was visible.
type Slack struct {
	*Server
	t TB
	// Patience is how long waits last, default 20 seconds.
	Patience time.Duration
}

// Open starts a Slack for one test, closes it at the end and logs the journal
// if the test failed.
func Open(t TB, opts Options) *Slack {
	t.Helper()
	server, err := Start(opts)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("what went over the wire:\n%s", server.Journal())
		}
		_ = server.Close()
	})
	return server.For(t)
}

// For lets a test speak through a server that it started itself.
func (s *Server) For(t TB) *Slack { return &Slack{Server: s, t: t, Patience: 20 * time.Second} }

// As is the person with this handle (sam, @sam) or ID.
func (k *Slack) As(who string) *Person {
	k.t.Helper()
	p, err := k.Person(who)
	if err != nil {
		k.t.Fatalf("%v", err)
	}
	p.t, p.patience = k.t, k.Patience
	return p
}

// WaitConnected waits until at least n sockets of the app are open.
func (k *Slack) WaitConnected(n int) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), k.Patience)
	defer cancel()
	if err := k.WaitConnectedE(ctx, n); err != nil {
		k.t.Fatalf("%v", err)
	}
}

// WaitConnectedE waits until at least n sockets of the app are open.
func (s *Server) WaitConnectedE(ctx context.Context, n int) error {
	_, err := await(ctx, s, func() (struct{}, bool) { return struct{}{}, len(s.sockets) >= n })
	if err != nil {
		return fmt.Errorf("the app has not opened %d sockets: %w", n, err)
	}
	return nil
}

// Person is somebody at their Slack client. Methods without an E wait, and end
// the test when nothing came; those with an E return errors and take the time
// that their context gives, for use outside tests.
type Person struct {
	s        *Server
	t        TB
	patience time.Duration
	id       string
	room     string
}

// Person finds somebody by handle or ID, for use outside tests: only methods
// ending in E may be called; the others panic on failure.
func (s *Server) Person(who string) (*Person, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := strings.TrimPrefix(who, "@")
	for _, id := range s.order {
		if m := s.members[id]; (m.Handle == name || m.ID == name) && !m.Bot {
			p := &Person{s: s, t: loud{}, patience: 5 * time.Second, id: id}
			for _, room := range s.roomList {
				r := s.rooms[room]
				if p.room == "" && r.has(id) && r.has(s.app.BotUser) && !r.Archived {
					p.room = room
				}
			}
			if p.room == "" {
				p.room = s.im(id).ID
			}
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no %s in %s", who, s.team.Name)
}

// loud stands in for a test where there is none.
type loud struct{}

func (loud) Helper()                           {}
func (loud) Fatalf(format string, args ...any) { panic(fmt.Sprintf("slacksim: "+format, args...)) }
func (loud) Logf(string, ...any)               {}
func (loud) Cleanup(func())                    {}
func (loud) Failed() bool                      { return false }

// ID is the person's user ID.
func (p *Person) ID() string { return p.id }

// Member tells who this is.
func (p *Person) Member() Member { return *p.s.members[p.id] }

func (p *Person) zone() *time.Location {
	zone, err := time.LoadLocation(p.s.members[p.id].TZ)
	if err != nil {
		return time.UTC
	}
	return zone
}

// In is the same person looking at another conversation: #channel, a channel
// ID, or "DM" for the direct messages with the app. Commands are typed there.
func (p *Person) In(channel string) *Person {
	p.t.Helper()
	r, err := p.find(channel)
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	elsewhere := *p
	elsewhere.room = r.ID
	return &elsewhere
}

// InE is In for use outside tests.
func (p *Person) InE(channel string) (*Person, error) {
	r, err := p.find(channel)
	if err != nil {
		return nil, err
	}
	elsewhere := *p
	elsewhere.room = r.ID
	return &elsewhere, nil
}

func (p *Person) find(channel string) (*room, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.locate(channel)
}

// locate finds a conversation as this person names it. The caller holds s.mu.
func (p *Person) locate(channel string) (*room, error) {
	if channel == "DM" || channel == "" {
		return p.s.im(p.id), nil
	}
	name := strings.TrimPrefix(channel, "#")
	for _, id := range p.s.roomList {
		r := p.s.rooms[id]
		if (r.ID == name || (r.Name == name && r.kind != "im")) && (r.kind == "channel" || r.has(p.id)) {
			return r, nil
		}
	}
	return nil, fmt.Errorf("@%s sees no channel %s", p.s.members[p.id].Handle, channel)
}

// await waits until look finds something; look is called under s.mu, now and
// after every change.
func await[T any](ctx context.Context, s *Server, look func() (T, bool)) (T, error) {
	for {
		s.mu.Lock()
		found, ok := look()
		stirred := s.stirred()
		s.mu.Unlock()
		if ok {
			return found, nil
		}
		select {
		case <-stirred:
		case <-ctx.Done():
			return found, ctx.Err()
		}
	}
}

// must runs an E method with the person's patience and ends the test on errors.
func must[T any](p *Person, do func(context.Context) (T, error)) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), p.patience)
	defer cancel()
	got, err := do(ctx)
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	return got
}

// ready waits for the app's first connection: a test need not race its start.
// An app that was connected before and is gone now is not waited for.
func (p *Person) ready(ctx context.Context) error {
	_, err := await(ctx, p.s, func() (struct{}, bool) { return struct{}{}, p.s.socketSeq > 0 })
	if err != nil {
		return fmt.Errorf("the app never opened a socket: %w", err)
	}
	return nil
}

// do runs a gesture under the lock and waits until its ack (or failure) is in.
func (p *Person) do(ctx context.Context, what func() (*gesture, error)) (*gesture, error) {
	if err := p.ready(ctx); err != nil {
		return nil, err
	}
	return p.act(ctx, what)
}

// act is do without waiting for the app.
func (p *Person) act(ctx context.Context, what func() (*gesture, error)) (*gesture, error) {
	p.s.mu.Lock()
	g, err := what()
	p.s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return g, p.settled(ctx, g)
}

func (p *Person) settled(ctx context.Context, g *gesture) error {
	if g.delivery == nil {
		return nil
	}
	select {
	case <-g.delivery.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the ack of %s: %w", g.delivery.kind, ctx.Err())
	}
}

// Slash types a slash command, as "/sop objection pricing". The reply is what
// the person is shown for it.
func (p *Person) Slash(line string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.SlashE(ctx, line) })
}

// SlashE types a slash command and waits for its ack. A command that fails is
// no error: the reply then shows what Slack says.
func (p *Person) SlashE(ctx context.Context, line string) (*Reply, error) {
	if !strings.HasPrefix(line, "/invite") { // which is Slack's own, and needs no app
		if err := p.ready(ctx); err != nil {
			return nil, err
		}
	}
	g, err := p.act(ctx, func() (*gesture, error) { return p.s.slash(p.id, p.s.rooms[p.room], line) })
	if err != nil {
		return nil, err
	}
	return p.reply(g, line), nil
}

// Mention writes "@app words" in a channel; the reply is what the app answers
// there, in the channel or a thread.
func (p *Person) Mention(channel, words string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.MentionE(ctx, channel, words) })
}

// MentionE is Mention for use outside tests.
func (p *Person) MentionE(ctx context.Context, channel, words string) (*Reply, error) {
	return p.write(ctx, channel, mentionOf(p.s.app.BotUser)+" "+words, "")
}

// MentionInThread writes "@app words" in the thread of a message.
func (p *Person) MentionInThread(on *Card, words string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) {
		return p.write(ctx, on.room, mentionOf(p.s.app.BotUser)+" "+words, on.root())
	})
}

// DM writes to the app; the reply is what it answers.
func (p *Person) DM(words string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.DME(ctx, words) })
}

// DME is DM for use outside tests.
func (p *Person) DME(ctx context.Context, words string) (*Reply, error) {
	return p.write(ctx, "DM", words, "")
}

// DMInThread writes to the app in the thread of one of its messages.
func (p *Person) DMInThread(on *Card, words string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.write(ctx, on.room, words, on.root()) })
}

// Say writes a message that does not name the app. Use the card for shortcuts
// on it.
func (p *Person) Say(channel, words string) *Card {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Card, error) { return p.SayE(ctx, channel, words) })
}

// SayE is Say for use outside tests.
func (p *Person) SayE(_ context.Context, channel, words string) (*Card, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r, err := p.locate(channel)
	if err != nil {
		return nil, err
	}
	_, m, err := p.s.say(p.id, r, words, "")
	if err != nil {
		return nil, err
	}
	return p.card(r.ID, m.ts), nil
}

func (p *Person) write(ctx context.Context, channel, words, thread string) (*Reply, error) {
	var ts string
	g, err := p.do(ctx, func() (*gesture, error) {
		r, err := p.locate(channel)
		if err != nil {
			return nil, err
		}
		g, m, err := p.s.say(p.id, r, words, thread)
		if err == nil {
			ts = m.ts
		}
		return g, err
	})
	if err != nil {
		return nil, err
	}
	reply := p.reply(g, words)
	reply.said = p.card(g.room, ts)
	return reply, nil
}

// Shortcut uses a message shortcut by its visible name, on a message.
func (p *Person) Shortcut(name string, on *Card) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.ShortcutE(ctx, name, on) })
}

// ShortcutE is Shortcut for use outside tests.
func (p *Person) ShortcutE(ctx context.Context, name string, on *Card) (*Reply, error) {
	g, err := p.do(ctx, func() (*gesture, error) {
		at, err := on.find()
		if err != nil {
			return nil, err
		}
		sc, ok := p.s.features.shortcut(name, true)
		if !ok {
			return nil, fmt.Errorf("the app has no message shortcut %q", name)
		}
		if at.message.onlyFor != "" {
			return nil, fmt.Errorf("an ephemeral message has no shortcuts")
		}
		return p.s.messageShortcut(p.id, at.room, at.message, sc), nil
	})
	if err != nil {
		return nil, err
	}
	return p.reply(g, name), nil
}

// GlobalShortcut uses a global shortcut by its visible name.
func (p *Person) GlobalShortcut(name string) *Reply {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Reply, error) { return p.GlobalShortcutE(ctx, name) })
}

// GlobalShortcutE is GlobalShortcut for use outside tests.
func (p *Person) GlobalShortcutE(ctx context.Context, name string) (*Reply, error) {
	g, err := p.do(ctx, func() (*gesture, error) {
		sc, ok := p.s.features.shortcut(name, false)
		if !ok {
			return nil, fmt.Errorf("the app has no global shortcut %q", name)
		}
		return p.s.globalShortcut(p.id, sc), nil
	})
	if err != nil {
		return nil, err
	}
	return p.reply(g, name), nil
}

// React adds an emoji, named without colons, to a message.
func (p *Person) React(on *Card, emoji string) {
	p.t.Helper()
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	at, err := on.find()
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	if p.s.react(at.room, at.message, p.id, emoji) {
		p.s.event("reaction_added", obj{
			"type": "reaction_added", "user": p.id, "reaction": emoji, "item_user": at.message.user, "event_ts": p.s.stamp(),
			"item": obj{"type": "message", "channel": at.room.ID, "ts": at.message.ts},
		}, at.room.ID)
	}
}

// Messages are the messages this person sees in a channel ("DM" for the app's
// direct messages), oldest first, replies and ephemeral ones included.
func (p *Person) Messages(channel string) []*Card {
	p.t.Helper()
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r, err := p.locate(channel)
	if err != nil {
		p.t.Fatalf("%v", err)
	}
	var cards []*Card
	for _, m := range r.messages {
		if r.seenBy(p.id, m) {
			cards = append(cards, p.card(r.ID, m.ts))
		}
	}
	return cards
}

// WaitFor waits until this person sees a message that contains the words, in
// any conversation they are in, and gives the newest such.
func (p *Person) WaitFor(words string) *Card {
	p.t.Helper()
	return must(p, func(ctx context.Context) (*Card, error) { return p.WaitForE(ctx, words) })
}

// WaitForE is WaitFor for use outside tests.
func (p *Person) WaitForE(ctx context.Context, words string) (*Card, error) {
	found, err := await(ctx, p.s, func() (*Card, bool) {
		for _, id := range slices.Backward(p.s.roomList) {
			r := p.s.rooms[id]
			if !r.has(p.id) {
				continue
			}
			for _, m := range slices.Backward(r.messages) {
				if r.seenBy(p.id, m) && strings.Contains(p.show(m), words) {
					return p.card(id, m.ts), true
				}
			}
		}
		return nil, false
	})
	if err != nil {
		return nil, fmt.Errorf("@%s sees nothing with %q: %w\n%s", p.s.members[p.id].Handle, words, err, p.Screen())
	}
	return found, nil
}
