package slacksim

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// gesture is something a person did that the app was told of. What happens
// since can be found by its number in the order of changes.
type gesture struct {
	person   string
	room     string
	origin   string // the trigger it was done with; marks the messages that answer it
	since    int64
	delivery *delivery // nil where nothing waits for an ack
}

func (s *Server) begin(person string, r *room) *gesture {
	g := &gesture{person: person, since: s.news.seq}
	if r != nil {
		g.room = r.ID
	}
	g.origin = s.newTrigger(person, g.room)
	return g
}

// who is a person in a payload. Each kind of payload knows other fields.
func (s *Server) who(id string, fields ...string) obj {
	m := s.members[id]
	all := obj{"id": id, "name": m.Handle, "username": m.Handle, "team_id": s.team.ID}
	o := obj{"id": id}
	for _, f := range fields {
		o[f] = all[f]
	}
	return o
}

func (s *Server) teamObject() obj { return obj{"id": s.team.ID, "domain": s.team.Domain} }

// roomName is a conversation's name as payloads give it.
func (r *room) payloadName() string {
	switch r.kind {
	case "im":
		return "directmessage"
	case "group":
		return "privategroup"
	}
	return r.Name
}

var commandLine = regexp.MustCompile(`^(/\S+)(?:\s+([\s\S]*))?$`)

// slash sends a slash command. The caller holds s.mu.
func (s *Server) slash(person string, r *room, line string) (*gesture, error) {
	parts := commandLine.FindStringSubmatch(strings.TrimSpace(line))
	if parts == nil {
		return nil, fmt.Errorf("%q is no slash command", line)
	}
	if r.Archived {
		return nil, fmt.Errorf("#%s is archived: nobody can type there", r.Name)
	}
	g := s.begin(person, r)
	if parts[1] == "/invite" {
		s.whisper(r, person, s.invite(r, parts[2]), g.origin)
		return g, nil
	}
	command, known := s.features.command(parts[1])
	if !known {
		s.whisper(r, person, parts[1]+" is not a valid command.", g.origin)
		return g, nil
	}
	words := strings.TrimSpace(parts[2])
	if command.ShouldEscape {
		words = s.escape(words)
	}
	reply := s.newReplyURL(&replyURL{kind: "commands", person: person, room: r.ID, origin: g.origin})
	payload := obj{
		"token": verification, "team_id": s.team.ID, "team_domain": s.team.Domain, "channel_id": r.ID, "channel_name": r.payloadName(),
		"user_id": person, "user_name": s.members[person].Handle, "command": command.Name, "text": words, "api_app_id": s.app.ID,
		"is_enterprise_install": "false", "response_url": reply, "trigger_id": g.origin,
	}
	g.delivery = s.deliver(slashCommands, payload, true, nil, func(o outcome) { s.answerSlash(g, r, command.Name, line, o) })
	return g, nil
}

// invite is Slack's own command for taking the app into a channel; people are
// in theirs from the start.
func (s *Server) invite(r *room, who string) string {
	app := s.members[s.app.BotUser]
	switch name := strings.TrimPrefix(strings.TrimSpace(who), "@"); {
	case !strings.EqualFold(name, app.Handle) && !strings.EqualFold(name, app.Name):
		return "Only the app can be invited here: /invite @" + app.Handle
	case r.kind != "channel" && r.kind != "group":
		return "Nobody can be invited to this conversation."
	case r.has(app.ID):
		return app.Name + " is already in this channel."
	}
	r.Members = append(r.Members, app.ID)
	s.tell(Change{Kind: "room", Channel: r.ID})
	return app.Name + " was added to #" + r.Name + "."
}

