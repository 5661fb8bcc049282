package answers

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
)

func recording(t testing.TB) *Answers {
	t.Helper()
	db, err := database.Open(context.Background(), filepath.Join(t.TempDir(), "db"))
	if err != nil {
		t.Fatal(err)
	}
	a := &Answers{DB: db, Now: func() time.Time { return noon }, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	a.Start()
	t.Cleanup(func() { _ = db.Close() })
	return a
}

func asked(n int) Question {
	return Question{ID: fmt.Sprintf("q%06d", n), At: noon.Add(time.Duration(n) * time.Millisecond), Person: "U0SAM", Channel: "C0SALES", Via: "command",
		Words: "oven", Verdict: "answered", Results: []string{"noon"}, Playbook: "v"}
}

func TestEveryQuestionIsRecordedHoweverFastTheyCome(t *testing.T) {
	a := recording(t)
	const n = 12000
	for i := range n {
		a.recorder.add(asked(i))
		if i%100 == 0 {
			time.Sleep(5 * time.Millisecond) // some 15,000 a second
		}
	}
	a.Stop()
	got, err := a.Questions(context.Background(), noon, 2*n)
	if err != nil || len(got) != n || a.recorder.lost.Load() != 0 {
		t.Fatalf("%d of %d questions are recorded, %d lost, %v", len(got), n, a.recorder.lost.Load(), err)
	}
	if got[7].ID != "q000007" || got[7].Results[0] != "noon" || !got[7].At.Equal(noon.Add(7*time.Millisecond)) {
		t.Errorf("read back as %+v", got[7])
	}
}

func TestAClickFindsTheQuestionThatWasJustAsked(t *testing.T) {
	a := recording(t)
	defer a.Stop()
	for i := range 20 {
		a.recorder.add(asked(i))
		if words, ok, err := a.words(context.Background(), asked(i).ID); err != nil || !ok || words != "oven" {
			t.Errorf("question %d: %q, %v, %v", i, words, ok, err)
		}
	}
}

// Whoever erases beside a bot does not see what it has not written yet.
func TestWhatWasAskedBeforeAnErasureIsWrittenWithoutItsWords(t *testing.T) {
	for name, tc := range map[string]struct {
		erased    time.Duration // before or after noon, when it was asked
		person    bool
		earlier   bool // than the bot was started
		kept      string
		pseudonym bool
	}{
		"of a lead, just after":             {time.Second, false, false, "", false},
		"of a member, just after":           {time.Second, true, false, "", true},
		"just before, by another clock":     {-30 * time.Second, true, false, "", true},
		"long before":                       {-2 * time.Minute, true, false, "oven", false},
		"long after: it was not to be kept": {time.Hour, false, false, "", false},
		"before the bot was started":        {-10 * time.Second, true, true, "oven", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := recording(t)
			a.Stop()
			happened := tc.earlier
			a.Erased = func(_ *database.Tx, after time.Time) (time.Time, bool, error) {
				if at := noon.Add(tc.erased); happened && at.After(after) {
					return at, tc.person, nil
				}
				return time.Time{}, false, nil
			}
			a.Start()
			happened = true
			a.recorder.add(asked(0))
			a.Stop()
			got, err := a.Questions(t.Context(), noon.Add(-time.Hour), 10)
			if err != nil || len(got) != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if got[0].Words != tc.kept || chat.WasErased(got[0].Person) != tc.pseudonym {
				t.Errorf("%+v", got[0])
			}
		})
	}
}

// The moment in which more may come is the recorder's, and not that of somebody
// who clicks at once.
func TestAClickDoesNotWaitForMoreQuestionsToCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := recording(t)
		defer a.Stop()
		for i := range 3 {
			a.recorder.add(asked(i))
			synctest.Wait() // the recorder waits for more
			clicked := time.Now()
			if _, ok, err := a.words(t.Context(), asked(i).ID); err != nil || !ok || time.Since(clicked) > 0 {
				t.Errorf("question %d: found %v, %v, after %v", i, ok, err, time.Since(clicked))
			}
		}
	})
}

func TestALaterOpinionReplacesAnEarlierOneAndItsReasonStays(t *testing.T) {
	a := recording(t)
	defer a.Stop()
	ctx := context.Background()
	rate := func(helpful bool, why string) {
		t.Helper()
		if err := a.rate(ctx, "q", "U0SAM", "noon", "oven", helpful, why); err != nil {
			t.Fatal(err)
		}
	}
	why := func() (text string) {
		_ = a.DB.Read(ctx, func(tx *database.Tx) error {
			_, err := tx.Row("SELECT why FROM ratings WHERE question = $1", []any{"q"}, &text)
			return err
		})
		return text
	}
	rate(false, "")
	rate(false, "wrong shelf")
	rate(false, "")
	if got := why(); got != "wrong shelf" {
		t.Errorf("a second click took the reason away: %q", got)
	}
	rate(true, "")
	if st, err := a.state(ctx, "q", "U0SAM", "C0SALES", "noon"); err != nil || !st.rated || !st.helpful || why() != "" {
		t.Errorf("after the change of mind: %+v, %q, %v", st, why(), err)
	}
	for want := range 2 {
		first, err := a.claimShare(ctx, "q", "U0SAM", "C0SALES", "noon", "oven")
		if err != nil || first != (want == 0) {
			t.Errorf("share %d: first %v, %v", want, first, err)
		}
	}
	if err := a.unclaimShare(ctx, "q", "C0SALES", "noon"); err != nil {
		t.Fatal(err)
	}
	if first, _ := a.claimShare(ctx, "q", "U0SAM", "C0SALES", "noon", "oven"); !first {
		t.Error("a share that Slack refused cannot be tried again")
	}
}
