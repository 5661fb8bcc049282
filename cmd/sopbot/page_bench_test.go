package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// fullHouse is a demo's folder with a channel of so many messages.
func fullHouse(b *testing.B, messages int) string {
	b.Helper()
	dir := b.TempDir()
	options, err := demoSlack()
	if err != nil {
		b.Fatal(err)
	}
	slack, err := slacksim.Start(options)
	if err != nil {
		b.Fatal(err)
	}
	defer slack.Close()
	sam, err := slack.Person("sam")
	if err != nil {
		b.Fatal(err)
	}
	for i := range messages {
		if _, err := sam.SayE(b.Context(), "#sales", fmt.Sprintf("message %d, with *some* words and a link to https://acme.example/%d", i, i)); err != nil {
			b.Fatal(err)
		}
	}
	kept, err := slack.Save()
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(keptDemo{Slack: kept})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, demoWorkspace), data, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

// askInThePage types a command and tells the milliseconds from the key that
// sends it until the answer has been painted.
const askInThePage = `(async () => {
	const box = document.getElementById('typed');
	while (box.ariaBusy) await new Promise(r => setTimeout(r, 5));
	const answers = () => [...document.querySelectorAll('#scroll .message')].filter(e => e.textContent.includes('You asked: %[1]s')).length;
	const before = answers();
	box.value = '/sop %[1]s';
	box.dispatchEvent(new Event('input', { bubbles: true }));
	const begun = performance.now();
	const answered = new Promise(done => {
		const watch = new MutationObserver(() => {
			if (answers() === before) return;
			watch.disconnect();
			requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
		});
		watch.observe(document.getElementById('scroll'), { childList: true, subtree: true });
	});
	box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
	return answered;
})()`

// A command typed in the browser, until its answer is on the screen.
func BenchmarkPageAnswersACommand(b *testing.B) {
	for name, messages := range map[string]int{"an empty channel": 0, "10000 messages": 10000} {
		b.Run(name, func(b *testing.B) {
			d := startDemo(b, fullHouse(b, messages))
			w := d.window(b, "priya", "#sales")
			questions := []string{"objection pricing", "stage discovery", "no budget", "bant"}
			var took []float64
			for i := 0; b.Loop(); i++ {
				took = append(took, script[float64](w, fmt.Sprintf(askInThePage, questions[i%len(questions)])))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2], "p50-ms")
			b.ReportMetric(took[len(took)*99/100], "p99-ms")
		})
	}
}

// The page, from its address to the first paint, and until it can be used.
func BenchmarkPageOpens(b *testing.B) {
	d := startDemo(b, fullHouse(b, 10000))
	w := d.window(b, "priya", "#sales")
	var paint, ready []float64
	for b.Loop() {
		begun := time.Now()
		w.reload()
		ready = append(ready, float64(time.Since(begun).Microseconds())/1000)
		paint = append(paint, script[float64](w, `new Promise(done => new PerformanceObserver(l => done(l.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true }))`))
	}
	slices.Sort(paint)
	slices.Sort(ready)
	b.ReportMetric(paint[len(paint)/2], "paint-p50-ms")
	b.ReportMetric(paint[len(paint)-1], "paint-max-ms")
	b.ReportMetric(ready[len(ready)/2], "ready-p50-ms")
}
