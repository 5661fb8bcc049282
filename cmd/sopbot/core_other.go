//go:build !linux

package main

import (
	"fmt"
	"syscall"
)

// noCoreDumps keeps the tokens, and what people wrote, out of core dumps.
func noCoreDumps() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("the limit of core dumps cannot be set: %w", err)
	}
	return nil
}
