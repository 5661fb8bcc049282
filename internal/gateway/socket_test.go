package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/slacksim"
)

func TestFiveHundredCommandsWhileEverySocketIsAskedToLeaveAgainAndAgain(t *testing.T) {
	r := start(t, slacksim.Options{Grace: 2 * time.Second}, nil)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for round := 0; ; round++ {
			open := r.slack.Sockets()
			switch {
			case len(open) == 0: // a busy machine has not opened the next one yet
			case round%3 == 0:
				r.slack.Disconnect("refresh_requested") // all at the same moment
			case round%3 == 1:
				open[len(open)-1].Disconnect("warning")
			default:
				open[0].Disconnect("warning")
			}
			select {
			case <-stop:
				return
			case <-time.After(150 * time.Millisecond):
			}
		}
	}()
	var wg sync.WaitGroup
	tick := time.NewTicker(6 * time.Millisecond)
	defer tick.Stop()
	for i := range 500 {
		<-tick.C
		wg.Go(func() { r.echo(t, fmt.Sprint("n", i)) })
	}
	wg.Wait()
	close(stop)
	<-stopped
	acks := map[string]int{}
	for _, e := range r.slack.Journal().Entries() {
		switch {
		case e.Kind == "verdict" && e.Error != "", e.Kind == "ack" && e.Error != "":
			t.Errorf("%s of a command: %s", e.Kind, e.Error)
		case e.Kind == "ack":
			acks[e.EnvelopeID]++
			if e.Latency > 3*time.Second {
				t.Errorf("a command took %v", e.Latency)
			}
		}
	}
	if len(acks) != 500 {
		t.Errorf("%d commands were acknowledged", len(acks))
	}
	if n := len(r.slack.Journal().Calls("apps.connections.open")); n < 20 {
		t.Errorf("only %d sockets were opened: the test is too kind", n)
	}
}

func TestASocketIsLeftOnlyBehindAnOpenOneAndWithAGoodBye(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	r := onBare(t, b, nil)
	for round := range 4 {
		old := b.every()[len(b.every())-2:]
		for _, s := range old {
			s.notice("warning")
		}
		// What Slack still sends on the old ones is answered.
		for n := 0; old[0].goodbye.Load() == 0 || old[1].goodbye.Load() == 0; n++ {
			left := old[0].goodbye.Load() != 0 || old[1].goodbye.Load() != 0
			if left && len(b.every()) == 2*(round+1) {
				t.Fatal("a socket was left before another was open")
			}
			for i, s := range old {
				// The good-bye may cross this command on the way.
				if id := fmt.Sprintf("r%d-n%d-s%d", round, n, i); b.send(s, id, "/echo", id) {
					b.answer(t, id, "you said "+id)
				}
			}
		}
		for _, s := range old {
			<-s.gone
			if code := s.goodbye.Load(); code != 1000 {
				t.Errorf("closed with %d", code)
			}
		}
		r.await(t, "two sockets", func() bool { return r.Connected() == 2 && len(b.every()) == 2*(round+2) })
	}
	for id, all := range b.all {
		if len(all) != 1 || all[0].socket == 0 {
			t.Errorf("%s was answered %d times: %+v", id, len(all), all)
		}
	}
}

func TestWhatComesInTheSameBreathAsTheEndIsAnswered(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]func(*bareSocket) []byte{
		"a close frame": func(*bareSocket) []byte { return frame(0x88, "\x03\xe8") },
		"a notice and a close frame": func(*bareSocket) []byte {
			return slices.Concat(frame(0x81, noticeOf("warning")), frame(0x88, "\x03\xe9"))
		},
		"a notice and nothing more":    func(*bareSocket) []byte { return frame(0x81, noticeOf("refresh_requested")) },
		"nothing":                      func(*bareSocket) []byte { return nil },
		"a long frame that breaks off": func(*bareSocket) []byte { return frame(0x81, strings.Repeat("x", 3000))[:2000] },
		"a frame that breaks off":      func(*bareSocket) []byte { return frame(0x81, "half of it")[:5] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBare(t, &bare{})
			r := onBare(t, b, nil)
			for round := range 12 {
				all := b.every()
				live := b.live()
				s := live[round%len(live)]
				var out []byte
				for n := range 4 {
					id := fmt.Sprintf("r%d-n%d", round, n)
					out = append(out, frame(0x81, b.envelope(id, "/echo", id))...)
				}
				s.write(append(out, tail(s)...))
				_ = s.conn.(*net.TCPConn).CloseWrite()
				for n := range 4 {
					id := fmt.Sprintf("r%d-n%d", round, n)
					b.answer(t, id, "you said "+id)
					if t.Failed() {
						t.Fatal(r.log)
					}
				}
				// The server has to see that its socket is gone, or the next round
				// would say something on one that it has closed itself.
				r.await(t, "the end of the socket", func() bool { return !slices.Contains(b.live(), s) })
				r.await(t, "sockets", func() bool { return r.Connected() == 2 && len(b.every()) > len(all) })
			}
			for id, all := range b.all {
				if len(all) != 1 {
					t.Errorf("%s was answered %d times", id, len(all))
				}
			}
		})
	}
}

func TestAMuteSocketIsReplacedWithinTwelveSeconds(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	r := connect(t, b, filepath.Join(t.TempDir(), "db"), nil, func(o *Options) { o.Sockets = Sockets{} })
	r.await(t, "two sockets", func() bool { return r.Connected() == 2 })
	old := b.every()
	old[0].mute.Store(true)
	began := time.Now()
	for len(b.every()) < 3 || r.Connected() < 2 {
		if time.Since(began) > 12*time.Second {
			t.Fatal("not replaced within 12 seconds")
		}
		time.Sleep(5 * time.Millisecond)
	}
	b.echo(t, b.every()[2], "again")
	b.echo(t, old[1], "the other")
}

