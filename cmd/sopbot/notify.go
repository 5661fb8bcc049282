package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// notify tells systemd how the service stands, where systemd runs it: a
// datagram to the socket that it names (sd_notify(3)). Where nobody listens
// nobody misses it.
func notify(state string) {
	name := os.Getenv("NOTIFY_SOCKET")
	if name == "" {
		return
	}
	if rest, abstract := strings.CutPrefix(name, "@"); abstract {
		name = "\x00" + rest
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

// keepNotifying says that the service is ready, that it lives, and that it
// stops. The sign of life comes twice as often as it is awaited.
func keepNotifying(ctx context.Context) {
	notify("READY=1")
	every, err := strconv.Atoi(os.Getenv("WATCHDOG_USEC"))
	if err != nil || every <= 0 {
		<-ctx.Done()
		notify("STOPPING=1")
		return
	}
	tick := time.NewTicker(time.Duration(every) * time.Microsecond / 2)
	defer tick.Stop()
	for done := ctx.Done(); ; {
		select {
		case <-tick.C:
			notify("WATCHDOG=1")
		case <-done:
			notify("STOPPING=1") // and the signs of life go on until the end
			done = nil
		}
	}
}
