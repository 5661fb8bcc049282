package digest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sopbot/internal/database"
	"sopbot/internal/database/dbtest"
	"sopbot/internal/playbook"
)

// until sleeps to a moment of the bubble's clock.
func until(t testing.TB, text string) {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Until(at))
}

// bubble runs a test on a clock of its own, from a Monday in March in which
// Berlin and Lord Howe Island, and a week later New York, turn their clocks.
func bubble(t *testing.T, test func(t *testing.T, s *shop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		until(t, "2000-03-19T12:00:00Z")
		test(t, open(t, dbtest.Open(t, filepath.Join(dbtest.Swift(t), "sopbot.db")), settings))
	})
}

func TestAFortnightOfDigests(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		stop := s.run(t)
		until(t, "2000-04-04T03:00:00Z")
		stop()
		// Friday the 24th is a holiday; 08:30 is before anybody works.
		for person, more := range map[string]string{"UBERLIN": "", "UYORK": "", "UHOWE": "Tue 4 Apr 09:00 daily"} { // where it is Tuesday already
			want := fortnight + more
			if diff := cmp.Diff(sorted(want), when(s.book.digests(person), zone(t, zones[person]))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", person, diff)
			}
		}
		if diff := cmp.Diff(sorted("Mon 20 Mar 09:00 weekly\nMon 27 Mar 09:00 weekly\nMon 3 Apr 09:00 weekly"), when(s.book.digests("C0TEAM"), zone(t, "Europe/Berlin"))); diff != "" {
			t.Errorf("the team (-want +got):\n%s", diff)
		}
		for _, n := range s.book.digests("") {
			if person := strings.TrimPrefix(n.channel, "C0TEAM"); !s.times(person).Within(n.at) {
				t.Errorf("%s was told at %s, outside working hours", n.channel, n.at)
			}
		}
	})
}

const fortnight = `Mon 20 Mar 09:00 daily
Mon 20 Mar 09:00 weekly
Tue 21 Mar 09:00 daily
Wed 22 Mar 09:00 daily
Thu 23 Mar 09:00 daily
Mon 27 Mar 09:00 daily
Mon 27 Mar 09:00 weekly
Tue 28 Mar 09:00 daily
Wed 29 Mar 09:00 daily
Thu 30 Mar 09:00 daily
Fri 31 Mar 09:00 daily
Mon 3 Apr 09:00 daily
Mon 3 Apr 09:00 weekly
`

// Whatever is done to the clock, each day has its digest once, or none.
func TestAClockThatIsTurnedDoublesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		stop := s.run(t)
		until(t, "2000-03-20T08:00:30Z") // 09:00 in Berlin has passed
		s.turn(-time.Hour)
		time.Sleep(2 * time.Hour)
		s.turn(-26 * time.Hour)
		time.Sleep(30 * time.Hour) // Monday's 09:00 a third time
		s.turn(time.Hour)
		s.turn(-time.Hour)
		time.Sleep(24 * time.Hour) // Tuesday's
		stop()
		want := sorted("Mon 20 Mar 09:00 daily\nMon 20 Mar 09:00 weekly\nTue 21 Mar 09:00 daily")
		if diff := cmp.Diff(want, when(s.book.digests("UBERLIN"), zone(t, "Europe/Berlin"))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// After a time in which nobody was there, what is still of use goes out once;
// what is not is skipped, and said.
func TestAfterDowntime(t *testing.T) {
	for name, tc := range map[string]struct {
		back    string // UTC; Berlin is an hour ahead
		want    string
		skipped int
	}{
		"three hours late goes out":             {"2000-03-21T11:00:00Z", "Tue 21 Mar 12:00 daily", 0},
		"five hours late is skipped":            {"2000-03-21T13:00:00Z", "Wed 22 Mar 09:00 daily", 1},
		"after two days, the one of today does": {"2000-03-23T10:30:00Z", "Thu 23 Mar 11:30 daily", 1},
		"at night, nothing":                     {"2000-03-21T23:00:00Z", "Wed 22 Mar 09:00 daily", 1},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *shop) {
				s.use(t, strings.Replace(settings, "UBERLIN, UYORK, UHOWE", "UBERLIN", 1))
				stop := s.run(t)
				until(t, "2000-03-20T12:00:00Z")
				stop()
				before := len(s.book.digests("UBERLIN"))
				until(t, tc.back)
				s.again(t)
				stop = s.run(t)
				time.Sleep(10 * time.Second)
				if len(s.book.digests("UBERLIN")) == before { // not at once, then: the next one
					until(t, "2000-03-22T12:00:00Z")
				}
				stop()
				if diff := cmp.Diff(sorted(tc.want), when(s.book.digests("UBERLIN")[before:], zone(t, "Europe/Berlin"))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if n := strings.Count(s.said.String(), "a digest is skipped"); n != tc.skipped {
					t.Errorf("said %d times that it is skipped, want %d:\n%s", n, tc.skipped, s.said)
				}
			})
		})
	}
}

