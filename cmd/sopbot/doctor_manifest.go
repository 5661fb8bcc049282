package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// askManifest compares the app as it is with the app as it should be, where
// somebody has brought its manifest: a bot's token may ask for neither.
func (d *doctor) askManifest() {
	if d.manifest == "" {
		d.skip("manifest.same", "", "which commands and events the app has, Slack tells no bot",
			"to compare, copy the app's manifest from its page (App Manifest) into a file and run sopbot doctor --manifest FILE")
		return
	}
	theirs, err := d.readManifest()
	if err != nil {
		d.problem("manifest.unread", d.manifest, err.Error(), "copy the whole text of the app's page App Manifest, as JSON or YAML")
		return
	}
	differs := theirs.differs(makeManifest(newFeatures().router(), theirs.Display.Name))
	for _, x := range differs {
		if x.minor {
			d.warn("manifest.superfluous", x.about, x.says, pasteAnew)
		} else {
			d.problem("manifest.missing", x.about, x.says, pasteAnew)
		}
	}
	if len(differs) == 0 {
		d.ok("manifest.same", d.manifest, "the app is as this version needs it")
	}
}

func (d *doctor) readManifest() (m manifest, err error) {
	var raw []byte
	if d.manifest == "-" {
		raw, err = io.ReadAll(io.LimitReader(d.in, 1<<20))
	} else {
		raw, err = os.ReadFile(d.manifest)
	}
	if err != nil {
		return m, err
	}
	plain, err := yaml.YAMLToJSON(raw) // JSON is YAML, too
	if err == nil {
		err = json.Unmarshal(plain, &m)
	}
	if err != nil {
		return m, errors.New("it is no manifest: " + strings.TrimSpace(yaml.FormatError(err, false, false)))
	}
	if m.Display.Name == "" {
		return m, errors.New("it is no manifest: there is no display_information.name in it")
	}
	return m, nil
}

// difference is one thing that the app has otherwise.
type difference struct {
	about, says string
	minor       bool // sopbot works all the same
}

// differs lists what an app lacks, and what it has too much, beside what this
// version needs.
func (m manifest) differs(want manifest) (out []difference) {
	lacks := func(about, says string) { out = append(out, difference{about, says, false}) }
	extra := func(about, says string) { out = append(out, difference{about, says, true}) }
	sets := func(what string, has, needs []string) {
		for _, x := range needs {
			if !slices.Contains(has, x) {
				lacks(x, fmt.Sprintf("the %s %s is missing in the app", what, x))
			}
		}
		for _, x := range has {
			if !slices.Contains(needs, x) {
				extra(x, fmt.Sprintf("the app has the %s %s, which this version does not use", what, x))
			}
		}
	}
	sets("command", m.commandNames(), want.commandNames())
	sets("shortcut", m.shortcutNames(), want.shortcutNames())
	sets("event", m.eventNames(), want.eventNames())
	sets("scope", m.OAuth.Scopes.Bot, want.OAuth.Scopes.Bot)
	for _, c := range m.Features.Commands {
		if !c.Escape && slices.Contains(want.commandNames(), c.Command) {
			lacks(c.Command, "the command "+c.Command+" does not escape channels, users and links: people named in it would not be found")
		}
	}
	if !m.Settings.SocketMode {
		lacks("socket_mode_enabled", "Socket Mode is off: no command would arrive")
	}
	if !m.Settings.Interactivity.Enabled {
		lacks("interactivity", "interactivity is off: no button and no form would work")
	}
	if want.Features.AppHome.Messages && (!m.Features.AppHome.Messages || m.Features.AppHome.ReadOnly) {
		lacks("messages_tab_enabled", "the Messages tab is off or read-only: nobody can write to sopbot")
	}
	if m.Settings.Rotation {
		lacks("token_rotation_enabled", "tokens expire: sopbot does not renew them")
	}
	return out
}

func (m manifest) commandNames() (out []string) {
	for _, c := range m.Features.Commands {
		out = append(out, c.Command)
	}
	return out
}

func (m manifest) shortcutNames() (out []string) {
	for _, s := range m.Features.Shortcuts {
		out = append(out, s.Callback)
	}
	return out
}

func (m manifest) eventNames() []string {
	if m.Settings.Events == nil {
		return nil
	}
	return m.Settings.Events.Bot
}
