package research

import (
	"time"

	"sopbot/internal/deadline"
)

const (
	// slot is what the beginnings of appointments are rounded to.
	slot = 15 * time.Minute
	// shortest is what is left of a block that still has to end by a deadline.
	shortest = 15 * time.Minute
)

// findBlock finds time for research: the next quarter of an hour on, as long as the
// playbook says, within one stretch of the person's working time. It is shorter
// where it would not end by the last deadline otherwise; a deadline that passed,
// or is too near, does not count.
func findBlock(c deadline.Calendar, now time.Time, length time.Duration, dues ...time.Time) (from, until time.Time) {
	begin := now.Truncate(time.Minute) // the minute that has begun is not past
	if t := begin.Truncate(slot); t.Before(begin) {
		begin = t.Add(slot)
	}
	var last time.Time
	for _, due := range dues {
		if due.After(last) {
			last = due
		}
	}
	left := min(length, last.Sub(c.Next(begin)).Truncate(5*time.Minute))
	for ; left >= min(length, shortest); left -= slot {
		if from, until = c.Stretch(begin, left); !until.After(last) {
			return from, until
		}
	}
	return c.Stretch(begin, length)
}
