package handoff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// bakery is another playbook than the one that comes along.
var bakery = fstest.MapFS{
	"playbook.yaml": {Data: []byte("name: Bakery\ncurrency: EUR\nroles: {ae: [UAE, UAE2], sdr: [USDR], manager: [UBOSS]}\nchannels: {handoffs: C0HANDOFF}\n")},
	"handoff.md": {Data: []byte(`---
id: handoff
kind: form
title: Pass the shop on
owner: baker
fields:
  - {id: lead, label: Shop, type: lead, required: true}
  - {id: ae, label: Who delivers, type: user, required: true}
  - {id: loaves, label: Loaves a day, type: number}
  - {id: tasting, label: Tasting in the shop, type: datetime}
  - {id: site, label: Their page, type: url}
  - {id: story, label: What they said, type: long_text, from: qualification}
submit: Pass on
reasons:
  - {value: far, label: Too far to drive}
  - {value: small, label: Fewer than twenty loaves}
---
Pass it on.
`)},
}

// notebook takes the place of Slack's messages.
type notebook struct {
	sync.Mutex
	m map[string]note
}

type note struct {
	channel string
	chat.Message
}

func (n *notebook) Put(_ *database.Tx, key, channel string, m chat.Message) error {
	n.Lock()
	defer n.Unlock()
	n.m[key] = note{channel, m}
	return nil
}

func (n *notebook) Change(_ *database.Tx, key string, m chat.Message) (bool, error) {
	n.Lock()
	defer n.Unlock()
	old, there := n.m[key]
	if there {
		n.m[key] = note{old.channel, m}
	}
	return there, nil
}

func (n *notebook) Permalink(context.Context, string) (string, error) { return "", errors.New("none") }

// team knows everyone by their ID.
type team struct{}

func (team) Profile(_ context.Context, id string) (chat.Profile, error) {
	return chat.Profile{ID: id, Name: "Person " + id}, nil
}
func (team) Group(context.Context, string) ([]string, error) { return nil, nil }

