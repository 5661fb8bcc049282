package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/gateway"
	"sopbot/internal/slacksim"
)

// soak says that the long form of a test is wanted.
func soak() bool { return os.Getenv("SOPBOT_SOAK") != "" }

// longOrShort is how often, or how many.
func longOrShort(long, short int) int {
	if soak() {
		return long
	}
	return short
}

// hastyDelays are those of tests: what became of a message whose answer is
// missing is known after three seconds.
var hastyDelays = delays{call: time.Second, settle: 2 * time.Second, spread: 2 * time.Millisecond, work: 5 * time.Second, lease: 6 * time.Second}

// calmDelays are those where nobody is killed: on a machine that is busy with
// other things, too, everything is answered in time.
var calmDelays = func() delays {
	d := hastyDelays
	d.ack = 15 * time.Second
	return d
}()

// aheadOf says to a child how far its clock is ahead.
const aheadOf = "SOPBOT_TEST_AHEAD"

// hasty is `sopbot serve` for the demo's team, in a hurry.
func hasty() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	settings, err := demoSettings()
	if err == nil {
		ahead, _ := time.ParseDuration(os.Getenv(aheadOf))
		err = serve(ctx, func(b *bot) {
			b.settings, b.delays = settings, hastyDelays
			if ahead != 0 {
				b.now = func() time.Time { return time.Now().Add(ahead) }
			}
			if file := os.Getenv("HASTY_CLOCK"); file != "" {
				followClock(ctx, b, file)
			}
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "sopbot:", err)
		os.Exit(1)
	}
}

// crew is a sales team of so many SDRs and as many AEs, with the manager, the
// owner, the groups and the channels of the demo's team.
func crew(n int) slacksim.World {
	w := slacksim.World{
		Team: slacksim.Team{ID: "T0ACME", Name: "Acme", Domain: "acme"},
		People: []slacksim.Member{
			{ID: "U0DANA", Handle: "dana", Name: "Dana", TZ: "America/New_York"},
			{ID: "U0OLA", Handle: "ola", Name: "Ola", TZ: "Europe/Warsaw"},
		},
	}
	sdrs, aes := []string{}, []string{}
	for i := range n {
		sdr := slacksim.Member{ID: fmt.Sprintf("U0SDR%03d", i), Handle: fmt.Sprint("sdr", i), Name: fmt.Sprint("Sdr", i), TZ: "Europe/London"}
		ae := slacksim.Member{ID: fmt.Sprintf("U0AE%03d", i), Handle: fmt.Sprint("ae", i), Name: fmt.Sprint("Ae", i), TZ: "America/Chicago"}
		w.People = append(w.People, sdr, ae)
		sdrs, aes = append(sdrs, sdr.ID), append(aes, ae.ID)
	}
	everybody := append(append([]string{"U0DANA", "U0OLA"}, sdrs...), aes...)
	w.Groups = []slacksim.Group{{ID: "S0SDR", Handle: "sdrs", Members: sdrs}, {ID: "S0AE", Handle: "aes", Members: aes}}
	for id, name := range map[string]string{"C0SALES": "sales", "C0HANDOFF": "handoffs", "C0PLAY": "playbook"} {
		w.Channels = append(w.Channels, slacksim.Channel{ID: id, Name: name, Bot: true, Members: everybody})
	}
	w.Channels = append(w.Channels, slacksim.Channel{ID: "C0OLD", Name: "handoffs-2024", Archived: true, Bot: true, Members: everybody})
	return w
}

// openSlack opens a Slack for a crew, one with the patience of a machine that is
// busy with other things.
func openSlack(t testing.TB, people int) *slacksim.Slack {
	t.Helper()
	slack := openSlackWith(t, people, 20*time.Second)
	slack.Patience = 20 * time.Second
	return slack
}

// openSlackWith opens a Slack that waits so long for an acknowledgement.
func openSlackWith(t testing.TB, people int, patience time.Duration) *slacksim.Slack {
	t.Helper()
	manifest, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	return slacksim.Open(t, slacksim.Options{World: crew(people), Manifest: manifest,
		AckTimeout: patience, TriggerLife: patience})
}