// answerSlash shows what the ack of a command carried, or that none came.
func (s *Server) answerSlash(g *gesture, r *room, command, line string, o outcome) {
	fail := func(code string) {
		s.whisper(r, g.person, fmt.Sprintf("%s failed with the error \"%s\"", command, code), g.origin)
	}
	if o.failure != "" {
		fail(o.failure)
		return
	}
	if len(o.payload) == 0 {
		return
	}
	body, err := s.contentOf(o.payload)
	if err != nil {
		s.journal.add(Entry{Kind: "verdict", Name: "slash answer", Error: err.Error() + detail(err), Response: o.payload})
		fail(err.Error())
		return
	}
	inChannel := text(o.payload, "response_type") == "in_channel"
	if inChannel { // then everybody sees what was typed, too
		s.put(r, &message{user: g.person, text: line})
	}
	if body.empty() {
		return
	}
	m := &message{
		user: s.app.BotUser, byApp: true, text: body.spoken(s), blocks: body.blocks, attachments: body.attachments, origin: g.origin,
	}
	if !inChannel {
		m.onlyFor = g.person
	}
	s.put(r, m)
}

var (
	typedMention = regexp.MustCompile(`(^|[\s(])([@#])([a-z0-9][a-z0-9._-]*)`)
	typedLink    = regexp.MustCompile(`(^|[\s(])(https?://[^\s<>()]+)`)
)

// escape rewrites typed text as Slack does: control characters, then users,
// groups, channels and links.
func (s *Server) escape(typed string) string {
	var kept []string
	typed = entityShape.ReplaceAllStringFunc(typed, func(entity string) string { // already picked from a list, so already an entity
		kept = append(kept, entity)
		return fmt.Sprintf("\x00%d\x00", len(kept)-1)
	})
	out := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(typed)
	out = typedLink.ReplaceAllString(out, "$1<$2>")
	out = typedMention.ReplaceAllStringFunc(out, func(found string) string {
		parts := typedMention.FindStringSubmatch(found)
		name := strings.TrimRight(parts[3], ".")
		tail := parts[3][len(name):]
		if parts[2] == "#" {
			for _, r := range s.rooms {
				if r.Name == name && r.kind != "im" {
					return fmt.Sprintf("%s<#%s|%s>%s", parts[1], r.ID, name, tail)
				}
			}
			return found
		}
		for _, m := range s.members {
			if m.Handle == name {
				return fmt.Sprintf("%s<@%s|%s>%s", parts[1], m.ID, name, tail)
			}
		}
		for _, g := range s.groups {
			if g.Handle == name {
				return fmt.Sprintf("%s<!subteam^%s|@%s>%s", parts[1], g.ID, name, tail)
			}
		}
		return found
	})
	for i, entity := range kept {
		out = strings.Replace(out, fmt.Sprintf("\x00%d\x00", i), entity, 1)
	}
	return out
}

var entityShape = regexp.MustCompile(`<(?:@[UW]|#C|!subteam\^S)[A-Z0-9]+(?:\|[^<>]*)?>`)

func namesUser(text, id string) bool {
	return strings.Contains(text, "<@"+id+">") || strings.Contains(text, "<@"+id+"|")
}

// say posts what a person wrote; the app hears of it by events.
func (s *Server) say(person string, r *room, words, thread string) (*gesture, *message, error) {
	switch {
	case r.Archived:
		return nil, nil, fmt.Errorf("#%s is archived: nobody can write there", r.Name)
	case r.kind == "im" && !s.features.messages:
		return nil, nil, errors.New("the app has no Messages tab")
	case r.kind == "im" && s.features.readOnly:
		return nil, nil, errors.New("sending messages to this app has been turned off")
	case !r.has(person):
		return nil, nil, fmt.Errorf("@%s is not in #%s", s.members[person].Handle, r.Name)
	}
	g := s.begin(person, r)
	m := &message{user: person, thread: thread, clientID: newClientID()}
	// Slack stores mentions without names, and a rich_text block of the same words.
	m.text = strings.TrimSpace(nameInEntity.ReplaceAllString(s.escape(words), "$1>"))
	m.blocks = []any{s.richText(m.text)}
	s.put(r, m)
	g.since = m.seq
	return g, m, nil
}

