package search

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand"
	"os"
	"slices"
	"strings"
	"testing"

	"sopbot/internal/playbook"
)

// labelled is a question of seeds/questions.tsv with the pages that answer it,
// best first. Who wrote each file, and what they had seen, stands in its head.
type labelled struct {
	split, group, question string
	pages                  []string // empty: nothing in the playbook answers it
	section                string   // slug or heading, or "" for any
}

const questionsFile = "../../seeds/questions.tsv"

func readQuestions(t testing.TB, path string) []labelled {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("NO LABELLED QUESTIONS: %s is missing, so the ranking was NOT judged", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []labelled
	header := false
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r\n")
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cells := strings.Split(line, "\t")
		if !header {
			header = true
			if cells[0] == "split" {
				continue
			}
		}
		for len(cells) < 5 {
			cells = append(cells, "")
		}
		q := labelled{split: cells[0], group: cells[1], question: cells[2], section: cells[4]}
		if cells[3] != "" {
			q.pages = strings.Split(cells[3], "|")
		}
		if q.question == "" || (q.group == "none") != (len(q.pages) == 0) {
			t.Errorf("%s:%d: cannot be: %q", path, n, line)
			continue
		}
		out = append(out, q)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// figures add up how well questions were answered.
type figures struct {
	n                                    int
	first, third, reciprocal, ndcg       float64
	answered, near, nothing, rightPlaces float64
	places                               int
}

// count takes in one ranking.
func (f *figures) count(q labelled, found []string) {
	f.n++
	rank := slices.IndexFunc(found, func(id string) bool { return slices.Contains(q.pages, id) })
	if rank == 0 {
		f.first++
	}
	if rank >= 0 && rank < 3 {
		f.third++
	}
	if rank >= 0 && rank < 10 {
		f.reciprocal += 1 / float64(rank+1)
	}
	// The page named first is worth three of the others.
	gain := func(id string) float64 {
		switch slices.Index(q.pages, id) {
		case -1:
			return 0
		case 0:
			return 3
		}
		return 1
	}
	var got, ideal float64
	for i, id := range found[:min(10, len(found))] {
		got += gain(id) / math.Log2(float64(i+2))
	}
	for i, id := range q.pages[:min(10, len(q.pages))] {
		ideal += gain(id) / math.Log2(float64(i+2))
	}
	f.ndcg += got / max(ideal, 1)
}

func (f *figures) judge(v Verdict) {
	switch v {
	case Answered:
		f.answered++
	case NearMisses:
		f.near++
	default:
		f.nothing++
	}
}

func (f *figures) mean(sum float64) float64 { return sum / float64(max(1, f.n)) }

// TestQuality holds the ranking against the yardsticks on questions that
// people labelled. Tune on the split "tune" only, and only with measures that
// hold for any playbook.
func TestQuality(t *testing.T) {
	questions := readQuestions(t, questionsFile)
	pb := defaultPlaybook(t)
	x := build(t, pb)
	defer x.Close()
	all := map[string]*figures{}
	of := func(key string) *figures {
		if all[key] == nil {
			all[key] = &figures{}
		}
		return all[key]
	}
	r := rand.New(rand.NewSource(11))
	for _, q := range questions {
		for _, id := range q.pages {
			if _, ok := pb.Page(id); !ok {
				t.Errorf("%q: the playbook has no page %q", q.question, id)
			}
		}
		a := x.Search(q.question, 10)
		if q.group == "none" {
			none := of("none")
			none.n++
			none.judge(a.Verdict)
			if a.Verdict == Answered && q.split == "tune" {
				t.Logf("answered, though there is no answer: %q by %v", q.question, ids(a.Hits[:1]))
			}
			continue
		}
		for _, key := range []string{q.split, q.split + " " + q.group, "asked"} {
			f := of(key)
			f.count(q, ids(a.Hits))
			f.judge(a.Verdict)
			if len(a.Hits) > 0 && q.section != "" && slices.Contains(q.pages, a.Hits[0].Page.ID) {
				f.places++
				s := a.Hits[0].Page.Sections[a.Hits[0].Section]
				if s.Slug == q.section || strings.EqualFold(s.Title(), q.section) {
					f.rightPlaces++
				}
			}
		}
		if q.split == "tune" && (len(a.Hits) == 0 || !slices.Contains(q.pages, a.Hits[0].Page.ID)) {
			t.Logf("missed: %s %q wants %v, got %v %v", q.group, q.question, q.pages, a.Verdict, ids(a.Hits[:min(3, len(a.Hits))]))
		}
		if q.group == "typo" || q.group == "partial" {
			continue // these are damaged already
		}
		for range 3 {
			of("in full").count(q, ids(a.Hits))
			of("one typo").count(q, ids(x.Search(mistype(q.question, r), 10).Hits))
			of("half-typed").count(q, ids(x.Search(halve(q.question), 10).Hits))
		}
	}
	t.Log(table(all))

	atLeast := func(what string, got, want float64) {
		if got < want {
			t.Errorf("%s is %.3f, below %.3f", what, got, want)
		}
	}
	if f := all["tune"]; f != nil {
		atLeast("tune: success@1", f.mean(f.first), .85)
		atLeast("tune: MRR@10", f.mean(f.reciprocal), .90)
	}
	if f := all["held"]; f != nil {
		atLeast("held: success@1", f.mean(f.first), .75)
		atLeast("held: nDCG@10", f.mean(f.ndcg), .82)
	}
	if f := all["in full"]; f != nil {
		atLeast("one typo: nDCG@10", all["one typo"].mean(all["one typo"].ndcg), f.mean(f.ndcg)-.02)
		atLeast("half-typed: nDCG@10", all["half-typed"].mean(all["half-typed"].ndcg), f.mean(f.ndcg)-.02)
	}
	if f := all["none"]; f != nil {
		atLeast("without an answer: share not answered", f.mean(f.near+f.nothing), .70)
	}
	if f := all["asked"]; f != nil {
		atLeast("with an answer: share answered", f.mean(f.answered), .97)
	}
}

func table(all map[string]*figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-16s %4s %8s %8s %8s %8s %8s %9s %9s %8s\n", "", "n", "s@1", "s@3", "MRR@10", "nDCG@10", "section", "answered", "near", "nothing")
	keys := make([]string, 0, len(all))
	for k := range all {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		f := all[k]
		fmt.Fprintf(&b, "%-16s %4d %8.3f %8.3f %8.3f %8.3f %8.3f %9.3f %9.3f %8.3f\n", k, f.n, f.mean(f.first), f.mean(f.third), f.mean(f.reciprocal),
			f.mean(f.ndcg), f.rightPlaces/float64(max(1, f.places)), f.mean(f.answered), f.mean(f.near), f.mean(f.nothing))
	}
	return b.String()
}

// mistype makes one mistake in the longest word: a letter left out, doubled,
// changed, or two swapped.
func mistype(q string, r *rand.Rand) string {
	ws := strings.Fields(q)
	long := 0
	for i, w := range ws {
		if len(w) > len(ws[long]) {
			long = i
		}
	}
	w := []byte(ws[long])
	if len(w) < 5 {
		return q
	}
	i := 1 + r.Intn(len(w)-2)
	switch r.Intn(4) {
	case 0:
		w = slices.Delete(w, i, i+1)
	case 1:
		w = slices.Insert(w, i, w[i])
	case 2:
		w[i] = byte('a' + r.Intn(26))
	case 3:
		w[i], w[i+1] = w[i+1], w[i]
	}
	ws[long] = string(w)
	return strings.Join(ws, " ")
}

// halve leaves the last word unfinished.
func halve(q string) string {
	q = strings.TrimRight(q, " ?!.")
	at := strings.LastIndexByte(q, ' ') + 1
	if len(q)-at < 6 {
		return q
	}
	return q[:at+(len(q)-at)*2/3]
}

// TestEveryTitleFindsItsPage asks for each page by its title, alone and with
// its kind in front.
func TestEveryTitleFindsItsPage(t *testing.T) {
	pb := defaultPlaybook(t)
	x := build(t, pb)
	defer x.Close()
	titles := map[string]int{}
	for _, p := range pb.Pages {
		titles[strings.ToLower(p.Title)]++
	}
	missed := 0
	for _, p := range pb.Pages {
		if titles[strings.ToLower(p.Title)] > 1 {
			continue
		}
		for _, q := range []string{p.Title, string(p.Kind) + " " + p.Title} {
			if p.Kind == playbook.KindPage && q != p.Title {
				continue
			}
			a := x.Search(q, 3)
			if len(a.Hits) == 0 || a.Hits[0].Page != p {
				missed++
				t.Logf("%q finds %v, not %s", q, ids(a.Hits), p.ID)
			}
		}
	}
	// Some titles are only two frequent words that another page has together too.
	if most := len(pb.Pages) / 20; missed > most {
		t.Errorf("%d titles do not find their page, at most %d may", missed, most)
	}
}
