package slacksim

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one request to a Web API method, after its token was checked.
type call struct {
	s      *Server
	method string
	args   obj
}

// refusal is an error that the app is told: Slack's code and further fields.
type refusal struct {
	code string
	more obj
}

func (r *refusal) Error() string { return r.code }

func no(code string) error { return &refusal{code: code} }

func noBecause(code string, messages ...string) error {
	marked := make([]any, len(messages))
	for i, m := range messages {
		marked[i] = "[ERROR] " + m
	}
	return &refusal{code, obj{"response_metadata": obj{"messages": marked}}}
}

// method is how one Web API method is called and what it needs. Sources:
// Slack's reference pages of the methods and their rate tiers.
type method struct {
	do     func(*call) (obj, error)
	app    bool     // wants an app-level token
	free   bool     // needs no token
	scopes []string // one of these; none = no scope needed
	read   bool     // may be called by GET; takes no JSON body
	tier   int      // 1 to 4; 0 = special (generous)
}

// apiMethods is the Web API's table of contents.

func apiMethods() map[string]method {
	anyRead := []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	anyHistory := []string{"channels:history", "groups:history", "im:history", "mpim:history"}
	write := []string{"chat:write"}
	return map[string]method{
		"api.test":              {do: apiTest, free: true, read: true, tier: 4},
		"auth.test":             {do: authTest, read: true},
		"apps.connections.open": {do: openConnection, app: true, tier: 3},
		"bots.info":             {do: botInfo, scopes: []string{"users:read"}, read: true, tier: 3},
		"team.info":             {do: teamInfo, scopes: []string{"team:read"}, read: true, tier: 3},

		"chat.postMessage":            {do: postMessage, scopes: write},
		"chat.update":                 {do: updateMessage, scopes: write, tier: 3},
		"chat.delete":                 {do: deleteMessage, scopes: write, tier: 3},
		"chat.postEphemeral":          {do: postEphemeral, scopes: write, tier: 4},
		"chat.getPermalink":           {do: permalink, read: true},
		"chat.scheduleMessage":        {do: scheduleMessage, scopes: write, tier: 3},
		"chat.deleteScheduledMessage": {do: deleteScheduled, scopes: write, tier: 3},
		"chat.scheduledMessages.list": {do: listScheduled, tier: 3},

		"conversations.open":    {do: openConversation, scopes: []string{"im:write", "mpim:write", "channels:manage", "groups:write"}, tier: 3},
		"conversations.info":    {do: conversationInfo, scopes: anyRead, read: true, tier: 3},
		"conversations.list":    {do: listConversations, scopes: anyRead, read: true, tier: 2},
		"conversations.history": {do: history, scopes: anyHistory, read: true, tier: 3},
		"conversations.replies": {do: replies, scopes: anyHistory, read: true, tier: 3},
		"conversations.members": {do: roomMembers, scopes: anyRead, read: true, tier: 4},
		"conversations.join":    {do: joinConversation, scopes: []string{"channels:join"}, tier: 3},

		"users.info":            {do: userInfo, scopes: []string{"users:read"}, read: true, tier: 4},
		"users.list":            {do: listUsers, scopes: []string{"users:read"}, read: true, tier: 2},
		"users.lookupByEmail":   {do: lookupByEmail, scopes: []string{"users:read.email"}, read: true, tier: 3},
		"usergroups.list":       {do: listGroups, scopes: []string{"usergroups:read"}, read: true, tier: 2},
		"usergroups.users.list": {do: groupUsers, scopes: []string{"usergroups:read"}, read: true, tier: 2},

		"views.open":    {do: openView, tier: 4},
		"views.push":    {do: pushView, tier: 4},
		"views.update":  {do: updateView, tier: 4},
		"views.publish": {do: publishView, tier: 4},

		"files.getUploadURLExternal":   {do: uploadURL, scopes: []string{"files:write"}, tier: 4},
		"files.completeUploadExternal": {do: completeUpload, scopes: []string{"files:write"}, tier: 4},
		"files.info":                   {do: fileInfo, scopes: []string{"files:read"}, read: true, tier: 4},

		"reactions.add": {do: addReaction, scopes: []string{"reactions:write"}, tier: 3},
	}
}