var nameInEntity = regexp.MustCompile(`(<[@!](?:[UW]|subteam\^S)[A-Z0-9]+)\|[^<>]*>`)

// richText is the block that Slack's editor makes of what was typed.
func (s *Server) richText(words string) obj {
	var elements []any
	plain := func(t string) {
		if t != "" {
			elements = append(elements, obj{"type": "text", "text": unescape(t)})
		}
	}
	at := 0
	for _, span := range anyEntity.FindAllStringIndex(words, -1) {
		plain(words[at:span[0]])
		at = span[1]
		inner, shown, _ := strings.Cut(words[span[0]+1:span[1]-1], "|")
		switch {
		case strings.HasPrefix(inner, "@"):
			elements = append(elements, obj{"type": "user", "user_id": inner[1:]})
		case strings.HasPrefix(inner, "#"):
			elements = append(elements, obj{"type": "channel", "channel_id": inner[1:]})
		case strings.HasPrefix(inner, "!subteam^"):
			elements = append(elements, obj{"type": "usergroup", "usergroup_id": strings.TrimPrefix(inner, "!subteam^")})
		default:
			link := obj{"type": "link", "url": inner}
			if shown != "" {
				link["text"] = shown
			}
			elements = append(elements, link)
		}
	}
	plain(words[at:])
	if elements == nil {
		elements = []any{}
	}
	return obj{"type": "rich_text", "block_id": randomText(5, "abcdefghijklmnopqrstuvwxyz"), "elements": []any{obj{"type": "rich_text_section", "elements": elements}}}
}

// openHome is a person going to the app's Home (or Messages) tab.
func (s *Server) openHome(person, tab string) *gesture {
	r := s.im(person)
	g := s.begin(person, r)
	event := obj{"type": "app_home_opened", "user": person, "channel": r.ID, "tab": tab, "event_ts": s.stamp()}
	if v := s.homes[person]; v != nil && tab == "home" {
		event["view"] = s.viewObject(v)
	}
	s.event("app_home_opened", event, r.ID)
	return g
}

// globalShortcut and messageShortcut are what the shortcut menus send.
func (s *Server) globalShortcut(person string, sc Shortcut) *gesture {
	g := s.begin(person, nil)
	payload := obj{
		"type": "shortcut", "token": verification, "action_ts": s.stamp(), "team": s.teamObject(),
		"user": s.who(person, "username", "team_id"), "is_enterprise_install": false, "enterprise": nil,
		"callback_id": sc.CallbackID, "trigger_id": g.origin,
	}
	g.delivery = s.deliver(interactive, payload, false, nil, s.orTrouble(g, sc.Name))
	return g
}

func (s *Server) messageShortcut(person string, r *room, m *message, sc Shortcut) *gesture {
	g := s.begin(person, r)
	reply := s.newReplyURL(&replyURL{kind: "actions", person: person, room: r.ID, origin: g.origin})
	payload := obj{
		"type": "message_action", "token": verification, "action_ts": s.stamp(), "team": s.teamObject(),
		"user": s.who(person, "name", "username", "team_id"), "channel": obj{"id": r.ID, "name": r.payloadName()},
		"is_enterprise_install": false, "enterprise": nil, "callback_id": sc.CallbackID, "trigger_id": g.origin,
		"response_url": reply, "message_ts": m.ts, "message": s.wire(r, m),
	}
	g.delivery = s.deliver(interactive, payload, false, nil, s.orTrouble(g, sc.Name))
	return g
}

// orTrouble shows a person that a shortcut went unanswered.
func (s *Server) orTrouble(g *gesture, name string) func(outcome) {
	return func(o outcome) {
		if o.failure == "" {
			return
		}
		r := s.rooms[g.room]
		if r == nil {
			r = s.im(g.person)
		}
		s.whisper(r, g.person, fmt.Sprintf("%s failed with the error \"%s\"", name, o.failure), g.origin)
	}
}
