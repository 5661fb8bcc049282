package slacksim

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Entry is one line of the journal: something that went over the wire, or the
// simulator's verdict on it.
type Entry struct {
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // call, response_url, upload, envelope, ack, verdict, socket, timer
	// Name is the API method, the envelope type, or what happened to a socket.
	Name string `json:"name,omitempty"`
	// Socket is the number of the connection, counted from 1.
	Socket     int    `json:"socket,omitempty"`
	EnvelopeID string `json:"envelope_id,omitempty"`
	// Latency is the time from sending an envelope to its ack.
	Latency  time.Duration `json:"latency_ns,omitempty"`
	Status   int           `json:"status,omitempty"` // HTTP status of a call
	Error    string        `json:"error,omitempty"`  // Slack's error code, or why something was dropped
	Request  any           `json:"request,omitempty"`
	Response any           `json:"response,omitempty"`
}

// Journal is the record of everything that passed between the simulator and
// the app, or of the newest of it (see [Options.Journal]); tokens are not kept
// in it.
type Journal struct {
	now     func() time.Time
	most    int // so many are kept; 0 = all
	mu      sync.Mutex
	gone    int // so many are not any more
	entries []Entry
}

func (j *Journal) add(e Entry) {
	e.At = j.now()
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq = j.gone + len(j.entries) + 1
	j.entries = append(j.entries, e)
	if over := len(j.entries) - j.most; j.most > 0 && over > j.most/4 { // a quarter at a time: to move them all for each one would take long
		j.gone += over
		j.entries = append(make([]Entry, 0, j.most+j.most/4+1), j.entries[over:]...)
	}
}

// Entries copies the journal so far, as far as it is kept, oldest first.
func (j *Journal) Entries() []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Entry(nil), j.entries...)
}

// Calls are the calls of one API method (all methods if ""), oldest first.
func (j *Journal) Calls(method string) []Entry {
	return j.pick(func(e Entry) bool { return e.Kind == "call" && (method == "" || e.Name == method) })
}

// Envelopes are the envelopes of one type (all if "") that were sent.
func (j *Journal) Envelopes(kind string) []Entry {
	return j.pick(func(e Entry) bool { return e.Kind == "envelope" && (kind == "" || e.Name == kind) })
}

// Acks are the acknowledgements that arrived, also those refused (with Error).
func (j *Journal) Acks() []Entry { return j.pick(func(e Entry) bool { return e.Kind == "ack" }) }

// Refusals are all entries with an error.
func (j *Journal) Refusals() []Entry { return j.pick(func(e Entry) bool { return e.Error != "" }) }

func (j *Journal) pick(want func(Entry) bool) []Entry {
	var found []Entry
	for _, e := range j.Entries() {
		if want(e) {
			found = append(found, e)
		}
	}
	return found
}

// WriteJSONL writes the journal, one JSON object a line.
func (j *Journal) WriteJSONL(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range j.Entries() {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write journal: %w", err)
		}
	}
	return nil
}

// String is the journal in one line an entry, for a failing test.
func (j *Journal) String() string {
	var b strings.Builder
	for _, e := range j.Entries() {
		fmt.Fprintf(&b, "%3d %-8s %-28s", e.Seq, e.Kind, e.Name)
		if e.Socket > 0 {
			fmt.Fprintf(&b, " socket %d", e.Socket)
		}
		if e.Latency > 0 {
			fmt.Fprintf(&b, " %s", e.Latency.Round(time.Millisecond))
		}
		if e.Error != "" {
			fmt.Fprintf(&b, " ! %s", e.Error)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