const maxBody = 8 << 20

func (s *Server) routes() {
	table := apiMethods()
	s.mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.serveAPI(w, r, table) })
	s.mux.HandleFunc("GET /link/", s.serveSocket)
	s.mux.HandleFunc("POST /commands/{team}/{id}/{secret}", s.serveReplyURL)
	s.mux.HandleFunc("POST /actions/{team}/{id}/{secret}", s.serveReplyURL)
	s.mux.HandleFunc("POST /upload/v1/{id}", s.serveUpload)
	s.mux.HandleFunc("GET /files-pri/{team}/{file...}", s.serveFile)
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, table map[string]method) {
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	args, token, err := readArgs(r)
	m, known := table[name]
	if err == nil && known && !m.read && !m.free && r.Method != http.MethodPost {
		err = no("insecure_request")
	}
	if err == nil && m.read && isJSON(r) {
		args = obj{} // as at Slack: reading methods take forms and queries only
	}
	if m.app && text(args, "token") != "" && r.Header.Get("Authorization") == "" {
		token = "" // an app-level token counts in the header only
	}
	delete(args, "token")

	entry := Entry{Kind: "call", Name: name, Request: clone(args)}
	fault := s.takeFault(name, args)
	if fault != nil && fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
		}
	}
	var reply obj
	status := http.StatusOK
	switch {
	case fault != nil && fault.before():
		reply, status, err = fault.answer()
	case err == nil:
		reply, err = s.answer(name, m, known, args, token)
	}
	if fault != nil && fault.DropReply {
		entry.Error, entry.Response = "reply dropped on demand", reply
		s.journal.add(entry)
		panic(http.ErrAbortHandler) // closes the connection without a word
	}
	if fault != nil && fault.ReplyStatus != 0 {
		entry.Error, reply, status, err = "answered with another status on demand", nil, fault.ReplyStatus, nil
	}
	header := w.Header()
	var refused *refusal
	if errors.As(err, &refused) {
		reply = obj{"ok": false, "error": refused.code}
		for k, v := range refused.more {
			reply[k] = v
		}
		entry.Error = refused.code
		if refused.code == "ratelimited" {
			status = http.StatusTooManyRequests
			header.Set("Retry-After", text(reply, "retry_after"))
			delete(reply, "retry_after")
		}
	} else if reply != nil {
		reply["ok"] = true
	}
	entry.Status, entry.Response = status, clone(reply)
	s.journal.add(entry)
	if token == s.botToken {
		header.Set("X-OAuth-Scopes", strings.Join(s.grantedScopes(), ","))
		header.Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
	}
	header.Set("X-Slack-Req-Id", randomText(32, "0123456789abcdef"))
	if status >= 500 && reply == nil {
		http.Error(w, "upstream failed", status)
		return
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(encode(reply))
}

