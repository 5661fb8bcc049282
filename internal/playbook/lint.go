package playbook

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// wordsAMinute is how much an adult reads silently in a minute (about 238
// words of English prose in Brysbaert's review of 2019, rounded down for a
// phone in a noisy room).
const wordsAMinute = 220

// lint looks at what only the whole playbook shows. What it finds in pages
// goes to their drafts; what it finds in the settings it returns.
func (b *Playbook) lint(drafts []*draft, settings *mapping, now time.Time) Problems {
	var problems Problems
	if settings != nil {
		problems = b.lintSettings(settings, drafts)
	}
	known := b.confirmable()
	forms := map[string]bool{}
	orders := map[int]*Page{}
	for _, p := range b.Pages {
		if p.Form != nil {
			forms[p.ID] = true
		}
	}
	for _, d := range drafts {
		if s := d.Stage; s != nil && d.head != nil {
			if other, double := orders[s.Order]; double && d.head.has("order") {
				d.errorf(d.head.spot("order"), "the order %d is also that of %s", s.Order, other.File)
			}
			orders[s.Order] = d.Page
			d.lintFrom(s.Entry, "entry", known)
			d.lintFrom(s.Exit, "exit", known)
			d.lintActions(s.Actions, forms, b.Settings)
		}
		if d.Tool != nil {
			d.lintActions(d.Tool.Actions, forms, b.Settings)
		}
		d.lintDeclines(b.Settings)
		if d.head != nil || !d.FrontMatter {
			d.lintCare(now)
		}
	}
	return problems
}

func (b *Playbook) lintSettings(m *mapping, drafts []*draft) Problems {
	problems := append(b.lintDigest(m), b.lintResearch(m)...)
	q := b.Settings.Qualification
	if q == "" {
		return problems
	}
	if p, ok := b.byID[q]; ok && p.Framework != nil {
		return problems
	}
	var frameworks []string
	for _, d := range drafts {
		if d.Framework != nil {
			frameworks = append(frameworks, d.ID)
		}
	}
	hint := "; there is no page of kind framework"
	if len(frameworks) > 0 {
		hint = didYouMean(q, frameworks)
	}
	at := m.r.at(m.values["qualification"])
	return append(problems, Problem{File: SettingsFile, Line: at.line, Column: at.column, Severity: Error,
		Message: fmt.Sprintf("qualification: there is no framework %q%s", q, hint)})
}

// lintDigest looks for digest times at which nobody works.
func (b *Playbook) lintDigest(m *mapping) (problems Problems) {
	h, d := b.Settings.Hours, b.Settings.Digest
	if h.none() {
		return nil // which is said already
	}
	at := m.spot("digest")
	warn := func(format string, args ...any) {
		problems = append(problems, Problem{File: SettingsFile, Line: at.line, Column: at.column, Severity: Warning, Message: fmt.Sprintf(format, args...)})
	}
	clock := func(name string, c Clock) {
		if c.Minutes < h.From.Minutes || c.Minutes >= h.To.Minutes {
			warn("digest: nobody works at %s (hours are from %s to %s), so the %s one goes out when work begins next; name a time within them", c, h.From, h.To, name)
		}
	}
	if d.HaveDaily {
		clock("daily", d.Daily)
	}
	switch {
	case !d.HaveWeekly:
	case !h.Days[d.WeeklyDay]:
		warn("digest: nobody works on %s, so the weekly one goes out when work begins next; name a day of the hours", d.WeeklyDay)
	default:
		clock("weekly", d.Weekly)
	}
	return problems
}

// lintResearch looks for a block of time that no working day has room for.
func (b *Playbook) lintResearch(m *mapping) (problems Problems) {
	h, block := b.Settings.Hours, b.Settings.ResearchBlock
	day := time.Duration(h.To.Minutes-h.From.Minutes) * time.Minute
	if block.At.Set && day > 0 && block.For > day {
		at := m.spot("research_block")
		problems = append(problems, Problem{File: SettingsFile, Line: at.line, Column: at.column, Severity: Warning,
			Message: fmt.Sprintf("research_block: no working day has room for %s (hours are from %s to %s), so the block is a whole day", wordsOf(block.For), h.From, h.To)})
	}
	return problems
}

// confirmable collects what an entry or exit item may take as confirmed.
func (b *Playbook) confirmable() map[string]bool {
	known := map[string]bool{}
	for _, p := range b.Pages {
		if p.Framework != nil {
			for _, c := range p.Framework.Criteria {
				known[c.ID] = true
			}
		}
		if p.Form != nil {
			for _, f := range p.Form.Fields {
				known[f.ID] = true
			}
		}
		if p.Stage != nil {
			for _, f := range p.Stage.Capture {
				known[f.ID] = true
			}
		}
	}
	return known
}

func (d *draft) lintFrom(items []Item, key string, known map[string]bool) {
	for _, i := range items {
		if i.From != "" && !known[i.From] {
			d.warnf(d.head.spot(key), "%s %q is confirmed from %q, but no framework, form or stage has such a criterion or field", key, i.ID, i.From)
		}
	}
}

