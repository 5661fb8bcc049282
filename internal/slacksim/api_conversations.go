package slacksim

import (
	"cmp"
	"slices"
	"strings"
)

func sortBy[T any, K cmp.Ordered](items []T, key func(T) K) {
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
}

// conversation is a room as conversations.info shows it.
func (s *Server) conversation(r *room) obj {
	o := obj{
		"id": r.ID, "created": r.created.Unix(), "is_archived": r.Archived, "is_im": r.kind == "im", "is_org_shared": false,
		"context_team_id": s.team.ID, "updated": r.created.UnixMilli(),
	}
	if r.kind == "im" {
		o["user"], o["is_user_deleted"], o["is_open"], o["priority"] = r.user, s.members[r.user].Deleted, true, 0
		return o
	}
	o["name"], o["name_normalized"], o["creator"], o["is_general"] = r.Name, r.Name, slackbot, false
	o["is_channel"], o["is_group"], o["is_mpim"] = r.kind == "channel", r.kind == "group", r.kind == "mpim"
	o["is_private"], o["is_member"], o["is_shared"], o["is_ext_shared"] = r.kind != "channel", r.has(s.app.BotUser), r.Shared, r.Shared
	o["topic"] = obj{"value": r.Topic, "creator": "", "last_set": 0}
	o["purpose"] = obj{"value": r.Purpose, "creator": "", "last_set": 0}
	return o
}

