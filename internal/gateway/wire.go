package gateway

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a socket's TCP or TLS connection with an ear on it. slack-go's
// client owns the WebSocket; what it cannot do is done below it, on the
// frames as they pass:
//
//   - it sends pings of its own and closes a connection on which nothing was
//     heard for too long, whether or not the server ever pings;
//   - it keeps a `disconnect` notice to itself, because slack-go would drop
//     the connection at once, and with it whatever is still coming;
//   - it says a proper good-bye, so that what the server sent before is read;
//   - it gives the end of a connection only after what came before it was
//     handed on, because slack-go drops the last payload before an end as
//     often as not;
//   - acknowledgements are written straight to it, so that it is known whether
//     they left: slack-go would queue them for whatever connection comes next.
//
// Frames from a server are unmasked (RFC 6455, 5.1), and no extension is
// asked for, so they can be read as they are.
type wire struct {
	net.Conn
	in     *bufio.Reader
	out    []byte // read and judged, waiting to be taken
	pass   int64  // bytes of the present frame that only pass through
	mode   wireMode
	inside bool // a message in several frames is under way
	born   time.Time
	heard  atomic.Int64 // nanoseconds from its birth to the last byte: no clock that is set shortens or lengthens them
	closed atomic.Bool

	// How the reading ends, and whether what came before has been handed on.
	// Without handedOn nobody tells, and the end is given at once.
	end      error
	goodBye  []byte // the server's close frame
	handedOn chan struct{}
	once     sync.Once

	writing sync.Mutex
	framing bool   // the handshake was sent, so frames of ours may go between
	asked   bool   // the server wants to close: it reads no more
	left    bool   // we said good-bye: nothing may follow
	space   []byte // for the next frame of ours

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
	// writeWithin is how long a write may take: an acknowledgement has three
	// seconds, and may need another socket.
	writeWithin = 2 * time.Second
	// handOnWithin is how long the end of a connection waits for slack-go.
	handOnWithin = time.Second
)

// lastWord is a frame of our own before the end: when slack-go hands it on,
// it has handed on everything.
const lastWord = `{"type":"sopbot_last_word"}`

// errLeft says that a good-bye was said on the connection.
var errLeft = errors.New("the socket is being closed")

func newWire(c net.Conn, onNotice func(string), onClose func()) *wire {
	w := &wire{Conn: c, in: bufio.NewReaderSize(c, 16<<10), onNotice: onNotice, onClose: onClose, born: time.Now()}
	return w
}

// Read gives what the server sent, without notices.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.out) == 0 {
		if w.end != nil {
			if err := w.finish(); err != nil {
				return 0, err
			}
			continue
		}
		if w.pass > 0 || w.mode == wireRaw {
			if w.mode != wireRaw && int64(len(p)) > w.pass {
				p = p[:w.pass]
			}
			n, err := w.in.Read(p)
			w.pass -= int64(n)
			w.hear(n)
			if err != nil && w.handedOn != nil {
				// A last word cannot be put into a frame that breaks off, so
				// slack-go only gets a moment for what came before it.
				time.Sleep(handOnWithin / 50)
			}
			return n, err
		}
		var err error
		if w.mode == wireHandshake {
			err = w.readHandshake()
		} else if err = w.readFrame(); err != nil && w.handedOn != nil && !w.inside && !w.closed.Load() {
			w.end = err
			w.out = append([]byte{0x80 | opText, byte(len(lastWord))}, lastWord...)
			continue
		}
		if err != nil {
			return 0, err
		}
	}
	n := copy(p, w.out)
	w.out = w.out[n:]
	return n, nil
}

// errClosing ends the reading at the server's close frame.
var errClosing = errors.New("the server closes")

// finish gives the end, once everything before it was handed on.
func (w *wire) finish() error {
	select {
	case <-w.handedOn:
	case <-time.After(handOnWithin):
	}
	if w.goodBye == nil {
		return w.end
	}
	w.out, w.goodBye, w.end = w.goodBye, nil, io.EOF
	return nil
}

// handed is told when the last word came out at the other end of slack-go.
func (w *wire) handed() { w.once.Do(func() { close(w.handedOn) }) }

func (w *wire) hear(n int) {
	if n > 0 {
		w.heard.Store(int64(time.Since(w.born)))
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
	masked := head[1]&0x80 != 0
	closing := head[0] == 0x80|opClose && w.handedOn != nil
	if head[0]&0x08 == 0 {
		w.inside = head[0]&0x80 == 0
	}
	if masked || length > maxNotice || (head[0] != 0x80|opText && !closing) {
		if masked {
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
	if closing {
		w.writing.Lock()
		w.asked = true
		w.writing.Unlock()
		if w.inside {
			w.out = frame
			return nil
		}
		w.goodBye = frame
		return errClosing
	}
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
