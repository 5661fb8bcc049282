package search

import (
	"fmt"
	"path"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"sopbot/internal/playbook"
)

// The fields of a document, with the weight of an occurrence in them and how
// strongly a long field is discounted.
const (
	fieldTitle = iota
	fieldAlias
	fieldPath
	fieldText
)

var fields = [...]struct {
	name      string
	weight, b float64
}{
	fieldTitle: {"title", 8, .75},
	fieldAlias: {"alias", 6, .3},
	fieldPath:  {"path", 3, .25},
	fieldText:  {"text", 1, .75},
}

// Sections of more words than passageWords are cut into passages, so that the
// right paragraph of a long page without headings competes like a section.
const (
	passageWords = 1600
	passageStep  = 1200
)

// builder holds what only building needs.
type builder struct {
	x        *Index
	raw      []uint32 // all texts as words, with the bit `beside` where a hyphen joins a word to the one before
	pages    []rawPage
	sections int
}

type rawPage struct {
	page     *playbook.Page
	titles   []span // of raw, until join makes them spans of tokens
	path     span
	sections []rawSection
}

type rawSection struct {
	n                   int
	heading, path, text span
}

func newBuilder(x *Index) *builder {
	x.lexicon.byWord = map[string]uint32{}
	x.lexicon.byTerm = map[string]uint32{}
	return &builder{x: x}
}

// text reads a text into words.
func (b *builder) text(parts ...string) span {
	from := uint32(len(b.raw))
	for _, s := range parts {
		words(s, func(t token) bool {
			n := b.x.lexicon.add(t.text)
			b.x.lexicon.words[n].count++
			if t.glued {
				n |= beside
			}
			b.raw = append(b.raw, n)
			return true
		})
	}
	return span{from, uint32(len(b.raw))}
}

// read takes in a page.
func (b *builder) read(p *playbook.Page) {
	r := rawPage{page: p, titles: []span{b.text(p.Title)}}
	for _, a := range p.Aliases {
		r.titles = append(r.titles, b.text(a))
	}
	where := strings.Split(strings.TrimSuffix(p.File, path.Ext(p.File)), "/")
	if name := where[len(where)-1]; strings.EqualFold(name, "index") || strings.EqualFold(name, "readme") {
		where = where[:len(where)-1]
	}
	if p.Kind != playbook.KindPage {
		where = append(where, string(p.Kind))
		b.x.kinds[p.Kind] = true
	}
	r.path = b.text(append(where, p.Tags...)...)
	blank := true
	for _, s := range p.Sections {
		blank = blank && strings.TrimSpace(s.Plain) == ""
	}
	for i, s := range p.Sections {
		if !blank && strings.TrimSpace(s.Plain) == "" {
			continue // its heading lives on in the paths of the sections below it
		}
		rs := rawSection{n: i, heading: b.text(s.Title())}
		if len(s.Heading) > 1 {
			rs.path = b.text(s.Heading[:len(s.Heading)-1]...)
		}
		if s.Part != playbook.PartNone {
			b.x.parts[s.Part] = true
		}
		rs.text = b.text(s.Plain)
		r.sections = append(r.sections, rs)
	}
	b.sections += len(r.sections)
	b.pages = append(b.pages, r)
}

// join turns words into terms and adds the joined forms: "hand-off" is also
// "handoff", and so is "hand off" in a playbook that knows the word handoff.
func (b *builder) join() {
	l := &b.x.lexicon
	var buf []byte
	// First the hyphens make their joined words known, whatever text they are in.
	for i := 1; i < len(b.raw); i++ {
		if b.raw[i]&beside != 0 {
			buf = append(append(buf[:0], l.words[b.raw[i-1]&^beside].text...), l.words[b.raw[i]&^beside].text...)
			if len(buf) <= maxLetters {
				l.words[l.add(string(buf))].count++
			}
		}
	}
	out := make([]uint32, 0, len(b.raw)+len(b.raw)/16)
	one := func(s *span) {
		from := uint32(len(out))
		for i := s.from; i < s.to; i++ {
			w := l.words[b.raw[i]&^beside]
			if i+1 < s.to {
				next := l.words[b.raw[i+1]&^beside]
				if joinable(w.text, next.text, b.raw[i+1]&beside != 0) {
					buf = append(append(buf[:0], w.text...), next.text...)
					if n, ok := l.byWord[string(buf)]; ok && !l.terms[l.words[n].term].stop {
						out = append(out, l.words[n].term|beside)
					}
				}
			}
			out = append(out, w.term)
		}
		*s = span{from, uint32(len(out))}
	}
	for i := range b.pages {
		p := &b.pages[i]
		for j := range p.titles {
			one(&p.titles[j])
		}
		one(&p.path)
		for j := range p.sections {
			s := &p.sections[j]
			one(&s.heading)
			one(&s.path)
			one(&s.text)
		}
	}
	b.x.tokens, b.raw = out, nil
}

