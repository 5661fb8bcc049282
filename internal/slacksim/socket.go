package slacksim

import (
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
)

// mostSockets is how many connections one app may have.
const mostSockets = 10

// Socket is one Socket Mode connection of the app.
type Socket struct {
	s      *Server
	number int
	conn   *websocket.Conn
	frames *frameWatch
	out    chan []byte
	gone   chan struct{}
	once   sync.Once
	deaf   atomic.Bool

	retiring bool // told to disconnect; gets nothing new. Under s.mu.
}

// openConnection answers apps.connections.open with a ticket for one socket.
func openConnection(c *call) (obj, error) {
	ticket := uuid.NewString()
	c.s.tickets[ticket] = true
	return obj{"url": "ws" + strings.TrimPrefix(c.s.base, "http") + "/link/?ticket=" + ticket + "&app_id=" + c.s.app.ID}, nil
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	valid := s.tickets[ticket] && !s.closed
	delete(s.tickets, ticket)
	s.mu.Unlock()
	if !valid {
		s.journal.add(Entry{Kind: "socket", Name: "refused", Error: "ticket unknown or used"})
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	watch := &frameWatch{}
	up := websocket.Upgrader{
		CheckOrigin: func(*http.Request) bool { return true }, // clients send Slack's origin, not ours
		// A size of one's own makes the upgrader read from the watched connection.
		ReadBufferSize: 8 << 10, WriteBufferSize: 32 << 10,
	}
	conn, err := up.Upgrade(watchedWriter{w, watch}, r, nil)
	if err != nil {
		return
	}
	socket := &Socket{s: s, conn: conn, frames: watch, out: make(chan []byte, 1024), gone: make(chan struct{})}
	s.mu.Lock()
	s.socketSeq++
	socket.number = s.socketSeq
	open := len(s.sockets) + 1
	if open > mostSockets {
		s.mu.Unlock()
		socket.log("refused", "too_many_websockets")
		_ = conn.WriteMessage(websocket.TextMessage, encode(obj{
			"type": "disconnect", "reason": "too_many_websockets", "num_connections": open - 1,
			"debug_info": obj{"host": "applink-local"}, "connection_info": obj{"app_id": s.app.ID},
		}))
		_ = conn.Close()
		return
	}
	if s.noSocket {
		s.mu.Unlock()
		socket.log("refused", "link_disabled")
		_ = conn.WriteMessage(websocket.TextMessage, encode(obj{"type": "disconnect", "reason": "link_disabled", "debug_info": obj{"host": "applink-local"}}))
		_ = conn.Close()
		return
	}
	s.sockets = append(s.sockets, socket)
	socket.out <- encode(obj{
		"type": "hello", "num_connections": open,
		"debug_info":      obj{"host": "applink-local", "build_number": 10, "approximate_connection_time": 18060},
		"connection_info": obj{"app_id": s.app.ID},
	})
	s.tell(Change{Kind: "socket"})
	s.mu.Unlock()
	socket.log("open", "")
	go socket.write()
	socket.read()
}

func (k *Socket) log(what, problem string) {
	k.s.journal.add(Entry{Kind: "socket", Name: what, Socket: k.number, Error: problem})
}

// write sends frames and pings until the connection is gone. Only this
// goroutine writes, but for control frames, which gorilla allows.
func (k *Socket) write() {
	ping := time.NewTicker(k.s.opts.PingEvery)
	defer ping.Stop()
	defer k.leftover()
	for {
		select {
		case frame := <-k.out:
			if k.deaf.Load() {
				continue
			}
			if err := k.conn.WriteMessage(websocket.TextMessage, frame); err != nil {
				k.end("write failed")
				k.elsewhere(frame)
				return
			}
		case <-ping.C:
			if k.deaf.Load() {
				continue
			}
			deadline := time.Now().Add(5 * time.Second)
			if err := k.conn.WriteControl(websocket.PingMessage, []byte("Ping from local Slack"), deadline); err != nil {
				k.end("ping failed")
				return
			}
		case <-k.gone:
			return
		}
	}
}

// leftover gives what waits to be sent on a socket that ended to another.
func (k *Socket) leftover() {
	for {
		select {
		case frame := <-k.out:
			if !k.deaf.Load() {
				k.elsewhere(frame)
			}
		default:
			return
		}
	}
}

// elsewhere gives a frame that could not leave to another socket: any payload
// may go to any of them.
func (k *Socket) elsewhere(frame []byte) {
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	if other := k.s.live(); other != nil {
		other.push(frame)
	}
}

// read takes acks until the connection is gone. gorilla answers the client's
// pings while reading.
func (k *Socket) read() {
	k.conn.SetPingHandler(func(data string) error {
		if k.deaf.Load() {
			return nil
		}
		return k.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(5*time.Second))
	})
	for {
		kind, frame, err := k.conn.ReadMessage()
		if err != nil {
			k.end("closed")
			return
		}
		fragmented := k.frames.fragmented()
		if k.deaf.Load() {
			<-k.gone
			return
		}
		if kind == websocket.TextMessage {
			k.s.acked(k, frame, fragmented)
		}
	}
}

