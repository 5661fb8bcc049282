package deadline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// overnight gives somebody so many leads on Monday evening.
func overnight(t *testing.T, n int) *rig {
	t.Helper()
	r := newRig(t, load(t, bakery, lookUp, streets))
	at(t, 3, 20, 0)
	for i := range n {
		subject := fmt.Sprintf("L%03d", i)
		r.happens(Happening{Event: playbook.EventLeadAssigned, Subject: "lead/" + subject, Lead: subject, Title: "Miller " + subject, Who: map[string]string{"owner": "USAM"}})
	}
	return r
}

// shows is how a message stands now, as somebody sees it.
func (r *rig) shows(key string) (m chat.Message) {
	r.Helper()
	for _, n := range r.notes.all() {
		if n.key == key {
			m = n.m
		}
	}
	if m.Text == "" {
		r.Fatalf("there is no message %s", key)
	}
	return m
}

// lists are the keys of the lists that somebody has.
func (r *rig) lists(person string) (keys []string) {
	for _, n := range r.notes.all() {
		if reader, list := readerOf(n.key); list && n.first && reader == person {
			keys = append(keys, n.key)
		}
	}
	return keys
}

func sections(m chat.Message) (texts []string) {
	for _, b := range m.Blocks {
		if s, ok := b.(*slack.SectionBlock); ok {
			texts = append(texts, chat.Unescape(chat.Plain(s.Text.Text)))
		}
	}
	return texts
}

func TestWhatComesDueTogetherStandsInOneMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := overnight(t, 4)
		at(t, 4, 10, 31) // due at eleven
		lists := r.lists("USAM")
		if len(lists) != 1 || len(r.notes.all()) != 1 {
			t.Fatalf("lists %q, %d messages", lists, len(r.notes.all()))
		}
		m := r.shows(lists[0])
		if got := sections(m); len(got) != 5 || got[0] != "4 things are yours to do" || !strings.Contains(got[1], "Miller L000\nDue Tue 4 Jan 2000, 11:00 CET.") {
			t.Errorf("it says %q", got)
		}
		id := func(lead int) string { return r.every(fmt.Sprintf("lead/L%03d", lead))[0].ID }
		by := func(person, value string) chat.Click {
			return chat.Click{Origin: chat.Origin{Person: person}, Value: value}
		}
		// One is done, one put off, one given away, one forgotten.
		r.must(r.clickDone(ctx, by("USAM", id(0))))
		r.must(r.clickSnooze(ctx, by("USAM", id(1)+" 1h")))
		r.write(func(tx *database.Tx) error { _, err := r.Reassign(tx, "lead/L002", "UKIM"); return err })
		m = r.shows(lists[0])
		if got := sections(m); len(got) != 5 || got[0] != "2 things are yours to do" || !strings.Contains(got[1], "L001") || !strings.Contains(got[1], "Snoozed until") ||
			!strings.Contains(got[3], "L000\n@USAM, Tue 4 Jan 2000, 10:31 CET: done, on time") || !strings.Contains(got[4], "L002\nIs @UKIM’s now.") {
			t.Errorf("then it says %q", got)
		}
		buttons := 0
		for _, b := range m.Blocks {
			if _, ok := b.(*slack.ActionBlock); ok {
				buttons++
			}
		}
		if buttons != 2 {
			t.Errorf("%d rows have buttons", buttons)
		}
		at(t, 4, 11, 40) // the one that was put off comes again, alone
		m = r.shows(lists[0])
		if got := sections(m); got[0] != "1 thing is yours to do" || !slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, "L001\nReminded again: see below.") }) {
			t.Errorf("in the end it says %q", got)
		}
		if last := r.shows(reminderKey(r.one("lead/L001"))); !strings.Contains(last.Text, "Was due") {
			t.Errorf("it comes again as %q", last.Text)
		}
	})
}

// menuOf is the menu beside the head of a list, and what it offers.
func menuOf(t *testing.T, m chat.Message) (action string, values []string) {
	t.Helper()
	top, ok := m.Blocks[0].(*slack.SectionBlock)
	if !ok || top.Accessory == nil || top.Accessory.SelectElement == nil {
		return "", nil
	}
	for _, o := range top.Accessory.SelectElement.Options {
		values = append(values, o.Value)
	}
	return top.Accessory.SelectElement.ActionID, values
}

