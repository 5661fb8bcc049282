package digest

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
	_ "time/tzdata"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
	"sopbot/internal/roster"
)

// bakery is another playbook than the one that comes along.
const settings = `name: Bakery
timezone: Europe/Berlin
hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
holidays: [2000-03-24]
roles: {ae: [UAE], sdr: [USDR], manager: [UBERLIN, UYORK, UHOWE]}
channels: {digest: C0TEAM}
digest: {daily: "08:30", weekly: "mon 08:30"}
`

func bakery(settings string) fstest.MapFS {
	return fstest.MapFS{
		"playbook.yaml": {Data: []byte(settings)},
		"handoff.md": {Data: []byte(`---
id: handoff
kind: form
title: Pass the shop on
owner: baker
review: 90d
reviewed: 1999-11-01
fields:
  - {id: lead, label: Shop, type: lead, required: true}
  - {id: ae, label: Who delivers, type: user, required: true}
reasons:
  - {value: far, label: Too far to drive}
  - {value: small, label: Fewer than twenty loaves}
---
Pass it on.
`)},
		"crumb.md": {Data: []byte(`---
id: crumb
kind: framework
title: Crumb
owner: baker
need: 2
criteria:
  - {id: oven, label: They have no oven, ask: Have you an oven?}
  - {id: shelf, label: A shelf by the door, ask: Where is the shelf?}
  - {id: street, label: A busy street, ask: Who walks by?}
---
Score it.
`)},
		"tasting.md": {Data: []byte(`---
id: tasting
kind: tool
title: The tasting
owner: baker
actions:
  - {id: visit, label: Visit the shop, on: lead.assigned, who: owner, within: 2h, escalate: manager, done: button}
  - {id: answer, label: Answer the handoff, on: handoff.sent, who: ae, within: 4h, escalate: manager}
---
Take a loaf along.
`)},
	}
}

// zones of the people; everyone else is where the playbook is.
var zones = map[string]string{"UREP0": "Asia/Kolkata", "UREP1": "America/Sao_Paulo", "UREP2": "America/New_York", "UREP3": "Australia/Lord_Howe", "UYORK": "America/New_York", "UHOWE": "Australia/Lord_Howe", "UBERLIN": "Europe/Berlin"}

// team is who is who, and who has left by now.
type team struct {
	mu   sync.Mutex
	left map[string]bool
}

func (s *team) Profile(_ context.Context, id string) (chat.Profile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return chat.Profile{ID: id, Name: "Person " + id, Zone: zones[id], Deactivated: s.left[id]}, nil
}

// Group is that of the bosses, whichever is asked for.
func (s *team) Group(context.Context, string) ([]string, error) {
	return []string{"UBERLIN", "UYORK"}, nil
}

// note is a message that was put; first says that there was none of its key.
type note struct {
	key, channel string
	at           time.Time
	first        bool
	chat.Message
}

// notebook takes the place of Slack's messages.
type notebook struct {
	sync.Mutex
	now   func() time.Time
	notes []note
	in    map[string]string // key → the channel in which it stands
}

func (n *notebook) Put(tx *database.Tx, key, channel string, m chat.Message) error {
	at := n.now()
	tx.AfterCommit(func() {
		n.Lock()
		defer n.Unlock()
		if n.in == nil {
			n.in = map[string]string{}
		}
		n.notes = append(n.notes, note{key, channel, at, n.in[key] == "", m})
		n.in[key] = channel
	})
	return nil
}

func (n *notebook) Pending(*database.Tx, string) (bool, error) { return false, nil }
func (n *notebook) Out(string) bool                            { return false }

func (n *notebook) Change(tx *database.Tx, key string, m chat.Message) (bool, error) {
	n.Lock()
	channel := n.in[key]
	n.Unlock()
	if channel == "" {
		return false, nil
	}
	return true, n.Put(tx, key, channel, m)
}

func (n *notebook) Permalink(context.Context, string) (string, error) { return "", nil }

// digests are the messages that are digests, and of these those to a channel.
func (n *notebook) digests(channel string) (out []note) {
	n.Lock()
	defer n.Unlock()
	for _, m := range n.notes {
		if strings.HasPrefix(m.key, "digest/") && (channel == "" || m.channel == channel) {
			out = append(out, m)
		}
	}
	return out
}