func (k *Socket) end(why string) {
	k.once.Do(func() {
		_ = k.conn.Close()
		k.s.mu.Lock()
		close(k.gone) // with the lock, so that nothing is meant for it afterwards
		k.s.sockets = slices.DeleteFunc(k.s.sockets, func(other *Socket) bool { return other == k })
		k.s.tell(Change{Kind: "socket"})
		k.s.mu.Unlock()
		k.log(why, "")
	})
}

// Number counts the connections since the start, from 1.
func (k *Socket) Number() int { return k.number }

// Cut drops the TCP connection without a close frame, as a broken line does.
func (k *Socket) Cut() {
	if tcp, ok := k.conn.NetConn().(*watchedConn); ok {
		if line, ok := tcp.Conn.(*net.TCPConn); ok {
			_ = line.SetLinger(0)
		}
	}
	k.end("cut")
}

// Deaf makes the socket stop reading, sending and pinging while it stays open:
// the fault that only a missing ping betrays.
func (k *Socket) Deaf() {
	k.deaf.Store(true)
	k.log("deaf", "")
}

// Disconnect sends Slack's disconnect frame. After "warning" and
// "refresh_requested" the socket stays open for Options.Grace, so that acks on
// their way arrive; after other reasons it closes at once.
func (k *Socket) Disconnect(reason string) {
	k.s.mu.Lock()
	k.retiring = true
	k.s.mu.Unlock()
	k.log("disconnect "+reason, "")
	k.push(encode(obj{"type": "disconnect", "reason": reason, "debug_info": obj{"host": "applink-local"}}))
	wait := 50 * time.Millisecond // lets the frame out before the line closes
	if reason == "warning" || reason == "refresh_requested" {
		wait = k.s.opts.Grace
	}
	time.AfterFunc(wait, func() {
		_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, reason), time.Now().Add(time.Second))
		k.end("closed by Slack")
	})
}

func (k *Socket) push(frame []byte) {
	select {
	case k.out <- frame:
	case <-k.gone:
	default:
		go k.end("too slow: 1024 frames unread")
	}
}

// Sockets are the open connections, oldest first.
func (s *Server) Sockets() []*Socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets)
}

// Disconnect sends the disconnect frame on every open socket.
func (s *Server) Disconnect(reason string) {
	for _, k := range s.Sockets() {
		k.Disconnect(reason)
	}
}

// Cut drops every open connection.
func (s *Server) Cut() {
	for _, k := range s.Sockets() {
		k.Cut()
	}
}

// Deaf makes every open socket deaf.
func (s *Server) Deaf() {
	for _, k := range s.Sockets() {
		k.Deaf()
	}
}

// Send writes a raw text frame on every open socket: for frames that Slack
// should never send.
func (s *Server) Send(frame []byte) {
	for _, k := range s.Sockets() {
		k.push(frame)
	}
}

// live picks the socket for the next payload: any of them, in turn. Retiring
// ones only if there is no other. The caller holds s.mu.
func (s *Server) live() *Socket {
	var fresh []*Socket
	for _, k := range s.sockets {
		if !k.retiring {
			fresh = append(fresh, k)
		}
	}
	if len(fresh) == 0 {
		fresh = s.sockets
	}
	if len(fresh) == 0 {
		return nil
	}
	s.turn++
	return fresh[s.turn%len(fresh)]
}
