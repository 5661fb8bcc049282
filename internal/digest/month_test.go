package digest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

// monthSettings are those of a team in five zones; the 17th is a holiday.
const monthSettings = `name: Bakery
timezone: Europe/Berlin
hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
holidays: [2000-03-17]
roles: {sdr: [UREP0, UREP1, UREP2, UREP3], manager: [UBERLIN, UYORK, UHOWE]}
digest: {daily: "08:30", weekly: "mon 08:30"}
`

const monthPage = `---
id: rounds
kind: tool
title: Rounds
owner: baker
actions:
  - {id: look, label: Look at the street, on: call.held, who: owner, within: 3h, remind: [1h], escalate: manager, repeat: 1, done: button}
  - {id: walk, label: Walk the round, on: week.started, who: sdr, within: 4d, remind: [2d], escalate: manager, done: button}
---
text
`

// A month of a team's clocks, weeks and digests, over a holiday and three changes
// of clocks, day and night: every reminder, every telling and every digest comes
// once, at its time, and nothing new outside somebody's working hours.
func TestAMonthOfClocksAndDigests(t *testing.T) {
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		until(t, "2000-03-05T12:00:00Z") // a Sunday
		s := open(t, dbtest.Open(t, filepath.Join(dbtest.Swift(t), "sopbot.db")), monthSettings)
		files := fstest.MapFS(bakery(monthSettings))
		files["rounds.md"] = &fstest.MapFile{Data: []byte(monthPage)}
		pb, problems, err := playbook.Load(files, s.now())
		if err != nil || problems.Err() != nil {
			t.Fatal(err, problems.Err())
		}
		s.shelf.Use(pb)
		s.Deadlines.Work()
		if err := s.Deadlines.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		stop := s.run(t)
		team := month{s: s, luck: rand.New(rand.NewPCG(3, 1))}
		for s.now().Before(time.Date(2000, 4, 5, 0, 0, 0, 0, time.UTC)) {
			// To the millisecond: nobody does anything at the moment of a reminder.
			time.Sleep(time.Duration(30+team.luck.IntN(300))*time.Minute + time.Duration(1+team.luck.IntN(59_000))*time.Millisecond)
			team.call(t)
		}
		until(t, "2000-04-09T12:00:00Z") // a Sunday again: nothing is due any more
		stop()
		team.reckon(t)
	})
	t.Logf("five weeks took %s", time.Since(began).Round(10*time.Millisecond))
}

// month is what a team did in it.
type month struct {
	s     *shop
	luck  *rand.Rand
	calls []call
}

type call struct {
	title, rep string
	at         time.Time
	done       time.Time // zero = never
}

// call is held by somebody; now and then an earlier one is dealt with.
func (m *month) call(t *testing.T) {
	t.Helper()
	c := call{title: fmt.Sprintf("Shop %04d", len(m.calls)), rep: fmt.Sprint("UREP", m.luck.IntN(4)), at: m.s.now().Truncate(time.Millisecond)}
	m.calls = append(m.calls, c)
	m.write(t, func(tx *database.Tx) error {
		return m.s.Deadlines.Happened(tx, deadline.Happening{Event: playbook.EventCallHeld, Subject: "call/" + c.title, Title: c.title, Who: map[string]string{"owner": c.rep}})
	})
	for i := range m.calls {
		if old := &m.calls[i]; old.done.IsZero() && m.luck.IntN(8) == 0 {
			old.done = m.s.now().Truncate(time.Millisecond)
			m.write(t, func(tx *database.Tx) error {
				_, err := m.s.Deadlines.DoneFor(tx, "call/"+old.title, deadline.Match{}, old.rep)
				return err
			})
		}
	}
}