// answer checks who calls and lets the method do its work, under the lock.
func (s *Server) answer(name string, m method, known bool, args obj, token string) (obj, error) {
	if !known {
		return nil, no("unknown_method")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.admit(m, token); err != nil {
		return nil, err
	}
	if wait := s.overRate(name, m, args); wait > 0 {
		return nil, &refusal{"ratelimited", obj{"retry_after": strconv.Itoa(wait)}}
	}
	reply, err := m.do(&call{s: s, method: name, args: args})
	if reply == nil {
		reply = obj{}
	}
	return reply, err
}

// admit judges a token: is it one, is it of the right kind, does it have a scope.
func (s *Server) admit(m method, token string) error {
	if m.free {
		return nil
	}
	if token == "" {
		return no("not_authed")
	}
	if code := s.revoked[token]; code != "" {
		return no(code)
	}
	switch {
	case token == s.appToken && !m.app, token == s.botToken && m.app:
		return no("not_allowed_token_type")
	case token == s.appToken:
		return nil
	case token != s.botToken:
		return no("invalid_auth")
	}
	return s.needScope(m.scopes...)
}

// needScope is nil if the app holds one of the scopes (or none is needed).
func (s *Server) needScope(anyOf ...string) error {
	if len(anyOf) == 0 || s.features.allScopes {
		return nil
	}
	for _, scope := range anyOf {
		if slices.Contains(s.features.scopes, scope) {
			return nil
		}
	}
	return &refusal{"missing_scope", obj{"needed": strings.Join(anyOf, ","), "provided": strings.Join(s.features.scopes, ",")}}
}

// hasScope tells the same without an error to pass on.
func (s *Server) hasScope(scope string) bool { return s.needScope(scope) == nil }

func (s *Server) grantedScopes() []string {
	if !s.features.allScopes {
		return s.features.scopes
	}
	return []string{
		"app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write", "chat:write.public", "commands",
		"files:read", "files:write", "groups:history", "groups:read", "im:history", "im:read", "im:write", "mpim:history", "mpim:read",
		"mpim:write", "reactions:read", "reactions:write", "team:read", "usergroups:read", "users:read", "users:read.email",
	}
}

func isJSON(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "application/json"
}

// structured are the arguments that hold JSON also in a form.
var structured = []string{"blocks", "attachments", "metadata", "view", "files"}

// readArgs reads the arguments from query and body (form, multipart or JSON)
// and the token from the header or, failing that, from the arguments.
func readArgs(r *http.Request) (args obj, token string, err error) {
	args = obj{}
	for k, v := range r.URL.Query() {
		args[k] = v[len(v)-1]
	}
	kind, _, mimeErr := mime.ParseMediaType(r.Header.Get("Content-Type"))
	body, readErr := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if readErr != nil {
		return args, "", no("request_timeout")
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	switch {
	case len(body) == 0:
	case mimeErr != nil:
		err = no("missing_post_type")
	case kind == "application/json":
		err = readJSONArgs(body, args)
	case kind == "application/x-www-form-urlencoded", kind == "multipart/form-data":
		if r.ParseMultipartForm(maxBody) != nil && r.PostForm == nil {
			err = no("invalid_form_data")
		}
		for k, v := range r.Form {
			args[k] = v[len(v)-1]
		}
	default:
		err = no("invalid_post_type")
	}
	for _, key := range structured {
		if raw, ok := args[key].(string); ok && raw != "" {
			if v, bad := decode([]byte(raw)); bad == nil {
				args[key] = v
			}
		}
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		token = text(args, "token")
	}
	return args, strings.TrimSpace(token), err
}

func readJSONArgs(body []byte, args obj) error {
	v, err := decode(body)
	if err != nil {
		return no("invalid_json")
	}
	if v == nil {
		return nil
	}
	m, ok := v.(obj)
	if !ok {
		return no("json_not_object")
	}
	for k, item := range m {
		args[k] = item
	}
	return nil
}

// number reads an integer argument within bounds; preset where it is missing.
func (c *call) number(key string, preset, low, high int) (int, error) {
	raw := text(c.args, key)
	if raw == "" {
		return preset, nil
	}
	n, err := strconv.Atoi(raw)
	if err != nil || n < low {
		return 0, noBecause("invalid_arguments", fmt.Sprintf("must be a number from %d [json-pointer:/%s]", low, key))
	}
	return min(n, high), nil
}

// page cuts one page out of n items: from start to end, and the cursor of the
// next page ("" at the end). Cursors are opaque to apps.
func (c *call) page(n, preset int) (start, end int, next string, err error) {
	limit, err := c.number("limit", preset, 1, 1000)
	if err != nil {
		return 0, 0, "", err
	}
	if cursor := text(c.args, "cursor"); cursor != "" {
		number, ok := strings.CutPrefix(cursor, "bmV4dDo")
		start, err = strconv.Atoi(strings.TrimSuffix(number, "="))
		if !ok || err != nil || start < 0 || start > n {
			return 0, 0, "", no("invalid_cursor")
		}
	}
	end = min(n, start+limit)
	if end < n {
		next = fmt.Sprintf("bmV4dDo%d=", end)
	}
	return start, end, next, nil
}

func apiTest(c *call) (obj, error) {
	if code := text(c.args, "error"); code != "" {
		return nil, &refusal{code, obj{"args": c.args}}
	}
	return obj{"args": c.args}, nil
}
