package roster

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Role is what somebody is in the sales team, by the name that the playbook's
// settings give it.
type Role string

// The roles that the bot knows of.
const (
	SDR     Role = "sdr"     // researches, qualifies, hands over
	AE      Role = "ae"      // accepts handoffs, closes deals
	Manager Role = "manager" // coaches, decides where others may not
	Owner   Role = "owner"   // looks after the playbook
)

// Person is a member of the workspace.
type Person struct {
	chat.Profile
	Location  *time.Location // never nil
	ZoneKnown bool           // Slack told the zone; otherwise Location is the playbook's
	Known     bool           // Slack described the person, now or once
}

// Roster answers who is who. Its fields are set before Start.
type Roster struct {
	DB    *database.DB
	Slack chat.Directory
	Roles func() map[string][]string // role → user groups (S…) and members, of the playbook in force
	Zone  func() *time.Location      // for people whose own zone is unknown
	Now   func() time.Time
	Log   *slog.Logger
	// OnChange, if set, is told of a member whom Slack describes otherwise than
	// before: another zone, gone. Who was never heard of was nobody before. It is
	// called outside any transaction, and somebody may wait for it to end.
	OnChange func(before, now chat.Profile)

	mu      sync.Mutex
	people  map[string]entry
	groups  map[string]group
	asking  map[string]bool // what is being asked in the background
	strange map[string]bool // groups and zones that were complained of
	zones   sync.Map        // name → *time.Location
}

type entry struct {
	chat.Profile
	at time.Time // when Slack said it
}

type group struct {
	members []string
	at      time.Time
	nobody  bool // Slack knows no such group
}

const (
	// stale is the age from which on a profile or group is asked for anew, in
	// the background.
	stale = 10 * time.Minute
	// patience is how long somebody who waits for an answer waits for Slack:
	// what Slack waits for us is 3 seconds.
	patience = time.Second
)

// Person describes a member. What is known is given at once, and asked for anew
// in the background when it is old; who was never heard of is asked for now.
// The error is [chat.ErrNobody] where Slack knows no such member. While Slack
// cannot be asked, a member who was never heard of is given with Known false.
func (r *Roster) Person(ctx context.Context, id string) (Person, error) {
	e, known := r.lookup(id)
	switch {
	case known && r.Now().Sub(e.at) < stale:
	case known:
		r.background("person "+id, func(ctx context.Context) { _, _ = r.fetchPerson(ctx, id) })
	default:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		fetched, err := r.fetchPerson(ctx, id)
		if errors.Is(err, chat.ErrNobody) {
			return Person{}, err
		}
		if err != nil {
			r.Log.Warn("Slack could not be asked who somebody is", "person", id, "error", err)
			return r.person(chat.Profile{ID: id}, false), nil
		}
		e = entry{Profile: fetched}
	}
	return r.person(e.Profile, true), nil
}

// Today describes a member as Slack does right now, where it can be asked: for
// decisions that must not be given to somebody who has just left.
func (r *Roster) Today(ctx context.Context, id string) (Person, error) {
	if e, known := r.lookup(id); known && r.Now().Sub(e.at) < time.Minute {
		return r.person(e.Profile, true), nil
	}
	asked, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	p, err := r.fetchPerson(asked, id)
	switch {
	case errors.Is(err, chat.ErrNobody):
		return Person{}, err
	case err != nil:
		return r.Person(ctx, id)
	}
	return r.person(p, true), nil
}

func (r *Roster) lookup(id string) (entry, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.people[id]
	return e, ok
}

// person adds the zone.
func (r *Roster) person(p chat.Profile, known bool) Person {
	out := Person{Profile: p, Location: r.Zone(), Known: known}
	if out.Location == nil {
		out.Location = time.UTC
	}
	if p.Zone == "" {
		return out
	}
	zone, err := r.location(p.Zone)
	if err != nil || zone == time.Local {
		r.complain("zone "+p.Zone, func() {
			r.Log.Warn("a time zone that Slack tells is not known here; the playbook's is taken", "person", p.ID, "zone", p.Zone)
		})
		return out
	}
	out.Location, out.ZoneKnown = zone, true
	return out
}

