package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// seconds is a playbook whose clocks run in seconds, at any hour, and whose
// digests come each day.
var seconds = map[string]string{
	"playbook.yaml": "name: Seconds\ntimezone: UTC\nhours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\n" +
		"digest: {daily: \"09:00\", weekly: \"mon 09:00\"}\n",
	"quarry.md": `---
id: quarry
kind: stage
title: The quarry
order: 1
owner: ola
actions:
  - {id: look, label: Look them up, on: lead.assigned, who: owner, within: 3s, remind: [2s], escalate: manager, repeat: 1, done: button}
exit:
  - {id: seen, label: Somebody looked, ask: Who looked?}
---
Look before you call.
`,
}

func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// digger is an SDR who takes lead after lead, and now and then puts a reminder
// off.
type digger struct {
	person *slacksim.Person
	took   []string // confirmed
}

func (d *digger) dig(ctx context.Context) {
	for ctx.Err() == nil {
		lead := newLead()
		try, cancel := context.WithTimeout(ctx, 4*time.Second)
		if reply, err := d.person.SlashE(try, "/lead assign "+lead); err == nil && strings.Contains(reply.Text(), lead) && reply.Failed() == "" {
			d.took = append(d.took, lead)
		}
		cancel()
		time.Sleep(200*time.Millisecond + rand.N(400*time.Millisecond))
		if all := d.person.Messages("DM"); len(all) > 0 && rand.N(3) == 0 {
			if last := all[len(all)-1]; strings.Contains(last.Text(), "Snooze") && strings.Contains(last.Text(), yoursToDo) {
				try, cancel := context.WithTimeout(ctx, 4*time.Second)
				_, _ = last.ChooseE(try, "Snooze", "30 minutes")
				cancel()
			}
		}
	}
}

// yoursToDo stands in each reminder, and in nothing else.
const yoursToDo = "yours to do"

// People take leads, are reminded, put reminders off, and their manager is told,
// while the bot is killed at random moments, again and again, and its clock jumps
// ahead of what was put off: each reminder stands in Slack once, each time that
// somebody put it off and it came again one more, and each telling once.
func TestClocksSurviveKills(t *testing.T) {
	t.Parallel()
	eachTarget(t, func(t *testing.T, target string) {
		rounds := longOrShort(100, 4)
		slack := openSlackWith(t, 4, impatient)
		folder := "SOPBOT_PLAYBOOK=" + folderOf(t, seconds)
		ahead := time.Duration(0)
		begin := func(start func(testing.TB, *slacksim.Slack, string, ...string) *child) *child {
			return start(t, slack, target, folder, aheadOf+"="+ahead.String())
		}
		bot := begin(startChild)
		ctx, cancel := context.WithCancel(context.Background())
		var all sync.WaitGroup
		var diggers []*digger
		for i := range 4 {
			d := &digger{person: slack.As(fmt.Sprint("sdr", i)).In("#sales")}
			diggers = append(diggers, d)
			all.Go(func() { d.dig(ctx) })
		}
		stop := sync.OnceFunc(func() { cancel(); all.Wait() })
		t.Cleanup(stop)
		for round := range rounds {
			time.Sleep(300*time.Millisecond + rand.N(900*time.Millisecond))
			bot.kill()
			if round%4 == 3 {
				time.Sleep(hastyDelays.call + hastyDelays.settle) // who jumps ahead must not take what is under way for lost
				ahead += 31 * time.Minute
			}
			if rand.N(3) == 0 { // killed again while it starts
				bot = begin(launch)
				time.Sleep(rand.N(400 * time.Millisecond))
				bot.kill()
			}
			bot = begin(startChild)
		}
		stop()
		time.Sleep(4 * time.Second) // what was taken last comes due
		bot.kill()
		time.Sleep(hastyDelays.call + hastyDelays.settle)
		ahead += 31 * time.Minute // and what was put off last
		bot = begin(startChild)
		db := look(t, target)
		began := time.Now()
		const open = "SELECT id FROM deadlines WHERE state = 'open' AND (next_at IS NOT NULL OR escalated_at IS NULL)"
		await(t, "every clock to be told to its end", func() bool {
			left := 0
			list(t, db, open, 1, func([]string) { left++ })
			return left == 0
		})
		settled(t, db, time.Minute)
		took := time.Since(began)
		n := reckonClocks(t, slack, db, diggers)
		bot.stop()
		if n < rounds {
			t.Errorf("only %d leads were taken in %d rounds", n, rounds)
		}
		t.Logf("%d rounds, %d clocks; told to their end %s after the last start", rounds, n, took.Round(time.Millisecond))
	})
}

