package deadline

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// Deadlines keeps the team's clocks. Its fields are set before the bot serves.
type Deadlines struct {
	DB     *database.DB
	Outbox *outbox.Outbox
	Roster *roster.Roster
	Posts  Posts
	Slack  chat.Slack
	Shelf  *playbook.Shelf
	Now    func() time.Time
	Log    *slog.Logger

	// Forms are the buttons of actions that a form ends, by its id; where there
	// is none for a form, OtherForm says the button, and where that has none the
	// action has the button Done.
	Forms     map[string]Opener
	OtherForm func(form string) (Opener, bool)
	// Answers are the buttons of actions that name no way to be done, by the
	// event that starts them: the feature knows when its event was answered, and
	// says so (DoneFor). An action without one has the button Done.
	Answers map[playbook.Event]Opener
	// Passes are the buttons that give a subject to somebody else, by what the
	// subject begins with ("lead").
	Passes map[string]Opener
	// Beside, if set, gives what else a reader who is told that a deadline passed
	// can do about it, by the rooms above.
	Beside func(on Deadline, reader string) []slack.BlockElement

	// OnChange, if set, is told of everything that becomes of a deadline, in its
	// transaction.
	OnChange func(tx *database.Tx, what News, d Deadline) error

	one sync.Mutex
}

// Past are the same clocks at a moment that is over, with other messages and
// without news: for what is told of the time before there was a bot.
func (d *Deadlines) Past(at time.Time, posts Posts) *Deadlines {
	return &Deadlines{DB: d.DB, Outbox: d.Outbox, Roster: d.Roster, Posts: posts, Slack: d.Slack, Shelf: d.Shelf,
		Now: func() time.Time { return at }, Log: d.Log, Forms: d.Forms, OtherForm: d.OtherForm, Answers: d.Answers, Passes: d.Passes}
}

// News is what became of a deadline.
type News string

// What can become of a deadline. Names that may be stored: add, don't rename.
const (
	Started    News = "started"
	Reminded   News = "reminded"
	Escalated  News = "escalated"
	Snoozed    News = "snoozed"
	Reassigned News = "reassigned"
	Stopped    News = "paused"
	GoesOn     News = "resumed"
	Moved      News = "moved" // hours, holidays or the person's zone changed
	Orphaned   News = "orphaned"
	Finished   News = "done"
	Dropped    News = "closed"
	Undone     News = "missed" // its week is over
)

// Happening is an event that clocks may wait for.
type Happening struct {
	Event   playbook.Event
	At      time.Time // zero = now
	Subject string    // what it happened to: "lead/…", "handoff/…"
	// Key tells an event from the one before about the same subject: with the
	// same key an action's clock starts once, with another one it starts anew,
	// in the place of the one that runs.
	Key   string
	Lead  string // id, or ""
	Title string // what it is about, as people call it; plain text
	// Who are the people by the playbook's words: owner, ae, sdr. Who is not
	// there is the owner.
	Who map[string]string
	// Stage is the page of the stage that was entered: the clocks of others do
	// not start.
	Stage string
}

// Timed lists the timed actions of a playbook that wait for an event.
func Timed(b *playbook.Playbook, on playbook.Event) []Rule {
	var out []Rule
	for _, p := range b.Pages {
		var actions []playbook.Action
		switch {
		case p.Stage != nil:
			actions = p.Stage.Actions
		case p.Tool != nil:
			actions = p.Tool.Actions
		}
		for _, a := range actions {
			if a.Timed() && a.On == on {
				out = append(out, Rule{p.ID, p.Title, a, b.Version})
			}
		}
	}
	return out
}

// Happened starts every clock that waits for the event. It is for the
// transaction of the event: clock and event are there together, or neither is.
func (d *Deadlines) Happened(tx *database.Tx, h Happening) error {
	b := d.Shelf.InForce()
	if h.At.IsZero() {
		h.At = d.Now()
	}
	h.At = h.At.Truncate(time.Millisecond)
	for _, rule := range Timed(b, h.Event) {
		if page, _ := b.Page(rule.Page); h.Event == playbook.EventStageEntered && page.Stage != nil && page.ID != h.Stage {
			continue
		}
		who := h.Who[rule.Who]
		if who == "" {
			who = h.Who["owner"]
		}
		if who == "" {
			d.Log.Warn("nobody is there to do a timed action; its clock does not start", "page", rule.Page, "action", rule.Action.ID, "who", rule.Who, "subject", h.Subject)
			continue
		}
		if err := d.start(tx, rule, h, who); err != nil {
			return fmt.Errorf("start the clock of %s/%s: %w", rule.Page, rule.Action.ID, err)
		}
	}
	return nil
}

