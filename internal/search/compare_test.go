package search

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/en"
	_ "github.com/mattn/go-sqlite3"

	"sopbot/internal/playbook"
)

// engine ranks pages for a question.
type engine func(question string) []string

// TestBetterThanWhatComesReady asks the same labelled questions of bleve's own
// best setting and of SQLite's FTS5. SQLite has FTS5 only if built with the tag
// sqlite_fts5; without it that column is left out.
func TestBetterThanWhatComesReady(t *testing.T) {
	questions := readQuestions(t, questionsFile)
	pb := defaultPlaybook(t)
	x := build(t, pb)
	defer x.Close()
	engines := map[string]engine{
		"sopbot": func(q string) []string { return ids(x.Search(q, 10).Hits) },
		"bleve":  nativeBleve(t, pb),
	}
	if e := fts5(t, pb); e != nil {
		engines["FTS5"] = e
	} else {
		t.Log("FTS5 is not in this build of SQLite: run with -tags sqlite_fts5 to compare with it too")
	}
	all := map[string]map[string]*figures{}
	for _, q := range questions {
		if q.group == "none" {
			continue
		}
		for name, ask := range engines {
			found := ask(q.question)
			for _, group := range []string{q.group, "all"} {
				if all[group] == nil {
					all[group] = map[string]*figures{}
				}
				if all[group][name] == nil {
					all[group][name] = &figures{}
				}
				all[group][name].count(q, found)
			}
		}
	}
	for group, by := range all {
		line := fmt.Sprintf("%-10s nDCG@10", group)
		ours := by["sopbot"].mean(by["sopbot"].ndcg)
		for _, name := range []string{"sopbot", "bleve", "FTS5"} {
			if f := by[name]; f != nil {
				line += fmt.Sprintf("  %s %.3f", name, f.mean(f.ndcg))
				if f.mean(f.ndcg) > ours {
					t.Errorf("%s: %s is better", group, name)
				}
			}
		}
		t.Log(line)
	}
}

// parts gives the text fields that both other engines index of a section.
func parts(p *playbook.Page, s playbook.Section) (title, alias, path, text string) {
	path = strings.Join(s.Heading, " ") + " " + string(p.Kind) + " " + strings.Join(p.Tags, " ") + " " + strings.ReplaceAll(p.File, "/", " ")
	return p.Title, strings.Join(p.Aliases, " "), path, s.Plain
}

// nativeBleve is bleve with the analyzer en, TF-IDF, several fields, of which
// the best counts: the best of its settings that was measured.
func nativeBleve(t *testing.T, pb *playbook.Playbook) engine {
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = "en"
	x, err := bleve.NewMemOnly(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	batch := x.NewBatch()
	for _, p := range pb.Pages {
		for i, s := range p.Sections {
			title, alias, path, text := parts(p, s)
			if err := batch.Index(fmt.Sprintf("%s#%d", p.ID, i), map[string]any{"title": title, "alias": alias, "path": path, "text": text}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := x.Batch(batch); err != nil {
		t.Fatal(err)
	}
	return func(question string) []string {
		best := map[string]float64{}
		for _, field := range []string{"title", "alias", "path", "text"} {
			q := bleve.NewMatchQuery(question)
			q.SetField(field)
			found, err := x.Search(bleve.NewSearchRequestOptions(q, 100, 0, false))
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range found.Hits {
				page, _, _ := strings.Cut(h.ID, "#")
				best[page] = max(best[page], h.Score)
			}
		}
		out := make([]string, 0, len(best))
		for page := range best {
			out = append(out, page)
		}
		slices.SortFunc(out, func(a, b string) int {
			if best[a] != best[b] {
				if best[a] > best[b] {
					return -1
				}
				return 1
			}
			return strings.Compare(a, b)
		})
		return out
	}
}

// fts5 is SQLite's full-text search: any word, stemmed, titles × 8.
func fts5(t *testing.T, pb *playbook.Playbook) engine {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec(`CREATE VIRTUAL TABLE sections USING fts5(page UNINDEXED, title, alias, path, text, tokenize='porter unicode61')`); err != nil {
		return nil
	}
	for _, p := range pb.Pages {
		for _, s := range p.Sections {
			title, alias, path, text := parts(p, s)
			if _, err := db.Exec(`INSERT INTO sections VALUES (?, ?, ?, ?, ?)`, p.ID, title, alias, path, text); err != nil {
				t.Fatal(err)
			}
		}
	}
	return func(question string) []string {
		var match []string
		words(question, func(w token) bool {
			if !stopWords[w.text] {
				match = append(match, `"`+w.text+`"`)
			}
			return true
		})
		if len(match) == 0 {
			return nil
		}
		rows, err := db.Query(`SELECT page FROM sections WHERE sections MATCH ? ORDER BY bm25(sections, 0, 8, 4, 2, 1) LIMIT 100`, strings.Join(match, " OR "))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var out []string
		for rows.Next() {
			var page string
			if err := rows.Scan(&page); err != nil {
				t.Fatal(err)
			}
			if !slices.Contains(out, page) {
				out = append(out, page)
			}
		}
		return out
	}
}
