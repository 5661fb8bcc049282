package deadline

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// step is something that somebody does about one of a few leads.
type step struct {
	what string
	lead int
	who  string
	wait time.Duration // before it
}

func drawStep(rt *rapid.T) step {
	return step{
		what: rapid.SampledFrom([]string{"assign", "assign", "assign", "again", "snooze", "pause", "resume", "pass", "done", "close", "holiday", "restart", "wait"}).Draw(rt, "what"),
		lead: rapid.IntRange(0, 3).Draw(rt, "lead"),
		who:  rapid.SampledFrom([]string{"USAM", "UKIM"}).Draw(rt, "who"),
		wait: time.Duration(rapid.IntRange(0, 300).Draw(rt, "minutes")) * time.Minute,
	}
}

// Whatever people do, and however often the bot stops: nothing is said twice or
// outside working hours, and in the end everything that is still open was told.
func TestWhateverPeopleDoEachThingIsToldOnce(t *testing.T) {
	t.Parallel() // nothing else asks rapid at that time: the zones of working time are over
	checks := "12"
	if os.Getenv("SOPBOT_SOAK") != "" {
		checks = "500"
	}
	if err := flag.Set("rapid.checks", checks); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = flag.Set("rapid.checks", "100") }()
	rapid.Check(t, func(rt *rapid.T) {
		// Drawn beforehand: rapid cannot live in a bubble.
		steps := rapid.SliceOfN(rapid.Custom(drawStep), 1, 40).Draw(rt, "steps")
		var wrong []string
		synctest.Test(t, func(t *testing.T) { wrong = play(t, steps) })
		for _, w := range wrong {
			rt.Error(w)
		}
	})
}

func play(t *testing.T, steps []step) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	r := newRig(t, load(t, bakery, lookUp, streets))
	at(t, 3, 8, 0)
	byHand := map[time.Time]bool{}
	events := 0
	holidays := "2000-01-06"
	for _, s := range steps {
		time.Sleep(s.wait)
		synctest.Wait()
		byHand[r.Now().Truncate(time.Millisecond)] = true
		subject := fmt.Sprint("lead/", s.lead)
		var do func(tx *database.Tx) (int, error)
		switch s.what {
		case "assign", "again":
			if s.what == "assign" {
				events++
			}
			do = func(tx *database.Tx) (int, error) {
				return 0, r.Happened(tx, Happening{Event: playbook.EventLeadAssigned, Subject: subject, Key: fmt.Sprint(events), Who: map[string]string{"owner": s.who}})
			}
		case "snooze":
			do = func(tx *database.Tx) (int, error) {
				all, err := OpenFor(tx, subject)
				for _, on := range all {
					_, err = r.Snooze(tx, on.ID, s.who, snoozes[s.lead%3])
				}
				return 0, err
			}
		case "pause":
			do = func(tx *database.Tx) (int, error) { return r.Pause(tx, subject, playbook.EventLeadAssigned) }
		case "resume":
			do = func(tx *database.Tx) (int, error) { return r.Resume(tx, subject, playbook.EventLeadAssigned) }
		case "pass":
			do = func(tx *database.Tx) (int, error) { return r.Reassign(tx, subject, s.who) }
		case "done":
			do = func(tx *database.Tx) (int, error) { return r.DoneFor(tx, subject, Match{}, s.who) }
		case "close":
			do = func(tx *database.Tx) (int, error) { return r.Close(tx, subject) }
		case "holiday":
			holidays += ", " + playbook.DateOf(r.Now().AddDate(0, 0, 1+s.lead)).String()
			r.shelf.Use(load(t, strings.Replace(bakery, "2000-01-06", holidays, 1), lookUp, streets))
			r.must(r.Recompute(ctx))
		case "restart":
			r.stop()
			time.Sleep(s.wait)
			db, err := database.Open(ctx, r.file)
			r.must(err)
			r.serve(db, time.Now)
		}
		if do != nil {
			r.write(func(tx *database.Tx) error { _, err := do(tx); return err })
		}
	}
	time.Sleep(12 * 24 * time.Hour)
	synctest.Wait()
	first, texts := map[string]int{}, map[string]int{}
	for _, n := range r.notes.all() {
		if n.first {
			first[n.key]++
		}
		if first[n.key] > 1 {
			complain("%s came twice", n.key)
		}
		if byHand[n.at.Truncate(time.Millisecond)] {
			continue
		}
		if texts[n.key+n.m.Text]++; texts[n.key+n.m.Text] > 1 {
			complain("said twice: %s", n.m.Text)
		}
		if !r.Calendar(n.to).Within(n.at) {
			complain("%s was told at %s", n.to, n.at.In(r.zone(n.to)))
		}
	}
	for lead := range 4 {
		for _, on := range r.whole(fmt.Sprint("lead/", lead)) {
			_, open := on.Status.(Open)
			told := on.next.IsZero() && !on.handled.Before(on.Due) && !on.Escalated.IsZero()
			if open && !told {
				complain("an open deadline was not told to the end: %+v", on)
			}
			if !open && !on.next.IsZero() {
				complain("%T is still looked at, at %s", on.Status, on.next)
			}
			if on.repeated > on.Repeat {
				complain("%d reminders after the deadline", on.repeated)
			}
		}
	}
	if n := r.rows(); n != 0 {
		complain("%d rows of the outbox are left", n)
	}
	return wrong
}

// whole lists everything that ever was about a subject.
func (r *rig) whole(subject string) (out []Deadline) {
	r.Helper()
	r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { out, err = AllFor(tx, subject); return err }))
	return out
}
