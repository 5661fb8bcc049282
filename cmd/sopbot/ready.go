package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// readyCommand is `sopbot ready`.
type readyCommand struct {
	Address string `arg:"" optional:"" help:"Where the bot answers; without it SOPBOT_HTTP." env:"SOPBOT_HTTP" placeholder:"ADDRESS"`
}

// Help says whom it is for.
func (readyCommand) Help() string {
	return `Asks the bot that runs on this machine, or in this container, whether it could do its work right now, and says why if it could not. The exit
code is 0 or 1: for health checks where there is nothing else to ask with.`
}

// Run asks.
func (c readyCommand) Run(ctx context.Context, streams streams) error {
	host, port, err := net.SplitHostPort(c.Address)
	if err != nil {
		return errors.New("SOPBOT_HTTP is not set, so there is no bot to ask; set it for both, like 127.0.0.1:8080")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost" // it listens everywhere
	}
	ctx, cancel := context.WithTimeout(ctx, 2*lookWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	client := http.Client{Timeout: 10 * time.Second}
	res, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("no bot answers at %s: %w", c.Address, err)
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errors.New("not ready: " + strings.TrimSpace(string(said)))
	}
	_, err = streams.out.Write(said)
	return err
}
