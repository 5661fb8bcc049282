package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/slacksim"
)

// BenchmarkMixed is a team at full work: 200 gestures a second of every kind,
// from 120 people, to a bot that is a process of its own. Half of them are
// questions and what follows from their answers, a fifth are forms and their
// steps, the rest mentions, lists of leads, type-ahead, assignments, and AEs who
// accept. Reported is the time from an envelope on the wire to its
// acknowledgement; the local Slack works on the same processors.
func BenchmarkMixed(b *testing.B) {
	eachStore(b, func(b *testing.B, target string) {
		if b.N == 1 {
			return // the trial run that comes before every benchmark
		}
		const people, aSecond = 60, 200
		slack := openSlack(b, people)
		slack.Patience = time.Minute
		p := &process{startChild(b, slack, target).cmd}
		turns := make(chan struct{})
		var all sync.WaitGroup
		for i := range people {
			for _, who := range []string{"sdr", "ae"} {
				w := &worker{b: b, p: slack.As(fmt.Sprint(who, i)).In("#sales"), number: i, of: people, turns: turns, accepted: map[string]bool{}}
				all.Go(w.work)
			}
		}
		tick := time.NewTicker(time.Second / aSecond)
		turn := func(n int) {
			for range n {
				<-tick.C
				turns <- struct{}{}
			}
		}
		turn(2 * aSecond) // people, and pages of the program, that are not known yet
		before, cpu := len(slack.Journal().Entries()), p.cpu(b)
		b.ResetTimer()
		turn(b.N)
		b.StopTimer()
		tick.Stop()
		b.ReportMetric(p.resident(b), "MiB")
		spent := p.cpu(b) - cpu
		close(turns)
		all.Wait()

		took, form, lost := latencies(slack, before)
		for end := time.Now().Add(10 * time.Second); len(lost) > 0 && time.Now().Before(end); took, form, lost = latencies(slack, before) {
			time.Sleep(100 * time.Millisecond) // what is on its way still
		}
		for _, e := range lost {
			b.Errorf("not acknowledged: %v", e.Request)
		}
		quantiles(b, "ack", took)
		quantiles(b, "form", form)
		b.ReportMetric(float64(len(lost)), "lost")
		b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "envelopes/s")
		b.ReportMetric(float64(spent)/float64(time.Millisecond)/float64(len(took)), "cpu-ms/envelope")
	})
}

// latencies are how long envelopes waited for their acknowledgement, those of
// forms once more by themselves, and what was not acknowledged.
func latencies(slack *slacksim.Slack, since int) (all, forms []time.Duration, lost []slacksim.Entry) {
	sent := map[string]slacksim.Entry{}
	for _, e := range slack.Journal().Entries()[since:] {
		from, ours := sent[e.EnvelopeID]
		switch {
		case e.Kind == "envelope":
			sent[e.EnvelopeID] = e
		case e.Kind == "ack" && e.Error == "" && ours:
			delete(sent, e.EnvelopeID)
			all = append(all, e.Latency)
			if payload, _ := from.Request.(map[string]any)["payload"].(map[string]any); payload["type"] == "view_submission" {
				forms = append(forms, e.Latency)
			}
		}
	}
	for _, e := range sent {
		lost = append(lost, e)
	}
	return all, forms, lost
}

// worker is somebody of the team, who does one thing after the other.
type worker struct {
	b          *testing.B
	p          *slacksim.Person
	number, of int
	turns      chan struct{}
	reply      *slacksim.Reply // to the last question
	done       int
	accepted   map[string]bool // cards, by their timestamps
}

var errEnough = errors.New("the day is over")

// turn waits until something is to be done.
func (w *worker) turn() error {
	if _, ok := <-w.turns; !ok {
		return errEnough
	}
	return nil
}

