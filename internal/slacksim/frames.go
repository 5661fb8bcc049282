package slacksim

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"sync"
)

// frameWatch looks at the bytes that a WebSocket client sends and notes which
// messages came in several frames: Slack drops those, and gorilla hides it.
type frameWatch struct {
	mu     sync.Mutex
	header []byte
	skip   uint64 // payload bytes still to pass
	split  bool   // the message under way has had a frame without FIN
	done   []bool // per finished message: was it fragmented?
}

// fragmented tells about the oldest finished message and forgets it.
func (f *frameWatch) fragmented() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.done) == 0 {
		return false
	}
	split := f.done[0]
	f.done = f.done[1:]
	return split
}

func (f *frameWatch) see(data []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(data) > 0 {
		if f.skip > 0 {
			n := min(f.skip, uint64(len(data)))
			f.skip -= n
			data = data[n:]
			continue
		}
		f.header = append(f.header, data[0])
		data = data[1:]
		f.frame()
	}
}

// frame reads a frame's header once it is complete (RFC 6455, 5.2).
func (f *frameWatch) frame() {
	h := f.header
	if len(h) < 2 {
		return
	}
	size, need := uint64(h[1]&0x7f), 2
	switch size {
	case 126:
		need += 2
	case 127:
		need += 8
	}
	mask := 0
	if h[1]&0x80 != 0 {
		mask = 4
	}
	if len(h) < need+mask {
		return
	}
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(h[2:]))
	case 127:
		size = binary.BigEndian.Uint64(h[2:])
	}
	final, opcode := h[0]&0x80 != 0, h[0]&0x0f
	f.header, f.skip = f.header[:0], size
	switch {
	case opcode >= 8: // control frames may come in between
	case !final:
		f.split = true
	default:
		f.done = append(f.done, f.split)
		f.split = false
	}
}

type watchedConn struct {
	net.Conn
	watch *frameWatch
}

func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.watch.see(p[:n])
	return n, err
}

// watchedWriter gives the upgrader a connection that is watched.
type watchedWriter struct {
	http.ResponseWriter
	watch *frameWatch
}

func (w watchedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	hijacker, ok := w.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, fmt.Errorf("slacksim: connection cannot be taken over")
	}
	conn, rw, err := hijacker.Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &watchedConn{conn, w.watch}, rw, nil
}
