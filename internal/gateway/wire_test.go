package gateway

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

const upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

// frame is a text frame as a server sends it (RFC 6455, 5.2).
func frame(first byte, payload string) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 127), uint64(n))
	}
	return append(out, payload...)
}

// pieces is a connection that gives its bytes in pieces of a given size.
type pieces struct {
	net.Conn
	rest []byte
	size int
	sent bytes.Buffer
}

func (p *pieces) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b[:min(len(b), p.size)], p.rest)
	p.rest = p.rest[n:]
	return n, nil
}
func (p *pieces) Write(b []byte) (int, error)      { return p.sent.Write(b) }
func (p *pieces) Close() error                     { return nil }
func (p *pieces) SetWriteDeadline(time.Time) error { return nil }

func through(stream []byte, size int) (out []byte, notices []string, err error) {
	w := newWire(&pieces{rest: stream, size: size}, func(reason string) { notices = append(notices, reason) }, func() {})
	out, err = io.ReadAll(w)
	return out, notices, err
}

func TestOnlyNoticesAreKeptFromTheWebSocket(t *testing.T) {
	t.Parallel()
	const notice = `{"type":"disconnect","reason":"warning","debug_info":{"host":"wss-111.slack.com"}}`
	text, long := frame(0x81, `{"type":"hello"}`), frame(0x81, strings.Repeat("x", 70000))
	for name, tc := range map[string]struct {
		frames [][]byte
		want   [][]byte
		notice string
	}{
		"a notice between frames":          {[][]byte{text, frame(0x81, notice), text}, [][]byte{text, text}, "warning"},
		"a notice first":                   {[][]byte{frame(0x81, notice), long}, [][]byte{long}, "warning"},
		"the word in a payload":            {[][]byte{frame(0x81, `{"payload":{"text":"\"disconnect\""}}`)}, [][]byte{frame(0x81, `{"payload":{"text":"\"disconnect\""}}`)}, ""},
		"a notice in fragments is let by":  {[][]byte{frame(0x01, notice[:20]), frame(0x80, notice[20:])}, [][]byte{frame(0x01, notice[:20]), frame(0x80, notice[20:])}, ""},
		"pings, pongs, binary, empty":      {[][]byte{frame(0x89, "p"), frame(0x8a, ""), frame(0x82, "\x00"), frame(0x81, "")}, [][]byte{frame(0x89, "p"), frame(0x8a, ""), frame(0x82, "\x00"), frame(0x81, "")}, ""},
		"frames of every length of length": {[][]byte{frame(0x81, strings.Repeat("a", 125)), frame(0x81, strings.Repeat("b", 126)), frame(0x81, strings.Repeat("c", 1<<16))}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			want := append([]byte(upgraded), bytes.Join(tc.want, nil)...)
			if tc.want == nil {
				want = append([]byte(upgraded), bytes.Join(tc.frames, nil)...)
			}
			for _, size := range []int{1, 2, 3, 7, 1000, 1 << 20} {
				out, notices, err := through(append([]byte(upgraded), bytes.Join(tc.frames, nil)...), size)
				if err != nil || !bytes.Equal(out, want) || strings.Join(notices, ",") != tc.notice {
					t.Errorf("in pieces of %d: %d bytes of %d, notices %q, %v", size, len(out), len(want), notices, err)
				}
			}
		})
	}
	refused := "HTTP/1.1 403 Forbidden\r\nContent-Length: 90\r\n\r\n" + string(frame(0x81, notice))
	if out, notices, err := through([]byte(refused), 5); string(out) != refused || len(notices) > 0 || err != nil {
		t.Errorf("an answer that is no upgrade came through as %q, %q, %v", out, notices, err)
	}
}

func TestControlFramesOfOursAreMaskedAndWaitForTheHandshake(t *testing.T) {
	t.Parallel()
	p := &pieces{rest: []byte(upgraded), size: 100}
	w := newWire(p, func(string) {}, func() {})
	if err := w.goodbye(); err == nil || p.sent.Len() > 0 {
		t.Fatalf("before the handshake %d bytes were sent, %v", p.sent.Len(), err)
	}
	if _, err := io.ReadAll(w); err != nil {
		t.Fatal(err)
	}
	if err := w.goodbye(); err != nil {
		t.Fatal(err)
	}
	got := p.sent.Bytes()
	if len(got) != 8 || got[0] != 0x88 || got[1] != 0x82 || got[6]^got[2] != 0x03 || got[7]^got[3] != 0xe8 {
		t.Errorf("the close frame is % x", got)
	}
}

// FuzzWire compares what comes through with a slow and simple reading of the
// same bytes.
func FuzzWire(f *testing.F) {
	f.Add(frame(0x81, `{"type":"disconnect","reason":"x"}`), 3)
	f.Add(append(frame(0x81, "a"), frame(0x81, `{"type":"disconnect"}`)...), 1)
	f.Add([]byte{0x81, 0xff, 1, 2, 3}, 2)
	f.Add([]byte{0x81, 127, 0, 0, 0, 0, 0, 0, 0, 3, 'a'}, 9)
	f.Add([]byte{0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'a'}, 9)
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 1 || size > 1<<16 {
			size = 1
		}
		out, notices, err := through(append([]byte(upgraded), stream...), size)
		want, left := reference(stream)
		// A frame that the stream breaks off may come through in part.
		if !bytes.HasPrefix(out, append([]byte(upgraded), want...)) {
			t.Fatalf("% x\ncame through as % x\nwant % x", stream, out[len(upgraded):], want)
		}
		if tail := out[len(upgraded)+len(want):]; len(tail) > len(stream) {
			t.Fatalf("more came out than went in: % x", tail)
		}
		if len(notices) != left {
			t.Fatalf("%d notices, want %d", len(notices), left)
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	})
}

// reference parts a stream into frames, one at a time, and leaves notices out.
func reference(s []byte) (out []byte, notices int) {
	for len(s) >= 2 {
		head, n := 2, uint64(s[1]&0x7f)
		switch n {
		case 126:
			head = 4
		case 127:
			head = 10
		}
		if len(s) < head {
			return out, notices
		}
		switch head {
		case 4:
			n = uint64(binary.BigEndian.Uint16(s[2:]))
		case 10:
			n = binary.BigEndian.Uint64(s[2:])
			if n >= 1<<63 {
				return append(out, s...), notices
			}
		}
		masked := s[1]&0x80 != 0
		if masked {
			n += 4
		}
		if n > uint64(len(s)-head) {
			return out, notices
		}
		whole := s[:head+int(n)]
		var m struct{ Type string }
		if s[0] == 0x81 && !masked && n <= maxNotice && json.Unmarshal(whole[head:], &m) == nil && m.Type == "disconnect" {
			notices++
		} else {
			out = append(out, whole...)
		}
		s = s[len(whole):]
	}
	return out, notices
}
