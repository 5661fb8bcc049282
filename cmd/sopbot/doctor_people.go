package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"sopbot/internal/roster"
)

// member is what Slack says of somebody.
type member struct {
	ID         string `json:"id"`
	Handle     string `json:"name"`
	Deleted    bool   `json:"deleted"`
	Bot        bool   `json:"is_bot"`
	Restricted bool   `json:"is_restricted"`
	Zone       string `json:"tz"`
	Profile    struct {
		Name     string `json:"display_name"`
		RealName string `json:"real_name"`
	} `json:"profile"`

	err error
}

func (m member) called() string {
	for _, name := range []string{m.Profile.Name, m.Profile.RealName, m.Handle} {
		if name != "" {
			return name + " (" + m.ID + ")"
		}
	}
	return m.ID
}

// userGroup is what Slack says of a user group.
type userGroup struct {
	ID      string   `json:"id"`
	Handle  string   `json:"handle"`
	Deleted int64    `json:"date_delete"`
	Users   []string `json:"users"`
}

// mostPeople are asked for one by one; a role of more is a mistake, or a
// company whose people are looked at in parts.
const mostPeople = 300

const (
	inRoles    = "correct it in playbook.yaml, under roles"
	inChannels = "correct it in playbook.yaml, under channels"
)

// askRoles looks for whoever the playbook names.
func (d *doctor) askRoles(ctx context.Context) {
	if d.playbook == nil {
		d.skip("role.filled", "", "not looked at: there is no playbook to name people", "")
		return
	}
	roles := d.playbook.Settings.Roles
	if len(roles) == 0 {
		d.warn("role.none", "", "the playbook names nobody, so everything is open to everyone, and nobody gets a digest",
			"name sdr, ae, manager and owner in playbook.yaml, under roles (docs/install.md)")
		return
	}
	if d.silent || !d.botToken {
		d.unasked("role.filled", "", "", d.whyNot())
		return
	}
	groups, err := d.groups(ctx)
	people := map[string]member{}
	of := map[string][]string{}
	for _, role := range d.roleNames() {
		of[role] = d.membersOf(role, roles[role], groups, err)
		for _, id := range of[role] {
			people[id] = member{ID: id}
		}
	}
	d.askMembers(ctx, people)
	for _, role := range d.roleNames() {
		d.askRole(role, of[role], people)
	}
	d.openRoles()
}

// whyNot says why Slack is not asked.
func (d *doctor) whyNot() error {
	if !d.botToken {
		return errors.New("there is no bot token that Slack takes")
	}
	return errSilent
}

// groups lists the workspace's user groups, those that are disabled too.
func (d *doctor) groups(ctx context.Context) (map[string]userGroup, error) {
	uses := false
	for _, ids := range d.playbook.Settings.Roles {
		uses = uses || slices.ContainsFunc(ids, isUserGroup)
	}
	if !uses {
		return nil, nil
	}
	var list struct {
		Groups []userGroup `json:"usergroups"`
	}
	_, err := d.ask(ctx, "usergroups.list", d.config.BotToken, url.Values{"include_disabled": {"true"}, "include_users": {"true"}}, &list)
	out := map[string]userGroup{}
	for _, g := range list.Groups {
		out[g.ID] = g
	}
	return out, err
}

func isUserGroup(id string) bool { return strings.HasPrefix(id, "S") }