// joinable reports whether two words in a row may be one word written apart.
func joinable(a, b string, glued bool) bool {
	if len(a)+len(b) > maxLetters {
		return false
	}
	if glued {
		return true
	}
	// "a part" and "i deal" are two words; "e mail" is one.
	if len(a) == 1 && (a == "a" || a == "i" || a[0] <= '9') || len(b) < 2 {
		return false
	}
	return len(a)+len(b) >= 5
}

// documents lays out what bleve is to index, and keeps what it will not tell:
// lengths, places, terms in order.
func (b *builder) documents() []index.Document {
	x := b.x
	var out []index.Document
	var lengths [len(fields)][]uint32
	count := map[uint32]*index.TokenFreq{}
	seen := make([]uint32, len(x.lexicon.terms)) // last document + 1 that had the term
	ids := map[string]bool{}

	for pi, p := range b.pages {
		x.sheets = append(x.sheets, sheet{page: p.page, titles: p.titles})
		for _, s := range p.sections {
			for passage, text := range passages(s.text, x.tokens) {
				n := uint32(len(x.docs))
				id := p.page.ID + "#" + p.page.Sections[s.n].Slug
				if passage > 0 || ids[id] {
					id = fmt.Sprintf("%s/%d.%d", id, s.n, passage)
				}
				ids[id] = true
				d := document.NewDocument(id)
				put := func(f int, spans ...span) {
					clear(count)
					length := 0
					for _, sp := range spans {
						for _, t := range x.tokens[sp.from:sp.to] {
							t &^= beside
							tm := &x.lexicon.terms[t]
							if tm.stop && f == fieldText {
								continue
							}
							length++
							if seen[t] != n+1 {
								seen[t] = n + 1
								tm.df++
							}
							tm.fields |= 1 << f
							tf := count[t]
							if tf == nil {
								tf = &index.TokenFreq{Term: []byte(tm.text)}
								count[t] = tf
							}
							tf.SetFrequency(tf.Frequency() + 1)
						}
					}
					lengths[f] = append(lengths[f], uint32(length))
					if length > 0 {
						freqs := make(index.TokenFrequencies, len(count))
						for t, tf := range count {
							freqs[x.lexicon.terms[t].text] = tf
						}
						d.AddField(&field{name: fields[f].name, length: length, freqs: freqs})
					}
				}
				put(fieldTitle, p.titles[0])
				put(fieldAlias, p.titles[1:]...)
				put(fieldPath, s.heading, s.path, p.path)
				put(fieldText, text)
				x.docs = append(x.docs, doc{page: uint32(pi), section: uint32(s.n), heading: s.heading, text: text})
				out = append(out, d)
			}
		}
	}
	for f := range fields {
		x.norm[f] = norms(lengths[f], fields[f].weight, fields[f].b)
	}
	b.pages = nil
	return out
}

// norms gives the weight of one occurrence in a field, for each document: less
// in a long field, with the true average length of those that have the field.
func norms(lengths []uint32, weight, b float64) []float32 {
	var sum, n float64
	for _, l := range lengths {
		if l > 0 {
			sum += float64(l)
			n++
		}
	}
	average := sum / max(n, 1)
	out := make([]float32, len(lengths))
	for i, l := range lengths {
		out[i] = float32(weight / (1 - b + b*float64(l)/max(average, 1)))
	}
	return out
}

// passages cuts a long text into pieces that overlap.
func passages(s span, tokens []uint32) []span {
	if s.len() <= passageWords+passageStep/2 {
		return []span{s}
	}
	var out []span
	for from := s.from; ; from += passageStep {
		if from+passageWords+passageStep/2 >= s.to {
			return append(out, span{from, s.to})
		}
		out = append(out, span{from, from + passageWords})
	}
}

// store hands the documents to bleve in one batch and keeps its reader. The
// index behind it is closed again at once: the reader holds the segment, and
// nothing is left running.
func (x *Index) store(docs []index.Document) error {
	queue := index.NewAnalysisQueue(workers())
	defer queue.Close()
	idx, err := scorch.NewScorch(scorch.Name, map[string]any{"path": ""}, queue)
	if err != nil {
		return err
	}
	if err := idx.Open(); err != nil {
		return err
	}
	defer idx.Close()
	batch := index.NewBatch()
	ours := make(map[string]uint32, len(docs))
	for i, d := range docs {
		batch.Update(d)
		ours[d.ID()] = uint32(i)
	}
	if err := idx.Batch(batch); err != nil {
		return err
	}
	if x.reader, err = idx.Reader(); err != nil {
		return err
	}
	// A batch is a map, so bleve's numbers differ from build to build.
	x.number = make([]uint32, len(docs))
	for i := range x.number {
		id, err := x.reader.ExternalID(index.NewIndexInternalID(nil, uint64(i)))
		if err != nil {
			return err
		}
		x.number[i] = ours[id]
	}
	return nil
}

// field is a field whose words are known already, so that bleve need not
// analyse the text a second time.
type field struct {
	name   string
	length int
	freqs  index.TokenFrequencies
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return nil }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return index.IndexField }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.freqs }
func (f *field) NumPlainTextBytes() uint64                        { return 0 }
func (f *field) Size() int                                        { return len(f.freqs) * 64 }
