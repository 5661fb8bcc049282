package roster

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
)

// directory is a Slack that can be changed, and taken away.
type directory struct {
	sync.Mutex
	people map[string]chat.Profile
	groups map[string][]string
	down   bool
	asked  int
}

var errDown = errors.New("Slack does not answer")

func (d *directory) Profile(_ context.Context, id string) (chat.Profile, error) {
	d.Lock()
	defer d.Unlock()
	d.asked++
	p, ok := d.people[id]
	switch {
	case d.down:
		return p, errDown
	case !ok:
		return p, chat.ErrNobody
	}
	return p, nil
}

func (d *directory) Group(_ context.Context, id string) ([]string, error) {
	d.Lock()
	defer d.Unlock()
	d.asked++
	members, ok := d.groups[id]
	switch {
	case d.down:
		return nil, errDown
	case !ok:
		return nil, chat.ErrNobody
	}
	return members, nil
}

func (d *directory) change(do func()) {
	d.Lock()
	defer d.Unlock()
	do()
}

type world struct {
	*Roster
	slack *directory
	log   *bytes.Buffer

	mu  sync.Mutex
	now time.Time
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// rosterOn makes a roster over a small team; roles are those of its playbook.
func rosterOn(t *testing.T, db *database.DB, roles map[string][]string) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), log: &bytes.Buffer{}, slack: &directory{
		people: map[string]chat.Profile{
			"USAM": {ID: "USAM", Handle: "sam", Name: "Sam", Zone: "America/New_York"}, "UALEX": {ID: "UALEX", Name: "Alex"}, "UMARS": {ID: "UMARS", Handle: "mars", Zone: "Mars/Phobos"},
			"UGABE": {ID: "UGABE", Name: "Gabe", Guest: true}, "URICK": {ID: "URICK", Name: "Rick", Deactivated: true}, "UBOT": {ID: "UBOT", Name: "Deploybot", Bot: true}},
		groups: map[string][]string{"S0AE": {"UALEX", "UGABE", "URICK", "UBOT"}, "S0EMPTY": {}}}}
	w.Roster = &Roster{DB: db, Slack: w.slack, Roles: func() map[string][]string { return roles }, Zone: func() *time.Location { return time.UTC },
		Now: w.time, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	return w
}

func onSQLite(t *testing.T) *database.DB { return dbtest.Open(t, t.TempDir()+"/db") }

func TestWhoIsAdmittedAndWhoIsToldWhat(t *testing.T) {
	roles := map[string][]string{"sdr": {"USAM"}, "ae": {"S0AE"}, "manager": {"S0EMPTY", "UBOSS"}}
	for name, tc := range map[string]struct {
		person string
		roles  []Role
		down   bool
		want   string // "" = admitted
	}{
		"a named member":                       {person: "USAM", roles: []Role{SDR}},
		"a member of a group":                  {person: "UALEX", roles: []Role{AE}},
		"one of several roles is enough":       {person: "UALEX", roles: []Role{SDR, AE}},
		"who has another role":                 {person: "USAM", roles: []Role{AE}, want: "Only an AE can do this. Who that is stands in the playbook's settings, under roles."},
		"… of several":                         {person: "UMARS", roles: []Role{SDR, AE, Manager}, want: "Only an SDR, an AE or a manager can do this."},
		"a role that is left out is open":      {person: "UMARS", roles: []Role{Owner}},
		"a guest, whatever the group says":     {person: "UGABE", roles: []Role{AE}, want: "You are a guest in this workspace."},
		"… also where the role is open":        {person: "UGABE", roles: []Role{Owner}, want: "You are a guest in this workspace."},
		"somebody whose account is closed":     {person: "URICK", roles: []Role{AE}, want: "This account is deactivated"},
		"somebody whom Slack does not know":    {person: "UNOBODY", roles: []Role{Owner}, want: "Slack does not tell sopbot who you are"},
		"a named member while Slack is down":   {person: "USAM", roles: []Role{SDR}, down: true},
		"an open role while Slack is down":     {person: "UMARS", roles: []Role{Owner}, down: true},
		"a group that was never known, and it": {person: "UALEX", roles: []Role{AE}, down: true, want: "Slack does not answer just now"},
	} {
		t.Run(name, func(t *testing.T) {
			w := rosterOn(t, onSQLite(t), roles)
			w.slack.down = tc.down
			err := w.Admit(context.Background(), tc.person, "do this", tc.roles...)
			var words chat.Refusal
			if tc.want == "" && err != nil || tc.want != "" && (!errors.As(err, &words) || !strings.Contains(string(words), tc.want)) {
				t.Errorf("%v, want %q", err, tc.want)
			}
		})
	}
}