// What came in one message is put off in one click, and comes again in one.
func TestAllOfAListIsPutOffAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := overnight(t, 4)
		router := chat.NewRouter()
		r.Register(router)
		at(t, 4, 10, 31)
		list := r.lists("USAM")[0]
		action, values := menuOf(t, r.shows(list))
		if want := []string{list + " 30m", list + " 1h", list + " 2h"}; action != "deadline.snooze_all" || !slices.Equal(values, want) {
			t.Fatalf("the menu %q offers %q, want %q", action, values, want)
		}
		// One is done, one given away: these are not put off.
		r.must(r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: r.every("lead/L000")[0].ID}))
		r.write(func(tx *database.Tx) error { _, err := r.Reassign(tx, "lead/L001", "UKIM"); return err })
		pick := func(by, value string) error { return router.Click(ctx, click(by, action, value)) }
		for value, want := range map[string]string{
			list + " 9d":               "can be put off by 30 minutes, 1 hour or 2 hours",
			list:                       "can be put off by",
			"elsewhere 1h":             "no longer there",
			"deadline/told/UBOSS/1 1h": "no longer there",
			"deadline/list/USAM/1 1h":  "Nothing in this list is waiting",
			"deadline/list/UKIM/1 1h":  "This list is <@UKIM>’s.",
		} {
			var refused chat.Refusal
			if err := pick("USAM", value); !errors.As(err, &refused) || !strings.Contains(string(refused), want) {
				t.Errorf("%q: %v, want %q", value, err, want)
			}
		}
		if err := pick("UKIM", list+" 1h"); err == nil || !strings.Contains(err.Error(), "This list is <@USAM>’s. Only they or a manager can change it") {
			t.Errorf("a passer-by: %v", err)
		}
		before := len(r.notes.all())
		r.must(pick("USAM", list+" 1h"))
		if n := len(r.notes.all()) - before; n != 1 {
			t.Errorf("%d messages came or changed by it", n)
		}
		m := r.shows(list)
		got := sections(m)
		if len(got) != 5 || got[0] != "2 things are yours to do" || !strings.HasSuffix(got[1], "Snoozed until Tue 4 Jan 2000, 11:31 CET.") || !strings.HasSuffix(got[2], "Snoozed until Tue 4 Jan 2000, 11:31 CET.") {
			t.Errorf("it says %q", got)
		}
		if again, _ := menuOf(t, m); again == action || !strings.HasPrefix(again, action+":") {
			t.Errorf("Slack would keep showing what was picked from %q", again)
		}
		if on := r.one("lead/L001"); !on.Snoozed.IsZero() || on.Person != "UKIM" {
			t.Errorf("what was given away is put off: %+v", on)
		}
		at(t, 4, 11, 30)
		quiet := len(r.first())
		at(t, 4, 11, 32)
		var new []string
		for key, n := range r.first() {
			if n.to == "USAM" && n.at.After(time.Date(2000, 1, 4, 11, 30, 0, 0, berlin(t))) {
				new = append(new, key)
			}
		}
		if len(new) != 2 || len(r.first()) != quiet+2 {
			t.Errorf("%d of %d came again: %q", len(new), len(r.first())-quiet, new)
		}
		if got := sections(r.shows(list)); got[0] != "All of this is settled" || strings.Count(strings.Join(got, " "), "Reminded again: see below.") != 2 {
			t.Errorf("then it says %q", got)
		}
		if action, _ := menuOf(t, r.shows(list)); action != "" {
			t.Error("there is nothing to be put off, and still the menu")
		}
	})
}

func TestAManagerIsToldOfManyInOneMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := overnight(t, 3)
		at(t, 4, 12, 30)
		lists := r.lists("UBOSS")
		if len(lists) != 1 {
			t.Fatalf("lists %q", lists)
		}
		if got := sections(r.shows(lists[0])); len(got) != 4 || got[0] != "3 things were not done in time" || !strings.Contains(got[1], "@USAM has not done it in time. It was due Tue 4 Jan 2000, 11:00 CET.") {
			t.Errorf("it says %q", got)
		}
		r.must(r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "UBOSS"}, Value: r.one("lead/L001").ID}))
		r.write(func(tx *database.Tx) error { _, err := r.Reassign(tx, "lead/L002", "UKIM"); return err })
		r.write(func(tx *database.Tx) error { _, err := r.Close(tx, "lead/L000"); return err })
		if got := sections(r.shows(lists[0])); len(got) != 4 || got[0] != "What was not done in time is settled" || !strings.Contains(strings.Join(got, "\n"), "@UBOSS, Tue 4 Jan 2000, 12:30 CET: done, 1 hour 30 minutes late") ||
			!strings.Contains(strings.Join(got, "\n"), "Is @UKIM’s now.") || !strings.Contains(strings.Join(got, "\n"), "No longer needed.") {
			t.Errorf("then it says %q", got)
		}
	})
}

// A list that is longer than a message: the rest is a click away, and follows.
func TestALongListFitsIntoAMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := overnight(t, 120)
		at(t, 4, 10, 31)
		lists := r.lists("USAM")
		if len(lists) != 1 {
			t.Fatalf("lists %q", lists)
		}
		m := r.shows(lists[0])
		if len(m.Blocks) > 50 || len(m.Text) > 4000 {
			t.Errorf("%d blocks, a text of %d", len(m.Blocks), len(m.Text))
		}
		if got := sections(m); got[0] != "120 things are yours to do" || len(got) != 1+mostRows {
			t.Errorf("%d rows under %q", len(got)-1, got[0])
		}
		desk := &desk{}
		r.Slack = desk
		show := func(person string) error {
			return r.clickAll(ctx, chat.Click{Origin: chat.Origin{Person: person, Trigger: "t"}, Value: lists[0]})
		}
		var refused chat.Refusal
		if err := show("UKIM"); !errors.As(err, &refused) {
			t.Errorf("a passer-by sees it: %v", err)
		}
		r.must(show("UBOSS"))
		r.must(show("USAM"))
		var all strings.Builder
		for _, b := range desk.view.Blocks.BlockSet {
			all.WriteString(b.(*slack.SectionBlock).Text.Text)
		}
		if n := strings.Count(all.String(), "Miller L"); n != 120 || len(desk.view.Blocks.BlockSet) > 100 {
			t.Errorf("all of it: %d of 120, in %d blocks", n, len(desk.view.Blocks.BlockSet))
		}
		r.must(r.clickDone(ctx, chat.Click{Origin: chat.Origin{Person: "USAM"}, Value: r.one("lead/L000").ID}))
		if got := sections(r.shows(lists[0])); got[0] != "119 things are yours to do" || !strings.Contains(got[1], "L001") || len(got) != 1+mostRows {
			t.Errorf("after one is done: %q", got[:2])
		}
		time.Sleep(24 * time.Hour)
	})
}

// desk is where views are opened.
type desk struct {
	chat.Slack
	view slack.ModalViewRequest
}

func (d *desk) OpenView(_ context.Context, _ string, view slack.ModalViewRequest) error {
	d.view = view
	return nil
}
