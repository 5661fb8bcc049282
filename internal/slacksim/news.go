package slacksim

import (
	"context"
	"time"
)

// Change says that something a person could see is different now. It carries
// keys, not contents: readers ask for what they show.
type Change struct {
	Seq     int64     // counts up without gaps
	At      time.Time // the simulator's time
	Kind    string    // message, update, delete, reaction, modal, home, socket, file, room, closed
	Channel string    // of messages
	TS      string    // of messages
	Person  string    // whose modal or home; of an ephemeral message, the only reader
}

// news hands changes to those who watch. It belongs to the server's mutex.
type news struct {
	seq     int64
	waiters chan struct{} // closed and replaced at every change
	readers map[chan Change]bool
}

// tell records a change; the caller holds s.mu.
func (s *Server) tell(c Change) {
	s.news.seq++
	c.Seq, c.At = s.news.seq, s.Now()
	if s.news.waiters != nil {
		close(s.news.waiters)
		s.news.waiters = nil
	}
	for ch := range s.news.readers {
		select {
		case ch <- c:
		default: // a reader that fell behind misses changes, and sees it by the gap in Seq
		}
	}
}

// stirred is closed at the next change; the caller holds s.mu.
func (s *Server) stirred() <-chan struct{} {
	if s.news.waiters == nil {
		s.news.waiters = make(chan struct{})
	}
	return s.news.waiters
}

// Watch subscribes to changes until ctx ends; then the channel is closed. A
// reader that is more than 256 changes behind misses some: it sees a gap in
// Change.Seq and should read everything anew.
func (s *Server) Watch(ctx context.Context) <-chan Change {
	ch := make(chan Change, 256)
	s.mu.Lock()
	if s.news.readers == nil {
		s.news.readers = map[chan Change]bool{}
	}
	s.news.readers[ch] = true
	s.mu.Unlock()
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.news.readers, ch)
		close(ch)
	})
	return ch
}
