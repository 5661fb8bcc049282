package deadline

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"sopbot/internal/database"
	"sopbot/internal/playbook"
)

// What comes due at one moment is said to a person in one message: after a night
// or a weekend that is often a lot. In such a list each thing has its row with its
// own buttons, and is brought up to date there.

const (
	// mergeFrom is from how many things on a person gets them in one message: two
	// messages are read as easily as a list of two.
	mergeFrom = 3
	// mostAtOnce is how many deadlines one transaction deals with.
	mostAtOnce = 200
)

// The keys of lists, which are those of their messages. Names that are stored: add,
// don't rename.
const (
	listPrefix = "deadline/list/"
	toldPrefix = "deadline/told/"
)

func listKey(prefix, person string, now time.Time) string {
	return fmt.Sprintf("%s%s/%d", prefix, person, now.UnixMilli())
}

// readerOf is whose a list is; known is false for what is no list.
func readerOf(list string) (person string, known bool) {
	for _, prefix := range []string{listPrefix, toldPrefix} {
		if rest, found := strings.CutPrefix(list, prefix); found {
			person, _, _ = strings.Cut(rest, "/")
			return person, true
		}
	}
	return "", false
}

// round is what there is to say at one moment.
type round struct {
	*Deadlines
	tx    *database.Tx
	now   time.Time
	fresh map[string][]string // reminders that have no message yet, by person: ids of deadlines
	told  map[string][]string // whoever is told that they passed: ids
	stale map[string]bool     // lists that are to be shown anew
}

func (d *Deadlines) newRound(tx *database.Tx, now time.Time) *round {
	return &round{d, tx, now, map[string][]string{}, map[string][]string{}, map[string]bool{}}
}

// speaks reports whether somebody gets a new message.
func (r *round) speaks() bool { return len(r.fresh)+len(r.told) > 0 }

// act does what the plan of a deadline says.
func (r *round) act(on Deadline) error {
	d, tx, now := r.Deadlines, r.tx, r.now
	on.stale = r.stale
	bosses, err := d.bosses(tx, on)
	if err != nil {
		return err
	}
	c, was := d.Calendar(on.Person), on.Due
	if on.count(c); !on.Due.Equal(was) {
		return d.put(tx, on, now, Moved)
	}
	p := on.plan(now, c, bosses)
	if p.over {
		ends, _ := on.ends(c)
		return d.miss(tx, on, ends, now)
	}
	var news []News
	if len(p.tell) > 0 && on.Escalated.IsZero() {
		on.Escalated = now // the person reads of it, too
	}
	if p.remind {
		if on, err = r.remind(on, p); err != nil {
			return err
		}
		news = append(news, Reminded)
	}
	for _, person := range p.tell {
		if err := tell(tx, on, person, now); err != nil {
			return err
		}
		r.told[person] = append(r.told[person], on.ID)
	}
	if len(p.tell) > 0 {
		news = append(news, Escalated)
	}
	if on.Escalate != "" && len(bosses) == 0 && !now.Before(on.Due) {
		d.Log.Warn("a deadline passed, and the playbook's settings name nobody to tell", "role", on.Escalate, "deadline", on.ID, "subject", on.Subject)
	}
	return d.put(tx, on, now, news...)
}

// remind notes that a person is reminded, and whether that takes a new message.
func (r *round) remind(on Deadline, p plan) (Deadline, error) {
	d, tx, now := r.Deadlines, r.tx, r.now
	if p.merged > 1 {
		d.Log.Info("reminders that came due meanwhile are given as one", "deadline", on.ID, "subject", on.Subject, "reminders", p.merged)
	}
	on.handled, on.repeated = now, on.repeated+p.repeated
	list, err := listOf(tx, on)
	if err != nil {
		return on, err
	}
	stands := list != ""
	switch {
	case p.ring && stands:
		on.leaves = append(on.leaves, list)
	case p.ring:
		// Whoever asked to be reminded again wants to hear it: a message that
		// changes makes no sound.
		stands, err = d.Posts.Change(tx, reminderKey(on), d.rung(on, now))
	case !stands:
		stands, err = d.Posts.Change(tx, reminderKey(on), d.reminder(on))
	}
	if err != nil {
		return on, err
	}
	if p.ring && stands {
		on.bell++
	}
	if p.ring || !stands {
		r.fresh[on.Person] = append(r.fresh[on.Person], on.ID)
	}
	return on, nil
}

// say brings out what is new: a message each, or one for all where there are many.
func (r *round) say() error {
	if err := r.refreshLists(r.tx, r.stale, r.now); err != nil {
		return err
	}
	for _, person := range slices.Sorted(maps.Keys(r.fresh)) {
		if err := r.each(r.fresh[person], listKey(listPrefix, person, r.now), func(on Deadline, list string) error {
			if list != "" {
				return enlist(r.tx, on, list)
			}
			return r.Posts.Put(r.tx, reminderKey(on), on.Person, r.reminder(on))
		}); err != nil {
			return err
		}
	}
	for _, person := range slices.Sorted(maps.Keys(r.told)) {
		if err := r.each(r.told[person], listKey(toldPrefix, person, r.now), func(on Deadline, list string) error {
			if list != "" {
				return listTelling(r.tx, on, person, list)
			}
			return r.Posts.Put(r.tx, escalationKey(on, person), person, r.escalation(on, person, r.now))
		}); err != nil {
			return err
		}
	}
	return nil
}

func (r *round) each(ids []string, list string, say func(on Deadline, list string) error) error {
	if len(ids) < mergeFrom {
		list = ""
	}
	for _, id := range ids {
		on, err := ByID(r.tx, id)
		if err != nil {
			return err
		}
		if err := say(on, list); err != nil {
			return err
		}
	}
	if list == "" {
		return nil
	}
	person, _ := readerOf(list)
	m, err := r.list(r.tx, list, r.now)
	if err != nil {
		return err
	}
	return r.Posts.Put(r.tx, list, person, m)
}

// refreshList brings a list up to date in which a deadline stands.
func (d *Deadlines) refreshList(tx *database.Tx, on Deadline, list string, now time.Time) error {
	if on.stale != nil {
		on.stale[list] = true
		return nil
	}
	m, err := d.list(tx, list, now)
	if err != nil {
		return err
	}
	_, err = d.Posts.Change(tx, list, m)
	return err
}

// snoozeList puts off the reminders of all that is still to be done in a list, and
// tells of how many: the list is shown anew once.
func (d *Deadlines) snoozeList(tx *database.Tx, list string, span playbook.Span) (n int, err error) {
	all, err := inList(tx, list)
	if err != nil {
		return 0, err
	}
	now, stale := d.Now().Truncate(time.Millisecond), map[string]bool{}
	for _, row := range all {
		if !row.canWait() {
			continue
		}
		on := row.Deadline
		on.stale = stale
		on.Snoozed = d.Calendar(on.Person).Add(now, span).Truncate(time.Millisecond)
		if err := d.put(tx, on, now, Snoozed); err != nil {
			return n, err
		}
		n++
	}
	return n, d.refreshLists(tx, stale, now)
}

// refreshLists brings lists up to date that were noted.
func (d *Deadlines) refreshLists(tx *database.Tx, stale map[string]bool, now time.Time) error {
	for _, list := range slices.Sorted(maps.Keys(stale)) {
		if err := d.refreshList(tx, Deadline{}, list, now); err != nil {
			return err
		}
	}
	return nil
}
