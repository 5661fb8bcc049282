package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"sopbot/internal/slacksim"
)

// event is one server-sent event: what happened, and the new state of it.
type event struct {
	name string
	data any
}

// live tells a window everything that its person sees happen, until the window
// is gone. A window that fell behind is told anew how things stand.
func (p *Page) live(w http.ResponseWriter, r *http.Request, person *slacksim.Person) {
	ctx := r.Context()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	changes := p.slack.Watch(ctx)
	own := p.enter()
	defer p.leave(own)
	send := func(e event) bool {
		data, err := json.Marshal(e.data)
		if err != nil {
			return true
		}
		var b bytes.Buffer
		fmt.Fprintf(&b, "retry: 500\nevent: %s\ndata: %s\n\n", e.name, data) // a window looks for its server twice a second
		if _, err := w.Write(b.Bytes()); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	status := p.status()
	// The stream begins with how things stand, so that what follows is news: read
	// beside the stream, it could be older than what the stream told before.
	state := p.state(person)
	if !send(event{"hello", state}) {
		return
	}
	last := state["seen"].(int64) // what came until then is in the state
	// The journal and the bot's state have no news of their own; whoever looks at
	// them wants to know soon, not at once.
	look := time.NewTicker(150 * time.Millisecond)
	defer look.Stop()
	ask := time.NewTicker(500 * time.Millisecond)
	defer ask.Stop()
	written := p.slack.Journal().Len()
	for {
		var told []event
		select {
		case <-ctx.Done():
			return
		case c, open := <-changes:
			if !open {
				return
			}
			switch {
			case c.Kind == "closed":
				return
			case c.Seq <= last:
			case c.Seq == last+1:
				told, last = p.tell(person, c), c.Seq
			default:
				told, last = p.anew(person)
			}
		case e := <-own:
			told = []event{e}
		case <-look.C:
			if n := p.slack.Journal().Len(); n != written {
				written = n
				told = []event{{"journal", n}}
			}
			// The end of a flood can be missed without a later change to show it.
			if n := p.slack.Seen(); n > last && len(changes) == 0 {
				again, seen := p.anew(person)
				told, last = append(told, again...), seen
			}
		case <-ask.C:
			if now := p.status(); now != status {
				status = now
				told = []event{{"status", status}}
			}
		}
		for _, e := range told {
			if !send(e) {
				return
			}
		}
	}
}

// anew tells how things stand, to a window that missed something.
func (p *Page) anew(person *slacksim.Person) ([]event, int64) {
	state := p.state(person)
	return []event{{"hello", state}}, state["seen"].(int64)
}

// tell turns a change into what this person's window has to know.
func (p *Page) tell(person *slacksim.Person, c slacksim.Change) []event {
	switch c.Kind {
	case "socket":
		return []event{{"socket", len(p.slack.Sockets())}}
	case "room":
		return []event{{"rooms", person.Rooms()}}
	case "modal":
		if c.Person == person.ID() {
			return []event{{"views", person.Views()}}
		}
	case "home":
		if c.Person == person.ID() {
			return []event{{"home", person.PublishedHome()}}
		}
	case "message", "update", "reaction", "delete":
		if !person.Sees(c) {
			if who := p.slack.Concerns(c); who != "" && c.Kind == "message" {
				return []event{{"elsewhere", who}}
			}
			return nil
		}
		if m, there := person.Message(c.Channel, c.TS); there {
			name := "changed"
			if c.Kind == "message" {
				name = "message"
			}
			return []event{{name, m}}
		}
		return []event{{"gone", map[string]string{"room": c.Channel, "ts": c.TS}}}
	}
	return nil
}

func (p *Page) enter() chan event {
	own := make(chan event, 16)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.windows[own] = true
	return own
}

func (p *Page) leave(own chan event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.windows, own)
}

// everywhere tells all windows.
func (p *Page) everywhere(e event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for own := range p.windows {
		select {
		case own <- e:
		default: // that window reads no more
		}
	}
}