var roomScope = map[string]string{"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}

// reading finds a conversation for reading and checks the scope of its kind.
func (c *call) reading(what string) (*room, error) {
	r := c.s.rooms[text(c.args, "channel")]
	if r == nil || (r.kind == "group" && !r.has(c.s.app.BotUser)) {
		return nil, no("channel_not_found")
	}
	return r, c.s.needScope(roomScope[r.kind] + ":" + what)
}

func conversationInfo(c *call) (obj, error) {
	r, err := c.reading("read")
	if err != nil {
		return nil, err
	}
	shown := c.s.conversation(r)
	if truth(c.args, "include_num_members") {
		shown["num_members"] = len(r.Members)
	}
	return obj{"channel": shown}, nil
}

func openConversation(c *call) (obj, error) {
	s := c.s
	if id := text(c.args, "channel"); id != "" {
		r := s.rooms[id]
		if r == nil {
			return nil, no("channel_not_found")
		}
		if r.kind != "im" && r.kind != "mpim" {
			return nil, no("method_not_supported_for_channel_type")
		}
		return obj{"no_op": true, "already_open": true, "channel": c.opened(r)}, nil
	}
	names := text(c.args, "users")
	users := stringsOf(list(c.args, "users"))
	if names != "" {
		users = strings.Split(strings.ReplaceAll(names, " ", ""), ",")
	}
	switch {
	case len(users) == 0:
		return nil, no("users_list_not_supplied")
	case len(users) > 8:
		return nil, no("too_many_users")
	}
	for _, id := range users {
		m := s.members[id]
		switch {
		case m == nil:
			return nil, no("user_not_found")
		case m.Deleted:
			return nil, no("user_disabled")
		case id == s.app.BotUser:
			return nil, no("invalid_user_combination")
		}
	}
	scope := "im:write"
	if len(users) > 1 {
		scope = "mpim:write"
	}
	if err := s.needScope(scope); err != nil {
		return nil, err
	}
	if len(users) == 1 {
		known := len(s.rooms)
		r := s.im(users[0])
		reply := obj{"channel": c.opened(r)}
		if known == len(s.rooms) {
			reply["no_op"], reply["already_open"] = true, true
		}
		return reply, nil
	}
	return obj{"channel": c.opened(s.mpim(users))}, nil
}

// mpim is the group conversation of the app with several people.
func (s *Server) mpim(users []string) *room {
	people := append(slices.Sorted(slices.Values(users)), s.app.BotUser)
	for _, r := range s.rooms {
		if r.kind == "mpim" && slices.Equal(r.Members, people) {
			return r
		}
	}
	var handles []string
	for _, id := range people {
		handles = append(handles, s.members[id].Handle)
	}
	r := &room{Channel: Channel{ID: newID("C"), Name: "mpdm-" + strings.Join(handles, "--") + "-1", Members: people}, kind: "mpim", created: s.Now()}
	s.rooms[r.ID] = r
	s.roomList = append(s.roomList, r.ID)
	return r
}

func (c *call) opened(r *room) obj {
	if truth(c.args, "return_im") {
		return c.s.conversation(r)
	}
	return obj{"id": r.ID}
}

func listConversations(c *call) (obj, error) {
	s := c.s
	kinds := text(c.args, "types")
	fill(&kinds, "public_channel")
	wanted := map[string]bool{}
	for _, kind := range strings.Split(strings.ReplaceAll(kinds, " ", ""), ",") {
		name := map[string]string{"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}[kind]
		if name == "" {
			return nil, no("invalid_types")
		}
		if err := s.needScope(roomScope[name] + ":read"); err != nil {
			return nil, err
		}
		wanted[name] = true
	}
	var found []*room
	for _, id := range s.roomList {
		r := s.rooms[id]
		if wanted[r.kind] && (r.kind == "channel" || r.has(s.app.BotUser)) && !(r.Archived && truth(c.args, "exclude_archived")) {
			found = append(found, r)
		}
	}
	start, end, next, err := c.page(len(found), 100)
	if err != nil {
		return nil, err
	}
	shown := []any{}
	for _, r := range found[start:end] {
		o := s.conversation(r)
		if r.kind == "channel" || r.kind == "group" {
			o["num_members"] = len(r.Members)
		}
		shown = append(shown, o)
	}
	return obj{"channels": shown, "response_metadata": obj{"next_cursor": next}}, nil
}

func history(c *call) (obj, error) {
	r, err := c.reading("history")
	if err != nil {
		return nil, err
	}
	if !r.has(c.s.app.BotUser) {
		return nil, no("not_in_channel")
	}
	var found []*message
	for _, m := range r.messages {
		if (m.thread == "" || m.broadcast) && m.onlyFor == "" && c.within(m.ts) {
			found = append(found, m)
		}
	}
	slices.Reverse(found)
	return c.messages(r, found, 100)
}

func replies(c *call) (obj, error) {
	r, err := c.reading("history")
	if err != nil {
		return nil, err
	}
	if !r.has(c.s.app.BotUser) {
		return nil, no("not_in_channel")
	}
	parent := r.find(text(c.args, "ts"))
	if parent == nil || parent.onlyFor != "" {
		return nil, no("thread_not_found")
	}
	root := cmp.Or(parent.thread, parent.ts)
	var found []*message
	for _, m := range r.messages {
		if m.onlyFor == "" && (m.ts == root || (m.thread == root && c.within(m.ts))) {
			found = append(found, m)
		}
	}
	return c.messages(r, found, 1000)
}

// within tells whether ts lies between the arguments oldest and latest.
// Timestamps of one width compare as text.
func (c *call) within(ts string) bool {
	oldest, latest := text(c.args, "oldest"), text(c.args, "latest")
	inclusive := truth(c.args, "inclusive")
	if oldest != "" && oldest != "0" && (ts < oldest || (ts == oldest && !inclusive)) {
		return false
	}
	return latest == "" || ts < latest || (ts == latest && inclusive)
}

func (c *call) messages(r *room, found []*message, preset int) (obj, error) {
	start, end, next, err := c.page(len(found), preset)
	if err != nil {
		return nil, err
	}
	shown := []any{}
	for _, m := range found[start:end] {
		o := c.s.wire(r, m)
		if truth(c.args, "include_all_metadata") && m.metadata != nil {
			o["metadata"] = clone(m.metadata)
		}
		shown = append(shown, o)
	}
	reply := obj{"messages": shown, "has_more": next != "", "pin_count": 0}
	if next != "" {
		reply["response_metadata"] = obj{"next_cursor": next}
	}
	return reply, nil
}

func roomMembers(c *call) (obj, error) {
	r, err := c.reading("read")
	if err != nil {
		return nil, err
	}
	start, end, next, err := c.page(len(r.Members), 100)
	if err != nil {
		return nil, err
	}
	return obj{"members": anyList(r.Members[start:end]), "response_metadata": obj{"next_cursor": next}}, nil
}

func joinConversation(c *call) (obj, error) {
	s := c.s
	r := s.rooms[text(c.args, "channel")]
	switch {
	case r == nil || r.kind == "group" || r.kind == "mpim":
		return nil, no("channel_not_found")
	case r.kind == "im":
		return nil, no("method_not_supported_for_channel_type")
	case r.Archived:
		return nil, no("is_archived")
	}
	reply := obj{}
	if r.has(s.app.BotUser) {
		reply["warning"] = "already_in_channel"
		reply["response_metadata"] = obj{"warnings": []any{"already_in_channel"}}
	} else {
		r.Members = append(r.Members, s.app.BotUser)
		s.tell(Change{Kind: "room", Channel: r.ID})
	}
	reply["channel"] = s.conversation(r)
	return reply, nil
}