func handoffsOn(t testing.TB, db *database.DB) (*Handoffs, *notebook) {
	t.Helper()
	pb, problems, err := playbook.Load(bakery, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	shelf := &playbook.Shelf{}
	shelf.Use(pb)
	log := slog.New(slog.DiscardHandler)
	r := &roster.Roster{DB: db, Slack: team{}, Roles: func() map[string][]string { return pb.Settings.Roles }, Zone: func() *time.Location { return time.UTC },
		Now: func() time.Time { return noon }, Log: log}
	if db != nil {
		if err := r.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	book := &notebook{m: map[string]note{}}
	l := &lead.Leads{DB: db, Roster: r, Posts: book, Shelf: shelf, Now: func() time.Time { return noon }, Log: log}
	h := &Handoffs{DB: db, Roster: r, Leads: l, Posts: book, Shelf: shelf, Now: func() time.Time { return noon }, Log: log}
	l.Steps = []lead.Step{{Name: "qualify", Label: "Qualify"}, h.Step()}
	return h, book
}

func sentOf(h *Handoffs, key, name string) Handoff {
	pb := h.Shelf.InForce()
	page, _ := pb.Page(FormPage)
	on := Handoff{ID: database.NewID(), Key: key, Sender: "USDR", AE: "UAE", Turn: 1, Status: Waiting{}, Sent: noon,
		Answers: form.Answers{"lead": {Type: playbook.FieldLead, New: name}, "ae": form.User("UAE"), "story": {Type: playbook.FieldLongText, Text: "They want rye."}}}
	on.Form, on.Playbook, on.Context = About(pb, page)
	return on
}

// send puts a handoff on its way, and fails the test where it may not.
func send(t testing.TB, h *Handoffs, key, name string) Handoff {
	t.Helper()
	var on Handoff
	if err := h.DB.Write(context.Background(), func(tx *database.Tx) (err error) {
		on, _, err = h.send(tx, sentOf(h, key, name), comeback{Declines: playbook.DefaultDeclines}, lead.FromForm)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return on
}

func count(t testing.TB, db *database.DB, query string) (n int) {
	t.Helper()
	if err := db.Read(context.Background(), func(tx *database.Tx) error { _, err := tx.Row(query, nil, &n); return err }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAHandoffIsStoredOnceWithAllThatFollows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		h, book := handoffsOn(t, db)
		var wg sync.WaitGroup
		ids := make([]string, 3)
		for i := range ids { // the same form, delivered three times at once
			wg.Go(func() {
				if err := db.Write(context.Background(), func(tx *database.Tx) error {
					on, _, err := h.send(tx, sentOf(h, "form-1", "Corner shop"), comeback{Declines: playbook.DefaultDeclines}, lead.FromForm)
					ids[i] = on.ID
					return err
				}); err != nil {
					t.Errorf("delivery %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if ids[0] != ids[1] || ids[1] != ids[2] || count(t, db, "SELECT count(*) FROM handoffs") != 1 || count(t, db, "SELECT count(*) FROM leads") != 1 {
			t.Errorf("three deliveries made %v", ids)
		}
		if n := count(t, db, "SELECT count(*) FROM events WHERE kind = 'handoff.sent' AND origin = 'form' AND person = 'USDR'"); n != 1 {
			t.Errorf("it is in the trail %d times", n)
		}
		if n := count(t, db, "SELECT count(*) FROM leads WHERE status = 'handed_off'"); n != 1 {
			t.Error("the lead does not know")
		}
		for key, channel := range map[string]string{"ae/1": "UAE", "sdr": "USDR", "channel": "C0HANDOFF"} {
			if got := book.m["handoff/"+ids[0]+"/"+key]; got.channel != channel {
				t.Errorf("%s goes to %q, want %q", key, got.channel, channel)
			}
		}
		// Another form for the same lead stands in the way of itself.
		err := db.Write(context.Background(), func(tx *database.Tx) error {
			_, latest, err := h.send(tx, sentOf(h, "form-2", "CORNER SHOP Ltd"), comeback{Declines: playbook.DefaultDeclines}, lead.FromForm)
			if latest == nil || latest.ID != ids[0] {
				t.Errorf("in the way stands %v", latest)
			}
			return err
		})
		if !errors.Is(err, ErrOpen) {
			t.Errorf("a second one: %v", err)
		}
	})
}

func TestAHandoffIsLoadedAsItWasStored(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		h, _ := handoffsOn(t, db)
		on := send(t, h, "form-1", "Corner shop")
		at := noon.Add(time.Hour)
		steps := []func(Handoff) (Handoff, error){
			func(h Handoff) (Handoff, error) { return h.Ask(ae, saying(t, "Who\nsigns? <!here>"), at) },
			func(h Handoff) (Handoff, error) { return h.Reply(sdr, saying(t, "Jo 🥐"), at) },
			func(h Handoff) (Handoff, error) { return h.Reassign(manager, "UAE2") },
			func(h Handoff) (Handoff, error) { return h.Ask(By{Person: "UAE2"}, saying(t, "And?"), at) },
			func(h Handoff) (Handoff, error) {
				return h.Decline(By{Person: "UAE2"}, "far", saying(t, "Ask where"), at)
			},
		}
		for i, rule := range steps {
			_, after, err := h.apply(context.Background(), change{id: on.ID, person: "U1", kind: fmt.Sprint("step", i), from: lead.FromClick, rule: rule})
			if err != nil {
				t.Fatalf("step %d: %v", i, err)
			}
			loaded, err := h.load(context.Background(), on.ID)
			if err != nil {
				t.Fatal(err)
			}
			if loaded.AE != after.AE || loaded.Turn != after.Turn || len(loaded.Asked) != len(after.Asked) || loaded.Status.status() != after.Status.status() {
				t.Errorf("step %d: loaded %+v\nstored %+v", i, loaded, after)
			}
			for n := range loaded.Asked {
				if loaded.Asked[n].Question != after.Asked[n].Question || (loaded.Asked[n].Answer == nil) != (after.Asked[n].Answer == nil) {
					t.Errorf("step %d: question %d is %+v, was %+v", i, n, loaded.Asked[n], after.Asked[n])
				}
			}
		}
		loaded, _ := h.load(context.Background(), on.ID)
		if s, ok := loaded.Status.(Declined); !ok || s.By != "UAE2" || s.Reason != "far" || s.Coaching.String() != "Ask where" || !s.At.Equal(at) {
			t.Errorf("declined: %+v", loaded.Status)
		}
		if loaded.Answers["story"].Text != "They want rye." || loaded.Answers["lead"].Text != loaded.Lead || loaded.Context.reason("far") != "Too far to drive" {
			t.Errorf("the rest: %+v", loaded)
		}
		if _, err := h.load(context.Background(), "nobody"); !errors.Is(err, ErrGone) {
			t.Errorf("an unknown one: %v", err)
		}
		if n := count(t, db, "SELECT count(*) FROM leads WHERE status = 'returned'"); n != 1 {
			t.Error("the lead is not back")
		}
	})
}

// Two who decide at once: one wins, the other is told.
func TestOfTwoWhoDecideAtOnceOneWins(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		h, book := handoffsOn(t, db)
		for i := range 20 {
			on := send(t, h, fmt.Sprint("form-", i), fmt.Sprint("Shop ", i))
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for n, rule := range []func(Handoff) (Handoff, error){
				func(h Handoff) (Handoff, error) { return h.Accept(ae, noon) },
				func(h Handoff) (Handoff, error) { return h.Decline(manager, "far", saying(t, "why"), noon) },
			} {
				wg.Go(func() {
					_, _, errs[n] = h.apply(context.Background(), change{id: on.ID, person: "U1", kind: "decided", from: lead.FromClick, rule: rule})
				})
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrAnswered) {
				t.Fatalf("round %d: %v", i, errs)
			}
			loser := errs[0]
			if loser == nil {
				loser = errs[1]
			}
			var words chat.Refusal
			if told := h.told(context.Background(), on.ID, loser); !errors.As(told, &words) || !strings.Contains(string(words), "is decided already") {
				t.Errorf("round %d: the other is told %v", i, told)
			}
			if card := book.m[on.aeKey()]; strings.Contains(fmt.Sprint(card.Blocks), actionAccept) {
				t.Errorf("round %d: the card kept its buttons", i)
			}
		}
		if n := count(t, db, "SELECT count(*) FROM events WHERE kind = 'decided'"); n != 20 {
			t.Errorf("%d decisions of 20", n)
		}
	})
}

func TestEveryStepReachesWhoeverHasToKnow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, open func() *database.DB) {
		db := open()
		h, book := handoffsOn(t, db)
		on := send(t, h, "form-1", "Corner shop")
		do := func(person string, rule func(Handoff) (Handoff, error)) {
			t.Helper()
			if _, _, err := h.apply(context.Background(), change{id: on.ID, person: person, kind: "step", from: lead.FromClick, rule: rule}); err != nil {
				t.Fatal(err)
			}
		}
		check := func(key, channel string, wants ...string) {
			t.Helper()
			got := book.m["handoff/"+on.ID+"/"+key]
			if got.channel != channel {
				t.Errorf("%s went to %q, want %q; there are %v", key, got.channel, channel, slices.Sorted(maps.Keys(book.m)))
			}
			text := got.Text
			for _, b := range buttonsOf(got.Message) {
				text += " [" + b + "]"
			}
			for _, want := range wants {
				if unwanted, not := strings.CutPrefix(want, "not "); not == strings.Contains(text, unwanted) {
					t.Errorf("%s: %q, want %q", key, text, want)
				}
			}
		}
		do("UBOSS", func(h Handoff) (Handoff, error) { return h.Ask(manager, saying(t, "Who signs?"), noon) })
		check("question/1", "USDR", "<@UBOSS> asks about", "Who signs?", "[Answer]")
		check("sdr", "USDR", "<@UBOSS> asked", "[Answer]")
		do("USDR", func(h Handoff) (Handoff, error) { return h.Reply(sdr, saying(t, "Jo does"), noon) })
		check("question/1", "USDR", "Answered by <@USDR>", "not [Answer]")
		check("answer/1", "UBOSS", "answered your question", "Jo does", "not [Accept]")
		check("answered/1", "UAE", "answered <@UBOSS>’s question", "Jo does")
		do("UAE", func(h Handoff) (Handoff, error) { return h.Ask(ae, saying(t, "Where?"), noon) })
		do("USDR", func(h Handoff) (Handoff, error) { return h.Reply(sdr, saying(t, "High Street"), noon) })
		check("answer/2", "UAE", "answered your question", "High Street", "[Accept]", "[Decline]")
		do("UBOSS", func(h Handoff) (Handoff, error) { return h.Reassign(manager, "UAE2") })
		check("answer/2", "UAE", "not [Accept]")
		check("ae/1", "UAE", "went from <@UAE> to <@UAE2>", "not [Accept]")
		check("ae/2", "UAE2", "hands *Corner shop* over to you", "[Accept]")
		check("reassigned/2", "USDR", "<@UBOSS> gave your handoff", "<@UAE2>")
		do("UAE2", func(h Handoff) (Handoff, error) { return h.Ask(By{Person: "UAE2"}, saying(t, "When?"), noon) })
		do("UAE2", func(h Handoff) (Handoff, error) {
			return h.Decline(By{Person: "UAE2"}, "far", saying(t, "Ask where"), noon)
		})
		for _, key := range []string{"ae/2", "sdr", "channel", "question/3"} {
			got := book.m["handoff/"+on.ID+"/"+key]
			check(key, got.channel, "*Declined* by <@UAE2>", "Too far to drive", "Ask where", "not [Accept]", "not [Answer]")
		}
		check("declined/1", "USDR", "declined your handoff", "[Hand off]")
		// The second time it goes to the manager.
		on = send(t, h, "form-2", "Corner shop")
		do("UAE", func(h Handoff) (Handoff, error) { return h.Decline(ae, "small", saying(t, "Count first"), noon) })
		check("declined/1", "USDR", "was declined twice", "[Qualify]", "not [Hand off]")
		check("bounced/1/UBOSS", "UBOSS", "was declined twice", "You decide", "[Hand off]")
	})
}

