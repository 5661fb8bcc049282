package gateway

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// wire is a socket's TCP or TLS connection with an ear on it. slack-go's
// client owns the WebSocket; what it cannot do is done below it, on the
// frames as they pass:
//
//   - it sends pings of its own and closes a connection on which nothing was
//     heard for too long, whether or not the server ever pings;
//   - it keeps a `disconnect` notice to itself, because slack-go would drop
//     the connection at once, and with it whatever is still coming;
//   - it says a proper good-bye, so that what the server sent before is read.
//
// Frames from a server are unmasked (RFC 6455, 5.1), and no extension is
// asked for, so they can be read as they are.
type wire struct {
	net.Conn
	in      *bufio.Reader
	out     []byte // read and judged, waiting to be taken
	pass    int64  // bytes of the present frame that only pass through
	mode    wireMode
	heard   atomic.Int64 // Unix nanoseconds of the last byte
	writing sync.Mutex
	framing bool // the handshake was sent, so frames of ours may go between
	closed  atomic.Bool

	onNotice func(reason string)
	onClose  func()
}

type wireMode int

const (
	wireHandshake wireMode = iota // the HTTP answer to the upgrade
	wireFrames
	wireRaw // not an upgrade after all: pass everything
)

const (
	opText  = 1
	opClose = 8
	opPing  = 9

	// The longest text frame that is looked into for a notice.
	maxNotice = 1024
)

func newWire(c net.Conn, onNotice func(string), onClose func()) *wire {
	w := &wire{Conn: c, in: bufio.NewReaderSize(c, 16<<10), onNotice: onNotice, onClose: onClose}
	w.heard.Store(time.Now().UnixNano())
	return w
}

// Read gives what the server sent, without notices.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.pass > 0 || w.mode == wireRaw {
			if w.mode != wireRaw && int64(len(p)) > w.pass {
				p = p[:w.pass]
			}
			n, err := w.in.Read(p)
			w.pass -= int64(n)
			w.hear(n)
			return n, err
		}
		var err error
		if w.mode == wireHandshake {
			err = w.readHandshake()
		} else {
			err = w.readFrame()
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

func (w *wire) hear(n int) {
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
	}
}

func (w *wire) readHandshake() error {
	var head []byte
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		line, err := w.in.ReadSlice('\n')
		head = append(head, line...)
		if err != nil {
			return err
		}
		if len(head) > 64<<10 {
			return io.ErrUnexpectedEOF
		}
	}
	w.hear(len(head))
	w.out = head
	w.mode = wireRaw
	if _, status, ok := bytes.Cut(head, []byte(" ")); ok && bytes.HasPrefix(status, []byte("101")) {
		w.mode = wireFrames
		w.writing.Lock()
		w.framing = true
		w.writing.Unlock()
	}
	return nil
}

func (w *wire) readFrame() error {
	var head [10]byte
	if _, err := io.ReadFull(w.in, head[:2]); err != nil {
		return err
	}
	n, length := 2, int64(head[1]&0x7f)
	switch length {
	case 126:
		n = 4
	case 127:
		n = 10
	}
	if n > 2 {
		if _, err := io.ReadFull(w.in, head[2:n]); err != nil {
			return err
		}
		if n == 4 {
			length = int64(binary.BigEndian.Uint16(head[2:4]))
		} else {
			length = int64(binary.BigEndian.Uint64(head[2:10]))
		}
	}
	w.hear(n)
	if length < 0 {
		// No frame is that long (RFC 6455, 5.2): the WebSocket will say so.
		w.out = append(w.out[:0:0], head[:n]...)
		w.mode = wireRaw
		return nil
	}
	whole := head[0] == 0x80|opText
	if !whole || length > maxNotice || head[1]&0x80 != 0 {
		if head[1]&0x80 != 0 {
			length += 4 // a masked frame breaks the protocol; the WebSocket says so
		}
		w.out = append(w.out[:0:0], head[:n]...)
		w.pass = length
		return nil
	}
	frame := make([]byte, n+int(length))
	copy(frame, head[:n])
	if _, err := io.ReadFull(w.in, frame[n:]); err != nil {
		return err
	}
	w.hear(len(frame))
	if reason, ok := notice(frame[n:]); ok {
		w.onNotice(reason)
		return nil
	}
	w.out = frame
	return nil
}

// notice reads Slack's request to leave:
// {"type":"disconnect","reason":"warning","debug_info":{…}}.
func notice(payload []byte) (reason string, ok bool) {
	if !bytes.Contains(payload, []byte(`"disconnect"`)) {
		return "", false
	}
	var m struct{ Type, Reason string }
	if json.Unmarshal(payload, &m) != nil || m.Type != "disconnect" {
		return "", false
	}
	return m.Reason, true
}

// Write sends what the WebSocket writes: a whole frame at a time.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	return w.Conn.Write(p)
}

// Close ends the connection.
func (w *wire) Close() error {
	if !w.closed.Swap(true) {
		defer w.onClose()
	}
	return w.Conn.Close()
}

// control sends a control frame of ours between the WebSocket's own.
func (w *wire) control(opcode byte, payload []byte) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	if !w.framing {
		return nil
	}
	frame := make([]byte, 6, 6+len(payload))
	frame[0] = 0x80 | opcode
	frame[1] = 0x80 | byte(len(payload))
	if _, err := rand.Read(frame[2:6]); err != nil {
		return err
	}
	for i, b := range payload {
		frame = append(frame, b^frame[2+i%4])
	}
	if err := w.Conn.SetWriteDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return err
	}
	defer func() { _ = w.Conn.SetWriteDeadline(time.Time{}) }()
	_, err := w.Conn.Write(frame)
	return err
}

// goodbye asks the server to close (code 1000). What it sent before that
// still arrives.
func (w *wire) goodbye() error { return w.control(opClose, []byte{0x03, 0xe8}) }

// silence is how long nothing was heard.
func (w *wire) silence() time.Duration {
	return time.Since(time.Unix(0, w.heard.Load()))
}

// watch pings the server and closes the connection when it has gone deaf.
func (w *wire) watch(ctx context.Context, every, deaf time.Duration, onDeaf func(time.Duration)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.closed.Load() {
			return
		}
		if s := w.silence(); s > deaf {
			onDeaf(s)
			_ = w.Close()
			return
		}
		if err := w.control(opPing, []byte("sopbot")); err != nil {
			_ = w.Close()
			return
		}
	}
}

// dialer makes WebSocket connections whose wire is ours. Behind a proxy the
// wire would meet the proxy's own words first, so there slack-go's plain
// connection is used, and its ping timeout alone notices deafness.
func dialer(wrap func(net.Conn) net.Conn) *websocket.Dialer {
	plain := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &websocket.Dialer{
		HandshakeTimeout: 10 * time.Second,
		// An acknowledgement of up to 20 KB must go out as one frame.
		WriteBufferSize: 32 << 10,
		ReadBufferSize:  8 << 10,
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := plain.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		},
		NetDialTLSContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, _, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			d := tls.Dialer{NetDialer: plain, Config: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}}
			c, err := d.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return wrap(c), nil
		},
	}
}

// proxied reports whether connections to that API go through a proxy.
func proxied(apiURL string) bool {
	r, err := http.NewRequest(http.MethodGet, apiURL, nil)
	if err != nil {
		return false
	}
	u, err := http.ProxyFromEnvironment(r)
	return err == nil && u != nil
}