func (d *Deadlines) start(tx *database.Tx, rule Rule, h Happening, who string) error {
	on := Deadline{ID: database.NewID(), Rule: rule, Subject: h.Subject, Key: h.Key, Lead: h.Lead, Title: h.Title, Person: who, Turn: 1,
		Started: h.At, Status: Open{}, from: h.At, handled: h.At, bell: 1}
	on.count(d.Calendar(who))
	added, err := insert(tx, on)
	if err != nil || !added {
		return err
	}
	before, err := OpenFor(tx, h.Subject)
	if err != nil {
		return err
	}
	for _, old := range before {
		if old.ID != on.ID && old.Page == on.Page && old.Action.ID == on.Action.ID {
			if ends, weekly := old.ends(d.Calendar(old.Person)); weekly {
				if err := d.miss(tx, old, ends, h.At); err != nil {
					return err
				}
				continue
			}
			old.Status = Closed{h.At}
			show := func() error { return d.refresh(tx, old, h.At) }
			if old.Person != who {
				show = func() error { return d.tellPassed(tx, old, who, h.At) }
				if old.leaves, err = listsOf(tx, old); err != nil {
					return err
				}
			}
			if err := d.putShown(tx, old, h.At, show, Dropped); err != nil {
				return err
			}
			if !old.Abandoned.IsZero() { // an heir has given it away
				if err := d.refreshOrphans(tx, old.Person, old.Abandoned); err != nil {
					return err
				}
			}
		}
	}
	return d.put(tx, on, h.At, Started)
}

// Calendar is when a person works, by what is known of them.
func (d *Deadlines) Calendar(person string) Calendar {
	s := &d.Shelf.InForce().Settings
	if p := d.Roster.Recall(person); p.ZoneKnown {
		return NewCalendar(s, p.Location)
	}
	return NewCalendar(s, nil)
}

// put stores what became of a deadline, with all that follows from it: the row
// that looks at it next, the messages that stand, whoever else wants to know.
func (d *Deadlines) put(tx *database.Tx, on Deadline, now time.Time, news ...News) error {
	return d.putShown(tx, on, now, func() error { return d.refresh(tx, on, now) }, news...)
}

// putShown is put with other words for what becomes of the messages.
func (d *Deadlines) putShown(tx *database.Tx, on Deadline, now time.Time, show func() error, news ...News) error {
	if err := d.schedule(tx, &on, now); err != nil {
		return err
	}
	if err := store(tx, on); err != nil {
		return fmt.Errorf("store deadline %s: %w", on.ID, err)
	}
	if err := show(); err != nil {
		return err
	}
	for _, list := range on.leaves {
		if err := d.refreshList(tx, on, list, now); err != nil {
			return err
		}
	}
	for _, what := range news {
		if d.OnChange == nil {
			break
		}
		if err := d.OnChange(tx, what, on); err != nil {
			return err
		}
	}
	return nil
}

// askAgain is how long after a deadline it is looked again for somebody to tell.
const askAgain = 10 * time.Minute

// schedule sees to it that the outbox looks at a deadline when there is
// something to do. A row that is there already for that time stays.
func (d *Deadlines) schedule(tx *database.Tx, on *Deadline, now time.Time) error {
	bosses, err := d.bosses(tx, *on)
	if err != nil {
		return err
	}
	p := on.plan(now, d.Calendar(on.Person), bosses)
	if _, open := on.Status.(Open); open && len(bosses) == 0 && on.Escalate != "" && !d.Roster.Open(roster.Role(on.Escalate)) {
		// Slack could not say yet who is in a user group.
		if now.Before(on.Due) {
			p.later(on.Due)
		} else if now.Before(on.Due.Add(24 * time.Hour)) {
			p.later(now.Add(askAgain))
		}
	}
	next := p.next.Truncate(time.Millisecond)
	if p.now() {
		next = now
	}
	// A row whose time has come may be the one that is running now.
	if next.Equal(on.next) && (next.IsZero() || next.After(now)) {
		return nil
	}
	if !on.next.IsZero() {
		if _, err := d.Outbox.Cancel(tx, tickKey(*on)); err != nil {
			return err
		}
	}
	on.generation, on.next = on.generation+1, next
	if next.IsZero() {
		return nil
	}
	_, err = d.Outbox.Add(tx, outbox.Row{Kind: kindTick, Key: tickKey(*on), Payload: tick{on.ID, on.generation}, At: next})
	return err
}

// bosses are whom a deadline that passes is told to, as far as they are known.
func (d *Deadlines) bosses(tx *database.Tx, on Deadline) ([]boss, error) {
	if on.Escalate == "" || !on.watched() {
		return nil, nil
	}
	knows := map[string]bool{}
	if !on.Escalated.IsZero() {
		already, err := told(tx, on)
		if err != nil {
			return nil, err
		}
		for _, t := range already {
			knows[t.person] = true
		}
	}
	var out []boss
	for _, id := range d.Roster.Heard(roster.Role(on.Escalate)) {
		if p := d.Roster.Recall(id); p.Deactivated || p.Bot {
			continue
		}
		out = append(out, boss{id, d.Calendar(id), knows[id]})
	}
	return out, nil
}

