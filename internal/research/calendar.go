package research

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"sopbot/internal/appointment"
	"sopbot/internal/chat"
	"sopbot/internal/database"
	"sopbot/internal/deadline"
	"sopbot/internal/outbox"
	"sopbot/internal/playbook"
	"sopbot/internal/roster"
)

const (
	kindFile = "research.file" // of outbox rows: lives for ever

	// wholeList is the value of a button that is about all that is due today,
	// in the place of a deadline's id.
	wholeList = "list"

	calendarLabel = "Add to calendar"

	// mostAddress is how long Google's address may be: it stands within a text
	// of at most 3,000 letters.
	mostAddress = 1500
)

// Files puts files into people's direct messages: the gateway is it.
type Files interface {
	Upload(ctx context.Context, person string, f chat.File, words string) error
}

// file is the payload of a row that brings somebody a block for their calendar.
type file struct {
	Person      string
	Appointment appointment.Appointment
}

// CalendarButton is the button that finds time for one deadline's research.
func CalendarButton(on deadline.Deadline) *slack.ButtonBlockElement {
	return chat.Button(actionCalendar+":"+on.ID, on.ID, calendarLabel)
}

// toCalendar is the click that wants a block for one lead's research, or for all
// that is due today.
func (r *Research) toCalendar(ctx context.Context, c chat.Click) error {
	if err := r.Roster.Admit(ctx, c.Person, "work with leads here", roster.SDR, roster.AE, roster.Manager); err != nil {
		return err
	}
	var said string
	err := r.DB.Write(ctx, func(tx *database.Tx) error {
		about, err := r.about(tx, c.Value, c.Person)
		if err != nil {
			return err
		}
		calendar := r.Calendar(c.Person)
		f := file{c.Person, r.appointment(calendar, r.Now(), c.Value, about)}
		key := fmt.Sprintf("research/file/%s/%s/%d-%d", c.Person, c.Value, f.Appointment.From.Unix(), f.Appointment.Until.Unix())
		added, err := r.Outbox.Add(tx, outbox.Row{Kind: kindFile, Key: key, Payload: f})
		if err == nil && !added {
			said = "The file for " + blockWords(f.Appointment, calendar.Zone()) + " is in your direct messages with sopbot already: look a little further up."
		}
		return err
	})
	if err == nil && said != "" {
		err = chat.Refusal(said)
	}
	return err
}

// about is the research that a button is about: what is still open of it.
func (r *Research) about(tx *database.Tx, value, person string) ([]deadline.Deadline, error) {
	if value == wholeList {
		open, err := openOf(tx, person)
		if err != nil {
			return nil, err
		}
		today := dueBy(open, endOfDay(r.Calendar(person), r.Now()))
		if len(today) == 0 {
			return nil, chat.Refuse("No research of yours is due today any more, so there is nothing to keep time for.")
		}
		return today, nil
	}
	on, err := deadline.ByID(tx, value)
	switch {
	case errors.Is(err, deadline.ErrGone):
		return nil, chat.Refuse("This deadline is no longer there, so there is nothing to keep time for.")
	case err != nil:
		return nil, err
	case on.Person != person:
		return nil, chat.Refuse("Only %s keeps time for this research: it is theirs to do.", chat.Person(on.Person))
	case !on.Running():
		return nil, chat.Refuse("*%s* is no longer open, so there is nothing to keep time for.", chat.EscapeInline(on.Label))
	}
	return []deadline.Deadline{on}, nil
}

// appointment is a block of time for some research. What it is about names it:
// whoever asks twice changes the same appointment.
func (r *Research) appointment(c deadline.Calendar, now time.Time, value string, about []deadline.Deadline) appointment.Appointment {
	a := appointment.Appointment{Stamp: now, UID: "research-" + value + "@sopbot", Title: fmt.Sprintf("Research: %d leads", len(about))}
	if value == wholeList {
		a.UID = "research-" + about[0].Person + "-" + playbook.DateOf(now.In(c.Zone())).String() + "@sopbot"
	}
	if len(about) == 1 {
		a.Title = "Research: " + chat.Shorten(about[0].Title, mostTitle)
	}
	var dues []time.Time
	var notes []string
	for i, d := range about {
		dues = append(dues, d.Due)
		switch {
		case i < mostListed:
			notes = append(notes, chat.Shorten(d.Title, mostTitle)+", due "+d.Due.In(c.Zone()).Format("Mon 2 Jan, 15:04"))
		case i == mostListed:
			notes = append(notes, fmt.Sprintf("… and %d more", len(about)-i))
		}
	}
	a.Notes = strings.Join(notes, "\n")
	a.From, a.Until = findBlock(c, now, r.Shelf.InForce().Settings.ResearchBlock.For, dues...)
	return a
}

// sendFile brings somebody the file. Where Slack takes none, a link has to do.
func (r *Research) sendFile(ctx context.Context, j outbox.Job) error {
	var f file
	if err := json.Unmarshal(j.Payload, &f); err != nil {
		return outbox.Dead(err)
	}
	if chat.WasErased(f.Person) {
		return nil // there is nobody to bring it to
	}
	zone := r.Calendar(f.Person).Zone()
	err := r.Files.Upload(ctx, f.Person, chat.File{Name: "research.ics", Title: f.Appointment.Title + ".ics", Data: f.Appointment.File()}, fileWords(f.Appointment, zone))
	if !errors.Is(err, chat.ErrNoFiles) {
		return err
	}
	r.Log.Warn("Slack takes no file for a calendar, so there is only a link", "person", f.Person, "error", err)
	return r.DB.Write(ctx, func(tx *database.Tx) error {
		if err := j.Done(tx); err != nil {
			return err
		}
		return r.Posts.Put(tx, j.Key, f.Person, chat.Say(linkWords(f.Appointment, zone)))
	})
}

func blockWords(a appointment.Appointment, zone *time.Location) string {
	return chat.Stretch(a.From, a.Until, zone)
}

func googleLink(a appointment.Appointment) string {
	return "<" + chat.Escape(a.Google(mostAddress)) + "|Put it into Google Calendar>"
}

// fileWords stand above the file.
func fileWords(a appointment.Appointment, zone *time.Location) string {
	return "*" + chat.EscapeInline(a.Title) + "*, " + blockWords(a, zone) + ". Open the file to put it into Outlook, Apple Calendar or another one. " + googleLink(a)
}

// linkWords stand where there is no file.
func linkWords(a appointment.Appointment, zone *time.Location) string {
	return "*" + chat.EscapeInline(a.Title) + "*, " + blockWords(a, zone) + ". Slack takes no files from sopbot here, so there is only this: " + googleLink(a)
}
