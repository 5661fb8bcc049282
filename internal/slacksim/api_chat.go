package slacksim

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// content is what a message says, checked.
type content struct {
	text        string
	blocks      []any
	attachments []any
	metadata    obj
}

// contentOf reads and checks what a message says, by the rules that all ways of
// sending share. An empty message is the caller's to judge.
func (s *Server) contentOf(args obj) (content, error) {
	c := content{text: text(args, "text")}
	if utf8.RuneCountInString(c.text) > 40000 {
		c.text = string([]rune(c.text)[:40000])
	}
	if md := text(args, "markdown_text"); md != "" {
		if c.text != "" || len(list(args, "blocks")) > 0 {
			return c, no("markdown_text_conflict")
		}
		if utf8.RuneCountInString(md) > 12000 {
			return c, no("msg_too_long")
		}
		c.text = md
	}
	switch blocks := args["blocks"].(type) {
	case nil:
	case string:
		if strings.TrimSpace(blocks) != "" {
			return c, no("invalid_blocks_format")
		}
	case []any:
		if problems := s.checkMessage(blocks); len(problems) > 0 {
			return c, invalidBlocks(problems)
		}
		if len(blocks) > 0 && blocksTextLength(blocks) > 13200 {
			return c, no("msg_blocks_too_long")
		}
		c.blocks = settleBlocks(clone(blocks))
	default:
		return c, no("invalid_blocks_format")
	}
	switch attachments := args["attachments"].(type) {
	case nil, string:
	case []any:
		if len(attachments) > 100 {
			return c, no("too_many_attachments")
		}
		for i, a := range attachments {
			at, _ := a.(obj)
			if problems := s.checkAttachment(list(at, "blocks"), i); len(problems) > 0 {
				return c, invalidBlocks(problems)
			}
		}
		c.attachments = clone(attachments)
	}
	var err error
	c.metadata, err = metadataOf(args)
	return c, err
}

func (c content) empty() bool {
	return strings.TrimSpace(c.text) == "" && len(c.blocks) == 0 && len(c.attachments) == 0
}

// spoken is the message's text; Slack makes one of the blocks where it is left out.
func (c content) spoken(s *Server) string {
	if c.text != "" || len(c.blocks) == 0 {
		return c.text
	}
	return strings.TrimSpace(renderer{s: s, plain: true}.blocks(c.blocks))
}

func invalidBlocks(problems []string) error {
	errs, marked := []any{}, []any{}
	for _, p := range problems {
		errs, marked = append(errs, p), append(marked, "[ERROR] "+p)
	}
	return &refusal{"invalid_blocks", obj{"errors": errs, "response_metadata": obj{"messages": marked}}}
}

func metadataOf(args obj) (obj, error) {
	raw, given := args["metadata"]
	if !given || raw == nil || raw == "" {
		return nil, nil
	}
	m, ok := raw.(obj)
	if !ok {
		return nil, no("invalid_metadata_format")
	}
	if _, ok := m["event_payload"].(obj); !ok || text(m, "event_type") == "" {
		return nil, no("invalid_metadata_schema")
	}
	if len(encode(m)) > 16<<10 {
		return nil, no("metadata_too_large")
	}
	return clone(m), nil
}

// postable finds the conversation to post in and judges whether the app may.
func (s *Server) postable(id string) (*room, error) {
	r := s.visibleRoom(id)
	if m := s.members[id]; r == nil && m != nil && id != s.app.BotUser && !m.Deleted && !m.Bot {
		r = s.im(id)
	}
	switch {
	case r == nil:
		return nil, no("channel_not_found")
	case r.Archived:
		return nil, no("is_archived")
	case r.kind == "channel" && !r.has(s.app.BotUser) && !s.hasScope("chat:write.public"):
		return nil, no("not_in_channel")
	case r.kind == "im" && !s.features.messages:
		return nil, no("messages_tab_disabled")
	}
	return r, nil
}

func (s *Server) threadOf(r *room, args obj) (string, error) {
	ts := text(args, "thread_ts")
	if ts == "" {
		return "", nil
	}
	parent := r.find(ts)
	if parent == nil || parent.onlyFor != "" {
		return "", no("cannot_reply_to_message")
	}
	if parent.thread != "" {
		return parent.thread, nil
	}
	return ts, nil
}

