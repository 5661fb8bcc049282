package slacksim

import (
	"fmt"

	"github.com/google/uuid"
)

func newClientID() string { return uuid.NewString() }

// place is where an element stands: a message or a view.
type place struct {
	room    *room
	message *message
	view    *view
}

func (at place) blocks() []any {
	if at.view != nil {
		return list(at.view.def, "blocks")
	}
	return at.message.blocks
}

// stateFor is what a person has picked on this surface so far.
func (at place) stateFor(person string) stateValues {
	if at.view != nil {
		return at.view.state
	}
	if at.message.chosen == nil {
		at.message.chosen = map[string]stateValues{}
	}
	if at.message.chosen[person] == nil {
		at.message.chosen[person] = stateOf(at.message.blocks)
	}
	return at.message.chosen[person]
}

// act sends block_actions for one element. chosen are the fields that say what
// was picked (selected_option, value, …). The caller holds s.mu.
func (s *Server) act(person string, at place, block, element, chosen obj) *gesture {
	action := obj{
		"type": text(element, "type"), "action_id": text(element, "action_id"), "block_id": text(block, "block_id"),
		"action_ts": s.stamp(),
	}
	for k, v := range chosen {
		action[k] = v
	}
	payload := obj{
		"type": "block_actions", "user": s.who(person, "username", "name", "team_id"), "api_app_id": s.app.ID,
		"token": verification, "team": s.teamObject(), "enterprise": nil, "is_enterprise_install": false, "actions": []any{action},
	}
	var g *gesture
	if at.view != nil {
		g = s.begin(person, s.rooms[at.view.channel])
		if s.notices[person] != "" { // a new attempt
			delete(s.notices, person)
			s.tell(Change{Kind: at.view.kind, Person: person})
		}
		payload["container"] = obj{"type": "view", "view_id": at.view.id}
		payload["view"] = s.viewObject(at.view)
	} else {
		r, m := at.room, at.message
		g = s.begin(person, r)
		payload["channel"] = obj{"id": r.ID, "name": r.payloadName()}
		payload["container"] = obj{"type": "message", "message_ts": m.ts, "channel_id": r.ID, "is_ephemeral": m.onlyFor != ""}
		if m.thread != "" {
			object(payload, "container")["thread_ts"] = m.thread
		}
		if m.onlyFor == "" {
			payload["message"] = s.wire(r, m)
		}
		payload["state"] = obj{"values": at.stateFor(person).json()}
		payload["response_url"] = s.newReplyURL(&replyURL{kind: "actions", person: person, room: r.ID, source: m.ts, origin: g.origin})
	}
	payload["trigger_id"] = g.origin
	g.delivery = s.deliver(interactive, payload, false, nil, func(o outcome) {
		if at.view != nil {
			if o.failure != "" {
				s.notices[person] = troubleConnecting
				s.tell(Change{Kind: at.view.kind, Person: person})
			}
			return
		}
		if warned := o.failure != ""; warned != at.message.warned[person] {
			if at.message.warned == nil {
				at.message.warned = map[string]bool{}
			}
			at.message.warned[person] = warned
			s.touch(at.room, at.message)
		}
	})
	return g
}

// suggest asks the app for the options of an external select. The caller holds
// s.mu; the options are read from the delivery's outcome.
func (s *Server) suggest(person string, at place, block, element obj, typed string) (*gesture, error) {
	least := 3
	if raw := text(element, "min_query_length"); raw != "" {
		_, _ = fmt.Sscan(raw, &least)
	}
	if len([]rune(typed)) < least {
		return nil, fmt.Errorf("this field asks for suggestions from %d letters on", least)
	}
	payload := obj{
		"type": "block_suggestion", "user": s.who(person, "username", "name", "team_id"), "api_app_id": s.app.ID, "token": verification,
		"team": s.teamObject(), "enterprise": nil, "is_enterprise_install": false, "value": typed,
		"action_id": text(element, "action_id"), "block_id": text(block, "block_id"),
	}
	g := &gesture{person: person, since: s.news.seq}
	if at.view != nil {
		payload["container"] = obj{"type": "view", "view_id": at.view.id}
		payload["view"] = s.viewObject(at.view)
	} else {
		payload["container"] = obj{"type": "message", "message_ts": at.message.ts, "channel_id": at.room.ID, "is_ephemeral": at.message.onlyFor != ""}
		payload["channel"] = obj{"id": at.room.ID, "name": at.room.payloadName()}
		if at.message.onlyFor == "" {
			payload["message"] = s.wire(at.room, at.message)
		}
	}
	g.delivery = s.deliver(interactive, payload, true, nil, func(o outcome) {
		if len(o.payload) == 0 {
			return
		}
		if problems := checkSuggestions(o.payload); len(problems) > 0 {
			s.journal.add(Entry{Kind: "verdict", Name: "block_suggestion", Error: problems[0], Response: o.payload})
		}
	})
	return g, nil
}

// submit sends the top modal. The caller holds s.mu and has checked what Slack's
// client checks.
func (s *Server) submit(v *view) *gesture {
	g := s.begin(v.person, s.rooms[v.channel])
	v.pending = true
	delete(s.notices, v.person)
	payload := obj{
		"type": "view_submission", "team": s.teamObject(), "user": s.who(v.person, "name", "team_id"), "api_app_id": s.app.ID,
		"token": verification, "trigger_id": g.origin, "view": s.viewObject(v), "response_urls": s.viewReplyURLs(v, g.origin),
		"is_enterprise_install": false, "enterprise": nil,
	}
	g.delivery = s.deliver(interactive, payload, true, nil, func(o outcome) { s.answerSubmission(v, o) })
	return g
}

// viewReplyURLs makes a response URL for every conversation picked in a select
// that asks for one.
func (s *Server) viewReplyURLs(v *view, origin string) []any {
	urls := []any{}
	eachElement(list(v.def, "blocks"), func(block, e obj) {
		if !truth(e, "response_url_enabled") {
			return
		}
		key, _ := valueKey(text(e, "type"))
		value := v.state[text(block, "block_id")][text(e, "action_id")]
		id := text(value, key)
		if id == "" {
			return
		}
		if m := s.members[id]; m != nil {
			id = s.im(id).ID
		}
		url := s.newReplyURL(&replyURL{kind: "actions", person: v.person, room: id, origin: origin})
		urls = append(urls, obj{"block_id": text(block, "block_id"), "action_id": text(e, "action_id"), "channel_id": id, "response_url": url})
	})
	return urls
}

// dismiss closes the top modal as its X or Cancel does; with clear_on_close, or
// when everything is closed, the whole stack. The caller holds s.mu.
func (s *Server) dismiss(v *view, everything bool) *gesture {
	g := &gesture{person: v.person, since: s.news.seq}
	stack := s.stacks[v.person]
	closed := []*view{v}
	cleared := everything || truth(v.def, "clear_on_close")
	if cleared {
		closed = stack
		s.stacks[v.person] = nil
	} else {
		s.stacks[v.person] = stack[:len(stack)-1]
	}
	delete(s.notices, v.person)
	s.modalChanged(v.person)
	for i := len(closed) - 1; i >= 0; i-- {
		if !truth(closed[i].def, "notify_on_close") {
			continue
		}
		g.delivery = s.deliver(interactive, obj{
			"type": "view_closed", "team": s.teamObject(), "user": s.who(v.person, "name", "team_id"), "api_app_id": s.app.ID,
			"token": verification, "view": s.viewObject(closed[i]), "is_cleared": cleared, "is_enterprise_install": false, "enterprise": nil,
		}, false, nil, nil)
	}
	return g
}
