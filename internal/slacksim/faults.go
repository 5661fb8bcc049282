package slacksim

import (
	"fmt"
	"math"
	"net/http"
	"time"
)

// Fault makes calls go wrong on demand. Faults apply in the order they were
// added, each to the next Times calls that it fits.
type Fault struct {
	Method string // such as chat.postMessage, or response_url, or upload; "" = every call
	Times  int    // how many calls; 0 = one; negative = all
	// Match narrows the fault to calls with certain arguments.
	Match func(args map[string]any) bool

	Delay time.Duration // wait before doing anything
	// The first of these that is set is the answer, and nothing is done:
	Status     int           // an HTTP status such as 503 with a body that is no JSON
	Error      string        // {"ok":false,"error":…}
	RetryAfter time.Duration // 429 with Retry-After, rounded up to seconds

	// DropReply does the work and then cuts the connection instead of
	// answering: the app cannot know.
	DropReply bool
	// ReplyStatus does the work and answers all the same with this HTTP status,
	// such as 503, and a body that is no JSON.
	ReplyStatus int
}

// Fault adds a fault.
func (s *Server) Fault(f Fault) {
	fill(&f.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults and quirks.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.quirks = nil, nil
}

func (s *Server) takeFault(method string, args obj) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		if f.Times != 0 && (f.Method == "" || f.Method == method) && (f.Match == nil || f.Match(clone(args))) {
			f.Times--
			return f
		}
	}
	return nil
}

// before tells whether the call is to fail without having done anything.
func (f *Fault) before() bool { return f.Status != 0 || f.Error != "" || f.RetryAfter > 0 }

func (f *Fault) answer() (obj, int, error) {
	switch {
	case f.Status != 0:
		return nil, f.Status, nil
	case f.Error != "":
		return nil, http.StatusOK, no(f.Error)
	}
	seconds := fmt.Sprint(int(math.Ceil(f.RetryAfter.Seconds())))
	return nil, http.StatusTooManyRequests, &refusal{"ratelimited", obj{"retry_after": seconds}}
}

// Quirk makes envelopes arrive oddly on demand, as Fault does with calls.
type Quirk struct {
	Envelope string // slash_commands, interactive, events_api; "" = any
	Times    int    // how many envelopes; 0 = one; negative = all

	Duplicate bool          // the same frame twice (on another socket, if there is one)
	Reorder   bool          // held back until the next envelope has gone out
	Delay     time.Duration // sent so much later; the 3 seconds run all the same
	Lose      bool          // never sent
	// Before it come frames that Slack should not send:
	Malformed bool // broken JSON
	Null      bool // the JSON value null
	Unknown   bool // an envelope of a type that nobody knows

	held []byte
}

// Quirk adds a quirk.
func (s *Server) Quirk(q Quirk) {
	fill(&q.Times, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quirks = append(s.quirks, &q)
}

// send writes an envelope's frame, with whatever quirk is due.
func (s *Server) send(k *Socket, kind string, frame []byte) {
	var due *Quirk
	for _, q := range s.quirks {
		if q.Times != 0 && q.held == nil && (q.Envelope == "" || q.Envelope == kind) {
			q.Times--
			due = q
			break
		}
	}
	switch {
	case due == nil:
		k.push(frame)
	case due.Lose:
		return
	case due.Reorder:
		due.held = frame
		return
	default:
		s.sendOddly(k, due, frame)
	}
	for _, q := range s.quirks {
		if q.held != nil {
			k.push(q.held)
			q.held = nil
		}
	}
}

func (s *Server) sendOddly(k *Socket, q *Quirk, frame []byte) {
	if q.Malformed {
		k.push([]byte(`{"envelope_id":"broken","type":`))
	}
	if q.Null {
		k.push([]byte("null"))
	}
	if q.Unknown {
		k.push(encode(obj{"envelope_id": "unknown-1", "type": "something_new", "accepts_response_payload": false, "payload": obj{"type": "something_new"}}))
	}
	again := k
	if other := s.live(); other != nil {
		again = other
	}
	out := func() {
		k.push(frame)
		if q.Duplicate {
			again.push(frame)
		}
	}
	if q.Delay > 0 {
		time.AfterFunc(q.Delay, out)
		return
	}
	out()
}
