package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/slacksim"
)

// followClock makes a bot run on the clock of another process, which writes
// into that file how far it is ahead.
func followClock(ctx context.Context, b *bot, file string) {
	clock := &demoClock{}
	b.now = clock.Now
	read := func() bool {
		raw, err := os.ReadFile(file)
		ahead, wrong := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || wrong != nil || time.Duration(ahead) == clock.Ahead() {
			return false
		}
		clock.Push(time.Duration(ahead) - clock.Ahead())
		return true
	}
	read()
	go func() {
		for ctx.Err() == nil {
			if read() && b.outbox != nil {
				b.wake()
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
}

// month is a team's month on a clock that is pushed, with the bot in a process
// of its own.
type month struct {
	t     *testing.T
	slack *slacksim.Slack
	clock *demoClock
	file  string // which tells the bot's process the time
	web   string // where it tells of itself
	db    *database.DB
	wants struct{ asked, mentioned, assigned int } // what people saw answered
}

func (m *month) push(by time.Duration) {
	m.t.Helper()
	m.clock.Push(by)
	m.tellTime()
	m.slack.Wake()
}

func (m *month) tellTime() {
	m.t.Helper()
	next := m.file + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(m.clock.Ahead()), 10)), 0o600); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(next, m.file); err != nil {
		m.t.Fatal(err)
	}
}

// until makes it that minute of New York's day, if that is to come.
func (m *month) until(day, minute int, from time.Time) {
	if by := from.AddDate(0, 0, day).Add(time.Duration(minute) * time.Minute).Sub(m.clock.Now()); by > 0 {
		m.push(by)
	}
}

// digestsLeave waits until those of the day are on their way: one that is pushed
// past its day is skipped, as it should be.
func (m *month) digestsLeave() {
	m.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		left := 0
		list(m.t, m.db, fmt.Sprintf("SELECT key FROM outbox WHERE state = 'ready' AND kind LIKE 'digest.%%' AND due_at <= %d", database.Millis(m.clock.Now())), 1, func([]string) { left++ })
		if left == 0 {
			return
		}
		if time.Now().After(end) {
			m.t.Fatalf("%d digests are due for a minute", left)
		}
	}
}

// patient does something again until it succeeds: sockets are cut, and Slack
// is in trouble.
func (m *month) patient(what string, do func(context.Context) error) {
	m.t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err = do(ctx)
		cancel()
		if err == nil {
			return
		}
	}
	m.t.Fatalf("%s: %v", what, err)
}

// ask types a command until something with those words comes back.
func (m *month) ask(who *slacksim.Person, line, want string) {
	m.t.Helper()
	m.patient(line, func(ctx context.Context) error {
		reply, err := who.SlashE(ctx, line)
		if err != nil {
			return err
		}
		if reply.Failed() != "" {
			return fmt.Errorf("%s", reply.Failed())
		}
		text, err := reply.TextE(ctx)
		if err == nil && !strings.Contains(text, want) {
			err = fmt.Errorf("answered with %q", text)
		}
		return err
	})
}

// vitals are what must not grow.
type vitals struct{ goroutines, files, resident float64 }

func (m *month) vitals() (v vitals) {
	m.t.Helper()
	reply, err := http.Get(m.web + "/metrics")
	if err != nil {
		m.t.Fatal(err)
	}
	defer reply.Body.Close()
	for lines := bufio.NewScanner(reply.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			v.goroutines = n
		case "process_open_fds":
			v.files = n
		case "process_resident_memory_bytes":
			v.resident = n / (1 << 20)
		}
	}
	return v
}

