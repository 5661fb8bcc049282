package playbook

import "time"

// Settings is what playbook.yaml says. Everything in it is optional.
type Settings struct {
	Name          string
	Timezone      *time.Location // when a person's own is unknown; never nil (UTC by default)
	Currency      string         // ISO 4217; "" if none
	Hours         Hours
	Holidays      []Date
	Roles         map[string][]string // role → Slack user-group or member IDs; a role left out is open to everyone
	Channels      map[string]string   // "handoffs", "digest", "playbook" → channel ID
	Qualification string              // id of the framework that /qualify uses; "" = the first one
	Digest        DigestTimes
	ResearchBlock Block
	Synonyms      [][]string // groups of words or phrases that mean the same
	Retention     Retention
}

// Retention is how long things are kept; a zero span keeps them for ever. What
// is still worked on is kept, however old it is.
type Retention struct {
	Questions Span // what was asked, opened, rated and shared
	Leads     Span // after the last change of one that is over, with all that is known of it
	Messages  Span // where the bot's messages about no lead stand, and what they say
	Audit     Span // who did what, when
}

// Hours are the working hours of a week.
type Hours struct {
	Days     [7]bool // index is time.Weekday
	From, To Clock
}

// Clock is a time of day.
type Clock struct {
	Minutes int // since midnight, 0 to 1440 ("24:00")
	Set     bool
}

// Block is the time that each rep with open research is offered for it.
type Block struct {
	At  Clock         // when the morning's list goes out; not set = there is none
	For time.Duration // how long the time is that is offered; never zero
}

// usualBlock is as long as the research of one lead may take by default.
const usualBlock = 2 * time.Hour

// DigestTimes says when digests go out.
type DigestTimes struct {
	Daily      Clock
	Weekly     Clock
	WeeklyDay  time.Weekday
	HaveDaily  bool
	HaveWeekly bool
}
