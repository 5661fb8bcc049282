package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
)

// openBrowser shows an address in the user's browser, where there is one. It is
// a courtesy: where it does not work the address stands in the terminal.
func openBrowser(ctx context.Context, address string) {
	words := browserCommand(runtime.GOOS, os.Getenv)
	if words == nil {
		return
	}
	// #nosec G204 -- one of three commands, and an address of our own
	show := exec.CommandContext(context.WithoutCancel(ctx), words[0], append(words[1:], address)...)
	show.Env = withoutSecrets(os.Environ())
	if show.Start() == nil {
		go func() { _ = show.Wait() }()
	}
}

// browserCommand is what opens an address on a system; nil without a desktop,
// where xdg-open would take the terminal for a browser of text.
func browserCommand(system string, env func(string) string) []string {
	switch {
	case system == "darwin":
		return []string{"open"}
	case system == "windows":
		return []string{"rundll32", "url.dll,FileProtocolHandler"}
	case env("DISPLAY") != "" || env("WAYLAND_DISPLAY") != "":
		return []string{"xdg-open"}
	}
	return nil
}
