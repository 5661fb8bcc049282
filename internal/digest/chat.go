package digest

import (
	"context"
	"strings"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/roster"
)

// Names that leave the house: add, don't rename.
const (
	actionOpen   = "digest.open"
	actionPass   = "digest.pass"
	actionCharts = "digest.charts"
	actionAll    = "digest.all"
	actionNudge  = "digest.nudge"
	actionAgain  = "digest.again"
	actionDone   = "digest.done"
)

var help = chat.CommandHelp{Name: "/digest", Does: "See how the team is doing, and what needs you today (managers).", Usage: "[daily | weekly | help]",
	Examples: []chat.Example{
		{Typed: "/digest", Gives: "what needs you today, and the numbers of today so far"},
		{Typed: "/digest weekly", Gives: "the last seven days against the seven before, with charts"},
	}}

// Register is the table of contents: what people may type and click.
func (d *Digests) Register(r *chat.Router) {
	r.OnCommand(help, d.command)
	r.OnClick(actionOpen, func(ctx context.Context, c chat.Click) error { return d.lead(ctx, c, d.Opens) })
	r.OnClick(actionCharts, d.charts)
	r.OnClick(actionPass, func(ctx context.Context, c chat.Click) error { return d.lead(ctx, c, d.Passes) })
	r.OnClick(actionAll, d.all)
	r.OnClick(actionNudge, d.nudge)
	r.OnClick(actionAgain, d.again)
	r.OnClick(actionDone, d.markDone)
	r.AfterSubmission(d.uncovered)
}

func (d *Digests) command(ctx context.Context, c chat.Command) (chat.Message, error) {
	word := strings.ToLower(strings.TrimSpace(c.Text))
	kind := Daily
	switch word {
	case "help":
		return d.helpWords(), nil
	case "", "daily", "day", "today":
	case "weekly", "week":
		kind = Weekly
	default:
		return chat.Message{}, chat.Refuse("`/digest` has no “%s”. Type `/digest` for today, `/digest weekly` for the last seven days.", chat.EscapeInline(chat.Shorten(c.Text, 40)))
	}
	r, err := d.wanted(ctx, kind, c.Person)
	if err != nil {
		return chat.Message{}, err
	}
	r.Words = true
	return d.message(r), nil
}

// wanted is the report of now, for a manager who asks for it.
func (d *Digests) wanted(ctx context.Context, kind Kind, person string) (r Report, err error) {
	if err := d.Roster.Admit(ctx, person, "read the digest", roster.Manager); err != nil {
		return r, err
	}
	now := d.Now()
	err = d.DB.Read(ctx, func(tx *database.Tx) (err error) {
		r, err = d.report(tx, kind, person, now, d.times(person).period(kind, now, true))
		return err
	})
	r.Wanted = true
	return r, err
}

// charts sends the weekly digest with its charts: as a message of its own, which
// can be sent again in another form where Slack shows no charts.
func (d *Digests) charts(ctx context.Context, c chat.Click) error {
	r, err := d.wanted(ctx, Weekly, c.Person)
	if err != nil {
		return err
	}
	m := d.message(r)
	// The same click is the same message.
	key := "digest/asked/" + c.Person + "/" + c.At
	if err := d.DB.Write(ctx, func(tx *database.Tx) error { return d.Posts.Put(tx, key, c.Person, m) }); err != nil {
		return err
	}
	c.Acknowledge()
	if c.Response == "" { // clicked where nothing can be answered: the message itself is the answer
		return nil
	}
	return d.Slack.Respond(ctx, c.Response, chat.Say("The digest with its charts comes as a direct message."))
}

func (d *Digests) helpWords() chat.Message {
	words := "*" + help.Name + "*: " + help.Does
	for _, e := range help.Examples {
		words += "\n`" + e.Typed + "` " + e.Gives
	}
	words += "\n" + d.timesWords()
	return chat.Message{Text: words, Blocks: chat.TextBlocks(words)}
}

// timesWords say when digests go out by themselves.
func (d *Digests) timesWords() string {
	t := d.Shelf.InForce().Settings.Digest
	switch {
	case t.HaveDaily && t.HaveWeekly:
		return "Managers get it by themselves at " + t.Daily.String() + " on working days, and the weekly one on " + t.WeeklyDay.String() + " at " + t.Weekly.String() + "; not outside their working hours."
	case t.HaveDaily:
		return "Managers get it by themselves at " + t.Daily.String() + " on working days; not outside their working hours."
	case t.HaveWeekly:
		return "Managers get the weekly one by themselves on " + t.WeeklyDay.String() + " at " + t.Weekly.String() + "; not outside their working hours."
	}
	return "The playbook's settings name no time at which it goes out by itself."
}

// errOldButton is for a button whose value means nothing here.
var errOldButton = chat.Refuse("This button belongs to another version of sopbot and does nothing any more. `/digest` gives a fresh one.")

// lead leads on to the feature. Who may do what there, it knows itself.
func (d *Digests) lead(ctx context.Context, c chat.Click, to map[string]Opener) error {
	kind, id, _ := strings.Cut(c.Value, "/")
	open := to[kind]
	if open == nil {
		return errOldButton
	}
	return d.covering(c, func() error { return open(ctx, c, id) })
}

// again hands off once more what came back too often.
func (d *Digests) again(ctx context.Context, c chat.Click) error {
	_, id, _ := strings.Cut(c.Value, "/")
	if d.Again == nil {
		return errOldButton
	}
	return d.covering(c, func() error { return d.Again(ctx, c, id) })
}

// markDone ends what a click can end.
func (d *Digests) markDone(ctx context.Context, c chat.Click) error {
	on, err := d.Deadlines.MarkDone(ctx, c.Value, c.Person)
	if err != nil {
		return err
	}
	return d.did(ctx, c, "*"+chat.EscapeInline(on.Label)+"*"+about(on.Title)+" is done.")
}
