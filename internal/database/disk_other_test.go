//go:build !linux

package database

import (
	"errors"
	"testing"
)

// SmallDisk is for Linux.
func SmallDisk(*testing.T, string) (folder string, grow func(size string) error, err error) {
	return "", nil, errors.New("only Linux mounts one")
}