// child is a bot in a process of its own.
type child struct {
	t    testing.TB
	cmd  *exec.Cmd
	ends chan error
}

// startChild starts a bot on a database and waits until its two sockets are open.
func startChild(t testing.TB, slack *slacksim.Slack, target string, environment ...string) *child {
	t.Helper()
	before := 0
	for _, s := range slack.Sockets() { // one that was just killed may have open ones still
		before = max(before, s.Number())
	}
	c := launch(t, slack, target, environment...)
	for deadline := time.Now().Add(time.Minute); len(c.sockets(slack, before)) < 2; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the bot does not connect")
		}
		select {
		case err := <-c.ends:
			c.ends <- err
			t.Fatalf("the bot ended by itself: %v", err)
		default:
		}
	}
	return c
}

// sockets are the numbers of the open ones that came after that one.
func (c *child) sockets(slack *slacksim.Slack, after int) (numbers []int) {
	for _, s := range slack.Sockets() {
		if s.Number() > after {
			numbers = append(numbers, s.Number())
		}
	}
	return numbers
}

// launch starts a bot and waits for nothing.
func launch(t testing.TB, slack *slacksim.Slack, target string, environment ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command("sopbot-hasty"), ends: make(chan error, 1)}
	c.cmd.Env = append(append(os.Environ(), "SLACK_BOT_TOKEN="+slack.BotToken(), "SLACK_APP_TOKEN="+slack.AppToken(), "SLACK_API_URL="+slack.URL(),
		"SOPBOT_DATABASE="+target, "SOPBOT_LOG=warn"), environment...)
	c.cmd.Stderr = t.Output()
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.ends <- c.cmd.Wait() }()
	t.Cleanup(c.kill)
	return c
}

// kill is kill -9.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	c.ends <- <-c.ends
}

// stop asks the bot to go and waits until it has.
func (c *child) stop() {
	c.t.Helper()
	_ = c.cmd.Process.Signal(os.Interrupt)
	err := <-c.ends
	c.ends <- err
	if err != nil {
		c.t.Errorf("the bot, asked to stop, ended with: %v", err)
	}
}

// sent is a handoff that somebody saw confirmed.
type sent struct{ lead, sdr, ae string }

// seller is an SDR who hands off lead after lead, whatever happens to the bot:
// what failed is tried again, in the same form or in a new one.
type seller struct {
	person *slacksim.Person
	aes    int              // so many take leads
	ae     int              // from this one on
	clock  func() time.Time // nil = the machine's
	forms  int              // that were opened for the lead
	mu     sync.Mutex
	saw    []sent // confirmed, by the view that takes the form's place
	last   sent   // that is on its way, confirmed or not
}

func (s *seller) seen() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.saw...)
}

