package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sopbot/internal/database"
)

// A day of a team of 100, of whom 50 are SDRs; a turn of the benchmark is a
// twentieth of it. There are 250 working days in a year.
const (
	turnsADay = 20
	daysAYear = 250

	questionsATurn = 40 // 800 a day: 8 each
	ratingsATurn   = 4
	leadsATurn     = 5 // 100 a day: 2 for each SDR
	scoresATurn    = 3
	handoffsATurn  = 2 // 40 a day, each accepted
)

// BenchmarkYearOfATeam lets a team work through the local Slack, with the bot as
// its own process, and tells what that takes: processor time a day, memory, and
// disk a year. What the outbox has done is forgotten after a week, and counted so.
func BenchmarkYearOfATeam(b *testing.B) {
	if b.N == 1 {
		return // the trial run that comes before every benchmark
	}
	slack, file := openSlack(b, turnsADay), filepath.Join(b.TempDir(), "sopbot.db")
	bot := startChild(b, slack, file)
	p := &process{bot.cmd}
	db := look(b, file)
	whole, lasting := sizes(b, db)
	spent := p.cpu(b)
	b.ResetTimer()
	for turn := range b.N {
		sdr, ae := slack.As(fmt.Sprint("sdr", turn%turnsADay)).In("#sales"), slack.As(fmt.Sprint("ae", turn%turnsADay))
		for i := range questionsATurn {
			card := sdr.Slash("/sop " + loadQuestions[i%len(loadQuestions)]).Card()
			if i < ratingsATurn {
				card.Click("Helpful")
			}
		}
		dana := slack.As("dana").In("#sales")
		for i := range leadsATurn {
			dana.Slash(fmt.Sprintf("/lead assign @sdr%d Wharf %d-%d Ltd, Kim Lee %d https://wharf%d.example", turn%turnsADay, turn, i, i, turn))
			if i >= scoresATurn {
				continue
			}
			sdr.Slash(fmt.Sprintf("/qualify Wharf %d-%d", turn, i))
			m := sdr.Modal()
			for _, criterion := range []string{"Metrics", "Economic buyer", "Identified pain", "Champion"} {
				m.Pick(criterion, "Confirmed: they said or showed it").Fill(criterion+": evidence", "Kim wrote so to her boss on the third of November")
			}
			m.Fill("Main pain, in the prospect's words", "Two reps left over the reports, and nobody knows why the others stay").Submit()
			sdr.Modal().WaitFor("passes")
			sdr.Modal().CloseAll()
		}
		for range handoffsATurn {
			lead := newLead()
			handOff(b, sdr, lead, fmt.Sprint("@ae", turn%turnsADay))
			ae.WaitFor("hands " + lead + " over to you").Click("Accept")
		}
	}
	b.StopTimer()
	settled(b, db, 5*time.Minute)
	used := p.cpu(b) - spent
	nowWhole, nowLasting := sizes(b, db)
	turns := float64(b.N)
	mb := func(bytes int64, times float64) float64 { return float64(bytes) / turns * times / (1 << 20) }
	passing := (nowWhole - nowLasting) - (whole - lasting)
	b.ReportMetric(mb(nowLasting-lasting, turnsADay*daysAYear), "MB-a-year")
	b.ReportMetric(mb(passing, turnsADay*5), "MB-of-the-last-week")
	b.ReportMetric(used.Seconds()/turns*turnsADay, "cpu-s/day")
	b.ReportMetric(p.resident(b), "MiB-resident")
	bot.stop()
}

// sizes tells how large a copy of the database is, with and without what the
// outbox keeps of what it has done.
func sizes(b *testing.B, db *database.DB) (whole, lasting int64) {
	b.Helper()
	made := filepath.Join(b.TempDir(), "copy.db")
	if err := db.Backup(b.Context(), made); err != nil {
		b.Fatal(err)
	}
	size := func(file string) int64 {
		info, err := os.Stat(file)
		if err != nil {
			b.Fatal(err)
		}
		return info.Size()
	}
	whole = size(made)
	again, err := database.Open(b.Context(), made)
	if err != nil {
		b.Fatal(err)
	}
	if err := again.Write(b.Context(), func(tx *database.Tx) error {
		_, err := tx.Exec("DELETE FROM outbox WHERE state = 'done'")
		return err
	}); err != nil {
		b.Fatal(err)
	}
	small := made + ".small"
	if err := again.Backup(b.Context(), small); err != nil {
		b.Fatal(err)
	}
	if err := again.Close(); err != nil {
		b.Fatal(err)
	}
	return whole, size(small)
}
