package gateway

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// bare is the least of a Slack, and none of the manners of package slacksim: a
// test writes bytes on its sockets as it likes.
type bare struct {
	server *httptest.Server
	greet  func(*bareSocket) []byte                         // what goes out in one segment with the handshake
	ticket atomic.Pointer[func(w http.ResponseWriter) bool] // refuses sockets
	call   func(w http.ResponseWriter, method string, body string) bool
	replies
	mu      sync.Mutex
	sockets []*bareSocket
	tickets atomic.Int64
	link    string // where sockets are, if not here
	tls     bool
	over    chan struct{}
}

// replies are what came for each envelope, however it came.
type replies struct {
	mu  sync.Mutex
	all map[string][]reply
}

type reply struct {
	text, raw string
	socket    int // 0: by response URL
	at        time.Time
}

func (r *replies) add(id string, a reply) {
	a.at = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string][]reply{}
	}
	r.all[id] = append(r.all[id], a)
}

func (r *replies) of(id string) []reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]reply(nil), r.all[id]...)
}

func (r *replies) count() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.all {
		n += len(all)
	}
	return n
}

func (r *replies) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

type bareSocket struct {
	number  int
	conn    net.Conn
	mu      sync.Mutex
	closing bool        // its close frame is out
	mute    atomic.Bool // answers nothing
	stuck   atomic.Bool // reads nothing
	pings   atomic.Int64
	pong    chan string
	goodbye atomic.Int64 // the code of the client's close frame
	gone    chan struct{}
}

func startBare(t testing.TB, b *bare) *bare {
	t.Helper()
	b.over = make(chan struct{})
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(b.serve))
	if b.tls {
		b.server.StartTLS()
	} else {
		b.server.Start()
	}
	t.Cleanup(func() {
		close(b.over)
		for _, s := range b.every() {
			_ = s.conn.Close()
		}
		b.server.CloseClientConnections()
		b.server.Close()
	})
	return b
}

func (b *bare) BotToken() string { return "xoxb-bare-secret" }
func (b *bare) AppToken() string { return "xapp-bare-secret" }
func (b *bare) URL() string      { return b.server.URL + "/api/" }

func (b *bare) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	method, isCall := strings.CutPrefix(r.URL.Path, "/api/")
	if isCall && b.call != nil && b.call(w, method, string(body)) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case method == "auth.test":
		fmt.Fprint(w, `{"ok":true,"team":"Bare","team_id":"T1","user":"sopbot","user_id":"U0BOT","bot_id":"B1"}`)
	case method == "apps.connections.open":
		n := b.tickets.Add(1)
		if refuse := b.ticket.Load(); refuse != nil && (*refuse)(w) {
			return
		}
		at := b.link
		if at == "" {
			at = "ws" + strings.TrimPrefix(b.server.URL, "http")
		}
		fmt.Fprintf(w, `{"ok":true,"url":"%s/link?ticket=ticketsecret-%d"}`, at, n)
	case isCall:
		fmt.Fprint(w, `{"ok":true,"ts":"1.1","channel":"C1"}`)
	case r.URL.Path == "/link":
		b.socket(w, r)
	default:
		var m struct{ Text string }
		_ = json.Unmarshal(body, &m)
		b.add(strings.TrimPrefix(r.URL.Path, "/replysecret/"), reply{text: m.Text, raw: string(body)})
		fmt.Fprint(w, `{"ok":true}`)
	}
}

const hello = `{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"}}`

func (b *bare) socket(w http.ResponseWriter, r *http.Request) {
	conn, in, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	s := &bareSocket{conn: conn, pong: make(chan string, 10), gone: make(chan struct{})}
	s.mu.Lock() // nothing goes out before the handshake
	b.mu.Lock()
	b.sockets = append(b.sockets, s)
	s.number = len(b.sockets)
	b.mu.Unlock()
	first := []byte("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n")
	if greet := b.greeting(); greet == nil {
		first = append(first, frame(0x81, hello)...)
	} else {
		first = append(first, greet(s)...)
	}
	_, _ = conn.Write(first)
	s.mu.Unlock()
	s.read(in.Reader, b)
}

