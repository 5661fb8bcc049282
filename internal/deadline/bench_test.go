package deadline

import (
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

const always = "hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \"24:00\"}\nroles: {manager: [UBOSS]}\n"

func timed(within, remind string) string {
	return "---\nid: p-" + within + "\nkind: tool\nowner: x\nactions:\n  - {id: go, label: Go, on: call.held, who: owner, within: " + within + ", remind: [" + remind + "], done: button}\n---\ntext\n"
}

// crowded is a rig with so many open deadlines, due in some hours.
func crowded(b *testing.B, n int) *rig {
	b.Helper()
	r := newRig(b, load(b, always, timed("9h", "1h")))
	for done := 0; done < n; done += 500 {
		r.write(func(tx *database.Tx) error {
			for i := range 500 {
				h := Happening{Event: playbook.EventCallHeld, Subject: fmt.Sprint("call/", done+i), Title: "Miller", Who: map[string]string{"owner": "USAM"},
					At: time.Now().Add(time.Duration(done+i) * time.Second)}
				if err := r.Happened(tx, h); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return r
}

// BenchmarkIdle is what ten thousand open deadlines cost while none is due: of a
// core, in percent.
func BenchmarkIdle(b *testing.B) {
	crowded(b, 10_000)
	time.Sleep(2 * time.Second)
	const long = 10 * time.Second
	before := used()
	time.Sleep(long)
	b.ReportMetric(100*(used()-before).Seconds()/long.Seconds(), "%core")
	b.ReportMetric(0, "ns/op")
}

// used is the processor time of this process so far.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkLate is how long after its time a reminder is on its way, with ten
// thousand others open and ten due every second.
func BenchmarkLate(b *testing.B) {
	r := crowded(b, 10_000)
	r.shelf.Use(load(b, always, timed("5s", "2s")))
	due := map[string]time.Time{}
	const n = 200
	begin := time.Now()
	for i := range n {
		subject := fmt.Sprint("quick/", i)
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: subject, Who: map[string]string{"owner": "USAM"}, At: begin.Add(time.Duration(i) * 100 * time.Millisecond)})
		on := r.one(subject)
		due[reminderKey(on)] = on.next
	}
	time.Sleep(time.Until(begin.Add(n*100*time.Millisecond + 4*time.Second)))
	reportLate(b, r, due)
}

// BenchmarkStart is how long after a start reminders are on their way that came
// due while nobody was there, with ten thousand others open.
func BenchmarkStart(b *testing.B) {
	r := crowded(b, 10_000)
	r.shelf.Use(load(b, always, timed("5s", "3s")))
	due := map[string]time.Time{}
	const n = 100
	for i := range n {
		subject := fmt.Sprint("quick/", i)
		r.happens(Happening{Event: playbook.EventCallHeld, Subject: subject, Who: map[string]string{"owner": "USAM"}})
		due[reminderKey(r.one(subject))] = time.Time{}
	}
	r.stop()
	time.Sleep(6 * time.Second)
	begin := time.Now()
	for key := range due {
		due[key] = begin
	}
	db, err := database.Open(ctx, r.file)
	r.must(err)
	r.serve(db, time.Now)
	b.ReportMetric(float64(time.Since(begin).Milliseconds()), "start-ms")
	time.Sleep(3 * time.Second)
	reportLate(b, r, due)
}

func reportLate(b *testing.B, r *rig, due map[string]time.Time) {
	var late []time.Duration
	for key, n := range r.first() {
		if at, ours := due[key]; ours {
			late = append(late, n.at.Sub(at))
		}
	}
	if len(late) != len(due) {
		b.Fatalf("%d reminders of %d came", len(late), len(due))
	}
	slices.Sort(late)
	for name, at := range map[string]int{"p50-ms": 50, "p99-ms": 99} {
		b.ReportMetric(float64(late[len(late)*at/100].Microseconds())/1000, name)
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkRecompute moves ten thousand open deadlines by other hours.
func BenchmarkRecompute(b *testing.B) {
	r := crowded(b, 10_000)
	var turn atomic.Int64
	for b.Loop() {
		to := "24:00"
		if turn.Add(1)%2 == 1 {
			to = "23:00"
		}
		r.shelf.Use(load(b, "hours: {days: [mon, tue, wed, thu, fri, sat, sun], from: \"00:00\", to: \""+to+"\"}\nroles: {manager: [UBOSS]}\n", timed("9h", "1h")))
		r.must(r.Recompute(ctx))
	}
}

// BenchmarkAdd is 30 working days.
func BenchmarkAdd(b *testing.B) {
	c := office
	c.zone = zone(b, "America/New_York")
	for b.Loop() {
		c.Add(january(3, 15, 0), playbook.Span{Clock: 240 * time.Hour})
	}
}
