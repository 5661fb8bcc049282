package deadline

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// The clocks of a week start by themselves. A row of the outbox waits for each
// person's next week; it is looked again every hour, at each start, and when the
// playbook or a person changes. Whoever looks, and how often: a person has an
// action once a week, by the key of its deadline.

// weekly is the payload of a row that starts the week of a person.
type weekly struct {
	Person string `json:"person"`
}

// startWeek is a row that waited for somebody's week.
func (d *Deadlines) startWeek(ctx context.Context, j outbox.Job) error {
	var w weekly
	if err := json.Unmarshal(j.Payload, &w); err != nil {
		return outbox.Dead(err)
	}
	// What Slack says is kept in the roster: who left meanwhile has no week.
	if _, err := d.Roster.Person(ctx, w.Person); err != nil && !errors.Is(err, chat.ErrNobody) {
		return err
	}
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		now := d.Now()
		// The outbox goes by the database's clock; and who begins together is due
		// together, and told of in one message.
		if now.Sub(j.Due) < time.Minute {
			now = j.Due
		}
		return d.followWeek(tx, w.Person, now)
	})
}

// lookAtWeeks has Slack asked who is there, and starts what is to be started.
func (d *Deadlines) lookAtWeeks(ctx context.Context, j outbox.Job) error {
	d.askWeekly(ctx)
	return d.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		return d.followWeeks(tx)
	})
}

// askWeekly asks Slack about everybody who has something to do each week; what is
// known does without it.
func (d *Deadlines) askWeekly(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, role := range weeklyRoles(d.Shelf.InForce()) {
		members, err := d.Roster.Members(ctx, roster.Role(role))
		for _, m := range members {
			if ctx.Err() != nil {
				return
			}
			if _, unknown := d.Roster.Person(ctx, m); unknown != nil && !errors.Is(unknown, chat.ErrNobody) {
				err = unknown
			}
		}
		if err != nil {
			d.Log.Warn("Slack could not be asked who has something to do each week", "role", role, "error", err)
		}
	}
}

// weeklyRoles are the roles that a playbook wants something of each week.
func weeklyRoles(b *playbook.Playbook) (roles []string) {
	for _, rule := range Timed(b, playbook.EventWeekStarted) {
		roles = append(roles, rule.Roles...)
	}
	slices.Sort(roles)
	return slices.Compact(roles)
}

// followWeeks starts the weeks of everybody that have begun, and sees to it that
// the next ones are started.
func (d *Deadlines) followWeeks(tx *database.Tx) error {
	var people []string
	for _, role := range weeklyRoles(d.Shelf.InForce()) {
		people = append(people, d.Roster.Heard(roster.Role(role))...)
	}
	slices.Sort(people)
	for _, person := range slices.Compact(people) {
		if err := d.followWeek(tx, person, d.Now()); err != nil {
			return err
		}
	}
	return nil
}

// followWeek is followWeeks for one person. Whoever comes later in the week, and
// whoever was there while the bot was not, begins now.
func (d *Deadlines) followWeek(tx *database.Tx, person string, now time.Time) error {
	p := d.Roster.Recall(person)
	rules := d.weeklyOf(person)
	// Who was never heard of begins once Slack has told their zone.
	if len(rules) == 0 || !p.Known || p.Deactivated || p.Bot || p.Guest {
		return nil
	}
	c := d.Calendar(person)
	first := c.weekOf(now)
	if opens, closes, works := c.workingWeek(first); works && !now.Before(opens) && now.Before(closes) {
		h := Happening{Event: playbook.EventWeekStarted, At: now.Truncate(time.Millisecond), Subject: "week/" + person, Key: first.String(), Title: weekTitle(first)}
		for _, rule := range rules {
			if err := d.start(tx, rule, h, person); err != nil {
				return err
			}
		}
	}
	next, opens, found := c.nextWeek(now)
	if !found {
		return nil
	}
	_, err := d.Outbox.Add(tx, outbox.Row{Kind: kindWeek, Key: "deadline/week/" + person + "/" + next.String() + "/" + strconv.FormatInt(opens.UnixMilli(), 10),
		Payload: weekly{person}, At: opens})
	return err
}

// weeklyOf are the actions that somebody has to do each week.
func (d *Deadlines) weeklyOf(person string) (out []Rule) {
	for _, rule := range Timed(d.Shelf.InForce(), playbook.EventWeekStarted) {
		for _, role := range rule.Roles {
			if slices.Contains(d.Roster.Heard(roster.Role(role)), person) {
				rule.Who = role
				out = append(out, rule)
				break
			}
		}
	}
	return out
}

// miss ends a deadline whose week is over.
func (d *Deadlines) miss(tx *database.Tx, on Deadline, ends, now time.Time) error {
	on.Status = Missed{At: ends}
	return d.put(tx, on, now, Undone)
}