func (b *bare) greeting() func(*bareSocket) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.greet
}

// read takes the client's frames until the end.
func (s *bareSocket) read(in *bufio.Reader, b *bare) {
	defer close(s.gone)
	defer s.conn.Close()
	for {
		var head [2]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		if s.stuck.Load() {
			<-b.over
			return
		}
		n := int(head[1] & 0x7f)
		if n == 126 {
			var long [2]byte
			_, _ = io.ReadFull(in, long[:])
			n = int(binary.BigEndian.Uint16(long[:]))
		}
		rest := make([]byte, 4+n)
		if _, err := io.ReadFull(in, rest); err != nil {
			return
		}
		payload := rest[4:]
		for i := range payload {
			payload[i] ^= rest[i%4]
		}
		if !s.frame(head[0]&0x0f, payload, b) {
			return
		}
	}
}

func (s *bareSocket) frame(opcode byte, payload []byte, b *bare) bool {
	if s.mute.Load() {
		return true
	}
	switch opcode {
	case 1:
		var ack struct {
			EnvelopeID string `json:"envelope_id"`
			Payload    struct{ Text string }
		}
		_ = json.Unmarshal(payload, &ack)
		b.add(ack.EnvelopeID, reply{text: ack.Payload.Text, raw: string(payload), socket: s.number})
	case 8:
		s.goodbye.Store(int64(binary.BigEndian.Uint16(append(payload, 0, 0))))
		s.write(frame(0x88, string(payload)))
		return false // read closes it
	case 9:
		s.pings.Add(1)
		s.write(frame(0x8a, string(payload)))
	case 10:
		s.pong <- string(payload)
	}
	return true
}

// write reports whether that went out: not after a close frame.
func (s *bareSocket) write(raw []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.closing = raw[0] == 0x88
	_ = s.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, err := s.conn.Write(raw)
	return err == nil
}

func (s *bareSocket) text(json string) bool { return s.write(frame(0x81, json)) }

func (s *bareSocket) notice(reason string) { s.text(noticeOf(reason)) }

func noticeOf(reason string) string {
	return fmt.Sprintf(`{"type":"disconnect","reason":%q,"debug_info":{"host":"wss-111.slack.com"}}`, reason)
}

// refuse makes apps.connections.open answer so; nil makes it give sockets.
func (b *bare) refuse(how func(w http.ResponseWriter) bool) {
	if how == nil {
		b.ticket.Store(nil)
		return
	}
	b.ticket.Store(&how)
}

func (b *bare) every() []*bareSocket {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]*bareSocket(nil), b.sockets...)
}

// live are the sockets that the client has not closed.
func (b *bare) live() []*bareSocket {
	return slices.DeleteFunc(b.every(), func(s *bareSocket) bool {
		select {
		case <-s.gone:
			return true
		default:
			return false
		}
	})
}

// envelope is a slash command as Slack sends it.
func (b *bare) envelope(id, command, text string) string {
	return fmt.Sprintf(`{"envelope_id":%q,"payload":{"token":"verification-token","team_id":"T1","channel_id":"C1","user_id":"U1","command":%q,"text":%q,"api_app_id":"A1","is_enterprise_install":"false","response_url":"%s/replysecret/%s","trigger_id":"triggersecret.%s"},"type":"slash_commands","accepts_response_payload":true}`,
		id, command, text, b.server.URL, id, id)
}

func (b *bare) send(s *bareSocket, id, command, text string) bool {
	return s.text(b.envelope(id, command, text))
}

// answer waits for what came first for an envelope with that in its text.
func (b *bare) answer(t testing.TB, id, want string) reply {
	t.Helper()
	for deadline := time.Now().Add(longWait); ; time.Sleep(time.Millisecond) {
		for _, a := range b.of(id) {
			if strings.Contains(a.text, want) {
				return a
			}
		}
		if time.Now().After(deadline) {
			t.Errorf("%s was answered with %+v, want %q", id, b.of(id), want)
			return reply{}
		}
	}
}

func (b *bare) echo(t testing.TB, s *bareSocket, id string) {
	t.Helper()
	b.send(s, id, "/echo", id)
	b.answer(t, id, "you said "+id)
}