func TestASocketThatIsStuckInAWriteIsReplaced(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	big := strings.Repeat("x", 18000)
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/big"}, func(context.Context, chat.Command) (chat.Message, error) { return chat.Say(big), nil })
	})
	s := b.every()[0]
	_ = s.conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	s.stuck.Store(true)
	// The kernel's buffers fill, and a write hangs.
	for i := range 600 {
		b.send(s, fmt.Sprint("big", i), "/big", "")
		s.write(frame(0x8a, "")) // it is heard all the same, so only the write betrays it
	}
	alive := make(chan struct{})
	defer close(alive)
	go func() {
		for {
			select {
			case <-alive:
				return
			case <-time.After(50 * time.Millisecond):
				s.write(frame(0x8a, ""))
			}
		}
	}()
	r.await(t, "a fresh socket", func() bool { return len(b.every()) == 3 && r.Connected() == 2 })
	b.echo(t, b.every()[2], "again")
}

func TestAnAnswerWhoseSocketIsGoneTakesTheOther(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	began, goOn := make(chan struct{}), make(chan struct{})
	r := onBare(t, b, func(router *chat.Router, _ *rig) {
		router.OnCommand(chat.CommandHelp{Name: "/slow"}, func(context.Context, chat.Command) (chat.Message, error) {
			began <- struct{}{}
			<-goOn
			return chat.Say("done"), nil
		})
	})
	b.refuse(func(w http.ResponseWriter) bool { w.WriteHeader(503); return true }) // and none comes after it
	s := b.every()
	cut := func(s *bareSocket) {
		_ = s.conn.(*net.TCPConn).SetLinger(0)
		_ = s.conn.Close()
	}
	b.send(s[0], "first", "/slow", "")
	<-began
	b.send(s[1], "last", "/slow", "")
	<-began
	cut(s[0])
	r.await(t, "one socket", func() bool { return r.Connected() == 1 })
	goOn <- struct{}{}
	goOn <- struct{}{}
	if a := b.answer(t, "first", "done"); a.socket != s[1].number {
		t.Errorf("the answer went by %d", a.socket)
	}
	// With no socket left at all it goes by response URL.
	b.send(s[1], "after all", "/slow", "")
	<-began
	cut(s[1])
	r.await(t, "no socket", func() bool { return r.Connected() == 0 })
	goOn <- struct{}{}
	if a := b.answer(t, "after all", "done"); a.socket != 0 {
		t.Errorf("the answer went by %d", a.socket)
	}
	// And when one opens in time, the acknowledgement waits for it.
	b.refuse(nil)
	r.await(t, "two sockets", func() bool { return r.Connected() == 2 })
	b.refuse(func(w http.ResponseWriter) bool { w.WriteHeader(503); return true })
	live := b.live()
	b.send(live[0], "in time", "/slow", "")
	<-began
	for _, s := range live {
		cut(s)
	}
	r.await(t, "no socket", func() bool { return r.Connected() == 0 })
	goOn <- struct{}{}
	b.refuse(nil)
	if a := b.answer(t, "in time", "done"); a.socket == 0 {
		t.Error("the answer went by response URL")
	}
}

func TestWhatWasAcknowledgedForADeadSocketIsNotSaidOnTheNext(t *testing.T) {
	t.Parallel()
	b := startBare(t, &bare{})
	r := onBare(t, b, nil)
	for i := range 20 {
		all := b.every()
		s := all[len(all)-1]
		b.send(s, fmt.Sprint("e", i), "/echo", "x")
		_ = s.conn.Close()
		r.await(t, "sockets", func() bool { return len(b.every()) > len(all) && r.Connected() == 2 })
	}
	for id, all := range b.all {
		if len(all) > 1 {
			t.Errorf("%s was answered %d times", id, len(all))
		}
	}
}

func TestASlackThatTakesEverySocketAwayIsNotHammered(t *testing.T) {
	t.Parallel()
	for name, greet := range map[string][]byte{
		"too many sockets":     frame(0x81, noticeOf("too_many_websockets")),
		"closed without hello": frame(0x88, "\x03\xe8"),
		"switched off":         frame(0x81, noticeOf("link_disabled")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var many bool
			b := startBare(t, &bare{})
			r := onBare(t, b, nil)
			b.mu.Lock()
			b.greet = func(s *bareSocket) []byte {
				time.AfterFunc(10*time.Millisecond, func() { s.conn.Close() })
				return greet
			}
			for _, s := range b.sockets {
				s.conn.Close()
			}
			b.mu.Unlock()
			before := b.tickets.Load()
			<-time.After(2 * time.Second)
			if n := b.tickets.Load() - before; n > 30 {
				t.Errorf("%d sockets were asked for within 2 seconds", n)
			} else if n < 4 {
				t.Errorf("only %d sockets were asked for within 2 seconds", n)
			}
			b.mu.Lock()
			b.greet, many = nil, true
			b.mu.Unlock()
			r.await(t, "sockets again", func() bool { return many && r.Connected() == 2 })
			log := r.log.String()
			if name == "too many sockets" && !strings.Contains(log, "ten sockets") || name == "switched off" && !strings.Contains(log, "Socket Mode is switched off") {
				t.Error("the log does not say why")
			}
		})
	}
}
