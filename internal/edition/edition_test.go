package edition

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
)

func page(text string) fs.FS {
	return fstest.MapFS{
		"a.md":          {Data: []byte("---\nid: a\ntitle: A\nowner: ola\n---\n" + text + "\n")},
		"deep/b.md":     {Data: []byte("# B\n")},
		"playbook.yaml": {Data: []byte("name: Bakery\n")},
		".git/x.md":     {Data: []byte("not a page")},
	}
}

func version(t *testing.T, files fs.FS) string {
	t.Helper()
	b, problems, err := playbook.Load(files, time.Now())
	if err == nil {
		err = problems.Err()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Version
}

func TestEditionsAreFoundAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		ctx, db := context.Background(), open()
		now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
		var log strings.Builder
		e := &Editions{DB: db, Now: func() time.Time { return now }, Log: logTo(&log)}
		keep := func(text string) string {
			t.Helper()
			files := page(text)
			v := version(t, files)
			if err := e.Keep(ctx, files, v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		kept := func() (n int) {
			t.Helper()
			if err := db.Read(ctx, func(tx *database.Tx) error {
				_, err := tx.Row("SELECT count(*) FROM editions", nil, &n)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return n
		}

		first := keep("one")
		keep("one")
		second := keep("two")
		if n := kept(); n != 2 {
			t.Errorf("%d editions of two are kept", n)
		}
		b := e.Find(ctx, first)
		if b == nil || b.Version != first || b.Settings.Name != "Bakery" || len(b.Pages) != 2 {
			t.Fatalf("the first edition came back as %+v", b)
		}
		if p, there := b.Page("a"); !there || !strings.Contains(p.Body, "one") {
			t.Errorf("the first edition's page: %+v", p)
		}
		if got := e.Find(ctx, "nobody's"); got != nil {
			t.Errorf("an edition that never was: %+v", got)
		}

		// What is not what came into force is not put in its place.
		if err := e.Keep(ctx, page("three"), second); err != nil || kept() != 2 {
			t.Errorf("a tree that changed: %v, %d kept", err, kept())
		}

		// Many edits on one day push nothing out; a month later all but the last do go.
		for i := range 30 {
			now = now.Add(time.Minute)
			keep(fmt.Sprint("edit ", i))
		}
		if n := kept(); n != 32 || e.Find(ctx, first) == nil {
			t.Errorf("%d of 32 editions are kept after a day of edits", n)
		}
		now = now.Add(keptFor + time.Hour)
		last := keep("much later")
		if n := kept(); n != keptLast || e.Find(ctx, first) != nil || e.Find(ctx, last) == nil {
			t.Errorf("%d editions are kept a month later, want %d; the first: %v", n, keptLast, e.Find(ctx, first) != nil)
		}

		// Damage is said, and is no more than a version that is not there.
		if err := db.Write(ctx, func(tx *database.Tx) error {
			_, err := tx.Exec("UPDATE editions SET files = $1 WHERE version = $2", []byte("no archive"), last)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := e.Find(ctx, last); got != nil || !strings.Contains(log.String(), last) {
			t.Errorf("a damaged edition gave %+v and the log says %q", got, log.String())
		}
	})
}

func logTo(b *strings.Builder) *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }
