package digest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/form"
	"sopbot/internal/lead"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

// What can be read on about, in a modal of several pages. The words stand in
// buttons: add, don't rename.
const (
	listNeeds   = "needs"
	listPeople  = "people"
	listActions = "actions"
	listReasons = "reasons"
	listReviews = "reviews"
)

// listTitles are what the modals are called.
var listTitles = map[string]string{listNeeds: "Needs you today", listPeople: "By person", listActions: "Timed actions", listReasons: "Why handoffs came back", listReviews: "Pages due for review"}

// How much a page of a list holds: two blocks for each need, three lines or so for
// each person. Slack takes 100 blocks.
const (
	pageNeeds = 15
	pageLines = 25
)

// leaf is a page of a list: of what is counted from one instant to before
// another, where it is about a time. Buttons carry it: "WHAT FROM TO PAGE".
type leaf struct {
	what string
	of   Span
	page int
}

func (l leaf) String() string {
	return fmt.Sprintf("%s %d %d %d", l.what, l.of.From.UnixMilli(), l.of.To.UnixMilli(), l.page)
}

func parseLeaf(text string) (l leaf, ok bool) {
	parts := append(strings.Fields(text), "0", "0", "0")
	if len(parts) < 4 || listTitles[parts[0]] == "" {
		return l, false
	}
	var n [3]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(parts[i+1], 10, 64); err != nil || n[i] < 0 {
			return l, false
		}
	}
	return leaf{parts[0], Span{time.UnixMilli(n[0]), time.UnixMilli(n[1])}, int(min(n[2], 1<<20))}, true
}

// all is a click on Show all, or on what turns a page.
func (d *Digests) all(ctx context.Context, c chat.Click) error {
	l, ok := parseLeaf(c.Value)
	if !ok {
		return errOldButton
	}
	view, err := d.listView(ctx, c.Person, l, "")
	switch {
	case err != nil:
		return err
	case c.View == nil:
		return d.Slack.OpenView(ctx, c.Trigger, view)
	}
	return d.turned(ctx, c, view)
}

// turned puts a page into the place of the one that was clicked in.
func (d *Digests) turned(ctx context.Context, c chat.Click, view slack.ModalViewRequest) error {
	return chat.UnlessStale(d.Slack.UpdateView(ctx, c.View.ID, "", view)) // it may have been closed meanwhile
}

// listView is a page of a list, with a note of what was just done about it.
func (d *Digests) listView(ctx context.Context, person string, l leaf, note string) (view slack.ModalViewRequest, err error) {
	may := []roster.Role{roster.Manager}
	if l.what != listNeeds && l.what != listPeople { // the whole team reads of it in its channel
		may = []roster.Role{roster.SDR, roster.AE, roster.Manager, roster.Owner}
	}
	if err := d.Roster.Admit(ctx, person, "read the digest", may...); err != nil {
		return view, err
	}
	p := &page{}
	if note != "" {
		p.small(note)
	}
	t, now := d.times(person), d.Now()
	r := Report{At: now, Reader: person, zone: t.Zone()}
	var n, size int
	if err := d.DB.Read(ctx, func(tx *database.Tx) error {
		if l.what == listNeeds {
			n, size, err = d.needsPage(tx, p, r, t, &l)
			return err
		}
		lines, err := d.lines(tx, r, l)
		n, size = len(lines), pageLines
		l.page = min(l.page, max(0, (n-1)/size))
		for i, line := range lines[min(n, l.page*size):min(n, (l.page+1)*size)] {
			if i%5 == 0 && i > 0 {
				p.Blocks = append(p.Blocks, slack.NewDividerBlock())
			}
			p.say(line)
		}
		return err
	}); err != nil {
		return view, err
	}
	if n == 0 {
		p.say("There is nothing on this list now.")
	}
	last := max(0, (n-1)/size)
	if last > 0 {
		p.small(fmt.Sprintf("%d to %d of %d", l.page*size+1, min(n, (l.page+1)*size), n))
	}
	var turn []slack.BlockElement
	at := func(which, label string, page int) {
		to := l
		to.page = page
		turn = append(turn, chat.Button(actionAll+":"+which, to.String(), label))
	}
	if l.page > 0 {
		at("back", "← Back", l.page-1)
	}
	if l.page < last {
		at("next", "Read on →", l.page+1)
	}
	p.row(turn...)
	return chat.Modal("", listTitles[l.what], "", "Close", l.String(), p.Blocks), nil
}

