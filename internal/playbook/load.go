package playbook

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
	"time"
)

// maxPageBytes is more than anybody reads on a page, and keeps a stray dump
// of something else out of memory.
const maxPageBytes = 4 << 20

// ErrNoPages is returned by Load for a folder without a single *.md file.
var ErrNoPages = errors.New("there is no page (*.md) in the playbook folder")

// Load reads the playbook in a file tree as it is now. It returns the
// playbook with everything that is wrong in it, errors and warnings; a
// playbook whose problems hold an Error must not be served. The error is for
// a tree that cannot be read at all, or has no page. now is for what is due.
//
// Files and folders whose name starts with a dot are left out, and so is
// everything but *.md and playbook.yaml.
func Load(fsys fs.FS, now time.Time) (*Playbook, Problems, error) {
	files, problems, err := readFiles(fsys)
	if err != nil {
		return nil, problems, err
	}
	b := &Playbook{Settings: defaultSettings(), byID: map[string]*Page{}, byFile: map[string]*Page{}}
	var settings *mapping
	var pages []file
	for _, f := range files {
		if f.name == SettingsFile {
			var r *reader
			b.Settings, r, settings = readSettings(f.raw)
			problems = append(problems, r.problems...)
			continue
		}
		pages = append(pages, f)
	}
	if len(pages) == 0 {
		if len(problems) > 0 {
			return nil, problems, nil
		}
		return nil, problems, ErrNoPages
	}
	b.Version = versionOf(files)
	drafts := readPages(pages)
	for _, d := range drafts {
		b.Pages = append(b.Pages, d.Page)
		b.byFile[d.File] = d.Page
		if other, double := b.byID[d.ID]; double {
			d.errorf(d.idSpot(), "the id %q is also that of %s", d.ID, other.File)
			continue
		}
		b.byID[d.ID] = d.Page
	}
	for _, d := range drafts {
		b.resolveLinks(d)
	}
	problems = append(problems, b.lint(drafts, settings, now)...)
	for _, d := range drafts {
		problems = append(problems, d.problems...)
	}
	problems.sort()
	return b, problems, nil
}

type file struct {
	name string
	raw  []byte
}

// readFiles reads every file that belongs to the playbook, by path. A file
// that vanishes while the tree is walked is simply not there; one that may
// not be read is a problem of its own.
func readFiles(fsys fs.FS) ([]file, Problems, error) {
	var files []file
	var problems Problems
	bad := func(name, message string) {
		problems = append(problems, Problem{File: name, Line: 1, Column: 1, Severity: Error, Message: message})
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			bad(name, "cannot be read: "+plainCause(err))
			return nil
		case name != "." && strings.HasPrefix(path.Base(name), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		if name != SettingsFile && !strings.EqualFold(path.Ext(name), ".md") {
			if name == "playbook.yml" {
				bad(name, "the settings are read from "+SettingsFile+"; rename this file")
			}
			return nil
		}
		info, err := fs.Stat(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && info.IsDir() { // a link to a folder
			return nil
		}
		if err == nil && info.Size() > maxPageBytes {
			bad(name, fmt.Sprintf("the file has %d MB; a page has at most %d", info.Size()>>20, maxPageBytes>>20))
			return nil
		}
		raw, err := fs.ReadFile(fsys, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			bad(name, "cannot be read: "+plainCause(err))
			return nil
		}
		files = append(files, file{name, raw})
		return nil
	})
	return files, problems, err
}

// plainCause leaves the path out of an error, which the problem names anyway.
func plainCause(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// readPages reads the pages on all cores: a start has to be quick.
func readPages(files []file) []*draft {
	drafts := make([]*draft, len(files))
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(files))
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(files); i += workers {
				drafts[i] = readPage(files[i].name, files[i].raw)
			}
		})
	}
	wg.Wait()
	return drafts
}

func (d *draft) idSpot() spot {
	if d.head != nil {
		return d.head.spot("id")
	}
	return spot{1, 1}
}

func (b *Playbook) resolveLinks(d *draft) {
	starts := lineStarts([]byte(d.Body))
	for _, l := range d.links {
		candidates, anchor, isPage := linkTarget(d.File, l.destination)
		if !isPage {
			continue
		}
		line := lineOf(starts, l.offset)
		at := spot{d.body.line + line, len([]rune(d.Body[starts[line]:l.offset])) + 1}
		link := Link{Destination: l.destination, Anchor: anchor, Line: at.line, Column: at.column}
		for _, c := range candidates {
			if p, ok := b.byFile[c]; ok {
				link.Page = p.ID
				break
			}
		}
		// A page without front matter was written for another place: its
		// broken links make it a worse read, not a wrong playbook.
		complain := d.errorf
		if !d.FrontMatter {
			complain = d.warnf
		}
		if link.Page == "" {
			complain(at, "the link %q leads to a page that is not there%s", l.destination, b.nearestFile(candidates))
		} else if p := b.byID[link.Page]; anchor != "" && p != nil {
			if _, ok := p.Section(anchor); !ok {
				d.warnf(at, "%s has no heading #%s", p.File, anchor)
				link.Anchor = ""
			}
		}
		d.Links = append(d.Links, link)
	}
}

func (b *Playbook) nearestFile(candidates []string) string {
	if len(candidates) == 0 || len(b.Pages) > 2000 {
		return ""
	}
	names := make([]string, len(b.Pages))
	for i, p := range b.Pages {
		names[i] = p.File
	}
	if n := nearest(candidates[0], names); n != "" {
		return fmt.Sprintf("; did you mean %s?", n)
	}
	// The right name in another folder is the usual mistake.
	for _, n := range names {
		if path.Base(n) == path.Base(candidates[0]) {
			return fmt.Sprintf("; did you mean %s?", n)
		}
	}
	return ""
}
