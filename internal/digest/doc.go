// Package digest keeps managers in the picture: each working morning what needs
// them today, with a button each, and yesterday's numbers against the day before;
// each week the same against the week before, with charts.
//
// Each feature counts for itself (its Tally); here the counts are put side by
// side and into words. When a digest goes out is a row per manager, by their own
// clock and the playbook's times: once per local day, whatever happens to clocks.
// The same at any time for a manager who types /digest.
//
// Read on: period.go is the rules of time; report.go, need.go and people.go what is
// counted; view.go, view_need.go and view_week.go what people see, list.go where
// they read on; chat.go what they type and click (start at Register), nudge.go a
// manager's word to somebody; later.go what goes out by itself, and stale.go what
// becomes of one that did not arrive; store.go its SQL.
package digest
