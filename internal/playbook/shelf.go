package playbook

import "sync"

// shelved is how many playbooks are kept that are no longer in force: enough
// for a form that was opened before an afternoon of edits.
const shelved = 20

// Shelf holds the playbook in force, and the last ones before it: a form that
// was open while the playbook changed is judged by the version it was opened
// with. The zero Shelf is empty.
type Shelf struct {
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

// Version gives the playbook of that version, or the one in force where it is
// no longer kept.
func (s *Shelf) Version(version string) *Playbook {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, b := range s.books {
		if b.Version == version {
			return b
		}
	}
	if len(s.books) == 0 {
		return nil
	}
	return s.books[len(s.books)-1]
}
