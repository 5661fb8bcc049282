package search

import (
	"cmp"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	index "github.com/blevesearch/bleve_index_api"

	"sopbot/internal/playbook"
)

// Index is the index of one playbook. It does not change and is safe for
// concurrent use; a changed playbook gets a new one.
type Index struct {
	mu     sync.RWMutex // held for reading while a search runs, so that Close waits
	reader index.IndexReader

	sheets   []sheet
	docs     []doc
	number   []uint32               // bleve's document number → ours
	norm     [len(fields)][]float32 // weight of one occurrence in that field of that document
	tokens   []uint32               // the texts as terms: see forward.go
	lexicon  lexicon
	spelling spelling
	groups   groups
	kinds    map[playbook.Kind]bool // kinds and parts that this playbook has
	parts    map[playbook.Part]bool
	cache    cache
	scratch  sync.Pool
	stats    Stats
}

// Stats tells how large an index is and how long it took to build.
type Stats struct {
	Pages    int
	Sections int
	Words    int // distinct words, as written
	Took     time.Duration
}

// sheet is a page as the index knows it.
type sheet struct {
	page   *playbook.Page
	titles []span // title first, then aliases
	mass   []float32
}

// doc is a section, or a passage of a long one.
type doc struct {
	page    uint32 // index in sheets
	section uint32 // index in Page.Sections
	heading span   // the section's own heading
	mass    float32
	text    span
}

// Build makes the index of a playbook.
func Build(pb *playbook.Playbook) (*Index, error) {
	start := time.Now()
	x := &Index{kinds: map[playbook.Kind]bool{}, parts: map[playbook.Part]bool{}}
	pages := slices.Clone(pb.Pages)
	slices.SortStableFunc(pages, func(a, b *playbook.Page) int { return cmp.Compare(a.ID, b.ID) })

	b := newBuilder(x)
	for _, p := range pages {
		b.read(p)
	}
	b.join()
	docs := b.documents()
	x.lexicon.finish(len(x.docs))
	if err := x.store(docs); err != nil {
		return nil, fmt.Errorf("index the playbook: %w", err)
	}
	x.weighTitles()
	x.spelling = newSpelling(&x.lexicon)
	x.groups = newGroups(&x.lexicon, pb.Settings.Synonyms)
	x.cache.init(len(x.lexicon.terms))
	x.scratch.New = func() any { return newScratch(x) }
	x.stats = Stats{Pages: len(x.sheets), Sections: b.sections, Words: len(x.lexicon.words), Took: time.Since(start)}
	return x, nil
}

// Stats tells how large the index is.
func (x *Index) Stats() Stats { return x.stats }

// Close gives the index back. It waits for searches that are running; later
// ones find nothing. Closing twice is harmless.
func (x *Index) Close() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.reader == nil {
		return nil
	}
	err := x.reader.Close()
	x.reader = nil
	x.cache.init(0)
	if err != nil {
		return fmt.Errorf("close the index: %w", err)
	}
	return nil
}

// workers is how many cores indexing may use.
func workers() int { return max(1, min(4, runtime.GOMAXPROCS(0))) }
