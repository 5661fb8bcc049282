package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Room is a conversation as a person's side bar lists it.
type Room struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // empty for direct messages
	Kind     string `json:"kind"` // channel, group (private), im or mpim
	Topic    string `json:"topic"`
	Archived bool   `json:"archived"`
	Member   bool   `json:"member"`
	People   int    `json:"people"`
	Latest   string `json:"latest"` // ts of the newest message this person sees
}

// Rooms are the conversations that this person can open: channels, their own
// private ones, and their direct messages with the app.
func (p *Person) Rooms() []Room {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.im(p.id)
	var rooms []Room
	for _, id := range p.s.roomList {
		r := p.s.rooms[id]
		if !p.sees(r) {
			continue
		}
		shown := Room{ID: r.ID, Name: r.Name, Kind: r.kind, Topic: r.Topic, Archived: r.Archived, Member: r.has(p.id), People: len(r.Members)}
		for _, m := range slices.Backward(r.messages) {
			if r.seenBy(p.id, m) {
				shown.Latest = m.ts
				break
			}
		}
		rooms = append(rooms, shown)
	}
	return rooms
}

// sees tells whether a person can open a room. Guests see only where they are.
func (p *Person) sees(r *room) bool {
	return r.has(p.id) || r.kind == "channel" && !p.s.members[p.id].Guest
}

// open finds a room that this person sees, by its ID. The caller holds s.mu.
func (p *Person) open(room string) (*room, error) {
	r := p.s.rooms[room]
	if r == nil || !p.sees(r) {
		return nil, fmt.Errorf("@%s sees no conversation %s", p.s.members[p.id].Handle, room)
	}
	return r, nil
}

// History reads a conversation backwards as a client does: the newest messages
// older than the ts before ("" = the newest of all), at most most of them,
// oldest first, and whether there are older ones. Replies stay in their
// threads. Messages are JSON as the API shows them, with a few fields more that
// only a client needs: see [Person.Message].
func (p *Person) History(room, before string, most int) (messages []json.RawMessage, more bool, err error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r, err := p.open(room)
	if err != nil {
		return nil, false, err
	}
	messages = []json.RawMessage{}
	for _, m := range slices.Backward(r.messages) {
		if (before != "" && m.ts >= before) || !r.seenBy(p.id, m) || (m.thread != "" && !m.broadcast) {
			continue
		}
		if len(messages) == most {
			more = true
			break
		}
		messages = append(messages, p.shown(r, m))
	}
	slices.Reverse(messages)
	return messages, more, nil
}

// Thread reads a message and its replies, oldest first.
func (p *Person) Thread(room, ts string) ([]json.RawMessage, error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r, err := p.open(room)
	if err != nil {
		return nil, err
	}
	messages := []json.RawMessage{}
	for _, m := range r.messages {
		if (m.ts == ts || m.thread == ts) && r.seenBy(p.id, m) {
			messages = append(messages, p.shown(r, m))
		}
	}
	return messages, nil
}

// Message is one message as this person sees it; false if they see none. The
// fields beyond the API's: "room"; "seq", which grows with every change;
// "author" where it is not the sender's name; "state", what the person has
// picked in it; and "warned", when their last click went unanswered.
func (p *Person) Message(room, ts string) (json.RawMessage, bool) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	r, err := p.open(room)
	if err != nil {
		return nil, false
	}
	m := r.find(ts)
	if m == nil || !r.seenBy(p.id, m) {
		return nil, false
	}
	return p.shown(r, m), true
}

// Sees tells whether this person sees a message that changed. A message that
// is gone counts as seen by all who see the conversation.
func (p *Person) Sees(c Change) bool {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if c.Channel == "" {
		return c.Person == "" || c.Person == p.id
	}
	_, err := p.open(c.Channel)
	return err == nil && (c.Person == "" || c.Person == p.id)
}

// Concerns names the person whom a change of a private matter concerns: the
// reader of an ephemeral message, or the one who writes with the app. It is ""
// for what happens before everybody's eyes.
func (s *Server) Concerns(c Change) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.rooms[c.Channel]; c.Person == "" && r != nil {
		return r.user
	}
	return c.Person
}

func (p *Person) shown(r *room, m *message) json.RawMessage {
	o := p.s.wire(r, m)
	o["room"], o["seq"], o["state"] = r.ID, m.seq, place{room: r, message: m}.stateFor(p.id).json()
	if m.author != "" {
		o["author"] = m.author
	}
	if m.warned[p.id] {
		o["warned"] = true
	}
	return encode(o)
}

// Views are the modals that this person has open, the top one last, as the API
// shows them. More than the API: "errors" by block, "pending" while a
// submission waits for its answer, and "notice" when something went wrong.
func (p *Person) Views() []json.RawMessage {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	views := []json.RawMessage{}
	for _, v := range p.s.stacks[p.id] {
		views = append(views, p.shownView(v))
	}
	return views
}

// PublishedHome is this person's Home tab in the same form; nil if the app has
// published none.
func (p *Person) PublishedHome() json.RawMessage {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if v := p.s.homes[p.id]; v != nil {
		return p.shownView(v)
	}
	return nil
}

func (p *Person) shownView(v *view) json.RawMessage {
	o := p.s.viewObject(v)
	if len(v.errors) > 0 {
		wrong := obj{}
		for block, words := range v.errors {
			wrong[block] = words
		}
		o["errors"] = wrong
	}
	if v.pending {
		o["pending"] = true
	}
	if words := p.s.notices[p.id]; words != "" {
		o["notice"] = words
	}
	return encode(o)
}

// Tabs tells which tabs the app has, as a client shows them, and whether people
// may write to it.
func (s *Server) Tabs() (home, messages, writable bool) {
	return s.features.home, s.features.messages, s.features.messages && !s.features.readOnly
}

// Seen is the number of the newest [Change]. Whoever reads it before the rest,
// and watches from then on, sees whether something changed in between.
func (s *Server) Seen() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news.seq
}

// Since are the journal's entries after the one numbered seq, at most most of
// the newest.
func (j *Journal) Since(seq, most int) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	start := max(0, min(seq-j.gone, len(j.entries)), len(j.entries)-most)
	return slices.Clone(j.entries[start:])
}

// Len is how many entries there were so far: the number of the newest.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.gone + len(j.entries)
}
