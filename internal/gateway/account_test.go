package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

// lines reads a log of JSON, those of one kind.
func lines(t *testing.T, log *safeBuffer, kind string) (out []map[string]any) {
	t.Helper()
	for line := range bytes.Lines([]byte(log.String())) {
		var m map[string]any
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if m["msg"] == kind {
			out = append(out, m)
		}
	}
	return out
}

// watched is a gateway that is counted, and logs JSON at the level that people have.
func watched(log *safeBuffer, r *prometheus.Registry) func(*Options) {
	return func(o *Options) {
		o.Metrics = r
		o.Log = slog.New(slog.NewJSONHandler(log, nil))
	}
}

func TestWhatPeopleDoIsOneLineWithoutTheirWords(t *testing.T) {
	t.Parallel()
	log := &safeBuffer{}
	r := start(t, slacksim.Options{}, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/refuse"}, func(context.Context, chat.Command) (chat.Message, error) {
			return chat.Message{}, chat.Refuse("Not today.")
		})
		router.OnCommand(chat.CommandHelp{Name: "/fault"}, func(context.Context, chat.Command) (chat.Message, error) {
			return chat.Message{}, errors.New("the disk is full of cats")
		})
		router.OnCommand(chat.CommandHelp{Name: "/panic"}, func(context.Context, chat.Command) (chat.Message, error) { panic("boom") })
		router.OnMention(func(context.Context, chat.Mention) error { return nil })
	}, watched(log, prometheus.NewRegistry()))
	sam := r.slack.As("sam").In("#general")
	shown := map[string]string{}
	for _, name := range []string{"/echo", "/refuse", "/fault", "/panic"} {
		shown[name] = sam.Slash(name + " is Kim Lee about to be fired").Text()
	}
	sam.Mention("#general", "is Kim Lee about to be fired")
	r.await(t, "five lines", func() bool { return len(lines(t, log, "command")) == 4 && len(lines(t, log, "mention")) == 1 })
	for _, line := range append(lines(t, log, "command"), lines(t, log, "mention")...) {
		want := map[string]any{"/echo": "ok", "/refuse": "refused", "/fault": "fault", "/panic": "fault", "app_mention": "ok"}[line["name"].(string)]
		if line["outcome"] != want || line["person"] != "U0SAM" || line["channel"] != "C0GEN" {
			t.Errorf("%v, want the outcome %v", line, want)
		}
		if ms, ok := line["ms"].(float64); !ok || ms <= 0 {
			t.Errorf("took %v", line["ms"])
		}
		code, _ := line["code"].(string)
		if want == "fault" && (code == "" || !strings.Contains(shown[line["name"].(string)], code) || line["level"] != "ERROR" || line["error"] == nil) {
			t.Errorf("%v; the person reads %s", line, shown[line["name"].(string)])
		}
	}
	if strings.Contains(log.String(), "Kim Lee") {
		t.Errorf("the log repeats what was typed:\n%s", log)
	}
}

// Whatever comes from outside, the number of series stays the same.
func TestUnknownNamesMakeNoLabels(t *testing.T) {
	t.Parallel()
	log, registry := &safeBuffer{}, prometheus.NewRegistry()
	b := startBare(t, &bare{})
	r := onBare(t, b, nil, watched(log, registry))
	s := b.every()[0]
	const n = 20
	for i := range n {
		b.send(s, fmt.Sprint("command", i), fmt.Sprint("/made-up-", i), "")
		for _, kind := range []string{
			fmt.Sprintf(`{"type":"block_actions","response_url":"%s/replysecret/x","actions":[{"action_id":"made.up%d"},{"action_id":"link%d"}]}`, b.server.URL, i, i),
			fmt.Sprintf(`{"type":"view_submission","view":{"id":"V1","callback_id":"made.up%d"}}`, i),
			fmt.Sprintf(`{"type":"shortcut","callback_id":"made.up%d","trigger_id":"triggersecret%d","response_url":"%s/replysecret/x"}`, i, i, b.server.URL),
			fmt.Sprintf(`{"type":"made_up_%d"}`, i),
		} {
			s.text(fmt.Sprintf(`{"envelope_id":"i%d","type":"interactive","payload":%s}`, i, kind))
		}
		s.text(fmt.Sprintf(`{"envelope_id":"x%d","type":"made_up_%d","payload":{}}`, i, i))
	}
	r.await(t, "all lines", func() bool { return strings.Count(log.String(), `"outcome"`) >= 5*n })
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, f := range families {
		for _, m := range f.Metric {
			series++
			for _, l := range m.Label {
				if strings.Contains(l.GetValue(), "made") || strings.Contains(l.GetValue(), "link1") {
					t.Errorf("%s counts by %q", f.GetName(), l.GetValue())
				}
			}
		}
	}
	if series > 60 {
		t.Errorf("%d series", series)
	}
	if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}
