package gateway

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
)

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(longWait); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, before there were %d\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

func TestTwoThousandCommandsAtOnceAreAllAnsweredOrRefusedAndNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("all at once", func(t *testing.T) {
		b := startBare(t, &bare{})
		gate := make(chan struct{})
		r := onBare(t, b, func(router *chat.Router, _ *rig) {
			router.OnCommand(chat.CommandHelp{Name: "/wait"}, func(_ context.Context, c chat.Command) (chat.Message, error) {
				<-gate
				return chat.Say("answer " + c.Text), nil
			})
		})
		const all = 3000 // more than workers and queue hold together
		for i := range all {
			if i == maxWorkers { // a busy machine fills the queue before they have come
				r.await(t, "all workers", func() bool { return r.workers.Load() == maxWorkers && len(r.jobs) == 0 })
			}
			b.send(b.every()[i%2], fmt.Sprint("e", i), "/wait", fmt.Sprint(i))
		}
		// Meanwhile reading goes on, and what is too much is refused at once.
		r.await(t, "refusals", func() bool {
			n := 0
			for i := range all {
				for _, a := range b.of(fmt.Sprint("e", i)) {
					if strings.Contains(a.text, "more to do") {
						n++
					}
				}
			}
			return n == all-maxQueued-maxWorkers
		})
		close(gate)
		for i := range all {
			id := fmt.Sprint("e", i)
			r.await(t, id, func() bool { return len(b.of(id)) == 1 })
			if a := b.of(id)[0]; a.text != fmt.Sprint("answer ", i) && !strings.Contains(a.text, "more to do") {
				t.Errorf("%s: %+v", id, a)
			}
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
	settled(t, before)
}

func TestWhatWaitsTooLongForAWorkerIsPutOffAndAnsweredLater(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	gate := make(chan struct{})
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/wait"}, func(_ context.Context, c chat.Command) (chat.Message, error) {
			<-gate
			return chat.Say("answer " + c.Text), nil
		})
		router.OnMention(func(context.Context, chat.Mention) error { return nil })
	}, func(o *Options) { o.AckWithin = 700 * time.Millisecond })
	const all = maxWorkers + 50
	began := time.Now()
	for i := range all {
		b.send(b.every()[i%2], fmt.Sprint("e", i), "/wait", fmt.Sprint(i))
	}
	// Until no worker is left: what comes now has to wait for one.
	r.await(t, "a queue", func() bool { return len(r.jobs) == all-maxWorkers })
	s := b.every()[0]
	s.text(mentionOf("event", "Ev1", "hi", 0))
	s.text(`{"envelope_id":"form","type":"interactive","payload":{"type":"view_submission","trigger_id":"t","view":{"id":"V1","callback_id":"x","blocks":[{"type":"actions","block_id":"a"},{"type":"input","block_id":"z"}]}}}`)
	for i := range all {
		b.answer(t, fmt.Sprint("e", i), "One moment")
	}
	r.await(t, "the form put off", func() bool { return len(b.of("form")) == 1 })
	if raw := b.of("form")[0].raw; !strings.Contains(raw, `"z":"This takes longer`) {
		t.Errorf("the form was answered with %s", raw)
	}
	if took := time.Since(began); took > slackWaits+time.Second {
		t.Errorf("put off after %v", took)
	}
	if len(b.of("event")) != 0 {
		t.Error("an event that nobody has begun with was acknowledged")
	}
	close(gate)
	for i := range all {
		if a := b.answer(t, fmt.Sprint("e", i), fmt.Sprint("answer ", i)); a.socket != 0 {
			t.Errorf("e%d was acknowledged twice", i)
		}
	}
	r.await(t, "the event", func() bool { return len(b.of("event")) == 1 })
}

func TestAHundredThousandCommandsLeaveNoTrace(t *testing.T) {
	b := startBare(t, &bare{})
	// A line each is written, and kept nowhere.
	r := onBare(t, b, nil, func(o *Options) { o.Log = slog.New(slog.NewTextHandler(io.Discard, nil)) })
	round := func(name string, n int) {
		const lanes = 2
		var wg sync.WaitGroup
		for lane := range lanes {
			wg.Go(func() {
				s := b.every()[lane]
				for i := range n / lanes {
					id := fmt.Sprintf("%s-%d-%d", name, lane, i)
					b.send(s, id, "/echo", "x")
					if i%100 == 99 { // no more under way than the queue holds
						b.answer(t, id, "you said")
					}
				}
			})
		}
		wg.Wait()
		r.await(t, "all answers", func() bool { return b.count() >= n })
		if got := b.count(); got != n {
			t.Errorf("%d answers to %d commands", got, n)
		}
		b.forget()
	}
	room := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	commands := 100000
	if raceDetector {
		commands = 10000
	}
	round("warm", commands/5)
	before, goroutines := room(), runtime.NumGoroutine()
	round("hot", commands)
	if grown := int64(room()) - int64(before); grown > 3<<20 {
		t.Errorf("%d KB more are in use after %d commands", grown>>10, commands)
	}
	if more := runtime.NumGoroutine() - goroutines; more > maxWorkers {
		t.Errorf("%d goroutines more", more)
	}
}
