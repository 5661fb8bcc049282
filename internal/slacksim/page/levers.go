package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"sopbot/internal/slacksim"
)

// pushClock moves the clock on, as seen by the person who pushes it.
func (p *Page) pushClock(w http.ResponseWriter, r *http.Request, person *slacksim.Person) {
	var asked struct{ Step string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked); err != nil {
		refuse(w, err)
		return
	}
	zone, err := time.LoadLocation(person.Member().TZ)
	if err != nil {
		zone = time.UTC
	}
	jump := p.opts.Jump
	if jump == nil {
		jump = ahead
	}
	before := p.slack.Now().In(zone)
	to, known := jump(asked.Step, before)
	if !known || p.opts.Push == nil {
		refuse(w, fmt.Errorf("the clock cannot be pushed by %q", asked.Step))
		return
	}
	p.opts.Push(to.Sub(before))
	now := p.slack.Now().UnixMilli()
	p.everywhere(event{"clock", now})
	answer(w, map[string]any{"now": now})
}

// ahead is where a step leads from now.
func ahead(step string, now time.Time) (time.Time, bool) {
	morning := func(days int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day()+days, 9, 0, 0, 0, now.Location())
	}
	switch step {
	case "30m":
		return now.Add(30 * time.Minute), true
	case "2h":
		return now.Add(2 * time.Hour), true
	case "morning":
		return morning(1), true
	case "monday":
		days := (8 - int(now.Weekday())) % 7
		if days == 0 {
			days = 7
		}
		return morning(days), true
	}
	return time.Time{}, false
}

// Trouble that can be switched on, and what it does to calls and envelopes.
var trouble = map[string]func(*slacksim.Server){
	"offline": func(s *slacksim.Server) {
		s.Fault(slacksim.Fault{Method: "apps.connections.open", Times: -1, Status: http.StatusServiceUnavailable})
		s.Cut()
	},
	"limit": func(s *slacksim.Server) { s.Fault(slacksim.Fault{Times: -1, RetryAfter: 3 * time.Second}) },
	"broken": func(s *slacksim.Server) {
		s.Fault(slacksim.Fault{Times: -1, Status: http.StatusInternalServerError})
	},
	"slow": func(s *slacksim.Server) {
		s.Fault(slacksim.Fault{Times: -1, Delay: time.Second})
		s.Quirk(slacksim.Quirk{Times: -1, Delay: time.Second})
	},
}

// switchFault turns trouble on or off; "disconnect" happens once.
func (p *Page) switchFault(w http.ResponseWriter, r *http.Request, _ *slacksim.Person) {
	var asked struct {
		Name string
		On   bool
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&asked); err != nil {
		refuse(w, err)
		return
	}
	switch {
	case asked.Name == "disconnect":
		p.slack.Disconnect("refresh_requested")
	case p.own(asked.Name) != nil:
		if err := p.own(asked.Name).Set(asked.On); err != nil {
			refuse(w, err)
			return
		}
		p.mu.Lock()
		p.faults[asked.Name] = asked.On
		p.mu.Unlock()
	case trouble[asked.Name] == nil:
		refuse(w, fmt.Errorf("there is no trouble called %q", asked.Name))
		return
	default:
		p.mu.Lock()
		p.faults[asked.Name] = asked.On
		p.slack.ClearFaults()
		for _, name := range []string{"offline", "limit", "broken", "slow"} { // the first that fits a call is the one it meets
			if p.faults[name] {
				trouble[name](p.slack)
			}
		}
		p.mu.Unlock()
	}
	on := p.faultsOn()
	p.everywhere(event{"faults", on})
	answer(w, on)
}

// own finds a lever that the page was given.
func (p *Page) own(id string) *Lever {
	for i, l := range p.opts.Levers {
		if l.ID == id {
			return &p.opts.Levers[i]
		}
	}
	return nil
}

func levers(all []Lever) []map[string]string {
	shown := []map[string]string{}
	for _, l := range all {
		shown = append(shown, map[string]string{"id": l.ID, "name": l.Name, "note": l.Note})
	}
	return shown
}

func (p *Page) faultsOn() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.faults)
}