// reckonClocks compares what is to be said, what the database says was said, and
// what stands in Slack.
func reckonClocks(t *testing.T, slack *slacksim.Slack, db *database.DB, diggers []*digger) (clocks int) {
	t.Helper()
	known := map[string]bool{}
	rung := 0
	list(t, db, "SELECT l.company, CAST(d.bell AS TEXT), d.id FROM deadlines d JOIN leads l ON l.id = d.lead", 3, func(v []string) {
		n := 0
		_, _ = fmt.Sscan(v[1], &n)
		known[v[0]] = true
		rung += n - 1
		clocks++
	})
	for _, d := range diggers {
		for _, lead := range d.took {
			if !known[lead] {
				t.Errorf("%s was taken, and has no clock", lead)
			}
		}
	}
	// Each clock has a message for each time it rang, its own or one with others.
	list(t, db, `SELECT d.id, CAST(d.bell AS TEXT), CAST((SELECT count(*) FROM deadline_lists l WHERE l.deadline = d.id) + (SELECT count(*) FROM posts p
		WHERE p.key LIKE 'deadline/' || d.id || '/reminder/%') AS TEXT), CAST((SELECT count(*) FROM deadline_tellings t WHERE t.deadline = d.id) AS TEXT) FROM deadlines d`,
		4, func(v []string) {
			if v[1] != v[2] {
				t.Errorf("%s rang %s times and has %s messages", v[0], v[1], v[2])
			}
			if v[3] != "1" {
				t.Errorf("of %s the manager was told %s times", v[0], v[3])
			}
		})
	// Every message stands in Slack, and none twice.
	stand := map[string]int{}
	list(t, db, "SELECT channel, state, key FROM posts", 3, func(v []string) {
		if stand[v[0]]++; v[1] != "sent" {
			t.Errorf("%s is %s", v[2], v[1])
		}
	})
	for _, p := range append([]*slacksim.Person{slack.As("dana")}, people(diggers)...) {
		if n := len(p.Messages("DM")); n != stand[p.ID()] {
			t.Errorf("%s has %d messages, want %d", p.ID(), n, stand[p.ID()])
		}
	}
	t.Logf("%d reminders came again after they were put off", rung)
	list(t, db, "SELECT key, state, error FROM outbox WHERE state = 'dead'", 3, func(v []string) { t.Errorf("a row was given up: %q", v) })
	return clocks
}

func people(diggers []*digger) (all []*slacksim.Person) {
	for _, d := range diggers {
		all = append(all, d.person)
	}
	return all
}

// A day after the other, the bot is killed around the time of the digests: each
// comes, once.
func TestDigestsSurviveKills(t *testing.T) {
	t.Parallel()
	eachTarget(t, func(t *testing.T, target string) {
		days := longOrShort(100, 8)
		slack := openSlackWith(t, 1, impatient)
		folder := "SOPBOT_PLAYBOOK=" + folderOf(t, seconds)
		zone, err := time.LoadLocation("America/New_York") // Dana's
		if err != nil {
			t.Fatal(err)
		}
		keys := map[string]bool{}
		first := playedDay{2026, time.November, 30, zone} // a Monday
		// The day before, it learns that Dana is to have digests.
		bot := startChild(t, slack, target, folder, aheadOf+"="+time.Until(first.at(0).Add(-20*time.Hour)).String())
		db := look(t, target)
		await(t, "the digests to be planned", func() bool {
			planned := 0
			list(t, db, fmt.Sprint("SELECT kind FROM digests WHERE person = 'U0DANA' AND next_at = ", first.at(0).UnixMilli()), 1, func([]string) { planned++ })
			return planned == 2
		})
		bot.kill()
		t.Cleanup(func() {
			if t.Failed() {
				list(t, db, "SELECT key, state, lease, CAST(run_at AS TEXT), CAST(attempt AS TEXT), error FROM outbox WHERE state = 'ready'", 6, func(v []string) { t.Logf("to do: %q", v) })
				list(t, db, "SELECT key, state, CAST(started_at AS TEXT), error FROM posts", 4, func(v []string) { t.Logf("message: %q", v) })
				list(t, db, "SELECT person, kind, CAST(next_at AS TEXT) FROM digests", 3, func(v []string) { t.Logf("digest: %q", v) })
			}
		})
		for day := range days {
			ahead := aheadOf + "=" + time.Until(first.at(day).Add(-time.Second)).String()
			bot = launch(t, slack, target, folder, ahead)
			time.Sleep(rand.N(2500 * time.Millisecond))
			bot.kill()
			bot = startChild(t, slack, target, folder, ahead)
			date := first.at(day).Format("2006-01-02")
			keys["digest/U0DANA/"+date] = true
			if first.at(day).Weekday() == time.Monday {
				keys["digest/weekly/U0DANA/"+date] = true
			}
			await(t, "the digests of "+date, func() bool {
				there := 0
				list(t, db, "SELECT key FROM posts WHERE state = 'sent'", 1, func(v []string) {
					if keys[v[0]] {
						there++
					}
				})
				return there == len(keys)
			})
			if day == days-1 {
				bot.stop()
			} else {
				bot.kill()
			}
		}
		got, texts := 0, map[string]int{}
		for _, m := range slack.As("dana").Messages("DM") {
			texts[m.Text()]++
			got++
		}
		if got != len(keys) {
			t.Errorf("%d digests stand there, want %d", got, len(keys))
		}
		for text, n := range texts {
			if n > 1 {
				t.Errorf("%d times: %.80s", n, text)
			}
		}
		t.Logf("%d days, %d digests", days, got)
	})
}

// playedDay is the first of some days, at nine.
type playedDay struct {
	year  int
	month time.Month
	day   int
	zone  *time.Location
}

func (p playedDay) at(after int) time.Time {
	return time.Date(p.year, p.month, p.day+after, 9, 0, 0, 0, p.zone)
}