func (w *worker) work() {
	sdr := strings.HasPrefix(w.p.Member().Handle, "sdr")
	day := []func(context.Context) error{w.ask, w.click, w.ask, w.click, w.list, w.ask, w.accept, w.mention, w.ask, w.click, w.accept, w.ask}
	if sdr {
		day = []func(context.Context) error{w.ask, w.click, w.assign, w.ask, w.click, w.qualify, w.ask, w.mention, w.ask, w.click, w.handOff, w.list, w.ask}
	}
	for w.done = w.number; ; w.done++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		err := day[w.done%len(day)](ctx)
		cancel()
		switch {
		case errors.Is(err, errEnough):
			return
		case err != nil:
			w.b.Error(w.p.Member().Handle, err)
			return
		}
	}
}

func (w *worker) ask(ctx context.Context) (err error) {
	if err := w.turn(); err != nil {
		return err
	}
	w.reply, err = w.p.SlashE(ctx, "/sop "+loadQuestions[w.done%len(loadQuestions)])
	return err
}

// click is View or More, or whatever else stands first under the last answer.
func (w *worker) click(ctx context.Context) error {
	if w.reply == nil {
		return nil
	}
	card, err := w.reply.CardE(ctx)
	if err != nil {
		return err
	}
	buttons := card.Buttons()
	at := slices.IndexFunc(buttons, func(label string) bool { return strings.HasPrefix(label, "More") || strings.HasPrefix(label, "View") })
	if at < 0 {
		return nil
	}
	if err := w.turn(); err != nil {
		return err
	}
	if _, err := card.ClickE(ctx, buttons[at]); err != nil {
		return err
	}
	return w.close(ctx)
}

func (w *worker) close(ctx context.Context) error {
	if !w.p.ModalOpen() {
		return nil
	}
	m, err := w.p.ModalE(ctx)
	if err != nil {
		return err
	}
	return m.CloseE(ctx, true)
}

func (w *worker) mention(ctx context.Context) error {
	if err := w.turn(); err != nil {
		return err
	}
	_, err := w.p.MentionE(ctx, "#sales", loadQuestions[w.done%len(loadQuestions)])
	return err
}

func (w *worker) list(ctx context.Context) error {
	if err := w.turn(); err != nil {
		return err
	}
	_, err := w.p.SlashE(ctx, "/lead")
	return err
}

func (w *worker) assign(ctx context.Context) error {
	if err := w.turn(); err != nil {
		return err
	}
	_, err := w.p.SlashE(ctx, "/lead assign "+newLead())
	return err
}

// form opens one and goes through its steps, a turn each.
func (w *worker) form(ctx context.Context, command string, steps ...[][2]string) error {
	if err := w.turn(); err != nil {
		return err
	}
	if _, err := w.p.SlashE(ctx, command); err != nil {
		return err
	}
	m, err := w.p.ModalE(ctx)
	if err != nil {
		return err
	}
	if err := w.turn(); err != nil {
		return err
	}
	if _, err := m.TypeE(ctx, "Lead", "Quarry"); err != nil {
		return err
	}
	for _, fields := range steps {
		if err := fillIn(ctx, m, fields); err != nil {
			return err
		}
		if err := w.turn(); err != nil {
			return err
		}
		if _, err := m.SubmitE(ctx); err != nil {
			return err
		}
	}
	return m.CloseE(ctx, true)
}

func (w *worker) qualify(ctx context.Context) error {
	return w.form(ctx, "/qualify", [][2]string{{"… or a new one: Lead", newLead()}, {"@Metrics", "Confirmed: they said or showed it"}, {"Champion: evidence", "Asked for the demo twice"}})
}

func (w *worker) handOff(ctx context.Context) error {
	return w.form(ctx, "/handoff", firstStep(newLead(), fmt.Sprint("ae", (w.number+w.done)%w.of), time.Now()), secondStep(time.Now()))
}

// accept takes what the AE was given and did not answer yet.
func (w *worker) accept(ctx context.Context) error {
	for _, card := range w.p.Messages("DM") {
		if !w.accepted[card.TS()] && slices.Contains(card.Buttons(), "Accept") { // which goes a moment after the click
			w.accepted[card.TS()] = true
			if err := w.turn(); err != nil {
				return err
			}
			_, err := card.ClickE(ctx, "Accept")
			return err
		}
	}
	return nil
}
