package chat

import (
	"fmt"
	"time"
)

// Moment writes an instant so that each reader sees it in their own time zone;
// where Slack cannot do that (notifications, screen readers) it stands in loc.
// (docs.slack.dev/messaging/formatting-message-text#date-formatting)
func Moment(t time.Time, loc *time.Location) string {
	if t.IsZero() {
		return "–"
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), MomentText(t, loc))
}

// Stretch writes a time from an instant to another: where both are on one day in
// loc, the day is said once.
func Stretch(from, until time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	day := func(t time.Time) string { return t.In(loc).Format(time.DateOnly) }
	if day(from) != day(until) {
		return Moment(from, loc) + " to " + Moment(until, loc)
	}
	return Moment(from, loc) + " to " + fmt.Sprintf("<!date^%d^{time}|%s>", until.Unix(), until.In(loc).Format("15:04 MST"))
}

// MomentText writes an instant in that zone as plain text; nil is UTC.
func MomentText(t time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	return t.In(loc).Format("Mon 2 Jan 2006, 15:04 MST")
}

// Person mentions a member; an ID that is none is shown as text.
func Person(id string) string {
	switch {
	case id == "":
		return "nobody"
	case WasErased(id):
		return "somebody who was erased"
	}
	for i, r := range id {
		if upper := r >= 'A' && r <= 'Z'; !upper && (i == 0 || r < '0' || r > '9') {
			return EscapeInline(id)
		}
	}
	return "<@" + id + ">"
}
