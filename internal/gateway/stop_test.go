package gateway

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
)

func TestStoppingAnswersWhateverComesUntilTheLastGoodBye(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	began, goOn := make(chan struct{}), make(chan struct{})
	var heard safeBuffer
	r := onBare(t, b, func(router *chat.Router, r *rig) {
		mentions(&heard)(router, r)
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-goOn
			return chat.Say("finished"), nil
		})
	})
	s := b.every()
	b.send(s[0], "slow", "/slow", "")
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- r.stop() }()
	r.await(t, "the stop", func() bool { return strings.Contains(r.log.String(), "stopping") })
	b.send(s[0], "command", "/echo", "x")
	b.answer(t, "command", "you said x")
	// One is left, whichever was opened first by the bot, and the other still answers.
	other := s[1]
	select {
	case <-s[0].gone:
	case <-s[1].gone:
		other = s[0]
	}
	b.send(other, "another", "/echo", "y")
	b.answer(t, "another", "you said y")
	other.text(mentionOf("event", "Ev1", "hi", 0))
	r.await(t, "the event", func() bool { return len(b.of("event")) == 1 && heard.String() != "" })
	close(goOn)
	b.answer(t, "slow", "finished")
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	for _, s := range s {
		<-s.gone
		if code := s.goodbye.Load(); code != 1000 {
			t.Errorf("left with %d", code)
		}
	}
}

func TestCommandsThatCrossTheGoodByeAreToldSomething(t *testing.T) {
	t.Parallel()
	for range 5 {
		b := startBare(t, &bare{})
		r := onBare(t, b, nil)
		var sent []string
		var mu sync.Mutex
		var wg sync.WaitGroup
		for lane, s := range b.every() {
			wg.Go(func() {
				for i := 0; s.goodbye.Load() == 0; i++ {
					id := fmt.Sprintf("s%d-%d", lane, i)
					s.mu.Lock() // what is written before the server has read the good-bye
					_, err := s.conn.Write(frame(0x81, b.envelope(id, "/echo", id)))
					s.mu.Unlock()
					if err != nil || s.goodbye.Load() != 0 {
						return
					}
					mu.Lock()
					sent = append(sent, id)
					mu.Unlock()
					time.Sleep(200 * time.Microsecond)
				}
			})
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		for _, id := range sent {
			if len(b.of(id)) == 0 {
				t.Errorf("%s of %d was told nothing", id, len(sent))
			}
		}
	}
}

func TestStoppingTakesNoMoreThanTenSecondsWhateverHappens(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	began, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/hang"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-over
			return chat.Message{}, nil
		})
	})
	b.send(b.every()[0], "hang", "/hang", "")
	<-began
	for _, s := range b.every() {
		s.mute.Store(true) // and no good-bye is answered
		go func() {
			for { // but it is alive
				select {
				case <-over:
					return
				case <-time.After(50 * time.Millisecond):
					s.write(frame(0x8a, ""))
				}
			}
		}()
	}
	start := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if !strings.Contains(r.log.String(), "not finished in time") {
		t.Error("the log does not say what was left undone")
	}
}

func TestARevokedTokenStillLetsFinishWhatWasBegun(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	began, goOn := make(chan struct{}), make(chan struct{})
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-goOn
			return chat.Say("finished"), nil
		})
	})
	b.send(b.every()[0], "slow", "/slow", "")
	<-began
	b.refuse(func(w http.ResponseWriter) bool { fmt.Fprint(w, `{"ok":false,"error":"token_revoked"}`); return true })
	b.every()[1].notice("refresh_requested")
	r.await(t, "the stop", func() bool { return r.stopping.Load() })
	close(goOn)
	b.answer(t, "slow", "finished")
	if err := r.stop(); err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN is no longer valid") {
		t.Errorf("ended with %v", err)
	}
}
