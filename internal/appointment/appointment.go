// Package appointment writes an appointment so that people's calendars take it:
// as a file (RFC 5545, which Outlook, Apple's and most others open), and as an
// address of Google's, which opens no files.
//
// Times are written in UTC: every calendar shows them on its own clock, and no
// table of zones has to travel along.
package appointment

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Appointment is some time of one person's.
type Appointment struct {
	// UID names it for ever: a calendar that gets the same one again changes it
	// rather than holding it twice. Letters, digits, and what stands in an
	// e-mail address.
	UID         string
	Stamp       time.Time // when it was written
	From, Until time.Time
	Title       string
	Notes       string
}

// stamp is a moment as calendars write it: in UTC, to the second.
const stamp = "20060102T150405Z"

// File writes it as the bytes of an .ics file, whatever stands in its words.
func (a Appointment) File() []byte {
	var b strings.Builder
	for _, line := range []struct{ name, value string }{
		{"BEGIN", "VCALENDAR"},
		{"VERSION", "2.0"},
		{"PRODID", "-//sopbot//sopbot//EN"},
		{"BEGIN", "VEVENT"},
		{"UID", text(a.UID)},
		{"DTSTAMP", a.Stamp.UTC().Format(stamp)},
		{"DTSTART", a.From.UTC().Format(stamp)},
		{"DTEND", a.Until.UTC().Format(stamp)},
		{"SUMMARY", text(a.Title)},
		{"DESCRIPTION", text(a.Notes)},
		{"TRANSP", "OPAQUE"}, // the person is busy
		{"END", "VEVENT"},
		{"END", "VCALENDAR"},
	} {
		if line.value != "" {
			fold(&b, line.name+":"+line.value)
		}
	}
	return []byte(b.String())
}

// clean leaves out what may not stand in a file: control characters, bytes that
// are no UTF-8, and marks that turn the direction of what follows. What ends a
// line anywhere is one line feed.
func clean(s string) string {
	var b strings.Builder
	for _, r := range strings.ReplaceAll(s, "\r\n", "\n") {
		switch {
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == 0x85 || r == 0x2028 || r == 0x2029:
			b.WriteByte('\n')
		case r == '\t':
			b.WriteByte(' ')
		case r < ' ' || r >= 0x7f && r < 0xa0:
		case r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069:
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

var escaped = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`)

// text escapes what means something in a file.
func text(s string) string { return escaped.Replace(clean(s)) }

// widest is how many octets a line has at the most, without its end.
const widest = 75

// fold writes a line; a long one goes on in lines that begin with a blank. No
// character is parted.
func fold(b *strings.Builder, line string) {
	for room := widest; len(line) > room; room = widest - 1 {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line = line[cut:]
	}
	b.WriteString(line + "\r\n")
}

// Google is the address that opens Google's calendar with it filled in, in at
// most so many letters (300 are enough for a short title): of notes, and then of
// a title, that make it longer the end is left out.
func (a Appointment) Google(most int) string {
	a.Title, a.Notes = clean(a.Title), clean(a.Notes)
	for {
		q := url.Values{"action": {"TEMPLATE"}, "text": {a.Title}, "dates": {a.From.UTC().Format(stamp) + "/" + a.Until.UTC().Format(stamp)}}
		if a.Notes != "" {
			q.Set("details", a.Notes)
		}
		address := "https://calendar.google.com/calendar/render?" + q.Encode()
		switch cut := strings.LastIndexByte(a.Notes, '\n'); {
		case len(address) <= most:
			return address
		case cut >= 0:
			a.Notes = a.Notes[:cut]
		case a.Notes != "":
			a.Notes = ""
		case a.Title == "":
			return address
		default:
			_, last := utf8.DecodeLastRuneInString(a.Title)
			a.Title = a.Title[:len(a.Title)-last]
		}
	}
}
