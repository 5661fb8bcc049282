package playbook

import (
	"cmp"
	"slices"
)

// Playbook is a whole playbook at one moment. It is immutable: a change of
// the files makes a new one.
type Playbook struct {
	Settings Settings
	Pages    []*Page // by file path
	Version  string  // hash of everything that was read: the same files give the same version

	byID   map[string]*Page
	byFile map[string]*Page
}

// Page returns the page of that id.
func (b *Playbook) Page(id string) (*Page, bool) {
	p, ok := b.byID[id]
	return p, ok
}

// File returns the page of that file path.
func (b *Playbook) File(path string) (*Page, bool) {
	p, ok := b.byFile[path]
	return p, ok
}

// OfKind returns the pages of a kind as people browse them: stages and
// onboarding by their order, templates by cadence and step, the rest by title.
func (b *Playbook) OfKind(kind Kind) []*Page {
	var out []*Page
	for _, p := range b.Pages {
		if p.Kind == kind {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(x, y *Page) int {
		switch kind {
		case KindStage:
			return cmp.Or(cmp.Compare(x.Stage.Order, y.Stage.Order), cmp.Compare(x.Title, y.Title))
		case KindOnboarding:
			return cmp.Or(cmp.Compare(x.Onboarding.Week, y.Onboarding.Week), cmp.Compare(x.Onboarding.Order, y.Onboarding.Order), cmp.Compare(x.Title, y.Title))
		case KindTemplate:
			return cmp.Or(cmp.Compare(x.Template.Cadence, y.Template.Cadence), cmp.Compare(x.Template.Step, y.Template.Step), cmp.Compare(x.Title, y.Title))
		}
		return cmp.Compare(x.Title, y.Title)
	})
	return out
}

// Stages returns the stages of the sales cycle in their order.
func (b *Playbook) Stages() []*Page { return b.OfKind(KindStage) }
