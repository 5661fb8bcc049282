package slacksim

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

// replyURL is a response_url: five messages within half an hour.
type replyURL struct {
	kind   string // commands or actions
	person string
	room   string
	source string // ts of the message that was clicked, if any
	origin string
	made   time.Time
	uses   int
}

const (
	replyURLUses = 5
	replyURLLife = 30 * time.Minute
)

func (s *Server) newReplyURL(u *replyURL) string {
	u.made = s.Now()
	path := "/" + u.kind + "/" + s.team.ID + "/" + randomText(13, "123456789") + "/" + randomText(24, idLetters)
	s.replyURLs[path] = u
	return s.base + path
}

func (s *Server) serveReplyURL(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	if form, ok := strings.CutPrefix(string(body), "payload="); ok && !isJSON(r) {
		body = []byte(form)
	}
	value, err := decode(body)
	args, isObject := value.(obj)
	entry := Entry{Kind: "response_url", Name: r.URL.Path, Request: clone(args)}
	var status int
	var answer string
	fault := s.takeFault("response_url", args)
	if fault != nil {
		time.Sleep(fault.Delay)
	}
	switch {
	case fault != nil && fault.before():
		var reply obj
		var failure error
		if reply, status, failure = fault.answer(); failure != nil {
			answer = failure.Error()
		} else {
			answer = text(reply, "error")
		}
		var refused *refusal
		if status == http.StatusTooManyRequests && errors.As(failure, &refused) {
			after := text(refused.more, "retry_after")
			w.Header().Set("Retry-After", after)
			answer = `{"retry_after":` + after + `,"ok":false,"error":"rate_limited"}`
		}
		if fault.Error != "" {
			status = http.StatusBadRequest
		}
	case err != nil || !isObject:
		status, answer = http.StatusBadRequest, "invalid_payload"
	default:
		s.mu.Lock()
		status, answer = s.reply(s.replyURLs[r.URL.Path], args)
		s.mu.Unlock()
	}
	if entry.Status = status; status != http.StatusOK {
		entry.Error = answer
	}
	entry.Response = answer
	if fault != nil && fault.DropReply {
		entry.Error = "reply dropped on demand"
		s.journal.add(entry)
		panic(http.ErrAbortHandler)
	}
	s.journal.add(entry)
	// Clients want a media type even for two letters.
	kind := "text/plain; charset=utf-8"
	if strings.HasPrefix(answer, "{") {
		kind = "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

// reply does what a body sent to a response_url says. The caller holds s.mu.
func (s *Server) reply(u *replyURL, args obj) (status int, answer string) {
	switch {
	case u == nil:
		return http.StatusNotFound, "no_such_url"
	case s.Now().Sub(u.made) > replyURLLife:
		return http.StatusNotFound, "expired_url"
	case u.uses >= replyURLUses:
		return http.StatusNotFound, "used_url"
	}
	u.uses++
	r := s.rooms[u.room]
	var source *message
	if u.source != "" {
		source = r.find(u.source)
	}
	if truth(args, "delete_original") {
		if u.kind == "commands" || source == nil {
			return http.StatusNotFound, `{"ok":false,"error":"cant_delete_message"}`
		}
		s.drop(r, source)
		return http.StatusOK, "ok"
	}
	body, err := s.contentOf(args)
	if err != nil {
		return http.StatusBadRequest, err.Error() + detail(err)
	}
	if body.empty() {
		return http.StatusBadRequest, "no_text"
	}
	// A command has no message of the app to replace: the words come as new ones.
	if truth(args, "replace_original") && u.kind == "actions" && source != nil && source.byApp {
		before := s.wire(r, source)
		// Who sees a message never changes, whatever response_type says.
		source.text, source.blocks, source.attachments = body.spoken(s), body.blocks, body.attachments
		source.chosen, source.warned, source.origin = nil, nil, u.origin
		source.edited = s.stamp()
		s.touch(r, source)
		s.changed(r, source, before)
		return http.StatusOK, "ok"
	}
	m := &message{
		user: s.app.BotUser, byApp: true, text: body.spoken(s), blocks: body.blocks, attachments: body.attachments, origin: u.origin,
	}
	if text(args, "response_type") == "in_channel" {
		if m.thread, err = s.threadOf(r, args); err != nil {
			return http.StatusBadRequest, err.Error()
		}
	} else {
		m.onlyFor = u.person
	}
	s.put(r, m)
	return http.StatusOK, "ok"
}

// changed tells an app that subscribed to messages of an edit: also of its own.
func (s *Server) changed(r *room, m *message, before obj) {
	if m.onlyFor != "" || !r.has(s.app.BotUser) {
		return
	}
	ts := s.stamp()
	s.event(messageEvent(r), obj{
		"type": "message", "subtype": "message_changed", "hidden": true, "channel": r.ID, "channel_type": r.kind,
		"message": s.wire(r, m), "previous_message": before, "ts": ts, "event_ts": ts,
	}, r.ID)
}

func messageEvent(r *room) string {
	return map[string]string{"channel": "message.channels", "group": "message.groups", "im": "message.im", "mpim": "message.mpim"}[r.kind]
}
