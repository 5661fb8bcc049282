package slacksim

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// World is a Slack workspace before anybody said anything: who works there,
// which groups and channels exist. It is data, usually read from YAML by
// [ParseWorld]; the simulator copies it and never writes to it.
type World struct {
	Team     Team      `yaml:"team"`
	People   []Member  `yaml:"people"`
	Groups   []Group   `yaml:"groups"`
	Channels []Channel `yaml:"channels"`
}

// Team is the workspace itself. ID starts with T; Domain is the part before
// .slack.com.
type Team struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Domain string `yaml:"domain"`
}

// Member is somebody with an account. Handle is what one types after an @;
// Name is the display name; TZ is an IANA zone such as Asia/Kolkata. Roles are
// free words for tests and demos (Slack does not know them); Title is what
// Slack shows in the profile.
type Member struct {
	ID       string   `yaml:"id"`
	Handle   string   `yaml:"handle"`
	Name     string   `yaml:"name"`
	RealName string   `yaml:"real_name"`
	Email    string   `yaml:"email"`
	TZ       string   `yaml:"tz"`
	Title    string   `yaml:"title"`
	Roles    []string `yaml:"roles"`
	Deleted  bool     `yaml:"deleted"`
	Bot      bool     `yaml:"bot"`
	Guest    bool     `yaml:"guest"`
	Zoneless bool     `yaml:"zoneless"` // Slack tells no time zone of them
}

// Group is a user group (@sdrs). Members are user IDs; YAML may use handles.
type Group struct {
	ID       string   `yaml:"id"`
	Handle   string   `yaml:"handle"`
	Name     string   `yaml:"name"`
	Members  []string `yaml:"members"`
	Disabled bool     `yaml:"disabled"`
}

// Channel is a place to talk. Bot says whether the app's bot user is a member.
// Members are user IDs; YAML may use handles.
type Channel struct {
	ID       string   `yaml:"id"`
	Name     string   `yaml:"name"`
	Topic    string   `yaml:"topic"`
	Purpose  string   `yaml:"purpose"`
	Private  bool     `yaml:"private"`
	Archived bool     `yaml:"archived"`
	Shared   bool     `yaml:"shared"` // with another company (Slack Connect)
	Bot      bool     `yaml:"bot"`
	Members  []string `yaml:"members"`
}

// ParseWorld reads a workspace from YAML. Unknown keys are errors, with line
// and column; so are doubled IDs, handles or names, unknown members and time
// zones that do not exist. All complaints about the content come at once.
func ParseWorld(data []byte) (World, error) {
	var w World
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := dec.Decode(&w); err != nil {
		return World{}, fmt.Errorf("parse world: %w", err)
	}
	if err := w.settle(); err != nil {
		return World{}, fmt.Errorf("parse world: %w", err)
	}
	return w, nil
}

var (
	idShape     = regexp.MustCompile(`^[TUWSCG][A-Z0-9]{2,20}$`)
	handleShape = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
)

// settle fills what may be left out, turns handles into IDs and reports
// everything that could not be a workspace.
func (w *World) settle() error {
	var bad []error
	complain := func(format string, args ...any) { bad = append(bad, fmt.Errorf(format, args...)) }
	seen := map[string]string{}
	claim := func(kind, value string) {
		if other, taken := seen[value]; taken {
			complain("%s %s is already the %s", kind, value, other)
		}
		seen[value] = kind
	}
	if !idShape.MatchString(w.Team.ID) || w.Team.ID[0] != 'T' {
		complain("team id %q: want T and capital letters or digits", w.Team.ID)
	}
	if w.Team.Domain == "" {
		complain("team domain is missing")
	}
	if w.Team.Name == "" {
		w.Team.Name = w.Team.Domain
	}
	byHandle := map[string]string{}
	for i := range w.People {
		p := &w.People[i]
		if !idShape.MatchString(p.ID) || (p.ID[0] != 'U' && p.ID[0] != 'W') {
			complain("person id %q: want U and capital letters or digits", p.ID)
		}
		if !handleShape.MatchString(p.Handle) {
			complain("handle %q of %s: want small letters, digits, dots or dashes", p.Handle, p.ID)
		}
		claim("person", p.ID)
		claim("handle", "@"+p.Handle)
		byHandle[p.Handle] = p.ID
		if p.RealName == "" {
			p.RealName = p.Name
		}
		if p.Name == "" {
			p.Name = p.RealName
		}
		if p.Name == "" {
			complain("person %s has no name", p.ID)
		}
		if p.Email != "" {
			claim("e-mail", strings.ToLower(p.Email))
		}
		if p.TZ == "" {
			p.TZ = "Etc/UTC"
		}
		if _, err := time.LoadLocation(p.TZ); err != nil {
			complain("time zone of %s: %w", p.ID, err)
		}
	}
	members := func(owner string, names []string) []string {
		ids := make([]string, 0, len(names))
		for _, name := range names {
			id := strings.TrimPrefix(name, "@")
			if known, ok := byHandle[id]; ok {
				id = known
			}
			if seen[id] != "person" {
				complain("%s: no person %q", owner, name)
			}
			ids = append(ids, id)
		}
		return ids
	}
	for i := range w.Groups {
		g := &w.Groups[i]
		if !idShape.MatchString(g.ID) || g.ID[0] != 'S' {
			complain("group id %q: want S and capital letters or digits", g.ID)
		}
		claim("group", g.ID)
		claim("handle", "@"+g.Handle)
		if g.Name == "" {
			g.Name = g.Handle
		}
		g.Members = members("group "+g.ID, g.Members)
	}
	for i := range w.Channels {
		c := &w.Channels[i]
		if !idShape.MatchString(c.ID) || (c.ID[0] != 'C' && c.ID[0] != 'G') {
			complain("channel id %q: want C and capital letters or digits", c.ID)
		}
		if !handleShape.MatchString(c.Name) || len(c.Name) > 80 {
			complain("channel name %q: want at most 80 small letters, digits or dashes", c.Name)
		}
		claim("channel", c.ID)
		claim("channel name", "#"+c.Name)
		c.Members = members("channel "+c.ID, c.Members)
	}
	return errors.Join(bad...)
}

// tinyWorld is the workspace of a server that was given none.
func tinyWorld() World {
	return World{
		Team:   Team{ID: "T0LOCAL", Name: "Local", Domain: "local"},
		People: []Member{{ID: "U0ME", Handle: "me", Name: "Me", RealName: "Me", Email: "me@local.example", TZ: "Etc/UTC"}},
		Channels: []Channel{
			{ID: "C0GENERAL", Name: "general", Bot: true, Members: []string{"U0ME"}},
		},
	}
}