// Who is a manager, where, and when digests go out is followed.
func TestChangesAreFollowed(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(t *testing.T, s *shop)
		person string
		want   string // from Tuesday on
	}{
		"another time": {func(t *testing.T, s *shop) {
			s.use(t, strings.Replace(settings, `daily: "08:30"`, `daily: "11:15"`, 1))
		}, "UBERLIN",
			"Tue 21 Mar 11:15 daily\nWed 22 Mar 11:15 daily"},
		"other hours": {func(t *testing.T, s *shop) { s.use(t, strings.Replace(settings, `from: "09:00"`, `from: "10:00"`, 1)) }, "UBERLIN",
			"Tue 21 Mar 10:00 daily\nWed 22 Mar 10:00 daily"},
		"an evening's digest comes in the morning": {func(t *testing.T, s *shop) {
			s.use(t, strings.Replace(settings, `daily: "08:30"`, `daily: "20:00"`, 1))
		}, "UBERLIN",
			"Wed 22 Mar 09:00 daily"}, // Tuesday's: Monday has had its own
		"no longer a manager": {func(t *testing.T, s *shop) { s.use(t, strings.Replace(settings, "UBERLIN, ", "", 1)) }, "UBERLIN", ""},
		"a new manager":       {func(t *testing.T, s *shop) { s.use(t, strings.Replace(settings, "UBERLIN", "UBERLIN, UNEW", 1)) }, "UNEW", "Tue 21 Mar 09:00 daily\nWed 22 Mar 09:00 daily"},
		"no managers are named": {func(t *testing.T, s *shop) {
			s.use(t, strings.Replace(settings, ", manager: [UBERLIN, UYORK, UHOWE]", "", 1))
		}, "UBERLIN", ""},
		"no more daily ones": {func(t *testing.T, s *shop) { s.use(t, strings.Replace(settings, `daily: "08:30", `, "", 1)) }, "UBERLIN", ""},
		"a new holiday":      {func(t *testing.T, s *shop) { s.use(t, strings.Replace(settings, "[2000-03-24]", "[2000-03-21]", 1)) }, "UBERLIN", "Wed 22 Mar 09:00 daily"},
		"somebody left":      {func(_ *testing.T, s *shop) { s.team.mu.Lock(); defer s.team.mu.Unlock(); s.team.left["UBERLIN"] = true }, "UBERLIN", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, s *shop) {
				stop := s.run(t)
				until(t, "2000-03-20T12:00:00Z")
				before := len(s.book.digests(tc.person))
				tc.change(t, s)
				if err := s.Follow(context.Background()); err != nil {
					t.Fatal(err)
				}
				until(t, "2000-03-22T15:00:00Z")
				stop()
				var want []string
				if tc.want != "" {
					want = sorted(tc.want)
				}
				if diff := cmp.Diff(want, when(s.book.digests(tc.person)[before:], zone(t, "Europe/Berlin"))); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

// A time that passed today before it was the playbook's is not made up for.
func TestATimeThatHasPassedStartsTomorrow(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		s.use(t, strings.Replace(settings, `daily: "08:30"`, `daily: "16:00"`, 1))
		stop := s.run(t)
		until(t, "2000-03-20T12:00:00Z")
		s.use(t, settings)
		if err := s.Follow(context.Background()); err != nil {
			t.Fatal(err)
		}
		until(t, "2000-03-21T12:00:00Z")
		stop()
		if diff := cmp.Diff(sorted("Mon 20 Mar 09:00 weekly\nTue 21 Mar 09:00 daily"), when(s.book.digests("UBERLIN"), zone(t, "Europe/Berlin"))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// Two hundred managers at one hour: their digests leave one after the other, and
// everybody has one in less than a minute.
func TestTwoHundredManagersAtOneHour(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		var ids []string
		for i := range 200 {
			ids = append(ids, fmt.Sprintf("U%03d", i))
		}
		s.use(t, strings.Replace(settings, "UBERLIN, UYORK, UHOWE", strings.Join(ids, ", "), 1))
		stop := s.run(t)
		until(t, "2000-03-21T07:59:59Z")
		before := len(s.book.digests(""))
		until(t, "2000-03-21T08:01:00Z")
		stop()
		seconds, people := map[int64]int{}, map[string]int{}
		for _, n := range s.book.digests("")[before:] {
			seconds[n.at.Unix()]++
			people[n.channel]++
		}
		if len(people) != 200 {
			t.Errorf("%d managers have a digest", len(people))
		}
		for at, n := range seconds {
			if n > 6 {
				t.Errorf("%d left in the second %s", n, time.Unix(at, 0).UTC())
			}
		}
	})
}

// A role that is a user group, on a first start: nobody is known yet, and
// everybody has the first digest on their own clock.
func TestManagersOfAGroupAreFoundAtTheStart(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		s.use(t, strings.Replace(settings, "UBERLIN, UYORK, UHOWE", "S0BOSS", 1))
		until(t, "2000-03-20T07:59:00Z")
		stop := s.run(t)
		until(t, "2000-03-20T20:00:00Z")
		stop()
		for _, person := range []string{"UBERLIN", "UYORK"} {
			want := sorted("Mon 20 Mar 09:00 daily\nMon 20 Mar 09:00 weekly")
			if diff := cmp.Diff(want, when(s.book.digests(person), zone(t, zones[person]))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", person, diff)
			}
		}
	})
}

