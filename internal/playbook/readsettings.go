package playbook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// SettingsFile is the name of the settings at the playbook's root.
const SettingsFile = "playbook.yaml"

// Slack's IDs: members U… and W…, user groups S…, channels C… and G….
var (
	memberPattern  = regexp.MustCompile(`^[UWS][A-Z0-9]{2,}$`)
	channelPattern = regexp.MustCompile(`^[CG][A-Z0-9]{2,}$`)
	moneyPattern   = regexp.MustCompile(`^[A-Z]{3}$`)
)

var weekdays = map[string]time.Weekday{"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday}

var weekdayWords = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// defaultSettings holds where playbook.yaml says nothing: office hours, and
// everything that posts by itself is off.
func defaultSettings() Settings {
	s := Settings{Name: "Sales playbook", Timezone: time.UTC, Roles: map[string][]string{}, Channels: map[string]string{}}
	for d := time.Monday; d <= time.Friday; d++ {
		s.Hours.Days[d] = true
	}
	s.Hours.From = Clock{9 * 60, true}
	s.Hours.To = Clock{17*60 + 30, true}
	s.ResearchBlock.For = usualBlock
	return s
}

// readSettings reads playbook.yaml. Besides the settings it gives the mapping,
// for what lint finds later; nil when it could not be read.
func readSettings(raw []byte) (Settings, *reader, *mapping) {
	s := defaultSettings()
	r := &reader{file: SettingsFile}
	source, _ := cleanText(raw)
	m, ok := r.document(source)
	if !ok {
		return s, r, nil
	}
	m.what = SettingsFile
	if n := m.text("name"); n != "" {
		s.Name = n
	}
	if z := m.text("timezone"); z != "" {
		loc, err := time.LoadLocation(z)
		if err != nil || z == "Local" {
			m.r.errorf(r.at(m.values["timezone"]), "timezone %q is not a zone; write it like America/New_York", z)
		} else {
			s.Timezone = loc
		}
	}
	s.Currency = m.text("currency")
	if s.Currency != "" && !moneyPattern.MatchString(s.Currency) {
		r.errorf(r.at(m.values["currency"]), "currency %q is not three capital letters such as USD", s.Currency)
	}
	if n, _, ok := m.see("hours"); ok {
		if hm, ok := r.mapping(n, "hours"); ok {
			readHours(hm, &s.Hours)
			hm.end()
		}
	}
	for _, n := range m.nodes("holidays") {
		text, _ := r.scalar(n)
		d, err := ParseDate(text)
		if err != nil {
			r.errorf(r.at(n), "holidays: %v", err)
			continue
		}
		s.Holidays = append(s.Holidays, d)
	}
	if n, _, ok := m.see("roles"); ok {
		if rm, ok := r.mapping(n, "roles"); ok {
			for _, role := range rm.keys {
				for _, id := range rm.texts(role) {
					if !memberPattern.MatchString(id) {
						r.errorf(r.at(rm.values[role]), "role %s: %q is not a Slack member ID (U…) or user-group ID (S…)", role, id)
						continue
					}
					s.Roles[role] = append(s.Roles[role], id)
				}
			}
		}
	}
	if n, _, ok := m.see("channels"); ok {
		if cm, ok := r.mapping(n, "channels"); ok {
			for _, use := range []string{"handoffs", "digest", "playbook"} {
				id := cm.text(use)
				if id == "" {
					continue
				}
				if !channelPattern.MatchString(id) {
					r.errorf(r.at(cm.values[use]), "channel %s: %q is not a Slack channel ID (C…)", use, id)
					continue
				}
				s.Channels[use] = id
			}
			cm.end()
		}
	}
	s.Qualification = m.text("qualification")
	if n, _, ok := m.see("digest"); ok {
		if dm, ok := r.mapping(n, "digest"); ok {
			readDigest(dm, &s.Digest)
			dm.end()
		}
	}
	readResearchBlock(m, &s.ResearchBlock)
	if n, _, ok := m.see("retention"); ok {
		if rm, ok := r.mapping(n, "retention"); ok {
			readRetention(rm, &s.Retention)
			rm.end()
		}
	}
	readSynonyms(m, &s)
	m.end()
	return s, r, m
}

func readHours(m *mapping, h *Hours) {
	if m.has("days") {
		h.Days = [7]bool{}
		nodes := m.nodes("days")
		for _, n := range nodes {
			text, _ := m.r.scalar(n)
			day, ok := parseWeekday(text)
			if !ok {
				m.r.errorf(m.r.at(n), "%q is not a day%s", text, didYouMean(text, weekdayWords))
				continue
			}
			h.Days[day] = true
		}
		if len(nodes) == 0 {
			m.r.errorf(m.spot("days"), "days is empty, so nobody would ever work; write them like [mon, tue, wed, thu, fri]")
		}
	} else {
		m.nodes("days")
	}
	if c := m.clock("from"); c.Set {
		h.From = c
	}
	if c := m.clock("to"); c.Set {
		h.To = c
	}
	if h.none() {
		m.r.errorf(m.spot("to"), "hours go from %s to %s; the end must come after the start, on the same day (\"00:00\" to \"24:00\" is the whole of it)", h.From, h.To)
	}
}

// none reports whether they end before they begin.
func (h Hours) none() bool { return h.From.Minutes >= h.To.Minutes }

func parseWeekday(text string) (time.Weekday, bool) {
	t := strings.ToLower(strings.TrimSpace(text))
	if len(t) < 3 {
		return 0, false
	}
	d, ok := weekdays[t[:3]]
	return d, ok && strings.HasPrefix(strings.ToLower(d.String()), t)
}

func readDigest(m *mapping, d *DigestTimes) {
	if c := m.clock("daily"); c.Set {
		d.Daily, d.HaveDaily = c, true
	}
	text := m.text("weekly")
	if text == "" {
		return
	}
	at := m.r.at(m.values["weekly"])
	day, clock, _ := strings.Cut(text, " ")
	wd, ok := parseWeekday(day)
	c, err := ParseClock(strings.TrimSpace(clock))
	if !ok || err != nil {
		m.r.errorf(at, "weekly: %q is not a day and a time; write it like \"mon 08:30\"", text)
		return
	}
	d.Weekly, d.WeeklyDay, d.HaveWeekly = c, wd, true
}

// readResearchBlock reads the time of the morning's list, alone or with how long
// the block is that it offers: "09:00", or {at: "09:00", for: 2h}.
func readResearchBlock(m *mapping, b *Block) {
	n, _, ok := m.see("research_block")
	if !ok {
		return
	}
	if _, text := m.r.scalar(n); text {
		b.At = m.clock("research_block")
		return
	}
	bm, ok := m.r.mapping(n, "research_block")
	if !ok {
		return
	}
	if b.At = bm.clock("at"); !bm.has("at") {
		m.r.errorf(bm.at, "research_block needs \"at\", the time at which the list goes out")
	}
	switch s := bm.span("for"); {
	case s.Days > 0 || s.Months > 0:
		m.r.errorf(bm.spot("for"), "for: %s is no block of a day; use hours or minutes", s)
	case s.Clock > 24*time.Hour:
		m.r.errorf(bm.spot("for"), "for: %s is longer than a day", s)
	case s.Clock > 0 && s.Clock < leastBlock:
		m.r.errorf(bm.spot("for"), "for: %s is too short to look anything up; at least %s", s, wordsOf(leastBlock))
	case s.Clock > 0:
		b.For = s.Clock
	}
	bm.end()
}

// leastBlock is what a calendar shows.
const leastBlock = 5 * time.Minute

// leastKept is the shortest time that anything is kept: digests look back at
// weeks, and a mistake in this file must not cost what was asked yesterday.
const leastKept = 30

func readRetention(m *mapping, t *Retention) {
	for _, of := range []struct {
		key  string
		span *Span
	}{{"questions", &t.Questions}, {"leads", &t.Leads}, {"messages", &t.Messages}, {"audit", &t.Audit}} {
		s := m.span(of.key)
		switch {
		case s.IsZero():
			continue
		case s.Clock > 0:
			m.r.errorf(m.spot(of.key), "retention: %s: %q is not in days; write it like 365d, 18mo or 2y", of.key, s)
		case s.Months*30+s.Days < leastKept:
			m.r.errorf(m.spot(of.key), "retention: %s: %s is too short; %d days is the least, because digests look back", of.key, s.Words(), leastKept)
		default:
			*of.span = s
		}
	}
	if !t.Audit.IsZero() && !t.Leads.IsZero() && t.Audit.less(t.Leads) {
		m.r.errorf(m.spot("audit"), "retention: audit is shorter than leads: the history of leads would go before they do")
	}
}

func readSynonyms(m *mapping, s *Settings) {
	n, at, ok := m.see("synonyms")
	if !ok {
		return
	}
	list, ok := m.r.resolve(n).(*ast.SequenceNode)
	if !ok {
		m.r.errorf(at, "synonyms must be a list of groups such as [price, pricing, cost]")
		return
	}
	for _, g := range list.Values {
		group, ok := m.r.resolve(g).(*ast.SequenceNode)
		if !ok {
			m.r.errorf(m.r.at(g), "each of synonyms must be a group such as [price, pricing, cost]")
			continue
		}
		var words []string
		for _, w := range group.Values {
			if text, ok := m.r.scalar(w); ok && text != "" {
				words = append(words, text)
			} else {
				m.r.errorf(m.r.at(w), "a synonym must be a word or phrase")
			}
		}
		if len(words) < 2 {
			m.r.errorf(m.r.at(g), "a group of synonyms needs at least two words")
			continue
		}
		s.Synonyms = append(s.Synonyms, words)
	}
}

func (m *mapping) clock(key string) Clock {
	n, at, ok := m.see(key)
	if !ok {
		return Clock{}
	}
	text, _ := m.r.scalar(n)
	c, err := ParseClock(text)
	if err != nil {
		m.r.errorf(at, "%s: %v", key, err)
	}
	return c
}

// ParseClock reads a time of day from "00:00" to "24:00".
func ParseClock(text string) (Clock, error) {
	h, m, ok := strings.Cut(text, ":")
	hours, herr := strconv.Atoi(h)
	minutes, merr := strconv.Atoi(m)
	if !ok || herr != nil || merr != nil || len(m) != 2 || len(h) > 2 || hours < 0 || minutes < 0 || minutes > 59 || hours*60+minutes > 24*60 {
		return Clock{}, fmt.Errorf("%q is not a time of day; write it like \"08:30\"", text)
	}
	return Clock{hours*60 + minutes, true}, nil
}

// String gives the time as HH:MM.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Minutes/60, c.Minutes%60) }
