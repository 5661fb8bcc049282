package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"sopbot/internal/slacksim"
)

// A step that does not fit an acknowledgement comes by a call. While Slack takes
// no calls, a small form stands in for it, and nothing typed is lost.
func TestALargeStepComesThroughAlthoughSlackFails(t *testing.T) {
	var form strings.Builder
	form.WriteString("---\nid: handoff\nkind: form\ntitle: Pass on\nowner: ola\nfields:\n  - {id: lead, label: Shop, type: lead, required: true}\n  - {id: ae, label: Driver, type: user, required: true}\n  - {id: note, label: Note, type: long_text}\n")
	for i := range 8 {
		fmt.Fprintf(&form, "  - {id: c%d, label: Choice %d, type: choice, options: [", i, i)
		for n := range 90 {
			fmt.Fprintf(&form, "%s{value: o%d, label: 'Option %d of a long list %s'}", map[bool]string{true: ", "}[n > 0], n, n, strings.Repeat("x", 30))
		}
		form.WriteString("]}\n")
	}
	form.WriteString("---\nPass it on.\n")
	slack, b := startBot(t, func(b *bot) { b.playbook = fstest.MapFS{"handoff.md": {Data: []byte(form.String())}} })
	sam := slack.As("sam")
	sam.Slash("/handoff Corner shop")
	m := sam.Modal()
	m.Pick("Driver", "@alex").Fill("Note", strings.Repeat("a long note ", 200))
	if strings.Contains(m.Text(), "Choice 7") {
		t.Fatalf("the form has one step:\n%s", m.Text())
	}
	slack.Fault(slacksim.Fault{Method: "views.update", Times: -1, Error: "fatal_error"})
	m.Submit()
	m.WaitFor("the next step is on its way")
	has(t, "the stand-in", m.Text(), "What you typed is kept", "Show it")
	slack.ClearFaults()
	m.Submit()
	m.WaitFor("Choice 7")
	m.Pick("Choice 7", "o3").Submit()
	m.WaitFor("is on its way to @alex")
	if got := one[string](t, b, "SELECT answers FROM handoffs"); !strings.Contains(got, "a long note") || !strings.Contains(got, "Option 3 of") {
		t.Errorf("kept: %.300s", got)
	}
}
