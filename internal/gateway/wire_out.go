package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"time"
)

// Write sends what the WebSocket writes: a whole frame at a time.
func (w *wire) Write(p []byte) (int, error) {
	w.writing.Lock()
	defer w.writing.Unlock()
	if w.framing && len(p) > 0 {
		switch opcode := p[0] & 0x0f; {
		case w.left, w.asked && opcode == opText:
			return 0, errLeft
		case opcode == opClose:
			w.left = true
		}
	}
	return w.put(p)
}

// put writes with a deadline of its own; who calls it holds writing.
func (w *wire) put(p []byte) (int, error) {
	if err := w.Conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// SetWriteDeadline does nothing: every write has the same patience, and one
// writer's deadline must not become another's.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// Close ends the connection.
func (w *wire) Close() error {
	if !w.closed.Swap(true) {
		defer w.onClose()
	}
	return w.Conn.Close()
}

// send writes a frame of ours between the WebSocket's own. After an error the
// frame has not left, and never will.
func (w *wire) send(opcode byte, payload []byte) error {
	w.writing.Lock()
	defer w.writing.Unlock()
	return w.frame(opcode, payload)
}

func (w *wire) frame(opcode byte, payload []byte) error {
	switch {
	case !w.framing:
		return errors.New("the socket is not open yet")
	case w.left, w.asked && opcode == opText:
		return errLeft
	}
	frame := append(w.space[:0], 0x80|opcode)
	if n := len(payload); n < 126 {
		frame = append(frame, 0x80|byte(n))
	} else { // none of ours is longer than 20 KB
		frame = append(frame, 0x80|126)
		frame = binary.BigEndian.AppendUint16(frame, uint16(n))
	}
	// The mask only has to be unguessable for whoever chose the payload
	// (RFC 6455, 5.3). This is ChaCha8, seeded by the system.
	mask := rand.Uint32()
	frame = binary.LittleEndian.AppendUint32(frame, mask)
	begins := len(frame)
	frame = append(frame, payload...)
	masked(frame[begins:], mask)
	w.space = frame
	w.left = opcode == opClose
	if _, err := w.put(frame); err != nil {
		// Half a frame may have gone: nothing else can follow.
		_ = w.Close()
		return err
	}
	return nil
}

// masked puts a mask, or takes it off, eight bytes at a time.
func masked(b []byte, mask uint32) {
	twice := uint64(mask)<<32 | uint64(mask)
	for ; len(b) >= 8; b = b[8:] {
		binary.LittleEndian.PutUint64(b, binary.LittleEndian.Uint64(b)^twice)
	}
	for i := range b {
		b[i] ^= byte(twice >> (8 * i))
	}
}

// goodbye asks the server to close (code 1000). What it sent before that
// still arrives.
func (w *wire) goodbye() error { return w.send(opClose, []byte{0x03, 0xe8}) }

// ping asks for a sign of life, unless something is being written: a write
// that hangs must not keep anybody from noticing.
func (w *wire) ping() error {
	if !w.writing.TryLock() {
		return nil
	}
	defer w.writing.Unlock()
	if !w.framing || w.left {
		return nil
	}
	return w.frame(opPing, []byte("sopbot"))
}

// silence is how long nothing was heard.
func (w *wire) silence() time.Duration {
	return time.Since(w.born) - time.Duration(w.heard.Load())
}

// watch pings the server and closes the connection when it has gone deaf. Where
// the process itself stood still (a machine that is starved, or was stopped),
// that is no silence of the server's: what came meanwhile gets the time to be
// read, once.
func (w *wire) watch(ctx context.Context, every, deaf time.Duration, onDeaf func(time.Duration)) {
	next := time.NewTimer(every)
	defer next.Stop()
	due, forgiven := time.Now().Add(every), int64(-1)
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		if w.closed.Load() {
			return
		}
		if heard := w.heard.Load(); time.Since(due) > every && heard != forgiven {
			forgiven = int64(time.Since(w.born))
			w.heard.CompareAndSwap(heard, forgiven)
		}
		if s := w.silence(); s > deaf {
			onDeaf(s)
			_ = w.Close()
			return
		} else {
			// Not at the ping after it has gone deaf, but when it has.
			wait := min(every, deaf-s+time.Millisecond)
			due = time.Now().Add(wait)
			next.Reset(wait)
		}
		if err := w.ping(); err != nil {
			_ = w.Close()
			return
		}
	}
}
