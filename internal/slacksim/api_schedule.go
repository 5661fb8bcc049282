package slacksim

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// scheduled is a message that is to be posted later.
type scheduled struct {
	id      string
	room    string
	due     time.Time
	made    time.Time
	content content
	thread  string
}

// The rules of chat.scheduleMessage, from its reference page.
const (
	scheduleAhead  = 120 * 24 * time.Hour
	scheduleWindow = 5 * time.Minute
	scheduleMost   = 30
	scheduleSealed = time.Minute // too close to its time to be deleted
)

func scheduleMessage(c *call) (obj, error) {
	s := c.s
	r, err := s.postable(text(c.args, "channel"))
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseInt(text(c.args, "post_at"), 10, 64)
	if err != nil {
		return nil, no("invalid_time")
	}
	due, now := time.Unix(seconds, 0), s.Now()
	switch {
	case !due.After(now):
		return nil, no("time_in_past")
	case due.After(now.Add(scheduleAhead)):
		return nil, no("time_too_far")
	case utf8.RuneCountInString(text(c.args, "text")) > 40000:
		return nil, no("msg_too_long")
	}
	body, err := s.contentOf(c.args)
	if err != nil {
		return nil, err
	}
	if body.empty() {
		return nil, no("no_text")
	}
	thread, err := s.threadOf(r, c.args)
	if err != nil {
		return nil, err
	}
	near := 0
	for _, other := range s.scheduled {
		if other.room == r.ID && other.due.Sub(due).Abs() < scheduleWindow {
			near++
		}
	}
	if near >= scheduleMost {
		return nil, no("restricted_too_many")
	}
	entry := &scheduled{id: newID("Q"), room: r.ID, due: due, made: now, content: body, thread: thread}
	s.scheduled[entry.id] = entry
	s.clock.at(due, func() { s.postScheduled(entry) })
	return obj{
		"channel": r.ID, "scheduled_message_id": entry.id, "post_at": seconds,
		"message": obj{"type": "delayed_message", "text": body.spoken(s), "user": s.app.BotUser, "bot_id": s.app.BotID, "team": s.team.ID, "blocks": clone(body.blocks)},
	}, nil
}

// postScheduled posts when the time has come. A message with metadata is never
// posted: a documented defect of Slack's that apps must live with.
func (s *Server) postScheduled(entry *scheduled) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.scheduled[entry.id] == nil {
		return
	}
	delete(s.scheduled, entry.id)
	r := s.rooms[entry.room]
	note := Entry{Kind: "timer", Name: "scheduled message", Request: obj{"scheduled_message_id": entry.id, "channel": entry.room}}
	switch {
	case entry.content.metadata != nil:
		note.Error = "not posted: scheduled with metadata"
	case r.Archived:
		note.Error = "not posted: is_archived"
	default:
		b := entry.content
		s.put(r, &message{
			user: s.app.BotUser, byApp: true, text: b.spoken(s), blocks: b.blocks, attachments: b.attachments, thread: entry.thread,
		})
	}
	s.journal.add(note)
}

func deleteScheduled(c *call) (obj, error) {
	s := c.s
	entry := s.scheduled[text(c.args, "scheduled_message_id")]
	r := s.visibleRoom(text(c.args, "channel"))
	switch {
	case r == nil:
		return nil, no("channel_not_found")
	case entry == nil || entry.room != r.ID || entry.due.Sub(s.Now()) < scheduleSealed:
		return nil, no("invalid_scheduled_message_id")
	}
	delete(s.scheduled, entry.id)
	return nil, nil
}

func listScheduled(c *call) (obj, error) {
	s := c.s
	wanted := text(c.args, "channel")
	if wanted != "" && s.visibleRoom(wanted) == nil {
		return nil, no("invalid_channel")
	}
	var bounds [2]int64
	for i, key := range []string{"oldest", "latest"} {
		if raw := text(c.args, key); raw != "" {
			whole, _, _ := strings.Cut(raw, ".")
			bounds[i], _ = strconv.ParseInt(whole, 10, 64)
		}
	}
	var due []*scheduled
	for _, entry := range s.scheduled {
		at := entry.due.Unix()
		if (wanted == "" || entry.room == wanted) && at >= bounds[0] && (bounds[1] == 0 || at <= bounds[1]) {
			due = append(due, entry)
		}
	}
	sortBy(due, func(e *scheduled) string { return e.due.UTC().Format(time.RFC3339Nano) + e.id })
	start, end, next, err := c.page(len(due), 100)
	if err != nil {
		return nil, err
	}
	found := []any{}
	for _, e := range due[start:end] {
		found = append(found, obj{"id": e.id, "channel_id": e.room, "post_at": e.due.Unix(), "date_created": e.made.Unix(), "text": e.content.spoken(s)})
	}
	return obj{"scheduled_messages": found, "response_metadata": obj{"next_cursor": next}}, nil
}
