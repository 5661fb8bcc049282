package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/gateway"
	"sopbot/internal/handoff"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
)

// BenchmarkHandoffs is handoffs through the store, each with its lead, facts,
// trail and the outbox rows of its three cards, a transaction each.
func BenchmarkHandoffs(b *testing.B) {
	for _, on := range []string{"SQLite", "PostgreSQL"} {
		b.Run(on, func(b *testing.B) {
			target := filepath.Join(b.TempDir(), "db")
			if on == "PostgreSQL" {
				target = dbtest.Postgres(b)
			}
			db := dbtest.Open(b, target)
			log := slog.New(slog.NewTextHandler(io.Discard, nil))
			bot := &bot{now: time.Now, log: log}
			var err error
			if bot.settings, err = demoSettings(); err != nil {
				b.Fatal(err)
			}
			book, err := bot.loadBook()
			if err != nil {
				b.Fatal(err)
			}
			o := outbox.New(db, outbox.Options{})
			g := gateway.New(gateway.Options{BotToken: "xoxb-0", AppToken: "xapp-0", APIURL: "http://127.0.0.1:1/", Router: chat.NewRouter(), DB: db, Log: log, Now: time.Now})
			f := newFeatures()
			shelf := &playbook.Shelf{}
			shelf.Use(book.Playbook)
			f.stand(ground{db: db, outbox: o, shelf: shelf, posts: g.Posts(o), slack: g, now: time.Now, log: log})
			page, _ := book.Page(handoff.FormPage)
			send := func(i int) error {
				h := handoff.Handoff{Key: fmt.Sprint("form-", i), Sender: "U0SAM", AE: "U0ALEX", Sent: time.Now(), Status: handoff.Waiting{}, Answers: form.Answers{
					"lead": {Type: playbook.FieldLead, New: fmt.Sprintf("Company %d, Kim Lee", i)}, "ae": form.User("U0ALEX"),
					"main_pain": {Type: playbook.FieldLongText, Text: "Reps type everything twice, and two have left over it."}, "budget_authority": {Type: playbook.FieldYesNo, Yes: true},
					"need": {Type: playbook.FieldLongText, Text: "One place for every lead."}, "discovery_call": {Type: playbook.FieldDateTime, Time: time.Now().Truncate(time.Second)}}}
				h.Form, h.Playbook, h.Context = handoff.About(book.Playbook, page)
				return db.Write(context.Background(), func(tx *database.Tx) error { return f.handoffs.Import(tx, h) })
			}
			var wg sync.WaitGroup
			const writers = 8
			b.ResetTimer()
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						if err := send(i); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "handoffs/s")
		})
	}
}
