package gateway

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"sopbot/internal/chat"
)

// mentions counts what is heard, in a log of its own.
func mentions(heard *safeBuffer) func(*chat.Router, *rig) {
	return func(router *chat.Router, _ *rig) {
		router.OnMention(func(_ context.Context, m chat.Mention) error {
			fmt.Fprint(heard, m.Text, ";")
			if strings.Contains(m.Text, "fault") {
				panic("boom")
			}
			return nil
		})
	}
}

func mentionOf(envelope, event, text string, attempt int) string {
	return fmt.Sprintf(`{"envelope_id":%q,"type":"events_api","accepts_response_payload":false,"retry_attempt":%d,"retry_reason":"timeout","payload":{"team_id":"T1","type":"event_callback","event_id":%q,"event":{"type":"app_mention","user":"U1","text":"<@U0BOT> %s","ts":"1.1","channel":"C1"}}}`, envelope, attempt, event, text)
}

func TestAnEventIsAnsweredOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	var heard safeBuffer
	r := onBare(t, b, mentions(&heard))
	bring := func(r *rig, envelope, event, text string, attempt int) {
		t.Helper()
		live := b.live()
		live[attempt%len(live)].text(mentionOf(envelope, event, text, attempt))
		r.await(t, "the acknowledgement of "+envelope, func() bool { return len(b.of(envelope)) == 1 })
	}
	for attempt := range 3 {
		bring(r, fmt.Sprint("one", attempt), "Ev1", "hello", attempt)
		bring(r, fmt.Sprint("two", attempt), "Ev2", "fault", attempt)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := connect(t, b, r.path, mentions(&heard))
	again.await(t, "two sockets", func() bool { return again.Connected() == 2 })
	bring(again, "one3", "Ev1", "hello", 3)
	bring(again, "two3", "Ev2", "fault", 3)
	bring(again, "three", "Ev3", "new", 0)
	if got := heard.String(); got != "hello;fault;new;" {
		t.Errorf("heard %s", got)
	}
}

func TestOneTriggerIsOneGesture(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	var done safeBuffer
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/do"}, func(context.Context, chat.Command) (chat.Message, error) {
			fmt.Fprint(&done, "command;")
			return chat.Say("done"), nil
		})
		router.OnShortcut(chat.ShortcutHelp{Callback: "do"}, func(context.Context, chat.Shortcut) error { fmt.Fprint(&done, "shortcut;"); return nil })
		router.OnSubmission("do", func(context.Context, chat.Submission) (chat.Answer, error) {
			fmt.Fprint(&done, "submission;")
			return chat.Answer{}, nil
		})
		router.OnClick("do", func(_ context.Context, c chat.Click) error { fmt.Fprint(&done, "click"+c.At+";"); return nil })
		router.OnClosing("do", func(context.Context, chat.Closing) error { fmt.Fprint(&done, "closing;"); panic("boom") })
	})
	n := 0
	send := func(kind, trigger, payload string) {
		t.Helper()
		n++
		id := fmt.Sprint("e", n)
		b.live()[n%2].text(fmt.Sprintf(`{"envelope_id":%q,"type":%q,"payload":{"user":{"id":"U1"},"trigger_id":"triggersecret.%s",%s}}`, id, kind, trigger, payload))
		r.await(t, "the acknowledgement of "+id, func() bool { return len(b.of(id)) == 1 })
	}
	for range 3 {
		send("slash_commands", "1", `"command":"/do"`)
		send("interactive", "2", `"type":"shortcut","callback_id":"do"`)
		send("interactive", "3", `"type":"view_submission","view":{"id":"V1","callback_id":"do"}`)
		send("interactive", "4", `"type":"block_actions","actions":[{"action_id":"do","action_ts":"1.1"}]`)
	}
	// Two clicks of a person are two, however quick.
	send("interactive", "5", `"type":"block_actions","actions":[{"action_id":"do","action_ts":"1.2"}]`)
	send("interactive", "6", `"type":"view_closed","is_cleared":true,"view":{"id":"V1","callback_id":"do"}`)
	r.await(t, "the closing", func() bool { return strings.Contains(done.String(), "closing") })
	if got := done.String(); got != "command;shortcut;submission;click1.1;click1.2;closing;" {
		t.Errorf("did %s", got)
	}
	r.await(t, "the fault", func() bool { return strings.Contains(r.log.String(), "boom") })
}

// An empty acknowledgement would close the form, with what was said in it.
func TestASubmissionInANewEnvelopeIsAnsweredAsBefore(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	var done safeBuffer
	let := make(chan struct{})
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnSubmission("do", func(_ context.Context, s chat.Submission) (chat.Answer, error) {
			fmt.Fprint(&done, "submission;")
			if s.Trigger == "triggersecret.slow" {
				<-let
			}
			return chat.Answer{Errors: chat.FieldErrors{"field": "not so " + s.Trigger}}, nil
		})
	})
	send := func(id, trigger string) {
		b.live()[0].text(fmt.Sprintf(`{"envelope_id":%q,"type":"interactive","payload":{"user":{"id":"U1"},"trigger_id":"triggersecret.%s","type":"view_submission","view":{"id":"V1","callback_id":"do"}}}`, id, trigger))
	}
	answered := func(id, words string) {
		t.Helper()
		r.await(t, "the acknowledgement of "+id, func() bool { return len(b.of(id)) == 1 })
		if raw := string(b.of(id)[0].raw); !strings.Contains(raw, words) {
			t.Errorf("%s was answered with %s, want %s", id, raw, words)
		}
	}
	for _, id := range []string{"a1", "a2", "a3"} {
		send(id, "quick")
		answered(id, "not so triggersecret.quick")
	}
	for _, id := range []string{"b1", "b2"} {
		send(id, "slow")
	}
	r.await(t, "the slow one", func() bool { return strings.Count(done.String(), ";") == 2 })
	close(let)
	for _, id := range []string{"b1", "b2"} {
		answered(id, "not so triggersecret.slow")
	}
	if got := done.String(); got != "submission;submission;" {
		t.Errorf("did %s", got)
	}
}

func TestWhatWasSeenIsForgottenInTimeAndNeverTakesMuchRoom(t *testing.T) {
	s := newSeen()
	room := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := room()
	for i := range 200000 {
		key := fmt.Sprintf("t:3701415066658.3485157640.%032d", i)
		if _, first := s.first(key, "a"); !first {
			t.Fatal("came before", i)
		}
		if same, first := s.first(key, "a"); first || !same {
			t.Fatal("is new", i)
		}
		if same, first := s.first(key, "b"); first || same {
			t.Fatal("is of the same envelope", i)
		}
	}
	if took := int64(room()) - int64(before); took > 6<<20 {
		t.Errorf("%d KB are kept", took>>10)
	}
	runtime.KeepAlive(s)
	s.turn()
	s.turn()
	if _, first := s.first("t:3701415066658.3485157640.00000000000000000000000000199999", "a"); !first {
		t.Error("is remembered for ever")
	}
}
