package slacksim

import (
	"slices"
	"strings"
	"time"
)

func authTest(c *call) (obj, error) {
	s := c.s
	return obj{
		"url": "https://" + s.team.Domain + ".slack.com/", "team": s.team.Name, "user": s.members[s.app.BotUser].Handle,
		"team_id": s.team.ID, "user_id": s.app.BotUser, "bot_id": s.app.BotID, "is_enterprise_install": false,
	}, nil
}

func botInfo(c *call) (obj, error) {
	s := c.s
	if id := text(c.args, "bot"); id != "" && id != s.app.BotID {
		return nil, no("bot_not_found")
	}
	return obj{"bot": obj{
		"id": s.app.BotID, "deleted": false, "name": s.app.Name, "updated": s.Now().Unix(), "app_id": s.app.ID,
		"user_id": s.app.BotUser, "icons": obj{},
	}}, nil
}

func teamInfo(c *call) (obj, error) {
	t := c.s.team
	return obj{"team": obj{"id": t.ID, "name": t.Name, "domain": t.Domain, "email_domain": "", "icon": obj{"image_default": true}}}, nil
}

// user is a person as users.info shows them; the e-mail only with its scope.
func (s *Server) user(m *Member) obj {
	zone, err := time.LoadLocation(m.TZ)
	if err != nil {
		zone = time.UTC
	}
	at := s.Now().In(zone)
	abbreviation, offset := at.Zone()
	profile := obj{
		"title": m.Title, "phone": "", "real_name": m.RealName, "real_name_normalized": m.RealName,
		"display_name": m.Name, "display_name_normalized": m.Name, "status_text": "", "status_emoji": "",
		"avatar_hash": "", "team": s.team.ID,
	}
	if first, last, ok := strings.Cut(m.RealName, " "); ok {
		profile["first_name"], profile["last_name"] = first, last
	}
	if s.hasScope("users:read.email") && m.Email != "" {
		profile["email"] = m.Email
	}
	u := obj{
		"id": m.ID, "team_id": s.team.ID, "name": m.Handle, "deleted": m.Deleted, "real_name": m.RealName,
		"tz": m.TZ, "tz_label": abbreviation, "tz_offset": offset, "profile": profile,
		"is_bot": m.Bot, "is_app_user": false, "updated": 1700000000,
	}
	if m.Zoneless {
		delete(u, "tz")
		delete(u, "tz_label")
		delete(u, "tz_offset")
	}
	if m.ID == s.app.BotUser {
		profile["bot_id"], profile["api_app_id"] = s.app.BotID, s.app.ID
	}
	if !m.Deleted {
		u["is_admin"], u["is_owner"], u["is_primary_owner"] = false, false, false
		u["is_restricted"], u["is_ultra_restricted"] = m.Guest, false
	}
	return u
}

func userInfo(c *call) (obj, error) {
	m := c.s.members[text(c.args, "user")]
	if m == nil {
		return nil, no("user_not_found")
	}
	return obj{"user": c.s.user(m)}, nil
}

func listUsers(c *call) (obj, error) {
	start, end, next, err := c.page(len(c.s.order), 1000)
	if err != nil {
		return nil, err
	}
	members := []any{}
	for _, id := range c.s.order[start:end] {
		members = append(members, c.s.user(c.s.members[id]))
	}
	return obj{"members": members, "cache_ts": c.s.Now().Unix(), "response_metadata": obj{"next_cursor": next}}, nil
}

func lookupByEmail(c *call) (obj, error) {
	wanted := text(c.args, "email")
	for _, id := range c.s.order {
		if m := c.s.members[id]; wanted != "" && strings.EqualFold(m.Email, wanted) && !m.Deleted {
			return obj{"user": c.s.user(m)}, nil
		}
	}
	return nil, no("users_not_found")
}

func listGroups(c *call) (obj, error) {
	found := []any{}
	for _, g := range c.s.groups {
		deleted := 0
		if g.Disabled {
			if deleted = 1700000001; !truth(c.args, "include_disabled") {
				continue
			}
		}
		group := obj{
			"id": g.ID, "team_id": c.s.team.ID, "is_usergroup": true, "name": g.Name, "handle": g.Handle, "description": "",
			"is_external": false, "date_create": 1700000000, "date_update": 1700000000, "date_delete": deleted, "auto_type": nil,
			"created_by": slackbot, "updated_by": slackbot, "deleted_by": nil, "prefs": obj{"channels": []any{}, "groups": []any{}},
		}
		if truth(c.args, "include_users") {
			group["users"] = anyList(g.Members)
		}
		if truth(c.args, "include_count") {
			group["user_count"] = len(g.Members)
		}
		found = append(found, group)
	}
	return obj{"usergroups": found}, nil
}

func groupUsers(c *call) (obj, error) {
	at := slices.IndexFunc(c.s.groups, func(g Group) bool { return g.ID == text(c.args, "usergroup") })
	// What Slack says of a disabled one has no primary source; no app should
	// count on its members.
	if at < 0 || c.s.groups[at].Disabled && !truth(c.args, "include_disabled") {
		return nil, no("no_such_subteam")
	}
	users := []any{}
	for _, id := range c.s.groups[at].Members {
		if truth(c.args, "include_disabled") || !c.s.members[id].Deleted {
			users = append(users, id)
		}
	}
	return obj{"users": users}, nil
}
