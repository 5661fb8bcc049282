package deadline

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

var ctx = context.Background()

// bakery is a playbook that is not ours: other actions, hours and roles.
const bakery = `
name: Bakery
timezone: Europe/Berlin
hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "17:00"}
holidays: [2000-01-06]
roles: {manager: [UBOSS], foreman: [UBOSS, UVICE]}
`

const lookUp = `---
id: ovens
kind: stage
order: 1
owner: x
title: Heat the ovens
exit: [warm]
actions:
  - {id: look_up, label: Look up the street, on: lead.assigned, who: owner, within: 2h, remind: [30m], escalate: foreman, repeat: 2, done: form-of-streets}
  - {id: taste, label: Taste the dough, on: call.held, who: owner, within: 1d, remind: [2h], repeat: 1, done: button}
  - {id: answer, label: Answer the miller, on: handoff.sent, who: ae, within: 4h, remind: [1h], escalate: manager}
---
text
`

const streets = "---\nid: form-of-streets\nkind: form\nowner: x\ntitle: Streets\nfields:\n  - {id: a, label: A, type: text}\n---\ntext\n"

func load(t testing.TB, settings string, pages ...string) *playbook.Playbook {
	t.Helper()
	files := fstest.MapFS{"playbook.yaml": {Data: []byte(settings)}}
	for i, p := range pages {
		files[fmt.Sprintf("p%d.md", i)] = &fstest.MapFile{Data: []byte(p)}
	}
	b, problems, err := playbook.Load(files, time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	return b
}

// directory is who is who.
type directory struct {
	mu     sync.Mutex
	people map[string]chat.Profile
	groups map[string][]string
	down   bool
}

func (d *directory) Profile(_ context.Context, id string) (chat.Profile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, known := d.people[id]
	switch {
	case d.down:
		return chat.Profile{}, errors.New("Slack does not answer")
	case !known:
		return p, chat.ErrNobody
	}
	return p, nil
}

func (d *directory) Group(_ context.Context, id string) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	members, known := d.groups[id]
	switch {
	case d.down:
		return nil, errors.New("Slack does not answer")
	case !known:
		return nil, chat.ErrNobody
	}
	return members, nil
}

// shut says whether Slack answers.
func (d *directory) shut(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

func (d *directory) set(p chat.Profile) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.people[p.ID] = p
}

// note is a message that somebody saw come or change.
type note struct {
	at      time.Time
	key, to string
	m       chat.Message
	first   bool
}

// notebook stands where Slack is in the bot. What messages there are is in the
// database, as with the gateway.
type notebook struct {
	now   func() time.Time
	mu    sync.Mutex
	notes []note
}

func (n *notebook) Put(tx *database.Tx, key, to string, m chat.Message) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	var old string
	found, err := tx.Row("SELECT body FROM posts WHERE key = $1", []any{key}, &old)
	switch {
	case err != nil:
		return err
	case found && old == string(raw):
		return nil
	case found:
		_, err = tx.Exec("UPDATE posts SET body = $2, version = version + 1 WHERE key = $1", key, string(raw))
	default:
		_, err = tx.Exec(`INSERT INTO posts (key, id, channel, body, version, sent_version, sending_version, state, place, ts, started_at, attempt, changed_at, error)
			VALUES ($1, $2, $3, $4, 1, 0, 0, 'queued', '', '', 0, 0, 0, '')`, key, database.NewID(), to, string(raw))
	}
	if err != nil {
		return err
	}
	at := n.now()
	tx.AfterCommit(func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.notes = append(n.notes, note{at, key, to, m, !found})
	})
	return nil
}

func (n *notebook) Change(tx *database.Tx, key string, m chat.Message) (bool, error) {
	var to string
	found, err := tx.Row("SELECT channel FROM posts WHERE key = $1", []any{key}, &to)
	if err != nil || !found {
		return false, err
	}
	return true, n.Put(tx, key, to, m)
}

func (n *notebook) all() []note {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.notes)
}

// rig is deadlines over a real database and a real outbox.
type rig struct {
	testing.TB
	*Deadlines
	dir   *directory
	notes *notebook
	shelf *playbook.Shelf
	stop  func()
	file  string
	nap   time.Duration // of the outbox
}

// newRig is for where nobody turns the clock, so that its timers can be trusted: an
// outbox that looks at the time twice a minute takes longer for a month than all
// that happens in it.
func newRig(t testing.TB, b *playbook.Playbook) *rig {
	t.Helper()
	return newRigAt(t, b, time.Now, 6*time.Hour)
}

// newRigAt is for a clock that may be turned.
func newRigAt(t testing.TB, b *playbook.Playbook, now func() time.Time, nap ...time.Duration) *rig {
	t.Helper()
	r := bareRig(t, b, now)
	if len(nap) > 0 {
		r.nap = nap[0]
	}
	db, err := database.Open(ctx, r.file)
	if err != nil {
		t.Fatal(err)
	}
	r.serve(db, now)
	return r
}

// bareRig has people and a playbook, and no database yet.
func bareRig(t testing.TB, b *playbook.Playbook, now func() time.Time) *rig {
	t.Helper()
	r := &rig{TB: t, dir: &directory{people: map[string]chat.Profile{}}, notes: &notebook{now: now}, shelf: &playbook.Shelf{}, file: filepath.Join(dbtest.Swift(t), "db")}
	r.shelf.Use(b)
	for id, zone := range map[string]string{"USAM": "Europe/Berlin", "UKIM": "America/New_York", "UBOSS": "Europe/Berlin", "UVICE": "America/New_York"} {
		r.dir.set(chat.Profile{ID: id, Name: strings.ToLower(id[1:]), Zone: zone})
	}
	return r
}

