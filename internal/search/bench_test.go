package search

import (
	"fmt"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sopbot/internal/playbook"
)

// invented makes a playbook of that many sections whose words are spread as
// those of English are: few very frequent, most rare.
func invented(sections int) *playbook.Playbook {
	r := rand.New(rand.NewSource(1))
	vocabulary := make([]string, min(60_000, 3_000+sections))
	for i := range vocabulary {
		var b strings.Builder
		for range 2 + r.Intn(3) {
			b.WriteByte("bcdfghjklmnprstvw"[r.Intn(17)])
			b.WriteByte("aeiou"[r.Intn(5)])
		}
		vocabulary[i] = b.String()
	}
	zipf := rand.NewZipf(r, 1.1, 3, uint64(len(vocabulary)-1))
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteString(vocabulary[zipf.Uint64()])
			b.WriteByte(' ')
		}
		return b.String()
	}
	pb := &playbook.Playbook{}
	for n := 0; n < sections; {
		p := &playbook.Page{ID: fmt.Sprintf("page-%06d", n), File: fmt.Sprintf("folder/page-%06d.md", n), Kind: playbook.KindPage, Title: text(4)}
		for i := range 4 {
			p.Sections = append(p.Sections, playbook.Section{N: i, Slug: fmt.Sprint("s", i), Heading: []string{text(3)}, Plain: text(20 + r.Intn(120))})
			n++
		}
		pb.Pages = append(pb.Pages, p)
	}
	return pb
}

// asks makes questions from a playbook's own words: whole, mistyped, unfinished.
func asks(pb *playbook.Playbook, n int) []string {
	r := rand.New(rand.NewSource(2))
	out := make([]string, n)
	for i := range out {
		p := pb.Pages[r.Intn(len(pb.Pages))]
		all := strings.Fields(p.Title + " " + p.Sections[r.Intn(len(p.Sections))].Plain)
		var ws []string
		for range 2 + r.Intn(4) {
			ws = append(ws, all[r.Intn(len(all))])
		}
		q := strings.Join(ws, " ")
		switch {
		case i%5 == 1 && len(q) > 6:
			q = q[:3] + q[4:]
		case i%5 == 2:
			q = q[:len(q)-1]
		}
		out[i] = q
	}
	return out
}

func BenchmarkSearch(b *testing.B) {
	run := func(name string, pb func(testing.TB) *playbook.Playbook) {
		b.Run(name, func(b *testing.B) {
			book := pb(b)
			x := build(b, book)
			defer x.Close()
			questions := asks(book, 500)
			for _, q := range questions[:50] {
				x.Search(q, 5)
			}
			runtime.GC()
			var took []time.Duration
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				x.Search(questions[i%len(questions)], 5)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-µs")
		})
	}
	run("default", defaultPlaybook)
	for _, n := range []int{1_000, 10_000, 100_000} {
		run(fmt.Sprint(n), func(testing.TB) *playbook.Playbook { return invented(n) })
	}
}

func BenchmarkBuild(b *testing.B) {
	run := func(name string, pb func(testing.TB) *playbook.Playbook) {
		b.Run(name, func(b *testing.B) {
			book := pb(b)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			b.ReportAllocs()
			var x *Index
			for b.Loop() {
				x = build(b, book)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1e6, "MB-kept")
			b.ReportMetric(float64(x.Stats().Sections), "sections")
			runtime.KeepAlive(x)
		})
	}
	run("default", defaultPlaybook)
	for _, n := range []int{1_000, 10_000} {
		run(fmt.Sprint(n), func(testing.TB) *playbook.Playbook { return invented(n) })
	}
}

func BenchmarkHostile(b *testing.B) {
	x := build(b, defaultPlaybook(b))
	defer x.Close()
	for name, text := range hostile {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				x.Search(text, 5)
			}
		})
	}
}
