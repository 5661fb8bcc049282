//go:build !linux

package main

import "runtime/debug"

// giveBack returns to the machine what starting needed and serving does not.
func giveBack() { debug.FreeOSMemory() }

// letGoOfTheFile matters on Linux alone.
func letGoOfTheFile() {}
