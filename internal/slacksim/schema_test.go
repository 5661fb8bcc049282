package slacksim

import (
	"fmt"
	"strings"
	"testing"

	"sopbot/internal/slacksim/schema"
)

// kindsOf names the schema of a payload that was sent.
func kindOf(envelope obj) (kind string, payload obj) {
	payload = object(envelope, "payload")
	switch text(envelope, "type") {
	case slashCommands:
		return slashCommands, payload
	case eventsAPI:
		payload = object(payload, "event")
		kind = text(payload, "type")
		if kind == "message" {
			kind = "message_event"
		}
		return kind, payload
	}
	return text(payload, "type"), payload
}

// What the schemas are wrong about, by captures of Slack's own SDKs: enterprise
// is null outside of Enterprise, and block_actions in views have no response_url.
func forgive(kind string, payload obj) obj {
	payload = clone(payload)
	if payload["enterprise"] == nil {
		delete(payload, "enterprise")
	}
	if kind == "block_actions" && payload["view"] != nil {
		payload["response_url"] = ""
	}
	if v := object(payload, "view"); kind == "app_home_opened" && v != nil { // the type there is the view as sent
		for _, key := range sortedKeys(v) {
			if key != "type" && key != "blocks" && key != "callback_id" {
				delete(v, key)
			}
		}
	}
	return payload
}

func TestEverythingSentIsOfSlacksShape(t *testing.T) {
	s := open(t, Options{Events: []string{"app_mention", "message.im", "message.channels", "app_home_opened", "reaction_added"}})
	salesBot().start(t, s)
	sam := s.As("sam").In("#sales")
	reply := sam.Slash("/sop pricing")
	reply.Click("Share in channel")
	reply.Choose("More", "Ask the owner")
	said := sam.Mention("#sales", "hello").Card()
	sam.React(said, "tada")
	sam.Shortcut("Find in playbook", said)
	sam.DM("hi").Text()
	sam.OpenHome().WaitFor("Your day")
	sam.OpenHome().Click("Refresh")
	sam.GlobalShortcut("Hand off a lead")
	modal := sam.Modal()
	modal.Type("Lead", "acme")
	modal.Close()
	sam.Slash("/lead")
	sam.Modal().Fill("Company", "X").Pick("Stage", "Demo").Pick("Lead", "Acme").Fill("When", "2026-12-24").Submit()

	kinds := map[string]int{}
	for _, e := range s.Journal().Envelopes("") {
		kind, payload := kindOf(e.Request.(obj))
		kinds[kind]++
		if kind == "block_suggestion" || text(payload, "subtype") != "" {
			continue // the schemas do not have them
		}
		for _, wrong := range schema.Errors(kind, encode(forgive(kind, payload))) {
			t.Errorf("%s: %s\n%s", kind, wrong, encode(payload))
		}
	}
	for _, kind := range schema.Surfaces() {
		if sent := kinds[kind]; sent == 0 && kind != "message" && kind != "modal" && kind != "home" {
			t.Errorf("no %s was sent: it is not covered", kind)
		}
	}
}

func TestSchemaErrorsPointAtWhatIsWrong(t *testing.T) {
	good := `{"channel":"C1","text":"hi","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"x"}}]}`
	if wrong := schema.Errors("message", []byte(good)); len(wrong) > 0 {
		t.Errorf("a good message: %q", wrong)
	}
	bad := strings.Replace(good, `"text":"x"`, `"text":"x","colour":"red"`, 1)
	wrong := strings.Join(schema.Errors("message", []byte(bad)), "\n")
	if !strings.Contains(wrong, "colour") || !strings.Contains(wrong, "/blocks/0/text") {
		t.Errorf("complaints = %q", wrong)
	}
	// A chart is judged by its shape as any block is.
	points := `[{"label":"Mon","value":1},{"label":"Tue","value":-2.5}]`
	line := `{"type":"data_visualization","title":"Leads","chart":{"type":"line","axis_config":{"categories":["Mon","Tue"],"y_label":"leads"},"series":[{"name":"sent","data":` + points + `}]}}`
	pie := `{"type":"data_visualization","block_id":"b","title":"Leads","chart":{"type":"pie","segments":` + points + `}}`
	for _, c := range []struct{ chart, old, new, at string }{
		{line, "", "", ""},
		{pie, "", "", ""},
		{line, `"type":"line"`, `"type":"radar"`, "/blocks/0/chart"},
		{line, `"value":1`, `"value":"1"`, "/blocks/0/chart/series/0/data/0/value"},
		{line, `"y_label"`, `"y_title"`, "/blocks/0/chart/axis_config"},
		{line, `"title":"Leads",`, "", "/blocks/0"},
		{line, `"name":"sent",`, "", "/blocks/0/chart/series/0"},
		{pie, `"title":"Leads"`, `"title":{"type":"plain_text","text":"Leads"}`, "/blocks/0/title"},
		{pie, `"segments"`, `"series"`, "/blocks/0/chart"},
	} {
		for surface, frame := range map[string]string{"message": `{"channel":"C1","text":"hi","blocks":[%s]}`, "home": `{"type":"home","blocks":[%s]}`} {
			wrong := schema.Errors(surface, fmt.Appendf(nil, frame, strings.Replace(c.chart, c.old, c.new, 1)))
			if c.at == "" && len(wrong) > 0 || c.at != "" && !strings.Contains(strings.Join(wrong, "\n"), "[json-pointer:"+c.at+"]") {
				t.Errorf("%s in a %s with %s: %q, want a complaint at %q", c.chart, surface, c.new, wrong, c.at)
			}
		}
	}
	if wrong := schema.Errors("modal", []byte(`{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[`+pie+`]}`)); len(wrong) == 0 {
		t.Error("a modal bears no chart, and nothing is said")
	}
	if wrong := schema.Errors("poster", nil); len(wrong) != 1 {
		t.Errorf("an unknown surface: %q", wrong)
	}
}
