package slacksim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// room is a place that holds messages: a channel, a private channel ("group"),
// the direct messages of the bot with one person ("im") or several ("mpim").
type room struct {
	Channel
	kind     string
	user     string // the other person of an im
	created  time.Time
	messages []*message // by time
}

// message is one message. Ephemeral ones have exactly one reader.
type message struct {
	ts, thread  string
	user        string // sender
	byApp       bool
	text        string
	blocks      []any
	attachments []any
	metadata    obj
	files       []string
	onlyFor     string // the reader of an ephemeral message; "" = everybody there
	edited      string // ts of the last edit
	clientID    string
	reactions   []reaction
	broadcast   bool
	seq         int64                  // number of the change that made it what it is
	origin      string                 // the gesture (trigger) it answers, if known
	chosen      map[string]stateValues // per person, what is picked in its selects
	warned      map[string]bool        // persons whose last click on it went unanswered
	author      string                 // shown instead of the app's name: "Slackbot"
}

type reaction struct {
	name  string
	users []string
}

// stamp gives the next message timestamp: the time to the microsecond, never
// the same twice.
func (s *Server) stamp() string {
	now := s.Now().UnixMicro()
	s.lastTS = max(s.lastTS+1, now)
	return fmt.Sprintf("%d.%06d", s.lastTS/1e6, s.lastTS%1e6)
}

// visibleRoom finds a conversation by ID or #name; nil if the app cannot see it.
func (s *Server) visibleRoom(id string) *room {
	r := s.rooms[id]
	if name, ok := strings.CutPrefix(id, "#"); ok {
		for _, candidate := range s.roomList {
			if s.rooms[candidate].Name == name {
				r = s.rooms[candidate]
			}
		}
	}
	if r == nil || (r.kind == "group" && !slices.Contains(r.Members, s.app.BotUser)) {
		return nil
	}
	return r
}

// im is the app's direct-message channel with a person, opened when needed.
func (s *Server) im(person string) *room {
	id := "D" + person[1:]
	if person[0] != 'U' {
		id = "D" + person
	}
	if r := s.rooms[id]; r != nil {
		return r
	}
	r := &room{Channel: Channel{ID: id, Members: []string{person, s.app.BotUser}}, kind: "im", user: person, created: s.Now()}
	s.rooms[id] = r
	s.roomList = append(s.roomList, id)
	s.tell(Change{Kind: "room", Channel: id})
	return r
}

func (r *room) find(ts string) *message {
	for _, m := range r.messages {
		if m.ts == ts {
			return m
		}
	}
	return nil
}

func (r *room) has(person string) bool { return slices.Contains(r.Members, person) }

// seenBy tells whether a person sees a message of this room.
func (r *room) seenBy(person string, m *message) bool {
	if m.onlyFor != "" {
		return m.onlyFor == person
	}
	return r.has(person) || r.kind == "channel"
}

// put adds a message and tells everybody, the app included if it subscribed.
func (s *Server) put(r *room, m *message) *message {
	if m.ts == "" {
		m.ts = s.stamp()
	}
	r.messages = append(r.messages, m)
	s.tell(Change{Kind: "message", Channel: r.ID, TS: m.ts, Person: m.onlyFor})
	m.seq = s.news.seq
	if m.onlyFor == "" {
		s.announce(r, m)
	}
	return m
}

// touch marks a message as changed.
func (s *Server) touch(r *room, m *message) {
	s.tell(Change{Kind: "update", Channel: r.ID, TS: m.ts, Person: m.onlyFor})
	m.seq = s.news.seq
}

// drop takes a message away, and the replies that hang on an ephemeral one.
func (s *Server) drop(r *room, m *message) {
	r.messages = slices.DeleteFunc(r.messages, func(other *message) bool { return other == m })
	s.tell(Change{Kind: "delete", Channel: r.ID, TS: m.ts, Person: m.onlyFor})
}

// whisper shows a person a message of Slack itself, as it does when a command
// fails.
func (s *Server) whisper(r *room, person, words, origin string) {
	s.put(r, &message{user: slackbot, author: "Slackbot", text: words, onlyFor: person, origin: origin})
}

// wire is a message as the API shows it.
func (s *Server) wire(r *room, m *message) obj {
	o := obj{"type": "message", "ts": m.ts, "text": m.text, "user": m.user, "team": s.team.ID}
	if m.byApp {
		o["bot_id"], o["app_id"] = s.app.BotID, s.app.ID
		o["bot_profile"] = obj{
			"id": s.app.BotID, "deleted": false, "name": s.app.Name, "updated": 1700000000, "app_id": s.app.ID,
			"icons": obj{"image_36": "", "image_48": "", "image_72": ""}, "team_id": s.team.ID,
		}
	}
	if m.clientID != "" {
		o["client_msg_id"] = m.clientID
	}
	if len(m.blocks) > 0 {
		o["blocks"] = clone(m.blocks)
	}
	if len(m.attachments) > 0 {
		o["attachments"] = clone(m.attachments)
	}
	if m.edited != "" {
		o["edited"] = obj{"user": m.user, "ts": m.edited}
	}
	if m.onlyFor != "" {
		o["is_ephemeral"] = true
	}
	if len(m.files) > 0 {
		files := []any{}
		for _, id := range m.files {
			if f := s.files[id]; f != nil {
				files = append(files, s.fileObject(f))
			}
		}
		o["files"] = files
	}
	if len(m.reactions) > 0 {
		rs := []any{}
		for _, re := range m.reactions {
			rs = append(rs, obj{"name": re.name, "users": anyList(re.users), "count": len(re.users)})
		}
		o["reactions"] = rs
	}
	s.wireThread(r, m, o)
	return o
}

func (s *Server) wireThread(r *room, m *message, o obj) {
	if m.thread != "" {
		o["thread_ts"] = m.thread
		if parent := r.find(m.thread); parent != nil {
			o["parent_user_id"] = parent.user
		}
		if m.broadcast {
			o["subtype"] = "thread_broadcast"
		}
		return
	}
	var users []string
	count, latest := 0, ""
	for _, other := range r.messages {
		if other.thread == m.ts && other.onlyFor == "" {
			count++
			latest = other.ts
			if !slices.Contains(users, other.user) {
				users = append(users, other.user)
			}
		}
	}
	if count > 0 {
		o["thread_ts"], o["reply_count"], o["latest_reply"] = m.ts, count, latest
		o["reply_users"], o["reply_users_count"] = anyList(users), len(users)
	}
}

// permalink is the web address of a message.
func (s *Server) permalink(r *room, m *message) string {
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", s.team.Domain, r.ID, strings.ReplaceAll(m.ts, ".", ""))
	if m.thread != "" {
		link += "?thread_ts=" + m.thread + "&cid=" + r.ID
	}
	return link
}

// World is the workspace as it is now: its people without the app and Slackbot,
// its groups, and its channels with their present members.
func (s *Server) World() World {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := World{Team: s.team, Groups: slices.Clone(s.groups)}
	for _, id := range s.order {
		if id != s.app.BotUser && id != slackbot {
			w.People = append(w.People, *s.members[id])
		}
	}
	for _, id := range s.roomList {
		r := s.rooms[id]
		if r.kind != "channel" && r.kind != "group" {
			continue
		}
		c := r.Channel
		c.Bot = r.has(s.app.BotUser)
		c.Members = slices.DeleteFunc(slices.Clone(c.Members), func(id string) bool { return id == s.app.BotUser })
		w.Channels = append(w.Channels, c)
	}
	return w
}