// A bot that is stopped again and again, for hours, in the middle of whatever it
// does: every digest still comes, once.
func TestStopsLoseAndDoubleNothing(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *shop) {
				chance := rand.New(rand.NewPCG(seed, 1))
				end := time.Date(2000, 4, 3, 23, 0, 0, 0, time.UTC)
				for time.Now().Before(end) {
					stop := s.run(t)
					switch chance.IntN(3) {
					case 0: // at nine to the millisecond, in one of the zones
						t := s.times([]string{"UBERLIN", "UYORK", "UHOWE"}[chance.IntN(3)])
						next, _ := t.next(Daily, playbook.Date{}, time.Now())
						time.Sleep(time.Until(next.At) + time.Duration(chance.IntN(700))*time.Millisecond)
					default:
						time.Sleep(time.Duration(chance.Int64N(int64(10 * time.Hour))))
					}
					stop()
					time.Sleep(time.Duration(chance.Int64N(int64(3 * time.Hour))))
					s.again(t)
				}
				for _, person := range []string{"UBERLIN", "UYORK", "UHOWE"} {
					got := map[string]int{}
					for _, line := range when(s.book.digests(person), zone(t, zones[person])) {
						day, clock, _ := strings.Cut(line, ":")
						got[day[:len(day)-3]+strings.TrimLeft(clock, "0123456789")]++
					}
					want := map[string]int{}
					for _, line := range sorted(fortnight) {
						want[strings.Replace(line, " 09:00", "", 1)]++
					}
					if got["Tue 4 Apr daily"] == 1 { // the last run may have gone on so long
						delete(got, "Tue 4 Apr daily")
					}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%s (-want +got):\n%s", person, diff)
					}
				}
			})
		})
	}
}

// A bot that was killed may have kept what it planned and forgotten where the
// reader is: until Slack has said so again, the plan stands.
func TestAPlanOutlivesAZoneThatWasForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, s *shop) {
		stop := s.run(t)
		until(t, "2000-03-20T13:59:00Z") // a minute before nine in New York
		stop()
		if err := s.db.Write(t.Context(), func(tx *database.Tx) error {
			_, err := tx.Exec("DELETE FROM people WHERE id = 'UYORK'")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.again(t)
		stop = s.run(t)
		until(t, "2000-03-20T14:10:00Z")
		stop()
		want := sorted("Mon 20 Mar 09:00 daily\nMon 20 Mar 09:00 weekly")
		if diff := cmp.Diff(want, when(s.book.digests("UYORK"), zone(t, zones["UYORK"]))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
