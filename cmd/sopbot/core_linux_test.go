package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// dumpable says whether this process may be dumped, with our word for it or
// without. It is run as a program of its own: there is no way back.
func dumpable() {
	if len(os.Args) > 1 {
		if err := noCoreDumps(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	// #nosec G103 -- a question to the kernel
	may, _, _ := syscall.RawSyscall(syscall.SYS_PRCTL, syscall.PR_GET_DUMPABLE, 0, 0)
	fmt.Println("dumpable", may)
}

func TestCoreDumpsAreSwitchedOff(t *testing.T) {
	for args, want := range map[string]string{"": "dumpable 1", "off": "dumpable 0"} {
		said, err := exec.Command("sopbot-dumpable", strings.Fields(args)...).CombinedOutput()
		if err != nil || strings.TrimSpace(string(said)) != want {
			t.Errorf("%q: %s, %v; want %s", args, said, err, want)
		}
	}
}
