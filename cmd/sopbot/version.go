package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set when a release is built.
var version = "development"

// versionCommand is `sopbot version`.
type versionCommand struct{}

// Run prints the version, and of what commit it was built.
func (versionCommand) Run(io streams) error {
	commit := revision()
	if commit != "" {
		commit = " (" + commit + ")"
	}
	_, err := fmt.Fprintf(io.out, "sopbot %s%s %s %s/%s\n", version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// revision is the commit that this was built of; "" where that is not known.
func revision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return s.Value[:12]
			}
		}
	}
	return ""
}
