package database

import (
	"os"
	"syscall"
	"testing"
)

// SmallDisk mounts a disk of that size for a test; err says why it may not.
func SmallDisk(t *testing.T, size string) (folder string, grow func(size string) error, err error) {
	t.Helper()
	folder, err = os.MkdirTemp("", "sopbot-small-disk-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(folder) })
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size); err != nil {
		return "", nil, err
	}
	t.Cleanup(func() { _ = syscall.Unmount(folder, syscall.MNT_DETACH) })
	return folder, func(size string) error { return syscall.Mount("", folder, "", syscall.MS_REMOUNT, "size="+size) }, nil
}
