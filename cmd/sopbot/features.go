package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sopbot/internal/answers"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/digest"
	"sopbot/internal/erasure"
	"sopbot/internal/form"
	"sopbot/internal/gateway"
	"sopbot/internal/handoff"
	"sopbot/internal/lead"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/qualification"
	"sopbot/internal/report"
	"sopbot/internal/research"
	"sopbot/internal/roster"
)

// features are the rooms that people talk to.
type features struct {
	answers        *answers.Answers
	roster         *roster.Roster
	deadlines      *deadline.Deadlines
	leads          *lead.Leads
	research       *research.Research
	qualifications *qualification.Qualifications
	handoffs       *handoff.Handoffs
	reports        *report.Reports
	digests        *digest.Digests
	keeper         *erasure.Keeper

	behind sync.WaitGroup // what goes on in the background, and needs the database
}

// newFeatures makes them and connects what must rise or cross between them.
// That is enough for help and for the manifest; ground puts them to work.
func newFeatures() *features {
	f := &features{answers: &answers.Answers{}, roster: &roster.Roster{}, leads: &lead.Leads{}}
	f.deadlines = &deadline.Deadlines{Roster: f.roster}
	f.leads.Roster = f.roster
	f.research = &research.Research{Roster: f.roster, Leads: f.leads}
	f.qualifications = &qualification.Qualifications{Roster: f.roster, Leads: f.leads}
	f.handoffs = &handoff.Handoffs{Roster: f.roster, Leads: f.leads}
	f.reports = &report.Reports{Roster: f.roster, Deadlines: f.deadlines, Leads: f.leads}
	f.leads.Steps = []lead.Step{f.research.Step(), f.qualifications.Step(), f.handoffs.Step()}
	f.handoffs.Scored = f.scored
	f.digests = &digest.Digests{Roster: f.roster, Deadlines: f.deadlines}
	f.connectClocks()
	f.keeper = &erasure.Keeper{}
	f.answers.Erased = erasure.Since
	f.digests.Opens = map[string]digest.Opener{"lead": f.leads.Open, "handoff": f.handoffs.OpenWhole}
	f.digests.Again = f.handoffs.Step().Run
	f.digests.Passes = map[string]digest.Opener{"lead": f.leads.OpenReassign, "handoff": f.handoffs.OpenReassign}
	return f
}

// router registers everything that people can type and click: a line per
// feature. The manifest is made from the same router, so that it cannot drift.
func (f *features) router() *chat.Router {
	r := chat.NewRouter()
	f.answers.Help = r.Commands
	f.answers.Register(r)
	f.leads.Register(r)
	f.research.Register(r)
	f.deadlines.Register(r)
	f.qualifications.Register(r)
	f.handoffs.Register(r)
	f.reports.Register(r)
	f.digests.Register(r)
	return r
}

// ground is what the features stand on.
type ground struct {
	db     *database.DB
	outbox *outbox.Outbox
	shelf  *playbook.Shelf
	posts  *gateway.Posts
	slack  *gateway.Gateway
	now    func() time.Time
	log    *slog.Logger
	meter  prometheus.Registerer
}

// stand puts the features to work.
func (f *features) stand(g ground) {
	a, r, l, q, h := f.answers, f.roster, f.leads, f.qualifications, f.handoffs
	a.DB, a.Slack, a.Now, a.Log = g.db, g.slack, g.now, g.log
	r.DB, r.Slack, r.Now, r.Log = g.db, g.slack, g.now, g.log
	r.Roles = func() map[string][]string { return g.shelf.InForce().Settings.Roles }
	r.Zone = func() *time.Location { return g.shelf.InForce().Settings.Timezone }
	l.DB, l.Slack, l.Posts, l.Shelf, l.Now, l.Log = g.db, g.slack, g.posts, g.shelf, g.now, g.log
	q.DB, q.Slack, q.Shelf, q.Now, q.Log = g.db, g.slack, g.shelf, g.now, g.log
	d := f.deadlines
	d.DB, d.Outbox, d.Posts, d.Slack, d.Shelf, d.Now, d.Log = g.db, g.outbox, g.posts, g.slack, g.shelf, g.now, g.log
	d.Work()
	m := f.digests
	m.DB, m.Outbox, m.Posts, m.Slack, m.Shelf, m.Now, m.Log = g.db, g.outbox, g.posts, g.slack, g.shelf, g.now, g.log
	m.Work()
	s := f.research
	s.DB, s.Outbox, s.Posts, s.Slack, s.Shelf, s.Now, s.Log = g.db, g.outbox, g.posts, g.slack, g.shelf, g.now, g.log
	s.Calendar, s.Files = d.Calendar, g.slack
	s.Work()
	w := f.reports
	w.DB, w.Posts, w.Slack, w.Shelf, w.Now, w.Log = g.db, g.posts, g.slack, g.shelf, g.now, g.log
	h.DB, h.Slack, h.Posts, h.Shelf, h.Now, h.Log = g.db, g.slack, g.posts, g.shelf, g.now, g.log
	k := f.keeper
	k.DB, k.Outbox, k.Posts, k.Shelf, k.Now, k.Log, k.Metrics = g.db, g.outbox, g.posts, g.shelf, g.now, g.log, g.meter
	k.Work()
}