func TestWhoCanBeGivenWork(t *testing.T) {
	for name, tc := range map[string]struct{ person, want string }{
		"an AE":                             {"UALEX", ""},
		"who is none":                       {"USAM", "Sam is not an AE or a manager in the playbook's settings. Pick somebody who is."},
		"a guest in the group":              {"UGABE", "Gabe is a guest"},
		"somebody who has left":             {"URICK", "Rick has left"},
		"an app":                            {"UBOT", "Deploybot is an app"},
		"somebody whom Slack does not know": {"UNOBODY", "Slack knows nobody by that name"},
		"somebody without a name":           {"UMARS", "mars is not an AE"},
	} {
		t.Run(name, func(t *testing.T) {
			w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"S0AE"}, "manager": {"UBOSS"}})
			why, err := w.Candidate(context.Background(), tc.person, AE, Manager)
			if err != nil || tc.want == "" && why != "" || !strings.Contains(why, tc.want) {
				t.Errorf("%q, %v; want %q", why, err, tc.want)
			}
		})
	}
	w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"S0AE"}})
	w.slack.down = true
	if why, err := w.Candidate(context.Background(), "UALEX", AE); err != nil || !strings.Contains(why, "Slack does not answer just now") {
		t.Errorf("while Slack is down: %q, %v", why, err)
	}
}

// Somebody who has just left is noticed when they are named.
func TestACandidateIsAskedForToday(t *testing.T) {
	w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"UALEX"}})
	if why, err := w.Candidate(context.Background(), "UALEX", AE); why != "" || err != nil {
		t.Fatal(why, err)
	}
	w.slack.change(func() { w.slack.people["UALEX"] = chat.Profile{ID: "UALEX", Name: "Alex", Deactivated: true} })
	w.pass(2 * time.Minute)
	if why, err := w.Candidate(context.Background(), "UALEX", AE); err != nil || !strings.Contains(why, "has left") {
		t.Errorf("%q, %v", why, err)
	}
}

func TestPeopleKeepTheirNamesZonesAndRolesWhileSlackIsDown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		roles := map[string][]string{"ae": {"S0AE"}, "sdr": {"USAM"}}
		w := rosterOn(t, db, roles)
		w.Refresh(context.Background())
		again := rosterOn(t, db, roles) // the bot starts anew
		again.slack.down = true
		p, err := again.Person(context.Background(), "USAM")
		if err != nil || p.Name != "Sam" || !p.Known || !p.ZoneKnown || p.Location.String() != "America/New_York" {
			t.Errorf("Sam is %+v, %v", p, err)
		}
		if has, err := again.Has(context.Background(), "UALEX", AE); !has || err != nil {
			t.Errorf("Alex is an AE: %v, %v", has, err)
		}
		if p, _ := again.Person(context.Background(), "URICK"); !p.Deactivated {
			t.Error("it is forgotten that Rick has left")
		}
		if got := again.NameOf("USAM") + "|" + again.NameOf("UNOBODY"); got != "Sam|" {
			t.Errorf("names: %s", got)
		}
		// Who was never heard of is taken as they come.
		if p, err := again.Person(context.Background(), "UNEW"); err != nil || p.Known || p.ID != "UNEW" || p.Location != time.UTC {
			t.Errorf("a newcomer is %+v, %v", p, err)
		}
	})
}

