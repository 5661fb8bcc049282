package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process that the machine stops for a while (a laptop that sleeps, a virtual
// machine that is moved) comes back to sockets that may be dead, and to commands
// whose people were told long ago that nobody answered. It goes on, and nothing
// is done twice.
func TestABotThatWasFrozenGoesOn(t *testing.T) {
	t.Parallel()
	slack := openSlackWith(t, 2, 3*time.Second)
	slack.Patience = 20 * time.Second
	target := filepath.Join(t.TempDir(), "sopbot.db")
	c := startChild(t, slack, target)
	dana := slack.As("dana").In("#sales")
	has(t, "before", dana.Slash("/lead assign @sdr0 Heron 1").Text(), "Heron 1")
	if err := c.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	frozen := time.Now()
	if failed := dana.Slash("/lead assign @sdr1 Heron 2").Failed(); !strings.Contains(failed, "operation_timeout") {
		t.Errorf("to a bot that is frozen Slack says %q", failed)
	}
	long := time.Duration(longOrShort(60, 9)) * time.Second // longer than a silent socket is believed
	time.Sleep(time.Until(frozen.Add(long)))
	if err := c.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	// It was told that nobody answered, but it had arrived: the socket is read
	// before it is judged by a silence that was the bot's own.
	slack.As("sdr1").WaitFor("gave you the lead Heron 2")
	slack.WaitConnected(2)
	has(t, "asked again", dana.Slash("/lead assign @sdr1 Heron 2").Text(), "is there already")
	if n := one[int](t, &bot{db: look(t, target)}, "SELECT count(*) FROM leads"); n != 2 {
		t.Errorf("%d leads are kept", n)
	}
}