// shop is all the rooms below the digest, on one database and one clock.
type shop struct {
	*Digests
	db     *database.DB
	shelf  *playbook.Shelf
	team   *team
	book   *notebook
	leads  *lead.Leads
	hands  *handoff.Handoffs
	scores *qualification.Qualifications
	said   *bytes.Buffer
	mu     sync.Mutex
	ahead  time.Duration
	fixed  time.Time // if set, the clock stands still
}

// now is the machine's time and what the clock was turned by.
func (s *shop) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.fixed.IsZero() {
		return s.fixed
	}
	return time.Now().Add(s.ahead)
}

// turn turns the clock, back where by is negative.
func (s *shop) turn(by time.Duration) {
	s.mu.Lock()
	s.ahead += by
	s.mu.Unlock()
	s.Outbox.Wake()
}

func (s *shop) use(t testing.TB, settings string) {
	t.Helper()
	pb, problems, err := playbook.Load(bakery(settings), s.now())
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	s.shelf.Use(pb)
}

// open makes a shop; its outbox does not run yet.
func open(t testing.TB, db *database.DB, settings string) *shop {
	t.Helper()
	s := &shop{db: db, shelf: &playbook.Shelf{}, team: &team{left: map[string]bool{}}, said: &bytes.Buffer{}}
	s.book = &notebook{now: s.now}
	s.use(t, settings)
	log := slog.New(slog.NewTextHandler(&lines{buf: s.said}, nil))
	s.work(log)
	if err := s.leads.Roster.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return s
}

// lines is a buffer that several may write to.
type lines struct {
	sync.Mutex
	buf *bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) { l.Lock(); defer l.Unlock(); return l.buf.Write(p) }

// work makes the rooms, as after a start.
func (s *shop) work(log *slog.Logger) {
	r := &roster.Roster{DB: s.db, Slack: s.team, Roles: func() map[string][]string { return s.shelf.InForce().Settings.Roles },
		Zone: func() *time.Location { return s.shelf.InForce().Settings.Timezone }, Now: s.now, Log: log}
	o := outbox.New(s.db, outbox.Options{Now: s.now, Log: log})
	clocks := &deadline.Deadlines{DB: s.db, Outbox: o, Roster: r, Posts: s.book, Shelf: s.shelf, Now: s.now, Log: log}
	s.leads = &lead.Leads{DB: s.db, Roster: r, Posts: s.book, Shelf: s.shelf, Now: s.now, Log: log}
	s.scores = &qualification.Qualifications{DB: s.db, Roster: r, Leads: s.leads, Shelf: s.shelf, Now: s.now, Log: log}
	s.hands = &handoff.Handoffs{DB: s.db, Roster: r, Leads: s.leads, Posts: s.book, Shelf: s.shelf, Now: s.now, Log: log}
	nothing := func(context.Context, chat.Click, string) error { return nil }
	s.Digests = &Digests{DB: s.db, Outbox: o, Roster: r, Posts: s.book, Shelf: s.shelf, Now: s.now, Log: log, Deadlines: clocks,
		Opens: map[string]Opener{"lead": nothing, "handoff": nothing}, Passes: map[string]Opener{"lead": nothing, "handoff": nothing}}
	s.Work()
}

// run runs the outbox; stop waits for its end.
func (s *shop) run(t testing.TB) (stop func()) {
	t.Helper()
	if err := s.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	o := s.Outbox
	go func() { done <- o.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// again starts the shop anew on the same database, as after a restart.
func (s *shop) again(t testing.TB) {
	t.Helper()
	s.work(s.Log)
	if err := s.leads.Roster.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// when lists the times of messages as their reader's clock showed them.
func when(notes []note, loc *time.Location) (out []string) {
	for _, n := range notes {
		kind := "daily"
		if strings.Contains(n.key, "weekly") || strings.Contains(n.key, "team") {
			kind = "weekly"
		}
		out = append(out, n.at.In(loc).Format("Mon 2 Jan 15:04 ")+kind)
	}
	slices.Sort(out)
	return out
}

func sorted(text string) []string {
	var out []string
	for _, l := range strings.Split(strings.TrimSpace(text), "\n") {
		out = append(out, strings.TrimSpace(l))
	}
	slices.Sort(out)
	return out
}
