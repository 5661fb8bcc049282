// Package sopbot carries the files that the program brings along: the default
// playbook and the fictional team of the demo. They lie at the top of the
// repository, where people who don't read Go find them.
package sopbot

import (
	"embed"
	"io/fs"
)

//go:embed all:playbook
var playbookFiles embed.FS

//go:embed all:seeds
var seedFiles embed.FS

// Playbook is the default playbook.
func Playbook() fs.FS { return below(playbookFiles, "playbook") }

// Seeds is the demo's data: the team, its roles, what it said and did before; and
// questions for judging search.
func Seeds() fs.FS { return below(seedFiles, "seeds") }

func below(files embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the folder's name is written three lines above
	}
	return sub
}
