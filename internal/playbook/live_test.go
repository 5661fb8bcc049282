package playbook

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// shelf is a watched folder and what came of it.
type shelf struct {
	t       *testing.T
	dir     string
	mu      sync.Mutex
	served  []*Playbook
	refused []Problems
	stop    func()
}

func watch(t *testing.T, files ...string) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir()}
	for i := 0; i < len(files); i += 2 {
		s.write(files[i], files[i+1])
	}
	first, problems, err := Load(os.DirFS(s.dir), today)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	s.served = []*Playbook{first}
	l := Live{Dir: s.dir, Now: func() time.Time { return today }, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Swap: func(b *Playbook) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.served = append(s.served, b)
			return nil
		},
		Refuse: func(ps Problems) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.refused = append(s.refused, ps)
		}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- l.Run(ctx, first) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watching ended with %v", err)
		}
	})
	t.Cleanup(s.stop)
	return s
}

func (s *shelf) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// within waits, as long as a change may take to serve.
func (s *shelf) within(what string, ok func(now *Playbook, refused int) bool) {
	s.t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for {
		s.mu.Lock()
		now, refused := s.served[len(s.served)-1], len(s.refused)
		s.mu.Unlock()
		if ok(now, refused) {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("not within two seconds: %s (%d pages serve, %d refused)", what, len(now.Pages), refused)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func body(b *Playbook, id string) string {
	if p, ok := b.Page(id); ok {
		return p.Body
	}
	return ""
}

func TestAChangeServesAndABrokenOneDoesNot(t *testing.T) {
	s := watch(t, "a.md", "one\n")
	s.write("a.md", "two\n")
	s.within("the change", func(b *Playbook, _ int) bool { return body(b, "a") == "two\n" })
	s.write("a.md", "---\nkind: nonsense\n---\nthree\n")
	s.within("the refusal", func(b *Playbook, refused int) bool { return refused == 1 && body(b, "a") == "two\n" })
	s.write("b.md", "also\n") // still broken in a.md, in the same way: told once
	time.Sleep(500 * time.Millisecond)
	s.within("still one refusal", func(b *Playbook, refused int) bool { return refused == 1 && body(b, "b") == "" })
	s.write("a.md", "four\n")
	s.within("the mended page, and the other with it", func(b *Playbook, _ int) bool { return body(b, "a") == "four\n" && body(b, "b") == "also\n" })
	s.write("a.md", "---\nkind: nonsense\n---\nfive\n")
	s.within("the same mistake made again is told again", func(_ *Playbook, refused int) bool { return refused == 2 })
}

func TestFilesComeGoAndAreReplacedAsEditorsDo(t *testing.T) {
	s := watch(t, "a.md", "one\n")
	s.write("new/deep/b.md", "b\n")
	s.within("a page in a new folder", func(b *Playbook, _ int) bool { return body(b, "new/deep/b") == "b\n" })
	s.write("new/deep/b.md", "bb\n")
	s.within("a change in the new folder", func(b *Playbook, _ int) bool { return body(b, "new/deep/b") == "bb\n" })
	s.write(".a.md.tmp", "two\n")
	if err := os.Rename(filepath.Join(s.dir, ".a.md.tmp"), filepath.Join(s.dir, "a.md")); err != nil {
		t.Fatal(err)
	}
	s.within("a page that was renamed into place", func(b *Playbook, _ int) bool { return body(b, "a") == "two\n" })
	if err := os.RemoveAll(filepath.Join(s.dir, "new")); err != nil {
		t.Fatal(err)
	}
	s.within("a folder that is gone", func(b *Playbook, _ int) bool { return len(b.Pages) == 1 })
	if err := os.Remove(filepath.Join(s.dir, "a.md")); err != nil {
		t.Fatal(err)
	}
	s.within("the last page is kept", func(b *Playbook, refused int) bool { return refused == 1 && len(b.Pages) == 1 })
}

func TestManyFilesAtOnceAreReadOnce(t *testing.T) {
	s := watch(t, "a.md", "one\n")
	for i := range 200 {
		s.write(fmt.Sprintf("p%d.md", i), "text\n")
	}
	s.within("all of them", func(b *Playbook, _ int) bool { return len(b.Pages) == 201 })
	s.stop()
	if n := len(s.served); n > 6 {
		t.Errorf("%d versions were served for one change of many files", n)
	}
}

func TestASwapThatFailsKeepsTheLastVersion(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := Live{Dir: dir, Now: time.Now, Log: slog.New(slog.DiscardHandler), Swap: func(*Playbook) error { return os.ErrInvalid }}
	if served, _ := l.reread("before", ""); served != "before" {
		t.Errorf("%s serves", served)
	}
	l.Dir = filepath.Join(dir, "gone")
	if served, refused := l.reread("before", ""); served != "before" || refused == "" {
		t.Errorf("a folder that is gone: %s serves, refused %q", served, refused)
	}
}
