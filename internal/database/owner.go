package database

import (
	"os"
	"path/filepath"
	"syscall"
)

// Whoever looks after a bot at night may be root, and the bot is somebody else:
// what root puts beside its files must be its own, or it cannot start.

// owner is whom a file or folder belongs to; known is false where there is none.
func owner(path string) (uid, gid int, known bool) {
	info, err := os.Stat(path) // a folder may be reached by a link, as that of a service of systemd is
	if err != nil {
		return 0, 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return int(stat.Uid), int(stat.Gid), true
}

// giveTo gives files that root has made to whoever has the other one. The folder
// that they are in must be theirs, too: nobody else gets to read what is in them.
func giveTo(like string, files ...string) error {
	uid, gid, known := owner(like)
	if os.Geteuid() != 0 || !known || uid == 0 {
		return nil
	}
	for _, file := range files {
		if dir, _, known := owner(filepath.Dir(file)); !known || dir != uid {
			continue
		}
		if err := os.Lchown(file, uid, gid); err != nil {
			return err
		}
	}
	return nil
}
