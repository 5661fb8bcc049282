package main

import (
	"bufio"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// giveBack returns to the machine what starting needed and serving does not:
// the garbage of reading and indexing the playbook, and the pages of the
// program's own code that only ran once. Code is read from the file again
// where it is needed after all, so this costs a few faults and no correctness.
func giveBack() {
	debug.FreeOSMemory()
	f, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer f.Close()
	// A constant lies among the program's constants, which are mapped
	// read-only and as they lie in the file, as its code is. Other read-only
	// mappings may hold what the loader wrote, and must stay.
	constants := uint64(uintptr(unsafe.Pointer(unsafe.StringData("sopbot"))))
	for lines := bufio.NewScanner(f); lines.Scan(); {
		// 00403000-01001000 r-xp 00003000 fe:00 1234   /usr/local/bin/sopbot
		fields := strings.Fields(lines.Text())
		if len(fields) < 6 || !strings.HasPrefix(fields[5], "/") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 != nil || err2 != nil || end <= start {
			continue
		}
		if fields[1] == "r-xp" || (fields[1] == "r--p" && start <= constants && constants < end) {
			// Where the kernel maps the file in pieces of 2 MB, a single constant
			// would bring all of its piece back.
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_NOHUGEPAGE)
			_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, uintptr(start), uintptr(end-start), syscall.MADV_DONTNEED)
		}
	}
}

// letGoOfTheFile asks the kernel to drop the program's file from its cache, as
// far as nobody has it mapped: call it right after giveBack. A file that was
// just written, by an upgrade say, lies there in large pieces, of which Linux
// from 6.18 on maps all for the sake of a byte: nearly the whole program
// becomes resident. What is needed comes back from the disk in pieces of a few
// pages, as after the machine's start. On 6.18 that is 36 MiB in place of 47.
func letGoOfTheFile() {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return
	}
	defer f.Close()
	_ = f.Sync() // what is not on the disk yet would stay
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
}