func postMessage(c *call) (obj, error) {
	s := c.s
	r, err := s.postable(text(c.args, "channel"))
	if err != nil {
		return nil, err
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
	m := s.put(r, &message{
		user: s.app.BotUser, byApp: true, text: body.spoken(s), blocks: body.blocks, attachments: body.attachments,
		metadata: body.metadata, thread: thread, broadcast: thread != "" && truth(c.args, "reply_broadcast"),
	})
	shown := s.wire(r, m)
	if m.metadata != nil {
		shown["metadata"] = clone(m.metadata)
	}
	return obj{"channel": r.ID, "ts": m.ts, "message": shown}, nil
}

// own finds a message of the app that it may still change.
func (c *call) own(code string) (*room, *message, error) {
	r := c.s.visibleRoom(text(c.args, "channel"))
	if r == nil {
		return nil, nil, no("channel_not_found")
	}
	m := r.find(text(c.args, "ts"))
	switch {
	case m == nil || m.onlyFor != "":
		return nil, nil, no("message_not_found")
	case !m.byApp:
		return nil, nil, no(code)
	case r.Archived:
		return nil, nil, no("is_inactive")
	}
	return r, m, nil
}

func updateMessage(c *call) (obj, error) {
	s := c.s
	r, m, err := c.own("cant_update_message")
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(text(c.args, "text")) > 4000 {
		return nil, no("msg_too_long")
	}
	body, err := s.contentOf(c.args)
	if err != nil {
		return nil, err
	}
	if body.empty() {
		return nil, no("no_text")
	}
	before := s.wire(r, m)
	m.text, m.blocks = body.spoken(s), body.blocks
	if _, given := c.args["attachments"]; given || len(body.blocks) > 0 {
		m.attachments = body.attachments
	}
	if body.metadata != nil {
		m.metadata = body.metadata
	}
	m.edited = s.stamp()
	m.chosen, m.warned, m.origin = nil, nil, ""
	s.touch(r, m)
	s.changed(r, m, before)
	return obj{"channel": r.ID, "ts": m.ts, "text": m.text, "message": s.wire(r, m)}, nil
}

func deleteMessage(c *call) (obj, error) {
	r, m, err := c.own("cant_delete_message")
	if err != nil {
		return nil, err
	}
	c.s.drop(r, m)
	return obj{"channel": r.ID, "ts": m.ts}, nil
}

func postEphemeral(c *call) (obj, error) {
	s := c.s
	r, err := s.postable(text(c.args, "channel"))
	if err != nil {
		return nil, err
	}
	person := text(c.args, "user")
	if s.members[person] == nil || !r.has(person) {
		return nil, no("user_not_in_channel")
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
	m := s.put(r, &message{
		user: s.app.BotUser, byApp: true, text: body.spoken(s), blocks: body.blocks, attachments: body.attachments,
		thread: thread, onlyFor: person,
	})
	return obj{"message_ts": m.ts}, nil
}

func permalink(c *call) (obj, error) {
	r := c.s.visibleRoom(text(c.args, "channel"))
	if r == nil {
		return nil, no("channel_not_found")
	}
	m := r.find(text(c.args, "message_ts"))
	if m == nil || m.onlyFor != "" {
		return nil, no("message_not_found")
	}
	return obj{"channel": r.ID, "permalink": c.s.permalink(r, m)}, nil
}

func addReaction(c *call) (obj, error) {
	s := c.s
	r := s.visibleRoom(text(c.args, "channel"))
	if r == nil {
		return nil, no("channel_not_found")
	}
	m := r.find(text(c.args, "timestamp"))
	if m == nil || m.onlyFor != "" {
		return nil, no("message_not_found")
	}
	name := strings.Trim(text(c.args, "name"), ":")
	if name == "" {
		return nil, no("no_reaction")
	}
	if !s.react(r, m, s.app.BotUser, name) {
		return nil, no("already_reacted")
	}
	return nil, nil
}

// react adds a reaction of somebody; false if it is there already.
func (s *Server) react(r *room, m *message, user, name string) bool {
	at := slices.IndexFunc(m.reactions, func(re reaction) bool { return re.name == name })
	if at < 0 {
		m.reactions = append(m.reactions, reaction{name: name})
		at = len(m.reactions) - 1
	}
	if slices.Contains(m.reactions[at].users, user) {
		return false
	}
	m.reactions[at].users = append(m.reactions[at].users, user)
	s.tell(Change{Kind: "reaction", Channel: r.ID, TS: m.ts})
	return true
}

// mentionOf is how a text names a user.
func mentionOf(id string) string { return fmt.Sprintf("<@%s>", id) }