func (d *Digests) needsPage(tx *database.Tx, p *page, r Report, t times, l *leaf) (n, size int, err error) {
	needs, n, err := d.needs(tx, r.At, t, l.page*pageNeeds, pageNeeds)
	if err == nil && len(needs) == 0 && l.page > 0 { // there are fewer than there were
		l.page = max(0, (n-1)/pageNeeds)
		needs, n, err = d.needs(tx, r.At, t, l.page*pageNeeds, pageNeeds)
	}
	for i, need := range needs {
		d.need(p, need, r, i)
	}
	return n, pageNeeds, err
}

// lines are a list without buttons, whole: as many as there are people, actions,
// reasons or pages.
func (d *Digests) lines(tx *database.Tx, r Report, l leaf) (lines []string, err error) {
	switch l.what {
	case listPeople:
		tallies, err := d.Deadlines.Tallies(tx, l.of.From, l.of.To)
		if err != nil {
			return nil, err
		}
		all, err := people(tx, l.of, tallies)
		for _, rep := range all {
			lines = append(lines, r.repLines(rep))
		}
		return lines, err
	case listReviews:
		for _, v := range d.reviews(r.At.In(r.zone)) {
			lines = append(lines, r.reviewWords(v))
		}
		return lines, nil
	}
	of, err := d.numbers(tx, Daily, l.of)
	if l.what == listReasons {
		for _, why := range of.Handoffs.Reasons {
			lines = append(lines, fmt.Sprintf("%s: %s", r.reason(why.Label), count(why.N, "handoff", "handoffs")))
		}
		return lines, err
	}
	for _, a := range of.Actions {
		words := "*" + r.brief(a.Label, 75) + "*: "
		if a.done() == 0 {
			words += "none done"
		} else {
			words += share(a.OnTime, a.done()) + " on time"
		}
		lines = append(lines, words+a.standing()+a.missed())
	}
	return lines, err
}

// did answers a click whose effect is stored: below the digest, for that person
// alone, or in the list that it was clicked in, which shows what is left.
func (d *Digests) did(ctx context.Context, c chat.Click, words string) error {
	c.Acknowledge()
	if c.View != nil {
		l, ok := parseLeaf(c.View.Private)
		if !ok {
			return nil
		}
		view, err := d.listView(ctx, c.Person, l, words)
		if err != nil {
			return err
		}
		return d.turned(ctx, c, view)
	}
	if c.Response == "" { // clicked where nothing can be answered
		return nil
	}
	return d.Slack.Respond(ctx, c.Response, chat.Say(words))
}

// covering opens something on top of a list, and notes which page of it lies
// beneath: once something was sent there, the list may be another.
func (d *Digests) covering(c chat.Click, open func() error) error {
	if err := open(); err != nil || c.View == nil {
		return err
	}
	l, ok := parseLeaf(c.View.Private)
	if !ok {
		return nil
	}
	if err := d.covered().Save(coveredKey(c.View.ID), form.Answers{"leaf": {Type: playbook.FieldText, Text: l.String()}}); err != nil {
		// It is open, and only what lies beneath will be old.
		d.Log.Warn("a list of the digest that something was opened on could not be noted", "error", err)
	}
	return nil
}

func (d *Digests) covered() lead.Drafts { return lead.Drafts{DB: d.DB, Now: d.Now} }

func coveredKey(view string) string { return "digest/list/" + view }

// uncovered shows a list anew on which somebody sent something.
func (d *Digests) uncovered(ctx context.Context, s chat.Submission) error {
	if s.View.Root == "" || s.View.Root == s.View.ID {
		return nil
	}
	noted, err := d.covered().Load(coveredKey(s.View.Root))
	if err != nil {
		return err
	}
	l, ok := parseLeaf(noted["leaf"].Text)
	if !ok {
		return nil
	}
	view, err := d.listView(ctx, s.Person, l, "")
	if err != nil {
		return err
	}
	return chat.UnlessStale(d.Slack.UpdateView(ctx, s.View.Root, "", view))
}
