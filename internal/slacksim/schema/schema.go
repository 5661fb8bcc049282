// Package schema validates JSON against Slack's own types: what apps send, and
// what Slack sends. It is for tests, and a package of its own so that no program
// carries the schemas along.
package schema

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed files/*.json
var schemaFiles embed.FS

// schemaOf names the schema of each kind of JSON that Errors knows.
var schemaOf = map[string]string{
	"message": "message.schema.json", "modal": "modal.schema.json", "home": "home.schema.json",
	"slash_commands":  "interactions.schema.json#/definitions/SlashCommand",
	"block_actions":   "interactions.schema.json#/definitions/BlockAction",
	"view_submission": "interactions.schema.json#/definitions/ViewSubmitAction",
	"view_closed":     "interactions.schema.json#/definitions/ViewClosedAction",
	"message_action":  "interactions.schema.json#/definitions/MessageShortcut",
	"shortcut":        "interactions.schema.json#/definitions/GlobalShortcut",
	"app_home_opened": "events.schema.json#/definitions/AppHomeOpenedEvent",
	"app_mention":     "events.schema.json#/definitions/AppMentionEvent",
	"message_event":   "events.schema.json#/definitions/GenericMessageEvent",
	"reaction_added":  "events.schema.json#/definitions/ReactionAddedEvent",
}

// Surfaces lists the kinds of JSON that Errors knows.
func Surfaces() []string { return slices.Sorted(maps.Keys(schemaOf)) }

var compiled = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	files, err := schemaFiles.ReadDir("files")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		data, err := schemaFiles.ReadFile("files/" + f.Name())
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		if err := c.AddResource("slack:///"+f.Name(), doc); err != nil {
			return nil, err
		}
	}
	all := map[string]*jsonschema.Schema{}
	for surface, where := range schemaOf {
		if all[surface], err = c.Compile("slack:///" + where); err != nil {
			return nil, fmt.Errorf("%s: %w", where, err)
		}
	}
	return all, nil
})

// Errors validates JSON against Slack's own types, made strict: unknown
// keys and types, wrong enums. Surfaces an app sends: message
// ({channel, text, blocks, thread_ts}), modal and home (the view). Payloads
// Slack sends: slash_commands, block_actions, view_submission, view_closed,
// message_action, shortcut; events by their inner event: app_home_opened,
// app_mention, message_event, reaction_added.
//
// The schemas know no lengths (the server checks those) and are behind in a few
// things: layout, and newer fields of card and task_card are reported though
// Slack takes them.
func Errors(surface string, json []byte) []string {
	schemas, err := compiled()
	if err != nil {
		return []string{"schemas: " + err.Error()}
	}
	known := schemas[surface]
	if known == nil {
		return []string{fmt.Sprintf("no schema for %q; there are %q", surface, slices.Sorted(maps.Keys(schemas)))}
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(json))
	if err != nil {
		return []string{"not JSON: " + err.Error()}
	}
	err = known.Validate(value)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return nil
	}
	var found []string
	leaves(invalid, &found)
	slices.Sort(found)
	return slices.Compact(found)
}

// leaves collects the innermost complaints, with JSON pointers. Of the many
// alternatives of a block only those that know its type say something useful;
// the others complain of the type itself and are left out where possible.
func leaves(e *jsonschema.ValidationError, found *[]string) {
	if len(e.Causes) == 0 {
		for line := range strings.SplitSeq(e.Error(), "\n") {
			if at, words, ok := strings.Cut(line, "': "); ok {
				_, at, _ = strings.Cut(at, "at '")
				*found = append(*found, words+" [json-pointer:"+at+"]")
			}
		}
		return
	}
	var all, apt []string
	for _, cause := range e.Causes {
		var inner []string
		leaves(cause, &inner)
		all = append(all, inner...)
		if !slices.ContainsFunc(inner, func(s string) bool { return strings.Contains(s, "/type]") }) {
			apt = append(apt, inner...)
		}
	}
	if len(apt) > 0 {
		all = apt
	}
	*found = append(*found, all...)
}