// lintDeclines looks for a role that nobody has.
func (d *draft) lintDeclines(s Settings) {
	if d.Form == nil || d.head == nil || !d.head.has("declines") {
		return
	}
	then := d.Form.Declines.Then
	if _, named := s.Roles[then]; then != "" && !named && len(s.Roles) > 0 {
		d.warnf(d.head.spot("declines"), "declines: %s names nobody for the role %q, so everyone who hands leads off may go on doing so", SettingsFile, then)
	}
}

// lintActions looks at what actions name elsewhere: forms, roles, and how long a
// working day is.
func (d *draft) lintActions(actions []Action, forms map[string]bool, s Settings) {
	day := max(0, time.Duration(s.Hours.To.Minutes-s.Hours.From.Minutes)*time.Minute)
	for _, a := range actions {
		if a.Done != "" && a.Done != "button" && !forms[a.Done] {
			d.errorf(d.actionAt[a.ID], "action %q is done by %q, which is neither \"button\" nor a form of this playbook", a.ID, a.Done)
		}
		for _, r := range a.Remind {
			if day > 0 && a.Timed() && !r.alike(a.Within) && r.in(day) >= a.Within.in(day) {
				d.errorf(d.actionAt[a.ID], "action %q: a reminder %s before the deadline would be before the clock starts, or just then, for it runs for %s and a working day has %s; name less", a.ID, r, a.Within, wordsOf(day))
			}
		}
		d.lintWeek(a, s)
		// Settings without any roles are for trying things out.
		if _, named := s.Roles[a.Escalate]; a.Escalate != "" && !named && len(s.Roles) > 0 {
			d.warnf(d.actionAt[a.ID], "action %q is escalated to %q, but %s names nobody for that role: nobody would be told", a.ID, a.Escalate, SettingsFile)
		}
	}
}

// lintWeek looks at what belongs to a week: who does it, and whether it can be
// done within one.
func (d *draft) lintWeek(a Action, s Settings) {
	if a.On != EventWeekStarted || !a.Timed() {
		return
	}
	for _, role := range a.Roles {
		if _, named := s.Roles[role]; !named && len(s.Roles) > 0 {
			d.warnf(d.actionAt[a.ID], "action %q is for %q to do each week, but %s names nobody for that role, so nobody is asked%s", a.ID, role, SettingsFile,
				didYouMean(role, slices.Sorted(maps.Keys(s.Roles))))
		}
	}
	day, days := time.Duration(s.Hours.To.Minutes-s.Hours.From.Minutes)*time.Minute, 0
	for _, works := range s.Hours.Days {
		if works {
			days++
		}
	}
	if week := time.Duration(days) * day; week > 0 && a.Within.in(day) > week {
		d.warnf(d.actionAt[a.ID], "action %q: %s are more than a week of work has, so it is due when the week ends", a.ID, a.Within.Words())
	}
}

func wordsOf(d time.Duration) string { return Span{Clock: d}.Words() }

// lintCare looks for pages that nobody looks after or nobody can read in a
// minute.
func (d *draft) lintCare(now time.Time) {
	if d.Owner == "" {
		d.warnf(spot{1, 1}, "no owner: nobody is asked when this page needs a review")
	}
	if !d.Review.IsZero() {
		switch {
		case d.Reviewed.IsZero():
			d.warnf(d.head.spot("review"), "to be reviewed %s, but never reviewed: add \"reviewed\" with a date", d.Review)
		case d.Reviewed.Add(d.Review.Span).Before(DateOf(now)):
			due := d.Reviewed.Add(d.Review.Span)
			d.warnf(d.head.spot("reviewed"), "the review is overdue: last on %s, due on %s", d.Reviewed, due)
		}
	}
	if d.Reviewed.In(time.UTC).After(now.AddDate(0, 0, 1)) {
		d.warnf(d.head.spot("reviewed"), "reviewed on %s, which is still to come", d.Reviewed)
	}
	if n := len(strings.Fields(d.Body)); n > wordsAMinute {
		d.warnf(d.body, "%d words: more than is read on a phone in a minute (about %d); split the page", n, wordsAMinute)
	}
	if d.Body == "" || strings.TrimSpace(d.Body) == "" {
		if len(d.Sections) == 1 && d.Sections[0].Markdown == "" {
			d.warnf(d.body, "the page is empty")
		}
	}
}

// ReviewDue gives the day on which the page's next review is due; ok is
// false when it is never reviewed.
func (p *Page) ReviewDue() (due Date, ok bool) {
	if p.Review.IsZero() || p.Reviewed.IsZero() {
		return Date{}, false
	}
	return p.Reviewed.Add(p.Review.Span), true
}

// Err gives the errors of a playbook as one error in plain words, or nil if
// it may be served.
func (ps Problems) Err() error {
	errs := ps.Errors()
	if len(errs) == 0 {
		return nil
	}
	const show = 10
	var b strings.Builder
	for i, p := range errs {
		if i == show {
			fmt.Fprintf(&b, "\n  … and %d more; `sopbot lint` prints all", len(errs)-show)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	n := "an error"
	if len(errs) > 1 {
		n = fmt.Sprintf("%d errors", len(errs))
	}
	return fmt.Errorf("the playbook has %s:%s", n, b.String())
}