// How often a lead comes back, and who decides after that, is the playbook's.
func TestThePlaybookSaysHowOftenADeclinedLeadComesBack(t *testing.T) {
	db := dbtest.Open(t, t.TempDir()+"/db")
	h, book := handoffsOn(t, db)
	files := maps.Clone(bakery)
	files["playbook.yaml"] = &fstest.MapFile{Data: []byte("roles: {ae: [UAE], sdr: [USDR], manager: [UBOSS], baker: [UBAKER]}\n")}
	files["handoff.md"] = &fstest.MapFile{Data: []byte(strings.Replace(string(bakery["handoff.md"].Data), "submit:", "declines: {again: 0, then: baker}\nsubmit:", 1))}
	pb, problems, err := playbook.Load(files, noon)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	h.Shelf.Use(pb)
	h.Roster.Roles = func() map[string][]string { return pb.Settings.Roles }
	on := send(t, h, "form-1", "Corner shop")
	ctx := context.Background()
	if _, _, err := h.apply(ctx, change{id: on.ID, person: "UAE", kind: "handoff.declined", from: lead.FromForm, rule: func(on Handoff) (Handoff, error) {
		return on.Decline(ae, "far", saying(t, "Ask where"), noon)
	}}); err != nil {
		t.Fatal(err)
	}
	news, told := book.m["handoff/"+on.ID+"/declined/1"], book.m["handoff/"+on.ID+"/bounced/1/UBAKER"]
	if !strings.Contains(news.Text, "declined once and does not go back and forth: somebody with the role *baker* decides") || slices.Contains(buttonsOf(news.Message), "Hand off") {
		t.Errorf("the sender reads: %s %v", news.Text, buttonsOf(news.Message))
	}
	if !strings.Contains(told.Text, "You decide what becomes of it") || !slices.Contains(buttonsOf(told.Message), "Hand off") {
		t.Errorf("the baker reads: %s %v", told.Text, buttonsOf(told.Message))
	}
	if _, there := book.m["handoff/"+on.ID+"/bounced/1/UBOSS"]; there {
		t.Error("the manager is told, who is not to decide")
	}
	for person, may := range map[string]bool{"USDR": false, "UBOSS": false, "UBAKER": true} {
		said, err := h.hindrance(ctx, person, pb, form.Lead(on.Lead, ""))
		if err != nil || (said == "") != may {
			t.Errorf("%s may = %v: %q, %v", person, may, said, err)
		}
		if !may && !strings.Contains(said, "Ask somebody with the role *baker*: they can hand it off again.") {
			t.Errorf("%s is told: %q", person, said)
		}
	}
	if err := h.admitSender(ctx, "UBAKER"); err != nil {
		t.Errorf("the baker decides, and may not hand off: %v", err)
	}
	if err := db.Read(ctx, func(tx *database.Tx) error {
		latest, n, err := Bounces(tx, noon.Add(-time.Hour), 0, 0, 10)
		if n != 1 || len(latest) != 1 || latest[0].Declined != 1 {
			t.Errorf("bounced: %+v, %d", latest, n)
		}
		if _, n, _ := Bounces(tx, noon.Add(-time.Hour), 1, 0, 10); n != 0 {
			t.Errorf("where a lead comes back once, %d bounced", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