// freePort is an address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A team works for a month, with the clocks and digests of the default playbook,
// on a Slack whose sockets break and whose calls fail. In the end what people saw
// confirmed is what is kept, every message stands in Slack once and says what it
// is to say, and the bot is no larger than after the first week.
func TestAMonthOfTroubleLosesAndDoublesNothing(t *testing.T) {
	people, perDay, jobs := longOrShort(6, 3), longOrShort(8, 2), longOrShort(6, 1)
	from := time.Date(2026, 11, 30, 5, 0, 0, 0, time.UTC) // a Monday, midnight in New York
	m := &month{t: t, clock: &demoClock{}, file: filepath.Join(t.TempDir(), "clock")}
	m.clock.Push(time.Until(from))
	m.tellTime()
	raw, err := json.Marshal(makeManifest(newFeatures().router(), "sopbot"))
	if err != nil {
		t.Fatal(err)
	}
	m.slack = slacksim.Open(t, slacksim.Options{World: crew(people), Manifest: raw, Now: m.clock.Now, AckTimeout: 20 * time.Second, TriggerLife: 20 * time.Second, Journal: 2000, Grace: 500 * time.Millisecond})
	m.slack.Patience = 20 * time.Second
	target, web := filepath.Join(t.TempDir(), "sopbot.db"), freePort(t)
	m.web = "http://" + web
	startChild(t, m.slack, target, "HASTY_CLOCK="+m.file, "SOPBOT_HTTP="+web, "SOPBOT_LOG=error")
	m.db = look(t, target)
	m.trouble()

	var sellers []*seller
	for i := range people {
		sellers = append(sellers, &seller{person: m.slack.As(fmt.Sprint("sdr", i)).In("#sales"), aes: people, clock: m.clock.Now})
	}
	dana := m.slack.As("dana").In("#sales")
	var early vitals
	for day := range 30 {
		weekend := day%7 > 4
		m.until(day, 9*60+1, from)
		m.digestsLeave()
		for step := range perDay {
			m.until(day, 9*60+(step+1)*9*60/(perDay+1), from)
			if weekend {
				continue
			}
			m.disturb()
			for range jobs {
				s := sellers[rand.N(people)]
				if err := s.handOff(); err != nil {
					t.Fatal(err)
				}
				m.ask(s.person, "/sop too expensive", "too expensive")
				m.wants.asked++
			}
			if step > 0 {
				continue
			}
			m.wants.assigned++
			m.ask(dana, fmt.Sprintf("/lead assign @sdr%d Heron %d", rand.N(people), m.wants.assigned), fmt.Sprintf("Heron %d", m.wants.assigned))
			m.patient("a mention", func(ctx context.Context) error {
				reply, err := dana.MentionE(ctx, "#sales", fmt.Sprintf("no budget, case %d", day))
				if err == nil {
					_, err = reply.TextE(ctx)
				}
				return err
			})
			m.wants.mentioned++
		}
		if day == 6 {
			early = m.vitals()
		}
	}
	m.slack.ClearFaults()
	m.push(2 * time.Hour)
	settled(t, m.db, time.Minute, m.clock.Now)
	late := m.vitals()
	t.Logf("after a week %+v, after a month %+v; %+v, %d handoffs", early, late, m.wants, len(confirmed(sellers)))
	if late.goroutines > early.goroutines+25 || late.files > early.files+10 || late.resident > early.resident*1.3+10 {
		t.Errorf("it has grown: after a week %+v, after a month %+v", early, late)
	}
	reckon(t, m.slack, m.db, confirmed(sellers), m.clock.Now)
	m.compare(from)
}

// trouble lets a call in so many fail in every way.
func (m *month) trouble() {
	for _, method := range []string{"chat.postMessage", "chat.update"} {
		for _, f := range []slacksim.Fault{
			{RetryAfter: time.Second, Match: sometimes(60)}, {Delay: 100 * time.Millisecond, Match: sometimes(20)}, {ReplyStatus: 503, Match: sometimes(60)},
			{DropReply: true, Match: sometimes(60)}, {Status: 500, Match: sometimes(60)}, {Error: "internal_error", Match: sometimes(80)},
		} {
			f.Method, f.Times = method, -1
			m.slack.Fault(f)
		}
	}
	m.slack.Fault(slacksim.Fault{Method: "apps.connections.open", Times: -1, Status: 503, Match: sometimes(4)})
	m.slack.Fault(slacksim.Fault{Method: "views.open", Times: -1, Error: "internal_error", Match: sometimes(30)})
	m.slack.Quirk(slacksim.Quirk{Times: 20, Duplicate: true})
}

