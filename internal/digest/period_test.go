package digest

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/deadline"
	"sopbot/internal/playbook"
)

func timesOf(t testing.TB, settings, where string) times {
	t.Helper()
	pb, problems, err := playbook.Load(fstest.MapFS{"playbook.yaml": {Data: []byte(settings)}, "p.md": {Data: []byte("---\nowner: x\n---\ntext\n")}}, time.Now())
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems.Err())
	}
	return times{deadline.NewCalendar(&pb.Settings, zone(t, where)), pb.Settings.Digest}
}

const nineToFive = "hours: {days: [mon, tue, wed, thu, fri], from: \"09:00\", to: \"17:00\"}\nholidays: [2026-11-26, 2026-12-28]\n"

func TestWhenADigestGoesOut(t *testing.T) {
	for name, tc := range map[string]struct {
		times, where string
		kind         Kind
		from         string // on that clock
		want         []string
	}{
		"within the hours": {`daily: "10:30"`, "Europe/Berlin", Daily, "2026-11-25 11:00",
			[]string{"2026-11-27 for Fri 27 Nov 10:30", "2026-11-30 for Mon 30 Nov 10:30", "2026-12-01 for Tue 1 Dec 10:30"}}, // Thursday is a holiday
		"at breakfast, when work begins": {`daily: "07:00"`, "Asia/Kolkata", Daily, "2026-11-25 08:00",
			[]string{"2026-11-25 for Wed 25 Nov 09:00", "2026-11-27 for Fri 27 Nov 09:00"}},
		"in the evening, when work begins again": {`daily: "17:00"`, "Asia/Kolkata", Daily, "2026-11-27 08:00",
			[]string{"2026-11-25 for Fri 27 Nov 09:00", "2026-11-27 for Mon 30 Nov 09:00", "2026-11-30 for Tue 1 Dec 09:00"}},
		"a week whose day is off": {`weekly: "sun 18:00"`, "Europe/London", Weekly, "2026-11-25 08:00",
			[]string{"2026-11-29 for Mon 30 Nov 09:00", "2026-12-06 for Mon 7 Dec 09:00"}},
		"a week whose Monday is a holiday": {`weekly: "mon 10:00"`, "America/New_York", Weekly, "2026-12-22 08:00",
			[]string{"2026-12-28 for Tue 29 Dec 09:00", "2027-01-04 for Mon 4 Jan 10:00"}},
		"in the night that is left out": {`daily: "09:00"`, "Europe/Berlin", Daily, "2026-03-27 09:01",
			[]string{"2026-03-30 for Mon 30 Mar 09:00", "2026-03-31 for Tue 31 Mar 09:00"}},
		"none is wished for": {`weekly: "mon 10:00"`, "Europe/Berlin", Daily, "2026-11-25 08:00", nil},
	} {
		t.Run(name, func(t *testing.T) {
			tm := timesOf(t, nineToFive+"digest: {"+tc.times+"}\n", tc.where)
			from, err := time.ParseInLocation("2006-01-02 15:04", tc.from, tm.Zone())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			var last playbook.Date
			for range tc.want {
				s, _ := tm.next(tc.kind, last, from)
				got = append(got, s.Day.String()+" for "+s.At.In(tm.Zone()).Format("Mon 2 Jan 15:04"))
				last = s.Day
			}
			if s, some := tm.next(tc.kind, last, from); tc.want == nil && some {
				t.Errorf("there is one at %s", s.At)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatADigestTellsOf(t *testing.T) {
	for name, tc := range map[string]struct {
		kind      Kind
		at        string
		asked     bool
		now, then string
	}{
		"the morning's tells of yesterday":          {Daily, "2026-11-25 09:00", false, "Tue 24 00:00 to Wed 25 00:00", "Mon 23 00:00 to Tue 24 00:00"},
		"Monday's tells of Friday and what came":    {Daily, "2026-11-23 09:00", false, "Fri 20 00:00 to Mon 23 00:00", "Thu 19 00:00 to Fri 20 00:00"},
		"after a holiday":                           {Daily, "2026-11-27 09:00", false, "Wed 25 00:00 to Fri 27 00:00", "Tue 24 00:00 to Wed 25 00:00"},
		"the evening's tells of today":              {Daily, "2026-11-25 16:30", false, "Wed 25 00:00 to Wed 25 16:30", "Tue 24 00:00 to Tue 24 16:30"},
		"who asks in the morning is told of today":  {Daily, "2026-11-25 09:30", true, "Wed 25 00:00 to Wed 25 09:30", "Tue 24 00:00 to Tue 24 09:30"},
		"who asks on a Saturday":                    {Daily, "2026-11-21 11:00", true, "Sat 21 00:00 to Sat 21 11:00", "Fri 20 00:00 to Fri 20 11:00"},
		"Monday morning's week is the one before":   {Weekly, "2026-11-23 09:00", false, "Mon 16 00:00 to Mon 23 00:00", "Mon 9 00:00 to Mon 16 00:00"},
		"Friday evening's week ends now":            {Weekly, "2026-11-27 16:00", false, "Sat 21 00:00 to Fri 27 16:00", "Sat 14 00:00 to Fri 20 16:00"},
		"who asks for a week is told of seven days": {Weekly, "2026-11-25 10:00", true, "Thu 19 00:00 to Wed 25 10:00", "Thu 12 00:00 to Wed 18 10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			tm := timesOf(t, nineToFive+"digest: {daily: \"09:00\", weekly: \"mon 09:00\"}\n", "America/New_York")
			at, err := time.ParseInLocation("2006-01-02 15:04", tc.at, tm.Zone())
			if err != nil {
				t.Fatal(err)
			}
			p := tm.period(tc.kind, at, tc.asked)
			words := func(s Span) string {
				return s.From.In(tm.Zone()).Format("Mon 2 15:04") + " to " + s.To.In(tm.Zone()).Format("Mon 2 15:04")
			}
			if got := words(p.Now); got != tc.now {
				t.Errorf("tells of %s, want %s", got, tc.now)
			}
			if got := words(p.Before); got != tc.then {
				t.Errorf("compares with %s, want %s", got, tc.then)
			}
			if last := p.Days[len(p.Days)-1]; tm.midnight(last.Add(playbook.Span{Days: 1})).Before(p.Now.To) || !tm.midnight(p.Days[0]).Equal(p.Now.From) {
				t.Errorf("the days are %v", p.Days)
			}
		})
	}
}
