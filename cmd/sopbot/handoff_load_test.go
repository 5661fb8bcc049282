package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/gateway"
	"sopbot/internal/handoff"
	"sopbot/internal/outbox"
	"sopbot/internal/slacksim"
)

// quantiles reports a distribution in milliseconds.
func quantiles(b *testing.B, what string, took []time.Duration) {
	if len(took) == 0 {
		b.Errorf("%s: nothing was measured", what)
		return
	}
	slices.Sort(took)
	for _, q := range []int{50, 95, 99} {
		b.ReportMetric(float64(took[len(took)*q/100].Microseconds())/1000, fmt.Sprintf("%s-p%d-ms", what, q))
	}
}

// eachStore runs a benchmark on both databases.
func eachStore(b *testing.B, bench func(b *testing.B, target string)) {
	b.Run("SQLite", func(b *testing.B) { bench(b, filepath.Join(b.TempDir(), "sopbot.db")) })
	b.Run("PostgreSQL", func(b *testing.B) { bench(b, dbtest.Postgres(b)) })
}

// BenchmarkHandoffSubmit is people who hand off 20 leads a second, each by
// command and a form of two steps, to a bot that is a process of its own: from
// the submission's envelope on the wire to its acknowledgement.
func BenchmarkHandoffSubmit(b *testing.B) {
	eachStore(b, func(b *testing.B, target string) {
		const people = 40
		slack := openSlack(b, people)
		slack.Patience = time.Minute
		startChild(b, slack, target)
		turns := make(chan int)
		var all sync.WaitGroup
		for i := range people {
			person := slack.As(fmt.Sprint("sdr", i)).In("#sales")
			all.Go(func() {
				for n := range turns {
					if err := handOffQuickly(person, fmt.Sprint("ae", n%people)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		tick := time.NewTicker(time.Second / 20)
		for n := range 40 { // people, and pages of the program, that are not known yet
			<-tick.C
			turns <- n
		}
		before := len(slack.Journal().Entries())
		b.ResetTimer()
		for n := range b.N {
			<-tick.C
			turns <- n
		}
		b.StopTimer()
		tick.Stop()
		close(turns)
		all.Wait()
		last, step := submissions(slack, before)
		if len(last) < b.N {
			b.Errorf("%d of %d handoffs", len(last), b.N)
		}
		quantiles(b, "submit", last)
		quantiles(b, "step", step)
		b.ReportMetric(float64(len(last))/b.Elapsed().Seconds(), "handoffs/s")
	})
}

// handOffQuickly is seller.handOff without looking at what is shown.
func handOffQuickly(p *slacksim.Person, ae string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if _, err := p.SlashE(ctx, "/handoff"); err != nil {
		return err
	}
	m, err := p.ModalE(ctx)
	if err != nil {
		return err
	}
	for _, fields := range [][][2]string{firstStep(newLead(), ae, time.Now()), secondStep(time.Now())} {
		if err := fillIn(ctx, m, fields); err != nil {
			return err
		}
		if _, err := m.SubmitE(ctx); err != nil {
			return err
		}
	}
	return m.CloseE(ctx, true)
}

// submissions are how long forms waited for their acknowledgement: for the one
// after which the lead is on its way, and for those before.
func submissions(slack *slacksim.Slack, since int) (last, steps []time.Duration) {
	submitted := map[string]bool{}
	for _, e := range slack.Journal().Entries()[since:] {
		switch request, _ := e.Request.(map[string]any); e.Kind {
		case "envelope":
			payload, _ := request["payload"].(map[string]any)
			submitted[e.EnvelopeID] = payload["type"] == "view_submission"
		case "ack":
			if !submitted[e.EnvelopeID] || e.Error != "" {
				continue
			}
			if strings.Contains(fmt.Sprint(e.Response), "is on its way") {
				last = append(last, e.Latency)
			} else {
				steps = append(steps, e.Latency)
			}
		}
	}
	return last, steps
}

// BenchmarkHandoffToSlack is from the commit of a handoff to the calls that
// post the cards of AE and SDR, as Slack sees them arrive, at a quiet moment.
func BenchmarkHandoffToSlack(b *testing.B) {
	eachStore(b, func(b *testing.B, target string) {
		const people = 40 // so that nobody gets two cards in a second
		slack := openSlack(b, people)
		committed, called := make(chan time.Time, 1), make(chan time.Time, 2)
		runBot(b, slack, func(b *bot) {
			b.Database = target
			// More handoffs than a workspace takes messages: that wait is not measured.
			b.delays = delays{call: 10 * time.Second, settle: 20 * time.Second, spread: time.Millisecond}
		}).features.watch(committed)
		slack.Fault(slacksim.Fault{Method: "chat.postMessage", Times: -1, Match: func(args map[string]any) bool {
			if args["channel"] != "C0HANDOFF" { // there a card a second is posted
				called <- time.Now()
			}
			return false
		}})
		var took []time.Duration
		for n := 0; b.Loop(); n++ {
			if err := handOffQuickly(slack.As(fmt.Sprint("sdr", n%people)).In("#sales"), fmt.Sprint("ae", n%people)); err != nil {
				b.Fatal(err)
			}
			at := <-committed
			took = append(took, (<-called).Sub(at), (<-called).Sub(at))
			time.Sleep(20 * time.Millisecond)
		}
		quantiles(b, "call", took)
	})
}

// watch tells when a handoff is on disk.
func (f *features) watch(committed chan<- time.Time) {
	scored := f.handoffs.Scored
	f.handoffs.Scored = func(tx *database.Tx, lead string) (*handoff.Score, error) {
		tx.AfterCommit(func() { committed <- time.Now() })
		return scored(tx, lead)
	}
}

// BenchmarkHandoffIdle is what `sopbot serve` costs while nobody does anything,
// in percent of a core: with nothing to do later, and with 1,000 rows that are
// due in an hour.
func BenchmarkHandoffIdle(b *testing.B) {
	for _, waiting := range []int{0, 1000} {
		b.Run(fmt.Sprint(waiting, " rows"), func(b *testing.B) {
			eachStore(b, func(b *testing.B, target string) {
				db := dbtest.Open(b, target)
				rows := outbox.New(db, outbox.Options{})
				if err := db.Write(context.Background(), func(tx *database.Tx) error {
					for i := range waiting {
						if _, err := rows.Add(tx, outbox.Row{Kind: gateway.PostKind, Key: fmt.Sprint("later/", i), At: time.Now().Add(time.Hour)}); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					b.Fatal(err)
				}
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				slack := openSlack(b, 40)
				p := &process{startChild(b, slack, target).cmd}
				time.Sleep(5 * time.Second) // what starting left to do
				const long = 20 * time.Second
				before := p.cpu(b)
				time.Sleep(long)
				b.ReportMetric(100*(p.cpu(b)-before).Seconds()/long.Seconds(), "%core")
				b.ReportMetric(p.resident(b), "MiB")
				b.ReportMetric(0, "ns/op")
			})
		})
	}
}