// change loads a deadline that runs, changes it and stores it.
func (d *Deadlines) change(tx *database.Tx, id string, what News, do func(on *Deadline, now time.Time, c Calendar) error) (Deadline, error) {
	on, err := ByID(tx, id)
	if err != nil {
		return on, err
	}
	if !on.Running() {
		return on, ErrOver
	}
	before, now := on, d.Now().Truncate(time.Millisecond)
	if err := do(&on, now, d.Calendar(on.Person)); err != nil {
		return on, err
	}
	if err := d.put(tx, on, now, what); err != nil {
		return on, err
	}
	if before.Abandoned.IsZero() {
		return on, nil
	}
	return on, d.refreshOrphans(tx, before.Person, before.Abandoned)
}

// errSame says that a deadline is as it is to be already.
var errSame = errors.New("deadline: it is so already")

// each changes all that runs about a subject, as far as it is meant.
func (d *Deadlines) each(tx *database.Tx, subject string, m Match, what News, do func(on *Deadline, now time.Time, c Calendar) error) (n int, err error) {
	all, err := OpenFor(tx, subject)
	if err != nil {
		return 0, err
	}
	for _, on := range all {
		if !m.fits(on) {
			continue
		}
		_, err := d.change(tx, on.ID, what, do)
		switch {
		case errors.Is(err, errSame):
			continue
		case err != nil:
			return n, err
		}
		n++
	}
	return n, nil
}

// Match says which deadlines of a subject are meant: those of an event, of an
// action, or that a form ends. What is empty fits everything.
type Match struct {
	Event  playbook.Event
	Page   string // of the action
	Action string // its id
	Form   string
}

func (m Match) fits(on Deadline) bool {
	return (m.Event == "" || m.Event == on.On) && (m.Page == "" || m.Page == on.Page) && (m.Action == "" || m.Action == on.Action.ID) &&
		(m.Form == "" || m.Form == on.Rule.Done)
}

// Done says that an action was done; ErrOver where that is known already.
func (d *Deadlines) Done(tx *database.Tx, id, by string) (Deadline, error) {
	return d.change(tx, id, Finished, func(on *Deadline, now time.Time, c Calendar) error { return on.finish(by, now, c) })
}

// DoneFor says that somebody did what a subject was waiting for: a form was
// sent, an event answered. n is how many deadlines that ended.
func (d *Deadlines) DoneFor(tx *database.Tx, subject string, m Match, by string) (n int, err error) {
	return d.each(tx, subject, m, Finished, func(on *Deadline, now time.Time, c Calendar) error { return on.finish(by, now, c) })
}

// Close ends everything about a subject that nobody needs any more.
func (d *Deadlines) Close(tx *database.Tx, subject string) (n int, err error) {
	return d.CloseFor(tx, subject, Match{})
}

// CloseFor is Close for some of what a subject waits for.
func (d *Deadlines) CloseFor(tx *database.Tx, subject string, m Match) (n int, err error) {
	return d.each(tx, subject, m, Dropped, func(on *Deadline, now time.Time, _ Calendar) error { on.Status = Closed{now}; return nil })
}

// Snooze puts off the next reminder by a span of working time; the deadline
// stays.
func (d *Deadlines) Snooze(tx *database.Tx, id, by string, span playbook.Span) (Deadline, error) {
	return d.change(tx, id, Snoozed, func(on *Deadline, now time.Time, c Calendar) error {
		on.Snoozed = c.Add(now, span).Truncate(time.Millisecond)
		return nil
	})
}

// Reassign gives everything about a subject to somebody else, who has the whole
// span again, from now on.
func (d *Deadlines) Reassign(tx *database.Tx, subject, to string) (n int, err error) {
	return d.each(tx, subject, Match{}, Reassigned, func(on *Deadline, now time.Time, _ Calendar) error {
		if on.Person == to {
			return errSame
		}
		if err := d.tellPassed(tx, *on, to, now); err != nil {
			return err
		}
		lists, err := listsOf(tx, *on)
		if err != nil {
			return err
		}
		on.leaves = lists
		on.pass(to, now, d.Calendar(to))
		return nil
	})
}

// Pause stops the clocks that an event started.
func (d *Deadlines) Pause(tx *database.Tx, subject string, event playbook.Event) (n int, err error) {
	return d.each(tx, subject, Match{Event: event}, Stopped, func(on *Deadline, now time.Time, c Calendar) error {
		if _, open := on.Status.(Open); !open {
			return errSame
		}
		on.pause(now, c)
		return nil
	})
}

// Resume lets clocks go on that were paused, with what was left of their time.
func (d *Deadlines) Resume(tx *database.Tx, subject string, event playbook.Event) (n int, err error) {
	return d.each(tx, subject, Match{Event: event}, GoesOn, func(on *Deadline, now time.Time, c Calendar) error {
		if _, paused := on.Status.(Paused); !paused {
			return errSame
		}
		on.resume(now, c)
		return nil
	})
}