// sell lets a crew's SDRs work until stop is called, which gives them back
// once everybody has brought to an end what they had begun.
func sell(t testing.TB, slack *slacksim.Slack, people, aes int) (sellers []*seller, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range people {
		s := &seller{person: slack.As(fmt.Sprint("sdr", i)).In("#sales"), aes: aes}
		sellers = append(sellers, s)
		all.Go(func() {
			for ctx.Err() == nil {
				if err := s.handOff(); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	stop = func() { cancel(); all.Wait() }
	t.Cleanup(stop)
	return sellers, stop
}

// confirmed collects what a crew saw.
func confirmed(sellers []*seller) (all []sent) {
	for _, s := range sellers {
		all = append(all, s.seen()...)
	}
	return all
}

// newLead gives a name that nobody had before.
func newLead() string { return fmt.Sprintf("Quarry %08x", rand.Uint32()) }

var leadName = regexp.MustCompile(`Quarry [0-9a-f]{8}`)

// handOff hands one lead off, trying on for a minute.
func (s *seller) handOff() error {
	lead, ae := newLead(), s.ae+rand.N(s.aes)
	s.last = sent{lead, s.person.ID(), fmt.Sprintf("U0AE%03d", ae)}
	shown, err := "", error(nil)
	s.forms = 0
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		shown, err = s.step(ctx, lead, fmt.Sprint("ae", ae))
		confirmed := strings.Contains(shown, lead+" is on its way to @ae")
		known := strings.Contains(shown, lead+" is handed off already") // in a form that went down with the bot
		if confirmed {
			s.mu.Lock()
			s.saw = append(s.saw, s.last)
			s.mu.Unlock()
		}
		if confirmed || known || strings.Contains(shown, "⚠") && rand.N(3) == 0 {
			s.leave(ctx)
		}
		cancel()
		if known && s.forms == 1 {
			return fmt.Errorf("%s: the form, sent again, was refused: %s", lead, shown)
		}
		if confirmed || known {
			return nil
		}
		if err != nil {
			time.Sleep(10*time.Millisecond + rand.N(30*time.Millisecond))
		}
	}
	return fmt.Errorf("%s could not be handed off; %w\n%s", lead, err, s.person.Screen())
}

// leave closes whatever form is open.
func (s *seller) leave(ctx context.Context) {
	if m, err := s.person.ModalE(ctx); err == nil {
		_ = m.CloseE(ctx, true)
	}
}

// step fills in and submits the step of the form that is open, opening one
// where none is, and gives what is shown then.
func (s *seller) step(ctx context.Context, lead, ae string) (shown string, err error) {
	if !s.person.ModalOpen() {
		s.forms++
		reply, err := s.person.SlashE(ctx, "/handoff")
		if err != nil {
			return "", err
		}
		if !s.person.ModalOpen() {
			return "", fmt.Errorf("no form opens: %q", reply.Failed())
		}
	}
	m, err := s.person.ModalE(ctx)
	if err != nil {
		return "", err
	}
	if shown, err = m.TextE(ctx); err != nil {
		return "", err
	}
	switch {
	case strings.Contains(shown, "Step 1 of 2"):
		err = fillIn(ctx, m, firstStep(lead, ae, s.now()))
	case strings.Contains(shown, "Step 2 of 2"):
		err = fillIn(ctx, m, secondStep(s.now()))
	default:
		s.leave(ctx)
		return "", fmt.Errorf("a form of no use: %s", shown)
	}
	if err != nil {
		return shown, err
	}
	if _, err := m.SubmitE(ctx); err != nil {
		return shown, err
	}
	if m, err = s.person.ModalE(ctx); err != nil {
		return "", err
	}
	shown, err = m.TextE(ctx)
	if err == nil && strings.Contains(shown, "⚠") {
		err = fmt.Errorf("the form stays open: %s", shown)
	}
	return shown, err
}

func (s *seller) now() time.Time {
	if s.clock != nil {
		return s.clock()
	}
	return time.Now()
}

// firstStep is what an SDR fills in first, secondStep the rest.
func firstStep(lead, ae string, now time.Time) [][2]string {
	return [][2]string{{"… or a new one: Lead", lead}, {"@Account executive", ae}, {"Main pain, in the prospect's words", "Reps type everything twice"},
		{"@Does the contact have budget authority?", "Yes"}, {"What do they need to be able to do?", "One place for every lead"},
		{"When does the project start?", now.AddDate(0, 0, 60).Format("2006-01-02")}}
}

func secondStep(now time.Time) [][2]string {
	return [][2]string{{"Discovery call, in the AE's calendar", now.Add(48 * time.Hour).Format("2006-01-02 15:04")}}
}

// fillIn fills fields by their labels; those with an @ are picked from.
func fillIn(ctx context.Context, m *slacksim.Modal, fields [][2]string) error {
	for _, f := range fields {
		label, pick := strings.CutPrefix(f[0], "@")
		var err error
		if pick {
			err = m.PickE(ctx, label, f[1])
		} else {
			err = m.FillE(ctx, label, f[1])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// kept is a handoff as the database has it.
type kept struct {
	id, key, lead, sdr, ae, status string
}

// look opens a database beside the bots that work with it.
func look(t testing.TB, target string) *database.DB {
	t.Helper()
	db, err := database.OpenForReading(context.Background(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// list reads rows of texts.
func list(t testing.TB, db *database.DB, query string, columns int, row func([]string)) {
	t.Helper()
	if err := db.Read(context.Background(), func(tx *database.Tx) error {
		return tx.Each(query, nil, func(rows *sql.Rows) error {
			values, dest := make([]string, columns), make([]any, columns)
			for i := range values {
				dest[i] = &values[i]
			}
			err := rows.Scan(dest...)
			row(values)
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
}

// notLater leaves out the rows of an outbox that are meant for later, as
// reminders are. Messages are always meant for now.
func notLater(clock []func() time.Time) string {
	now := time.Now
	for _, c := range clock {
		now = c
	}
	return fmt.Sprintf("(kind = '%s' OR due_at <= %d)", gateway.PostKind, database.Millis(now()))
}

// settled waits until the outbox has nothing left to do, and gives how long
// it took.
func settled(t testing.TB, db *database.DB, patience time.Duration, clock ...func() time.Time) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		var left []string
		list(t, db, "SELECT key, error FROM outbox WHERE state = 'ready' AND "+notLater(clock)+" ORDER BY run_at LIMIT 10", 2, func(v []string) { left = append(left, v[0]+": "+v[1]) })
		if len(left) == 0 {
			return time.Since(began)
		}
		if time.Since(began) > patience {
			t.Fatalf("rows of the outbox are left behind after %s:\n%s", patience, strings.Join(left, "\n"))
		}
	}
}

// shownAs is what a card says of a handoff.
var shownAs = map[string]string{"waiting": "Waiting for", "asked": "asked,", "accepted": "Accepted by", "declined": "Declined by"}

// reckon compares what people saw confirmed, what the database holds and what
// stands in Slack: each handoff once, with one card for each of its readers, in its present state.
func reckon(t testing.TB, slack *slacksim.Slack, db *database.DB, saw []sent, clock ...func() time.Time) (handoffs int) {
	t.Helper()
	all := map[string]kept{}
	list(t, db, "SELECT h.id, h.key, l.company, h.sender, h.ae, h.status FROM handoffs h JOIN leads l ON l.id = h.lead", 6, func(v []string) {
		h := kept{v[0], v[1], v[2], v[3], v[4], v[5]}
		if before, twice := all[h.lead]; twice {
			t.Errorf("%s is handed off twice: %+v and %+v", h.lead, before, h)
		}
		all[h.lead] = h
	})
	for _, s := range saw {
		if h := all[s.lead]; h.sdr != s.sdr {
			t.Errorf("%+v was confirmed; kept is %+v", s, h)
		}
	}
	list(t, db, "SELECT key, state, error FROM outbox WHERE state <> 'done' AND "+notLater(clock), 3, func(v []string) { t.Errorf("a row of the outbox is left: %q", v) })
	// Every event of a handoff is there once, too.
	list(t, db, "SELECT subject, kind, CAST(count(*) AS TEXT) FROM events GROUP BY subject, kind HAVING count(*) > 1", 3, func(v []string) {
		t.Errorf("an event is there more than once: %q", v)
	})

	cards := map[string]int{} // "lead reader" → how many
	count := func(person, room, as, mark string) {
		for _, c := range slack.As(person).Messages(room) {
			words, state, _ := strings.Cut(c.Notification(), ".")
			lead := leadName.FindString(words)
			if lead == "" || !strings.Contains(words, mark) {
				continue
			}
			cards[lead+" "+as]++
			if h, known := all[lead]; known && !strings.Contains(state, shownAs[h.status]) {
				t.Errorf("%s is %s; the card of %s says %.100s", lead, h.status, as, state)
			}
		}
	}
	people := map[string]bool{}
	for _, h := range all {
		people[h.sdr], people[h.ae] = true, true
	}
	for id := range people {
		count(id, "DM", id, "over to you")
		count(id, "DM", id, "Your handoff of")
	}
	count("U0DANA", "#handoffs", "channel", "Handoff:")
	for _, h := range all {
		for _, reader := range []string{h.sdr, h.ae, "channel"} {
			if n := cards[h.lead+" "+reader]; n != 1 {
				t.Errorf("%s has %d cards for %s", h.lead, n, reader)
			}
			delete(cards, h.lead+" "+reader)
		}
	}
	for card, n := range cards {
		t.Errorf("%d cards belong to no handoff: %s", n, card)
	}
	return len(all)
}