func (m *month) write(t *testing.T, fn func(tx *database.Tx) error) {
	t.Helper()
	if err := m.s.db.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// reckon compares what came with what was to come.
func (m *month) reckon(t *testing.T) {
	t.Helper()
	managers := []string{"UBERLIN", "UYORK", "UHOWE"}
	calendar := m.s.Deadlines.Calendar
	want := map[string]time.Time{} // "person what" → when
	for _, c := range m.calls {
		own := calendar(c.rep)
		due := own.Add(c.at, playbook.Span{Clock: 3 * time.Hour})
		if at := own.Before(due, playbook.Span{Clock: time.Hour}); c.done.IsZero() || at.Before(c.done) {
			want[c.rep+" "+c.title] = at
		}
		for _, boss := range managers {
			if at := calendar(boss).Next(due); c.done.IsZero() || at.Before(c.done) {
				want[boss+" "+c.title] = at
			}
		}
	}
	first := time.Date(2000, 3, 6, 0, 0, 0, 0, time.UTC)
	for week := range 5 {
		monday := playbook.DateOf(first.AddDate(0, 0, 7*week))
		for i := range 4 {
			rep := fmt.Sprint("UREP", i)
			own := calendar(rep)
			due := own.Add(own.At(monday, playbook.Clock{Minutes: 9 * 60}), playbook.Span{Days: 4})
			if friday := own.At(monday.Add(playbook.Span{Days: 4}), playbook.Clock{Minutes: 17 * 60}); friday.Before(due) { // the 17th is off
				due = own.At(monday.Add(playbook.Span{Days: 3}), playbook.Clock{Minutes: 17 * 60})
			}
			what := rep + " week of " + monday.In(time.UTC).Format("2 January")
			want[rep+" "+what] = own.Before(due, playbook.Span{Days: 2})
			for _, boss := range managers {
				want[boss+" "+what] = calendar(boss).Next(due)
			}
		}
	}
	for day := range 35 {
		date := playbook.DateOf(first.AddDate(0, 0, day))
		for _, boss := range managers {
			at := calendar(boss).At(date, playbook.Clock{Minutes: 9 * 60})
			if !calendar(boss).Within(at) {
				continue
			}
			want[boss+" digest/"+boss+"/"+date.String()] = at
			if day%7 == 0 {
				want[boss+" digest/weekly/"+boss+"/"+date.String()] = at
			}
		}
	}

	for what, at := range want {
		if !at.Before(m.s.now()) {
			delete(want, what) // the next month's
		}
	}
	got := map[string]time.Time{}
	came := func(what string, at time.Time) {
		if !got[what].IsZero() {
			t.Errorf("%s came twice", what)
		}
		got[what] = at
	}
	for _, n := range m.s.book.notes {
		if !n.first {
			continue
		}
		if !calendar(n.channel).Within(n.at) {
			t.Errorf("%s came at %s, outside working hours", n.key, n.at.In(calendar(n.channel).Zone()))
		}
		if strings.HasPrefix(n.key, "digest/") {
			came(n.channel+" "+n.key, n.at)
			continue
		}
		for _, what := range m.named(t, n) {
			came(n.channel+" "+what, n.at)
		}
	}
	for what, at := range want {
		// Digests leave one after the other.
		if late := got[what].Sub(at); got[what].IsZero() || late < 0 || late > 10*time.Second {
			t.Errorf("%s: came at %s, want %s", what, got[what], at)
		}
	}
	for what, at := range got {
		if _, wanted := want[what]; !wanted {
			t.Errorf("%s came at %s and was not to come", what, at)
		}
	}
	if len(m.calls) < 150 || len(want) < 500 {
		t.Errorf("only %d calls, %d messages", len(m.calls), len(want))
	}
	t.Logf("%d calls, %d things said in %d messages and changes", len(m.calls), len(want), len(m.s.book.notes))
}

// named are what a message is about: calls by their title, weeks by their rep and
// date.
func (m *month) named(t *testing.T, n note) (all []string) {
	t.Helper()
	raw, err := json.Marshal(n.Blocks)
	if err != nil {
		t.Fatal(err)
	}
	body := chat.Unescape(string(raw))
	for _, c := range m.calls {
		if strings.Contains(body, c.title) {
			all = append(all, c.title)
		}
	}
	for _, part := range strings.Split(body, "week of ")[1:] {
		fields := strings.FieldsFunc(part, func(r rune) bool { return r == ' ' || r == '\\' || r == '"' })
		rep := n.channel
		if i := strings.Index(part, "@UREP"); i >= 0 && !strings.HasPrefix(n.channel, "UREP") {
			rep = part[i+1 : i+6]
		}
		all = append(all, rep+" week of "+fields[0]+" "+fields[1])
	}
	return all
}