func TestWhatIsOldIsAskedForAnewInTheBackground(t *testing.T) {
	w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"S0AE"}})
	if has, _ := w.Has(context.Background(), "USAM", AE); has {
		t.Error("Sam is an AE")
	}
	w.slack.change(func() { w.slack.groups["S0AE"] = []string{"USAM"} })
	if has, _ := w.Has(context.Background(), "USAM", AE); has {
		t.Error("a group is asked for every time")
	}
	w.pass(stale + time.Second)
	deadline := time.Now().Add(10 * time.Second)
	for {
		if has, _ := w.Has(context.Background(), "USAM", AE); has {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the new member is never noticed")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if has, _ := w.Has(context.Background(), "UALEX", AE); has {
		t.Error("who left the group still has the role")
	}
}

func TestAGroupThatSlackDoesNotKnowHasNobodyAndIsNamedOnce(t *testing.T) {
	w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"S0GONE"}, "manager": {"UGONE"}})
	for range 3 {
		w.Refresh(context.Background())
		if has, err := w.Has(context.Background(), "UALEX", AE); has || err != nil {
			t.Errorf("has = %v, %v", has, err)
		}
	}
	for _, id := range []string{"S0GONE", "UGONE"} {
		if n := strings.Count(w.log.String(), id); n != 1 {
			t.Errorf("%s is named %d times:\n%s", id, n, w.log)
		}
	}
}

func TestAZoneThatNobodyKnowsIsThePlaybooks(t *testing.T) {
	w := rosterOn(t, onSQLite(t), nil)
	for _, id := range []string{"UMARS", "UALEX"} { // an odd zone, and none
		p, err := w.Person(context.Background(), id)
		if err != nil || p.ZoneKnown || p.Location != time.UTC {
			t.Errorf("%s: %+v, %v", id, p, err)
		}
	}
	if n := strings.Count(w.log.String(), "Mars/Phobos"); n != 1 {
		t.Errorf("it is named %d times", n)
	}
}

func TestMembersOfARoleComeInASteadyOrder(t *testing.T) {
	w := rosterOn(t, onSQLite(t), map[string][]string{"ae": {"UZOE", "S0AE", "UALEX"}, "sdr": {}})
	w.Refresh(context.Background())
	want := []string{"UALEX", "UBOT", "UGABE", "URICK", "UZOE"}
	got, err := w.Members(context.Background(), AE)
	if err != nil || !slices.Equal(got, want) || !slices.Equal(w.Heard(AE), want) {
		t.Errorf("%v, %v; without asking %v", got, err, w.Heard(AE))
	}
	if w.Open(SDR) || !w.Open(Owner) {
		t.Error("a role with nobody in it is open, or one that is left out is not")
	}
	if none, err := w.Members(context.Background(), Owner); len(none) > 0 || err != nil {
		t.Errorf("everyone is listed: %v, %v", none, err)
	}
}

// What others plan by a zone must not be forgotten when the bot is killed: the
// profile is on disk before anybody goes by it.
func TestAProfileIsKeptBeforeAnybodyGoesByIt(t *testing.T) {
	db := onSQLite(t)
	w := rosterOn(t, db, nil)
	busy, over := make(chan struct{}), make(chan struct{})
	go func() {
		_ = db.Write(context.Background(), func(*database.Tx) error { close(busy); <-over; return nil })
	}()
	<-busy
	asked := make(chan error, 1)
	go func() {
		_, err := w.Person(context.Background(), "USAM")
		asked <- err
	}()
	for time.Sleep(20 * time.Millisecond); w.slack.times() == 0; {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	if p := w.Recall("USAM"); p.Known {
		t.Errorf("%+v is known, and not kept yet", p)
	}
	close(over)
	if err := <-asked; err != nil {
		t.Fatal(err)
	}
	if p := w.Recall("USAM"); !p.ZoneKnown {
		t.Errorf("%+v: the zone is not known", p)
	}
}

// times is how often it was asked.
func (d *directory) times() int {
	d.Lock()
	defer d.Unlock()
	return d.asked
}
