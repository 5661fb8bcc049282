package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"testing"
	"time"
)

// goldenView reads a golden file: a view, or a message, or neither.
func goldenView(t *testing.T, file string) (view, message obj) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o obj
	if json.Unmarshal(data, &o) != nil {
		return nil, nil // a list, or something that is no view
	}
	if inner, ok := o["view"].(obj); ok {
		o = inner
	}
	blocks, _ := o["blocks"].([]any)
	switch {
	case len(blocks) == 0:
		return nil, nil
	case o["type"] == "modal", o["type"] == "home":
		return o, nil
	}
	return nil, o
}

var marked = regexp.MustCompile(`\S`)

// noneUnknown fails if something within is marked as unknown, or empty.
func (w *window) noneUnknown(name, within string) {
	w.t.Helper()
	if unknown := eval[string](w, fmt.Sprintf(`[...document.querySelectorAll('%s [data-unknown]')].map(e => e.dataset.unknown).join()`, within)); unknown != "" {
		w.t.Errorf("%s: unknown block %s", name, unknown)
	}
	if words := eval[string](w, fmt.Sprintf(`document.querySelector('%s').textContent`, within)); !marked.MatchString(words) {
		w.t.Errorf("%s: nothing is shown", name)
	}
}

// closeModals closes what a person has open, from behind the page's back.
func (a *toy) closeModals(who string) error {
	p, err := a.slack.Person(who)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	m, err := p.ModalE(ctx)
	if err != nil {
		return err
	}
	return m.CloseE(ctx, true)
}