// scored gives a lead's scorecard to the handoff, by the framework as it was
// scored with where that is still known.
func (f *features) scored(tx *database.Tx, of string) (*handoff.Score, error) {
	r, found, err := qualification.Latest(tx, of)
	if err != nil {
		return nil, err
	}
	b := f.handoffs.Shelf.Version(r.Playbook)
	if !found {
		// What nobody scored is unknown: the AE still gets the questions.
		b = f.handoffs.Shelf.InForce()
		page, err := qualification.Framework(b)
		if err != nil {
			return nil, nil //nolint:nilerr // a playbook without a framework has no questions
		}
		r.Framework = page.ID
	}
	page, ok := b.Page(r.Framework)
	switch {
	case ok && page.Framework != nil:
	case !found:
		return nil, nil
	default: // the page is gone: what was counted then still holds
		s := &handoff.Score{Words: r.Result.String(), Pass: r.Result.Pass, Scored: true}
		for _, id := range slices.Sorted(maps.Keys(r.Scores.Criteria)) {
			c := r.Scores.Criteria[id]
			s.Criteria = append(s.Criteria, handoff.Criterion{Label: strings.ReplaceAll(id, "_", " "), Standing: c.Standing, Note: c.Note})
		}
		return s, nil
	}
	counted := form.Score(page.Framework, r.Scores)
	s := &handoff.Score{Words: counted.String(), Pass: counted.Pass, Scored: found}
	for _, c := range page.Framework.Criteria {
		scored := r.Scores.Criteria[c.ID]
		if scored.Standing == "" {
			scored.Standing = form.Unknown
		}
		s.Criteria = append(s.Criteria, handoff.Criterion{Label: c.Label, Standing: scored.Standing, Note: scored.Note, Ask: c.Ask})
	}
	return s, nil
}

// tellOwners tells whoever looks after the playbook that something could not
// be done.
func (f *features) tellOwners(tx *database.Tx, key string, m chat.Message) error {
	owners := f.roster.Heard(roster.Owner)
	for _, id := range owners {
		if err := f.leads.Posts.Put(tx, key+"/"+id, id, m); err != nil {
			return err
		}
	}
	return nil
}

// begin reads what was known of people, before anybody is served.
func (f *features) begin(ctx context.Context) error {
	if err := f.roster.Start(ctx); err != nil {
		return err
	}
	if err := f.deadlines.Start(ctx); err != nil {
		return err
	}
	if err := f.keeper.Start(ctx); err != nil {
		return err
	}
	return f.digests.Start(ctx)
}

// settled follows a playbook that took the place of another: it may name other
// roles, hours and holidays.
func (f *features) settled(ctx context.Context) {
	f.roster.Refresh(ctx)
	if err := f.deadlines.Recompute(ctx); err != nil {
		f.deadlines.Log.Error("open deadlines could not be moved to the new hours", "error", err)
	}
	f.followDigests(ctx)
}

// followDigests brings the times of the next digests in line with the playbook
// and with who is a manager where.
func (f *features) followDigests(ctx context.Context) {
	if err := f.digests.Follow(ctx); err != nil {
		f.digests.Log.Error("digests could not be moved to their new times", "error", err)
	}
}