// disturb breaks the sockets, in one of the ways in which they break.
func (m *month) disturb() {
	switch rand.N(8) {
	case 0:
		m.slack.Disconnect("refresh_requested")
	case 1:
		m.slack.Disconnect("warning")
	case 2:
		m.slack.Cut()
	}
}

// compare holds what is kept against what people did and what stands in Slack.
func (m *month) compare(from time.Time) {
	t := m.t
	t.Helper()
	raw, err := m.slack.Save()
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Rooms []struct {
			Messages []struct {
				TS, Text string
				Metadata struct {
					Payload map[string]string `json:"event_payload"`
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &kept); err != nil {
		t.Fatal(err)
	}
	type place struct{ ts, text string }
	stands := map[string][]place{}
	for _, r := range kept.Rooms {
		for _, msg := range r.Messages {
			if id := msg.Metadata.Payload["id"]; id != "" {
				stands[id] = append(stands[id], place{msg.TS, msg.Text})
			}
		}
	}
	posts := 0
	list(t, m.db, "SELECT id, key, state, ts, json_extract(body, '$.text'), error FROM posts", 6, func(v []string) {
		posts++
		at := stands[v[0]]
		if len(at) != 1 || v[2] != "sent" || at[0].ts != v[3] || at[0].text != v[4] {
			t.Errorf("the message %s is %s (%s) as %q, and stands in Slack %d times: %q", v[1], v[2], v[5], v[4], len(at), at)
		}
		delete(stands, v[0])
	})
	for id, at := range stands {
		t.Errorf("nobody knows of the message %s: %q", id, at)
	}
	number := func(query string) (n int) {
		list(t, m.db, query, 1, func(v []string) { n, _ = strconv.Atoi(v[0]) })
		return n
	}
	for what, c := range map[string]struct{ got, want int }{
		"leads":          {number("SELECT CAST(count(*) AS TEXT) FROM leads WHERE company LIKE 'Heron %'"), m.wants.assigned},
		"mentions":       {number("SELECT CAST(count(DISTINCT words) AS TEXT) FROM questions WHERE via = 'mention'"), m.wants.mentioned},
		"dead rows":      {number("SELECT CAST(count(*) AS TEXT) FROM outbox WHERE state = 'dead'"), 0},
		"research clock": {number("SELECT CAST(count(*) AS TEXT) FROM (SELECT subject FROM deadlines WHERE event = 'lead.assigned' GROUP BY subject)"), m.wants.assigned},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", what, c.got, c.want)
		}
	}
	// A question that was answered when nobody waited any more was asked again.
	if n := number("SELECT CAST(count(*) AS TEXT) FROM questions WHERE via = 'command'"); n < m.wants.asked {
		t.Errorf("%d questions are kept; %d were answered", n, m.wants.asked)
	}
	days := map[string]bool{}
	list(t, m.db, "SELECT key FROM posts WHERE key LIKE 'digest/U0DANA/%'", 1, func(v []string) { days[strings.TrimPrefix(v[0], "digest/U0DANA/")] = true })
	for day := range 30 {
		date := from.AddDate(0, 0, day).Format(time.DateOnly)
		if days[date] != (day%7 < 5 && date != "2026-12-25") { // a holiday of the default playbook
			t.Errorf("a digest on %s: %v", date, days[date])
		}
	}
	week := database.Millis(m.clock.Now().AddDate(0, 0, -9))
	if n := number(fmt.Sprintf("SELECT CAST(count(*) AS TEXT) FROM outbox WHERE state = 'done' AND done_at < %d", week)); n > 0 {
		t.Errorf("%d rows of the outbox are kept that were done long ago", n)
	}
	if n := m.slack.Journal().Entries(); len(n) > 2500 {
		t.Errorf("the journal keeps %d entries", len(n))
	}
	t.Logf("%d messages by key, %d entries in the journal so far", posts, m.slack.Journal().Len())
}