// serve puts a bot to work on a database.
func (r *rig) serve(db *database.DB, now func() time.Time) {
	r.Helper()
	r.stand(db, now)
	r.must(r.Start(ctx))
	life, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- r.Outbox.Run(life) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		r.must(<-done)
		r.must(db.Close())
	})
	r.Cleanup(r.stop)
}

// again serves the same database after a stop.
func (r *rig) again(now func() time.Time) {
	r.Helper()
	db, err := database.Open(ctx, r.file)
	r.must(err)
	r.serve(db, now)
}

// stand puts deadlines over a database; nobody works on the outbox.
func (r *rig) stand(db *database.DB, now func() time.Time) {
	r.Helper()
	quiet := slog.New(slog.DiscardHandler)
	people := &roster.Roster{DB: db, Slack: r.dir, Now: now, Log: quiet,
		Roles: func() map[string][]string { return r.shelf.InForce().Settings.Roles },
		Zone:  func() *time.Location { return r.shelf.InForce().Settings.Timezone }}
	r.Deadlines = &Deadlines{DB: db, Outbox: outbox.New(db, outbox.Options{Now: now, Nap: r.nap}), Roster: people, Posts: r.notes, Shelf: r.shelf, Now: now, Log: quiet}
	d := r.Deadlines
	people.OnChange = func(before, now chat.Profile) {
		if err := d.PersonChanged(ctx, before, now); err != nil {
			r.Error(err)
		}
	}
	r.Work()
	r.must(people.Start(ctx))
	for id := range r.dir.people {
		_, err := people.Person(ctx, id)
		r.must(err)
	}
}

func (r *rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) write(fn func(tx *database.Tx) error) {
	r.Helper()
	r.must(r.DB.Write(ctx, fn))
}

func (r *rig) happens(h Happening) {
	r.Helper()
	r.write(func(tx *database.Tx) error { return r.Happened(tx, h) })
}

// assign gives a lead to somebody.
func (r *rig) assign(lead, to string) {
	r.Helper()
	r.happens(Happening{Event: playbook.EventLeadAssigned, Subject: "lead/" + lead, Lead: lead, Key: to, Title: "Miller & Sons", Who: map[string]string{"owner": to}})
}

// open lists what is still to do about a subject.
func (r *rig) open(subject string) (out []Deadline) {
	r.Helper()
	r.must(r.DB.Read(ctx, func(tx *database.Tx) (err error) { out, err = OpenFor(tx, subject); return err }))
	return out
}

func (r *rig) one(subject string) Deadline {
	r.Helper()
	all := r.open(subject)
	if len(all) != 1 {
		r.Fatalf("%d deadlines are open about %s", len(all), subject)
	}
	return all[0]
}

// parts are the messages that each list stands for: the keys that they would have.
func (r *rig) parts() map[string][]string {
	r.Helper()
	out := map[string][]string{}
	r.must(r.DB.Read(ctx, func(tx *database.Tx) error {
		if err := tx.Each("SELECT list, deadline, turn, bell FROM deadline_lists", nil, func(rows *sql.Rows) error {
			var list string
			var on Deadline
			err := rows.Scan(&list, &on.ID, &on.Turn, &on.bell)
			out[list] = append(out[list], reminderKey(on))
			return err
		}); err != nil {
			return err
		}
		return tx.Each("SELECT listed, deadline, turn, person FROM deadline_tellings WHERE listed <> ''", nil, func(rows *sql.Rows) error {
			var list, person string
			var on Deadline
			err := rows.Scan(&list, &on.ID, &on.Turn, &person)
			out[list] = append(out[list], escalationKey(on, person))
			return err
		})
	}))
	return out
}

// first are the messages that came, those in lists one by one, and when. What came
// twice is complained of.
func (r *rig) first() map[string]note {
	r.Helper()
	out, parts := map[string]note{}, r.parts()
	for _, n := range r.notes.all() {
		if !n.first {
			continue
		}
		keys := []string{n.key}
		if in, list := parts[n.key]; list {
			keys = in
			if len(in) < mergeFrom {
				r.Errorf("a list of %d", len(in))
			}
			if blocks := len(n.m.Blocks); blocks > 50 {
				r.Errorf("%s has %d blocks", n.key, blocks)
			}
		}
		for _, key := range keys {
			if out[key].key != "" {
				r.Errorf("%s came twice", key)
			}
			out[key] = n
		}
	}
	return out
}

// said tells what came and changed, in that zone: "Mon 10:30 USAM new: Due …". It
// gives the line that says how a deadline stands.
func (r *rig) said(zone *time.Location) []string {
	notes := r.notes.all()
	slices.SortStableFunc(notes, func(a, b note) int {
		return cmp.Or(a.at.Truncate(time.Minute).Compare(b.at.Truncate(time.Minute)), cmp.Compare(a.to, b.to))
	})
	var out []string
	for _, n := range notes {
		what := "changed"
		if n.first {
			what = "new"
		}
		parts := strings.Split(n.m.Text, "\n")
		if strings.HasPrefix(n.key, "deadline/left/") {
			parts = parts[:1]
		}
		out = append(out, fmt.Sprintf("%s %s %s: %s", n.at.In(zone).Format("Mon 15:04"), n.to, what, chat.Unescape(chat.Plain(parts[min(1, len(parts)-1)]))))
	}
	return out
}

func berlin(t testing.TB) *time.Location { return zone(t, "Europe/Berlin") }

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}
