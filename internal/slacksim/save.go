package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// saved is what a workspace keeps while the simulator is off: what people see.
// Open modals, response URLs and the journal end with it, as with a client that
// is closed.
type saved struct {
	Version   int              `json:"version"`
	LastTS    int64            `json:"last_ts"`
	Rooms     []savedRoom      `json:"rooms"`
	Homes     map[string]home  `json:"homes"`
	Files     []savedFile      `json:"files"`
	Scheduled []savedScheduled `json:"scheduled"`
}

type savedRoom struct {
	Channel  Channel        `json:"channel"`
	Kind     string         `json:"kind"`
	User     string         `json:"user,omitempty"`
	Created  time.Time      `json:"created"`
	Messages []savedMessage `json:"messages"`
}

type savedMessage struct {
	TS          string          `json:"ts"`
	Thread      string          `json:"thread,omitempty"`
	User        string          `json:"user"`
	ByApp       bool            `json:"by_app,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Files       []string        `json:"files,omitempty"`
	OnlyFor     string          `json:"only_for,omitempty"`
	Edited      string          `json:"edited,omitempty"`
	ClientID    string          `json:"client_id,omitempty"`
	Reactions   []savedReaction `json:"reactions,omitempty"`
	Broadcast   bool            `json:"broadcast,omitempty"`
	Author      string          `json:"author,omitempty"`
}

type savedReaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
}

type home struct {
	ID  string          `json:"id"`
	Def json.RawMessage `json:"def"`
}

type savedFile struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Title   string              `json:"title"`
	Alt     string              `json:"alt,omitempty"`
	Created time.Time           `json:"created"`
	Data    []byte              `json:"data"`
	Shares  map[string][]string `json:"shares,omitempty"`
}

type savedScheduled struct {
	ID          string          `json:"id"`
	Room        string          `json:"room"`
	Due         time.Time       `json:"due"`
	Made        time.Time       `json:"made"`
	Thread      string          `json:"thread,omitempty"`
	Text        string          `json:"text"`
	Blocks      json.RawMessage `json:"blocks,omitempty"`
	Attachments json.RawMessage `json:"attachments,omitempty"`
}

// Save writes down what is visible in the workspace, for [Server.Restore]. The
// workspace stands still only while it is looked at, not while it is written.
func (s *Server) Save() ([]byte, error) {
	all, messages := s.look()
	for i := range all.Rooms {
		all.Rooms[i].Messages = make([]savedMessage, len(messages[i]))
		for k := range messages[i] {
			all.Rooms[i].Messages[k] = messages[i][k].save()
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return nil, fmt.Errorf("save the workspace: %w", err)
	}
	return data, nil
}

// look copies everything that is saved but the messages' JSON, and the messages
// of each room. Blocks and metadata are never changed, only replaced.
func (s *Server) look() (all saved, messages [][]message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all = saved{Version: 1, LastTS: s.lastTS, Homes: map[string]home{}}
	for _, id := range s.roomList {
		r := s.rooms[id]
		kept := savedRoom{Channel: r.Channel, Kind: r.kind, User: r.user, Created: r.created}
		kept.Channel.Members = slices.Clone(r.Members)
		all.Rooms = append(all.Rooms, kept)
		copies := make([]message, len(r.messages))
		for i, m := range r.messages {
			copies[i] = *m
			copies[i].files = slices.Clone(m.files)
			copies[i].reactions = slices.Clone(m.reactions)
			for k := range m.reactions {
				copies[i].reactions[k].users = slices.Clone(m.reactions[k].users)
			}
		}
		messages = append(messages, copies)
	}
	for person, v := range s.homes {
		all.Homes[person] = home{v.id, encode(v.def)}
	}
	for _, f := range s.files {
		if f.complete {
			shares := make(map[string][]string, len(f.shares))
			for room, stamps := range f.shares {
				shares[room] = slices.Clone(stamps)
			}
			all.Files = append(all.Files, savedFile{f.id, f.name, f.title, f.alt, f.created, f.data, shares})
		}
	}
	for _, e := range s.scheduled {
		all.Scheduled = append(all.Scheduled, savedScheduled{e.id, e.room, e.due, e.made, e.thread, e.content.text, raw(e.content.blocks), raw(e.content.attachments)})
	}
	slices.SortFunc(all.Files, func(a, b savedFile) int { return a.Created.Compare(b.Created) })
	return all, messages
}

func (m *message) save() savedMessage {
	kept := savedMessage{TS: m.ts, Thread: m.thread, User: m.user, ByApp: m.byApp, Text: m.text, Blocks: raw(m.blocks), Attachments: raw(m.attachments),
		Files: m.files, OnlyFor: m.onlyFor, Edited: m.edited, ClientID: m.clientID, Broadcast: m.broadcast, Author: m.author}
	if m.metadata != nil {
		kept.Metadata = encode(m.metadata)
	}
	for _, re := range m.reactions {
		kept.Reactions = append(kept.Reactions, savedReaction{re.name, re.users})
	}
	return kept
}

func raw(items []any) json.RawMessage {
	if len(items) == 0 {
		return nil
	}
	return encode(items)
}

// Restore brings back what [Server.Save] wrote. It is for a server that has
// just been started with the same people: conversations that no longer exist in
// its world come back too, people do not.
func (s *Server) Restore(data []byte) error {
	var all saved
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("restore the workspace: %w", err)
	}
	if all.Version != 1 {
		return fmt.Errorf("restore the workspace: it was written by another version (%d)", all.Version)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastTS = max(s.lastTS, all.LastTS)
	for _, f := range all.Files {
		if f.Shares == nil {
			f.Shares = map[string][]string{}
		}
		s.files[f.ID] = &file{id: f.ID, name: f.Name, title: f.Title, alt: f.Alt, length: len(f.Data), data: f.Data, arrived: true, complete: true, created: f.Created, shares: f.Shares}
	}
	for _, kept := range all.Rooms {
		r := s.rooms[kept.Channel.ID]
		if r == nil {
			r = &room{}
			s.rooms[kept.Channel.ID] = r
			s.roomList = append(s.roomList, kept.Channel.ID)
		}
		r.Channel, r.kind, r.user, r.created, r.messages = kept.Channel, kept.Kind, kept.User, kept.Created, nil
		r.Members = slices.DeleteFunc(r.Members, func(id string) bool { return s.members[id] == nil })
		for _, m := range kept.Messages {
			if s.members[m.User] == nil {
				continue
			}
			r.messages = append(r.messages, m.message())
		}
	}
	for person, h := range all.Homes {
		if def, ok := parsed(h.Def).(obj); ok && s.members[person] != nil {
			v := s.newView(person, "home", def)
			v.id, v.root = h.ID, h.ID
			s.homes[person] = v
		}
	}
	for _, e := range all.Scheduled {
		entry := &scheduled{id: e.ID, room: e.Room, due: e.Due, made: e.Made, thread: e.Thread, content: content{text: e.Text, blocks: items(e.Blocks), attachments: items(e.Attachments)}}
		s.scheduled[e.ID] = entry
		s.clock.at(e.Due, func() { s.postScheduled(entry) })
	}
	s.tell(Change{Kind: "room"})
	return nil
}

func (m savedMessage) message() *message {
	back := &message{ts: m.TS, thread: m.Thread, user: m.User, byApp: m.ByApp, text: m.Text, blocks: items(m.Blocks), attachments: items(m.Attachments),
		files: m.Files, onlyFor: m.OnlyFor, edited: m.Edited, clientID: m.ClientID, broadcast: m.Broadcast, author: m.Author}
	back.metadata, _ = parsed(m.Metadata).(obj)
	for _, re := range m.Reactions {
		back.reactions = append(back.reactions, reaction{re.Name, re.Users})
	}
	return back
}

func items(data json.RawMessage) []any {
	l, _ := parsed(data).([]any)
	return l
}

// parsed reads JSON that this package wrote; what is not there is nil.
func parsed(data json.RawMessage) any {
	v, err := decode(data)
	if err != nil {
		return nil
	}
	return v
}