// location reads a zone once: people are asked for far more often than there are
// zones.
func (r *Roster) location(name string) (*time.Location, error) {
	if zone, known := r.zones.Load(name); known {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err == nil {
		r.zones.Store(name, zone)
	}
	return zone, err
}

// Open reports whether the playbook leaves the role out: then everyone has it.
func (r *Roster) Open(role Role) bool {
	_, named := r.Roles()[string(role)]
	return !named
}

// Has reports whether somebody has the role. The error says that Slack could
// not be asked for a user group that was never known.
func (r *Roster) Has(ctx context.Context, person string, role Role) (bool, error) {
	if r.Open(role) {
		return true, nil
	}
	ids := r.Roles()[string(role)]
	if slices.Contains(ids, person) {
		return true, nil
	}
	var failed error
	for _, id := range ids {
		if !isGroup(id) {
			continue
		}
		g, err := r.group(ctx, id)
		if err != nil {
			failed = err
		}
		if slices.Contains(g.members, person) {
			return true, nil
		}
	}
	return false, failed
}

// hasOne reports whether somebody has one of the roles.
func (r *Roster) hasOne(ctx context.Context, person string, roles []Role) (bool, error) {
	var failed error
	for _, role := range roles {
		has, err := r.Has(ctx, person, role)
		if has {
			return true, nil
		}
		if err != nil {
			failed = err
		}
	}
	return false, failed
}

// Members lists who has the role, in a steady order; nobody where the playbook
// leaves it out. The error is that of Has; what is known comes along.
func (r *Roster) Members(ctx context.Context, role Role) ([]string, error) {
	var out []string
	var failed error
	for _, id := range r.Roles()[string(role)] {
		if !isGroup(id) {
			out = append(out, id)
			continue
		}
		g, err := r.group(ctx, id)
		if err != nil {
			failed = err
		}
		out = append(out, g.members...)
	}
	slices.Sort(out)
	return slices.Compact(out), failed
}

func isGroup(id string) bool { return strings.HasPrefix(id, "S") }

// group gives a user group, asking for it now where it was never known.
func (r *Roster) group(ctx context.Context, id string) (group, error) {
	r.mu.Lock()
	g, known := r.groups[id]
	r.mu.Unlock()
	switch {
	case known && r.Now().Sub(g.at) < stale:
	case known:
		r.background("group "+id, func(ctx context.Context) { _, _ = r.fetchGroup(ctx, id) })
	default:
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		return r.fetchGroup(ctx, id)
	}
	return g, nil
}

// complain says something once.
func (r *Roster) complain(what string, say func()) {
	r.mu.Lock()
	said := r.strange[what]
	if r.strange == nil {
		r.strange = map[string]bool{}
	}
	r.strange[what] = true
	r.mu.Unlock()
	if !said {
		say()
	}
}

// NameOf is how somebody is called, as plain text; "" for who was never heard
// of. It asks nobody.
func (r *Roster) NameOf(id string) string {
	e, known := r.lookup(id)
	if !known {
		return ""
	}
	return Person{Profile: e.Profile}.Called()
}

// Recall describes a member by what is known, without asking Slack: for use
// inside a transaction. Who was never heard of has the playbook's zone.
func (r *Roster) Recall(id string) Person {
	e, known := r.lookup(id)
	e.ID = id
	return r.person(e.Profile, known)
}

// Heard lists who has the role as far as it is known, without asking Slack:
// for use inside a transaction.
func (r *Roster) Heard(role Role) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, id := range r.Roles()[string(role)] {
		if isGroup(id) {
			out = append(out, r.groups[id].members...)
		} else {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
