package main

import (
	"fmt"
	"syscall"
)

// noCoreDumps keeps the tokens, and what people wrote, out of core dumps, and
// other processes of the same user out of this one's memory and environment
// (ptrace, /proc/PID/environ). The limit alone does not do: a core that the
// kernel pipes to a program such as systemd-coredump knows no limit.
func noCoreDumps() error {
	if err := syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{}); err != nil {
		return fmt.Errorf("the limit of core dumps cannot be set: %w", err)
	}
	if _, _, e := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_SET_DUMPABLE, 0, 0); e != 0 {
		return fmt.Errorf("core dumps cannot be switched off: %w", e)
	}
	return nil
}
