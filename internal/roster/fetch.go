package roster

import (
	"context"
	"errors"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

// Start reads what Slack said before the bot was started.
func (r *Roster) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.people, r.groups, r.asking = map[string]entry{}, map[string]group{}, map[string]bool{}
	return r.DB.Read(ctx, func(tx *database.Tx) error {
		if err := loadPeople(tx, r.people); err != nil {
			return err
		}
		return loadGroups(tx, r.groups)
	})
}

// Run keeps roles and profiles of the team fresh until ctx ends.
func (r *Roster) Run(ctx context.Context) error {
	every := time.NewTicker(stale)
	defer every.Stop()
	for {
		r.Refresh(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// Refresh asks Slack for the user groups of all roles, and for who is in them
// and was never heard of. It is also for a playbook that names other roles.
func (r *Roster) Refresh(ctx context.Context) {
	asked := map[string]bool{}
	for role, ids := range r.Roles() {
		for _, id := range ids {
			if isGroup(id) && !asked[id] {
				asked[id] = true
				if _, err := r.fetchGroup(ctx, id); err != nil && ctx.Err() == nil {
					r.Log.Warn("Slack could not be asked who is in a user group", "role", role, "group", id, "error", err)
				}
			}
		}
		members, _ := r.Members(ctx, Role(role))
		for _, id := range members {
			if ctx.Err() != nil {
				return
			}
			if _, known := r.lookup(id); !known {
				if _, err := r.fetchPerson(ctx, id); errors.Is(err, chat.ErrNobody) {
					r.complain("person "+id, func() { r.Log.Warn("a role names somebody whom Slack does not know", "role", role, "person", id) })
				}
			}
		}
	}
}

// fetchPerson asks Slack and keeps what it says.
func (r *Roster) fetchPerson(ctx context.Context, id string) (chat.Profile, error) {
	p, err := r.Slack.Profile(ctx, id)
	if err != nil {
		return chat.Profile{}, err
	}
	now := r.Now()
	r.mu.Lock()
	before := r.people[id]
	r.mu.Unlock()
	// On disk first: what is planned by somebody's zone must not be planned anew,
	// by another, because a crash forgot the zone and kept the plan.
	if before.Profile != p {
		r.keep(func(tx *database.Tx) error { return savePerson(tx, p, now) })
	}
	r.mu.Lock()
	before, r.people[id] = r.people[id], entry{p, now}
	r.mu.Unlock()
	if before.Profile != p && r.OnChange != nil {
		r.OnChange(before.Profile, p)
	}
	return p, nil
}

// fetchGroup asks Slack and keeps what it says. A group that Slack does not
// know has nobody in it, and that is said once.
func (r *Roster) fetchGroup(ctx context.Context, id string) (group, error) {
	members, err := r.Slack.Group(ctx, id)
	g := group{members: members, at: r.Now()}
	switch {
	case errors.Is(err, chat.ErrNobody):
		g.nobody = true
		r.complain("group "+id, func() { r.Log.Warn("a role names a user group that Slack does not know", "group", id) })
	case err != nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		if old, known := r.groups[id]; known {
			return old, nil
		}
		return group{}, err
	}
	r.keep(func(tx *database.Tx) error { return saveGroup(tx, id, members) })
	r.mu.Lock()
	r.groups[id] = g
	r.mu.Unlock()
	return g, nil
}

// keep writes what may be lost: Slack can be asked again.
func (r *Roster) keep(write func(*database.Tx) error) {
	if err := r.DB.Write(context.Background(), write); err != nil {
		r.Log.Warn("who is who could not be kept", "error", err)
	}
}

// background asks for something once at a time.
func (r *Roster) background(what string, ask func(context.Context)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.asking[what] {
		return
	}
	r.asking[what] = true
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		ask(ctx)
		r.mu.Lock()
		delete(r.asking, what)
		r.mu.Unlock()
	}()
}