// membersOf lists who has a role, and says which of its user groups give it
// to nobody.
func (d *doctor) membersOf(role string, ids []string, groups map[string]userGroup, failed error) []string {
	var out []string
	for _, id := range ids {
		if !isUserGroup(id) {
			out = append(out, id)
			continue
		}
		g, known := groups[id]
		code := refusal(failed)
		switch {
		case code == "paid_teams_only" || code == "plan_upgrade_required":
			d.problem("role.no-groups", id, role+": the workspace's plan has no user groups", "name members (U…) in playbook.yaml, under roles")
		case failed != nil:
			d.unasked("role.filled", id, role, failed)
		case !known:
			d.problem("role.group-unknown", id, role+": there is no user group "+id, inRoles)
		case g.Deleted != 0:
			d.problem("role.group-disabled", id, fmt.Sprintf("%s: the user group @%s (%s) is disabled, so it gives the role to nobody", role, g.Handle, id),
				"enable it in Slack (People, User groups), or name another in playbook.yaml, under roles")
		default:
			if len(g.Users) == 0 {
				d.warn("role.group-empty", id, fmt.Sprintf("%s: nobody is in the user group @%s (%s)", role, g.Handle, id), "add people to it in Slack: People, User groups")
			}
			out = append(out, g.Users...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// askMembers asks Slack for people, a few at a time.
func (d *doctor) askMembers(ctx context.Context, people map[string]member) {
	ids := slices.Sorted(maps.Keys(people))
	ids = ids[:min(len(ids), mostPeople)]
	var mu sync.Mutex
	var all sync.WaitGroup
	turn := make(chan struct{}, 6)
	for _, id := range ids {
		turn <- struct{}{}
		all.Go(func() {
			defer func() { <-turn }()
			var says struct {
				User member `json:"user"`
			}
			_, err := d.ask(ctx, "users.info", d.config.BotToken, url.Values{"user": {id}}, &says)
			says.User.ID, says.User.err = id, err
			mu.Lock()
			defer mu.Unlock()
			people[id] = says.User
		})
	}
	all.Wait()
}

// askRole says what is wrong with the people of a role, each kind in a line.
func (d *doctor) askRole(role string, ids []string, people map[string]member) {
	var left, zoneless, bots, guests []string
	working, unseen := 0, 0
	var why error
	for _, id := range ids {
		p := people[id]
		switch code := refusal(p.err); {
		case code == "user_not_found" || code == "user_not_visible":
			d.problem("role.person-unknown", id, role+": there is nobody by the ID "+id, inRoles)
			continue
		case p.err != nil:
			unseen, why = unseen+1, p.err
			continue
		case p.Deleted:
			left = append(left, p.called())
			continue
		case p.Bot || id == "USLACKBOT":
			bots = append(bots, p.called())
			continue
		}
		working++
		if p.Restricted {
			guests = append(guests, p.called())
		}
		if p.Zone == "" {
			zoneless = append(zoneless, p.called())
		} else if _, err := time.LoadLocation(p.Zone); err != nil {
			zoneless = append(zoneless, p.called())
		}
	}
	for _, kind := range []struct {
		check, says, do string
		who             []string
	}{
		{"role.person-left", "left the workspace", "take them out of the role, and give their open work to others: /lead, Reassign", left},
		{"role.bot", "no people but apps", "take them out of the role: nobody reads what they are told", bots},
		{"role.guest", "guests, who see some channels only", "look whether they are to see the team's leads", guests},
		{"role.zone-unknown", "without a time zone", "they set it in Slack: Preferences, Language & region; until then the playbook's zone counts", zoneless},
	} {
		if len(kind.who) > 0 {
			d.warn(kind.check, role, role+": "+kind.says+": "+some(kind.who), kind.do)
		}
	}
	if unseen > 0 {
		d.unasked("role.filled", role, role+", "+persons(unseen), why)
	}
	if working > 0 {
		d.ok("role.filled", role, "%s: %s", role, persons(working))
	}
}

// openRoles says of the roles that the playbook leaves out what follows.
func (d *doctor) openRoles() {
	for _, r := range []struct {
		role roster.Role
		miss string // what is missed where nobody is named
	}{
		{roster.SDR, ""}, {roster.AE, ""},
		{roster.Manager, "nobody gets a digest or is told of what is late"},
		{roster.Owner, "nobody is told when something is amiss with the playbook"},
	} {
		role := string(r.role)
		_, named := d.playbook.Settings.Roles[role]
		switch {
		case named:
		case r.miss == "":
			d.ok("role.open", role, "%s: left out of the playbook, so everyone may do what it may", role)
		default:
			d.warn("role.open", role, role+": left out of the playbook, so everyone may do what it may, and "+r.miss, "name somebody in playbook.yaml, under roles")
		}
	}
}

// persons counts people.
func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

// some names a few, and counts the others.
func some(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// askChannels looks whether the bot can post where the playbook wants it to.
func (d *doctor) askChannels(ctx context.Context) {
	if d.playbook == nil {
		d.skip("channel.ready", "", "not looked at: there is no playbook to name channels", "")
		return
	}
	channels := d.playbook.Settings.Channels
	if len(channels) == 0 {
		d.ok("channel.none", "", "the playbook names none: messages go to people alone")
		return
	}
	if d.silent || !d.botToken {
		d.unasked("channel.ready", "", "", d.whyNot())
		return
	}
	for _, use := range slices.Sorted(maps.Keys(channels)) {
		d.askChannel(ctx, use, channels[use])
	}
}

func (d *doctor) askChannel(ctx context.Context, use, id string) {
	var says struct {
		Channel struct {
			Name     string `json:"name"`
			Archived bool   `json:"is_archived"`
			Member   bool   `json:"is_member"`
			Shared   bool   `json:"is_ext_shared"`
		} `json:"channel"`
	}
	_, err := d.ask(ctx, "conversations.info", d.config.BotToken, url.Values{"channel": {id}}, &says)
	if refusal(err) == "missing_scope" {
		d.askByHistory(ctx, use, id)
		return
	}
	c := says.Channel
	named := fmt.Sprintf("#%s (%s)", c.Name, id)
	invite := "type /invite @" + d.handle() + " in "
	switch code := refusal(err); {
	case code == "channel_not_found":
		d.problem("channel.unknown", id, use+": there is no channel "+id+" that sopbot can see", inChannels+"; in a private channel "+invite+"it")
	case err != nil:
		d.unasked("channel.ready", id, use, err)
	case c.Archived:
		d.problem("channel.archived", id, use+": "+named+" is archived, so nothing can be posted there", "unarchive it in Slack, or name another in playbook.yaml, under channels")
	case !c.Member:
		d.problem("channel.not-in", id, use+": sopbot is not in "+named, invite+"#"+c.Name)
	case c.Shared:
		d.warn("channel.shared", id, use+": "+named+" is shared with another company, whose people read what sopbot posts", "name a channel of your own in playbook.yaml, under channels")
	default:
		d.ok("channel.ready", id, "%s: sopbot is in %s", use, named)
	}
}

// askByHistory asks for one message, for which the bot must be there. It does
// not tell whether the channel is archived.
func (d *doctor) askByHistory(ctx context.Context, use, id string) {
	_, err := d.ask(ctx, "conversations.history", d.config.BotToken, url.Values{"channel": {id}, "limit": {"1"}}, nil)
	switch code := refusal(err); {
	case code == "not_in_channel":
		d.problem("channel.not-in", id, use+": sopbot is not in "+id, "type /invite @"+d.handle()+" there")
	case code == "channel_not_found":
		d.problem("channel.unknown", id, use+": there is no channel "+id+" that sopbot can see", inChannels+"; in a private channel type /invite @"+d.handle())
	case err != nil:
		d.unasked("channel.ready", id, use, err)
	default:
		d.ok("channel.ready", id, "%s: sopbot is in %s", use, id)
	}
}

// handle is how the bot is called in Slack.
func (d *doctor) handle() string {
	if d.self != "" {
		return d.self
	}
	return "sopbot"
}
