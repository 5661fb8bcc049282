package playbook

import (
	"slices"
	"sync"
)

// shelved is how many playbooks are kept that are no longer in force: enough
// for a form that was opened before an afternoon of edits.
const shelved = 20

// Shelf holds the playbook in force, and the last ones before it: a form that
// was open while the playbook changed is judged by the version it was opened
// with. The zero Shelf is empty.
type Shelf struct {
	// Older, if set, finds a version that is no longer on the shelf, as after a
	// restart; nil says that nobody has it. Set it before the shelf is used.
	Older func(version string) *Playbook

	mu    sync.RWMutex
	books []*Playbook // the one in force last
}

// Use puts a playbook into force.
func (s *Shelf) Use(b *Playbook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// A change that was taken back makes the older one the latest again.
	kept := make([]*Playbook, 0, len(s.books)+1)
	for _, old := range s.books {
		if old.Version != b.Version {
			kept = append(kept, old)
		}
	}
	kept = append(kept, b)
	s.books = kept[max(0, len(kept)-1-shelved):]
}

// InForce is the playbook that serves; nil before the first Use.
func (s *Shelf) InForce() *Playbook {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.books) == 0 {
		return nil
	}
	return s.books[len(s.books)-1]
}

// Version gives the playbook of that version, or the one in force where nobody
// has it any more.
func (s *Shelf) Version(version string) *Playbook {
	if b := s.standing(version); b != nil {
		return b
	}
	if s.Older != nil && version != "" {
		if b := s.Older(version); b != nil {
			s.putBehind(b)
			return b
		}
	}
	return s.InForce()
}

func (s *Shelf) standing(version string) *Playbook {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, b := range s.books {
		if b.Version == version {
			return b
		}
	}
	return nil
}

// putBehind keeps a playbook that was fetched, right behind the one in force:
// who sent one form that was opened with it may send a second.
func (s *Shelf) putBehind(b *Playbook) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.books); n > 0 && !slices.ContainsFunc(s.books, func(o *Playbook) bool { return o.Version == b.Version }) {
		s.books = slices.Insert(s.books, n-1, b)
		s.books = s.books[max(0, len(s.books)-1-shelved):]
	}
}
